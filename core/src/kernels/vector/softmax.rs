//! Softmax and its cross-entropy.

use super::lanes::{F32x16, LANES};
use super::math::{exp_nonpositive, ln};
use crate::kernels::Score;
use crate::math::SMALLEST_SIGNAL;

/// # Safety
/// The lengths fit together as `dispatch` checks them, and the machine has the instructions.
#[inline(always)]
pub(super) unsafe fn softmax<V: F32x16>(values: &mut [f32], classes: usize) {
    for rows in values.chunks_mut(LANES.saturating_mul(classes)) {
        // SAFETY: the caller's.
        unsafe { softmax_rows::<V>(rows, classes) };
    }
}

/// # Safety
/// As for [`softmax`].
#[inline(always)]
pub(super) unsafe fn softmax_cross_entropy<V: F32x16>(values: &mut [f32], classes: usize, labels: &[u8]) -> Score {
    let mut score = Score::default();
    for (rows, labels) in values.chunks_mut(LANES.saturating_mul(classes)).zip(labels.chunks(LANES)) {
        let mut logits = [0.0; LANES];
        for ((logit, row), &label) in logits.iter_mut().zip(rows.chunks_exact(classes)).zip(labels) {
            *logit = row.get(usize::from(label)).copied().unwrap_or(0.0);
        }
        // SAFETY: the caller's; the arrays hold 16.
        let (losses, argmax) = unsafe {
            let Extremes { largest, argmax, sums } = softmax_rows::<V>(rows, classes);
            let distances = V::load(logits.as_ptr()).sub(V::load(largest.as_ptr()));
            (ln::<V>(sums).sub(distances).to_array(), argmax)
        };
        for (((loss, argmax), row), &label) in
            losses.into_iter().zip(argmax).zip(rows.chunks_exact_mut(classes)).zip(labels)
        {
            let label = usize::from(label);
            let Some(probability) = row.get_mut(label) else { continue };
            *probability -= 1.0;
            score.add(loss, argmax == label);
        }
    }
    score
}

/// By-products of the softmax of up to 16 rows.
struct Extremes {
    largest: [f32; LANES],
    /// The first class that has the largest logit.
    argmax: [usize; LANES],
    /// The sums of the exponentials; 1 where there is no row.
    sums: [f32; LANES],
}

/// Softmax of up to 16 rows, in place.
///
/// # Safety
/// The machine has the instructions.
#[inline(always)]
unsafe fn softmax_rows<V: F32x16>(values: &mut [f32], classes: usize) -> Extremes {
    // SAFETY: the caller's.
    unsafe {
        if classes <= LANES {
            return narrow_rows::<V>(values, classes);
        }
        let mut extremes = Extremes { largest: [0.0; LANES], argmax: [0; LANES], sums: [1.0; LANES] };
        for (index, row) in values.chunks_exact_mut(classes).enumerate() {
            (extremes.largest[index], extremes.argmax[index], extremes.sums[index]) = wide_row::<V>(row);
        }
        extremes
    }
}

/// Softmax of up to 16 rows of one vector each, which share the work of adding up lanes.
///
/// # Safety
/// The machine has the instructions, and a row has at most 16 numbers.
#[inline(always)]
unsafe fn narrow_rows<V: F32x16>(values: &mut [f32], classes: usize) -> Extremes {
    let rows = values.len() / classes;
    // SAFETY: the caller's; `classes` numbers are loaded and stored of each row, which end before the next.
    unsafe {
        // All are loaded before the first is stored: a load soon after a masked store stalls.
        let mut vectors = [V::splat(f32::NEG_INFINITY); LANES];
        for index in 0..rows {
            vectors[index] = V::load_first(classes, values.as_ptr().add(index * classes), f32::NEG_INFINITY);
        }
        let largest = V::reduce_max(vectors).to_array();
        let mut argmax = [0; LANES];
        let mut exponentials = [V::splat(0.0); LANES];
        for index in 0..rows {
            let largest = V::splat(largest[index]);
            argmax[index] = vectors[index].equal_bits(largest).trailing_zeros() as usize;
            // Beyond the row, −∞ gives +0.0.
            exponentials[index] = exp_nonpositive(vectors[index].sub(largest));
        }
        let mut sums = V::reduce_add(exponentials).to_array();
        for index in 0..rows {
            let probabilities = exponentials[index].div(V::splat(sums[index])).flush_below(SMALLEST_SIGNAL);
            probabilities.store_first(classes, values.as_mut_ptr().add(index * classes));
        }
        sums[rows..].fill(1.0);
        Extremes { largest, argmax, sums }
    }
}

/// Softmax of one row of any length. Returns its largest logit, where that is first, and the sum of the exponentials.
///
/// # Safety
/// The machine has the instructions.
#[inline(always)]
unsafe fn wide_row<V: F32x16>(row: &mut [f32]) -> (f32, usize, f32) {
    // SAFETY: the caller's; of each part of the row, its length is loaded and stored.
    unsafe {
        let lowest = V::splat(f32::NEG_INFINITY);
        let mut maxima = lowest;
        for logits in row.chunks(LANES) {
            maxima = V::load_first(logits.len(), logits.as_ptr(), f32::NEG_INFINITY).max(maxima);
        }
        let mut vectors = [lowest; LANES];
        vectors[0] = maxima;
        let largest = V::reduce_max(vectors).to_array()[0];
        let argmax = row.iter().position(|&logit| logit == largest).unwrap_or(0);
        let mut vectors = [V::splat(0.0); LANES];
        for values in row.chunks_mut(LANES) {
            let logits = V::load_first(values.len(), values.as_ptr(), f32::NEG_INFINITY);
            let exponentials = exp_nonpositive(logits.sub(V::splat(largest)));
            // Beyond the row, −∞ gives +0.0, which leaves a sum of what is not negative as it is.
            vectors[0] = vectors[0].add(exponentials);
            exponentials.store_first(values.len(), values.as_mut_ptr());
        }
        let sum = V::reduce_add(vectors).to_array()[0];
        for values in row.chunks_mut(LANES) {
            let exponentials = V::load_first(values.len(), values.as_ptr(), 0.0);
            let probabilities = exponentials.div(V::splat(sum)).flush_below(SMALLEST_SIGNAL);
            probabilities.store_first(values.len(), values.as_mut_ptr());
        }
        (largest, argmax, sum)
    }
}
