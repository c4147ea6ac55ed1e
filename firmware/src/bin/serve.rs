//! The product: tests itself, then does what the host on the serial line asks.

#![cfg_attr(target_os = "none", no_std, no_main)]

#[cfg(target_os = "none")]
mod on_device {
    use core::convert::Infallible;
    use dense_protocol::messages::Origin;
    use embedded_hal::digital::StatefulOutputPin;
    use firmware::application::{self, Conversation};
    use firmware::boards::{Board, Led, Serial};
    use firmware::runtime::{asm, entry, ram, semihosting};
    use firmware::self_test;

    #[entry]
    fn main() -> ! {
        let (session, serial, led) = start();
        serve(session, serial, led)
    }

    /// Everything before the first request. In a function of its own, so that the stack it takes is given back.
    #[inline(never)]
    fn start() -> (&'static mut Conversation, Serial, Led) {
        let Some(board) = Board::start() else { panic!("the board was started before") };
        let mut led = board.led;
        defmt::info!("{=str} at {=u32} Hz, {}", Board::NAME, board.clock_hz, defmt::Debug2Format(&board.clock_source));
        defmt::info!("RAM: {=usize} bytes for good, {=usize} for the stack", ram::static_bytes(), ram::stack_bytes());

        let mut model = application::model();
        let passed = self_test::run(&mut model);
        defmt::info!("self-test: {=usize} of {=usize} samples passed", passed, self_test::SAMPLES);
        if passed != self_test::SAMPLES {
            give_up(&mut led, board.clock_hz);
        }

        let Ok(device) = application::device(model, board.flash, board.clock_hz, board.clock_source) else {
            panic!("the flash has no room for two saves")
        };
        match device.origin() {
            Origin::Save(save) => defmt::info!("weights: save {=u32}", save),
            Origin::Unreadable => defmt::warn!("weights: those of the firmware, as the flash cannot be read"),
            Origin::Factory | Origin::Host => defmt::info!("weights: those of the firmware"),
        }
        (application::conversation(device), board.serial, led)
    }

    /// Answers for ever. With every answer the LED changes.
    fn serve(session: &mut Conversation, mut serial: Serial, mut led: impl StatefulOutputPin<Error = Infallible>) -> ! {
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
