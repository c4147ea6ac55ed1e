//! The error of choosing a kernel by name.

use core::fmt;

use super::Kernel;

/// The error of [`Kernel::by_name`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KernelError {
    /// No kernel has that name.
    Unknown,
    /// This machine lacks the instructions of the kernel named.
    Missing(&'static str),
}

impl fmt::Display for KernelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown => {
                write!(f, "no kernel has that name; there are")?;
                for (position, name) in Kernel::NAMES.iter().enumerate() {
                    write!(f, "{} {name}", if position == 0 { "" } else { "," })?;
                }
                Ok(())
            }
            Self::Missing(name) => write!(f, "this machine lacks the instructions of kernel {name}"),
        }
    }
}

impl core::error::Error for KernelError {}
