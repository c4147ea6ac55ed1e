//! Elementwise map and zip: activations, their derivatives, weight decay.
//!
//! Each loop is compiled for the instruction set of every kernel and vectorised by the compiler. No element depends on
//! another, so a vector performs the IEEE operations of the scalar loop and returns the same bits.

pub(super) mod loops;

use super::Kernel;
#[cfg(all(fpv4, not(helium)))]
use super::cortex_m::fpv4 as fpu;
#[cfg(helium)]
use super::cortex_m::helium as fpu;
use super::dispatch::{self, check};
use crate::Error;
#[cfg(fpv4)]
use crate::activations::{Activation, Relu};
use crate::math::{SMALLEST_WEIGHT, canonical, flush_below, fused_multiply_add};

/// `values[i]` = `function(values[i])`.
///
/// To be vectorised, `function` and all that it calls have to be `#[inline(always)]` and free of branches that the
/// compiler cannot turn into selections.
#[inline]
pub fn map(kernel: Kernel, values: &mut [f32], function: impl Fn(f32) -> f32) {
    dispatch::map(kernel, values, function);
}

/// `values[i]` = `function(others[i], values[i])`; `function` as for [`map`].
///
/// # Errors
/// [`Error::Length`] where the slices differ in length.
#[inline]
pub fn zip(
    kernel: Kernel,
    others: &[f32],
    values: &mut [f32],
    function: impl Fn(f32, f32) -> f32,
) -> Result<(), Error> {
    check("outputs", others.len(), values.len())?;
    dispatch::zip(kernel, others, values, function);
    Ok(())
}

/// [`Relu::forward`](crate::activations::Relu), in assembly: the compiler does not vectorise it for Helium, nor is it
/// good at it for the M4F.
#[cfg(fpv4)]
pub(crate) fn relu(kernel: Kernel, values: &mut [f32]) {
    if kernel == Kernel::PORTABLE {
        map(kernel, values, Relu::value);
    } else {
        fpu::relu(values);
    }
}

/// [`Relu::backward`](crate::activations::Relu), for the same reason.
///
/// # Errors
/// As [`zip`].
#[cfg(fpv4)]
pub(crate) fn relu_backward(kernel: Kernel, outputs: &[f32], deltas: &mut [f32]) -> Result<(), Error> {
    if kernel == Kernel::PORTABLE {
        return zip(kernel, outputs, deltas, Relu::gradient);
    }
    check("outputs", outputs.len(), deltas.len())?;
    fpu::relu_backward(outputs, deltas);
    Ok(())
}

/// Weight decay: w ← w − `share` · w; below [`SMALLEST_WEIGHT`], +0.0.
pub fn decay(kernel: Kernel, parameters: &mut [f32], share: f32) {
    map(
        kernel,
        parameters,
        #[inline(always)]
        |parameter| canonical(flush_below(fused_multiply_add(-share, parameter, parameter), SMALLEST_WEIGHT)),
    );
}
