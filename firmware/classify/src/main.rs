//! The program on a BBC micro:bit: answers on the serial line for ever.

#![cfg_attr(target_os = "none", no_std, no_main)]

#[cfg(target_os = "none")]
mod serial;

#[cfg(target_os = "none")]
mod on_device {
    use crate::serial::Serial;
    use classify::classifier::Classifier;
    use core::panic::PanicInfo;
    use cortex_m::peripheral::SCB;
    use cortex_m::singleton;
    use cortex_m_rt::{entry, exception};

    #[entry]
    fn main() -> ! {
        if let (Some(mut serial), Some(classifier)) = (Serial::start(), singleton!(: Classifier = Classifier::new())) {
            loop {
                if let Some(answer) = classifier.receive(serial.read()) {
                    serial.write(answer);
                }
            }
        }
        SCB::sys_reset()
    }

    /// Starts anew, without a word: words would take flash.
    #[panic_handler]
    fn panic(_: &PanicInfo<'_>) -> ! {
        SCB::sys_reset()
    }

    /// The same.
    #[allow(unsafe_code)]
    // SAFETY: it touches nothing.
    #[exception(trampoline = false)]
    unsafe fn HardFault() -> ! {
        SCB::sys_reset()
    }
}

#[cfg(not(target_os = "none"))]
fn main() {
    eprintln!("classify runs on a microcontroller: firmware/cargo microbit run --release --package classify");
}
