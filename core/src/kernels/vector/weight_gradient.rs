//! Gradients of weights, and the update of each parameter as soon as its gradient is known.

use core::mem::MaybeUninit;

use super::forward::{CONVERTED_AGAIN, Packed};
use super::lanes::{F32x16, LANES, Vector};
use super::load::{Load, prefetch};
use super::weighted_sums::weighted_sums;
use crate::kernels::updates::Update;
use crate::kernels::{Element, Rows};

/// Units of a tile, and vectors of inputs where there are registers for as many.
const UNITS: usize = 5;
const CHUNKS: usize = 4;
/// Numbers of a batch that are converted and packed for the tiles of all units: 16 KB, of a first-level cache of 32.
const PACKED: usize = 4096;

/// # Safety
/// The lengths fit together as `dispatch` checks them, and the machine has the instructions.
#[inline(always)]
pub(super) unsafe fn weight_gradient_update<V: F32x16, T: Element, U: Update<A>, const A: usize>(
    rows: Rows<'_, T>,
    deltas: &[f32],
    units: usize,
    scale: f32,
    update: &U,
    parameters: [&mut [f32]; A],
) {
    let width = rows.width();
    let layer =
        Layer { rows, deltas: deltas.as_ptr(), units, scale, update, arrays: parameters.map(<[_]>::as_mut_ptr) };
    // SAFETY: the caller's; columns are below the width.
    unsafe {
        match width {
            1 => return layer.few_inputs::<V, 1>(),
            2 => return layer.few_inputs::<V, 2>(),
            3 => return layer.few_inputs::<V, 3>(),
            4 => return layer.few_inputs::<V, 4>(),
            _ => {}
        }
        let mut column = 0;
        if const { V::SUMS >= UNITS * CHUNKS } {
            while width - column >= CHUNKS * LANES {
                layer.columns::<V, CHUNKS>(column, LANES);
                column += CHUNKS * LANES;
            }
        }
        while width - column >= LANES {
            layer.columns::<V, 1>(column, LANES);
            column += LANES;
        }
        let left = width - column;
        if const { V::Short::LANES < LANES } && left > 0 && left <= V::Short::LANES {
            layer.columns::<V::Short, 1>(column, left);
        } else if left > 0 {
            layer.columns::<V, 1>(column, left);
        }
    }
}

/// A batch and its deltas, row × unit, and an update of arrays of parameters, unit × input.
pub(super) struct Layer<'a, T, U, const A: usize> {
    pub(super) rows: Rows<'a, T>,
    pub(super) deltas: *const f32,
    pub(super) units: usize,
    pub(super) scale: f32,
    pub(super) update: &'a U,
    pub(super) arrays: [*mut f32; A],
}

/// Safety of all: that of [`weight_gradient_update`]; there are the units and columns, or the parameters, that the
/// arguments name, and of a vector the first `count` or all.
impl<T: Element, U: Update<A>, const A: usize> Layer<'_, T, U, A> {
    /// The vectors of parameters from `at` on, and of their states.
    #[inline(always)]
    unsafe fn load<V: Vector>(&self, count: usize, at: usize, sum: V) -> [V; A] {
        let mut values = [sum; A];
        for array in 0..A {
            // SAFETY: the caller's.
            values[array] = unsafe { f32::load_up_to(count, self.arrays[array].add(at).cast_const()) };
        }
        values
    }

    /// The first part of an update. Returns what the second takes.
    #[inline(always)]
    unsafe fn begin<V: Vector>(&self, count: usize, at: usize, sum: V) -> V {
        // SAFETY: the caller's.
        unsafe {
            let values = self.update.begin(sum, self.scale, self.load(count, at, sum));
            for array in 1..A {
                values[array].store_up_to(count, self.arrays[array].add(at));
            }
            values[0]
        }
    }

    /// The second part of an update.
    #[inline(always)]
    unsafe fn finish<V: Vector>(&self, count: usize, at: usize, begun: V) {
        // SAFETY: the caller's.
        unsafe {
            let updated = self.update.finish(begun, self.scale, self.load(count, at, begun));
            updated.store_up_to(count, self.arrays[0].add(at));
        }
    }

    /// The whole update.
    #[inline(always)]
    pub(super) unsafe fn update<V: Vector>(&self, count: usize, at: usize, sum: V) {
        // SAFETY: the caller's.
        unsafe { self.finish(count, at, self.begin(count, at, sum)) }
    }

    /// The gradients by all `W` inputs (a bias is the weight of one input that is always 1), with units as lanes.
    #[inline(always)]
    unsafe fn few_inputs<V: F32x16, const W: usize>(&self) {
        for first in (0..self.units).step_by(LANES) {
            let count = (self.units - first).min(LANES);
            // SAFETY: the caller's; `count` units are left.
            unsafe {
                let deltas = |row| self.deltas.wrapping_add(row * self.units + first);
                let input = |row, input| (*self.rows.row_pointer(row).add(input)).into();
                let sums = weighted_sums::<V, f32, W, 1>(self.rows.len(), deltas, count, input);
                let mut gradients = [[0.0; W]; LANES];
                for input in 0..W {
                    for (gradients, sum) in gradients.iter_mut().zip(sums[input][0].to_array()) {
                        gradients[input] = sum;
                    }
                }
                for start in (0..count * W).step_by(LANES) {
                    let sum = V::load(gradients.as_flattened().as_ptr().add(start));
                    self.update(count * W - start, first * W + start, sum);
                }
            }
        }
    }

    /// The gradients of all units by the inputs of `C` vectors from `column` on.
    #[inline(always)]
    unsafe fn columns<V: Vector, const C: usize>(&self, column: usize, count: usize) {
        let row = |index: usize| self.rows.row_pointer(index).wrapping_add(column);
        // SAFETY: the caller's; a packed row has room for `C` vectors.
        unsafe {
            let size = C * V::LANES;
            if !(const { T::CONVERTED } && self.units > CONVERTED_AGAIN && self.rows.len() <= PACKED / size) {
                return self.tiles::<V, T, C>(row, count, column, count);
            }
            let mut packed = MaybeUninit::<Packed<PACKED>>::uninit();
            let packed = packed.as_mut_ptr().cast::<f32>();
            for index in 0..self.rows.len() {
                for at in (0..size).step_by(V::LANES) {
                    T::load_up_to::<V>(count, row(index).add(at)).store(packed.add(index * size + at));
                }
            }
            let row = |index: usize| packed.cast_const().wrapping_add(index * size);
            self.tiles::<V, f32, C>(row, V::LANES, column, count);
        }
    }

    /// The same, where `row` is the address of `C` vectors of `readable` inputs of a row.
    #[inline(always)]
    unsafe fn tiles<V: Vector, I: Load, const C: usize>(
        &self,
        row: impl Fn(usize) -> *const I,
        readable: usize,
        column: usize,
        count: usize,
    ) {
        let mut first = 0;
        while first < self.units {
            // SAFETY: the caller's; there are as many units left as each arm takes.
            first += unsafe {
                match self.units - first {
                    1 => self.tile::<V, I, C, 1>(&row, readable, first, column, count),
                    2 => self.tile::<V, I, C, 2>(&row, readable, first, column, count),
                    3 => self.tile::<V, I, C, 3>(&row, readable, first, column, count),
                    4 => self.tile::<V, I, C, 4>(&row, readable, first, column, count),
                    // Of one vector each, there are registers for more: sums in parallel, each of which waits for itself.
                    10.. if const { C == 1 && V::SUMS >= UNITS * CHUNKS } => {
                        self.tile::<V, I, 1, 10>(&row, readable, first, column, count)
                    }
                    _ => self.tile::<V, I, C, UNITS>(&row, readable, first, column, count),
                }
            };
        }
    }

    /// The gradients of `N` units from `first` on by the inputs of `C` vectors. Returns `N`.
    #[inline(always)]
    unsafe fn tile<V: Vector, I: Load, const C: usize, const N: usize>(
        &self,
        row: &impl Fn(usize) -> *const I,
        readable: usize,
        first: usize,
        column: usize,
        count: usize,
    ) -> usize {
        let at = |unit, chunk| (first + unit) * self.rows.width() + column + chunk * V::LANES;
        // SAFETY: the caller's.
        unsafe {
            let inputs = |index| {
                // Once for all units.
                if first == 0
                    && let Some(next) = self.rows.next_row(index)
                {
                    for at in (0..C * V::LANES).step_by(64 / size_of::<T>()) {
                        prefetch(next.wrapping_add(column + at));
                    }
                }
                row(index)
            };
            let delta = |row, unit| *self.deltas.add(row * self.units + first + unit);
            let mut sums = weighted_sums::<V, I, N, C>(self.rows.len(), inputs, readable, delta);
            // All begin before the first is finished, so that several roots are on their way.
            for unit in 0..N {
                for chunk in 0..C {
                    sums[unit][chunk] = self.begin(count, at(unit, chunk), sums[unit][chunk]);
                }
            }
            for unit in 0..N {
                for chunk in 0..C {
                    self.finish(count, at(unit, chunk), sums[unit][chunk]);
                }
            }
        }
        N
    }
}
