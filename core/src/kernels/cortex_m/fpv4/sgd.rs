//! The SGD update from a single sample, as a device learns: weight ← weight − rate · (delta · input).
//!
//! A block of up to twelve outputs keeps its deltas in registers for one pass over the inputs. An input that is zero is
//! skipped: it changes no weight, since none is small enough to be flushed. The product that `portable` computes by fused
//! multiply-add to +0.0 is a multiplication here: the results differ in the sign of zeros, which changes no weight. Finite
//! inputs do not change the weights of an output whose delta is zero, such as an inactive ReLU's: blocks contain few.
//!
//! No weight is tested: its product with [`PROBE`] underflows where it has to be flushed, and a NaN is the result of an
//! invalid operation or is compared. Where these set a flag ([`Exceptions`]), all weights are flushed and made canonical.

use super::exceptions::{Exceptions, probe};
use super::finite::all_finite;
use super::gradient;
use crate::kernels::{Element, Rows};
use crate::math::{SMALLEST_WEIGHT, canonical, flush_below};

/// The most outputs of a block: their deltas and weights take 24 registers.
const LARGEST_BLOCK: usize = 12;

/// Outputs of a bit mask.
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
            let exceptions = Exceptions::clear();
            gradient::subtract_scaled(weights, deltas, input.into(), rate);
            if exceptions.any() {
                canonicalize(weights);
            }
        }
        // Zeros are skipped, but zero times infinity is NaN.
        row if rows.len() == 1 && all_finite(deltas) => update(row, deltas, units, rate, weights),
        _ => gradient::sgd(rows, deltas, units, rate, weights),
    }
}

/// From a single sample, with finite deltas.
#[inline(never)]
fn update<T: Element>(row: &[T], deltas: &[f32], units: usize, rate: f32, weights: &mut [f32]) {
    let (mut first, mut is_canonical) = (weights.as_mut_ptr(), true);
    for deltas in deltas.chunks(CHUNK) {
        let all = u32::MAX >> (CHUNK - deltas.len());
        let mut selected = nonzero(deltas);
        if selected != all && !T::all_finite(row) {
            selected = all;
        }
        let exceptions = Exceptions::clear();
        let mut rest = deltas;
        while selected != 0 {
            let (skipped, size) = next_block(selected);
            let Some((block, after)) = rest.get(skipped..).and_then(|deltas| deltas.split_at_checked(size)) else {
                break;
            };
            // SAFETY: every input of the row has a weight for every unit, and these units are some of them.
            unsafe { T::update(row, block, rate, first.add(deltas.len() - rest.len() + skipped), units) };
            (selected, rest) = (selected >> skipped >> size, after);
        }
        is_canonical &= !exceptions.any();
        first = first.wrapping_add(deltas.len());
    }
    if !is_canonical {
        canonicalize(weights);
    }
}

/// A bit for each delta that is not zero.
fn nonzero(deltas: &[f32]) -> u32 {
    deltas.iter().rev().fold(0, |bits, &delta| bits << 1 | u32::from(!is_zero(delta)))
}

/// The number of outputs before the next block, and the number in it. `selected` has a bit for each output that must be in
/// a block, at least one. Between two of them, a block contains at most one other output: two take more cycles than another
/// block does.
#[inline]
const fn next_block(selected: u32) -> (usize, usize) {
    let skipped = selected.trailing_zeros();
    let block = selected >> skipped & ((1 << LARGEST_BLOCK) - 1);
    let gaps = !(block | block >> 1);
    (skipped as usize, gaps.trailing_zeros() as usize)
}

/// Compared as an integer, which is faster.
#[inline]
const fn is_zero(delta: f32) -> bool {
    delta.to_bits() << 1 == 0
}

/// Flushes small weights, and replaces every NaN by the canonical one.
#[cold]
#[inline(never)]
pub(super) fn canonicalize(weights: &mut [f32]) {
    for weight in weights {
        *weight = canonical(flush_below(*weight, SMALLEST_WEIGHT));
    }
}
