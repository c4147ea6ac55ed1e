//! Answers to images, and refusals of other input, on this machine and by the program in QEMU:
//! `cargo test --manifest-path firmware/Cargo.toml --package classify -- --ignored`.

use classify::classifier::{CRC_32C, Classifier};
use classify::protocol::{CLASSIFIED, INPUTS, Refusal};
use classify::quantized;
use dense_core::{Batch, Kernel, quant};
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

const IMAGES: &[u8] = include_bytes!("../../vectors/images");

/// A message as it goes over the line.
fn frame(message: &[u8]) -> Vec<u8> {
    stuff(&[message, &CRC_32C.checksum(message).to_le_bytes()].concat())
}

/// COBS, with a zero at the end.
fn stuff(bytes: &[u8]) -> Vec<u8> {
    let mut frame = vec![0; cobs::max_encoding_length(bytes.len()) + 1];
    let length = cobs::encode(bytes, &mut frame);
    frame.truncate(length + 1);
    frame
}

/// The frame that answers an image.
fn answer(image: &[u8; INPUTS]) -> Vec<u8> {
    let (mut image, mut sums) = (*image, [[0; _]]);
    quantized::prepare(&mut image);
    quantized::MODEL.forward_with(Kernel::PORTABLE, Batch::new(&[image]).unwrap(), &mut sums).unwrap();
    let logits = quantized::MODEL.fixed_logits(&sums[0]);
    let mut message = vec![CLASSIFIED, quant::argmax(&logits) as u8];
    message.extend(quant::softmax(&logits).into_iter().flat_map(u16::to_le_bytes));
    frame(&message)
}

/// Test cases: name, bytes sent, and the frame that answers them.
fn cases() -> Vec<(String, Vec<u8>, Vec<u8>)> {
    let images = IMAGES.as_chunks::<INPUTS>().0;
    let mut cases: Vec<_> = images
        .iter()
        .chain([&[0; _], &[u8::MAX; _]])
        .enumerate()
        .map(|(number, image)| (format!("image {number}"), frame(image), answer(image)))
        .collect();
    let whole = frame(&images[0]);
    let checksum_of_another = CRC_32C.checksum(&images[1]).to_le_bytes();
    for (name, sent, refusal) in [
        ("too few pixels", frame(&images[0][..INPUTS - 1]), Refusal::Length),
        ("too many pixels", frame(&[&images[0][..], &[1]].concat()), Refusal::Length),
        ("far too many pixels", frame(&[7; 5000]), Refusal::Length),
        ("no pixels", frame(&[]), Refusal::Length),
        ("the checksum of another image", stuff(&[&images[0][..], &checksum_of_another].concat()), Refusal::Checksum),
        ("a frame that ends early", vec![5, 1, 2, 0], Refusal::Stuffing),
    ] {
        cases.push((name.to_owned(), sent, frame(&[refusal as u8])));
    }
    cases.push(("zeros between frames".to_owned(), [&[0; 9], &whole[..], &[0; 9]].concat(), answer(&images[0])));
    cases
}

#[test]
fn images_are_answered_and_what_is_none_is_refused() {
    let mut classifier = Classifier::new();
    for (name, sent, expected) in cases() {
        let found: Vec<_> = sent.iter().filter_map(|&byte| classifier.receive(byte).map(<[u8]>::to_vec)).collect();
        assert_eq!(found, [expected], "{name}");
    }
}

#[test]
#[ignore = "needs QEMU"]
fn the_micro_bit_answers_the_same() {
    // The script hands its process over to QEMU, which ends where the program starts anew.
    let mut device = Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../cargo"))
        .args(["microbit", "run", "--release", "--quiet", "--package", "classify", "--", "-no-reboot"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = device.stdin.take().unwrap();
    let mut answers = BufReader::new(device.stdout.take().unwrap());
    let mut found = Vec::new();
    for (_, sent, _) in cases() {
        line.write_all(&sent).unwrap();
        let mut answer = Vec::new();
        answers.read_until(0, &mut answer).unwrap();
        found.push(answer);
    }
    device.kill().unwrap();
    device.wait().unwrap();
    for ((name, _, expected), found) in cases().into_iter().zip(found) {
        assert_eq!(found, expected, "{name}");
    }
}
