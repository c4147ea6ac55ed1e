//! The host's end of the line: asks, waits, asks again.

use std::hash::{BuildHasher, RandomState};
use std::io::{self, ErrorKind};
use std::time::{Duration, Instant};

use firmware::link::{self, Decoder, MAX_FRAME};
use firmware::protocol::{Answer, Command, Counters, OUTPUTS, Refusal, Reply, Request};

use super::answers::{Classified, DeviceInfo, Learned, Saved};
use super::error::DeviceError;
use super::transport::{Address, Transport};
use crate::idx::{CLASSES, PIXELS};

/// Ends a frame; before a frame, it cuts off what may have been left unfinished.
const FRAME_END: u8 = 0;
/// How much longer the device may take to erase and write its flash than to compute.
const FLASH_FACTOR: u32 = 10;
/// How long to rest after a device was not there before it is looked for again.
const OPEN_PAUSE: Duration = Duration::from_millis(50);

/// How long to wait for a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// For one answer; ten times as long where flash is erased and written.
    pub timeout: Duration,
    /// How often to ask before giving up, at least once.
    pub tries: u32,
}

/// A device on the other end of a line that may lose or change bytes.
pub struct Device {
    transport: Box<dyn Transport>,
    port: String,
    patience: Patience,
    decoder: Decoder,
    sequence: u16,
    broken_frames: u32,
    repeats: u32,
}

impl Device {
    /// Connects, and finds out whether a device is there and serves the right model.
    ///
    /// # Errors
    ///
    /// [`DeviceError::Open`], or any error of [`new`](Self::new).
    pub fn open(address: &Address, patience: Patience) -> Result<Self, DeviceError> {
        let port = address.to_string();
        match address.open() {
            Ok(transport) => Self::new(transport, port, patience),
            Err(error) => Err(DeviceError::Open { port, error }),
        }
    }

    /// The same for a device that is about to appear: looks for it until it answers or `wait` is over.
    ///
    /// # Errors
    ///
    /// That of the last attempt.
    pub fn open_within(address: &Address, patience: Patience, wait: Duration) -> Result<Self, DeviceError> {
        let deadline = Instant::now() + wait;
        loop {
            match Self::open(address, patience) {
                Err(DeviceError::Open { .. } | DeviceError::Lost { .. } | DeviceError::Silent { .. })
                    if Instant::now() < deadline =>
                {
                    std::thread::sleep(OPEN_PAUSE);
                }
                result => return result,
            }
        }
    }

    /// The device at the other end of `transport`; `port` is what errors call it.
    ///
    /// # Errors
    ///
    /// If it does not answer, or serves another model.
    pub fn new(transport: Box<dyn Transport>, port: String, patience: Patience) -> Result<Self, DeviceError> {
        // Any start will do, but another program may have ended with the same number, and the device would then
        // repeat what it answered to that. So one question is spent on getting out of step with it.
        let sequence = RandomState::new().hash_one(0) as u16;
        let mut device =
            Self { transport, port, patience, decoder: Decoder::new(), sequence, broken_frames: 0, repeats: 0 };
        match device.info() {
            Err(DeviceError::Refused { .. } | DeviceError::Confused { .. }) | Ok(_) => {}
            Err(error) => return Err(error),
        }
        device.info()?;
        Ok(device)
    }

    /// What errors call the device.
    #[must_use]
    pub fn port(&self) -> &str {
        &self.port
    }

    /// How often a request had to be sent again so far.
    #[must_use]
    pub const fn repeats(&self) -> u32 {
        self.repeats
    }

    /// Frames that arrived broken so far.
    #[must_use]
    pub const fn broken_frames(&self) -> u32 {
        self.broken_frames
    }

    /// Asks who the device is.
    ///
    /// # Errors
    ///
    /// If the device does not answer, refuses, or serves another model.
    pub fn info(&mut self) -> Result<DeviceInfo, DeviceError> {
        let (info, inputs, outputs) = self.request(Command::Info, |reply| match reply {
            Reply::Info(info) => Some((DeviceInfo::from(&info), info.inputs, info.outputs)),
            _ => None,
        })?;
        if (usize::from(inputs), usize::from(outputs)) != (PIXELS, CLASSES) {
            return Err(DeviceError::Shape { port: self.port.clone(), inputs, outputs });
        }
        Ok(info)
    }

    /// Asks what is in an image.
    ///
    /// # Errors
    ///
    /// If the device does not answer, or refuses.
    pub fn classify(&mut self, image: &[u8; PIXELS]) -> Result<Classified, DeviceError> {
        const { assert!(OUTPUTS == CLASSES) };
        self.request(Command::Classify { image }, |reply| match reply {
            Reply::Classified { class, logits, probabilities, cycles } if usize::from(class) < CLASSES => {
                Some(Classified { class, logits, probabilities, cycles })
            }
            _ => None,
        })
    }

    /// Makes the device take one step towards `label`, once, however often it has to be asked.
    ///
    /// # Errors
    ///
    /// If the device does not answer, or refuses.
    pub fn learn(&mut self, image: &[u8; PIXELS], label: u8, learning_rate: f32) -> Result<Learned, DeviceError> {
        self.request(Command::Learn { image, label, learning_rate }, |reply| match reply {
            Reply::Learned { loss_before, loss_after, cycles, weights_checksum } => {
                Some(Learned { loss_before, loss_after, cycles, weights_checksum })
            }
            _ => None,
        })
    }

    /// Asks what the device has done since it started.
    ///
    /// # Errors
    ///
    /// If the device does not answer.
    pub fn counters(&mut self) -> Result<Counters, DeviceError> {
        self.request(Command::Counters, |reply| match reply {
            Reply::Counters(counters) => Some(counters),
            _ => None,
        })
    }

    /// Makes the device keep its weights in flash.
    ///
    /// # Errors
    ///
    /// If the device does not answer, or its flash fails.
    pub fn save(&mut self) -> Result<Saved, DeviceError> {
        self.request(Command::Save, |reply| match reply {
            Reply::Saved { save, slot } => Some(Saved { save, slot }),
            _ => None,
        })
    }

    /// Makes the device go back to the weights that it saved last, and returns the number of that save.
    ///
    /// # Errors
    ///
    /// If the device does not answer, or has saved nothing.
    pub fn load(&mut self) -> Result<u32, DeviceError> {
        self.request(Command::Load, |reply| match reply {
            Reply::Loaded { save } => Some(save),
            _ => None,
        })
    }

    /// Makes the device go back to the weights that its firmware came with, and forget what it saved.
    ///
    /// # Errors
    ///
    /// If the device does not answer, or its flash fails.
    pub fn reset(&mut self) -> Result<(), DeviceError> {
        self.request(Command::FactoryReset, |reply| matches!(reply, Reply::Reset).then_some(()))
    }

    /// Asks until there is an answer, and makes of it what `take` does.
    fn request<T>(&mut self, command: Command<'_>, take: impl Fn(Reply<'_>) -> Option<T>) -> Result<T, DeviceError> {
        let (request, timeout) = (name(&command), self.timeout(&command));
        self.sequence = self.sequence.wrapping_add(1);
        let mut frame = Default::default();
        link::encode::<MAX_FRAME>(&Request { sequence: self.sequence, command }, &mut frame)
            .expect("a request of one image and a few numbers fits into a frame");
        let broken_before = self.broken_frames;
        for attempt in 0..self.patience.tries.max(1) {
            self.repeats += u32::from(attempt > 0);
            match self.exchange(&frame, timeout, &take).map_err(|error| self.lost(error))? {
                Some(Ok(Some(result))) => return Ok(result),
                Some(Ok(None)) => return Err(DeviceError::Confused { port: self.port.clone(), request }),
                Some(Err(refusal)) => return Err(DeviceError::Refused { port: self.port.clone(), request, refusal }),
                None => {}
            }
        }
        Err(DeviceError::Silent {
            port: self.port.clone(),
            request,
            tries: self.patience.tries.max(1),
            seconds: timeout.as_secs_f64(),
            broken_frames: self.broken_frames - broken_before,
        })
    }

    /// Asks once; none, where there is no answer in time.
    fn exchange<T>(
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
                    // What is no answer, or the answer to an earlier request, is passed over.
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

    fn timeout(&self, command: &Command<'_>) -> Duration {
        match command {
            Command::Save | Command::FactoryReset => self.patience.timeout * FLASH_FACTOR,
            _ => self.patience.timeout,
        }
    }

    fn lost(&self, error: io::Error) -> DeviceError {
        DeviceError::Lost { port: self.port.clone(), error }
    }
}

/// What errors call a request.
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
