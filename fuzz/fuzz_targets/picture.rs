//! Prepares bytes as a picture: nothing but a decoder may panic, and what is accepted becomes an image of the right size.
#![no_main]

use host_trainer::data::picture::{Preparation, prepare};
use host_trainer_fuzz::expect_foreign_panics;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    expect_foreign_panics();
    if let Ok(prepared) = prepare(bytes, &Preparation::default(), [28, 20]) {
        assert_eq!(prepared.image.len(), 28 * 20);
    }
});
