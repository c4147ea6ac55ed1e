//! The client of a device: repeats each request until its answer arrives.

mod exchange;

use std::hash::{BuildHasher, RandomState};
use std::time::{Duration, Instant};

use dense_protocol::authentication::Key;
use dense_protocol::frames::{Decoder, MAX_FRAME};
use dense_protocol::messages::{
    Authentication, Command, Counters, Floats, Hello, Input, Learned, NO_SESSION, Practised, Refusal, Reply, Saved,
    Step, Target,
};

use super::sample::bytes;
use super::{Address, DeviceError, DeviceInfo, Transport};

/// Time between two attempts to connect.
const RECONNECT_INTERVAL: Duration = Duration::from_millis(50);
/// An answer to some other command.
const OTHER_KIND: &str = "is of another kind";
const NOT_FINITE: &str = "has a number that is not finite";
/// An answer with more or fewer numbers than the network has.
const OTHER_COUNT: &str = "has another number of outputs than the network";
/// Parameters in a request.
const PARAMETERS_WRITTEN: usize = 40;

/// How often to send a request, and how long to wait each time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Wait for an answer; ten times as long where flash is written or many steps are made.
    pub timeout: Duration,
    /// Number of times a request is sent, at least 1; a connection may take as long as all of them.
    pub tries: u32,
}

/// The outputs of a network for one input.
#[derive(Clone, Debug, PartialEq)]
pub struct Inference {
    /// The outputs of the last layer before its activation.
    pub logits: Vec<f32>,
    /// The outputs: probabilities of a classifier, numbers of a regression.
    pub outputs: Vec<f32>,
    /// Clock cycles.
    pub cycles: u32,
}

/// A connection to a device, over a line that may lose or change bytes.
///
/// Every request fails with [`DeviceError::Lost`] where the connection breaks, [`DeviceError::Silent`] where no answer
/// arrives, [`DeviceError::Restarted`] where the device is in another session, [`DeviceError::Refused`], and
/// [`DeviceError::Answer`] where the answer makes no sense.
pub struct Device {
    transport: Box<dyn Transport>,
    port: String,
    policy: RetryPolicy,
    decoder: Box<Decoder<MAX_FRAME>>,
    info: DeviceInfo,
    session: u32,
    sequence: u16,
    key: Option<Key>,
    /// Counter of the last request with a tag.
    counter: u32,
    broken_frames: u32,
    repeats: u32,
}

impl Device {
    /// Connects to a device and waits for its first answer. The device must have the `key`, if one is given.
    ///
    /// # Errors
    /// [`DeviceError::Open`], or those of [`new`](Self::new).
    pub fn open(address: &Address, policy: RetryPolicy, key: Option<&Key>) -> Result<Self, DeviceError> {
        let port = address.to_string();
        match address.open(policy.timeout.saturating_mul(policy.tries.max(1))) {
            Ok(transport) => Self::new(transport, port, policy, key),
            Err(error) => Err(DeviceError::Open { port, error }),
        }
    }

    /// The same for a device that is restarting: tries until it answers or `wait` is over.
    ///
    /// # Errors
    /// That of the last attempt.
    pub fn open_within(
        address: &Address,
        policy: RetryPolicy,
        key: Option<&Key>,
        wait: Duration,
    ) -> Result<Self, DeviceError> {
        let deadline = Instant::now() + wait;
        loop {
            match Self::open(address, policy, key) {
                Err(DeviceError::Open { .. } | DeviceError::Lost { .. } | DeviceError::Silent { .. })
                    if Instant::now() < deadline =>
                {
                    std::thread::sleep(RECONNECT_INTERVAL);
                }
                result => return result,
            }
        }
    }

    /// The device at the other end of `transport`; errors name it `port`.
    ///
    /// # Errors
    /// Those of a request; [`DeviceError::NoKey`] and [`DeviceError::OtherKey`] where the device has not the `key`.
    pub fn new(
        transport: Box<dyn Transport>,
        port: String,
        policy: RetryPolicy,
        key: Option<&Key>,
    ) -> Result<Self, DeviceError> {
        // Random numbers. That of the sequence still may be the last one of the program before: then the device refuses
        // the request, and the number after it is a new one.
        let random = RandomState::new();
        let session = (random.hash_one(1) as u32).max(NO_SESSION + 1);
        let mut device = Self {
            transport,
            port,
            policy,
            decoder: Box::new(Decoder::new()),
            info: DeviceInfo::default(),
            session,
            sequence: random.hash_one(0) as u16,
            key: key.cloned(),
            counter: 0,
            broken_frames: 0,
            repeats: 0,
        };
        device.info = match device.hello() {
            Err(DeviceError::Refused { refusal: Refusal::SequenceReused { .. }, .. }) => device.hello()?,
            result => result?,
        };
        Ok(device)
    }

    fn hello(&mut self) -> Result<DeviceInfo, DeviceError> {
        let (key, session) = (self.key.clone(), self.session);
        let (info, counter) = self.request(Command::Hello, |reply| match reply {
            Reply::Hello(hello) if hello.network.shape().len() < 2 => Err("has a network without layers"),
            Reply::Hello(hello) if !hello.momentum.is_finite() => Err(NOT_FINITE),
            Reply::Hello(hello) => Ok((DeviceInfo::from(&hello), counter(&hello, key.as_ref(), session))),
            _ => Err(OTHER_KIND),
        })?;
        let port = self.port.clone();
        match (&self.key, info.boot, counter) {
            (Some(_), None, _) => Err(DeviceError::NoKey { port }),
            (Some(_), Some(_), None) => Err(DeviceError::OtherKey { port }),
            _ => {
                self.counter = counter.unwrap_or_default();
                Ok(info)
            }
        }
    }

    /// The device's description of itself, from the start of the session.
    pub const fn info(&self) -> &DeviceInfo {
        &self.info
    }

    /// The name of the port.
    pub fn port(&self) -> &str {
        &self.port
    }

    /// Requests sent again so far.
    pub const fn repeats(&self) -> u32 {
        self.repeats
    }

    /// Damaged frames received so far.
    pub const fn broken_frames(&self) -> u32 {
        self.broken_frames
    }

    /// The outputs for an input.
    pub fn infer(&mut self, input: Input<'_>) -> Result<Inference, DeviceError> {
        let outputs = self.info.outputs();
        self.request(Command::Infer { input }, |reply| match reply {
            Reply::Inferred(found) if [found.logits, found.outputs].iter().any(|values| values.len() != outputs) => {
                Err(OTHER_COUNT)
            }
            Reply::Inferred(found) => {
                let [logits, outputs] = [found.logits, found.outputs].map(|values| values.values().collect::<Vec<_>>());
                let finite = logits.iter().chain(&outputs).all(|value| value.is_finite());
                if finite { Ok(Inference { logits, outputs, cycles: found.cycles }) } else { Err(NOT_FINITE) }
            }
            _ => Err(OTHER_KIND),
        })
    }

    /// Appends samples to the time series, `[sample][channel]`, and returns how many are missing to the next window.
    pub fn series(&mut self, restart: bool, samples: &[f32]) -> Result<usize, DeviceError> {
        let samples = bytes(samples);
        self.request(Command::Series { restart, samples: Floats::from_bytes(&samples) }, |reply| match reply {
            Reply::Series { missing } => Ok(missing.into()),
            _ => Err(OTHER_KIND),
        })
    }

    /// One step of gradient descent, executed once however often it has to be sent. Where the weights must have a
    /// checksum before it, `expected` says which.
    pub fn learn(
        &mut self,
        input: Input<'_>,
        target: Target<'_>,
        step: Step,
        expected: Option<u32>,
    ) -> Result<Learned, DeviceError> {
        self.request(Command::Learn { input, target, step, expected }, |reply| match reply {
            Reply::Learned(learned) if !(learned.loss_before.is_finite() && learned.loss_after.is_finite()) => {
                Err(NOT_FINITE)
            }
            Reply::Learned(learned) => Ok(learned),
            _ => Err(OTHER_KIND),
        })
    }

    /// Steps of gradient descent on samples of the device's memory, drawn by `seed`.
    pub fn practise(&mut self, steps: u16, seed: u32, step: Step) -> Result<Practised, DeviceError> {
        self.request(Command::Practise { steps, seed, step }, |reply| match reply {
            Reply::Practised(practised) if !practised.loss.is_finite() => Err(NOT_FINITE),
            Reply::Practised(practised) if practised.steps > steps || practised.lessons > practised.steps => {
                Err("has more steps than were asked for")
            }
            Reply::Practised(practised) => Ok(practised),
            _ => Err(OTHER_KIND),
        })
    }

    /// The checksum of the weights in RAM.
    pub fn checksum(&mut self) -> Result<u32, DeviceError> {
        self.request(Command::Checksum, |reply| {
            if let Reply::Checksum(checksum) = reply { Ok(checksum) } else { Err(OTHER_KIND) }
        })
    }

    /// The parameters in RAM; `progress` is called with how many have arrived.
    pub fn read_parameters(&mut self, mut progress: impl FnMut(usize)) -> Result<Vec<f32>, DeviceError> {
        let count = self.info.parameters;
        let mut parameters = Vec::new();
        while parameters.len() < count {
            let (first, left) = (parameters.len() as u32, count - parameters.len());
            let piece = self.request(Command::ReadParameters { first }, |reply| match reply {
                Reply::Parameters(values) if !(1..=left).contains(&values.len()) => {
                    Err("has more parameters than the network, or none")
                }
                Reply::Parameters(values) if !values.values().all(f32::is_finite) => Err(NOT_FINITE),
                Reply::Parameters(values) => Ok(values.values().collect::<Vec<_>>()),
                _ => Err(OTHER_KIND),
            })?;
            parameters.extend(piece);
            progress(parameters.len());
        }
        Ok(parameters)
    }

    /// Writes the parameters in RAM, which must then have this checksum; `progress` is called with how many are there.
    pub fn write_parameters(
        &mut self,
        parameters: &[f32],
        checksum: u32,
        mut progress: impl FnMut(usize),
    ) -> Result<(), DeviceError> {
        for (piece, first) in parameters.chunks(PARAMETERS_WRITTEN).zip((0..).step_by(PARAMETERS_WRITTEN)) {
            let values = bytes(piece);
            let values = Floats::from_bytes(&values);
            self.request(Command::WriteParameters { first, values }, |reply| {
                if let Reply::Written { .. } = reply { Ok(()) } else { Err(OTHER_KIND) }
            })?;
            progress(first as usize + piece.len());
        }
        self.request(Command::UseParameters { checksum }, |reply| {
            if let Reply::Used = reply { Ok(()) } else { Err(OTHER_KIND) }
        })
    }

    /// The counters since the device's start.
    pub fn counters(&mut self) -> Result<Counters, DeviceError> {
        self.request(Command::Counters, |reply| {
            if let Reply::Counters(counters) = reply { Ok(counters) } else { Err(OTHER_KIND) }
        })
    }

    /// Saves the weights in flash.
    pub fn save(&mut self) -> Result<Saved, DeviceError> {
        self.request(Command::Save, |reply| if let Reply::Saved(saved) = reply { Ok(saved) } else { Err(OTHER_KIND) })
    }

    /// Loads the weights saved last, and returns the number of that save.
    pub fn load(&mut self) -> Result<u32, DeviceError> {
        self.request(Command::Load, |reply| if let Reply::Loaded { save } = reply { Ok(save) } else { Err(OTHER_KIND) })
    }

    /// Restores the weights compiled into the firmware, and erases the saved ones.
    pub fn reset(&mut self) -> Result<(), DeviceError> {
        self.request(Command::Reset, |reply| if let Reply::Reset = reply { Ok(()) } else { Err(OTHER_KIND) })
    }
}

/// The counter of a device that has shown that it has the key.
fn counter(hello: &Hello<'_>, key: Option<&Key>, session: u32) -> Option<u32> {
    let found = Authentication::from_bytes(hello.authentication)?;
    key?.is_tag_of_hello(session, &found).then_some(found.counter)
}
