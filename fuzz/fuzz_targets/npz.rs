//! Loads bytes as arrays of NumPy, and imports them as weights: nothing may panic, and what is accepted has equal numbers
//! of inputs and targets, or is a sound model.
#![no_main]

use std::sync::OnceLock;

use formats::DataOptions;
use host_trainer::data::load;
use host_trainer_fuzz::{InputFile, import_file};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    static FILE: OnceLock<InputFile> = OnceLock::new();
    import_file(bytes);
    let path = FILE.get_or_init(|| InputFile::new("arrays.npz")).with(bytes).to_owned();
    if let Ok(loaded) = load(&DataOptions { path, ..DataOptions::default() }) {
        for samples in [&loaded.dataset.train, &loaded.dataset.test] {
            assert_eq!(samples.inputs.len(), samples.targets.len());
        }
    }
});
