//! Writes the seeds of the targets that read what a device reads or writes, in the formats of this version:
//! `cargo run --manifest-path fuzz/Cargo.toml --example seeds`.

use std::fs;
use std::path::Path;
use std::slice::from_ref;

use dense_protocol::checksum::{self, Checksum};
use dense_protocol::frames::{self, MAX_FRAME};
use dense_protocol::messages::{
    Answer, ClockSource, Command, Counters, Element, FlashFault, Floats, Form, Hello, Inferred, Input, Learned,
    MacFault, Network, Origin, Practised, Refusal, Reply, Request, SampleMemory, Saved, Step, Target, Task, VERSION,
    Window,
};
use heapless::Vec as Bytes;
use serde::Serialize;

const SESSION: u32 = 1;
const STEP: Step = Step { learning_rate: 0.1, first_trained: 0 };
/// Inputs of pixels and of numbers, and targets, of the networks of the targets.
const PIXELS: Input<'static> = Input::Values(&[255, 0, 7, 128]);
const NUMBERS: [f32; 3] = [1.0, -0.5, 2.0];
const WANTED: [f32; 2] = [1.0, -2.0];

fn main() {
    let requests = requests();
    for (name, requests) in &requests {
        let messages: Vec<Vec<u8>> = requests.clone();
        write("message_decoder", name, &pieces(&messages, None));
        // With the right code, then without.
        let both: Vec<u8> = [5, 3].into_iter().flat_map(|how| pieces(&messages, Some(how))).collect();
        write("session", name, &both);
    }
    let learn = &requests.iter().find(|(name, _)| *name == "learn-numbers").expect("it is there").1[0];
    let repeated =
        [pieces(from_ref(learn), Some(5)), vec![2, 0], pieces(from_ref(learn), Some(4)), vec![2, 0]].concat();
    write("session", "repeated", &repeated);
    write(
        "session",
        "frames",
        &[pieces(&[frame_of(learn), vec![1, 2, 0]], Some(0)), pieces(from_ref(learn), Some(1))].concat(),
    );
    answers();
    frame_seeds();
    client();
    stores();
    lessons();
}

fn write(target: &str, name: &str, bytes: &[u8]) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds").join(target);
    fs::create_dir_all(&folder).expect("a folder for the seeds");
    fs::write(folder.join(name), bytes).expect("a seed");
}

/// Each message after its length, and that after a byte that says how it is sent, if any.
fn pieces(messages: &[Vec<u8>], how: Option<u8>) -> Vec<u8> {
    let piece = |message: &Vec<u8>| {
        let length = u8::try_from(message.len()).expect("a short message");
        how.into_iter().chain([length]).chain(message.iter().copied()).collect::<Vec<u8>>()
    };
    messages.iter().flat_map(piece).collect()
}

fn frame(message: &impl Serialize) -> Vec<u8> {
    let mut frame = Bytes::<u8, MAX_FRAME>::new();
    frames::encode(message, &mut frame).expect("it fits");
    frame.to_vec()
}

/// The frame of the bytes of a message.
fn frame_of(message: &[u8]) -> Vec<u8> {
    frame(&host_trainer_fuzz::Raw(message))
}

/// The message of something: what is in its frame.
fn message(of: &impl Serialize) -> Vec<u8> {
    let mut decoder = frames::Decoder::<MAX_FRAME>::new();
    let frame = frame(of);
    let message = frame.iter().find_map(|&byte| decoder.push(byte).map(|message| message.map(|bytes| bytes.to_vec())));
    message.expect("a frame").expect("a whole one")
}

fn floats(values: &[f32]) -> &'static [[u8; 4]] {
    values.iter().map(|value| value.to_le_bytes()).collect::<Vec<_>>().leak()
}

fn values(values: &[f32]) -> Input<'static> {
    Input::Values(floats(values).as_flattened())
}

fn learn(input: Input<'static>, target: Target<'static>, step: Step, expected: Option<u32>) -> Command<'static> {
    Command::Learn { input, target, step, expected }
}

/// Conversations, each of several messages.
fn requests() -> Vec<(&'static str, Vec<Vec<u8>>)> {
    let numbers = values(&NUMBERS);
    let wanted = Target::Values(Floats::from_bytes(floats(&WANTED)));
    let write = |first, values: &[f32]| Command::WriteParameters { first, values: Floats::from_bytes(floats(values)) };
    let series = |restart, samples: &[f32]| Command::Series { restart, samples: Floats::from_bytes(floats(samples)) };
    let (rising, binary): (Vec<f32>, Vec<f32>) =
        ((1..=8_u8).map(f32::from).collect(), (0..19_u8).map(f32::from).collect());
    let sum = |parameters: &[f32]| checksum::of_parameters(None, parameters.iter().copied());
    let fast = Step { learning_rate: 3e38, ..STEP };
    let (pixels, one) = (PIXELS, Target::Class(1));
    let infer = |input| Command::Infer { input };
    let commands = vec![
        ("hello", vec![Command::Hello]),
        ("counters", vec![Command::Counters, Command::Checksum]),
        ("infer", vec![infer(numbers), infer(pixels)]),
        ("infer-length", vec![infer(Input::Values(&[0; 7])), infer(Input::Values(&[]))]),
        ("infer-nan", vec![infer(values(&[1.0, f32::NAN, 2.0]))]),
        (
            "learn-class",
            vec![
                learn(pixels, one, STEP, None),
                learn(pixels, Target::Class(0), Step { learning_rate: 0.5, first_trained: 1 }, None),
            ],
        ),
        ("learn-numbers", vec![learn(numbers, wanted, STEP, None), infer(numbers), Command::Checksum]),
        (
            "learn-expected",
            vec![learn(numbers, wanted, STEP, Some(sum(&[0.0; 8]))), learn(numbers, wanted, STEP, Some(7))],
        ),
        (
            "learn-diverged",
            vec![
                learn(numbers, wanted, fast, None),
                learn(numbers, wanted, fast, None),
                learn(pixels, one, fast, None),
                infer(pixels),
            ],
        ),
        (
            "learn-wrong",
            vec![
                learn(numbers, one, STEP, None),
                learn(pixels, Target::Class(9), STEP, None),
                learn(numbers, Target::Values(Floats::from_bytes(floats(&[1.0]))), STEP, None),
                learn(pixels, one, Step { learning_rate: f32::NAN, first_trained: 0 }, None),
                learn(pixels, one, Step { first_trained: 2, ..STEP }, None),
            ],
        ),
        ("practise", vec![learn(numbers, wanted, STEP, None), Command::Practise { steps: 3, seed: 1, step: STEP }]),
        (
            "save-load-reset",
            vec![
                learn(numbers, wanted, STEP, None),
                Command::Save,
                Command::Save,
                Command::Load,
                Command::Reset,
                Command::Load,
            ],
        ),
        (
            "parameters",
            vec![
                Command::ReadParameters { first: 0 },
                write(0, &rising[..5]),
                write(5, &rising[5..]),
                Command::UseParameters { checksum: sum(&rising) },
                Command::ReadParameters { first: 3 },
                Command::Save,
            ],
        ),
        (
            "parameters-binary",
            vec![write(0, &binary), Command::UseParameters { checksum: sum(&binary) }, infer(pixels)],
        ),
        ("parameters-checksum", vec![write(0, &rising), Command::UseParameters { checksum: 7 }, Command::Checksum]),
        ("parameters-nan", vec![write(0, &[1.0, f32::NAN]), write(0, &[1.0; 30]), write(0, &[1.0])]),
        (
            "parameters-order",
            vec![
                write(3, &[1.0]),
                write(0, &[1.0]),
                write(2, &[1.0]),
                Command::Save,
                infer(numbers),
                Command::UseParameters { checksum: 0 },
                Command::Load,
            ],
        ),
        (
            "series",
            vec![
                series(true, &[1.0; 6]),
                infer(Input::Window),
                series(false, &[2.0; 3]),
                learn(Input::Window, wanted, STEP, None),
                infer(Input::Window),
            ],
        ),
        (
            "series-wrong",
            vec![
                infer(Input::Window),
                series(false, &[1.0; 4]),
                series(false, &[1.0; 9]),
                series(false, &[f32::INFINITY, 1.0, 1.0]),
            ],
        ),
    ];
    let message = |(index, &command): (usize, &Command<'static>)| {
        message(&Request { sequence: index as u16 + 1, session: SESSION, command, mac: &[] })
    };
    let mut seeds: Vec<_> = commands
        .into_iter()
        .map(|(name, commands)| (name, commands.iter().enumerate().map(message).collect()))
        .collect();
    // No command, no length, and a byte too many.
    seeds.push(("unknown", vec![vec![1, 1, 99, 0], vec![0, 128], vec![2, 1, 0], vec![3, 1, 1, 0, 0, 99]]));
    seeds
}

fn hello() -> Hello<'static> {
    let network = Network {
        widths: &[0x10, 0x03, 10, 0],
        element: Element::U8,
        task: Task::Classes,
        form: Form::F32,
        parameters: 7_850,
        window: None,
        names_checksum: 9,
    };
    let memory = SampleMemory { capacity: 39, lessons: Ok(3), factory_samples: 2, factory_checksum: 1 };
    Hello {
        version: VERSION,
        board: "stm32f405",
        kernel: "fpv4",
        network,
        factory_checksum: 0x1234_5678,
        origin: Origin::Save(3),
        foreign_save: false,
        clock_hz: 168_000_000,
        clock_source: ClockSource::Crystal,
        model_bytes: 31_400,
        static_bytes: 34_000,
        slot_bytes: 131_072,
        memory: Some(memory),
        momentum: 0.0,
        authentication: &[],
    }
}

/// Replies of every kind.
fn replies() -> Vec<Reply<'static>> {
    let inferred = Inferred {
        logits: Floats::from_bytes(floats(&[1.0; 10])),
        outputs: Floats::from_bytes(floats(&[0.1; 10])),
        cycles: 7,
    };
    let window = Window { channels: 6, length: 25, stride: 5, downsample: 4 };
    let described = Hello {
        network: Network {
            widths: &[6, 0, 32, 0, 7, 0],
            element: Element::F32,
            window: Some(window),
            ..hello().network
        },
        memory: None,
        origin: Origin::Unreadable,
        authentication: &[5; 24],
        ..hello()
    };
    vec![
        Reply::Hello(hello()),
        Reply::Hello(described),
        Reply::Inferred(inferred),
        Reply::Series { missing: 2 },
        Reply::Learned(Learned { loss_before: 1.0, loss_after: 0.5, cycles: 7, lessons: Ok(3) }),
        Reply::Learned(Learned { loss_before: f32::NAN, loss_after: 0.5, cycles: 7, lessons: Err(FlashFault::Write) }),
        Reply::Practised(Practised { steps: 3, lessons: 1, loss: 0.5, cycles: 9 }),
        Reply::Checksum(300),
        Reply::Counters(Counters { inferred: 1, ..Counters::ZERO }),
        Reply::Saved(Saved { save: 2, slot: 1 }),
        Reply::Loaded { save: 2 },
        Reply::Reset,
        Reply::Parameters(Floats::from_bytes(floats(&[1.0, -0.0]))),
        Reply::Written { missing: 4 },
        Reply::Used,
    ]
}

fn refusals() -> Vec<Refusal> {
    vec![
        Refusal::Session { device: 0 },
        Refusal::SequenceReused { sequence: 3 },
        Refusal::WrongLength { found: 784, expected: 3 },
        Refusal::LearningRate { found: f32::NAN, least: 1.0, most: 2.0 },
        Refusal::Samples { found: 9, most: 8, channels: 2 },
        Refusal::Flash(FlashFault::Verify),
        Refusal::Mac(MacFault::Counter { last: 7 }),
        Refusal::NothingSaved,
    ]
}

fn answers() {
    let answer = |result| message(&Answer { sequence: 300, session: SESSION, result });
    let replies: Vec<_> = replies().into_iter().map(|reply| answer(Ok(reply))).collect();
    write("message_decoder", "answers", &pieces(&replies, None));
    let refusals: Vec<_> = refusals().into_iter().map(|refusal| answer(Err(refusal))).collect();
    write("message_decoder", "answers-refusals", &pieces(&refusals, None));
}

fn frame_seeds() {
    let request = |command| frame(&Request { sequence: 300, session: SESSION, command, mac: &[] });
    let hello = request(Command::Hello);
    // A bit of the checksum is another, and a checksum without a version before it.
    let mut changed = hello.clone();
    let last = changed.len() - 2;
    changed[last] ^= 1;
    let mut bare = Checksum::default();
    bare.update(&[7, 5]);
    let other_version = [&[7, 7, 5][..], &bare.finish().to_le_bytes(), &[0]].concat();
    let pixels = Input::Values(&[1; 784]);
    for (name, bytes) in [
        ("hello", hello),
        ("checksum", changed),
        ("other-version", other_version),
        ("learn", request(learn(pixels, Target::Class(3), STEP, None))),
        ("authentic", frame(&Request { sequence: 300, session: SESSION, command: Command::Save, mac: &[5; 20] })),
        (
            "answer-saved",
            frame(&Answer { sequence: 300, session: SESSION, result: Ok(Reply::Saved(Saved { save: 4, slot: 1 })) }),
        ),
        ("stuffing", vec![5, 1, 2, 0]),
        ("too-long", vec![1; 1101]),
        ("too-short", vec![3, 1, 2, 0]),
        ("zeros", vec![0; 5]),
    ] {
        write("frame_decoder", name, &bytes);
    }
}

/// Answers of a device: an odd number before each says that it is put into a frame with the right sequence number and
/// session, and has as many bytes as half of it.
fn client() {
    let bytes = |result: Result<Reply<'static>, Refusal>| {
        // Without the sequence number and the session, a byte each.
        let message = message(&Answer { sequence: 1, session: SESSION, result })[2..].to_vec();
        let length = u8::try_from(2 * message.len() + 1).expect("a short message");
        [vec![length], message].concat()
    };
    let described = [bytes(Ok(Reply::Hello(hello())))].concat();
    let all: Vec<u8> = replies()[2..].iter().flat_map(|reply| bytes(Ok(*reply))).collect();
    write("device_client", "good", &[described.clone(), all.clone(), all].concat());
    let refused: Vec<u8> = refusals().into_iter().flat_map(|refusal| bytes(Err(refusal))).collect();
    write("device_client", "refusals", &[bytes(Err(Refusal::UnknownMessage)), described.clone(), refused].concat());
    write("device_client", "noise", &[vec![20], vec![0; 10], vec![10], b"abc\0\x05".to_vec(), described].concat());
}

/// Saved record in a slot: header fields, parameters, and the number of its seals.
#[derive(Clone, Copy)]
struct Record {
    save: u32,
    factory: u32,
    count: u32,
    parameters: [f32; 8],
    seals: usize,
}

const OWN: Record =
    Record { save: 1, factory: 0, count: 8, parameters: [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0], seals: 3 };
const SLOT: usize = 112;

impl Record {
    fn to_bytes(self) -> [u8; SLOT] {
        let mut factory = Checksum::default();
        factory.update(&[0; 32]);
        let factory = factory.finish() ^ self.factory;
        let version = 3 | 32 << 16 | (dense_core::math::BACKEND as u32) << 24;
        let mut bytes: Vec<u8> = [u32::from_le_bytes(*b"DENS"), version, self.count, self.save, factory, 0, 0, 0]
            .into_iter()
            .chain(self.parameters.map(f32::to_bits))
            .flat_map(u32::to_le_bytes)
            .collect();
        // The seals come after as many parameters as there are.
        bytes.truncate((32 + 4 * self.count as usize).next_multiple_of(16));
        let mut checksum = Checksum::default();
        checksum.update(&bytes);
        let checksum = checksum.finish();
        for magic in [b"DONE", b"SURE", b"TOLD"].into_iter().take(self.seals) {
            let words = [u32::from_le_bytes(*magic), self.save, checksum, !checksum];
            bytes.extend(words.into_iter().flat_map(u32::to_le_bytes));
        }
        bytes.resize(SLOT, 0xff);
        bytes.try_into().expect("as long as a slot")
    }
}

fn stores() {
    let blank = [0xff; SLOT];
    let second = Record { save: 2, parameters: [-1.0; 8], ..OWN };
    let foreign = Record { factory: 1, ..second };
    let with = |parameter| Record { parameters: [1.0, parameter, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0], ..OWN };
    let mut damaged = second.to_bytes();
    damaged[40] ^= 4;
    let mut beyond = foreign.to_bytes();
    beyond[8..12].copy_from_slice(&u32::MAX.to_le_bytes());
    for (name, slots) in [
        ("blank", [blank, blank]),
        ("one", [OWN.to_bytes(), blank]),
        ("two", [OWN.to_bytes(), second.to_bytes()]),
        ("committed", [OWN.to_bytes(), Record { seals: 1, ..second }.to_bytes()]),
        ("committed-twice", [Record { seals: 1, ..OWN }.to_bytes(), Record { seals: 1, ..second }.to_bytes()]),
        ("confirmed", [OWN.to_bytes(), Record { seals: 2, ..second }.to_bytes()]),
        ("unsealed", [OWN.to_bytes(), Record { seals: 0, ..second }.to_bytes()]),
        ("wrapped", [Record { save: u32::MAX, ..OWN }.to_bytes(), Record { save: 0, ..second }.to_bytes()]),
        ("damaged", [OWN.to_bytes(), damaged]),
        ("infinite", [with(f32::INFINITY).to_bytes(), second.to_bytes()]),
        ("small", [with(1e-40).to_bytes(), blank]),
        ("foreign", [foreign.to_bytes(), blank]),
        ("foreign-newest", [OWN.to_bytes(), foreign.to_bytes()]),
        ("foreign-shape", [OWN.to_bytes(), Record { count: 4, ..foreign }.to_bytes()]),
        ("foreign-beyond", [OWN.to_bytes(), beyond]),
    ] {
        // How many seals the target gives each.
        let seals = slots.map(|slot| slot[SLOT - 48..].chunks(16).filter(|seal| **seal != [0xff; 16]).count() as u8);
        write("store_mount", name, &[slots.as_flattened(), &seals].concat());
    }
}

/// Records of lessons in two halves of 128 bytes; the target gives them their checksums, by the generations of the halves.
fn lessons() {
    let record = |number: u32| [&number.to_le_bytes()[..], &[number as u8; 6], &[0xff; 2], &[0; 4]].concat();
    let half = |numbers: &[u32]| {
        let mut bytes: Vec<u8> = numbers.iter().flat_map(|&number| record(number)).collect();
        bytes.resize(128, 0xff);
        bytes
    };
    for (name, halves, damaged, generations) in [
        ("blank", [half(&[]), half(&[])], 0_u16, 0_u8),
        ("few", [half(&[0, 1]), half(&[])], 0, 0),
        ("full", [half(&[0, 1, 2, 3, 4, 5, 6, 7]), half(&[])], 0, 0),
        ("moved", [half(&[0, 1, 2, 3, 4, 5, 6, 7]), half(&[5, 6, 7, 8])], 0, 0b0100),
        ("cut-move", [half(&[0, 1, 2, 3, 4, 5, 6, 7]), half(&[5, 6])], 0, 0b0100),
        ("cut-record", [half(&[0, 1, 2]), half(&[])], 1 << 2, 0),
        ("copied", [half(&[0, 1]), half(&[0, 1])], 0, 0b1110),
        ("gap", [half(&[0, 1, 3]), half(&[])], 0, 0),
        ("wrapped", [half(&[u32::MAX - 1, u32::MAX, 0]), half(&[u32::MAX, 0, 1])], 0, 0),
    ] {
        let [low, high] = damaged.to_le_bytes();
        write("lessons_mount", name, &[&halves.concat()[..], &[low, high, generations]].concat());
    }
}
