//! Dot products forward, and weighted sums of rows backward.

use core::arch::x86_64::*;

use super::{LANES, Load, add_lanes, flush_below, mask, store};
use crate::kernels::{Element, Rows};
use crate::math::{SMALLEST_SIGNAL, fused_multiply_add};

#[target_feature(enable = "avx2,fma")]
pub(in crate::kernels) fn forward<T: Element>(
    rows: Rows<'_, T>,
    weights: &[f32],
    bias: &[f32],
    scale: f32,
    outputs: &mut [f32],
) {
    // With two vectors each, the sums take 8 or 12 of the 16 registers: as many as there are multiply-adds on their way.
    let mut first = 0;
    while first < bias.len() {
        first += match bias.len() - first {
            1 => forward_units::<T, 4, 1>(rows, weights, bias, scale, outputs, first),
            2 | 4 => forward_units::<T, 2, 2>(rows, weights, bias, scale, outputs, first),
            _ => forward_units::<T, 2, 3>(rows, weights, bias, scale, outputs, first),
        };
    }
}

/// The outputs of `N` units from `first` on, for every row, `S` rows at a time. Returns `N`.
#[target_feature(enable = "avx2,fma")]
fn forward_units<T: Element, const S: usize, const N: usize>(
    rows: Rows<'_, T>,
    weights: &[f32],
    bias: &[f32],
    scale: f32,
    outputs: &mut [f32],
    first: usize,
) -> usize {
    let units = bias.len();
    let weights = &weights[first * rows.width()..][..N * rows.width()];
    let bias: &[f32; N] = bias[first..].first_chunk().unwrap();
    let mut index = 0;
    while index + S <= rows.len() {
        let these = core::array::from_fn(|row| rows.row(index + row));
        // What comes next is fetched once, on the first units' way through these rows.
        let next = core::array::from_fn(|row| if first == 0 { rows.upcoming(index + row) } else { &[] });
        for (row, sums) in dots::<T, S, N>(these, next, weights).iter().enumerate() {
            scale_and_add(sums, scale, bias, outputs[(index + row) * units + first..].first_chunk_mut().unwrap());
        }
        index += S;
    }
    for index in index..rows.len() {
        let [sums] = dots::<T, 1, N>([rows.row(index)], [&[]], weights);
        scale_and_add(&sums, scale, bias, outputs[index * units + first..].first_chunk_mut().unwrap());
    }
    N
}

#[inline]
#[target_feature(enable = "avx2,fma")]
fn scale_and_add<const N: usize>(sums: &[f32; N], scale: f32, bias: &[f32; N], outputs: &mut [f32; N]) {
    for unit in 0..N {
        outputs[unit] = fused_multiply_add(sums[unit], scale, bias[unit]);
    }
}

/// The dot products of `S` rows with `N` weight vectors of the same width.
#[inline]
#[target_feature(enable = "avx2,fma")]
fn dots<T: Element, const S: usize, const N: usize>(
    rows: [&[T]; S],
    next: [&[T]; S],
    weights: &[f32],
) -> [[f32; N]; S] {
    let width = weights.len() / N;
    assert!(rows.iter().all(|row| row.len() == width));
    let mut sums = [[[_mm256_setzero_ps(); 2]; N]; S];
    let whole = width - width % (2 * LANES);
    for at in (0..whole).step_by(2 * LANES) {
        if (at * size_of::<T>()).is_multiple_of(64) {
            for next in next {
                _mm_prefetch::<_MM_HINT_T1>(next.as_ptr().wrapping_add(at).cast());
            }
        }
        for half in 0..2 {
            let at = at + half * LANES;
            // SAFETY: `at + LANES` ≤ width, the length of every row, and `weights` has N times that.
            unsafe {
                let mut inputs = [_mm256_setzero_ps(); S];
                for row in 0..S {
                    inputs[row] = <T as Load>::load(LANES, rows[row].as_ptr().add(at));
                }
                for unit in 0..N {
                    let weights = _mm256_loadu_ps(weights.as_ptr().add(unit * width + at));
                    for row in 0..S {
                        sums[row][unit][half] = _mm256_fmadd_ps(weights, inputs[row], sums[row][unit][half]);
                    }
                }
            }
        }
    }
    for half in 0..2 {
        let at = whole + half * LANES;
        if at >= width {
            break;
        }
        let count = width - at;
        let mask = _mm256_castsi256_ps(mask(count));
        // SAFETY: no more than `count` numbers are read, as many as are left of every row and of its weights.
        unsafe {
            for row in 0..S {
                let inputs = <T as Load>::load(count, rows[row].as_ptr().add(at));
                for unit in 0..N {
                    let weights = <f32 as Load>::load(count, weights.as_ptr().add(unit * width + at));
                    let sum = sums[row][unit][half];
                    sums[row][unit][half] = _mm256_blendv_ps(sum, _mm256_fmadd_ps(weights, inputs, sum), mask);
                }
            }
        }
    }
    add_lanes(sums)
}

/// # Safety
/// The lengths fit together as the function of this name in `dispatch` checks them, and the machine has the features.
#[target_feature(enable = "avx2,fma")]
pub(in crate::kernels) unsafe fn input_gradient(deltas: &[f32], weights: &[f32], units: usize, outputs: &mut [f32]) {
    let columns = weights.len() / units;
    let mut column = 0;
    while column < columns {
        // SAFETY: the caller's; there are as many columns left as each arm takes or is told.
        column += unsafe {
            if columns - column >= CHUNKS_BACK * LANES {
                columns_back::<CHUNKS_BACK>(deltas, weights, units, column, LANES, outputs)
            } else {
                columns_back::<1>(deltas, weights, units, column, columns - column, outputs)
            }
        };
    }
}

/// Rows and vectors of columns whose sums [`input_gradient`] keeps in registers at a time.
const ROWS_BACK: usize = 6;
const CHUNKS_BACK: usize = 2;

/// `C` vectors of columns, from `column` on, of all rows. Returns how many columns that is.
///
/// # Safety
/// As for [`input_gradient`]; there are `count` columns, or all 8, of each vector.
#[target_feature(enable = "avx2,fma")]
unsafe fn columns_back<const C: usize>(
    deltas: &[f32],
    weights: &[f32],
    units: usize,
    column: usize,
    count: usize,
    outputs: &mut [f32],
) -> usize {
    let columns = weights.len() / units;
    let rows = deltas.len() / units;
    let mut row = 0;
    while row < rows {
        // SAFETY: the caller's; there are as many rows left as each arm takes.
        row += unsafe {
            let deltas = deltas.as_ptr().add(row * units);
            let weights = weights.as_ptr().add(column);
            let outputs = outputs.as_mut_ptr().add(row * columns + column);
            match rows - row {
                1..4 => block_back::<1, C>(deltas, weights, units, columns, count, outputs),
                4 | 5 | 8 => block_back::<4, C>(deltas, weights, units, columns, count, outputs),
                _ => block_back::<ROWS_BACK, C>(deltas, weights, units, columns, count, outputs),
            }
        };
    }
    C * LANES
}

/// `C` vectors of columns of `R` rows. Returns `R`.
///
/// # Safety
/// There are `R` rows of `units` deltas. From `weights` on there is a row for every unit, and from `outputs` on one for
/// every row of deltas, `columns` apart, each with `count` numbers, or all 8, of each of `C` vectors.
#[inline]
#[target_feature(enable = "avx2,fma")]
unsafe fn block_back<const R: usize, const C: usize>(
    deltas: *const f32,
    weights: *const f32,
    units: usize,
    columns: usize,
    count: usize,
    outputs: *mut f32,
) -> usize {
    let mut sums = [[_mm256_setzero_ps(); C]; R];
    // SAFETY: the caller's.
    unsafe {
        for unit in 0..units {
            let weights: [_; C] = core::array::from_fn(|chunk| weights.add(unit * columns + chunk * LANES));
            let weights = weights.map(|weights| <f32 as Load>::load(count, weights));
            for row in 0..R {
                let delta = _mm256_set1_ps(*deltas.add(row * units + unit));
                for chunk in 0..C {
                    sums[row][chunk] = _mm256_fmadd_ps(delta, weights[chunk], sums[row][chunk]);
                }
            }
        }
        for row in 0..R {
            for chunk in 0..C {
                let to = outputs.add(row * columns + chunk * LANES);
                store(count, to, flush_below(sums[row][chunk], SMALLEST_SIGNAL));
            }
        }
    }
    R
}
