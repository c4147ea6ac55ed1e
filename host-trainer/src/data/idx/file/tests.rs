//! Tests of the IDX reader: what it accepts, and that it accepts nothing else.

use proptest::prelude::*;

use super::*;

const LIMIT: u64 = 1 << 30;

fn file(header: &[u32], samples: &[u8]) -> Vec<u8> {
    let mut bytes: Vec<u8> = header.iter().flat_map(|word| word.to_be_bytes()).collect();
    bytes.extend_from_slice(samples);
    bytes
}

#[test]
fn faults_are_named() {
    let images = |header: &[u32], bytes: usize| read_images(&file(header, &vec![0; bytes])[..], LIMIT).map(|_| ());
    let labels = |header: &[u32], labels: &[u8]| read_labels(&file(header, labels)[..], LIMIT).map(|_| ());
    let size = 28 * 28;
    for (result, message) in [
        (images(&[0x801, 1], 1), "magic number 0x00000801 (labels) found, 0x00000803 (images) wanted"),
        (labels(&[0x803, 1, 28, 28], &[0]), "magic number 0x00000803 (images) found, 0x00000801 (labels) wanted"),
        (images(&[0x4d4d_002a], 0), "magic number 0x4d4d002a found, 0x00000803 (images) wanted"),
        (images(&[], 0), "the file ends after 0 of the 16 bytes of its header"),
        (labels(&[0x801], &[0, 0, 0]), "the file ends after 7 of the 8 bytes of its header"),
        (images(&[0x803, 1, 28, 0], 0), "images of 28 x 0 pixels"),
        (images(&[0x803, 0, 28, 28], 0), "the file holds no samples"),
        (images(&[0x803, 3, 28, 28], 3 * size - 1), "the header says 3 samples, the file ends after 2"),
        (
            images(&[0x803, 8_000_000, 28, 28], 300 * size),
            "the header says 8000000 samples of 784 bytes each, more than the limit of 1024 MiB",
        ),
        (
            images(&[0x803, u32::MAX, u32::MAX, u32::MAX], 0),
            "the header says 4294967295 samples of 18446744065119617025 bytes each, more than the limit of 1024 MiB",
        ),
        (images(&[0x803, 1_000_000, 28, 28], 300 * size), "the header says 1000000 samples, the file ends after 300"),
        (labels(&[0x801, 1 << 30], &[0; 5]), "the header says 1073741824 samples, the file ends after 5"),
        (images(&[0x803, 2, 28, 28], 2 * size + 1), "the header says 2 samples, the file goes on after them"),
    ] {
        assert_eq!(result.unwrap_err(), message);
    }
}

#[test]
fn every_truncation_is_an_error() {
    let images = file(&[0x803, 2, 3, 5], &[7; 30]);
    assert!(read_images(&images[..], LIMIT).is_ok());
    for length in 0..images.len() {
        assert!(read_images(&images[..length], LIMIT).is_err(), "{length} bytes");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_bytes_are_read_or_refused(
        words in prop::collection::vec(prop_oneof![0x801..0x804u32, 0..100u32, any::<u32>()], 0..5),
        bytes in prop::collection::vec(any::<u8>(), 0..2000),
    ) {
        let bytes = file(&words, &bytes);
        let _ = (read_images(&bytes[..], LIMIT), read_labels(&bytes[..], LIMIT));
    }

    #[test]
    fn what_is_written_is_read_back(height in 1..40usize, width in 1..40usize, count in 1..200usize, seed in any::<u8>()) {
        let values: Vec<u8> =
            (0..count * height * width).map(|place| (place as u8).wrapping_mul(31).wrapping_add(seed)).collect();
        let labels: Vec<u8> = values[..count].to_vec();
        let images = Images { height, width, values };
        let decode = |bytes: Vec<u8>| flate2::read::GzDecoder::new(std::io::Cursor::new(bytes));
        prop_assert_eq!(&read_images(decode(write_images(&images).unwrap()), LIMIT).unwrap(), &images);
        prop_assert_eq!(read_labels(decode(write_labels(&labels).unwrap()), LIMIT).unwrap(), labels);
    }
}
