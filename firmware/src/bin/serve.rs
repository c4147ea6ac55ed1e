//! The product: tests itself, then does what the host on the serial line asks.

#![cfg_attr(target_os = "none", no_std, no_main)]

#[cfg(target_os = "none")]
mod on_device {
    use core::convert::Infallible;
    use dense_protocol::messages::{ClockSource, Origin};
    use embedded_hal::digital::StatefulOutputPin;
    use firmware::application::{self, Conversation};
    use firmware::boards::{self, Board, Selected};
    use firmware::runtime::{asm, entry, ram, semihosting};
    use firmware::{log, self_test};

    #[entry]
    fn main() -> ! {
        let (session, mut serial, mut led) = start();
        loop {
            dense_device::serve(session, &mut serial, || toggle(&mut led));
        }
    }

    /// Everything before the first request. In a function of its own, so that the stack it takes is given back.
    #[inline(never)]
    fn start() -> (&'static mut Conversation, <Selected as Board>::Serial, <Selected as Board>::Led) {
        let board = boards::start();
        let mut led = board.led;
        let source = if board.clock_source == ClockSource::Crystal { "crystal" } else { "no crystal" };
        log::info!("{=str} at {=u32} Hz, {=str}", Selected::NAME, board.clock_hz, source);
        log::info!("RAM: {=usize} bytes for good, {=usize} for the stack", ram::static_bytes(), ram::stack_bytes());

        let mut model = application::model();
        let passed = self_test::run(&mut model);
        log::info!("self-test: {=usize} of {=usize} samples passed", passed, self_test::SAMPLES);
        if passed != self_test::SAMPLES {
            give_up(&mut led, board.clock_hz);
        }

        let device = application::device(model, board.flash, board.clock_hz, board.clock_source);
        let device = device.unwrap_or_else(|cause| panic!("{cause}"));
        match device.origin() {
            Origin::Save(save) => log::info!("weights: save {=u32}", save),
            Origin::Unreadable => log::warn!("weights: those of the firmware, as the flash cannot be read"),
            Origin::Factory | Origin::Host => log::info!("weights: those of the firmware"),
        }
        (application::conversation(device), board.serial, led)
    }

    fn toggle(led: &mut impl StatefulOutputPin<Error = Infallible>) {
        let Ok(()) = led.toggle();
    }

    /// A device that computes something else must not answer. It blinks instead.
    fn give_up(led: &mut impl StatefulOutputPin<Error = Infallible>, clock_hz: u32) -> ! {
        semihosting::print(format_args!("the self-test failed"));
        semihosting::exit(false);
        loop {
            toggle(led);
            asm::delay(clock_hz / 10);
        }
    }
}

#[cfg(not(target_os = "none"))]
fn main() {
    eprintln!("serve runs on a microcontroller: cargo run --release --config machines/<machine>.toml --bin serve");
}
