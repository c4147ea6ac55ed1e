//! The error of reading and writing model files.

use dense_core::math::BACKEND;

/// Why a model file cannot be read or written. Texts from a file are escaped.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "the messages say what the fields are")]
pub enum Error {
    /// The contents contradict their format.
    #[error("not a valid {format} file: {fault}")]
    Format { format: &'static str, fault: String },
    /// A tensor is missing, or has another type, shape or number than it should.
    #[error("tensor `{name}`: {fault}")]
    Tensor { name: String, fault: String },
    /// A layer or an operator that no dense network has.
    #[error("{name}: {fault}")]
    Layer { name: String, fault: String },
    /// The parts of a model do not fit together, or are beyond the limits of this program.
    #[error("{0}")]
    Model(String),
    /// The model was trained with another `exp`, so that it would give other bits here.
    #[error("trained with backend {found}, and this program has {}", BACKEND.name())]
    Backend { found: String },
    /// The file does not say what an option has to; `what` has a verb: `the activation of hidden layers is`.
    #[error("{what} not in the file: give {option}")]
    Needed { what: &'static str, option: &'static str },
    /// An option and the file say different things.
    #[error("{option}: the file says {found}, not {given}")]
    Contradiction { option: &'static str, found: String, given: String },
    /// None of the formats.
    #[error("{0}")]
    Unknown(String),
}

impl Error {
    pub(crate) fn format(format: &'static str, fault: impl std::fmt::Display) -> Self {
        Self::Format { format, fault: fault.to_string().escape_debug().to_string() }
    }

    pub(crate) fn tensor(name: &str, fault: impl Into<String>) -> Self {
        Self::Tensor { name: name.escape_debug().to_string(), fault: fault.into() }
    }

    #[cfg(feature = "foreign")]
    pub(crate) fn layer(kind: &str, name: &str, fault: impl Into<String>) -> Self {
        let name = if name.is_empty() {
            kind.escape_debug().to_string()
        } else {
            format!("{} `{}`", kind.escape_debug(), name.escape_debug())
        };
        Self::Layer { name, fault: fault.into() }
    }
}
