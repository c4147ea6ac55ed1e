//! What the golden tests share: the vectors, the tolerances and a plain float64 reference.

pub mod comparison;
pub mod reference;
pub mod tolerances;
pub mod vectors;

/// Any error ends a test, with its message.
pub type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// The README's example has to compile.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
pub struct Readme;
