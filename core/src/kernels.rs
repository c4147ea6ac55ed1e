//! Compute kernels over slices: forward, input gradient, weight gradient with update, softmax, elementwise functions,
//! int8.
//!
//! `portable` is the specification: every other kernel returns the same bits for finite inputs. `vector` is written
//! once for AVX-512, AVX2 and NEON, `cortex_m` for FPv4 and Helium; [`updates`] holds the rules of the optimizers, and
//! `dispatch` the table of kernels.
//!
//! # Specification
//!
//! - **A dot product** has 16 partial sums. Element i goes to sum i mod 16, in rising i, by fused multiply-add from
//!   +0.0; then sums l and l + 8 are added, l and l + 4, l and l + 2, l and l + 1. Scale and bias come last, fused.
//! - **The sum of a softmax** has the same 16 partial sums, by addition.
//! - **A gradient** is a fused multiply-add per sample, in the order of the batch, from +0.0; then one multiplication.
//!   Gradient descent folds that multiplication into the learning rate; Adam and RMSprop clamp the product to
//!   ±[`LARGEST_GRADIENT`](crate::math::LARGEST_GRADIENT).
//! - `exp`, `ln` and the thresholds of flushing to zero are those of [`math`](crate::math). A NaN result is
//!   [`math::NAN`](crate::math::NAN).
//!
//! Samples, weights and deltas must be finite; otherwise the bits of a NaN result depend on the machine. Losses refuse
//! logits that are not finite, so a training step never does this.

#[cfg(fpv4)]
#[allow(unsafe_code)]
mod cortex_m;
#[cfg(target_arch = "x86_64")]
mod cpu_features;
mod dispatch;
pub mod elementwise;
pub mod int8;
mod layout;
mod operands;
mod portable;
mod rows;
mod score;
pub mod updates;
#[allow(unsafe_code)]
mod vector;

pub(crate) use dispatch::requantize;
pub use dispatch::{
    Kernel, KernelError, forward, forward_int8, input_gradient, softmax, softmax_cross_entropy, weight_gradient_update,
};
use dispatch::{RuleKernels, SampleKernels};
pub use layout::weight_index;
pub(crate) use portable::{largest, softmax_row};
pub use rows::Rows;
pub use score::Score;

#[cfg(all(fpv4, not(helium)))]
use cortex_m::fpv4::Load;
#[cfg(helium)]
use cortex_m::helium::Load;
#[cfg(fpv4)]
pub(crate) use cortex_m::scalar::{exp_nonpositive, fused_multiply_add, ln, sqrt};
#[cfg(not(fpv4))]
use vector::Load;

/// The element type of a sample: `u8` or `f32`. Sealed, since the loads are private to the kernels.
#[diagnostic::on_unimplemented(
    message = "samples are made of `u8` or `f32`, not of `{Self}`",
    note = "`u8` is for pixels, which are scaled by 1/255; any other number is an `f32`"
)]
pub trait Element: Copy + Into<f32> + Load + SampleKernels {
    /// The scale of the values: 1/255 for pixels, 1 for f32.
    const SCALE: f32;

    /// Whether it is neither NaN nor infinite.
    #[must_use]
    fn is_finite(self) -> bool;

    /// Whether all `values` are neither NaN nor infinite.
    #[must_use]
    fn all_finite(values: &[Self]) -> bool;
}

impl Element for u8 {
    const SCALE: f32 = 1.0 / 255.0;

    fn is_finite(self) -> bool {
        true
    }

    fn all_finite(_: &[Self]) -> bool {
        true
    }
}

impl Element for f32 {
    const SCALE: f32 = 1.0;

    fn is_finite(self) -> bool {
        self.is_finite()
    }

    fn all_finite(values: &[Self]) -> bool {
        #[cfg(all(fpv4, not(helium)))]
        return cortex_m::fpv4::all_finite(values);
        #[cfg(helium)]
        return cortex_m::helium::all_finite(values);
        // Without an early exit this is a few vector instructions.
        #[cfg(not(fpv4))]
        values.iter().fold(true, |finite, value| finite & value.is_finite())
    }
}

/// Replaces each byte by its entry in `table`.
pub(crate) fn look_up(table: &[u8; 256], bytes: &mut [u8]) {
    #[cfg(all(fpv4, not(helium)))]
    return cortex_m::look_up::look_up(table, bytes);
    #[cfg(helium)]
    return cortex_m::helium::look_up(table, bytes);
    #[cfg(not(fpv4))]
    {
        let replace = |byte: &mut u8| *byte = table[usize::from(*byte)];
        // Unrolled: on an in-order processor the loop takes longer than the look-up.
        let (many, rest) = bytes.as_chunks_mut::<8>();
        many.iter_mut().for_each(|bytes| bytes.iter_mut().for_each(replace));
        rest.iter_mut().for_each(replace);
    }
}
