//! Imports bytes as a file of TensorFlow Lite: nothing may panic, and what is accepted is a sound model.
#![no_main]

use host_trainer_fuzz::import_file;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| import_file(bytes));
