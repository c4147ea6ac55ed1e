//! The bytes of messages, which devices in use rely on, and bytes that are none.

mod common;

use common::{HELLO, NETWORK, NUMBERS};
use dense_protocol::frames::{self, Decoder, MAX_FRAME};
use dense_protocol::messages::{
    Answer, Authentication, ClockSource, Command, Counters, Element, FlashFault, Floats, Form, Hello, Inferred, Input,
    Learned, MacFault, Malformed, Network, Origin, Practised, Refusal, Reply, Request, SampleMemory, Saved, Step, TAG,
    Target, Task, Window,
};
use heapless::Vec;

/// The message as it stands in its frame.
fn bytes(message: &impl serde::Serialize) -> std::vec::Vec<u8> {
    let (mut frame, mut decoder) = (Vec::<u8, MAX_FRAME>::new(), Decoder::<MAX_FRAME>::new());
    frames::encode(message, &mut frame).unwrap();
    frame.iter().find_map(|&byte| decoder.push(byte).map(|message| message.unwrap().to_vec())).unwrap()
}

const STEP: Step = Step { learning_rate: 0.5, first_trained: 2 };

#[test]
fn requests_are_these_bytes() {
    let (input, numbers) = (Input::Values(&[1, 2]), Floats::from_bytes(&NUMBERS));
    let class = Command::Learn { input, target: Target::Class(3), step: STEP, expected: None };
    let (target, expected) = (Target::Values(numbers), Some(0x0102_0304));
    let values = Command::Learn { input: Input::Window, target, step: STEP, expected };
    let eight: &[u8] = &[8, 0, 0, 0x80, 0x3f, 0, 0, 0, 0x80];
    for (sequence, session, command, wanted) in [
        (7, 1, Command::Hello, &[7, 1, 0][..]),
        (300, u32::MAX, Command::Hello, &[0xac, 2, 0xff, 0xff, 0xff, 0xff, 0xf, 0]),
        (0xffff, 1, Command::Infer { input }, &[0xff, 0xff, 3, 1, 1, 0, 2, 1, 2]),
        (8, 1, Command::Infer { input: Input::Window }, &[8, 1, 1, 1]),
        (8, 1, Command::Series { restart: true, samples: numbers }, &[&[8, 1, 2, 1], eight].concat()),
        (8, 1, class, &[8, 1, 3, 0, 2, 1, 2, 0, 3, 0, 0, 0, 0x3f, 2, 0]),
        (8, 1, values, &[&[8, 1, 3, 1, 1], eight, &[0, 0, 0, 0x3f, 2, 1, 0x84, 0x86, 0x88, 8]].concat()),
        (8, 1, Command::Practise { steps: 300, seed: 9, step: STEP }, &[8, 1, 4, 0xac, 2, 9, 0, 0, 0, 0x3f, 2]),
        (9, 1, Command::Checksum, &[9, 1, 5]),
        (9, 1, Command::Counters, &[9, 1, 6]),
        (9, 1, Command::Save, &[9, 1, 7]),
        (9, 1, Command::Load, &[9, 1, 8]),
        (9, 1, Command::Reset, &[9, 1, 9]),
        (9, 1, Command::ReadParameters { first: 300 }, &[9, 1, 10, 0xac, 2]),
        (9, 1, Command::WriteParameters { first: 300, values: numbers }, &[&[9, 1, 11, 0xac, 2], eight].concat()),
        (9, 1, Command::UseParameters { checksum: 0x0102_0304 }, &[9, 1, 12, 0x84, 0x86, 0x88, 8]),
    ] {
        for (mac, end) in [(&[][..], &[0][..]), (&[7, 8], &[2, 7, 8])] {
            let (request, wanted) = (Request { sequence, session, command, mac }, [wanted, end].concat());
            assert_eq!(bytes(&request), wanted, "{request:?}");
            assert_eq!(Request::from_message(&wanted), Ok(request));
        }
    }
}

/// Of its version and names, of its network up to the window, and of the names' checksum and the factory's.
const HELLO_BYTES: [&[u8]; 3] =
    [&[3, 2, 0xc3, 0xa9, 1, b'k'], &[4, 0x10, 3, 10, 0, 0, 0, 0, 0xaa, 0x3d], &[5, 0x84, 0x86, 0x88, 8]];

#[test]
fn descriptions_are_these_bytes() {
    let window = Some(Window { channels: 6, length: 100, stride: 25, downsample: 4 });
    let binary = Network { element: Element::F32, task: Task::Binary, form: Form::Int8, window, ..NETWORK };
    let values = Network { task: Task::Values, ..NETWORK };
    let [names, network, checksums] = HELLO_BYTES;
    let rest = |origin: &[u8], source| [origin, &[1, 1, source, 2, 3, 4, 0, 0, 0, 0, 0, 0]].concat();
    let memory = SampleMemory { capacity: 18, lessons: Ok(300), factory_samples: 280, factory_checksum: 0x0102_0304 };
    let unreadable = SampleMemory { lessons: Err(FlashFault::Read), ..memory };
    let authentication = Authentication { boot: 300, counter: 5, tag: [9; TAG] };
    let authentication_bytes = [&[0x2c, 1, 0, 0, 5, 0, 0, 0][..], &[9; TAG]].concat();
    assert_eq!(authentication.to_bytes()[..], authentication_bytes);
    assert_eq!(Authentication::from_bytes(&authentication_bytes), Some(authentication));
    for length in [0, 4, 8, authentication_bytes.len() - 1] {
        assert_eq!(Authentication::from_bytes(&authentication_bytes[..length]), None, "{length} bytes");
    }
    // No memory, no momentum, no key: one byte, four and one.
    let [mut of_memory, mut of_unreadable, mut of_momentum, mut of_key] =
        [(); 4].map(|()| [names, network, &[0], checksums, &rest(&[0], 1)].concat());
    let end = of_memory.len();
    of_memory.splice(end - 6..end - 5, [1, 18, 0, 0xac, 2, 0x98, 2, 0x84, 0x86, 0x88, 8]);
    of_unreadable.splice(end - 6..end - 5, [1, 18, 1, 2, 0x98, 2, 0x84, 0x86, 0x88, 8]);
    of_momentum.splice(end - 5..end - 1, [0, 0, 0, 0x3f]);
    of_key.splice(end - 1.., [&[24], &authentication_bytes[..]].concat());
    for (hello, wanted) in [
        (HELLO, [names, network, &[0], checksums, &rest(&[0], 1)].concat()),
        (
            Hello { network: binary, origin: Origin::Unreadable, clock_source: ClockSource::Crystal, ..HELLO },
            [names, &network[..5], &[1, 1, 1, 0xaa, 0x3d, 1, 6, 100, 25, 4], checksums, &rest(&[1], 0)].concat(),
        ),
        (
            Hello { network: values, origin: Origin::Save(300), clock_source: ClockSource::Host, ..HELLO },
            [names, &network[..5], &[0, 2, 0, 0xaa, 0x3d, 0], checksums, &rest(&[2, 0xac, 2], 2)].concat(),
        ),
        (Hello { memory: Some(memory), ..HELLO }, of_memory),
        (Hello { memory: Some(unreadable), ..HELLO }, of_unreadable),
        (Hello { momentum: 0.5, ..HELLO }, of_momentum),
        (Hello { authentication: &authentication_bytes, ..HELLO }, of_key),
        (Hello { origin: Origin::Host, ..HELLO }, [names, network, &[0], checksums, &rest(&[3], 1)].concat()),
    ] {
        let answer = Answer { sequence: 1, session: 2, result: Ok(Reply::Hello(hello)) };
        let wanted = [&[1, 2, 0, 0], &wanted[..]].concat();
        assert_eq!(bytes(&answer), wanted, "{answer:?}");
        assert_eq!(Answer::from_message(&wanted), Ok(answer));
    }
    assert!(NETWORK.shape().eq([784, 10]));
    assert_eq!([Element::U8, Element::F32].map(Element::bytes), [1, 4]);
}

#[test]
fn answers_are_these_bytes() {
    let numbers = Floats::from_bytes(&NUMBERS);
    let eight: &[u8] = &[8, 0, 0, 0x80, 0x3f, 0, 0, 0, 0x80];
    let inferred = Reply::Inferred(Inferred { logits: numbers, outputs: Floats::from_bytes(&[]), cycles: 300 });
    let learned = |lessons| Reply::Learned(Learned { loss_before: 1.0, loss_after: 0.5, cycles: 5, lessons });
    let practised = Reply::Practised(Practised { steps: 300, lessons: 100, loss: 0.5, cycles: 7 });
    let counters = Counters { inferred: 1, learned: 2, practised: 3, refused: 4, broken_frames: 5, repeated: 6 };
    let replies: [(Reply<'_>, std::vec::Vec<u8>); 13] = [
        (inferred, [&[1], eight, &[0, 0xac, 2]].concat()),
        (Reply::Series { missing: 300 }, vec![2, 0xac, 2]),
        (learned(Ok(300)), vec![3, 0, 0, 0x80, 0x3f, 0, 0, 0, 0x3f, 5, 0, 0xac, 2]),
        (learned(Err(FlashFault::None)), vec![3, 0, 0, 0x80, 0x3f, 0, 0, 0, 0x3f, 5, 1, 4]),
        (practised, vec![4, 0xac, 2, 100, 0, 0, 0, 0x3f, 7]),
        (Reply::Checksum(0x0102_0304), vec![5, 0x84, 0x86, 0x88, 8]),
        (Reply::Counters(counters), vec![6, 1, 2, 3, 4, 5, 6]),
        (Reply::Saved(Saved { save: 300, slot: 1 }), vec![7, 0xac, 2, 1]),
        (Reply::Loaded { save: 2 }, vec![8, 2]),
        (Reply::Reset, vec![9]),
        (Reply::Parameters(numbers), [&[10], eight].concat()),
        (Reply::Written { missing: 300 }, vec![11, 0xac, 2]),
        (Reply::Used, vec![12]),
    ];
    for (reply, wanted) in replies {
        let answer = Answer { sequence: 1, session: 300, result: Ok(reply) };
        let wanted = [&[1, 0xac, 2, 0], &wanted[..]].concat();
        assert_eq!(bytes(&answer), wanted, "{answer:?}");
        assert_eq!(Answer::from_message(&wanted), Ok(answer));
    }
}

#[test]
fn refusals_are_these_bytes_and_words() {
    let rate = Refusal::LearningRate { found: 0.5, least: 1.0, most: 2.0 };
    let refusals: [(Refusal, &[u8], &str); 30] = [
        (Refusal::UnknownMessage, &[0], "does not know this request in version 3"),
        (Refusal::SequenceReused { sequence: 300 }, &[1, 0xac, 2], "sequence number 300"),
        (Refusal::Session { device: 0 }, &[2, 0], "was restarted"),
        (Refusal::Session { device: 300 }, &[2, 0xac, 2], "another host has started session 0000012c"),
        (Refusal::WrongLength { found: 1, expected: 784 }, &[3, 1, 0x90, 6], "1 bytes, expected 784"),
        (Refusal::TargetKind, &[4], "a class where the network has numbers"),
        (Refusal::Label { found: 11, classes: 10 }, &[5, 11, 10], "label 11, but there are 10"),
        (Refusal::NotFinite, &[6], "NaN or infinite"),
        (rate, &[7, 0, 0, 0, 0x3f, 0, 0, 0x80, 0x3f, 0, 0, 0, 0x40], "is 5e-1, expected 1e0 to 2e0"),
        (Refusal::FirstTrained { found: 2, most: 1 }, &[8, 2, 1], "layer is 2, expected 0 to 1"),
        (Refusal::Checksum { found: 300 }, &[9, 0xac, 2], "checksum 0000012c"),
        (Refusal::Overflow, &[10], "output of the network is not finite"),
        (Refusal::Diverged, &[11], "diverged"),
        (Refusal::NoSeries, &[12], "no windows of a time series"),
        (Refusal::WindowIncomplete { missing: 300 }, &[13, 0xac, 2], "300 samples are missing"),
        (Refusal::Samples { found: 9, most: 8, channels: 2 }, &[14, 9, 8, 2], "9 numbers, expected at most 8, 2 a"),
        (Refusal::NoMemory, &[15], "no memory of samples"),
        (Refusal::NoSamples, &[16], "memory of samples is empty"),
        (Refusal::Parameters { found: 9, expected: 8 }, &[17, 9, 8], "from 9 on, but those from 8 on"),
        (Refusal::Writing, &[18], "being written"),
        (Refusal::NothingSaved, &[19], "no weights are saved"),
        (Refusal::Flash(FlashFault::Erase), &[20, 0], "failed to erase"),
        (Refusal::Flash(FlashFault::Write), &[20, 1], "failed to write"),
        (Refusal::Flash(FlashFault::Read), &[20, 2], "failed to read"),
        (Refusal::Flash(FlashFault::Verify), &[20, 3], "failed to keep what was written"),
        (Refusal::Flash(FlashFault::None), &[20, 4], "no flash that can be written"),
        (Refusal::Mac(MacFault::Missing), &[21, 0], "no authentication code"),
        (Refusal::Mac(MacFault::Tag), &[21, 1], "not that of the device's key"),
        (Refusal::Mac(MacFault::Counter { last: 300 }), &[21, 2, 0xac, 2], "not larger than 300"),
        (Refusal::Label { found: 255, classes: 255 }, &[5, 255, 255], "label 255"),
    ];
    for (refusal, wanted, words) in refusals {
        let answer = Answer { sequence: 1, session: 2, result: Err(refusal) };
        let wanted = [&[1, 2, 1], wanted].concat();
        assert_eq!(bytes(&answer), wanted, "{answer:?}");
        assert_eq!(Answer::from_message(&wanted), Ok(answer));
        assert!(refusal.to_string().contains(words), "{refusal}");
    }
}

#[test]
fn other_bytes_are_malformed() {
    for (message, sequence) in [
        (&[][..], None),
        (&[0x80], None),
        (&[0xff, 0xff, 0xff], None),
        (&[7], Some(7)),
        (&[7, 1], Some(7)),
        (&[7, 1, 99], Some(7)),
        (&[7, 1, 0, 0, 0], Some(7)),
        (&[7, 1, 0, 1, 5, 9], Some(7)),
        (&[7, 1, 1, 0, 9, 1, 2], Some(7)),
        (&[7, 0xff, 0xff, 0xff, 0xff, 0xff, 0], Some(7)),
    ] {
        assert_eq!(Request::from_message(message), Err(Malformed { sequence }), "{message:?}");
        assert_eq!(Answer::from_message(message), Err(Malformed { sequence }), "{message:?}");
    }
    // A switch that is neither on nor off, an input of another kind, a target of another kind.
    for message in [&[7, 1, 2, 2, 0, 0][..], &[7, 1, 1, 2, 0], &[7, 1, 3, 1, 2, 0, 0, 0, 0, 0x3f, 0, 0, 0]] {
        assert_eq!(Request::from_message(message), Err(Malformed { sequence: Some(7) }), "{message:?}");
    }
    // A board whose name is no text, and no result.
    for message in [&[7, 1, 0, 0, 2, 1, 0xff][..], &[7, 1, 2]] {
        assert_eq!(Answer::from_message(message), Err(Malformed { sequence: Some(7) }), "{message:?}");
    }
}

#[test]
fn numbers_keep_every_bit_and_need_no_alignment() {
    let bits = [0, 1, 0x8000_0000, 0x7f80_0000, 0x7fc0_0001, 0xffff_ffff, 0x3f80_0000];
    let bytes: std::vec::Vec<[u8; 4]> = bits.iter().map(|bits: &u32| bits.to_le_bytes()).collect();
    let floats = Floats::from_bytes(&bytes);
    assert!(floats.values().map(f32::to_bits).eq(bits));
    assert_eq!((floats.len(), floats.is_empty(), floats.is_whole()), (7, false, true));
    assert_eq!(floats.bytes(), bytes.as_flattened());
    // Half a number is none.
    let message = [&[7, 1, 2, 0, 6], &[0; 6][..], &[0]].concat();
    let Ok(Request { command: Command::Series { samples, .. }, .. }) = Request::from_message(&message) else {
        panic!("no series")
    };
    assert_eq!((samples.len(), samples.is_whole()), (1, false));
}
