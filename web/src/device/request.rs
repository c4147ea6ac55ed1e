//! The page's commands to a device, as requests of the protocol.

use dense_protocol::messages::{self, Input, Request, Step, Target};

/// A command, with what its answer is compared with.
pub(crate) enum Command {
    Hello,
    Checksum,
    ReadParameters,
    Infer { input: Vec<u8> },
    Learn { input: Vec<u8>, label: u8, learning_rate: f32 },
}

impl Command {
    /// Its name in errors.
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::Hello => "hello",
            Self::Checksum => "checksum",
            Self::ReadParameters => "read parameters",
            Self::Infer { .. } => "infer",
            Self::Learn { .. } => "learn",
        }
    }

    /// The request. A step is refused where the device's weights have another checksum than `expected`; parameters are
    /// read from `first` on.
    pub(super) fn request(&self, sequence: u16, session: u32, expected: u32, first: u32) -> Request<'_> {
        let command = match self {
            Self::Hello => messages::Command::Hello,
            Self::Checksum => messages::Command::Checksum,
            Self::ReadParameters => messages::Command::ReadParameters { first },
            Self::Infer { input } => messages::Command::Infer { input: Input::Values(input) },
            &Self::Learn { ref input, label, learning_rate } => messages::Command::Learn {
                input: Input::Values(input),
                target: Target::Class(label),
                step: Step { learning_rate, first_trained: 0 },
                expected: Some(expected),
            },
        };
        // Without a key: a device that has one refuses to learn.
        Request { sequence, session, command, mac: &[] }
    }
}
