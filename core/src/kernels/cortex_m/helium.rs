//! Helium (M-profile Vector Extension, MVE) kernels for f32, for Cortex-M52, M55 and M85: four lanes, eight registers.
//!
//! Weights are grouped by four inputs: `[inputs / 4][outputs][4]`, and the last `inputs % 4` as `[outputs][inputs % 4]`
//! ([`weight_index`](crate::kernels::weight_index)). A vector is then four of the 16 partial sums of one output, neighbouring
//! outputs are one immediate offset apart, and four pixels that are zero are skipped by a single addition.
//!
//! Helium flushes subnormals to zero and returns 7fc00000 for every NaN. The limits of [`math`](crate::math) keep
//! subnormals away, and each kernel replaces NaN in what it stores.

/// A line of assembly for each number of a list; the number goes between the strings.
macro_rules! each {
    ([$($number:literal)+] $text:tt) => { concat!($(each!(line $number $text)),+) };
    (line $number:literal ($first:literal $(, $next:literal)*)) => { concat!($first $(, $number, $next)*, "\n") };
}

mod elementwise;
mod forward;
mod input_gradient;
mod pixels;
mod selected;
mod sgd;
mod sgd_remainder;
mod softmax;
pub(in crate::kernels) mod update;
mod weight_gradient;

pub(in crate::kernels) use crate::kernels::elementwise::loops::{map, zip};
pub(in crate::kernels) use elementwise::{all_finite, relu, relu_backward};
pub(in crate::kernels) use forward::forward;
pub(in crate::kernels) use input_gradient::input_gradient;
pub(in crate::kernels) use pixels::look_up;
pub(in crate::kernels) use softmax::{softmax, softmax_cross_entropy};
pub(in crate::kernels) use weight_gradient::weight_gradient_update;

/// Lanes of a vector, and inputs whose weights are contiguous.
const GROUP: usize = 4;

/// Operations of this kernel on the elements of a sample.
pub trait Load: forward::Load + sgd::Load + weight_gradient::Load {}
impl Load for u8 {}
impl Load for f32 {}

/// Splits `units` into as few blocks of at most `most` units as possible, of nearly equal size: first unit and size.
#[inline(always)]
fn blocks(units: usize, most: usize) -> impl Iterator<Item = (usize, usize)> {
    let count = units.div_ceil(most);
    let (size, larger) = if count > 1 { (units / count, units % count) } else { (units, 0) };
    (0..count).map(move |block| (block * size + block.min(larger), size + usize::from(block < larger)))
}
