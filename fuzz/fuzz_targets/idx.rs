//! Feeds bytes to the IDX reader as they are and compressed: nothing may panic, what is
//! accepted must be the very samples in the bytes, and compression must make no difference.
#![no_main]

use flate2::{Compression, write::GzEncoder};
use host_trainer::idx::{self, IdxError};
use libfuzzer_sys::fuzz_target;
use std::fmt::Debug;
use std::io::Write;

const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

fuzz_target!(|bytes: &[u8]| {
    let images = idx::read_images(bytes);
    let labels = idx::read_labels(bytes);
    if bytes.starts_with(&GZIP_MAGIC) {
        return;
    }
    if let Ok(images) = &images {
        assert_eq!(images.as_flattened(), &bytes[16..]);
    }
    if let Ok(labels) = &labels {
        assert_eq!(labels, &bytes[8..]);
        assert!(labels.iter().all(|&label| label < 10));
    }
    // The fuzzer cannot guess a checksum, so it is given the right one.
    let compressed = gzip(bytes);
    assert_same(images, idx::read_images(&compressed[..]));
    assert_same(labels, idx::read_labels(&compressed[..]));
});

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder
        .write_all(bytes)
        .and_then(|()| encoder.finish())
        .expect("a Vec accepts any write")
}

fn assert_same<T: Debug + PartialEq>(plain: Result<T, IdxError>, gzip: Result<T, IdxError>) {
    let [plain, gzip] = [plain, gzip].map(|result| result.map_err(|error| error.to_string()));
    assert_eq!(plain, gzip);
}
