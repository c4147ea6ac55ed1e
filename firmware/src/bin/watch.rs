//! A watch: measures with its own sensor, says what each window is, and does what the host on the serial line asks.
//!
//! The sensor is a BMI160 at the address 0x68 of the board's I2C bus. What it says goes to the log.

#![cfg_attr(target_os = "none", no_std, no_main)]

#[cfg(all(target_os = "none", board = "stm32f405"))]
mod on_device {
    use core::fmt::{self, Display, Formatter};
    use dense_device::{Model, serve_received};
    use dense_protocol::messages::Task;
    use dense_sensor::{CHANNELS, Imu, Sampler};
    use firmware::application::{self, Conversation};
    use firmware::boards;
    use firmware::log;
    use firmware::runtime::entry;

    /// While the host sends, the processor is its: it has to take each byte in time. A byte takes 87 µs.
    const QUIET_US: u32 = 1000;

    const _: () = {
        let is_series = matches!(weights::WINDOW, Some(window) if window.channels as usize == CHANNELS);
        assert!(is_series, "watch needs WEIGHTS of a network for windows of six channels, as that of data/watch");
        let is_classes = matches!(<weights::Served<'_> as Model>::TASK, Task::Classes);
        assert!(is_classes, "watch needs WEIGHTS of a network for classes");
    };

    const _: () = firmware::application::check_stack();

    #[entry]
    fn main() -> ! {
        let mut sensor = None;
        let (session, mut line, mut led) = application::start(|| {
            let (parts, bus, clock) = boards::start_with_bus();
            sensor = Some((bus, clock));
            parts
        });
        let Some((bus, clock)) = sensor else { panic!("the board has not started") };
        session.report_refusals(|refusal| log::print(format_args!("request refused: {refusal}")));
        let mut sampler = Sampler::new(Imu::new(bus, Default::default()), clock.now());
        let (mut heard, mut reported) = (clock.now(), None);
        loop {
            let received = serve_received(session, &mut line, || application::toggle(&mut led));
            let now = clock.now();
            if received {
                heard = now;
            }
            if now.wrapping_sub(heard) < QUIET_US {
                continue;
            }
            match sampler.poll(now) {
                Ok(None) => {}
                Ok(Some(sample)) => {
                    if reported.take().is_some() {
                        log::print(format_args!("sensor: measures"));
                    }
                    measured(session, sample);
                }
                Err(fault) => {
                    session.end_measured();
                    // One that stays is found each second.
                    if reported != Some(fault) {
                        log::print(format_args!("sensor: {fault}"));
                    }
                    reported = Some(fault);
                }
            }
            // A pause as long as half of all times would look like none.
            heard = now.wrapping_sub(QUIET_US);
        }
    }

    /// Appends a sample, and says what a window is that is complete with it.
    fn measured(session: &mut Conversation, sample: [f32; CHANNELS]) {
        match session.push_measured(sample) {
            Ok(0) => {}
            Ok(_) => return,
            Err(refusal) => return log::print(format_args!("sample refused: {refusal}")),
        }
        match session.infer_window() {
            Ok(inferred) => {
                let outputs = inferred.outputs.values().enumerate();
                let Some((class, probability)) = outputs.max_by(|(_, a), (_, b)| a.total_cmp(b)) else { return };
                log::print(format_args!("window: {}, {}", Class(class), Percent(probability)));
            }
            Err(refusal) => log::print(format_args!("window refused: {refusal}")),
        }
    }

    /// A class by its name.
    struct Class(usize);

    impl Display for Class {
        fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
            // The inputs' names come first.
            let first = weights::names().count().saturating_sub(weights::OUTPUTS);
            formatter.write_str(weights::names().nth(first + self.0).unwrap_or("?"))
        }
    }

    /// A probability, without the code that writes any float.
    struct Percent(f32);

    impl Display for Percent {
        fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
            write!(formatter, "{} %", (100.0 * self.0) as u8)
        }
    }
}

#[cfg(all(target_os = "none", not(board = "stm32f405")))]
mod on_device {
    use firmware::boards;
    use firmware::runtime::entry;

    #[entry]
    fn main() -> ! {
        let _ = boards::start();
        panic!("watch has a sensor on the stm32f405 alone")
    }
}

#[cfg(not(target_os = "none"))]
fn main() {
    eprintln!("watch runs on a microcontroller: cargo run --release --config machines/<machine>.toml --bin watch");
}
