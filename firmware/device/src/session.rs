//! A conversation with the host: bytes in, answers out, and every request done once.

#[cfg(feature = "authentication")]
use crate::authenticator::Authenticator;
use crate::model::Input as _;
use crate::samples::{NoSamples, Samples};
use crate::{Device, Model};
#[cfg(feature = "authentication")]
use dense_protocol::authentication::Key;
use dense_protocol::checksum::Checksum;
use dense_protocol::frames::{self, Decoder};
use dense_protocol::messages::{
    Answer, Command, Counters, Inferred, Input, MAC, Malformed, NO_SESSION, Practised, Refusal, Request, Step,
};
#[cfg(feature = "authentication")]
use dense_protocol::messages::{Hello, Reply};
use embedded_storage::nor_flash::NorFlash;
use heapless::Vec;

/// The device on its line: requests in frames of up to `REQUEST` bytes, answers in frames of up to `ANSWER`.
///
/// [`request_bytes`] and [`answer_bytes`] say how long they must be for a network.
pub struct Session<'a, M, F, const REQUEST: usize, const ANSWER: usize, S = NoSamples> {
    decoder: Decoder<REQUEST>,
    worker: Worker<'a, M, F, S, ANSWER>,
}

/// Bytes of a frame for a refusal.
const REFUSAL: usize = frames::frame_bytes(24);
/// Bytes of a message authentication code in a request, and of its length.
const MAC_FIELD: usize = if cfg!(feature = "authentication") { 1 + MAC } else { 1 };

/// Bytes of the longest request of a network with an input of `input_bytes` bytes and `outputs` outputs: to learn.
#[must_use]
pub const fn request_bytes(input_bytes: usize, outputs: usize) -> usize {
    // Sequence number, session, command, kind and length of the input, kind and length of the target, step, checksum.
    frames::frame_bytes(input_bytes + 4 * outputs + 3 + 5 + 1 + 4 + 4 + 5 + 6 + MAC_FIELD)
}

/// Bytes of the longest answer of a network with `outputs` outputs: to an inference, or a description.
#[must_use]
pub const fn answer_bytes(outputs: usize) -> usize {
    const DESCRIPTION: usize = 280;
    let inference = 2 * 4 * outputs + 24;
    frames::frame_bytes(if inference > DESCRIPTION { inference } else { DESCRIPTION })
}

impl<'a, M: Model, F: NorFlash, const REQUEST: usize, const ANSWER: usize, S: Samples>
    Session<'a, M, F, REQUEST, ANSWER, S>
{
    /// Before the first byte.
    #[must_use]
    pub const fn new(device: Device<'a, M, F, S>) -> Self {
        const {
            assert!(REQUEST >= request_bytes(M::INPUTS * M::Number::ELEMENT.bytes(), M::OUTPUTS), "see request_bytes");
            assert!(ANSWER >= answer_bytes(M::OUTPUTS), "see answer_bytes");
            assert!(REQUEST <= frames::MAX_FRAME && ANSWER <= frames::MAX_FRAME, "a host has no room for longer ones");
        }
        let worker = Worker {
            device,
            session: NO_SESSION,
            counters: Counters::ZERO,
            last: None,
            answer: Vec::new(),
            refusal: Vec::new(),
            report: |_| {},
            #[cfg(feature = "authentication")]
            authenticator: None,
        };
        Self { decoder: Decoder::new(), worker }
    }

    /// Gives it a key: requests that change the device are refused without the right message authentication code.
    /// `boot` is the number of this start, [one that no start before had](crate::boots::next_boot); with a number that was
    /// used before, whoever has recorded requests of that start can repeat them.
    #[cfg(feature = "authentication")]
    pub const fn set_key(&mut self, key: Key, boot: u32) {
        self.worker.authenticator = Some(Authenticator::new(key, boot));
    }

    /// Sets the function that is called with the cause of each refused request, for a log. A repeated request is not reported
    /// again, and a broken frame is no request.
    pub const fn report_refusals(&mut self, report: fn(&Refusal)) {
        self.worker.report = report;
    }

    /// The device.
    #[must_use]
    pub const fn device(&self) -> &Device<'a, M, F, S> {
        &self.worker.device
    }

    /// The device, given back.
    pub fn into_device(self) -> Device<'a, M, F, S> {
        self.worker.device
    }

    /// Counters since the start: inferences, steps, refusals, broken frames and repetitions.
    #[must_use]
    pub const fn counters(&self) -> Counters {
        self.worker.counters
    }

    /// Takes steps on samples of the memory, for a program that has nothing else to do. A host cannot tell which steps
    /// they were: it counts them, and compares no more bits until it has set the weights.
    ///
    /// # Errors
    /// Those of [`Device::practise`].
    pub fn practise(&mut self, steps: u16, seed: u32, step: Step) -> Result<Practised, Refusal> {
        self.worker.device.practise(steps, seed, step, &mut self.worker.counters)
    }

    /// Appends a sample of the device's own sensor to the window, and returns how many are missing to the next one.
    ///
    /// # Errors
    /// Those of [`Device::push_measured`].
    pub fn push_measured<const CHANNELS: usize>(&mut self, sample: [f32; CHANNELS]) -> Result<u16, Refusal> {
        self.worker.device.push_measured(sample)
    }

    /// The sensor has failed, or samples were lost: its series ends, and the host's samples are taken again.
    pub const fn end_measured(&mut self) {
        self.worker.device.end_measured();
    }

    /// The outputs for the window, for the program itself. It is counted as one that the host has asked for.
    ///
    /// # Errors
    /// Those of [`Device::infer`].
    pub fn infer_window(&mut self) -> Result<Inferred<'_>, Refusal> {
        self.worker.device.infer(Input::Window, &mut self.worker.counters)
    }

    /// Takes a byte from the line. At the end of a request, does it and returns the frame to be sent. Silence is the
    /// answer to a broken frame, and to a message without a sequence number, to which there can be no other.
    pub fn receive(&mut self, byte: u8) -> Option<&[u8]> {
        match self.decoder.push(byte)? {
            Ok(message) => self.worker.answer(message),
            Err(_) => {
                self.worker.count_broken_frame();
                None
            }
        }
    }
}

/// Message layer of a session: executes requests, and keeps the last answer for repetitions.
struct Worker<'a, M, F, S, const ANSWER: usize> {
    device: Device<'a, M, F, S>,
    session: u32,
    counters: Counters,
    /// The request that was answered last.
    last: Option<Identity>,
    /// Frame of the answer to it.
    answer: Vec<u8, ANSWER>,
    /// Frame of the refusal of another request with its sequence number.
    refusal: Vec<u8, REFUSAL>,
    /// Logs the cause of a refusal.
    report: fn(&Refusal),
    /// Where there is a key.
    #[cfg(feature = "authentication")]
    authenticator: Option<Authenticator>,
}

/// How a request that is sent again is told from another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Identity {
    sequence: u16,
    checksum: u32,
}

impl<M: Model, F: NorFlash, S: Samples, const ANSWER: usize> Worker<'_, M, F, S, ANSWER> {
    fn answer(&mut self, message: &[u8]) -> Option<&[u8]> {
        let request = Request::from_message(message);
        let sequence = match request {
            Ok(Request { sequence, .. }) | Err(Malformed { sequence: Some(sequence) }) => sequence,
            Err(Malformed { sequence: None }) => {
                self.count_broken_frame();
                return None;
            }
        };
        let mut checksum = Checksum::default();
        checksum.update(message);
        let identity = Identity { sequence, checksum: checksum.finish() };
        if self.last == Some(identity) {
            self.counters.repeated = self.counters.repeated.wrapping_add(1);
            return Some(&self.answer);
        }
        if self.last.is_some_and(|last| last.sequence == sequence) {
            return self.refuse_reused(sequence);
        }
        self.last = Some(identity);
        let accepted = match request {
            Err(_) => Err(Refusal::UnknownMessage),
            Ok(Request { session, command: Command::Hello, .. }) if session != NO_SESSION => {
                self.session = session;
                self.device.start_session();
                Ok(Command::Hello)
            }
            Ok(Request { session, .. }) if session == NO_SESSION || session != self.session => {
                Err(Refusal::Session { device: self.session })
            }
            Ok(request) => self.authenticate(&request, message).map(|()| request.command),
        };
        #[cfg(feature = "authentication")]
        let authentication = match (&accepted, &mut self.authenticator) {
            (Ok(Command::Hello), Some(own)) => own.describe(self.session),
            _ => &[],
        };
        let result = accepted.and_then(|command| self.device.execute(command, &mut self.counters));
        #[cfg(feature = "authentication")]
        let result = match result {
            Ok(Reply::Hello(hello)) => Ok(Reply::Hello(Hello { authentication, ..hello })),
            result => result,
        };
        if let Err(refusal) = &result {
            self.counters.refused = self.counters.refused.wrapping_add(1);
            (self.report)(refusal);
        }
        match frames::encode(&Answer { sequence, session: self.session, result }, &mut self.answer) {
            Ok(()) => Some(&self.answer),
            Err(_) => {
                self.answer.clear();
                None
            }
        }
    }

    /// The answer to a request with the sequence number of the last one. That keeps its answer, in case it comes again.
    #[inline(never)]
    fn refuse_reused(&mut self, sequence: u16) -> Option<&[u8]> {
        let refusal = Refusal::SequenceReused { sequence };
        self.counters.refused = self.counters.refused.wrapping_add(1);
        (self.report)(&refusal);
        let answer = Answer { sequence, session: self.session, result: Err(refusal) };
        frames::encode(&answer, &mut self.refusal).is_ok().then_some(&self.refusal)
    }

    /// Whether a request may be executed.
    #[cfg(feature = "authentication")]
    fn authenticate(&mut self, request: &Request<'_>, message: &[u8]) -> Result<(), Refusal> {
        match &mut self.authenticator {
            Some(authenticator) if request.command.is_change() => authenticator.accept(request, message),
            _ => Ok(()),
        }
    }

    /// Whether a request may be executed.
    #[cfg(not(feature = "authentication"))]
    #[expect(clippy::unused_self, clippy::unnecessary_wraps, reason = "with the feature it does more")]
    const fn authenticate(&self, _: &Request<'_>, _: &[u8]) -> Result<(), Refusal> {
        Ok(())
    }

    const fn count_broken_frame(&mut self) {
        self.counters.broken_frames = self.counters.broken_frames.wrapping_add(1);
    }
}
