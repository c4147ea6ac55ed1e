//! Error messages, as `Display`: malformed messages, refusals and flash faults.

use super::{FlashFault, MacFault, Malformed, NO_SESSION, Refusal, VERSION};
use core::fmt;

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.sequence {
            Some(sequence) => write!(f, "message {sequence} is none of protocol version {VERSION}"),
            None => write!(f, "a message without a sequence number"),
        }
    }
}

impl core::error::Error for Malformed {}

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
