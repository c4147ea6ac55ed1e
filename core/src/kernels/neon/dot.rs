//! Dot products forward, and weighted sums of rows backward.

use core::arch::aarch64::*;

use super::{CHUNK, Chunk, Load, ROWS_BACK, UNITS, VECTORS, canonical, flush_below, load_padded, multiply_add, store};
use crate::kernels::{Element, Rows};
use crate::math::{self, SMALLEST_SIGNAL};

// The rows that come next are not fetched here: stable Rust has no prefetch for this architecture.
#[target_feature(enable = "neon")]
pub(in crate::kernels) fn forward<T: Element>(
    rows: Rows<'_, T>,
    weights: &[f32],
    bias: &[f32],
    scale: f32,
    outputs: &mut [f32],
) {
    let units = bias.len();
    for (first, (weights, bias)) in
        weights.chunks(UNITS * rows.width()).zip(bias.chunks(UNITS)).enumerate().map(|(i, part)| (i * UNITS, part))
    {
        for (index, outputs) in outputs.chunks_exact_mut(units).enumerate() {
            let row = rows.row(index);
            let mut sums = [0.0; UNITS];
            match bias.len() {
                1 => sums[..1].copy_from_slice(&dots::<T, 1>(row, weights)),
                2 => sums[..2].copy_from_slice(&dots::<T, 2>(row, weights)),
                3 => sums[..3].copy_from_slice(&dots::<T, 3>(row, weights)),
                4 => sums[..4].copy_from_slice(&dots::<T, 4>(row, weights)),
                _ => sums = dots::<T, UNITS>(row, weights),
            }
            for ((output, &sum), &bias) in outputs[first..].iter_mut().zip(&sums).zip(bias) {
                *output = math::canonical(math::fused_multiply_add(sum, scale, bias));
            }
        }
    }
}

/// The dot products of a row with `N` weight vectors of the same width.
#[inline]
#[target_feature(enable = "neon")]
fn dots<T: Element, const N: usize>(row: &[T], weights: &[f32]) -> [f32; N] {
    let width = weights.len() / N;
    assert!(row.len() == width);
    let left = width % CHUNK;
    let mut sums = [[vdupq_n_f32(0.0); VECTORS]; N];
    for at in (0..width - left).step_by(CHUNK) {
        // SAFETY: all is read below the width, of which the row has one and the weights N.
        unsafe {
            let inputs = T::load(row.as_ptr().add(at));
            for (unit, sums) in sums.iter_mut().enumerate() {
                let weights = f32::load(weights.as_ptr().add(unit * width + at));
                *sums = multiply_add(*sums, weights, inputs);
            }
        }
    }
    if left > 0 {
        let at = width - left;
        // SAFETY: as above.
        unsafe {
            let inputs = load_padded(left, row.as_ptr().add(at), T::default());
            for (unit, sums) in sums.iter_mut().enumerate() {
                // A sum keeps every bit when −0.0 · 0.0 is added, even where it is −0.0.
                let weights = load_padded(left, weights.as_ptr().add(unit * width + at), -0.0);
                *sums = multiply_add(*sums, weights, inputs);
            }
        }
    }
    sums.map(|[a, b, c, d]| {
        let four = vaddq_f32(vaddq_f32(a, c), vaddq_f32(b, d));
        vpadds_f32(vadd_f32(vget_low_f32(four), vget_high_f32(four)))
    })
}

/// # Safety
/// The lengths fit together as the function of this name in `dispatch` checks them, and the machine has the features.
#[target_feature(enable = "neon")]
pub(in crate::kernels) unsafe fn input_gradient(deltas: &[f32], weights: &[f32], units: usize, outputs: &mut [f32]) {
    let columns = weights.len() / units;
    for column in (0..columns).step_by(CHUNK) {
        for (deltas, outputs) in deltas.chunks(ROWS_BACK * units).zip(outputs.chunks_mut(ROWS_BACK * columns)) {
            if deltas.len() == ROWS_BACK * units {
                block_back::<ROWS_BACK>(deltas, weights, units, column, outputs);
            } else {
                for (deltas, outputs) in deltas.chunks_exact(units).zip(outputs.chunks_exact_mut(columns)) {
                    block_back::<1>(deltas, weights, units, column, outputs);
                }
            }
        }
    }
}

/// The outputs of `N` rows from `column` on, four vectors at most.
#[inline]
#[target_feature(enable = "neon")]
fn block_back<const N: usize>(deltas: &[f32], weights: &[f32], units: usize, column: usize, outputs: &mut [f32]) {
    let columns = weights.len() / units;
    assert!(deltas.len() == N * units && outputs.len() == N * columns && column < columns);
    let left = columns - column;
    // SAFETY: there is a delta for every row and unit; a row of weights or outputs has `left` numbers from `column` on.
    unsafe {
        let sums = if left >= CHUNK {
            sums_back::<N, true>(deltas, weights, units, column)
        } else {
            sums_back::<N, false>(deltas, weights, units, column)
        };
        for (row, &sums) in sums.iter().enumerate() {
            let sums = sums.map(|sum| canonical(flush_below(sum, SMALLEST_SIGNAL)));
            store(left, outputs.as_mut_ptr().add(row * columns + column), sums);
        }
    }
}

/// The sums of [`block_back`]; `WHOLE` is whether there are four vectors.
///
/// # Safety
/// `deltas` is `N` × unit, `column` is below the number of columns, and `WHOLE` tells the truth.
#[inline]
#[target_feature(enable = "neon")]
unsafe fn sums_back<const N: usize, const WHOLE: bool>(
    deltas: &[f32],
    weights: &[f32],
    units: usize,
    column: usize,
) -> [Chunk; N] {
    let columns = weights.len() / units;
    let count = if WHOLE { CHUNK } else { columns - column };
    let mut sums = [[vdupq_n_f32(0.0); VECTORS]; N];
    for unit in 0..units {
        // SAFETY: the caller's; `count` weights of this unit are left.
        unsafe {
            let weights = load_padded(count, weights.as_ptr().add(unit * columns + column), 0.0);
            for (row, sums) in sums.iter_mut().enumerate() {
                let delta = [vdupq_n_f32(*deltas.as_ptr().add(row * units + unit)); VECTORS];
                *sums = multiply_add(*sums, delta, weights);
            }
        }
    }
    sums
}
