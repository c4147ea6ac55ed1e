//! Forward: blocks of outputs whose sums stay in registers.

use super::exceptions::Exceptions;
use super::{forward_f32, forward_u8};
use crate::kernels::operands::Affine;
use crate::kernels::{Element, Rows, portable};

/// Numbers that can be multiplied with weights.
pub trait Load: Sized {
    /// The most outputs of a block.
    const LARGEST_BLOCK: usize;

    /// `outputs[unit]` = (`row` · weights of the unit) · `scale` + `bias[unit]`, for some units side by side, at most
    /// [`LARGEST_BLOCK`](Self::LARGEST_BLOCK).
    ///
    /// # Safety
    /// At `weights` are those of the first input and the first of the units; for each further input, `units` weights on,
    /// there are as many.
    unsafe fn block(row: &[Self], weights: *const f32, units: usize, bias: &[f32], scale: f32, outputs: &mut [f32]);
}

impl Load for u8 {
    const LARGEST_BLOCK: usize = 10;

    #[inline]
    unsafe fn block(row: &[Self], weights: *const f32, units: usize, bias: &[f32], scale: f32, outputs: &mut [f32]) {
        // SAFETY: the caller's.
        unsafe { forward_u8::block(row, weights, units, bias, scale, outputs) }
    }
}

impl Load for f32 {
    const LARGEST_BLOCK: usize = 12;

    #[inline]
    unsafe fn block(row: &[Self], weights: *const f32, units: usize, bias: &[f32], scale: f32, outputs: &mut [f32]) {
        // SAFETY: the caller's.
        unsafe { forward_f32::block(row, weights, units, bias, scale, outputs) }
    }
}

pub(in crate::kernels) fn forward<T: Element>(rows: Rows<'_, T>, layer: Affine<'_>, outputs: &mut [f32]) {
    let Affine { weights, bias, scale, .. } = layer;
    let exceptions = Exceptions::clear();
    let units = bias.len();
    for (index, outputs) in outputs.chunks_exact_mut(units).enumerate() {
        let row = rows.row(index);
        let (mut bias, mut outputs, mut weights) = (bias, outputs, weights.as_ptr());
        for size in blocks(units, T::LARGEST_BLOCK) {
            let Some((these, other_outputs)) = outputs.split_at_mut_checked(size) else { break };
            let Some((biases, other_biases)) = bias.split_at_checked(size) else { break };
            // SAFETY: every input of the row has a weight for every unit, and these units are some of them.
            unsafe {
                T::block(row, weights, units, biases, scale, these);
                weights = weights.add(size);
            }
            (bias, outputs) = (other_biases, other_outputs);
        }
    }
    if exceptions.any() {
        portable::forward(rows, layer, outputs);
    }
}

/// The sizes of the fewest blocks for `units` outputs, which differ by at most one.
#[inline]
pub(super) fn blocks(units: usize, largest: usize) -> impl Iterator<Item = usize> {
    let count = units.div_ceil(largest);
    // None for no units, without a way to panic.
    let (size, larger) = (units.checked_div(count).unwrap_or(0), units.checked_rem(count).unwrap_or(0));
    (0..count).map(move |block| size + usize::from(block < larger))
}
