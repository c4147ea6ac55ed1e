//! Messages, their bytes and their frames in a file, which other implementations of the protocol are tested against:
//! `BLESS=1 cargo test -p dense-protocol --test vectors` writes it anew.

mod common;

use common::{HELLO, NETWORK, NUMBERS};
use std::fs;
use std::path::PathBuf;

use dense_protocol::authentication::{KEY, Key};
use dense_protocol::checksum;
use dense_protocol::frames::{self, Decoder, FrameError, MAX_FRAME};
use dense_protocol::messages::{
    Answer, ClockSource, Command, Counters, Element, FlashFault, Floats, Form, Hello, Inferred, Input, Learned, MAC,
    MacFault, Network, Origin, Practised, Refusal, Reply, Request, SampleMemory, Saved, Step, TAG, Target, Task,
    Window,
};
use serde::Serialize;
use serde_json::{Value, json};

const FAULTS: [FlashFault; 5] =
    [FlashFault::Erase, FlashFault::Write, FlashFault::Read, FlashFault::Verify, FlashFault::None];

#[test]
fn the_file_has_these_messages() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/vectors.json");
    let vectors = vectors();
    if std::env::var_os("BLESS").is_some() {
        fs::write(&path, text(&vectors)).unwrap();
    }
    let file: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    for (name, part) in vectors.as_object().unwrap() {
        assert_eq!(&file[name], part, "{name} of {}; BLESS=1 writes it anew", path.display());
    }
}

/// JSON with a line for each vector.
fn text(vectors: &Value) -> String {
    let parts = vectors.as_object().unwrap().iter().map(|(name, part)| {
        let lines: Vec<_> = part.as_array().unwrap().iter().map(Value::to_string).collect();
        format!("\"{name}\": [\n{}\n]", lines.join(",\n"))
    });
    format!("{{\n{}\n}}\n", parts.collect::<Vec<_>>().join(",\n"))
}

fn vectors() -> Value {
    let values = [1.0, -0.0, 0.1, f32::MAX];
    let table: [u8; 256] = std::array::from_fn(|index| 255 - index as u8);
    json!({
        "tags": tags(),
        "requests": requests().iter().map(framed).collect::<Vec<_>>(),
        "answers": answers().iter().map(framed).collect::<Vec<_>>(),
        "refusals": refusals().iter().map(|refusal| {
            let answer = Answer { sequence: 7, session: 300, result: Err(*refusal) };
            let mut vector = framed(&answer);
            vector["words"] = refusal.to_string().into();
            vector
        }).collect::<Vec<_>>(),
        "malformed": malformed().iter().map(|(name, bytes)| json!({ "what": name, "bytes": hex(bytes) })).collect::<Vec<_>>(),
        "broken_frames": broken_frames(),
        "checksums": [
            { "bytes": hex(b"123456789"), "checksum": checksum(b"123456789") },
            { "bytes": hex(&values.iter().flat_map(|value| f32::to_le_bytes(*value)).collect::<Vec<_>>()),
              "checksum": checksum::of_parameters(None, values) },
            { "bytes": hex(&[&table[..], &values.map(f32::to_le_bytes).concat()].concat()),
              "checksum": checksum::of_parameters(Some(&table), values) },
        ],
    })
}

/// Requests with their tags, and the tag of a hello.
fn tags() -> Value {
    let bytes: [u8; KEY] = std::array::from_fn(|index| index as u8);
    let key = Key::new(bytes);
    let tagged = |(request, (boot, counter)): (Request<'static>, (u32, u32))| {
        let mut vector = framed(&key.authenticate(request, boot, counter, &mut [0; MAC]));
        vector["key"] = hex(&bytes).into();
        vector["boot"] = boot.into();
        vector["counter"] = counter.into();
        vector["hello"] = hex(&key.tag_of_hello(request.session, boot, counter)).into();
        vector
    };
    requests().into_iter().zip([(1, 1), (300, 128), (u32::MAX, u32::MAX)].into_iter().cycle()).map(tagged).collect()
}

/// A message as JSON, its bytes, and its frame.
fn framed(message: &impl Serialize) -> Value {
    let frame = frame(message);
    let mut decoder = Decoder::<MAX_FRAME>::new();
    let bytes = frame.iter().find_map(|&byte| decoder.push(byte).map(|message| message.unwrap().to_vec())).unwrap();
    json!({ "message": message, "bytes": hex(&bytes), "frame": hex(&frame) })
}

fn frame(message: &impl Serialize) -> heapless::Vec<u8, MAX_FRAME> {
    let mut frame = heapless::Vec::new();
    frames::encode(message, &mut frame).unwrap();
    frame
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn checksum(bytes: &[u8]) -> u32 {
    let mut checksum = checksum::Checksum::default();
    checksum.update(bytes);
    checksum.finish()
}

fn requests() -> Vec<Request<'static>> {
    const STEP: Step = Step { learning_rate: 0.5, first_trained: 2 };
    // A run without a zero byte of the longest that COBS has in one block, and one more.
    static LONG: [u8; 600] = [1; 600];
    let (input, numbers) = (Input::Values(&[1, 0, 2]), Floats::from_bytes(&NUMBERS));
    let commands = [
        Command::Hello,
        Command::Infer { input },
        Command::Infer { input: Input::Values(&[]) },
        Command::Infer { input: Input::Values(&LONG) },
        Command::Infer { input: Input::Window },
        Command::Series { restart: true, samples: numbers },
        Command::Learn { input, target: Target::Class(3), step: STEP, expected: None },
        Command::Learn { input: Input::Window, target: Target::Values(numbers), step: STEP, expected: Some(u32::MAX) },
        Command::Practise { steps: 300, seed: 9, step: STEP },
        Command::Checksum,
        Command::Counters,
        Command::Save,
        Command::Load,
        Command::Reset,
        Command::ReadParameters { first: 300 },
        Command::WriteParameters { first: 300, values: numbers },
        Command::UseParameters { checksum: 0x0102_0304 },
    ];
    let sessions = [(0, 1), (127, 128), (u16::MAX, u32::MAX)].into_iter().cycle();
    commands
        .into_iter()
        .zip(sessions)
        .map(|(command, (sequence, session))| Request { sequence, session, command, mac: &[] })
        .collect()
}

fn answers() -> Vec<Answer<'static>> {
    let numbers = Floats::from_bytes(&NUMBERS);
    let window = Some(Window { channels: 6, length: 100, stride: 25, downsample: 4 });
    let memory = |lessons| SampleMemory { capacity: 18, lessons, factory_samples: 280, factory_checksum: 0x0102_0304 };
    let learned = |lessons| Reply::Learned(Learned { loss_before: 1.0, loss_after: 0.5, cycles: 5, lessons });
    let counters = Counters { inferred: 1, learned: 2, practised: 3, refused: 4, broken_frames: 5, repeated: 6 };
    let mut replies = vec![
        Reply::Hello(HELLO),
        Reply::Hello(Hello {
            network: Network { element: Element::F32, task: Task::Binary, form: Form::Int8, window, ..NETWORK },
            origin: Origin::Unreadable,
            clock_source: ClockSource::Crystal,
            memory: Some(memory(Ok(300))),
            ..HELLO
        }),
        Reply::Hello(Hello {
            network: Network { task: Task::Values, ..NETWORK },
            origin: Origin::Save(300),
            clock_source: ClockSource::Host,
            foreign_save: false,
            ..HELLO
        }),
        Reply::Hello(Hello { origin: Origin::Host, momentum: 0.5, ..HELLO }),
        Reply::Hello(Hello { authentication: &[9; 8 + TAG], ..HELLO }),
        Reply::Inferred(Inferred { logits: numbers, outputs: Floats::from_bytes(&[]), cycles: 300 }),
        Reply::Series { missing: 300 },
        learned(Ok(300)),
        Reply::Practised(Practised { steps: 300, lessons: 100, loss: 0.5, cycles: 7 }),
        Reply::Checksum(0x0102_0304),
        Reply::Counters(counters),
        Reply::Saved(Saved { save: 300, slot: 1 }),
        Reply::Loaded { save: 2 },
        Reply::Reset,
        Reply::Parameters(numbers),
        Reply::Written { missing: 300 },
        Reply::Used,
    ];
    for fault in FAULTS {
        replies.push(Reply::Hello(Hello { memory: Some(memory(Err(fault))), ..HELLO }));
        replies.push(learned(Err(fault)));
    }
    replies.into_iter().map(|reply| Answer { sequence: 300, session: 7, result: Ok(reply) }).collect()
}

fn refusals() -> Vec<Refusal> {
    let mut refusals = vec![
        Refusal::UnknownMessage,
        Refusal::SequenceReused { sequence: 300 },
        Refusal::Session { device: 0 },
        Refusal::Session { device: 300 },
        Refusal::WrongLength { found: 1, expected: 784 },
        Refusal::TargetKind,
        Refusal::Label { found: 11, classes: 10 },
        Refusal::NotFinite,
        Refusal::LearningRate { found: 12.5, least: 9.765_625e-4, most: 1.0 },
        Refusal::FirstTrained { found: 2, most: 1 },
        Refusal::Checksum { found: 300 },
        Refusal::Overflow,
        Refusal::Diverged,
        Refusal::NoSeries,
        Refusal::WindowIncomplete { missing: 300 },
        Refusal::Samples { found: 9, most: 8, channels: 2 },
        Refusal::NoMemory,
        Refusal::NoSamples,
        Refusal::Parameters { found: 9, expected: 8 },
        Refusal::Writing,
        Refusal::NothingSaved,
    ];
    refusals.extend(FAULTS.map(Refusal::Flash));
    refusals.extend([MacFault::Missing, MacFault::Tag, MacFault::Counter { last: 300 }].map(Refusal::Mac));
    refusals
}

/// Bytes that are neither a request nor an answer.
fn malformed() -> Vec<(&'static str, Vec<u8>)> {
    let malformed = vec![
        ("nothing", vec![]),
        ("a sequence number that does not end", vec![0x80]),
        ("a sequence number over 65,535", vec![0xff, 0xff, 0x7f]),
        ("no session", vec![7]),
        ("no command or result", vec![7, 1]),
        ("an unknown command or result", vec![7, 1, 99]),
        ("a byte behind the message", vec![7, 1, 0, 0, 0]),
        ("a tag that is too short", vec![7, 1, 0, 1, 5, 9]),
        ("fewer bytes than announced", vec![7, 1, 1, 0, 9, 1, 2]),
        ("a session over 32 bits", vec![7, 0xff, 0xff, 0xff, 0xff, 0x1f, 0]),
        ("a switch that is neither on nor off", vec![7, 1, 2, 2, 0]),
        ("a name that is no text", vec![7, 1, 0, 0, 2, 1, 0xff]),
    ];
    for (what, bytes) in &malformed {
        assert!(Request::from_message(bytes).is_err() && Answer::from_message(bytes).is_err(), "{what}");
    }
    malformed
}

/// Frames with a fault, and the fault in words.
fn broken_frames() -> Vec<Value> {
    let whole = frame(&requests()[2]).to_vec();
    let changed = |place: usize| {
        let mut frame = whole.clone();
        frame[place] ^= 0x40;
        frame
    };
    let long = [vec![2; MAX_FRAME], vec![0]].concat();
    let frames = [changed(1), vec![3, 1, 2, 0], vec![9, 1, 0], long];
    frames
        .map(|frame| {
            let mut decoder = Decoder::<MAX_FRAME>::new();
            let last = frame.iter().map(|&byte| decoder.push(byte).map(|result| result.map(|_| ()))).last();
            let fault: FrameError = last.flatten().unwrap().unwrap_err();
            json!({ "frame": hex(&frame), "fault": fault.to_string() })
        })
        .into()
}
