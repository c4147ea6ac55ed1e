//! Loads bytes as a table of comma-separated values: nothing may panic, and what is accepted has equal numbers of inputs
//! and targets, all finite.
#![no_main]

use std::sync::OnceLock;

use formats::DataOptions;
use host_trainer::data::{Inputs, load};
use host_trainer_fuzz::{InputFile, expect_foreign_panics};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    static FILE: OnceLock<InputFile> = OnceLock::new();
    expect_foreign_panics();
    let path = FILE.get_or_init(|| InputFile::new("table.csv")).with(bytes).to_owned();
    // The first byte chooses among the options.
    let options = DataOptions {
        path,
        window: bytes.first().filter(|byte| *byte % 4 == 1).map(|_| 2),
        test_split: bytes.first().filter(|byte| *byte % 4 == 2).map(|_| 0.5),
        ..DataOptions::default()
    };
    if let Ok(loaded) = load(&options) {
        for samples in [&loaded.dataset.train, &loaded.dataset.test] {
            assert_eq!(samples.inputs.len(), samples.targets.len());
            if let Inputs::Numbers { values, .. } = &samples.inputs {
                assert!(values.iter().all(|value| value.is_finite()));
            }
        }
    }
});
