//! Compares what this machine computes with the golden vectors, to the last bit, for every kernel that it has.
//!
//! On a host it compares as well; with the argument `write`, it makes the vectors from the plain kernel, which is the
//! specification:
//!
//!     cargo run --release --bin golden -- write

#![cfg_attr(target_os = "none", no_std, no_main)]

use core::fmt::Arguments;
use dense_core::{Error, Kernel};
use firmware::golden::{self, Witness, Work};

/// The vectors, words of four bytes, the lowest first.
static VECTORS: &[u8] = include_bytes!("../../vectors/golden");

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

/// Compares all kernels and says how many numbers were right. Returns whether all were.
fn compare(work: &mut Work, mut print: impl FnMut(Arguments<'_>)) -> Result<bool, Error> {
    let (mut passed, mut failed) = (0, 0);
    for kernel in Kernel::available() {
        let mut comparison = Comparison { kernel, left: VECTORS, passed: 0, failed: 0, print: &mut print };
        golden::run(kernel, work, &mut comparison)?;
        passed += comparison.passed;
        // Numbers that nobody computed are as wrong as wrong ones.
        failed += comparison.failed + (comparison.left.len() / size_of::<u32>()) as u32;
    }
    print(format_args!("{passed} passed, {failed} failed"));
    Ok(failed == 0)
}

#[cfg(target_os = "none")]
mod on_device {
    use core::fmt::Arguments;
    use core::hint;
    use cortex_m_rt::entry;
    use firmware::golden::Work;
    use firmware::runtime::semihosting;

    #[entry]
    fn main() -> ! {
        semihosting::connect();
        let Some(work) = cortex_m::singleton!(: Work = Work::NEW) else { panic!("the room is taken") };
        let passed = super::compare(work, print).unwrap_or_else(|error| {
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
            let passed = compare(&mut work, |line| println!("{line}"))?;
            if passed { Ok(()) } else { Err("this machine computes something else".into()) }
        }
        Some("write") => {
            let mut record = Record(Vec::new());
            golden::run(Kernel::PORTABLE, &mut work, &mut record)?;
            let path = concat!(env!("CARGO_MANIFEST_DIR"), "/vectors/golden");
            Ok(std::fs::write(path, record.0)?)
        }
        Some(other) => Err(format!("found argument `{other}`, wanted `write` or none").into()),
    }
}
