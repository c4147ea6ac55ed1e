//! Refusals: why the device did not execute a command.

use super::{NO_SESSION, VERSION};
use core::fmt;
use serde::{Deserialize, Serialize};

/// Why a command was not executed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Refusal {
    /// No message of this version.
    UnknownMessage,
    /// A different request has the sequence number of the last one.
    SequenceReused {
        /// That number.
        sequence: u16,
    },
    /// Another session than the device's: it was restarted, or another host has started a session.
    Session {
        /// The device's, or [`NO_SESSION`].
        device: u32,
    },
    /// An input or a target of another size than the network's.
    WrongLength {
        /// Bytes received.
        found: u32,
        /// Bytes expected.
        expected: u32,
    },
    /// A class for a network with numbers as targets, or the reverse.
    TargetKind,
    /// A label that is no class.
    Label {
        /// The label.
        found: u8,
        /// Number of classes.
        classes: u8,
    },
    /// A number of a message is NaN or infinite.
    NotFinite,
    /// A learning rate that is NaN or out of range.
    LearningRate {
        /// The learning rate.
        found: f32,
        /// Smallest allowed.
        least: f32,
        /// Largest allowed.
        most: f32,
    },
    /// There is no such layer, or not one that is trained alone.
    FirstTrained {
        /// The layer.
        found: u8,
        /// The largest allowed.
        most: u8,
    },
    /// The weights have another checksum than expected.
    Checksum {
        /// That of the device's weights.
        found: u32,
    },
    /// With the weights as they are, an output is not finite.
    Overflow,
    /// After the step the loss was not finite. The weights are those saved last, or those of the firmware.
    Diverged,
    /// The network's inputs are no windows of a time series.
    NoSeries,
    /// No window is complete.
    WindowIncomplete {
        /// Samples that are missing.
        missing: u16,
    },
    /// More samples than are missing to the next window, or not whole ones.
    Samples {
        /// Numbers received.
        found: u32,
        /// Most that are expected.
        most: u32,
        /// Channels of a sample.
        channels: u16,
    },
    /// The device has no memory of samples.
    NoMemory,
    /// The memory of samples is empty.
    NoSamples,
    /// Parameters that do not follow those written before, or more than there are.
    Parameters {
        /// Index of the first one.
        found: u32,
        /// Index of the first one that is missing.
        expected: u32,
    },
    /// Parameters are being written.
    Writing,
    /// Nothing valid saved for this network in flash.
    NothingSaved,
    /// A flash operation failed.
    Flash(FlashFault),
    /// The device has a key, and the message authentication code of the request is not right.
    Mac(MacFault),
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::UnknownMessage => write!(f, "the device does not know this request in version {VERSION}"),
            Self::SequenceReused { sequence } => write!(f, "sequence number {sequence} was used for another request"),
            Self::Session { device: NO_SESSION } => write!(f, "the device was restarted"),
            Self::Session { device } => write!(f, "another host has started session {device:08x} with the device"),
            Self::Mac(MacFault::Missing) => write!(f, "the device has a key, and the request no authentication code"),
            Self::Mac(MacFault::Tag) => write!(f, "the request's authentication code is not that of the device's key"),
            Self::Mac(MacFault::Counter { last }) => {
                write!(f, "the request's counter is not larger than {last}, the device's last one")
            }
            Self::WrongLength { found, expected } => write!(f, "it has {found} bytes, expected {expected}"),
            Self::TargetKind => write!(f, "a class where the network has numbers as targets, or the reverse"),
            Self::Label { found, classes } => write!(f, "label {found}, but there are {classes} classes"),
            Self::NotFinite => write!(f, "a number in it is NaN or infinite"),
            Self::LearningRate { found, least, most } => {
                write!(f, "learning rate is {found:e}, expected {least:e} to {most:e}")
            }
            Self::FirstTrained { found, most } => write!(f, "first trained layer is {found}, expected 0 to {most}"),
            Self::Checksum { found } => write!(f, "the device's weights have checksum {found:08x}"),
            Self::Overflow => write!(f, "an output of the network is not finite"),
            Self::Diverged => write!(f, "the weights diverged: they are again those saved last, or the firmware's"),
            Self::NoSeries => write!(f, "the network's inputs are no windows of a time series"),
            Self::WindowIncomplete { missing } => write!(f, "{missing} samples are missing to the next window"),
            Self::Samples { found, most, channels } => {
                write!(f, "{found} numbers, expected at most {most}, {channels} a sample")
            }
            Self::NoMemory => write!(f, "the device has no memory of samples"),
            Self::NoSamples => write!(f, "the device's memory of samples is empty"),
            Self::Parameters { found, expected } => {
                write!(f, "parameters from {found} on, but those from {expected} on are missing")
            }
            Self::Writing => write!(f, "parameters are being written"),
            Self::NothingSaved => write!(f, "no weights are saved on the device"),
            Self::Flash(FlashFault::None) => write!(f, "the board has no flash that can be written"),
            Self::Flash(fault) => write!(f, "the device's flash failed to {fault}"),
        }
    }
}

impl core::error::Error for Refusal {}

/// The fault in the message authentication code of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum MacFault {
    /// There is none.
    Missing,
    /// The tag is wrong: of another key, of another start of the device, or of another message.
    Tag,
    /// The counter is not larger than this one, of the last request that was accepted: the request is a repetition.
    Counter {
        /// That counter.
        last: u32,
    },
}

/// The flash operation that failed. The weights saved before are still there, unless they were to be erased, and those in
/// RAM are unchanged, unless a [`Command::Load`](super::Command::Load) ended in [`FlashFault::Verify`]: then they are the
/// firmware's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum FlashFault {
    /// Erase.
    Erase,
    /// Write.
    Write,
    /// Read.
    Read,
    /// Read back what was written, or read the same twice.
    Verify,
    /// The board has no flash that can be written.
    None,
}

impl fmt::Display for FlashFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Erase => "erase",
            Self::Write => "write",
            Self::Read => "read",
            Self::Verify => "keep what was written",
            Self::None => "be there",
        })
    }
}
