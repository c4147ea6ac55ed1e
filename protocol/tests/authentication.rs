//! Tags of requests and of hellos: whatever is changed, they are wrong.

use dense_protocol::authentication::{KEY, Key};
use dense_protocol::frames::{self, Decoder, MAX_FRAME};
use dense_protocol::messages::{Authentication, Command, Input, MAC, Request, Step, Target};

const BOOT: u32 = 3;
const COUNTER: u32 = 300;

fn key() -> Key {
    Key::new(std::array::from_fn(|index| index as u8))
}

fn request() -> Request<'static> {
    let step = Step { learning_rate: 0.5, first_trained: 0 };
    let command =
        Command::Learn { input: Input::Values(&[1, 0, 2]), target: Target::Class(3), step, expected: Some(5) };
    Request { sequence: 7, session: 9, command, mac: &[] }
}

/// The message as it stands in its frame.
fn message(request: Request<'_>) -> Vec<u8> {
    let (mut frame, mut decoder) = (heapless::Vec::<u8, MAX_FRAME>::new(), Decoder::<MAX_FRAME>::new());
    frames::encode(&request, &mut frame).unwrap();
    frame.iter().find_map(|&byte| decoder.push(byte).map(|message| message.unwrap().to_vec())).unwrap()
}

/// The request with its code, as a message.
fn authentic() -> Vec<u8> {
    message(key().authenticate(request(), BOOT, COUNTER, &mut [0; MAC]))
}

/// The counter that is found in a message.
fn verified(key: &Key, boot: u32, message: &[u8]) -> Option<u32> {
    key.verified_counter(boot, &Request::from_message(message).ok()?, message)
}

#[test]
fn the_code_is_the_counter_and_the_tag_of_the_message_up_to_it() {
    let message = authentic();
    let request = Request::from_message(&message).unwrap();
    assert_eq!(request.mac[..4], COUNTER.to_le_bytes());
    assert!(message.ends_with(request.mac));
    assert_eq!(verified(&key(), BOOT, &message), Some(COUNTER));
}

#[test]
fn a_message_with_any_bit_changed_has_another_tag() {
    let message = authentic();
    for place in 0..message.len() {
        for bit in 0..8 {
            let mut changed = message.clone();
            changed[place] ^= 1 << bit;
            assert_eq!(verified(&key(), BOOT, &changed), None, "bit {bit} of byte {place}");
        }
        assert_eq!(verified(&key(), BOOT, &message[..place]), None, "the first {place} bytes");
        assert_eq!(verified(&key(), BOOT, &message[place + 1..]), None, "from byte {} on", place + 1);
    }
}

#[test]
fn another_key_or_start_has_another_tag() {
    let message = authentic();
    for boot in [0, BOOT - 1, BOOT + 1, BOOT << 8, u32::MAX] {
        assert_eq!(verified(&key(), boot, &message), None, "start {boot}");
    }
    for byte in 0..KEY {
        let mut bytes: [u8; KEY] = std::array::from_fn(|index| index as u8);
        bytes[byte] ^= 1;
        assert_eq!(verified(&Key::new(bytes), BOOT, &message), None, "byte {byte} of the key");
    }
}

#[test]
fn the_tag_of_a_hello_is_of_all_its_numbers_and_never_that_of_a_request() {
    let tag = key().tag_of_hello(1, 2, 3);
    assert!(key().is_tag_of_hello(1, &Authentication { boot: 2, counter: 3, tag }));
    for (session, boot, counter) in [(0, 2, 3), (1, 0, 3), (1, 2, 0), (2, 1, 3), (1, 3, 2)] {
        assert_ne!(key().tag_of_hello(session, boot, counter), tag, "{session} {boot} {counter}");
        let found = Authentication { boot, counter, tag };
        assert!(!key().is_tag_of_hello(session, &found), "{session} {boot} {counter}");
    }
    // The same tag at the end of a request.
    let mac = [&3_u32.to_le_bytes()[..], &tag].concat();
    assert_eq!(verified(&key(), 2, &message(Request { mac: &mac, ..request() })), None);
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
