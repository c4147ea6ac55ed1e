//! A whole session of a device with a key: bytes on its line, and frames around them. Nothing may panic; nothing but a
//! request with the right code may change the weights, the flash or the window, and no request is done twice.
//!
//! Each piece of the input is a byte that says how it is sent, a length in a byte, and as many bytes.
#![no_main]

use dense_core::Sgd;
use dense_device::{Device, Learner, LearnerMemory, Model, ReplaySamples, Session, Window, session::answer_bytes};
use dense_protocol::authentication::{KEY, Key};
use dense_protocol::frames::{self, Decoder, MAX_FRAME};
use dense_protocol::messages::{Answer, Command, MAC, Refusal, Reply, Request};
use dense_replay::{Bits, FactorySet, Quantization, SampleFormat, TargetFormat};
use heapless::Vec;
use host_trainer_fuzz::device::{MACHINE, NUMBERS, Numbers, WINDOW};
use host_trainer_fuzz::{Flash, Raw, flash_changes};
use libfuzzer_sys::fuzz_target;
use serde::Serialize;

const FLASH: usize = 512;
static QUANTIZATIONS: [Quantization; 1] = [Quantization::new(-1.0, 1.0, Bits::Eight)];
const FORMAT: SampleFormat<'static> = SampleFormat::new(3, TargetFormat::Numbers(2), Bits::Eight, &QUANTIZATIONS);
const LESSONS: usize = 2;

const SESSION: u32 = 1;
const BOOT: u32 = 5;
type Fuzzed<'a> =
    Session<'a, Learner<'a, Numbers, f32, 3, 2, Sgd>, Flash<FLASH, 64>, 512, { answer_bytes(2) }, ReplaySamples<'a, 2>>;

fuzz_target!(|bytes: &[u8]| {
    let mut memory = LearnerMemory::<Numbers, f32, 3, 2, Sgd>::NEW;
    let mut window = [0.0; 6];
    let mut flash = Flash([0xff; FLASH]);
    let factory = FactorySet::new(FORMAT, &[], &[]);
    let samples = ReplaySamples::open(&mut flash, 256..FLASH as u32, LESSONS, factory, 0).expect("they fit");
    let model = Learner::new(&mut memory, &NUMBERS, Sgd::DEFAULT);
    let device = Device::new(model, flash, 0..256, MACHINE).expect("it fits").with_samples(samples);
    let mut session = Fuzzed::new(device.with_window(Window::new(WINDOW, &mut window)));
    session.set_key(Key::new([5; KEY]), BOOT);
    let mut host =
        Host { session, key: Key::new([5; KEY]), sequence: 0, counter: 0, last: Vec::new(), authentic_lessons: 0 };
    host.feed(&frame(&Request { sequence: 0, session: SESSION, command: Command::Hello, mac: &[] }));

    let mut rest = bytes;
    while let [how, length, following @ ..] = rest {
        let (piece, after) = following.split_at(usize::from(*length).min(following.len()));
        host.send(*how, piece);
        rest = after;
    }
    let (done, asked) = (host.session.counters().learned, host.authentic_lessons);
    assert!(done <= asked, "{done} steps for {asked} requests");
});

/// The other end of the line.
struct Host<'a> {
    session: Fuzzed<'a>,
    key: Key,
    sequence: u16,
    counter: u32,
    /// The last frame with the right code.
    last: Vec<u8, MAX_FRAME>,
    /// Requests to learn with the right code.
    authentic_lessons: u32,
}

impl Host<'_> {
    fn send(&mut self, how: u8, piece: &[u8]) {
        match how % 6 {
            0 => self.send_unauthenticated(piece),
            1 => self.send_unauthenticated(&frame(&Raw(piece))),
            // A repetition: at once, or after other requests.
            2 => self.send_unauthenticated(&self.last.clone()),
            how => {
                let Ok(request) = Request::from_message(piece) else { return };
                self.sequence = self.sequence.wrapping_add(1);
                let request = Request { sequence: self.sequence, session: SESSION, ..request };
                let next = self.counter + 1;
                match how {
                    3 => self.send_unauthenticated(&frame(&request)),
                    // Of the start before, then with a counter that is not the next one.
                    4 => {
                        for (boot, counter) in [(BOOT - 1, next), (BOOT, 0)] {
                            let request = Request { sequence: self.sequence, ..request };
                            self.send_unauthenticated(&frame(&self.key.authenticate(
                                request,
                                boot,
                                counter,
                                &mut [0; MAC],
                            )));
                            self.sequence = self.sequence.wrapping_add(1);
                        }
                    }
                    _ => self.send_authenticated(request, next),
                }
            }
        }
    }

    fn send_authenticated(&mut self, request: Request<'_>, counter: u32) {
        self.counter = counter;
        self.authentic_lessons += u32::from(matches!(request.command, Command::Learn { .. }));
        let frame = frame(&self.key.authenticate(request, BOOT, counter, &mut [0; MAC]));
        let answer = self.feed(&frame);
        // What the device has not heard, it may still do.
        if matches!(answer, Heard::Answer | Heard::Hello) {
            self.last = frame;
        }
        assert!(self.session.device().model().parameters().all(f32::is_finite));
    }

    /// Sends bytes that may change nothing, but for a hello, which begins the window anew, and gives up parameters that are
    /// being written.
    fn send_unauthenticated(&mut self, bytes: &[u8]) {
        let before = self.state();
        let answer = self.feed(bytes);
        assert!(answer == Heard::Hello || self.state() == before, "changed without the key");
    }

    /// Feeds bytes to the device, and returns what came back last. A hello that did stays.
    fn feed(&mut self, bytes: &[u8]) -> Heard {
        let (mut decoder, mut heard) = (Decoder::<MAX_FRAME>::new(), Heard::Nothing);
        for &byte in bytes {
            let Some(answer) = self.session.receive(byte) else { continue };
            for &byte in answer {
                let Some(message) = decoder.push(byte) else { continue };
                let answer = Answer::from_message(message.expect("a whole frame")).expect("an answer");
                heard = match answer.result {
                    _ if heard == Heard::Hello => heard,
                    Ok(Reply::Hello(_)) => Heard::Hello,
                    Err(Refusal::Session { .. } | Refusal::SequenceReused { .. }) => Heard::NotYet,
                    _ => Heard::Answer,
                };
            }
        }
        heard
    }

    /// Protected state, which only requests with the key may change: weights, flash and window.
    fn state(&mut self) -> (std::vec::Vec<u32>, usize, String) {
        let bits = self.session.device().model().parameters().map(f32::to_bits).collect();
        (bits, flash_changes(), format!("{:?}", self.session.infer_window()))
    }
}

/// Kind of a device's answer: none, a hello, a refusal for now, or any other.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Heard {
    Nothing,
    Hello,
    /// A refusal of a request that may still be done, in another session or after another request.
    NotYet,
    Answer,
}

fn frame(message: &impl Serialize) -> Vec<u8, MAX_FRAME> {
    let mut frame = Vec::new();
    frames::encode(message, &mut frame).expect("255 bytes fit");
    frame
}
