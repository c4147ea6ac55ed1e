//! Dot products of samples with weights.

use super::lanes::{F32x16, LANES, Load};
use crate::kernels::{Element, Rows};
use crate::math::{canonical, fused_multiply_add};

/// # Safety
/// The lengths fit together as `dispatch` checks them, and the machine has the instructions.
#[inline(always)]
pub(super) unsafe fn forward<V: F32x16, T: Element>(
    rows: Rows<'_, T>,
    weights: &[f32],
    bias: &[f32],
    scale: f32,
    outputs: &mut [f32],
) {
    let mut first = 0;
    while first < bias.len() {
        let units = (bias.len() - first).min(V::SUMS / 2);
        // SAFETY: the caller's; there are as many units left as each arm takes.
        first += unsafe {
            match units {
                1 => forward_units::<V, T, 4, 1>(rows, weights, bias, scale, outputs, first),
                2 => forward_units::<V, T, 2, 2>(rows, weights, bias, scale, outputs, first),
                3 => forward_units::<V, T, 2, 3>(rows, weights, bias, scale, outputs, first),
                4 => forward_units::<V, T, 2, 4>(rows, weights, bias, scale, outputs, first),
                5..10 => forward_units::<V, T, 2, 5>(rows, weights, bias, scale, outputs, first),
                _ => forward_units::<V, T, 2, 10>(rows, weights, bias, scale, outputs, first),
            }
        };
    }
}

/// The outputs of `N` units from `first` on for every row, `S` rows at a time. Returns `N`.
///
/// # Safety
/// As for [`forward`]; there are `N` units from `first` on.
#[inline(always)]
unsafe fn forward_units<V: F32x16, T: Element, const S: usize, const N: usize>(
    rows: Rows<'_, T>,
    weights: &[f32],
    bias: &[f32],
    scale: f32,
    outputs: &mut [f32],
    first: usize,
) -> usize {
    let units = bias.len();
    let weights = weights.as_ptr().wrapping_add(first * rows.width());
    let mut index = 0;
    while index < rows.len() {
        // SAFETY: the caller's; there are as many rows left as are computed.
        unsafe {
            let outputs = outputs.as_mut_ptr().add(index * units + first);
            let bias = bias.as_ptr().add(first);
            if index + S <= rows.len() {
                tile::<V, T, S, N>(rows, index, first == 0, weights, bias, scale, outputs, units);
                index += S;
            } else {
                tile::<V, T, 1, N>(rows, index, false, weights, bias, scale, outputs, units);
                index += 1;
            }
        }
    }
    N
}

/// The outputs of `N` units for `S` rows from `index` on.
///
/// # Safety
/// There are the rows, weights of `N` units, `N` biases, and for each row `N` outputs, which are `units` apart.
#[inline(always)]
#[allow(clippy::too_many_arguments, reason = "they stay in registers")]
unsafe fn tile<V: F32x16, T: Element, const S: usize, const N: usize>(
    rows: Rows<'_, T>,
    index: usize,
    prefetch: bool,
    weights: *const f32,
    bias: *const f32,
    scale: f32,
    outputs: *mut f32,
    units: usize,
) {
    let width = rows.width();
    // SAFETY: the caller's; inputs and weights are read below the width.
    unsafe {
        let mut inputs = [rows.row_pointer(index); S];
        let mut next = inputs;
        for row in 0..S {
            inputs[row] = rows.row_pointer(index + row);
            // What comes next is fetched once, on the first units' way through these rows.
            next[row] = if prefetch { rows.upcoming(index + row).as_ptr() } else { inputs[row] };
        }
        let mut sums = [[V::splat(0.0); N]; S];
        let mut column = 0;
        while column + LANES <= width {
            if prefetch && (column * size_of::<T>()).is_multiple_of(64) {
                for row in 0..S {
                    V::prefetch(next[row].wrapping_add(column));
                }
            }
            let mut values = [V::splat(0.0); S];
            for row in 0..S {
                values[row] = <T as Load>::load(inputs[row].add(column));
            }
            for unit in 0..N {
                let weight = V::load(weights.add(unit * width + column));
                for row in 0..S {
                    sums[row][unit] = weight.mul_add(values[row], sums[row][unit]);
                }
            }
            column += LANES;
        }
        if column < width {
            let count = width - column;
            for row in 0..S {
                let value = <T as Load>::load_first::<V>(count, inputs[row].add(column));
                for unit in 0..N {
                    // A sum keeps every bit when −0.0 · 0.0 is added, even where it is −0.0.
                    let weight = V::load_first(count, weights.add(unit * width + column), -0.0);
                    sums[row][unit] = weight.mul_add(value, sums[row][unit]);
                }
            }
        }
        let totals = totals(sums.as_flattened());
        for row in 0..S {
            for unit in 0..N {
                let output = fused_multiply_add(totals[row * N + unit], scale, *bias.add(unit));
                *outputs.add(row * units + unit) = canonical(output);
            }
        }
    }
}

/// The total of each of up to 32 vectors.
#[inline(always)]
fn totals<V: F32x16>(sums: &[V]) -> [f32; 2 * LANES] {
    let mut totals = [0.0; 2 * LANES];
    for (sums, totals) in sums.chunks(LANES).zip(totals.chunks_exact_mut(LANES)) {
        // SAFETY: there is a vector, so the machine has the instructions; `totals` has room for 16.
        unsafe {
            let mut padded = [V::splat(0.0); LANES];
            for index in 0..sums.len() {
                padded[index] = sums[index];
            }
            V::reduce_add(padded).store(totals.as_mut_ptr());
        }
    }
    totals
}
