//! Compares what this machine computes with the golden vectors, to the last bit, for every kernel that it has.
//!
//! On a host it compares as well; with the argument `write`, it makes the vectors from the plain kernel, which is the
//! specification:
//!
//!     cargo run --release --bin golden -- write
//!
//! The network that the firmware is built with has vectors of its own: see `network`.

#![cfg_attr(target_os = "none", no_std, no_main)]

use core::fmt::Arguments;
use dense_core::{Error, Kernel};
use firmware::golden::{Comparison, Part, Work};

/// Compares all kernels and says how many numbers were right. Returns whether all were that could be computed: without
/// room, some cannot.
fn compare(mut work: Option<&mut Work>, mut print: impl FnMut(Arguments<'_>)) -> Result<bool, Error> {
    let (mut passed, mut failed, mut not_run) = (0, 0, 0);
    for kernel in Kernel::available() {
        for part in Part::ALL {
            let mut comparison = Comparison::new(kernel.name(), part.vectors(), &mut print);
            let has_run = part.run(kernel, work.as_deref_mut(), &mut comparison)?;
            let [right, wrong, left] = comparison.counts();
            passed += right;
            failed += wrong;
            if has_run {
                // Numbers that nobody computed are as wrong as wrong ones.
                failed += left;
            } else {
                not_run += left;
                let (name, part, room) = (kernel.name(), part.name(), size_of::<Work>());
                print(format_args!("{name}, {part}: {left} not run, this machine lacks {room} bytes of RAM"));
            }
        }
    }
    print(format_args!("{passed} passed, {failed} failed, {not_run} not run"));
    Ok(failed == 0)
}

#[cfg(target_os = "none")]
mod on_device {
    use core::hint;
    use firmware::golden::Work;
    use firmware::log;
    use firmware::runtime::{self, entry, ram, semihosting, singleton};

    /// One where it fits, else none.
    const ROOMS: usize = ram::has_room_for(size_of::<Work>()) as usize;

    #[entry]
    fn main() -> ! {
        runtime::start();
        let Some(work) = singleton!(: [Work; ROOMS] = [const { Work::NEW }; ROOMS]) else {
            panic!("the room is taken")
        };
        let passed = super::compare(work.first_mut(), log::print).unwrap_or_else(|error| {
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

    let mut work = Box::new(Work::NEW);
    match std::env::args().nth(1).as_deref() {
        None => {
            let passed = compare(Some(&mut work), |line| println!("{line}"))?;
            if passed { Ok(()) } else { Err("this machine computes something else".into()) }
        }
        Some("write") => {
            for part in Part::ALL {
                let mut record = Record(Vec::new());
                part.run(Kernel::PORTABLE, Some(&mut work), &mut record)?;
                std::fs::write(Path::new(Part::FOLDER).join(part.name()), record.0)?;
            }
            Ok(())
        }
        Some(other) => Err(format!("found argument `{other}`, wanted `write` or none").into()),
    }
}
