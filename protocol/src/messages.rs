//! Requests of the host and answers of the device, serialised by postcard.
//!
//! The host sends one request at a time, with a sequence number that its answer repeats. Where no answer comes, it sends
//! the same request again: the device repeats its answer without executing the command twice.
//!
//! A [`Command::Hello`] starts a session, whose number the host chooses at random. A device that has restarted is in no
//! session, so it refuses all but a hello, and every answer says so: no lesson is done twice, or lost unnoticed.
//!
//! A device with a key refuses every command that changes it ([`Command::is_change`]) unless its
//! request has the right message authentication code.

mod command;
mod floats;
mod hello;
mod refusal;
mod reply;

use core::fmt;
use postcard::take_from_bytes;
use serde::Deserialize;

pub use command::{Command, Input, Request, Step, Target};
pub use floats::Floats;
pub use hello::{Authentication, ClockSource, Element, Form, Hello, Network, Origin, SampleMemory, Task, Window};
pub use refusal::{FlashFault, MacFault, Refusal};
pub use reply::{Answer, Counters, Inferred, Learned, Practised, Reply, Saved};

/// Version of the protocol, covered by the checksum of every frame: devices and hosts of different versions do not
/// understand each other at all, rather than wrongly.
pub const VERSION: u8 = 3;
/// The number of no session: that of a device since its start.
pub const NO_SESSION: u32 = 0;
/// Bytes of a tag: the first half of an HMAC-SHA-256.
pub const TAG: usize = 16;
/// Bytes of a message authentication code: a counter and a tag.
pub const MAC: usize = 4 + TAG;

/// The sequence number, then the rest, apart: where the rest is wrong, the number is still known.
fn deserialize<'a, T: Deserialize<'a>>(message: &'a [u8]) -> Result<(u16, T), Malformed> {
    let (sequence, rest) = take_from_bytes(message).map_err(|_| Malformed { sequence: None })?;
    match take_from_bytes(rest) {
        Ok((value, [])) => Ok((sequence, value)),
        _ => Err(Malformed { sequence: Some(sequence) }),
    }
}

/// A message that cannot be deserialised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// Its sequence number, where that much is valid.
    pub sequence: Option<u16>,
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.sequence {
            Some(sequence) => write!(f, "message {sequence} is none of protocol version {VERSION}"),
            None => write!(f, "a message without a sequence number"),
        }
    }
}

impl core::error::Error for Malformed {}
