//! The loops that everything is made of. They know slices of numbers and no layer.
//!
//! `portable` is the specification: every other version returns the same 32 bits for every output, for finite inputs.
//! What it fixes:
//!
//! - **A dot product** has 16 partial sums. Element i goes to sum i mod 16, in rising i, by fused multiply-add from
//!   +0.0; then sums l and l + 8 are added, l and l + 4, l and l + 2, l and l + 1. Scale and bias come last, fused.
//! - **The sum of a softmax** has the same 16 partial sums, by addition.
//! - **A gradient** is a fused multiply-add per sample, in the order of the batch, from +0.0; then one multiplication.
//!   Gradient descent folds that multiplication into the learning rate.
//! - `exp`, `ln` and where small becomes zero are in [`math`](crate::math). A NaN that comes out is
//!   [`math::NAN`](crate::math::NAN).
//!
//! Samples, weights and deltas are to be finite. Where one is not, the bits of a NaN that comes of it depend on the
//! machine; losses refuse logits that are not finite, so a training step never gets that far.

#[cfg(fpv4)]
#[allow(unsafe_code)]
mod cortex_m;
pub mod elementwise;
pub mod int8;
mod layout;
#[cfg(target_arch = "aarch64")]
#[allow(unsafe_code)]
mod neon;
mod portable;
mod rows;
#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code)]
mod x86;

mod dispatch;

pub use dispatch::{
    Kernel, KernelError, forward, forward_int8, input_gradient, softmax, softmax_cross_entropy, weight_gradient,
    weight_gradient_adam, weight_gradient_momentum, weight_gradient_sgd,
};
pub use layout::weight_index;
pub(crate) use portable::{largest, softmax_row};
pub use rows::Rows;

#[cfg(all(fpv4, not(helium)))]
use cortex_m::fpv4::Load;
#[cfg(helium)]
use cortex_m::helium::Load;
#[cfg(fpv4)]
pub(crate) use cortex_m::scalar::{exp_nonpositive, fused_multiply_add, ln, sqrt};
#[cfg(target_arch = "aarch64")]
use neon::Load;
#[cfg(not(any(fpv4, target_arch = "aarch64", target_arch = "x86_64")))]
use portable::Load;
#[cfg(target_arch = "x86_64")]
use x86::Load;

/// `bytes[i]` = `table[bytes[i]]`.
pub(crate) fn look_up(table: &[u8; 256], bytes: &mut [u8]) {
    #[cfg(all(fpv4, not(helium)))]
    return cortex_m::look_up::look_up(table, bytes);
    #[cfg(not(all(fpv4, not(helium))))]
    {
        let replace = |byte: &mut u8| *byte = table[usize::from(*byte)];
        // Several at once, as a loop takes a processor without speculation longer than the look-up.
        let (many, rest) = bytes.as_chunks_mut::<8>();
        many.iter_mut().for_each(|bytes| bytes.iter_mut().for_each(replace));
        rest.iter_mut().for_each(replace);
    }
}

/// A number that a sample can be made of: `u8` or `f32`, and no other.
pub trait Element: Copy + Into<f32> + Load {
    /// What a sum over such numbers is multiplied by: a pixel counts as value / 255.
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

/// What momentum multiplies by in one step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MomentumStep {
    /// The step for a gradient of 1.
    pub learning_rate: f32,
    /// The part of a velocity that is left after a step; at least 2⁻²⁰, so that no product is too small.
    pub momentum: f32,
    /// Whether the weight goes on from where the velocity is about to take it.
    pub nesterov: bool,
}

/// What Adam multiplies by in one step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AdamStep {
    /// The learning rate with the bias corrections in it.
    pub step_size: f32,
    /// 1 − β₁.
    pub first_share: f32,
    /// 1 − β₂.
    pub second_share: f32,
    /// ε, added to the root.
    pub epsilon: f32,
}

/// Parameters with the running means of their gradients and of the squares of them; all three of the same length.
#[derive(Debug)]
pub struct AdamParameters<'a> {
    /// The weights or biases.
    pub values: &'a mut [f32],
    /// The running means.
    pub first_moments: &'a mut [f32],
    /// The running means of squares.
    pub second_moments: &'a mut [f32],
}

/// How a batch did.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Score {
    /// The sum of the samples' losses, added in their order; no more than [`f32::MAX`].
    pub loss: f32,
    /// How many samples had their largest logit at their label; of equal logits, the first counts as the largest. With
    /// a single logit, how many had it on the right side of zero.
    pub correct: u32,
    /// The sum of the samples' mean distances from their targets, where targets are numbers; no more than [`f32::MAX`].
    pub absolute_error: f32,
}

impl Score {
    /// Counts one more sample.
    pub(crate) fn add(&mut self, loss: f32, correct: bool) {
        let sum = self.loss + loss;
        self.loss = if sum < f32::MAX { sum } else { f32::MAX };
        self.correct += u32::from(correct);
    }
}
