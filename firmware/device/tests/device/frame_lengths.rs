//! The longest frames of every kind of network: they fit what is promised, and that is not much more.

use crate::common::conversation::{RandomTarget, TestFlash, bytes_of, frame, input, switch_on};
use crate::common::networks::{Binary, Committed, Int8Features, Int8Pixels, Kind, Pixels, Regression, Series};
use crate::common::{MACHINE, Random};
use dense_device::device::PARAMETERS_READ;
use dense_device::model::Input as _;
use dense_device::session::{answer_bytes, request_bytes};
use dense_device::{Device, Model, Session};
use dense_protocol::frames::{self, MAX_FRAME};
use dense_protocol::messages::{
    Answer, ClockSource, Command, Counters, Element, Floats, Form, Hello, Inferred, Input, Learned, MAC, Network,
    Origin, Refusal, Reply, Request, SampleMemory, Saved, Step, TAG, Target, Task, Window,
};
use heapless::Vec;

/// The bytes of a request whose numbers are as long as can be.
fn longest_request(command: Command<'_>) -> usize {
    frame(Request { sequence: u16::MAX, session: u32::MAX, command, mac: &[1; MAC] }).len()
}

fn longest_answer(result: Result<Reply<'_>, Refusal>) -> usize {
    let mut frame = Vec::<u8, MAX_FRAME>::new();
    frames::encode(&Answer { sequence: u16::MAX, session: u32::MAX, result }, &mut frame).expect("it fits");
    frame.len()
}

fn requests_of<K: Kind>() {
    let input_bytes = K::Model::INPUTS * <K::Model as Model>::Number::ELEMENT.bytes();
    let promised = request_bytes(input_bytes, K::Model::OUTPUTS);
    let input = vec![1; input_bytes];
    let numbers = vec![[1; 4]; K::Model::OUTPUTS];
    let target = match K::Model::TASK {
        Task::Values => Target::Values(Floats::from_bytes(&numbers)),
        _ => Target::Class(1),
    };
    let step = Step { learning_rate: f32::from_bits(0x0101_0101), first_trained: 1 };
    let expected = Some(u32::MAX);
    let longest = longest_request(Command::Learn { input: Input::Values(&input), target, step, expected });
    assert!(longest <= promised, "{}: {longest} bytes of {promised}", K::NAME);
    assert!(promised <= longest + 4 * K::Model::OUTPUTS + 8, "{}: {longest} bytes of {promised}", K::NAME);

    // At least one parameter and one sample fit, too.
    let values = Floats::from_bytes(&numbers[..1]);
    let write = longest_request(Command::WriteParameters { first: u32::MAX, values });
    assert!(write <= promised, "{}: {write} bytes of {promised}", K::NAME);
    if let Some(Window { channels, .. }) = K::window() {
        let sample = vec![[1; 4]; channels.into()];
        let series = Command::Series { restart: true, samples: Floats::from_bytes(&sample) };
        assert!(longest_request(series) <= promised, "{}", K::NAME);
    }
}

fn answers_of<K: Kind>() {
    let promised = answer_bytes(K::Model::OUTPUTS);
    let numbers = vec![[1; 4]; K::Model::OUTPUTS];
    let [logits, outputs] = [Floats::from_bytes(&numbers); 2];
    let read = [[1; 4]; PARAMETERS_READ];
    let network = Network {
        widths: &[1; 2 * 17],
        element: Element::F32,
        task: Task::Values,
        form: Form::Int8,
        parameters: u32::MAX,
        window: Some(Window { channels: u16::MAX, length: u16::MAX, stride: u16::MAX, downsample: u16::MAX }),
        names_checksum: u32::MAX,
    };
    let (capacity, factory_samples, factory_checksum) = (u32::MAX, u32::MAX, u32::MAX);
    let memory = SampleMemory { capacity, lessons: Ok(u32::MAX), factory_samples, factory_checksum };
    let hello = Hello {
        version: u8::MAX,
        board: &"b".repeat(64),
        kernel: &"k".repeat(32),
        network,
        factory_checksum: u32::MAX,
        origin: Origin::Save(u32::MAX),
        foreign_save: true,
        clock_hz: u32::MAX,
        clock_source: ClockSource::Host,
        model_bytes: u32::MAX,
        static_bytes: u32::MAX,
        slot_bytes: u32::MAX,
        memory: Some(memory),
        momentum: f32::MAX,
        authentication: &[1; 8 + TAG],
    };
    let [inferred, learned, practised, refused, broken_frames, repeated] = [u32::MAX; 6];
    let counters = Counters { inferred, learned, practised, refused, broken_frames, repeated };
    let found = f32::MAX;
    let lengths = [
        Ok(Reply::Hello(hello)),
        Ok(Reply::Inferred(Inferred { logits, outputs, cycles: u32::MAX })),
        Ok(Reply::Learned(Learned { loss_before: found, loss_after: found, cycles: u32::MAX, lessons: Ok(u32::MAX) })),
        Ok(Reply::Counters(counters)),
        Ok(Reply::Saved(Saved { save: u32::MAX, slot: 1 })),
        Ok(Reply::Parameters(Floats::from_bytes(&read))),
        Err(Refusal::LearningRate { found, least: found, most: found }),
        Err(Refusal::Samples { found: u32::MAX, most: u32::MAX, channels: u16::MAX }),
    ]
    .map(longest_answer);
    let longest = lengths.into_iter().max().expect("some");
    assert!(longest <= promised, "{}: {longest} bytes of {promised}", K::NAME);
    assert!(promised <= longest + 32, "{}: {longest} bytes of {promised}", K::NAME);
}

/// A device of a kind with just the buffers that are promised.
macro_rules! converses {
    ($($kind:ty),+) => {$({
        type Served = <$kind as Kind>::Model;
        const INPUT: usize = <Served as Model>::INPUTS * <<Served as Model>::Number as dense_device::model::Input>::ELEMENT.bytes();
        const OUTPUTS: usize = <Served as Model>::OUTPUTS;
        requests_of::<$kind>();
        answers_of::<$kind>();
        let flash = TestFlash::new(2);
        let region = flash.region();
        let device = Device::new(<$kind>::model(), flash, region, MACHINE).expect("it fits");
        let mut exact =
            Session::<_, _, { request_bytes(INPUT, OUTPUTS) }, { answer_bytes(OUTPUTS) }>::new(device);
        let mut roomy = switch_on::<$kind>(<$kind>::model(), TestFlash::new(2));
        let mut random = Random(8);
        let (input, target) = (input::<Served>(&mut random), RandomTarget::new::<Served>(&mut random));
        let step = Step { learning_rate: 0.01, first_trained: 0 };
        let one = bytes_of(&[0.5]);
        let input = Input::Values(&input);
        let commands = [
            Command::Infer { input },
            Command::Learn { input, target: target.as_target(), step, expected: None },
            Command::ReadParameters { first: 0 },
            Command::Counters,
            Command::WriteParameters { first: 0, values: Floats::from_bytes(&one) },
        ];
        for (sequence, command) in (u16::MAX - 10..).zip([Command::Hello].into_iter().chain(commands)) {
            let frame = frame(Request { sequence, session: u32::MAX, command, mac: &[] });
            let answer = frame.iter().find_map(|&byte| exact.receive(byte).map(<[u8]>::to_vec));
            let expected = roomy.send(&frame);
            // One of them has no window, whatever its kind.
            if <$kind>::window().is_none() || command != Command::Hello {
                assert_eq!(answer.as_deref(), Some(&expected[..]), "{}: {command:?}", <$kind>::NAME);
            }
        }
    })+};
}

#[test]
fn what_is_promised_is_enough_and_not_much_more() {
    converses!(Committed, Regression, Pixels, Series, Binary, Int8Pixels, Int8Features);
}
