//! Reads bytes as a checkpoint: nothing may panic, and what is accepted comes back from its file.
#![no_main]

use host_trainer::checkpoint::Checkpoint;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(checkpoint) = Checkpoint::from_bytes(bytes) {
        let bytes = checkpoint.to_bytes().expect("an accepted checkpoint can be written");
        assert!(Checkpoint::from_bytes(&bytes).expect("and read") == checkpoint);
    }
});
