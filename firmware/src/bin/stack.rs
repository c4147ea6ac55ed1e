//! Measures how much stack each request takes, from the first byte of its frame to the answer, and how much its repeat;
//! fails above the budget.

#![cfg_attr(target_os = "none", no_std, no_main)]

#[cfg(target_os = "none")]
mod on_device {
    use core::hint;
    use dense_protocol::frames::{self, frame_bytes};
    use dense_protocol::messages::{Command, Floats, Input, Request, Step, Target};
    use firmware::application;
    use firmware::boards::{self, Board, Selected};
    use firmware::log;
    use firmware::runtime::{entry, ram, semihosting};
    use heapless::Vec;
    use weights::OUTPUTS;
    use weights::samples::{self, INPUT_BYTES};

    const SESSION: u32 = 1;
    const STEP: Step = Step { learning_rate: 0.01, first_trained: 0 };
    /// Pixels of 63, or features of 0.747.
    static INPUT: [u8; INPUT_BYTES] = [0x3f; INPUT_BYTES];

    /// Whether there are samples to practise on: the lesson that is learned, at least.
    const PRACTISES: bool = size_of::<weights::practice::Samples>() > 0;
    /// Whether the board has flash for saves.
    const SAVES: bool = Selected::FLASH_REGION.start < Selected::FLASH_REGION.end;
    const ZERO: [[u8; 4]; 1] = [[0; 4]];

    /// Requests to measure: name, request, the bytes of stack that it may take, and whether it is done, not refused.
    fn cases(target: Target<'_>) -> [(&'static str, Command<'_>, usize, bool); 18] {
        let input = Input::Values(&INPUT);
        let learn = |expected| Command::Learn { input, target, step: STEP, expected };
        let values = Floats::from_bytes(&ZERO);
        [
            ("hello", Command::Hello, 2048, true),
            ("infer", Command::Infer { input }, 1024, true),
            ("learn", learn(None), 2048, true),
            ("practise", Command::Practise { steps: 2, seed: 0, step: STEP }, 2048, PRACTISES),
            ("series", Command::Series { restart: true, samples: Floats::default() }, 1024, weights::WINDOW.is_some()),
            ("refusal", Command::Infer { input: Input::Values(&[]) }, 1024, false),
            ("refusal to learn", learn(Some(0)), 2048, false),
            ("checksum", Command::Checksum, 1024, true),
            ("counters", Command::Counters, 1024, true),
            ("read parameters", Command::ReadParameters { first: 0 }, 1024, true),
            ("save", Command::Save, 2048, SAVES),
            ("load", Command::Load, 2048, SAVES),
            // From here to the reset, parameters are missing.
            ("write parameters", Command::WriteParameters { first: 0, values }, 1024, true),
            ("refusal of parameters", Command::WriteParameters { first: 2, values }, 1024, false),
            ("refusal to use parameters", Command::UseParameters { checksum: 0 }, 1024, false),
            ("refusal to save", Command::Save, 2048, false),
            ("reset", Command::Reset, 2048, true),
            // Nothing is saved now.
            ("refusal to load", Command::Load, 2048, false),
        ]
    }

    const _: () = firmware::application::check_stack();

    #[entry]
    fn main() -> ! {
        let board = boards::start();
        let model = application::model();
        let device = application::device(model, board.flash, board.clock_hz, board.clock_source);
        let device = device.unwrap_or_else(|cause| panic!("{cause}"));
        let session = application::conversation(device);

        let mut numbers = [[0; 4]; OUTPUTS];
        let target = samples::target(3, &mut numbers);
        let mut within = true;
        let (mut repeated, mut refused, mut deepest_repeat) = (0, 0, 0);
        for ((name, command, budget, is_done), sequence) in cases(target).into_iter().zip(1..) {
            let mut frame = Vec::<u8, { frame_bytes(INPUT_BYTES + 4 * OUTPUTS + 64) }>::new();
            let request = Request { sequence, session: SESSION, command, mac: &[] };
            let Ok(()) = frames::encode(&request, &mut frame) else { panic!("too long a frame") };
            let mut ask =
                || ram::measure_stack(|| frame.iter().filter(|&&byte| session.receive(byte).is_some()).count() == 1);
            let ((answered, bytes), (answered_again, of_repeat)) = (ask(), ask());
            log::info!("{=str}: {=usize} bytes of stack", name, bytes);
            semihosting::print(format_args!("{name}: {bytes} bytes of stack, budget {budget}"));
            deepest_repeat = deepest_repeat.max(of_repeat);
            within &= answered && answered_again && bytes <= budget;
            let counters = session.counters();
            (repeated, refused) = (repeated + 1, refused + u32::from(!is_done));
            if [counters.repeated, counters.refused] != [repeated, refused] {
                semihosting::print(format_args!("{name}: not done, not refused, or not repeated, as it should be"));
                within = false;
            }
        }
        semihosting::print(format_args!("repeat: {deepest_repeat} bytes of stack, budget 1024"));
        within &= deepest_repeat <= 1024;
        let (taken, size) = (ram::static_bytes(), ram::stack_bytes());
        semihosting::print(format_args!(
            "statics: {taken} bytes, {} of them weights; stack: {size}",
            size_of::<weights::Memory>()
        ));
        semihosting::exit(within);
        // A probe could not fetch the log from a chip that sleeps.
        loop {
            hint::spin_loop();
        }
    }
}

#[cfg(not(target_os = "none"))]
fn main() {
    eprintln!("stack runs on a microcontroller: cargo run --release --config machines/<machine>.toml --bin stack");
}
