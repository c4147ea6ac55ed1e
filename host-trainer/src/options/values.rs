//! Types and parsers of option values.

use std::ffi::OsStr;

use clap::builder::{PossibleValue, TypedValueParser};
use clap::{Arg, Command, ValueEnum};
use dense_core::Kernel;
use dense_core::optimizers::{LARGEST_LEARNING_RATE, SMALLEST_LEARNING_RATE};

use crate::failure::Failure;

/// The code asked to do the arithmetic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum KernelChoice {
    /// The fastest kernel this machine has
    Auto,
    /// Plain Rust, for every machine
    Portable,
    /// x86-64 with AVX2
    Avx2,
    /// x86-64 with AVX-512
    Avx512,
    /// AArch64 with Neon
    Neon,
}

impl KernelChoice {
    /// The kernel itself.
    ///
    /// # Errors
    /// If this machine lacks the kernel.
    pub fn kernel(self) -> Result<Kernel, Failure> {
        let name = match self {
            Self::Auto => return Ok(Kernel::best()),
            Self::Portable => "portable",
            Self::Avx2 => "avx2",
            Self::Avx512 => "avx512",
            Self::Neon => "neon",
        };
        Kernel::by_name(name).map_err(|error| Failure::about("--kernel", error))
    }
}

/// Parses the name of one of some values.
pub(crate) fn by_name<T: Copy>(text: &str, all: &[T], name: impl Fn(T) -> &'static str) -> Result<T, String> {
    let names = || all.iter().map(|&value| name(value)).collect::<Vec<_>>().join(", ");
    all.iter().copied().find(|&value| name(value) == text).ok_or_else(|| format!("must be one of {}", names()))
}

/// A parser whose values, or the usual ones, are listed for the completions of shells.
#[derive(Clone)]
pub(crate) struct Listed<T> {
    parse: fn(&str) -> Result<T, String>,
    values: Vec<&'static str>,
}

/// The parser `parse`, with a list of values.
pub(crate) fn listed<T, const N: usize>(parse: fn(&str) -> Result<T, String>, values: [&'static str; N]) -> Listed<T> {
    Listed { parse, values: values.into() }
}

impl<T: Clone + Send + Sync + 'static> TypedValueParser for Listed<T> {
    type Value = T;

    fn parse_ref(&self, command: &Command, option: Option<&Arg>, value: &OsStr) -> Result<T, clap::Error> {
        self.parse.parse_ref(command, option, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(self.values.iter().map(PossibleValue::new)))
    }
}

/// A parser of whole numbers from 1 to `maximum`.
pub(crate) fn whole_number(maximum: usize) -> impl Fn(&str) -> Result<usize, String> + Clone {
    move |text| match text.parse() {
        Ok(number) if (1..=maximum).contains(&number) => Ok(number),
        _ => Err(format!("must be a whole number from 1 to {maximum}")),
    }
}

/// Parses a number of bytes, such as 24K.
pub(crate) fn room(text: &str) -> Result<usize, String> {
    const MOST: usize = 16 << 20;
    let (digits, unit) = text.strip_suffix('K').map_or((text, 1), |digits| (digits, 1024));
    match digits.parse::<usize>().ok().and_then(|number| number.checked_mul(unit)) {
        Some(bytes @ 0..=MOST) => Ok(bytes),
        _ => Err(format!("must be a number of bytes from 0 to {}K, such as 24K", MOST >> 10)),
    }
}

/// Parses a learning rate that the optimizers accept.
pub(crate) fn learning_rate(text: &str) -> Result<f32, String> {
    match text.parse::<f32>() {
        Ok(number) if (SMALLEST_LEARNING_RATE..=LARGEST_LEARNING_RATE).contains(&number) => Ok(number),
        _ => Err(format!("must be a number from {SMALLEST_LEARNING_RATE:e} to {LARGEST_LEARNING_RATE:e}")),
    }
}

pub(super) fn verbosity(text: &str) -> Result<u8, String> {
    match text.parse() {
        Ok(level @ 0..=2) => Ok(level),
        _ => Err("must be 0, 1 or 2".into()),
    }
}

/// Parses a seed.
pub(super) fn seed(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("must be a whole number from 0 to {}", u64::MAX))
}

/// Parses a share of something, of which something else is to be left.
pub(crate) fn share(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(number) if number > 0.0 && number < 1.0 => Ok(number),
        _ => Err("must be a number between 0 and 1".into()),
    }
}

/// Parses a height and a width, such as 28x28.
pub(crate) fn size(text: &str) -> Result<[usize; 2], String> {
    let parts = text.split_once('x').and_then(|(height, width)| Some([height.parse().ok()?, width.parse().ok()?]));
    match parts {
        Some(size @ [1..=256, 1..=256]) => Ok(size),
        _ => Err("must be HEIGHTxWIDTH, each from 1 to 256, such as 28x28".into()),
    }
}
