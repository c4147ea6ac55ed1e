//! The product: tests itself, then does what the host on the serial line asks.

#![cfg_attr(target_os = "none", no_std, no_main)]

#[cfg(target_os = "none")]
mod on_device {
    use core::convert::Infallible;
    use dense_core::Kernel;
    use embedded_hal::digital::StatefulOutputPin;
    use firmware::boards::{Board, Flash, Led, Serial, cycles};
    use firmware::device::{Device, Machine};
    use firmware::runtime::{asm, entry, ram, semihosting, singleton};
    use firmware::session::Session;
    use firmware::store::Store;
    use firmware::weights::MODEL;
    use firmware::{Model, self_test};

    #[entry]
    fn main() -> ! {
        let (session, serial, led) = start();
        serve(session, serial, led)
    }

    /// Everything before the first request. In a function of its own, so that the stack it takes is given back.
    #[inline(never)]
    fn start() -> (&'static mut Session<'static, Flash>, Serial, Led) {
        let Some(board) = Board::start() else { panic!("the board was started before") };
        let mut led = board.led;
        defmt::info!("{=str} at {=u32} Hz, {}", Board::NAME, board.clock_hz, defmt::Debug2Format(&board.clock_source));
        defmt::info!("RAM: {=usize} bytes for good, {=usize} for the stack", ram::static_bytes(), ram::stack_bytes());

        let passed = self_test::run(&MODEL, Kernel::best()).unwrap_or(0);
        defmt::info!("self-test: {=usize} of {=usize} images passed", passed, self_test::IMAGES);
        if passed != self_test::IMAGES {
            give_up(&mut led, board.clock_hz);
        }

        let Some(model) = singleton!(: Model = Model::ZERO) else { panic!("the model is taken") };
        let Some(session) = singleton!(: Option<Session<'static, Flash>> = None) else {
            panic!("the session is taken")
        };
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
        let device = Device::new(model, &MODEL, store, machine);
        match device.loaded() {
            Some(save) => defmt::info!("weights: save {=u32}", save),
            None => defmt::info!("weights: those of the firmware"),
        }
        (session.insert(Session::new(device)), board.serial, led)
    }

    /// Answers for ever. With every answer the LED changes.
    fn serve(
        session: &mut Session<'static, Flash>,
        mut serial: Serial,
        mut led: impl StatefulOutputPin<Error = Infallible>,
    ) -> ! {
        loop {
            if let Some(answer) = session.receive(serial.read()) {
                serial.write(answer);
                let Ok(()) = led.toggle();
            }
        }
    }

    /// A device that computes something else must not answer. It blinks instead.
    fn give_up(led: &mut impl StatefulOutputPin<Error = Infallible>, clock_hz: u32) -> ! {
        semihosting::print(format_args!("the self-test failed"));
        semihosting::exit(false);
        loop {
            let Ok(()) = led.toggle();
            asm::delay(clock_hz / 10);
        }
    }
}

#[cfg(not(target_os = "none"))]
fn main() {
    eprintln!("serve runs on a microcontroller: cargo run --release --config machines/<machine>.toml --bin serve");
}
