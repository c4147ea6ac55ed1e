//! Compute kernels over slices: forward, input gradient, weight gradient with its update, softmax. They know no layer.
//!
//! `portable` is the specification: every other kernel returns the same 32 bits for every output, for finite inputs.
//! `vector` is written once for AVX-512, AVX2 and NEON, [`updates`] holds the rules of the optimizers, and `dispatch` has
//! the table of kernels.
//! What the specification fixes:
//!
//! - **A dot product** has 16 partial sums. Element i goes to sum i mod 16, in rising i, by fused multiply-add from
//!   +0.0; then sums l and l + 8 are added, l and l + 4, l and l + 2, l and l + 1. Scale and bias come last, fused.
//! - **The sum of a softmax** has the same 16 partial sums, by addition.
//! - **A gradient** is a fused multiply-add per sample, in the order of the batch, from +0.0; then one multiplication.
//!   Gradient descent folds that multiplication into the learning rate; Adam and RMSprop clamp the product to
//!   ±[`LARGEST_GRADIENT`](crate::math::LARGEST_GRADIENT).
//! - `exp`, `ln` and where small becomes zero are in [`math`](crate::math). A NaN that comes out is
//!   [`math::NAN`](crate::math::NAN).
//!
//! Samples, weights and deltas are to be finite. Where one is not, the bits of a NaN that comes of it depend on the
//! machine; losses refuse logits that are not finite, so a training step never gets that far.

#[cfg(target_arch = "x86_64")]
mod cpu_features;
mod dispatch;
pub mod elementwise;
#[cfg(fpv4)]
#[allow(unsafe_code)]
mod fpv4;
pub mod int8;
mod layout;
pub mod losses;
mod portable;
mod rows;
mod steps;
pub mod updates;
#[allow(unsafe_code)]
mod vector;

pub use dispatch::{
    Kernel, KernelError, forward, forward_int8, input_gradient, softmax, softmax_cross_entropy, weight_gradient_update,
};
pub use layout::weight_index;
pub use rows::Rows;
pub use steps::{
    AdamParameters, AdamStep, MomentumStep, weight_gradient, weight_gradient_adam, weight_gradient_momentum,
    weight_gradient_sgd,
};

#[cfg(fpv4)]
use fpv4::Load;
#[cfg(fpv4)]
pub(crate) use fpv4::{exp_nonpositive, fused_multiply_add, sqrt};
#[cfg(not(fpv4))]
use vector::Load;

/// A number that a sample can be made of: `u8` or `f32`, and no other, since how to load it is private to the kernels.
pub trait Element: Copy + Into<f32> + Load {
    /// What a sum over such numbers is multiplied by: a pixel counts as value / 255.
    const SCALE: f32;

    /// Whether it is neither NaN nor infinite.
    #[must_use]
    fn is_finite(self) -> bool;
}

impl Element for u8 {
    const SCALE: f32 = 1.0 / 255.0;

    fn is_finite(self) -> bool {
        true
    }
}

impl Element for f32 {
    const SCALE: f32 = 1.0;

    fn is_finite(self) -> bool {
        self.is_finite()
    }
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
    fn add(&mut self, loss: f32, correct: bool) {
        let sum = self.loss + loss;
        self.loss = if sum < f32::MAX { sum } else { f32::MAX };
        self.correct += u32::from(correct);
    }
}
