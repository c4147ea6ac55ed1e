//! Protocol of host and device: the host sends an image, and the device answers with its class and probabilities.
//!
//! Either is a message in a frame. A frame is what COBS makes of the message and its CRC-32C (lowest byte first), with a
//! zero at the end, so after lost or changed bytes the next frame is whole again. Any number of zeros may stand between
//! two frames.
//!
//! | message | bytes | |
//! |---|---|---|
//! | image | [`INPUTS`] | the pixels, row after row, bright on black |
//! | answer | 1 | [`CLASSIFIED`] |
//! | | 1 | the class of the largest logit; of equal ones, the first |
//! | | 2 · [`OUTPUTS`] | the probabilities in 32,768ths, the lower byte first |
//! | refusal | 1 | a [`Refusal`]: the host may send the image again |

/// The pixels of an image.
pub const INPUTS: usize = 784;
/// The classes.
pub const OUTPUTS: usize = 10;
/// The first byte of an answer to an image.
pub const CLASSIFIED: u8 = 0;

/// Bytes of a checksum.
pub const CHECKSUM: usize = size_of::<u32>();
/// Bytes of an answer.
pub const ANSWER: usize = 2 + 2 * OUTPUTS;
/// Bytes of the longest frame with an answer: COBS adds one in front, and a zero is at the end.
pub const ANSWER_FRAME: usize = 1 + ANSWER + CHECKSUM + 1;

/// Why a frame holds no image, as the only byte of the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Refusal {
    /// It is not what COBS makes.
    Stuffing = 1,
    /// It has more or fewer pixels than [`INPUTS`].
    Length = 2,
    /// Its checksum is not that of its pixels.
    Checksum = 3,
}
