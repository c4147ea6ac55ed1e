//! Dot products of samples with weights.

use core::mem::MaybeUninit;

use super::few_inputs;
use super::lanes::{F32x16, LANES};
use super::load::prefetch;
use crate::kernels::{Element, Rows};
use crate::math::{canonical, fused_multiply_add};

/// Units up to which it takes less time to convert numbers again for each tile.
pub(super) const CONVERTED_AGAIN: usize = 10;
/// Numbers that are converted for the tiles of all units: 32 KB.
const PACKED: usize = 8192;

/// Numbers in whole lines of a cache.
#[repr(align(64))]
pub(super) struct Packed<const N: usize>([f32; N]);

/// The operands that all rows share. `weights: [unit][input]`.
pub(super) struct Layer<'a> {
    pub(super) width: usize,
    pub(super) weights: &'a [f32],
    pub(super) bias: &'a [f32],
    pub(super) scale: f32,
}

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
    let layer = Layer { width: rows.width(), weights, bias, scale };
    let padded = rows.width().next_multiple_of(LANES);
    let block = PACKED / padded / 4 * 4;
    // SAFETY: the caller's; a block of padded rows has room in `packed`.
    unsafe {
        if few_inputs::is_faster(rows.len(), rows.width(), bias.len()) {
            return if const { V::SUMS >= 16 } {
                few_inputs::forward::<V, T, 4>(&layer, rows, outputs)
            } else {
                few_inputs::forward::<V, T, 1>(&layer, rows, outputs)
            };
        }
        if !(const { T::CONVERTED } && block > 0 && bias.len() > CONVERTED_AGAIN) {
            let row = |index| rows.row_pointer(index);
            return units::<V, T>(&layer, rows.len(), row, |index| rows.upcoming(index).as_ptr(), outputs);
        }
        let mut packed = MaybeUninit::<Packed<PACKED>>::uninit();
        let packed = packed.as_mut_ptr().cast::<f32>();
        let mut first = 0;
        while first < rows.len() {
            let count = (rows.len() - first).min(block);
            for index in 0..count {
                let (row, next) = (rows.row_pointer(first + index), rows.upcoming(first + index).as_ptr());
                for column in (0..rows.width()).step_by(LANES) {
                    prefetch(next.wrapping_add(column));
                    let values = T::load_up_to::<V>(rows.width() - column, row.add(column));
                    values.store(packed.add(index * padded + column));
                }
            }
            let outputs = &mut outputs[first * bias.len()..];
            let row = |index| packed.cast_const().wrapping_add(index * padded);
            units::<V, f32>(&layer, count, row, row, outputs);
            first += count;
        }
    }
}

/// The outputs of all units for some rows.
///
/// # Safety
/// As for [`forward`]; `row` has the address of each row.
#[inline(always)]
unsafe fn units<V: F32x16, T: Element>(
    layer: &Layer<'_>,
    rows: usize,
    row: impl Fn(usize) -> *const T,
    next: impl Fn(usize) -> *const T,
    outputs: &mut [f32],
) {
    let mut first = 0;
    while first < layer.bias.len() {
        let left = layer.bias.len() - first;
        // SAFETY: the caller's; there are as many units left as each arm takes.
        first += unsafe {
            if const { V::SUMS < 16 } {
                match left {
                    1 => tiles::<V, T, 4, 1>(layer, rows, &row, &next, outputs, first),
                    2 | 4 => tiles::<V, T, 2, 2>(layer, rows, &row, &next, outputs, first),
                    _ => tiles::<V, T, 2, 3>(layer, rows, &row, &next, outputs, first),
                }
            } else {
                match left {
                    1 => tiles::<V, T, 4, 1>(layer, rows, &row, &next, outputs, first),
                    2 => tiles::<V, T, 4, 2>(layer, rows, &row, &next, outputs, first),
                    3 => tiles::<V, T, 4, 3>(layer, rows, &row, &next, outputs, first),
                    4 => tiles::<V, T, 4, 4>(layer, rows, &row, &next, outputs, first),
                    10 => tiles::<V, T, 2, 10>(layer, rows, &row, &next, outputs, first),
                    _ => tiles::<V, T, 4, 5>(layer, rows, &row, &next, outputs, first),
                }
            }
        };
    }
}

/// The outputs of `N` units from `first` on for every row, `S` rows at a time. Returns `N`.
///
/// # Safety
/// As for [`units`]; there are `N` units from `first` on.
#[inline(always)]
unsafe fn tiles<V: F32x16, T: Element, const S: usize, const N: usize>(
    layer: &Layer<'_>,
    rows: usize,
    row: &impl Fn(usize) -> *const T,
    next: &impl Fn(usize) -> *const T,
    outputs: &mut [f32],
    first: usize,
) -> usize {
    let units = layer.bias.len();
    let mut index = 0;
    while index < rows {
        // SAFETY: the caller's; there are as many rows left as are computed.
        unsafe {
            let outputs = outputs.as_mut_ptr().add(index * units + first);
            if index + S <= rows {
                let inputs = core::array::from_fn(|offset| row(index + offset));
                // What comes next is fetched once, on the first units' way through these rows.
                let next =
                    core::array::from_fn(|offset| if first == 0 { next(index + offset) } else { inputs[offset] });
                tile::<V, T, S, N>(layer, inputs, next, first, outputs);
                index += S;
            } else {
                tile::<V, T, 1, N>(layer, [row(index)], [row(index)], first, outputs);
                index += 1;
            }
        }
    }
    N
}

/// The outputs of `N` units for `S` rows.
///
/// # Safety
/// There are inputs at `inputs`, `N` units from `first` on, and for each row `N` outputs.
#[inline(always)]
unsafe fn tile<V: F32x16, T: Element, const S: usize, const N: usize>(
    layer: &Layer<'_>,
    inputs: [*const T; S],
    next: [*const T; S],
    first: usize,
    outputs: *mut f32,
) {
    let width = layer.width;
    // SAFETY: the caller's; inputs and weights are read below the width.
    unsafe {
        let weights = layer.weights.as_ptr().add(first * width);
        let bias = layer.bias.as_ptr().add(first);
        let mut sums = [[V::splat(0.0); N]; S];
        let mut column = 0;
        while column + LANES <= width {
            if first == 0 && (column * size_of::<T>()).is_multiple_of(64) {
                for row in 0..S {
                    prefetch(next[row].wrapping_add(column));
                }
            }
            let mut values = [V::splat(0.0); S];
            for row in 0..S {
                values[row] = T::load_up_to(LANES, inputs[row].add(column));
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
                let value = T::load_up_to::<V>(count, inputs[row].add(column));
                for unit in 0..N {
                    // A sum keeps every bit when −0.0 · 0.0 is added, even where it is −0.0.
                    let weight = V::load_first(count, weights.add(unit * width + column), -0.0);
                    sums[row][unit] = weight.mul_add(value, sums[row][unit]);
                }
            }
        }
        finish::<V, S, N>(layer, &sums, bias, outputs);
    }
}

/// Adds the sums of `N` units for `S` rows up, and scales them.
///
/// # Safety
/// There are `N` biases, and for each row `N` outputs.
#[inline(always)]
pub(super) unsafe fn finish<V: F32x16, const S: usize, const N: usize>(
    layer: &Layer<'_>,
    sums: &[[V; N]; S],
    bias: *const f32,
    outputs: *mut f32,
) {
    let units = layer.bias.len();
    let totals = totals(sums.as_flattened());
    for row in 0..S {
        for unit in 0..N {
            // SAFETY: the caller's.
            unsafe {
                let output = fused_multiply_add(totals[row * N + unit], layer.scale, *bias.add(unit));
                *outputs.add(row * units + unit) = if V::MAKES_CANONICAL_NAN { output } else { canonical(output) };
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
            padded[..sums.len()].copy_from_slice(sums);
            V::reduce_add(padded).store(totals.as_mut_ptr());
        }
    }
    totals
}
