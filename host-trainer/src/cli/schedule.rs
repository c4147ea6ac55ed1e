//! What becomes of the learning rate, as it is written on the command line.

use std::fmt;

/// What becomes of the learning rate in the course of a fit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Schedule {
    /// It stays.
    Constant,
    /// It falls to nothing along half a cosine.
    Cosine,
    /// It is multiplied by a factor after every so many epochs.
    Step {
        /// How many.
        epochs: usize,
        /// The factor, between 0 and 1.
        factor: f32,
    },
}

impl Schedule {
    /// Reads what [`Display`](fmt::Display) writes.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let parts: Vec<&str> = text.split(':').collect();
        match parts[..] {
            ["constant"] => return Ok(Self::Constant),
            ["cosine"] => return Ok(Self::Cosine),
            ["step", epochs, factor] => {
                if let (Ok(epochs @ 1..), Ok(factor)) = (epochs.parse(), factor.parse::<f32>())
                    && factor > 0.0
                    && factor < 1.0
                {
                    return Ok(Self::Step { epochs, factor });
                }
            }
            _ => {}
        }
        Err("must be constant, cosine or step:EPOCHS:FACTOR with a factor between 0 and 1, such as step:5:0.5".into())
    }
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Constant => f.write_str("constant"),
            Self::Cosine => f.write_str("cosine"),
            Self::Step { epochs, factor } => write!(f, "step:{epochs}:{factor}"),
        }
    }
}
