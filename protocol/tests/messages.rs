//! The bytes of messages, which devices in use rely on, and bytes that are none.

use dense_protocol::frames::{self, Decoder, MAX_FRAME};
use dense_protocol::messages::{
    Answer, Classified, ClockSource, Command, Counters, FlashFault, Info, Learned, Malformed, Refusal, Reply, Request,
    Saved,
};
use heapless::Vec;

/// The message as it stands in its frame.
fn bytes(message: &impl serde::Serialize) -> std::vec::Vec<u8> {
    let (mut frame, mut decoder) = (Vec::<u8, MAX_FRAME>::new(), Decoder::new());
    frames::encode(message, &mut frame).unwrap();
    frame.iter().find_map(|&byte| decoder.push(byte).map(|message| message.unwrap().to_vec())).unwrap()
}

#[test]
fn requests_are_these_bytes() {
    for (sequence, command, wanted) in [
        (7, Command::Info, &[7, 0][..]),
        (300, Command::Classify { image: &[1, 2] }, &[0xac, 2, 1, 2, 1, 2]),
        (8, Command::Learn { image: &[9], label: 3, learning_rate: 0.5 }, &[8, 2, 1, 9, 3, 0, 0, 0, 0x3f]),
        (9, Command::Counters, &[9, 3]),
        (10, Command::Save, &[10, 4]),
        (11, Command::Load, &[11, 5]),
        (0xffff, Command::FactoryReset, &[0xff, 0xff, 3, 6]),
    ] {
        let request = Request { sequence, command };
        assert_eq!(bytes(&request), wanted, "{request:?}");
        assert_eq!(Request::from_message(wanted), Ok(request));
    }
}

#[test]
fn answers_are_these_bytes() {
    let info = Info {
        version: 1,
        inputs: 784,
        outputs: 10,
        parameters: 7_850,
        weights_checksum: 0x0102_0304,
        loaded: Some(2),
        clock_hz: 1,
        clock_source: ClockSource::Internal,
        kernel: "k",
        board: "é",
        model_bytes: 2,
        static_bytes: 3,
        slot_bytes: 4,
    };
    let info_bytes =
        [1, 0x90, 6, 10, 0xaa, 0x3d, 0x84, 0x86, 0x88, 8, 1, 2, 1, 1, 1, b'k', 2, 0xc3, 0xa9, 2, 3, 4].to_vec();
    let classified =
        Reply::Classified(Classified { class: 3, logits: [1.0; 10], probabilities: [-0.0; 10], cycles: 5 });
    let classified_bytes = [&[3][..], &[0, 0, 0x80, 0x3f].repeat(10), &[0, 0, 0, 0x80].repeat(10), &[5]].concat();
    let learned =
        Reply::Learned(Learned { loss_before: 1.0, loss_after: 0.5, cycles: 5, weights_checksum: 0x0102_0304 });
    let counters = Counters { classified: 1, learned: 2, rolled_back: 3, refused: 4, broken_frames: 5, repeated: 6 };
    let ok = |kind: u8, rest: &[u8]| [&[1, 0, kind][..], rest].concat();
    let refused = |kind: u8, rest: &[u8]| [&[1, 1, kind][..], rest].concat();
    for (result, wanted) in [
        (Ok(Reply::Info(info)), ok(0, &info_bytes)),
        (Ok(classified), ok(1, &classified_bytes)),
        (Ok(learned), ok(2, &[0, 0, 0x80, 0x3f, 0, 0, 0, 0x3f, 5, 0x84, 0x86, 0x88, 8])),
        (Ok(Reply::Counters(counters)), ok(3, &[1, 2, 3, 4, 5, 6])),
        (Ok(Reply::Saved(Saved { save: 300, slot: 1 })), ok(4, &[0xac, 2, 1])),
        (Ok(Reply::Loaded { save: 2 }), ok(5, &[2])),
        (Ok(Reply::Reset), ok(6, &[])),
        (Err(Refusal::UnknownMessage), refused(0, &[])),
        (Err(Refusal::SequenceReused { sequence: 1 }), refused(1, &[1])),
        (Err(Refusal::WrongLength { found: 1, expected: 784 }), refused(2, &[1, 0x90, 6])),
        (Err(Refusal::Label { found: 11, classes: 10 }), refused(3, &[11, 10])),
        (Err(Refusal::NothingSaved), refused(6, &[])),
        (Err(Refusal::Flash(FlashFault::Verify)), refused(7, &[3])),
    ] {
        let answer = Answer { sequence: 1, result };
        assert_eq!(bytes(&answer), wanted, "{answer:?}");
        assert_eq!(Answer::from_message(&wanted), Ok(answer));
    }
}

#[test]
fn other_bytes_are_malformed() {
    for (message, sequence) in [
        (&[][..], None),
        (&[0x80], None),
        (&[0xff, 0xff, 0xff], None),
        (&[7], Some(7)),
        (&[7, 99], Some(7)),
        (&[7, 0, 0, 0], Some(7)),
        (&[7, 1, 9, 1, 2], Some(7)),
    ] {
        assert_eq!(Request::from_message(message), Err(Malformed { sequence }), "{message:?}");
        assert_eq!(Answer::from_message(message), Err(Malformed { sequence }), "{message:?}");
    }
}
