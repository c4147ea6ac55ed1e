//! Measures how much stack each request takes, from the last byte of its frame to the answer; fails above the budget.

#![cfg_attr(target_os = "none", no_std, no_main)]

#[cfg(target_os = "none")]
mod on_device {
    use core::hint;
    use dense_protocol::frames::{self, MAX_FRAME};
    use dense_protocol::messages::{Command, INPUTS, Request};
    use firmware::Model;
    use firmware::boards::{Board, cycles};
    use firmware::device::{Device, Machine};
    use firmware::runtime::{entry, ram, semihosting, singleton};
    use firmware::session::Session;
    use firmware::store::Store;
    use firmware::weights::MODEL;
    use heapless::Vec;

    static IMAGE: [u8; INPUTS] = [200; INPUTS];

    /// What is measured: its name, the request, and the bytes of stack that it may take.
    const CASES: [(&str, Command<'static>, usize); 7] = [
        ("info", Command::Info, 1024),
        ("classify", Command::Classify { image: &IMAGE }, 1024),
        ("learn", Command::Learn { image: &IMAGE, label: 3, learning_rate: 0.01 }, 2048),
        ("counters", Command::Counters, 1024),
        ("save", Command::Save, 2048),
        ("load", Command::Load, 2048),
        ("reset", Command::FactoryReset, 2048),
    ];

    #[entry]
    fn main() -> ! {
        let Some(board) = Board::start() else { panic!("the board was started before") };
        let Some(model) = singleton!(: Model = Model::ZERO) else { panic!("the model is taken") };
        let machine = Machine {
            board: Board::NAME,
            clock_hz: board.clock_hz,
            clock_source: board.clock_source,
            static_bytes: ram::static_bytes() as u32,
            cycles,
        };
        let Ok(store) = Store::new(board.flash, Board::FLASH_REGION) else {
            panic!("the flash has no room for two saves")
        };
        let mut session = Session::new(Device::new(model, &MODEL, store, machine));

        let mut within = true;
        for ((name, command, budget), sequence) in CASES.into_iter().zip(1..) {
            let mut frame = Vec::<u8, MAX_FRAME>::new();
            let Ok(()) = frames::encode(&Request { sequence, command }, &mut frame) else { panic!("too long a frame") };
            let (answered, bytes) =
                ram::measure_stack(|| frame.iter().filter(|&&byte| session.receive(byte).is_some()).count() == 1);
            defmt::info!("{=str}: {=usize} bytes of stack", name, bytes);
            semihosting::print(format_args!("{name}: {bytes} bytes of stack, budget {budget}"));
            within &= answered && bytes <= budget;
        }
        let (taken, size) = (ram::static_bytes(), ram::stack_bytes());
        semihosting::print(format_args!(
            "statics: {taken} bytes, {} of them weights; stack: {size}",
            size_of::<Model>()
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
