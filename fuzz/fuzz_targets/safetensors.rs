//! Reads bytes as a model file, and imports them as weights of another program: nothing may panic, and what is accepted is
//! a sound model.
#![no_main]

use formats::safetensors::from_safetensors;
use host_trainer_fuzz::{import_file, returns};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    import_file(bytes);
    if let Ok(model) = from_safetensors(bytes) {
        model.check().expect("an accepted model is sound");
        returns(&model);
    }
});
