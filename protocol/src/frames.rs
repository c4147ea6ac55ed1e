//! Frames on a serial line: COBS around a message and its CRC-32C, lowest byte first, with a zero at the end.
//!
//! The zero occurs nowhere else in a frame, so after lost or changed bytes the decoder is synchronised again at the next
//! one. The checksum is of the protocol's version and the message.

use crate::checksum::Checksum;
use crate::messages::VERSION;
use cobs::{DecodeResult, DecoderState, EncoderState, PushResult};
use core::fmt;
use heapless::{Vec, VecView};
use postcard::ser_flavors::Flavor;
use serde::Serialize;

/// Longest frame that any device sends or receives, in bytes, the zero at the end included: what a host has room for.
pub const MAX_FRAME: usize = 16 * 1024;
/// Bytes of a checksum.
const CHECKSUM: usize = size_of::<u32>();

/// Bytes of the longest frame around a message of up to `message` bytes: COBS adds a byte, and one for every 254.
#[must_use]
pub const fn frame_bytes(message: usize) -> usize {
    let stuffed = message + CHECKSUM;
    stuffed + 1 + stuffed / 254 + 1
}

/// Serialises `message` into `frame`, which is cleared first.
///
/// # Errors
/// [`FrameError::TooLong`] where the frame does not fit into `N` bytes.
pub fn encode<const N: usize>(message: &impl Serialize, frame: &mut Vec<u8, N>) -> Result<(), FrameError> {
    encode_into(message, frame)
}

/// The same for any length, so that a program with frames of several lengths has this code once.
#[inline(never)]
fn encode_into(message: &impl Serialize, frame: &mut VecView<u8>) -> Result<(), FrameError> {
    let most = frame.capacity();
    Encoder::new(frame)
        .and_then(|encoder| postcard::serialize_with_flavor(message, encoder))
        .map_err(|_| FrameError::TooLong { most })
}

/// COBS encoder that postcard serialises into.
struct Encoder<'a> {
    frame: &'a mut VecView<u8>,
    state: EncoderState,
    checksum: Checksum,
}

impl<'a> Encoder<'a> {
    fn new(frame: &'a mut VecView<u8>) -> postcard::Result<Self> {
        frame.clear();
        // Place of the first length.
        frame.push(0).map_err(|_| postcard::Error::SerializeBufferFull)?;
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

impl Flavor for Encoder<'_> {
    type Output = ();

    fn try_push(&mut self, byte: u8) -> postcard::Result<()> {
        self.try_extend(&[byte])
    }

    // Once in the program, not in every place that writes a number.
    #[inline(never)]
    fn try_extend(&mut self, bytes: &[u8]) -> postcard::Result<()> {
        self.checksum.update(bytes);
        bytes.iter().try_for_each(|&byte| self.stuff(byte))
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

/// Incremental decoder of a stream of bytes, for frames of up to `N` bytes.
#[derive(Debug, Default)]
pub struct Decoder<const N: usize> {
    state: DecoderState,
    /// Message and checksum of the frame so far.
    decoded: Vec<u8, N>,
    /// Bytes of the frame so far.
    received: usize,
    /// First fault of the frame so far.
    fault: Option<FrameError>,
}

impl<const N: usize> Decoder<N> {
    /// A decoder at the start of a frame.
    #[must_use]
    pub const fn new() -> Self {
        Self { state: DecoderState::Idle, decoded: Vec::new(), received: 0, fault: None }
    }

    /// Decodes one byte and returns the message at the end of a frame. It may be changed in place; the next frame
    /// overwrites it. Zeros between frames are ignored.
    ///
    /// # Errors
    /// [`FrameError`] at the end of a damaged frame.
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
        if self.received > N {
            return Err(FrameError::TooLong { most: N });
        }
        match self.state.feed(byte).map_err(|_| FrameError::Stuffing)? {
            DecodeResult::DataContinue(byte) => self.decoded.push(byte).map_err(|_| FrameError::TooLong { most: N }),
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

/// Why a frame is invalid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameError {
    /// More bytes than allowed.
    TooLong {
        /// Bytes allowed.
        most: usize,
    },
    /// Shorter than a checksum.
    TooShort {
        /// Bytes decoded.
        found: usize,
        /// Bytes of a checksum.
        least: usize,
    },
    /// Invalid COBS.
    Stuffing,
    /// Wrong checksum: the frame was changed on the line, or is of another version of the protocol.
    Checksum {
        /// Checksum in the frame.
        found: u32,
        /// Checksum of the message in the frame.
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
