//! Dot products of samples with weights.

use core::mem::MaybeUninit;

use super::few_inputs;
use super::lanes::{F32x16, LANES};
use super::load::prefetch;
use crate::kernels::operands::Affine;
use crate::kernels::{Element, Rows};
use crate::math::{canonical, fused_multiply_add};

/// Units up to which it takes less time to convert numbers again for each tile.
pub(super) const CONVERTED_AGAIN: usize = 10;
/// Numbers that are converted for the tiles of all units: 32 KB.
const PACKED: usize = 8192;

/// Numbers in whole lines of a cache.
#[repr(align(64))]
pub(super) struct Packed<const N: usize>([f32; N]);

/// # Safety
/// The lengths fit together as `dispatch` checks them, and the machine has the instructions.
#[inline(always)]
pub(super) unsafe fn forward<V: F32x16, T: Element>(rows: Rows<'_, T>, layer: Affine<'_>, outputs: &mut [f32]) {
    let (width, units) = (layer.width, layer.bias.len());
    let padded = width.next_multiple_of(LANES);
    let block = PACKED / padded / 4 * 4;
    // SAFETY: the caller's; a block of padded rows has room in `packed`.
    unsafe {
        if few_inputs::is_faster(rows.len(), width, units) {
            return if const { V::SUMS >= 16 } {
                few_inputs::forward::<V, T, 4>(layer, rows, outputs)
            } else {
                few_inputs::forward::<V, T, 1>(layer, rows, outputs)
            };
        }
        if !(const { T::CONVERTED } && block > 0 && units > CONVERTED_AGAIN) {
            let row = |index| rows.row_pointer(index);
            return layer.forward_rows::<V, T>(rows.len(), row, |index| rows.upcoming(index).as_ptr(), outputs);
        }
        let mut packed = MaybeUninit::<Packed<PACKED>>::uninit();
        let packed = packed.as_mut_ptr().cast::<f32>();
        for first in (0..rows.len()).step_by(block) {
            let count = (rows.len() - first).min(block);
            for index in 0..count {
                let (row, next) = (rows.row_pointer(first + index), rows.upcoming(first + index).as_ptr());
                for column in (0..width).step_by(LANES) {
                    prefetch(next.wrapping_add(column));
                    let values = T::load_up_to::<V>(width - column, row.add(column));
                    values.store(packed.add(index * padded + column));
                }
            }
            let row = |index| packed.cast_const().wrapping_add(index * padded);
            layer.forward_rows::<V, f32>(count, row, row, &mut outputs[first * units..]);
        }
    }
}

/// Safety of all: that of [`forward`]; there are the rows and units that the arguments name.
impl Affine<'_> {
    /// The outputs of `rows` rows, which begin at `row`; what is at `next` is prefetched.
    #[inline(always)]
    unsafe fn forward_rows<V: F32x16, T: Element>(
        self,
        rows: usize,
        row: impl Fn(usize) -> *const T,
        next: impl Fn(usize) -> *const T,
        outputs: &mut [f32],
    ) {
        let mut first = 0;
        while first < self.bias.len() {
            let left = self.bias.len() - first;
            // SAFETY: the caller's; there are as many units left as each arm takes.
            first += unsafe {
                if const { V::SUMS < 16 } {
                    match left {
                        1 => self.tiles::<V, T, 4, 1>(rows, &row, &next, outputs, first),
                        2 | 4 => self.tiles::<V, T, 2, 2>(rows, &row, &next, outputs, first),
                        _ => self.tiles::<V, T, 2, 3>(rows, &row, &next, outputs, first),
                    }
                } else {
                    match left {
                        1 => self.tiles::<V, T, 4, 1>(rows, &row, &next, outputs, first),
                        2 => self.tiles::<V, T, 4, 2>(rows, &row, &next, outputs, first),
                        3 => self.tiles::<V, T, 4, 3>(rows, &row, &next, outputs, first),
                        4 => self.tiles::<V, T, 4, 4>(rows, &row, &next, outputs, first),
                        10 => self.tiles::<V, T, 2, 10>(rows, &row, &next, outputs, first),
                        _ => self.tiles::<V, T, 4, 5>(rows, &row, &next, outputs, first),
                    }
                }
            };
        }
    }

    /// The outputs of `N` units from `first` on for every row, `S` rows at a time. Returns `N`.
    #[inline(always)]
    unsafe fn tiles<V: F32x16, T: Element, const S: usize, const N: usize>(
        self,
        rows: usize,
        row: &impl Fn(usize) -> *const T,
        next: &impl Fn(usize) -> *const T,
        outputs: &mut [f32],
        first: usize,
    ) -> usize {
        let mut index = 0;
        while index < rows {
            // SAFETY: the caller's; there are as many rows left as are computed.
            unsafe {
                let outputs = outputs.as_mut_ptr().add(index * self.bias.len() + first);
                if index + S <= rows {
                    let inputs = core::array::from_fn(|offset| row(index + offset));
                    // The next rows are prefetched once, in the pass over the first units.
                    let next =
                        core::array::from_fn(|offset| if first == 0 { next(index + offset) } else { inputs[offset] });
                    self.tile::<V, T, S, N>(inputs, next, first, outputs);
                    index += S;
                } else {
                    self.tile::<V, T, 1, N>([row(index)], [row(index)], first, outputs);
                    index += 1;
                }
            }
        }
        N
    }

    /// The outputs of `N` units from `first` on for `S` rows.
    #[inline(always)]
    unsafe fn tile<V: F32x16, T: Element, const S: usize, const N: usize>(
        self,
        inputs: [*const T; S],
        next: [*const T; S],
        first: usize,
        outputs: *mut f32,
    ) {
        let width = self.width;
        // SAFETY: the caller's; inputs and weights are read below the width.
        unsafe {
            let weights = self.weights.as_ptr().add(first * width);
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
            self.finish(&sums, first, outputs);
        }
    }

    /// The outputs of `N` units from `first` on for `S` rows, from their partial sums.
    #[inline(always)]
    pub(super) unsafe fn finish<V: F32x16, const S: usize, const N: usize>(
        self,
        sums: &[[V; N]; S],
        first: usize,
        outputs: *mut f32,
    ) {
        let totals = totals(sums.as_flattened());
        for row in 0..S {
            for unit in 0..N {
                // SAFETY: the caller's.
                unsafe {
                    let bias = *self.bias.as_ptr().add(first + unit);
                    let output = fused_multiply_add(totals[row * N + unit], self.scale, bias);
                    let output = if V::MAKES_CANONICAL_NAN { output } else { canonical(output) };
                    *outputs.add(row * self.bias.len() + unit) = output;
                }
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
