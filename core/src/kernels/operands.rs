//! The operands of the kernels that are specific to a type of samples. `dispatch` has checked their lengths.

use super::Rows;

/// The parameters of a forward pass Y = (X·Wᵀ) · `scale` + b.
#[derive(Clone, Copy, Debug)]
pub struct Affine<'a> {
    /// Inputs of a row of X.
    pub width: usize,
    /// W, `[units][width]` in the order of [`weight_index`](super::weight_index).
    pub weights: &'a [f32],
    /// b, `[units]`.
    pub bias: &'a [f32],
    /// The scale of the samples.
    pub scale: f32,
}

/// The operands of a weight gradient dW = (dYᵀ·X) · `scale`.
#[derive(Clone, Copy, Debug)]
pub struct WeightGradient<'a, T> {
    /// X, `[batch][inputs]`.
    pub rows: Rows<'a, T>,
    /// dY, `[batch][units]`.
    pub deltas: &'a [f32],
    /// Columns of dY.
    pub units: usize,
    /// The scale of the samples, divided by their number for a mean.
    pub scale: f32,
}
