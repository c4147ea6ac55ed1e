//! Compares what this machine computes with the network that the firmware is built with, by inference and by steps of
//! learning, with golden vectors, to the last bit.
//!
//! On a host it compares as well; with the argument `write`, it makes the vectors, in a folder beside the weights:
//!
//!     WEIGHTS=$PWD/out/weights.rs cargo run --release --bin network -- write

#![cfg_attr(target_os = "none", no_std, no_main)]

use core::fmt::Arguments;
use dense_core::{Error, Kernel};
use firmware::golden::Comparison;
use firmware::network;

/// Compares, and says how many numbers were right. Returns whether all were, and any.
fn compare(memory: &mut weights::Memory, mut print: impl FnMut(Arguments<'_>)) -> Result<bool, Error> {
    let mut comparison = Comparison::new(Kernel::best().name(), network::VECTORS, &mut print);
    network::run(memory, &mut comparison)?;
    let [passed, failed, left] = comparison.counts();
    print(format_args!("{passed} passed, {} failed", failed + left));
    Ok(passed > 0 && failed + left == 0)
}

#[cfg(target_os = "none")]
mod on_device {
    use core::hint;
    use firmware::log;
    use firmware::runtime::{self, entry, semihosting, singleton};

    const _: () = firmware::application::check_stack();

    #[entry]
    fn main() -> ! {
        runtime::start();
        let Some(memory) = singleton!(: weights::Memory = weights::Memory::NEW) else {
            panic!("the memory of the network is taken")
        };
        let passed = super::compare(memory, log::print).unwrap_or_else(|error| {
            log::print(format_args!("{error}"));
            false
        });
        semihosting::exit(passed);
        // A probe could not fetch the log from a chip that sleeps.
        loop {
            hint::spin_loop();
        }
    }
}

#[cfg(not(target_os = "none"))]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    use firmware::golden::Witness;
    use std::path::Path;

    /// Keeps each number.
    struct Record(Vec<u8>);

    impl Witness for Record {
        fn see(&mut self, _: Arguments<'_>, word: u32) {
            self.0.extend(word.to_le_bytes());
        }
    }

    let mut memory = Box::new(weights::Memory::NEW);
    match std::env::args().nth(1).as_deref() {
        None => {
            let passed = compare(&mut memory, |line| println!("{line}"))?;
            if passed { Ok(()) } else { Err("this machine computes something else".into()) }
        }
        Some("write") => {
            let mut record = Record(Vec::new());
            network::run(&mut memory, &mut record)?;
            std::fs::create_dir_all(network::FOLDER)?;
            let file = Path::new(network::FOLDER).join("network");
            std::fs::write(&file, record.0)?;
            println!("wrote {}", file.display());
            Ok(())
        }
        Some(other) => Err(format!("found argument `{other}`, wanted `write` or none").into()),
    }
}
