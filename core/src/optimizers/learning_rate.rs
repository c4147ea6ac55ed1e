//! The range of learning rates, and the check of settings.

use crate::Error;

/// Lower limit of the learning rate, 2⁻⁴⁰: far below any that learns, and large enough for the arithmetic of
/// [`math`](crate::math).
pub const SMALLEST_LEARNING_RATE: f32 = 1.0 / (1_u64 << 40) as f32;
/// Upper limit of the learning rate: any finite number.
pub const LARGEST_LEARNING_RATE: f32 = f32::MAX;

pub(super) const fn check_learning_rate(learning_rate: f32) -> Result<(), Error> {
    check("learning rate", learning_rate, SMALLEST_LEARNING_RATE, LARGEST_LEARNING_RATE)
}

pub(super) const fn check(what: &'static str, found: f32, least: f32, most: f32) -> Result<(), Error> {
    if found >= least && found <= most {
        return Ok(());
    }
    Err(Error::Setting { what, found, least, most })
}
