//! Why a command failed.

use std::any::Any;
use std::error::Error;
use std::fmt;

use training::FitError;

use crate::device::DeviceError;
use crate::interrupt;

/// The message for the user, and the exit code.
#[derive(Debug)]
pub struct Failure {
    message: String,
    exit_code: u8,
}

impl Failure {
    /// Invalid input: exit code 2.
    pub fn new(message: impl fmt::Display) -> Self {
        Self { message: message.to_string(), exit_code: 2 }
    }

    /// A run that failed, such as a training that diverged or a device that computes other bits: exit code 1.
    pub fn of_result(message: impl fmt::Display) -> Self {
        Self { message: message.to_string(), exit_code: 1 }
    }

    /// The user has interrupted the command.
    pub fn interrupted(message: impl fmt::Display) -> Self {
        Self { message: message.to_string(), exit_code: interrupt::EXIT_CODE }
    }

    /// A training failed.
    pub fn of_fit(error: FitError) -> Self {
        match error {
            FitError::Diverged { .. } => Self::of_result(error),
            error => Self::new(error),
        }
    }

    /// With what the failure is about before the message.
    pub fn about(what: impl fmt::Display, error: impl fmt::Display) -> Self {
        Self::new(format!("{what}: {error}"))
    }

    /// The exit code of the program.
    pub const fn exit_code(&self) -> u8 {
        self.exit_code
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl<E: Error + 'static> From<E> for Failure {
    fn from(error: E) -> Self {
        match (&error as &dyn Any).downcast_ref() {
            Some(DeviceError::Differs { .. }) => Self::of_result(error),
            _ => Self::new(error),
        }
    }
}
