//! Tests of the IDX reader: what it accepts, and that it accepts nothing else.

use super::*;
use flate2::{Compression, write::GzEncoder};
use proptest::prelude::*;
use std::io::{BufReader, Write};

/// The bytes of a file of images.
pub(crate) fn image_file(images: &[[u8; PIXELS]]) -> Vec<u8> {
    file(&[0x803, images.len() as u32, 28, 28], images.as_flattened())
}

/// The bytes of a file of labels.
pub(crate) fn label_file(labels: &[u8]) -> Vec<u8> {
    file(&[0x801, labels.len() as u32], labels)
}

/// `bytes`, compressed.
pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn file(header: &[u32], samples: &[u8]) -> Vec<u8> {
    let mut bytes: Vec<u8> = header.iter().flat_map(|word| word.to_be_bytes()).collect();
    bytes.extend_from_slice(samples);
    bytes
}

fn two_images() -> [[u8; PIXELS]; 2] {
    [0, 1].map(|image| std::array::from_fn(|pixel| (image + pixel % SIDE * 9) as u8))
}

#[test]
fn faults_are_named() {
    let images =
        |header: &[u32], bytes: usize| read_images(&file(header, &vec![0; bytes])[..]).map(|images| images.len());
    let labels = |header: &[u32], labels: &[u8]| read_labels(&file(header, labels)[..]).map(|labels| labels.len());
    let cases = [
        (images(&[0x801, 1], 1), "magic number 0x00000801 (labels) found, 0x00000803 (images) wanted"),
        (labels(&[0x803, 1, 28, 28], &[0]), "magic number 0x00000803 (images) found, 0x00000801 (labels) wanted"),
        (images(&[0x4d4d_002a], 0), "magic number 0x4d4d002a found, 0x00000803 (images) wanted"),
        (images(&[], 0), "the file ends after 0 of the 16 bytes of its header"),
        (labels(&[0x801], &[0, 0, 0]), "the file ends after 7 of the 8 bytes of its header"),
        (images(&[0x803, 1, 28, 27], 28 * 27), "images of 28 x 27 pixels found, 28 x 28 wanted"),
        (images(&[0x803, 0, 28, 28], 0), "the file holds no samples"),
        (images(&[0x803, 3, 28, 28], 3 * PIXELS - 1), "the header says 3 samples, the file ends after 2"),
        (
            images(&[0x803, u32::MAX, 28, 28], 300 * PIXELS),
            "the header says 4294967295 samples, the file ends after 300",
        ),
        (labels(&[0x801, u32::MAX], &[0; 5]), "the header says 4294967295 samples, the file ends after 5"),
        (images(&[0x803, 2, 28, 28], 2 * PIXELS + 1), "the header says 2 samples, the file goes on after them"),
        (labels(&[0x801, 4], &[9, 0, 10, 11]), "label 10 found at sample 2, 0 to 9 wanted"),
    ];
    for (result, message) in cases {
        assert_eq!(result.unwrap_err().to_string(), message);
    }
}

#[test]
fn every_truncation_is_an_error() {
    let images = image_file(&two_images());
    for bytes in [gzip(&images), images] {
        for length in 0..bytes.len() {
            assert!(read_images(&bytes[..length]).is_err(), "{length} bytes");
        }
    }
    let labels = label_file(&[3, 1, 4, 1, 5, 9]);
    for bytes in [gzip(&labels), labels] {
        for length in 0..bytes.len() {
            assert!(read_labels(&bytes[..length]).is_err(), "{length} bytes");
        }
    }
}

#[test]
fn a_flipped_bit_of_a_gzip_never_changes_the_images() {
    let images = two_images();
    let mut bytes = gzip(&image_file(&images));
    for bit in 0..8 * bytes.len() {
        bytes[bit / 8] ^= 1 << (bit % 8);
        if let Ok(found) = read_images(&bytes[..]) {
            assert_eq!(found, images, "bit {bit}");
        }
        bytes[bit / 8] ^= 1 << (bit % 8);
    }
}

#[test]
fn what_follows_a_gzip_counts() {
    let labels = label_file(&[3, 1, 4, 1, 5, 9]);
    let (head, tail) = labels.split_at(11);

    let members = [gzip(head), gzip(tail)].concat();
    assert_eq!(read_labels(&members[..]).unwrap(), [3, 1, 4, 1, 5, 9]);

    let garbage = [gzip(&labels), vec![0]].concat();
    assert!(matches!(read_labels(&garbage[..]), Err(IdxError::Gzip(_))));
    let another = [gzip(&labels), gzip(&labels)].concat();
    assert!(matches!(read_labels(&another[..]), Err(IdxError::Trailing { wanted: 6 })));
}

#[test]
fn a_wrong_checksum_or_length_is_corruption() {
    let bytes = gzip(&label_file(&[3, 1, 4]));
    for from_end in 1..=8 {
        let mut bytes = bytes.clone();
        let index = bytes.len() - from_end;
        bytes[index] ^= 0x10;
        let result = read_labels(&bytes[..]);
        assert!(matches!(result, Err(IdxError::Gzip(_))), "{result:?}");
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
        for bytes in [gzip(&bytes), bytes] {
            let _ = (read_images(&bytes[..]), read_labels(&bytes[..]));
        }
    }

    #[test]
    fn samples_survive_any_buffer_size(
        seed in any::<u64>(),
        count in 1..200usize,
        capacity in 1..3000usize,
    ) {
        let images: Vec<[u8; PIXELS]> = (0..count as u64)
            .map(|image| std::array::from_fn(|pixel| {
                let mixed = (seed ^ (image << 32 | pixel as u64)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
                (mixed >> 56) as u8
            }))
            .collect();
        let labels: Vec<u8> = images.iter().map(|image| image[0] % 10).collect();
        for transform in [gzip, <[u8]>::to_vec] {
            let (image_file, label_file) =
                (transform(&image_file(&images)), transform(&label_file(&labels)));
            let image_source = BufReader::with_capacity(capacity, &image_file[..]);
            let label_source = BufReader::with_capacity(capacity, &label_file[..]);
            prop_assert!(read_images(image_source).unwrap() == images);
            prop_assert_eq!(read_labels(label_source).unwrap(), labels.clone());
        }
    }
}
