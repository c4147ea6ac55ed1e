//! The memory order of f32 weights.
//!
//! - `[outputs][inputs]`: x86-64, aarch64 and others; a dot product of a sample with the weights of one output.
//! - `[inputs][outputs]`: `fpv4`; an input that is zero is skipped with the weights of all outputs.
//! - `[inputs / 4][outputs][4]`, then `[outputs][inputs % 4]`: `helium`; the same by four inputs.
//!
//! The order is fixed by the target and changes no result.

/// The index of weight (`output`, `input`) of `outputs` × `inputs` weights.
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
