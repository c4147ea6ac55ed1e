//! Requests and their answers over a line that may lose or change bytes.

use std::io::{self, ErrorKind};
use std::time::{Duration, Instant};

use dense_protocol::frames::{self, MAX_FRAME};
use dense_protocol::messages::{Answer, Command, MAC, Refusal, Reply, Request};

use super::{Device, DeviceError};

/// Ends a frame; in front of one, it ends what another program may have left unfinished.
const FRAME_END: u8 = 0;
/// Factor on the timeout of requests that write flash or make many steps.
const FLASH_FACTOR: u32 = 10;

impl Device {
    /// Sends a request until there is an answer, and returns what `take` makes of it, or the fault that it finds.
    pub(super) fn request<T>(
        &mut self,
        command: Command<'_>,
        take: impl Fn(Reply<'_>) -> Result<T, &'static str>,
    ) -> Result<T, DeviceError> {
        let (request, port) = (name(&command), self.port.clone());
        let timeout = match command {
            Command::Save | Command::Reset | Command::Practise { .. } => self.policy.timeout * FLASH_FACTOR,
            _ => self.policy.timeout,
        };
        let (tries, broken_before) = (self.policy.tries.max(1), self.broken_frames);
        if command.is_change() && self.info.boot.is_some() && self.key.is_none() {
            return Err(DeviceError::KeyNeeded { port, request });
        }
        let (mut mac, mut frame) = ([0; MAC], Default::default());
        if let Err(error) = frames::encode::<MAX_FRAME>(&self.next_request(command, &mut mac), &mut frame) {
            return Err(DeviceError::Request { port, request, error });
        }
        for attempt in 0..tries {
            self.repeats += u32::from(attempt > 0);
            match self.send(&frame, timeout, &take) {
                Ok(None) => {}
                Ok(Some(Ok(Ok(result)))) => return Ok(result),
                Ok(Some(Ok(Err(fault)))) => return Err(DeviceError::Answer { port, request, fault }),
                Ok(Some(Err(Refusal::Session { device }))) => {
                    return Err(DeviceError::Restarted { port, request, session: device });
                }
                Ok(Some(Err(refusal))) => return Err(DeviceError::Refused { port, request, refusal }),
                Err(error) => return Err(DeviceError::Lost { port, error }),
            }
        }
        let broken_frames = self.broken_frames - broken_before;
        Err(DeviceError::Silent { port, request, tries, seconds: timeout.as_secs_f64(), broken_frames })
    }

    /// The next request, with the code that it needs, which is written into `mac`.
    fn next_request<'a>(&mut self, command: Command<'a>, mac: &'a mut [u8; MAC]) -> Request<'a> {
        self.sequence = self.sequence.wrapping_add(1);
        let request = Request { sequence: self.sequence, session: self.session, command, mac: &[] };
        match (&self.key, self.info.boot) {
            (Some(key), Some(boot)) if command.is_change() => {
                self.counter = self.counter.saturating_add(1);
                key.authenticate(request, boot, self.counter, mac)
            }
            _ => request,
        }
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
                        Ok(answer) if answer.sequence != self.sequence => {}
                        // What a program before was told, with the same number, is no answer to this one.
                        Ok(answer) if answer.session != self.session && answer.result.is_ok() => {
                            result = Some(Err(Refusal::Session { device: answer.session }));
                        }
                        Ok(answer) => result = Some(answer.result.map(&take)),
                        Err(_) => {}
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
        Command::Hello => "hello",
        Command::Infer { .. } => "infer",
        Command::Series { .. } => "series",
        Command::Learn { .. } => "learn",
        Command::Practise { .. } => "practise",
        Command::Checksum => "checksum",
        Command::Counters => "counters",
        Command::Save => "save",
        Command::Load => "load",
        Command::Reset => "reset",
        Command::ReadParameters { .. } => "read parameters",
        Command::WriteParameters { .. } => "write parameters",
        Command::UseParameters { .. } => "use parameters",
    }
}

fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::TimedOut | ErrorKind::WouldBlock)
}
