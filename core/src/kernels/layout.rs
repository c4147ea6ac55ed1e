//! In which order the weights of a layer lie in memory: the only place that knows.
//!
//! Most kernels want the weights of an output side by side, to multiply them with a sample as it lies. `fpv4` wants
//! those of an input side by side, so that an input that is zero is passed over with all of them. The order follows
//! from the target and shows in no result.

/// Where the weight of `input` in the sum of `output` is.
#[inline]
#[must_use]
pub const fn weight_index(output: usize, input: usize, outputs: usize, inputs: usize) -> usize {
    if cfg!(fpv4) { input * outputs + output } else { output * inputs + input }
}
