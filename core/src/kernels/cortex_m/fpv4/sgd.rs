//! The SGD update from a single sample, as a device learns: weight ← weight − rate · (delta · input).
//!
//! A block of up to twelve outputs keeps its deltas in registers and goes through the inputs once. An input that is zero
//! moves no weight, and the weights are none that would be flushed, so they stay as they are. What `portable` does by
//! fused multiply-add to +0.0, a multiplication does here: the results differ in the sign of zeros, which no weight shows.
//! Nor do finite inputs move the weights of an output whose delta is zero, such as an inactive ReLU's: no block has many.
//!
//! No weight is looked at: its product with [`PROBE`] underflows where it has to be flushed, and what is NaN has been
//! compared or made by an invalid operation. Of such [`Exceptions`] the FPU takes note, and all weights are then cleaned.

use super::exceptions::{Exceptions, probe};
use super::finite::all_finite;
use super::gradient;
use crate::kernels::{Element, Rows};
use crate::math::{SMALLEST_WEIGHT, canonical, flush_below};

/// The most outputs of a block: their deltas and weights take 24 registers.
const LARGEST_BLOCK: usize = 12;

/// Outputs that are looked at together, a bit each.
const CHUNK: usize = u32::BITS as usize;

/// Finds weights that have to be flushed.
pub(super) const PROBE: f32 = probe(SMALLEST_WEIGHT);

pub(super) fn weight_gradient_sgd<T: Element>(
    rows: Rows<'_, T>,
    deltas: &[f32],
    units: usize,
    rate: f32,
    weights: &mut [f32],
) {
    match rows.row(0) {
        // One input alone, as that of the biases is.
        &[input] if rows.len() == 1 => {
            let exceptions = Exceptions::collect();
            gradient::descend(weights, deltas, input.into(), rate);
            if exceptions.any() {
                clean(weights);
            }
        }
        // Zero times infinity would be NaN, and is passed over.
        row if rows.len() == 1 && all_finite(deltas) => update(row, deltas, units, rate, weights),
        _ => gradient::sgd(rows, deltas, units, rate, weights),
    }
}

/// From a single sample, with finite deltas.
#[inline(never)]
fn update<T: Element>(row: &[T], deltas: &[f32], units: usize, rate: f32, weights: &mut [f32]) {
    let (mut first, mut is_clean) = (weights.as_mut_ptr(), true);
    for deltas in deltas.chunks(CHUNK) {
        let all = u32::MAX >> (CHUNK - deltas.len());
        let mut live = nonzero(deltas);
        if live != all && !T::all_finite(row) {
            live = all;
        }
        let exceptions = Exceptions::collect();
        let mut rest = deltas;
        while live != 0 {
            let (skipped, size) = next_block(live);
            let Some((block, after)) = rest.get(skipped..).and_then(|deltas| deltas.split_at_checked(size)) else {
                break;
            };
            // SAFETY: every input of the row has a weight for every unit, and these units are some of them.
            unsafe { T::update(row, block, rate, first.add(deltas.len() - rest.len() + skipped), units) };
            (live, rest) = (live >> skipped >> size, after);
        }
        is_clean &= !exceptions.any();
        first = first.wrapping_add(deltas.len());
    }
    if !is_clean {
        clean(weights);
    }
}

/// A bit for each delta that is not zero.
fn nonzero(deltas: &[f32]) -> u32 {
    deltas.iter().rev().fold(0, |bits, &delta| bits << 1 | u32::from(!is_zero(delta)))
}

/// The number of outputs before the next block, and the number in it, where `live` has a bit for each output that has to
/// be in one, at least one. Between two of those in a block there is at most one that need not be: two take more cycles
/// than another block does.
#[inline]
const fn next_block(live: u32) -> (usize, usize) {
    let skipped = live.trailing_zeros();
    let block = live >> skipped & ((1 << LARGEST_BLOCK) - 1);
    let gaps = !(block | block >> 1);
    (skipped as usize, gaps.trailing_zeros() as usize)
}

/// Compared as an integer, which is faster.
#[inline]
const fn is_zero(delta: f32) -> bool {
    delta.to_bits() << 1 == 0
}

/// Flushes small weights and makes every NaN the one that it has to be.
#[cold]
#[inline(never)]
pub(super) fn clean(weights: &mut [f32]) {
    for weight in weights {
        *weight = canonical(flush_below(*weight, SMALLEST_WEIGHT));
    }
}
