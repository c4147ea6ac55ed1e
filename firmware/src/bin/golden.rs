//! Compares what this machine computes with the golden vectors, to the last bit, for every kernel that it has.
//!
//! On a host it compares as well; with the argument `write`, it makes the vectors from the plain kernel, which is the
//! specification:
//!
//!     cargo run --release --bin golden -- write
//!
//! Other weights, which the variable `WEIGHTS` chooses, have vectors of their own in a folder beside them.

#![cfg_attr(target_os = "none", no_std, no_main)]

use core::fmt::Arguments;
use dense_core::{Error, Kernel};
use firmware::golden::{Part, Witness, Work};

/// How many faults are worth a line.
const SHOWN: u32 = 10;

/// Compares each number with the next of the vectors.
struct Comparison<P> {
    kernel: Kernel,
    left: &'static [u8],
    passed: u32,
    failed: u32,
    print: P,
}

impl<P: FnMut(Arguments<'_>)> Witness for Comparison<P> {
    fn see(&mut self, case: Arguments<'_>, word: u32) {
        let expected = self.left.split_first_chunk().map(|(&first, left)| {
            self.left = left;
            u32::from_le_bytes(first)
        });
        if expected == Some(word) {
            self.passed += 1;
            return;
        }
        self.failed += 1;
        if self.failed <= SHOWN {
            let name = self.kernel.name();
            match expected {
                Some(expected) => (self.print)(format_args!("{name}, {case}: {word:#010x}, expected {expected:#010x}")),
                None => (self.print)(format_args!("{name}, {case}: {word:#010x}, expected nothing more")),
            }
        }
    }
}

/// Compares all kernels and says how many numbers were right. Returns whether all were that could be computed: without
/// room, some cannot.
fn compare(mut work: Option<&mut Work>, mut print: impl FnMut(Arguments<'_>)) -> Result<bool, Error> {
    let (mut passed, mut failed, mut not_run) = (0, 0, 0);
    for kernel in Kernel::available() {
        for part in Part::ALL {
            let left = part.vectors();
            let mut comparison = Comparison { kernel, left, passed: 0, failed: 0, print: &mut print };
            let has_run = part.run(kernel, work.as_deref_mut(), &mut comparison)?;
            passed += comparison.passed;
            failed += comparison.failed;
            let left = (comparison.left.len() / size_of::<u32>()) as u32;
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
    use core::fmt::Arguments;
    use core::hint;
    use firmware::golden::Work;
    use firmware::runtime::{entry, ram, semihosting, singleton};

    /// One where it fits, else none.
    const ROOMS: usize = ram::has_room_for(size_of::<Work>()) as usize;

    #[entry]
    fn main() -> ! {
        semihosting::connect();
        let Some(work) = singleton!(: [Work; ROOMS] = [const { Work::NEW }; ROOMS]) else {
            panic!("the room is taken")
        };
        let passed = super::compare(work.first_mut(), print).unwrap_or_else(|error| {
            print(format_args!("{error}"));
            false
        });
        semihosting::exit(passed);
        // A probe could not fetch the log from a chip that sleeps.
        loop {
            hint::spin_loop();
        }
    }

    /// To the probe of a board, and to the host of a simulated one.
    fn print(line: Arguments<'_>) {
        defmt::info!("{}", defmt::Display2Format(&line));
        semihosting::print(line);
    }
}

#[cfg(not(target_os = "none"))]
fn main() -> Result<(), Box<dyn std::error::Error>> {
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
            std::fs::create_dir_all(Part::FOLDER)?;
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
