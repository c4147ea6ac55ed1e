//! The golden vectors that devices are compared with are those of every kernel of this machine.

use dense_core::Kernel;
use firmware::golden::{self, Witness, Work};

const VECTORS: &[u8] = include_bytes!("../vectors/golden");

struct Record(Vec<(String, u32)>);

impl Witness for Record {
    fn see(&mut self, case: std::fmt::Arguments<'_>, word: u32) {
        self.0.push((case.to_string(), word));
    }
}

#[test]
fn every_kernel_computes_the_golden_vectors() {
    let (expected, []) = VECTORS.as_chunks() else { panic!("the vectors are no whole number of words") };
    for kernel in Kernel::available() {
        let mut record = Record(Vec::new());
        golden::run(kernel, &mut Box::new(Work::NEW), &mut record).unwrap();
        assert_eq!(record.0.len(), expected.len(), "{}: run `cargo run --bin golden -- write`", kernel.name());
        for ((case, found), &expected) in record.0.into_iter().zip(expected) {
            assert_eq!(found, u32::from_le_bytes(expected), "{}, {case}", kernel.name());
        }
    }
}
