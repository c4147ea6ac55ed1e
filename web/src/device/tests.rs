use super::*;
use crate::engine::bytes;
use dense_protocol::checksum::of_names;
use dense_protocol::messages::{ClockSource, Network, Request};
use formats::{Activation, Loss};

const SESSION: u32 = 7;
const INPUT: [u8; 4] = [0, 51, 102, 255];
const RATE: f32 = 0.5;

/// 4-2, with weights that tell one input from another.
fn twin() -> Entry {
    let mut layer = Layer::zero(4, 2, Activation::Linear);
    layer.weights.iter_mut().zip(1_u8..).for_each(|(weight, place)| *weight = f32::from(place) / 8.0);
    let network = training::Network::new(vec![layer], Loss::SparseCategoricalCrossentropy).unwrap();
    Entry { picture: Some([2, 2]), ..Entry::new(network) }
}

fn hello() -> Hello<'static> {
    Hello {
        version: dense_protocol::messages::VERSION,
        board: "test",
        kernel: "portable",
        network: Network {
            widths: &[4, 0, 2, 0],
            element: Element::U8,
            task: Task::Classes,
            form: Form::F32,
            parameters: 10,
            window: None,
            names_checksum: of_names([]),
        },
        factory_checksum: 0,
        origin: Origin::Factory,
        foreign_save: false,
        clock_hz: 0,
        clock_source: ClockSource::Host,
        model_bytes: 0,
        static_bytes: 0,
        slot_bytes: 0,
        memory: None,
        momentum: 0.0,
        authentication: &[],
    }
}

fn frame(result: Result<Reply<'_>, Refusal>, sequence: u16, session: u32) -> Vec<u8> {
    let mut frame = heapless::Vec::<u8, MAX_FRAME>::new();
    frames::encode(&Answer { sequence, session, result }, &mut frame).unwrap();
    frame.to_vec()
}

/// The result for the page of an answer to a command: JSON, or an error message.
fn answered(command: Command, result: Result<Reply<'_>, Refusal>) -> Result<Value, String> {
    let mut device = Device::new(twin(), SESSION, 0);
    device.request(command).unwrap();
    let told = device.receive(&frame(result, 1, SESSION))?;
    Ok(serde_json::from_slice(&told).unwrap())
}

fn infer() -> Command {
    Command::Infer { input: INPUT.into() }
}

fn learn() -> Command {
    Command::Learn { input: INPUT.into(), label: 1, learning_rate: RATE }
}

/// Logits and outputs of the twin, the first of them with `changed` bits.
fn outputs(changed: u32) -> [Vec<[u8; 4]>; 2] {
    let mut values = numbers(&twin().predict(&INPUT).unwrap()).unwrap();
    values[0] = f32::from_bits(values[0].to_bits() ^ changed);
    let bytes = |values: &[f32]| values.iter().map(|value| value.to_le_bytes()).collect();
    [bytes(&values[..2]), bytes(&values[2..])]
}

fn inferred(values: &[Vec<[u8; 4]>; 2]) -> Reply<'_> {
    let [logits, outputs] = values.each_ref().map(|values| Floats::from_bytes(values));
    Reply::Inferred(Inferred { logits, outputs, cycles: 9 })
}

#[test]
fn requests_are_those_of_the_protocol() {
    let mut device = Device::new(twin(), SESSION, 41);
    let bytes = device.request(learn()).unwrap();
    let mut decoder = Decoder::<MAX_FRAME>::new();
    let message = bytes.iter().find_map(|&byte| decoder.push(byte).map(|message| message.unwrap().to_vec())).unwrap();
    let request = Request::from_message(&message).unwrap();
    assert_eq!((request.sequence, request.session), (42, SESSION));
    assert_eq!(request, learn().request(42, SESSION, twin().checksum(), 0));
}

#[test]
fn another_network_is_refused() {
    assert_eq!(answered(Command::Hello, Ok(Reply::Hello(hello()))).unwrap()["shape"], "4-2");
    type Change = fn(&mut Network<'_>);
    let cases: [(Change, &str); 6] = [
        (|network| network.widths = &[4, 0, 3, 0, 2, 0], "shape is 4-3-2, the page’s 4-2."),
        (|network| network.element = Element::F32, "kind of input is F32, the page’s U8."),
        (|network| network.task = Task::Values, "task is Values, the page’s Classes."),
        (|network| network.form = Form::Int8, "form of weights is Int8, the page’s F32."),
        (|network| network.parameters = 4, "number of parameters is 4, the page’s 10."),
        (|network| network.names_checksum = 1, "checksum of names is 00000001, the page’s 00000000."),
    ];
    let momentum = Hello { momentum: 0.5, ..hello() };
    let error = answered(Command::Hello, Ok(Reply::Hello(momentum))).unwrap_err();
    assert_eq!(error, "The device has another network: its momentum is 0.5, the page’s 0.");
    for (change, expected) in cases {
        let mut hello = hello();
        change(&mut hello.network);
        let error = answered(Command::Hello, Ok(Reply::Hello(hello))).unwrap_err();
        assert_eq!(error, format!("The device has another network: its {expected}"));
    }
}

#[test]
fn bits_that_differ_are_seen() {
    for (changed, same) in [(0, true), (1, false)] {
        let told = answered(infer(), Ok(inferred(&outputs(changed)))).unwrap();
        assert_eq!(told["same"], same);
        assert_eq!(told["device"] == told["page"], same);
        let checksum = twin().checksum() ^ changed;
        assert_eq!(answered(Command::Checksum, Ok(Reply::Checksum(checksum))).unwrap()["same"], same);
        let mut page = twin();
        let sample = [&INPUT[..], &[1]].concat();
        let loss_before = f32::from_bits(page.loss(&sample).unwrap().to_bits() ^ changed);
        page.learn(&sample, 1, RATE).unwrap();
        let loss_after = page.loss(&sample).unwrap();
        let learned = Learned { loss_before, loss_after, cycles: 9, lessons: Ok(0) };
        assert_eq!(answered(learn(), Ok(Reply::Learned(learned))).unwrap()["same"], same);
    }
}

#[test]
fn answers_without_sense_are_errors() {
    let [logits, infinite] = [outputs(0), outputs(0)];
    let infinite = [infinite[0].clone(), vec![f32::INFINITY.to_le_bytes(); 2]];
    let few = [logits[0].clone(), logits[1][..1].to_vec()];
    let loss = Learned { loss_before: f32::NAN, loss_after: 0.0, cycles: 0, lessons: Ok(0) };
    let none = Reply::Parameters(Floats::from_bytes(&[]));
    let too_many = [[0; 4]; 11];
    let too_many = Reply::Parameters(Floats::from_bytes(&too_many));
    let cases = [
        (Command::Hello, Ok(Reply::Reset), "The answer to hello is of another kind."),
        (infer(), Ok(inferred(&few)), "another number of outputs"),
        (infer(), Ok(inferred(&infinite)), "another number of outputs"),
        (learn(), Ok(Reply::Learned(loss)), "a loss that is not finite"),
        (Command::ReadParameters, Ok(none), "The device sent 0 parameters where 10 are missing."),
        (Command::ReadParameters, Ok(too_many), "The device sent 11 parameters where 10 are missing."),
        (infer(), Err(Refusal::Overflow), "The device refused infer: an output of the network is not finite."),
        (infer(), Err(Refusal::Session { device: NO_SESSION }), "the device was restarted"),
        (infer(), Err(Refusal::Session { device: 5 }), "another host has started session 00000005"),
    ];
    for (command, result, expected) in cases {
        let error = answered(command, result).unwrap_err();
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn what_is_no_answer_is_passed_over() {
    let mut device = Device::new(twin(), SESSION, 0);
    device.request(Command::Checksum).unwrap();
    let right = frame(Ok(Reply::Checksum(1)), 1, SESSION);
    let mut damaged = right.clone();
    damaged[2] ^= 0x10;
    let earlier = frame(Ok(Reply::Checksum(1)), 0, SESSION);
    for bytes in [&damaged, &earlier, &right[..5].to_vec()] {
        assert_eq!(device.receive(bytes), Ok(Vec::new()));
    }
    assert!(device.silence(3, 1.0).contains("no answer to checksum in 3 tries of 1 s, and 1 damaged frames"));
    assert!(!device.receive(&right[5..]).unwrap().is_empty());
    assert_eq!(device.receive(&right), Ok(Vec::new()), "one answer to each request");
    device.request(Command::Checksum).unwrap();
    let other_session = frame(Ok(Reply::Checksum(1)), 2, SESSION + 1);
    assert!(device.receive(&other_session).unwrap_err().contains("another host has started session"));
}

#[test]
fn parameters_are_read_in_pieces_and_compared() {
    let values: Vec<f32> = (0_u8..10).map(f32::from).collect();
    let mut expected = twin();
    expected.set_parameters(&bytes(values.iter().copied())).unwrap();
    for (changed, is_right) in [(0, true), (1, false)] {
        let mut device = Device::new(twin(), SESSION, 0);
        device.request(Command::Checksum).unwrap();
        device.receive(&frame(Ok(Reply::Checksum(expected.checksum() ^ changed)), 1, SESSION)).unwrap();
        let pieces = values.iter().map(|value| value.to_le_bytes()).collect::<Vec<_>>();
        let mut told = Ok(Vec::new());
        for (piece, sequence) in pieces.chunks(6).zip(2..) {
            device.request(Command::ReadParameters).unwrap();
            told = device.receive(&frame(Ok(Reply::Parameters(Floats::from_bytes(piece))), sequence, SESSION));
        }
        assert_eq!(told.is_ok(), is_right, "{told:?}");
        assert_eq!(device.twin.checksum(), expected.checksum());
    }
}
