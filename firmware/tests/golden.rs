//! The golden vectors that devices are compared with are those of every kernel of this machine.

use dense_core::Kernel;
use firmware::golden::{Part, Witness, Work};

struct Record(Vec<(String, u32)>);

impl Witness for Record {
    fn see(&mut self, case: std::fmt::Arguments<'_>, word: u32) {
        self.0.push((case.to_string(), word));
    }
}

#[test]
fn every_kernel_computes_the_golden_vectors() {
    for part in Part::ALL {
        let (expected, []) = part.vectors().as_chunks() else { panic!("the vectors are no whole number of words") };
        for kernel in Kernel::available() {
            let name = format!("{}, {}", part.name(), kernel.name());
            let mut record = Record(Vec::new());
            assert!(part.run(kernel, Some(&mut Box::new(Work::NEW)), &mut record).unwrap());
            assert_eq!(record.0.len(), expected.len(), "{name}: run `cargo run --bin golden -- write`");
            for ((case, found), &expected) in record.0.into_iter().zip(expected) {
                assert_eq!(found, u32::from_le_bytes(expected), "{name}, {case}");
            }
        }
    }
}

#[test]
fn without_room_nothing_is_computed_or_all() {
    for part in Part::ALL {
        let mut record = Record(Vec::new());
        let has_run = part.run(Kernel::best(), None, &mut record).unwrap();
        assert_eq!(record.0.len(), if has_run { part.vectors().len() / 4 } else { 0 }, "{}", part.name());
    }
}
