//! Dot products forward, and weighted sums of rows backward.

use core::arch::x86_64::*;

use super::{LANES, Load, UNITS, add_lanes, flush_below, mask, store};
use crate::kernels::{Element, Rows};
use crate::math::{SMALLEST_SIGNAL, fused_multiply_add};

#[target_feature(enable = "avx2,fma")]
pub(in crate::kernels) fn affine<T: Element>(
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
            // The rows that come next are fetched once, on the first units' way through this batch.
            let next = if first == 0 { rows.upcoming(index) } else { &[] };
            let mut sums = [0.0; UNITS];
            match bias.len() {
                1 => sums[..1].copy_from_slice(&dots::<T, 1>(row, next, weights)),
                2 => sums[..2].copy_from_slice(&dots::<T, 2>(row, next, weights)),
                3 => sums[..3].copy_from_slice(&dots::<T, 3>(row, next, weights)),
                4 => sums[..4].copy_from_slice(&dots::<T, 4>(row, next, weights)),
                _ => sums = dots::<T, UNITS>(row, next, weights),
            }
            for ((output, &sum), &bias) in outputs[first..].iter_mut().zip(&sums).zip(bias) {
                *output = fused_multiply_add(sum, scale, bias);
            }
        }
    }
}

/// The dot products of a row with `N` weight vectors of the same width.
#[inline]
#[target_feature(enable = "avx2,fma")]
fn dots<T: Element, const N: usize>(row: &[T], next: &[T], weights: &[f32]) -> [f32; N] {
    let width = weights.len() / N;
    assert!(row.len() == width);
    let mut sums = [[_mm256_setzero_ps(); 2]; N];
    for at in (0..width).step_by(2 * LANES) {
        let count = width - at;
        if (at * size_of::<T>()).is_multiple_of(64) {
            _mm_prefetch::<_MM_HINT_T1>(next.as_ptr().wrapping_add(at).cast());
        }
        // SAFETY: all is read below the width, of which the row has one and the weights N.
        unsafe {
            let (row, weights) = (row.as_ptr().add(at), weights.as_ptr().add(at));
            if count >= 2 * LANES {
                let inputs = [<T as Load>::load(LANES, row), <T as Load>::load(LANES, row.add(LANES))];
                for (unit, sums) in sums.iter_mut().enumerate() {
                    let weights = weights.add(unit * width);
                    sums[0] = _mm256_fmadd_ps(_mm256_loadu_ps(weights), inputs[0], sums[0]);
                    sums[1] = _mm256_fmadd_ps(_mm256_loadu_ps(weights.add(LANES)), inputs[1], sums[1]);
                }
            } else {
                for half in 0..2 {
                    let count = count.saturating_sub(half * LANES);
                    if count == 0 {
                        continue;
                    }
                    let inputs = <T as Load>::load(count, row.add(half * LANES));
                    for (unit, sums) in sums.iter_mut().enumerate() {
                        let weights = <f32 as Load>::load(count, weights.add(unit * width + half * LANES));
                        let sum = _mm256_fmadd_ps(weights, inputs, sums[half]);
                        sums[half] = _mm256_blendv_ps(sums[half], sum, _mm256_castsi256_ps(mask(count)));
                    }
                }
            }
        }
    }
    add_lanes(sums)
}

/// # Safety
/// The lengths fit together as the function of this name in `dispatch` checks them, and the machine has the features.
#[target_feature(enable = "avx2,fma")]
pub(in crate::kernels) unsafe fn affine_transposed(deltas: &[f32], weights: &[f32], units: usize, outputs: &mut [f32]) {
    let columns = weights.len() / units;
    let rows = deltas.len() / units;
    for column in (0..columns).step_by(LANES) {
        let lanes = columns - column;
        let mut row = 0;
        while row < rows {
            let count = if rows - row < ROWS_BACK { 1 } else { ROWS_BACK };
            let mut sums = [_mm256_setzero_ps(); ROWS_BACK];
            // SAFETY: no more than `lanes` of a row of weights are read; row + count ≤ rows.
            unsafe {
                for unit in 0..units {
                    let weight = <f32 as Load>::load(lanes, weights.as_ptr().add(unit * columns + column));
                    for (step, sum) in sums.iter_mut().enumerate().take(count) {
                        let delta = _mm256_set1_ps(*deltas.as_ptr().add((row + step) * units + unit));
                        *sum = _mm256_fmadd_ps(delta, weight, *sum);
                    }
                }
                for (step, &sum) in sums.iter().enumerate().take(count) {
                    let to = outputs.as_mut_ptr().add((row + step) * columns + column);
                    store(lanes, to, flush_below(sum, SMALLEST_SIGNAL));
                }
            }
            row += count;
        }
    }
}

/// Rows whose sums [`affine_transposed`] keeps in registers at a time.
const ROWS_BACK: usize = 8;
