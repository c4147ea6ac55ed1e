//! Tags of requests and of hellos: whatever is changed, they are wrong.

use dense_protocol::authentication::{KEY, Key};
use dense_protocol::frames::{self, Decoder, MAX_FRAME};
use dense_protocol::messages::{Authentication, Command, Input, Mac, Request, Step, TAG, Target};

const BOOT: u32 = 3;
const COUNTER: u32 = 300;

fn key() -> Key {
    Key::new(std::array::from_fn(|index| index as u8))
}

fn request() -> Request<'static> {
    let step = Step { learning_rate: 0.5, first_trained: 0 };
    let command =
        Command::Learn { input: Input::Values(&[1, 0, 2]), target: Target::Class(3), step, expected: Some(5) };
    Request { sequence: 7, session: 9, command, mac: None }
}

/// The message as it stands in its frame.
fn message(request: Request<'_>) -> Vec<u8> {
    let (mut frame, mut decoder) = (heapless::Vec::<u8, MAX_FRAME>::new(), Decoder::<MAX_FRAME>::new());
    frames::encode(&request, &mut frame).unwrap();
    frame.iter().find_map(|&byte| decoder.push(byte).map(|message| message.unwrap().to_vec())).unwrap()
}

#[test]
fn the_tag_is_that_of_the_message_up_to_it() {
    let request = key().authenticate(request(), BOOT, COUNTER);
    let message = message(request);
    let tag = message.last_chunk::<TAG>().unwrap();
    assert_eq!(request.mac, Some(Mac { counter: COUNTER, tag: *tag }));
    assert!(key().is_request_of(BOOT, &message));
    assert_eq!(Request::from_message(&message), Ok(request));
}

#[test]
fn a_message_with_any_bit_changed_has_another_tag() {
    let message = message(key().authenticate(request(), BOOT, COUNTER));
    for place in 0..message.len() {
        for bit in 0..8 {
            let mut changed = message.clone();
            changed[place] ^= 1 << bit;
            assert!(!key().is_request_of(BOOT, &changed), "bit {bit} of byte {place}");
        }
        assert!(!key().is_request_of(BOOT, &message[..place]), "the first {place} bytes");
        assert!(!key().is_request_of(BOOT, &message[place + 1..]), "from byte {} on", place + 1);
    }
}

#[test]
fn another_key_or_start_has_another_tag() {
    let message = message(key().authenticate(request(), BOOT, COUNTER));
    for boot in [0, BOOT - 1, BOOT + 1, BOOT << 8, u32::MAX] {
        assert!(!key().is_request_of(boot, &message), "start {boot}");
    }
    for byte in 0..KEY {
        let mut bytes: [u8; KEY] = std::array::from_fn(|index| index as u8);
        bytes[byte] ^= 1;
        assert!(!Key::new(bytes).is_request_of(BOOT, &message), "byte {byte} of the key");
    }
}

#[test]
fn the_tag_of_a_hello_is_of_all_its_numbers_and_never_that_of_a_request() {
    let tag = key().tag_of_hello(1, 2, 3);
    assert!(key().is_tag_of_hello(1, Authentication { boot: 2, counter: 3, tag }));
    for (session, boot, counter) in [(0, 2, 3), (1, 0, 3), (1, 2, 0), (2, 1, 3), (1, 3, 2)] {
        assert_ne!(key().tag_of_hello(session, boot, counter), tag, "{session} {boot} {counter}");
        let found = Authentication { boot, counter, tag };
        assert!(!key().is_tag_of_hello(session, found), "{session} {boot} {counter}");
    }
    // The same bytes, as those of a request.
    let message = [&2_u32.to_le_bytes()[..], &3_u32.to_le_bytes(), &tag].concat();
    assert!(!key().is_request_of(1, &message));
}

#[test]
fn keys_are_64_hexadecimal_digits() {
    let digits = "000102030405060708090a0b0c0d0e0f101112131415161718191A1B1C1D1E1F";
    assert_eq!(Key::from_hex(digits), Some(key()));
    for wrong in ["", &digits[1..], &digits.replace('1', "g"), &format!("{digits}0"), &digits.replace("00", "é")] {
        assert_eq!(Key::from_hex(wrong), None, "{wrong}");
    }
    assert_eq!(format!("{:?}", key()), "Key(..)");
}

#[test]
fn commands_that_change_the_device_are_these() {
    use Command::*;
    let step = Step { learning_rate: 0.5, first_trained: 0 };
    let (input, floats) = (Input::Window, dense_protocol::messages::Floats::from_bytes(&[]));
    for (command, is_change) in [
        (Hello, false),
        (Infer { input }, false),
        (Checksum, false),
        (Counters, false),
        (ReadParameters { first: 0 }, false),
        (Series { restart: false, samples: floats }, true),
        (Learn { input, target: Target::Class(0), step, expected: None }, true),
        (Practise { steps: 1, seed: 0, step }, true),
        (Save, true),
        (Load, true),
        (Reset, true),
        (WriteParameters { first: 0, values: floats }, true),
        (UseParameters { checksum: 0 }, true),
    ] {
        assert_eq!(command.is_change(), is_change, "{command:?}");
    }
}
