//! The client of a device: repeats each request until its answer arrives.

mod exchange;
mod requests;

use std::hash::{BuildHasher, RandomState};
use std::time::{Duration, Instant};

use dense_protocol::authentication::Key;
use dense_protocol::frames::{Decoder, MAX_FRAME};
use dense_protocol::messages::{Authentication, Command, Hello, NO_SESSION, Refusal, Reply};

use super::{Address, DeviceError, DeviceInfo, Transport};

/// Time between two attempts to connect.
const RECONNECT_INTERVAL: Duration = Duration::from_millis(50);
/// An answer to some other command.
const OTHER_KIND: &str = "is of another kind";
const NOT_FINITE: &str = "has a number that is not finite";

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
}

/// The counter of a device that has shown that it has the key.
fn counter(hello: &Hello<'_>, key: Option<&Key>, session: u32) -> Option<u32> {
    let found = Authentication::from_bytes(hello.authentication)?;
    key?.is_tag_of_hello(session, &found).then_some(found.counter)
}
