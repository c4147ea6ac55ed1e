//! Feeds bytes to the IDX reader: nothing may panic, and what is accepted must be the very samples in the bytes.
#![no_main]

use formats::bounded::MAX_TEST_IMAGES;
use host_trainer::data::idx::{read_images, read_labels};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(images) = read_images(bytes, MAX_TEST_IMAGES) {
        assert!(images.height > 0 && images.width > 0);
        assert_eq!(images.values, &bytes[16..]);
    }
    if let Ok(labels) = read_labels(bytes, MAX_TEST_IMAGES) {
        assert_eq!(labels, &bytes[8..]);
    }
});
