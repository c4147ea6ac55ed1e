//! The order of a layer's weights in memory: the only place that knows it.
//!
//! - Most kernels multiply a sample with the weights of one output: `[outputs][inputs]`.
//! - `fpv4` multiplies one input with the weights of many outputs, so that an input that is zero is skipped with all of
//!   them: `[inputs][outputs]`.
//! - `helium` does the same by four inputs: `[inputs / 4][outputs][4]`, then `[outputs][inputs % 4]`.
//!
//! The order follows from the target and shows in no result.

/// The index of the weight of `input` in the sum of `output`.
#[inline]
#[must_use]
pub const fn weight_index(output: usize, input: usize, outputs: usize, inputs: usize) -> usize {
    if cfg!(helium) {
        let lane = input % 4;
        let group = input - lane;
        let lanes = if inputs - group < 4 { inputs - group } else { 4 };
        group * outputs + output * lanes + lane
    } else if cfg!(fpv4) {
        input * outputs + output
    } else {
        output * inputs + input
    }
}
