//! A conversation with the host: bytes in, answers out, and every request done once.

use crate::device::Device;
use crate::pixels;
use dense_protocol::checksum::Checksum;
use dense_protocol::frames::{self, Decoder, MAX_ANSWER};
use dense_protocol::messages::{Answer, Command, Malformed, Refusal, Request};
use embedded_storage::nor_flash::NorFlash;
use heapless::Vec;

/// The device on its line.
#[derive(Debug)]
pub struct Session<'a, F> {
    decoder: Decoder,
    worker: Worker<'a, F>,
}

impl<'a, F: NorFlash> Session<'a, F> {
    /// Before the first byte.
    #[must_use]
    pub const fn new(device: Device<'a, F>) -> Self {
        Self { decoder: Decoder::new(), worker: Worker { device, last: None, answer: Vec::new() } }
    }

    /// The device.
    #[must_use]
    pub const fn device(&self) -> &Device<'a, F> {
        &self.worker.device
    }

    /// Takes a byte from the line. At the end of a request, does it and returns the frame to be sent. Silence is the
    /// answer to a broken frame, and to a message without a sequence number, to which there can be no other.
    pub fn receive(&mut self, byte: u8) -> Option<&[u8]> {
        match self.decoder.push(byte)? {
            Ok(message) => {
                // There is no room for a second image, so its pixels go through their table where they are. A request that
                // comes again is in a frame of its own, with the pixels as they were sent.
                if pixels::TABLE.is_some() {
                    pixels::prepare(image_in(message));
                }
                self.worker.answer(message)
            }
            Err(_) => {
                self.worker.count_broken_frame();
                None
            }
        }
    }
}

/// What of a session deals with whole messages.
#[derive(Debug)]
struct Worker<'a, F> {
    device: Device<'a, F>,
    /// The request that was answered last.
    last: Option<Identity>,
    /// What was answered to it.
    answer: Vec<u8, MAX_ANSWER>,
}

/// How a request that is sent again is told from another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Identity {
    sequence: u16,
    checksum: u32,
}

impl<F: NorFlash> Worker<'_, F> {
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
            let repeated = &mut self.device.counters.repeated;
            *repeated = repeated.wrapping_add(1);
            return Some(&self.answer);
        }
        let reused = self.last.is_some_and(|last| last.sequence == sequence);
        self.last = Some(identity);
        let result = match request {
            _ if reused => Err(Refusal::SequenceReused { sequence }),
            Ok(request) => self.device.execute(request.command),
            Err(_) => Err(Refusal::UnknownMessage),
        };
        if result.is_err() {
            let refused = &mut self.device.counters.refused;
            *refused = refused.wrapping_add(1);
        }
        match frames::encode(&Answer { sequence, result }, &mut self.answer) {
            Ok(()) => Some(&self.answer),
            Err(_) => {
                self.answer.clear();
                None
            }
        }
    }

    fn count_broken_frame(&mut self) {
        let broken = &mut self.device.counters.broken_frames;
        *broken = broken.wrapping_add(1);
    }
}

/// Where in a message its image is; nothing, where there is none.
fn image_in(message: &mut [u8]) -> &mut [u8] {
    let image = match Request::from_message(message) {
        Ok(Request { command: Command::Classify { image } | Command::Learn { image, .. }, .. }) => image,
        _ => &[],
    };
    let start = image.as_ptr().addr().wrapping_sub(message.as_ptr().addr());
    let image = start..start.wrapping_add(image.len());
    message.get_mut(image).unwrap_or_default()
}
