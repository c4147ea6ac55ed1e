//! The client of a device: repeats each request until its answer arrives.

use std::hash::{BuildHasher, RandomState};
use std::io::{self, ErrorKind};
use std::time::{Duration, Instant};

use dense_core::argmax;
use dense_protocol::frames::{self, Decoder, MAX_FRAME};
use dense_protocol::messages::{Answer, Classified, Command, Counters, Learned, Refusal, Reply, Request, Saved};

use super::{Address, DeviceError, DeviceInfo, Transport};

/// Ends a frame; in front of one, it ends what another program may have left unfinished.
const FRAME_END: u8 = 0;
/// How many times longer than other requests those may take that erase and write flash.
const FLASH_FACTOR: u32 = 10;
/// Time between two attempts to connect.
const RECONNECT_INTERVAL: Duration = Duration::from_millis(50);
/// An answer to some other command.
const OTHER_KIND: &str = "is of another kind";
const NOT_FINITE: &str = "has a number that is not finite";

/// How often to send a request, and how long to wait each time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Wait for an answer; ten times as long where flash is written.
    pub timeout: Duration,
    /// Number of times a request is sent, at least 1; a connection may take as long as all of them.
    pub tries: u32,
}

/// A connection to a device, over a line that may lose or change bytes.
///
/// Every request fails with [`DeviceError::Lost`] where the connection breaks, [`DeviceError::Silent`] where no answer
/// arrives, [`DeviceError::Refused`], and [`DeviceError::Answer`] where the answer makes no sense.
pub struct Device {
    transport: Box<dyn Transport>,
    port: String,
    policy: RetryPolicy,
    decoder: Decoder,
    sequence: u16,
    broken_frames: u32,
    repeats: u32,
}

impl Device {
    /// Connects to a device and waits for its first answer.
    ///
    /// # Errors
    ///
    /// [`DeviceError::Open`], or those of a request.
    pub fn open(address: &Address, policy: RetryPolicy) -> Result<Self, DeviceError> {
        let port = address.to_string();
        match address.open(policy.timeout.saturating_mul(policy.tries.max(1))) {
            Ok(transport) => Self::new(transport, port, policy),
            Err(error) => Err(DeviceError::Open { port, error }),
        }
    }

    /// The same for a device that is restarting: tries until it answers or `wait` is over.
    ///
    /// # Errors
    ///
    /// That of the last attempt.
    pub fn open_within(address: &Address, policy: RetryPolicy, wait: Duration) -> Result<Self, DeviceError> {
        let deadline = Instant::now() + wait;
        loop {
            match Self::open(address, policy) {
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
    ///
    /// Those of a request.
    pub fn new(transport: Box<dyn Transport>, port: String, policy: RetryPolicy) -> Result<Self, DeviceError> {
        // A random number, which still may be the last one of the program before: then the device refuses the request or
        // repeats an old answer, and the number after it is a new one.
        let sequence = RandomState::new().hash_one(0) as u16;
        let mut device =
            Self { transport, port, policy, decoder: Decoder::new(), sequence, broken_frames: 0, repeats: 0 };
        match device.info() {
            Err(DeviceError::Refused { .. } | DeviceError::Answer { .. }) | Ok(_) => {}
            Err(error) => return Err(error),
        }
        device.info()?;
        Ok(device)
    }

    /// The name of the port.
    #[must_use]
    pub fn port(&self) -> &str {
        &self.port
    }

    /// Requests sent again so far.
    #[must_use]
    pub const fn repeats(&self) -> u32 {
        self.repeats
    }

    /// Damaged frames received so far.
    #[must_use]
    pub const fn broken_frames(&self) -> u32 {
        self.broken_frames
    }

    /// Device and model.
    pub fn info(&mut self) -> Result<DeviceInfo, DeviceError> {
        let take = |reply: Reply<'_>| if let Reply::Info(info) = reply { Ok((&info).into()) } else { Err(OTHER_KIND) };
        self.request(Command::Info, take)
    }

    /// The class of an image.
    pub fn classify(&mut self, image: &[u8]) -> Result<Classified, DeviceError> {
        self.request(Command::Classify { image }, |reply| match reply {
            Reply::Classified(found) if !found.logits.iter().chain(&found.probabilities).all(|one| one.is_finite()) => {
                Err(NOT_FINITE)
            }
            Reply::Classified(found) if argmax(&found.logits) != usize::from(found.class) => {
                Err("has a class that is not that of the largest logit")
            }
            Reply::Classified(found) => Ok(found),
            _ => Err(OTHER_KIND),
        })
    }

    /// One step of gradient descent, executed once however often it has to be sent.
    pub fn learn(&mut self, image: &[u8], label: u8, learning_rate: f32) -> Result<Learned, DeviceError> {
        self.request(Command::Learn { image, label, learning_rate }, |reply| match reply {
            Reply::Learned(learned) if !(learned.loss_before.is_finite() && learned.loss_after.is_finite()) => {
                Err(NOT_FINITE)
            }
            Reply::Learned(learned) => Ok(learned),
            _ => Err(OTHER_KIND),
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
        self.request(Command::FactoryReset, |reply| if let Reply::Reset = reply { Ok(()) } else { Err(OTHER_KIND) })
    }

    /// Sends a request until there is an answer, and returns what `take` makes of it, or the fault that it finds.
    fn request<T>(
        &mut self,
        command: Command<'_>,
        take: impl Fn(Reply<'_>) -> Result<T, &'static str>,
    ) -> Result<T, DeviceError> {
        let (request, port) = (name(&command), self.port.clone());
        let timeout = match command {
            Command::Save | Command::FactoryReset => self.policy.timeout * FLASH_FACTOR,
            _ => self.policy.timeout,
        };
        let (tries, broken_before) = (self.policy.tries.max(1), self.broken_frames);
        self.sequence = self.sequence.wrapping_add(1);
        let mut frame = Default::default();
        if let Err(error) = frames::encode::<MAX_FRAME>(&Request { sequence: self.sequence, command }, &mut frame) {
            return Err(DeviceError::Request { port, request, error });
        }
        for attempt in 0..tries {
            self.repeats += u32::from(attempt > 0);
            match self.send(&frame, timeout, &take) {
                Ok(None) => {}
                Ok(Some(Ok(Ok(result)))) => return Ok(result),
                Ok(Some(Ok(Err(fault)))) => return Err(DeviceError::Answer { port, request, fault }),
                Ok(Some(Err(refusal))) => return Err(DeviceError::Refused { port, request, refusal }),
                Err(error) => return Err(DeviceError::Lost { port, error }),
            }
        }
        let broken_frames = self.broken_frames - broken_before;
        Err(DeviceError::Silent { port, request, tries, seconds: timeout.as_secs_f64(), broken_frames })
    }

    /// Sends a frame once; `None` where there is no answer in time.
    fn send<T>(
        &mut self,
        frame: &[u8],
        timeout: Duration,
        take: impl Fn(Reply<'_>) -> T,
    ) -> io::Result<Option<Result<T, Refusal>>> {
        let deadline = Instant::now() + timeout;
        self.transport.set_timeout(timeout)?;
        let sent = self.transport.write_all(&[FRAME_END]).and_then(|()| self.transport.write_all(frame));
        match sent {
            Err(error) if is_timeout(&error) => return Ok(None),
            sent => sent?,
        }
        let mut bytes = [0; 512];
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(None);
            }
            // A millisecond is the least that every system can wait.
            self.transport.set_timeout(left.max(Duration::from_millis(1)))?;
            let received = match self.transport.read(&mut bytes) {
                Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
                Ok(received) => &bytes[..received],
                Err(error) if is_timeout(&error) || error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            let mut result = None;
            for &byte in received {
                match self.decoder.push(byte) {
                    None => {}
                    Some(Err(_)) => self.broken_frames = self.broken_frames.saturating_add(1),
                    // Other messages, and answers to earlier requests, are ignored.
                    Some(Ok(message)) => match Answer::from_message(message) {
                        Ok(answer) if answer.sequence == self.sequence => result = Some(answer.result.map(&take)),
                        _ => {}
                    },
                }
            }
            if result.is_some() {
                return Ok(result);
            }
        }
    }
}

/// The name of a request in errors.
const fn name(command: &Command<'_>) -> &'static str {
    match command {
        Command::Info => "info",
        Command::Classify { .. } => "classify",
        Command::Learn { .. } => "learn",
        Command::Counters => "counters",
        Command::Save => "save",
        Command::Load => "load",
        Command::FactoryReset => "reset",
    }
}

fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::TimedOut | ErrorKind::WouldBlock)
}
