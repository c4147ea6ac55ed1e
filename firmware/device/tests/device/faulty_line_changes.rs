//! Practice, a time series, parameters and authenticated requests on a line that loses and changes bytes: a device with a
//! key, samples and a window.

use crate::common::conversation::{RandomTarget, SESSION, TestFlash, answer, bytes_of, input, leak};
use crate::common::networks::{Kind, Series};
use crate::common::twins::bits_of;
use crate::common::{MACHINE, Random};
use crate::faulty_line::{Damage, are_equal, decode, disturb};
use dense_device::{Device, Model, ReplaySamples, Session, Window};
use dense_protocol::authentication::{KEY, Key};
use dense_protocol::frames::{self, Decoder, MAX_FRAME};
use dense_protocol::messages::{Command, Counters, Floats, Input, MAC, Request, Step};
use dense_replay::{Bits, FactorySet, Quantization, SampleFormat, TargetFormat};
use heapless::Vec;

type Network = <Series as Kind>::Model;
type Line = Session<'static, Network, TestFlash, 1024, 512, ReplaySamples<'static, 3>>;

const STEP: Step = Step { learning_rate: 0.01, first_trained: 0 };
const BOOT: u32 = 7;
const FRAMES: usize = 100_000;

fn key() -> Key {
    Key::new([5; KEY])
}

/// A device that practises on its last three lessons.
fn switch_on() -> Line {
    const QUANTIZATIONS: &[Quantization] = &[Quantization::new(-2.0, 2.0, Bits::Eight)];
    let format = SampleFormat::new(Network::INPUTS, TargetFormat::Class, Bits::Eight, QUANTIZATIONS);
    let (mut flash, shape) = (TestFlash::new(4), Series::window().expect("a window"));
    let (region, half) = (flash.region(), flash.region().end / 2);
    let samples = ReplaySamples::open(&mut flash, half..region.end, 3, FactorySet::new(format, &[], &[]), 0);
    let values = vec![0.0; usize::from(shape.channels) * usize::from(shape.length)];
    let device = Device::new(Series::model(), flash, 0..half, MACHINE).expect("it fits");
    let device = device.with_samples(samples.expect("it fits")).with_window(Window::new(shape, leak(values)));
    let mut session = Session::new(device);
    session.set_key(key(), BOOT);
    session
}

/// The answers to some bytes.
fn send(line: &mut Line, bytes: &[u8]) -> std::vec::Vec<std::vec::Vec<u8>> {
    bytes.iter().filter_map(|&byte| line.receive(byte).map(<[u8]>::to_vec)).collect()
}

/// Data of the host's requests: input, target, numbers of two samples, and all parameters with their checksum.
struct Payload {
    input: std::vec::Vec<u8>,
    target: RandomTarget,
    samples: std::vec::Vec<[u8; 4]>,
    parameters: std::vec::Vec<[u8; 4]>,
    checksum: u32,
}

impl Payload {
    fn new(random: &mut Random) -> Self {
        let mut network = Series::twin();
        let parameters: std::vec::Vec<f32> = network.parameters().iter().map(|_| random.feature()).collect();
        network.set_parameters(&parameters);
        Self {
            input: input::<Network>(random),
            target: RandomTarget::new::<Network>(random),
            samples: bytes_of(&[(); 4].map(|()| random.feature())),
            parameters: bytes_of(&parameters),
            checksum: network.checksum(),
        }
    }

    fn command(&self, random: &mut Random) -> Command<'_> {
        let source = if random.below(2) == 0 { Input::Values(&self.input) } else { Input::Window };
        let first_half = self.parameters.len() / 2;
        let (target, step) = (self.target.as_target(), STEP);
        match random.below(100) {
            0..5 => Command::Hello,
            5..15 => Command::Infer { input: source },
            15..40 => Command::Learn { input: source, target, step, expected: None },
            40..55 => Command::Practise { steps: 3, seed: random.next() as u32, step },
            55..75 => Command::Series { restart: random.below(8) == 0, samples: Floats::from_bytes(&self.samples) },
            75..82 => Command::WriteParameters { first: 0, values: Floats::from_bytes(&self.parameters[..first_half]) },
            82..85 => Command::WriteParameters { first: 0, values: Floats::from_bytes(&self.parameters) },
            85..92 => Command::UseParameters { checksum: self.checksum },
            92..95 => Command::ReadParameters { first: first_half as u32 },
            95 => Command::Checksum,
            96 => Command::Save,
            97 => Command::Load,
            98 => Command::Reset,
            _ => Command::Counters,
        }
    }
}

#[test]
fn a_bad_line_brings_no_wrong_change() {
    let [mut device, mut twin] = [switch_on(), switch_on()];
    let (mut random, mut host, key) = (Random(43), Decoder::<MAX_FRAME>::new(), key());
    let [mut lost, mut changed, mut understood] = [0; 3];
    let (mut sent, mut payload) = (std::vec::Vec::new(), Payload::new(&mut random));
    // The frame before, and whether its zero arrived: if not, the next one may complete it.
    let (mut before, mut ended) = (std::vec::Vec::new(), true);
    let mut answered = None;
    for number in 0..FRAMES {
        // A quarter of the frames are sent again, with the same code.
        if number == 0 || random.below(4) > 0 {
            if random.below(8) == 0 {
                payload = Payload::new(&mut random);
            }
            let command = if number == 0 { Command::Hello } else { payload.command(&mut random) };
            let request = Request { sequence: number as u16, session: SESSION, command, mac: &[] };
            let mut frame = Vec::<u8, MAX_FRAME>::new();
            let mut mac = [0; MAC];
            let request = key.authenticate(request, BOOT, number as u32 + 1, &mut mac);
            frames::encode(&request, &mut frame).expect("it fits");
            sent = frame.to_vec();
        }
        let (received, damage) = disturb(&sent, &mut random);
        lost += usize::from(damage == Damage::Loss);
        changed += usize::from(damage == Damage::Burst);
        let answers = send(&mut device, &received);
        assert!(answers.len() <= 1 && (answers.len() == 1 || damage != Damage::None || !ended), "frame {number}");
        if let [frame] = &answers[..] {
            // What was done must be just what was asked: the twin, on a good line, comes to the same.
            let found = answer(frame);
            let asked = if !ended && found.sequence != sequence(&sent) { &before } else { &sent };
            let expected = send(&mut twin, asked);
            let [ours, theirs] =
                [frame, &expected[0]].map(|frame| decode(&mut Decoder::new(), frame).remove(0).expect("a whole one"));
            assert!(are_equal(&ours, &theirs), "frame {number} was taken for another");
            // A request that was answered is not done again.
            if let Some((sequence, last)) = answered.replace((found.sequence, ours.clone()))
                && sequence == found.sequence
            {
                assert!(last == ours, "frame {number} was done twice");
            }
            for heard in decode(&mut host, &disturb(frame, &mut random).0).into_iter().flatten() {
                assert_eq!(heard, ours, "answer {number} was taken for another");
                understood += 1;
            }
        }
        let [ours, theirs] = [&device, &twin].map(|line| bits_of(line.device().model().parameters()));
        assert!(ours == theirs, "frame {number} changed a weight");
        before.clone_from(&sent);
        ended = received.last().map_or(ended, |&byte| byte == 0);
    }
    let Counters { learned, practised, repeated, broken_frames, .. } = device.counters();
    println!(
        "{lost} lost bytes, {changed} changed, {broken_frames} broken; {learned} lessons, {practised} steps of practice, \
         {repeated} repeats, {understood} answers understood"
    );
    assert!((14_000..16_000).contains(&lost) && (14_000..16_000).contains(&changed) && broken_frames > 28_000);
    assert!(learned > 3_000 && practised > 3_000 && repeated > 5_000 && understood > 35_000);
    let [ours, theirs] = [device, twin].map(|line| line.into_device().into_flash().bytes().to_vec());
    assert!(ours == theirs, "the flash has other bytes");
}

/// The sequence number of a request in a frame.
fn sequence(frame: &[u8]) -> u16 {
    let message = decode(&mut Decoder::new(), frame).remove(0).expect("a whole one");
    Request::from_message(&message).expect("a request").sequence
}
