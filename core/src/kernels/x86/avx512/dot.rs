//! Dot products forward, and weighted sums of rows backward.

use core::arch::x86_64::*;

use super::{LANES, Load, Sum, flush_below, mask, reduce_lanes};
use crate::kernels::{Element, Rows};
use crate::math::{SMALLEST_SIGNAL, fused_multiply_add};

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
pub(in crate::kernels) fn forward<T: Element>(
    rows: Rows<'_, T>,
    weights: &[f32],
    bias: &[f32],
    scale: f32,
    outputs: &mut [f32],
) {
    let mut first = 0;
    while first < bias.len() {
        first += match bias.len() - first {
            1 => forward_units::<T, 4, 1>(rows, weights, bias, scale, outputs, first),
            2 => forward_units::<T, 4, 2>(rows, weights, bias, scale, outputs, first),
            3 => forward_units::<T, 4, 3>(rows, weights, bias, scale, outputs, first),
            4 => forward_units::<T, 4, 4>(rows, weights, bias, scale, outputs, first),
            5..10 => forward_units::<T, 4, 5>(rows, weights, bias, scale, outputs, first),
            _ => forward_units::<T, 2, 10>(rows, weights, bias, scale, outputs, first),
        };
    }
}

/// The outputs of `N` units from `first` on, for every row, `S` rows at a time. Returns `N`.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
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
#[target_feature(enable = "avx512f,avx512vl,fma")]
fn scale_and_add<const N: usize>(sums: &[f32; N], scale: f32, bias: &[f32; N], outputs: &mut [f32; N]) {
    for unit in 0..N {
        outputs[unit] = fused_multiply_add(sums[unit], scale, bias[unit]);
    }
}

/// The dot products of `S` rows with `N` weight vectors of the same width.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
fn dots<T: Element, const S: usize, const N: usize>(
    rows: [&[T]; S],
    next: [&[T]; S],
    weights: &[f32],
) -> [[f32; N]; S] {
    let width = weights.len() / N;
    assert!(rows.iter().all(|row| row.len() == width));
    let mut sums = [[_mm512_setzero_ps(); N]; S];
    let chunks = width / LANES;
    let chunks_a_line = 64 / (LANES * size_of::<T>());
    for chunk in 0..chunks {
        let at = chunk * LANES;
        if chunk.is_multiple_of(chunks_a_line) {
            for next in next {
                _mm_prefetch::<_MM_HINT_T1>(next.as_ptr().wrapping_add(at).cast());
            }
        }
        // SAFETY: `at + LANES` ≤ width, the length of every row, and `weights` has N times that.
        unsafe {
            let mut inputs = [_mm512_setzero_ps(); S];
            for row in 0..S {
                inputs[row] = <T as Load>::load(rows[row].as_ptr().add(at));
            }
            for unit in 0..N {
                let weight = _mm512_loadu_ps(weights.as_ptr().add(unit * width + at));
                for row in 0..S {
                    sums[row][unit] = _mm512_fmadd_ps(weight, inputs[row], sums[row][unit]);
                }
            }
        }
    }
    if !width.is_multiple_of(LANES) {
        let (at, mask) = (chunks * LANES, mask(width % LANES));
        // SAFETY: `mask` ends with the row.
        unsafe {
            let mut inputs = [_mm512_setzero_ps(); S];
            for row in 0..S {
                inputs[row] = <T as Load>::load_some(mask, rows[row].as_ptr().add(at));
            }
            for unit in 0..N {
                let weight = _mm512_maskz_loadu_ps(mask, weights.as_ptr().add(unit * width + at));
                for row in 0..S {
                    sums[row][unit] = _mm512_mask3_fmadd_ps(weight, inputs[row], sums[row][unit], mask);
                }
            }
        }
    }
    reduce_lanes::<Sum, S, N>(sums)
}

/// # Safety
/// The lengths fit together as the function of this name in `dispatch` checks them, and the machine has the features.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
pub(in crate::kernels) unsafe fn input_gradient(deltas: &[f32], weights: &[f32], units: usize, outputs: &mut [f32]) {
    let columns = weights.len() / units;
    let mut column = 0;
    while column < columns {
        // SAFETY: the caller's; there are as many columns left as each arm takes, or as the mask says.
        column += unsafe {
            if columns - column >= CHUNKS_BACK * LANES {
                columns_back::<CHUNKS_BACK>(deltas, weights, units, column, !0, outputs)
            } else {
                columns_back::<1>(deltas, weights, units, column, mask(columns - column), outputs)
            }
        };
    }
}

/// Rows and vectors of columns whose sums [`input_gradient`] keeps in registers at a time.
const ROWS_BACK: usize = 4;
const CHUNKS_BACK: usize = 4;

/// `C` vectors of columns, from `column` on, of all rows. Returns how many columns that is.
///
/// # Safety
/// As for [`input_gradient`]; there are the columns in `mask` of each vector.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
unsafe fn columns_back<const C: usize>(
    deltas: &[f32],
    weights: &[f32],
    units: usize,
    column: usize,
    mask: __mmask16,
    outputs: &mut [f32],
) -> usize {
    let columns = weights.len() / units;
    let weights = weights.as_ptr().wrapping_add(column);
    for (deltas, outputs) in deltas.chunks(ROWS_BACK * units).zip(outputs.chunks_mut(ROWS_BACK * columns)) {
        // SAFETY: the caller's; there is a delta for every row and unit.
        unsafe {
            if deltas.len() == ROWS_BACK * units {
                let to = outputs.as_mut_ptr().add(column);
                block_back::<ROWS_BACK, C>(deltas, weights, units, columns, mask, to);
            } else {
                for (deltas, outputs) in deltas.chunks_exact(units).zip(outputs.chunks_exact_mut(columns)) {
                    block_back::<1, C>(deltas, weights, units, columns, mask, outputs.as_mut_ptr().add(column));
                }
            }
        }
    }
    C * LANES
}

/// `C` vectors of columns of `R` rows.
///
/// # Safety
/// There are `R` rows of deltas. From `weights` on there is a row for every unit, and from `outputs` on one for every
/// row of deltas, `columns` apart, each with the numbers in `mask` of `C` vectors.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
unsafe fn block_back<const R: usize, const C: usize>(
    deltas: &[f32],
    weights: *const f32,
    units: usize,
    columns: usize,
    mask: __mmask16,
    outputs: *mut f32,
) {
    let mut sums = [[_mm512_setzero_ps(); C]; R];
    // SAFETY: the caller's.
    unsafe {
        for unit in 0..units {
            let weights: [_; C] = core::array::from_fn(|chunk| weights.add(unit * columns + chunk * LANES));
            let weights = weights.map(|weights| _mm512_maskz_loadu_ps(mask, weights));
            for row in 0..R {
                let delta = _mm512_set1_ps(*deltas.as_ptr().add(row * units + unit));
                for chunk in 0..C {
                    sums[row][chunk] = _mm512_fmadd_ps(delta, weights[chunk], sums[row][chunk]);
                }
            }
        }
        for row in 0..R {
            for chunk in 0..C {
                let to = outputs.add(row * columns + chunk * LANES);
                _mm512_mask_storeu_ps(to, mask, flush_below(sums[row][chunk], SMALLEST_SIGNAL));
            }
        }
    }
}
