//! Frames on a serial line: COBS, with a zero at the end, around a message and its CRC-32C.
//!
//! A zero byte ends a frame and occurs nowhere else, so after lost or changed bytes the next frame is whole again. The
//! checksum covers the protocol's version too.

use crate::checksum::Checksum;
use crate::protocol::VERSION;
use cobs::{DecodeResult, DecoderState, EncoderState, PushResult};
use core::fmt;
use heapless::Vec;
use postcard::ser_flavors::Flavor;
use serde::Serialize;

/// The longest frame, in bytes on the wire, the zero at the end included.
pub const MAX_FRAME: usize = 1024;
/// The longest frame with an answer.
pub const MAX_ANSWER: usize = 256;
/// Bytes of a checksum.
const CHECKSUM: usize = size_of::<u32>();

/// Puts `message` into `frame`, ready to be sent. What was in it is gone.
///
/// # Errors
/// [`FrameError::TooLong`] where it does not fit into `N` bytes.
pub fn encode<const N: usize>(message: &impl Serialize, frame: &mut Vec<u8, N>) -> Result<(), FrameError> {
    postcard::serialize_with_flavor(message, Encoder::new(frame)?).map_err(|_| FrameError::TooLong { most: N })
}

/// Turns the bytes of a message into a frame, one by one.
struct Encoder<'a, const N: usize> {
    frame: &'a mut Vec<u8, N>,
    state: EncoderState,
    checksum: Checksum,
}

impl<'a, const N: usize> Encoder<'a, N> {
    fn new(frame: &'a mut Vec<u8, N>) -> Result<Self, FrameError> {
        frame.clear();
        // The place of the first length.
        frame.push(0).map_err(|_| FrameError::TooLong { most: N })?;
        Ok(Self { frame, state: EncoderState::default(), checksum: checksum() })
    }

    fn stuff(&mut self, byte: u8) -> postcard::Result<()> {
        match self.state.push(byte) {
            PushResult::AddSingle(byte) => self.append(byte),
            PushResult::ModifyFromStartAndSkip((place, length)) => {
                self.replace(place, length)?;
                self.append(0)
            }
            PushResult::ModifyFromStartAndPushAndSkip((place, length, byte)) => {
                self.replace(place, length)?;
                self.append(byte)?;
                self.append(0)
            }
        }
    }

    fn append(&mut self, byte: u8) -> postcard::Result<()> {
        self.frame.push(byte).map_err(|_| postcard::Error::SerializeBufferFull)
    }

    fn replace(&mut self, place: usize, byte: u8) -> postcard::Result<()> {
        *self.frame.get_mut(place).ok_or(postcard::Error::SerializeBufferFull)? = byte;
        Ok(())
    }
}

impl<const N: usize> Flavor for Encoder<'_, N> {
    type Output = ();

    fn try_push(&mut self, byte: u8) -> postcard::Result<()> {
        self.checksum.update(&[byte]);
        self.stuff(byte)
    }

    fn finalize(mut self) -> postcard::Result<()> {
        for byte in self.checksum.clone().finish().to_le_bytes() {
            self.stuff(byte)?;
        }
        let (place, length) = self.state.clone().finalize();
        self.replace(place, length)?;
        self.append(0)
    }
}

/// Takes frames out of a stream of bytes.
#[derive(Debug, Default)]
pub struct Decoder {
    state: DecoderState,
    /// What the frame so far has in it.
    decoded: Vec<u8, MAX_FRAME>,
    /// Bytes of the frame so far.
    received: usize,
    /// Whether the frame so far is one.
    fault: Option<FrameError>,
}

impl Decoder {
    /// Before the first byte.
    #[must_use]
    pub const fn new() -> Self {
        Self { state: DecoderState::Idle, decoded: Vec::new(), received: 0, fault: None }
    }

    /// Takes the next byte. At the end of a frame, returns the message in it, which
    /// may be changed in place: the next frame overwrites it. A frame without a byte is none, so any
    /// number of zeros may stand between two frames.
    ///
    /// # Errors
    /// At the end of a broken frame, what is wrong with it. The next one may be whole again.
    pub fn push(&mut self, byte: u8) -> Option<Result<&mut [u8], FrameError>> {
        if self.received == 0 {
            self.decoded.clear();
            self.fault = None;
            self.state = DecoderState::Idle;
        }
        if self.received == 0 && byte == 0 {
            return None;
        }
        self.received = self.received.saturating_add(1);
        if self.fault.is_none() {
            self.fault = self.decode(byte).err();
        }
        if byte != 0 {
            return None;
        }
        self.received = 0;
        Some(match self.fault {
            None => self.message(),
            Some(fault) => Err(fault),
        })
    }

    fn decode(&mut self, byte: u8) -> Result<(), FrameError> {
        if self.received > MAX_FRAME {
            return Err(FrameError::TooLong { most: MAX_FRAME });
        }
        match self.state.feed(byte).map_err(|_| FrameError::Stuffing)? {
            DecodeResult::DataContinue(byte) => {
                self.decoded.push(byte).map_err(|_| FrameError::TooLong { most: MAX_FRAME })
            }
            DecodeResult::NoData | DecodeResult::DataStart | DecodeResult::DataComplete => Ok(()),
        }
    }

    fn message(&mut self) -> Result<&mut [u8], FrameError> {
        let found = self.decoded.len();
        let Some((message, &mut found)) = self.decoded.split_last_chunk_mut::<CHECKSUM>() else {
            return Err(FrameError::TooShort { found, least: CHECKSUM });
        };
        let found = u32::from_le_bytes(found);
        let mut checksum = checksum();
        checksum.update(message);
        let expected = checksum.finish();
        if found == expected { Ok(message) } else { Err(FrameError::Checksum { found, expected }) }
    }
}

fn checksum() -> Checksum {
    let mut checksum = Checksum::default();
    checksum.update(&[VERSION]);
    checksum
}

/// What is wrong with a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameError {
    /// More bytes than a frame may have.
    TooLong {
        /// How many it may have.
        most: usize,
    },
    /// Not even a checksum in it.
    TooShort {
        /// Bytes in it.
        found: usize,
        /// Bytes of a checksum.
        least: usize,
    },
    /// It is not what COBS makes.
    Stuffing,
    /// Its checksum is another: it was changed on the way, or is of another version of the protocol.
    Checksum {
        /// In the frame.
        found: u32,
        /// Of what is in the frame.
        expected: u32,
    },
}

impl fmt::Display for FrameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::TooLong { most } => write!(f, "a frame of more than {most} bytes"),
            Self::TooShort { found, least } => write!(f, "a frame with {found} bytes in it, expected at least {least}"),
            Self::Stuffing => write!(f, "a frame that is not encoded as COBS"),
            Self::Checksum { found, expected } => {
                write!(f, "a frame with checksum {found:08x}, expected {expected:08x} for protocol version {VERSION}")
            }
        }
    }
}

impl core::error::Error for FrameError {}
