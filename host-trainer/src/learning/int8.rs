//! TEMP
use dense_core::{Error, Kernel};
use formats::{Int8Network, Loss};
use super::Network;
use crate::data::Inputs;
/// .
pub const CALIBRATION_SAMPLES: usize = 5000;
/// .
pub fn quantize(_: &Network, _: &Inputs, _: Kernel) -> Result<Int8Network, Error> { Err(Error::EmptyBatch) }
/// .
pub fn predict(_: &Int8Network, _: Loss, _: &Inputs, _: Kernel) -> Result<Vec<f32>, Error> { Err(Error::EmptyBatch) }
