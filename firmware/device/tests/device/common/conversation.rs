//! Talking to a device, byte by byte.

use super::flash::Flash;
use super::networks::Kind;
use super::twins::bits_of;
use super::{MACHINE, Random};
use dense_device::{Device, Model, Session, Window};
use dense_protocol::frames::{self, Decoder, MAX_FRAME};
use dense_protocol::messages::{
    Answer, Command, Element, Floats, Hello, Input, Origin, Refusal, Reply, Request, Step, Target, Task,
};
use heapless::Vec;

pub const SECTOR: usize = 32 * 1024;
pub type TestFlash = Flash<4, SECTOR>;
pub type TestSession<M> = Session<'static, M, TestFlash, 1024, 512>;
pub type Outcome = Result<Reply<'static>, Refusal>;

/// The session of a host, unless a test says otherwise.
pub const SESSION: u32 = 0x1234_5678;

/// Leaks `value`, which then lives as long as a device in a static.
pub fn leak<T>(value: T) -> &'static mut T {
    Box::leak(Box::new(value))
}

/// A device and a host on a line without faults.
pub struct Conversation<M> {
    pub session: TestSession<M>,
    /// The host's session.
    pub number: u32,
    /// Sequence number of the last request.
    pub sequence: u16,
}

/// A device of a kind with an empty flash, and a host that has said hello.
pub fn start<K: Kind>() -> Conversation<K::Model> {
    start_on::<K>(TestFlash::new(2))
}

/// The same with this flash.
pub fn start_on<K: Kind>(flash: TestFlash) -> Conversation<K::Model> {
    serve::<K>(K::model(), flash)
}

/// The same with this network.
pub fn serve<K: Kind>(model: K::Model, flash: TestFlash) -> Conversation<K::Model> {
    let mut conversation = switch_on::<K>(model, flash);
    conversation.hello();
    conversation
}

/// The same before the host has said hello.
pub fn switch_on<K: Kind>(model: K::Model, flash: TestFlash) -> Conversation<K::Model> {
    let region = flash.region();
    let device = Device::new(model, flash, region, MACHINE).expect("it fits");
    let device = match K::window() {
        Some(shape) => {
            let samples = std::vec![0.0; usize::from(shape.channels) * usize::from(shape.length)];
            device.with_window(Window::new(shape, samples.leak()))
        }
        None => device,
    };
    Conversation { session: Session::new(device), number: SESSION, sequence: 0 }
}

impl<M: Model> Conversation<M> {
    /// Sends bytes and returns what comes back.
    pub fn send(&mut self, bytes: &[u8]) -> std::vec::Vec<u8> {
        let mut back = std::vec::Vec::new();
        for &byte in bytes {
            back.extend_from_slice(self.session.receive(byte).unwrap_or_default());
        }
        back
    }

    /// Sends a request with the next sequence number, and returns the result in the answer.
    pub fn ask(&mut self, command: Command<'_>) -> Outcome {
        self.sequence = self.sequence.wrapping_add(1);
        let frame = self.frame(command);
        let back = self.send(&frame);
        let answer = answer(&back);
        assert_eq!((answer.sequence, answer.session), (self.sequence, self.number));
        answer.result
    }

    /// The request with the last sequence number.
    pub fn frame(&self, command: Command<'_>) -> Vec<u8, MAX_FRAME> {
        frame(Request { sequence: self.sequence, session: self.number, command, mac: &[] })
    }

    /// Sends a hello, which starts a new session, and returns the device's description.
    pub fn hello(&mut self) -> Hello<'static> {
        let Ok(Reply::Hello(hello)) = self.ask(Command::Hello) else { panic!("no description") };
        hello
    }

    pub fn origin(&self) -> Origin {
        self.session.device().origin()
    }

    /// The bits of the parameters.
    pub fn bits(&self) -> std::vec::Vec<u32> {
        bits_of(self.session.device().model().parameters())
    }

    /// The flash, after the power was cut.
    pub fn into_flash(self) -> TestFlash {
        self.session.into_device().into_flash()
    }

    /// Learns some sample, for other parameters than before.
    pub fn learn_something(&mut self, seed: u64) {
        let mut random = Random(seed);
        let (input, target) = (input::<M>(&mut random), RandomTarget::new::<M>(&mut random));
        let step = Step { learning_rate: 0.1, first_trained: 0 };
        let learned = self.ask(learn(&input, target.as_target(), step));
        assert!(matches!(learned, Ok(Reply::Learned(_))), "{learned:?}");
    }

    /// The parameters, asked for piece by piece.
    pub fn read_parameters(&mut self) -> std::vec::Vec<[u8; 4]> {
        let mut read = std::vec::Vec::new();
        loop {
            let Ok(Reply::Parameters(piece)) = self.ask(Command::ReadParameters { first: read.len() as u32 }) else {
                panic!("no parameters from {} on", read.len())
            };
            if piece.is_empty() {
                return read;
            }
            read.extend_from_slice(piece.bytes().as_chunks().0);
        }
    }

    /// Writes parameters in pieces.
    pub fn write_parameters(&mut self, parameters: &[[u8; 4]], piece: usize) {
        for (index, values) in parameters.chunks(piece).enumerate() {
            let (first, missing) = ((index * piece) as u32, parameters.len() - index * piece - values.len());
            let written = self.ask(Command::WriteParameters { first, values: Floats::from_bytes(values) });
            assert_eq!(written, Ok(Reply::Written { missing: missing as u32 }));
        }
    }
}

pub fn learn<'a>(input: &'a [u8], target: Target<'a>, step: Step) -> Command<'a> {
    Command::Learn { input: Input::Values(input), target, step, expected: None }
}

pub fn frame(request: Request<'_>) -> Vec<u8, MAX_FRAME> {
    let mut frame = Vec::new();
    frames::encode(&request, &mut frame).expect("it fits");
    frame
}

/// The one answer in some bytes.
pub fn answer(bytes: &[u8]) -> Answer<'static> {
    let mut decoder = Decoder::<MAX_FRAME>::new();
    let (&end, start) = bytes.split_last().expect("an answer");
    for &byte in start {
        assert_eq!(decoder.push(byte), None, "one answer and no more");
    }
    let message = decoder.push(end).expect("a frame").expect("a whole one");
    Answer::from_message(message.to_vec().leak()).expect("an answer")
}

/// Numbers as they stand in a message.
pub fn bytes_of(values: &[f32]) -> std::vec::Vec<[u8; 4]> {
    values.iter().map(|value| value.to_le_bytes()).collect()
}

/// The bytes of some input: a third of the pixels are not zero, or features from −2 to 2.
pub fn input<M: Model>(random: &mut Random) -> std::vec::Vec<u8> {
    match <M::Number as dense_device::model::Input>::ELEMENT {
        Element::U8 => (0..M::INPUTS).map(|_| if random.below(3) == 0 { random.next() as u8 } else { 0 }).collect(),
        Element::F32 => (0..M::INPUTS).flat_map(|_| random.feature().to_le_bytes()).collect(),
    }
}

/// Some target that fits a network.
pub enum RandomTarget {
    Class(u8),
    Values(std::vec::Vec<[u8; 4]>),
}

impl RandomTarget {
    pub fn new<M: Model>(random: &mut Random) -> Self {
        match M::TASK {
            Task::Classes => Self::Class(random.below(M::OUTPUTS as u64) as u8),
            Task::Binary => Self::Class(random.below(2) as u8),
            Task::Values => Self::Values((0..M::OUTPUTS).map(|_| random.feature().to_le_bytes()).collect()),
        }
    }

    pub fn as_target(&self) -> Target<'_> {
        match self {
            Self::Class(class) => Target::Class(*class),
            Self::Values(values) => Target::Values(Floats::from_bytes(values)),
        }
    }
}
