//! Measures how much stack each request takes, from the last byte of its frame to the answer; fails above the budget.

#![cfg_attr(target_os = "none", no_std, no_main)]

#[cfg(target_os = "none")]
mod on_device {
    use core::hint;
    use dense_protocol::frames::{self, frame_bytes};
    use dense_protocol::messages::{Command, Floats, Input, Request, Step, Target};
    use firmware::application;
    use firmware::boards;
    use firmware::log;
    use firmware::runtime::{entry, ram, semihosting};
    use heapless::Vec;
    use weights::OUTPUTS;
    use weights::samples::{self, INPUT_BYTES};

    const SESSION: u32 = 1;
    const STEP: Step = Step { learning_rate: 0.01, first_trained: 0 };
    /// Pixels of 63, or features of 0.747.
    static INPUT: [u8; INPUT_BYTES] = [0x3f; INPUT_BYTES];

    /// What is measured: its name, the request, and the bytes of stack that it may take.
    fn cases(target: Target<'_>) -> [(&'static str, Command<'_>, usize); 11] {
        let input = Input::Values(&INPUT);
        [
            ("hello", Command::Hello, 2048),
            ("infer", Command::Infer { input }, 1024),
            ("learn", Command::Learn { input, target, step: STEP, expected: None }, 2048),
            ("refusal", Command::Infer { input: Input::Values(&[]) }, 1024),
            ("checksum", Command::Checksum, 1024),
            ("counters", Command::Counters, 1024),
            ("read parameters", Command::ReadParameters { first: 0 }, 1024),
            ("write parameters", Command::WriteParameters { first: 1, values: Floats::default() }, 1024),
            ("save", Command::Save, 2048),
            ("load", Command::Load, 2048),
            ("reset", Command::Reset, 2048),
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
        for ((name, command, budget), sequence) in cases(target).into_iter().zip(1..) {
            let mut frame = Vec::<u8, { frame_bytes(INPUT_BYTES + 4 * OUTPUTS + 64) }>::new();
            let request = Request { sequence, session: SESSION, command, mac: &[] };
            let Ok(()) = frames::encode(&request, &mut frame) else { panic!("too long a frame") };
            let (answered, bytes) =
                ram::measure_stack(|| frame.iter().filter(|&&byte| session.receive(byte).is_some()).count() == 1);
            log::info!("{=str}: {=usize} bytes of stack", name, bytes);
            semihosting::print(format_args!("{name}: {bytes} bytes of stack, budget {budget}"));
            within &= answered && bytes <= budget;
        }
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
