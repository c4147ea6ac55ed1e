//! Gradients of weights, and the update of each parameter as soon as its gradient is known.

use core::mem::MaybeUninit;

use super::forward::Packed;
use super::lanes::{F32x16, LANES, Vector};
use super::load::Load;
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
    mut parameters: [&mut [f32]; A],
) {
    let mut arrays = [core::ptr::null_mut(); A];
    for (array, parameters) in arrays.iter_mut().zip(&mut parameters) {
        *array = parameters.as_mut_ptr();
    }
    let update = Updater { update, scale, arrays };
    let width = rows.width();
    // SAFETY: the caller's; columns are below the width.
    unsafe {
        match width {
            1 => return few_inputs::<V, T, U, A, 1>(rows, deltas, units, &update),
            2 => return few_inputs::<V, T, U, A, 2>(rows, deltas, units, &update),
            3 => return few_inputs::<V, T, U, A, 3>(rows, deltas, units, &update),
            4 => return few_inputs::<V, T, U, A, 4>(rows, deltas, units, &update),
            _ => {}
        }
        let batch = Deltas { rows: rows.len(), units, width, deltas: deltas.as_ptr() };
        let mut column = 0;
        if const { V::SUMS >= UNITS * CHUNKS } {
            while width - column >= CHUNKS * LANES {
                columns::<V, T, U, A, CHUNKS>(rows, &batch, column, LANES, &update);
                column += CHUNKS * LANES;
            }
        }
        while width - column >= LANES {
            columns::<V, T, U, A, 1>(rows, &batch, column, LANES, &update);
            column += LANES;
        }
        let left = width - column;
        if const { V::Short::LANES < LANES } && left > 0 && left <= V::Short::LANES {
            columns::<V::Short, T, U, A, 1>(rows, &batch, column, left, &update);
        } else if left > 0 {
            columns::<V, T, U, A, 1>(rows, &batch, column, left, &update);
        }
    }
}

/// The deltas of a batch, row × unit, and the shape of the parameters.
struct Deltas {
    rows: usize,
    units: usize,
    width: usize,
    deltas: *const f32,
}

/// An update and the arrays that it works on.
struct Updater<'a, U, const A: usize> {
    update: &'a U,
    scale: f32,
    arrays: [*mut f32; A],
}

impl<U: Update<A>, const A: usize> Updater<'_, U, A> {
    /// The vectors of the first `count` parameters, or as many as there are lanes, from `at` on, and of their states.
    ///
    /// # Safety
    /// They are there.
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
    ///
    /// # Safety
    /// As for [`load`](Self::load).
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
    ///
    /// # Safety
    /// As for [`load`](Self::load).
    #[inline(always)]
    unsafe fn finish<V: Vector>(&self, count: usize, at: usize, begun: V) {
        // SAFETY: the caller's.
        unsafe {
            let updated = self.update.finish(begun, self.scale, self.load(count, at, begun));
            updated.store_up_to(count, self.arrays[0].add(at));
        }
    }

    /// Updates `count` parameters from `at` on, whose sums are the first ones.
    ///
    /// # Safety
    /// They are there, and `sums` has as many and ends with a whole vector.
    #[inline(always)]
    unsafe fn apply<V: Vector>(&self, count: usize, at: usize, sums: &[f32]) {
        for start in (0..count).step_by(V::LANES) {
            // SAFETY: the caller's.
            unsafe {
                let (count, at) = (count - start, at + start);
                self.finish(count, at, self.begin(count, at, V::load(sums.as_ptr().add(start))));
            }
        }
    }
}

/// The gradients by `W` inputs (a bias is the weight of one input that is always 1), with units as lanes.
///
/// # Safety
/// As for [`weight_gradient_update`]; the rows have `W` inputs.
#[inline(always)]
unsafe fn few_inputs<V: F32x16, T: Element, U: Update<A>, const A: usize, const W: usize>(
    rows: Rows<'_, T>,
    deltas: &[f32],
    units: usize,
    update: &Updater<'_, U, A>,
) {
    for first in (0..units).step_by(LANES) {
        let count = (units - first).min(LANES);
        // SAFETY: the caller's; `count` units are left, and of their gradients, `count` · `W`.
        unsafe {
            let mut sums = [V::splat(0.0); W];
            for (index, deltas) in deltas.chunks_exact(units).enumerate() {
                let delta: V = f32::load_up_to(count, deltas.as_ptr().add(first));
                let inputs = rows.row_pointer(index);
                for input in 0..W {
                    sums[input] = delta.mul_add(V::splat((*inputs.add(input)).into()), sums[input]);
                }
            }
            let mut gradients = [[0.0; W]; LANES];
            for input in 0..W {
                for (gradients, sum) in gradients.iter_mut().zip(sums[input].to_array()) {
                    gradients[input] = sum;
                }
            }
            update.apply::<V>(count * W, first * W, gradients.as_flattened());
        }
    }
}

/// The gradients of all units by the inputs of `C` vectors from `column` on.
///
/// # Safety
/// As for [`weight_gradient_update`]; there are `count` columns of each vector, all 16 where `C` is not 1.
#[inline(always)]
unsafe fn columns<V: Vector, T: Element, U: Update<A>, const A: usize, const C: usize>(
    rows: Rows<'_, T>,
    batch: &Deltas,
    column: usize,
    count: usize,
    update: &Updater<'_, U, A>,
) {
    // SAFETY: the caller's; a packed row has room for `C` vectors.
    unsafe {
        if const { T::CONVERTED } && batch.units > 2 * UNITS && rows.len() <= PACKED / (C * V::LANES) {
            let mut packed = MaybeUninit::<Packed<PACKED>>::uninit();
            let packed = packed.as_mut_ptr().cast::<f32>();
            for row in 0..rows.len() {
                for chunk in 0..C {
                    let from = rows.row_pointer(row).add(column + chunk * V::LANES);
                    T::load_up_to::<V>(count, from).store(packed.add((row * C + chunk) * V::LANES));
                }
            }
            let row = |index: usize| packed.cast_const().wrapping_add(index * C * V::LANES);
            tiles::<V, f32, U, A, C>(row, V::LANES, batch, column, count, update);
        } else {
            let row = |index: usize| rows.row_pointer(index).wrapping_add(column);
            tiles::<V, T, U, A, C>(row, count, batch, column, count, update);
        }
    }
}

/// The same, where `row` is the address of `C` vectors of `readable` inputs of a row.
///
/// # Safety
/// As for [`columns`].
#[inline(always)]
unsafe fn tiles<V: Vector, T: Element, U: Update<A>, const A: usize, const C: usize>(
    row: impl Fn(usize) -> *const T,
    readable: usize,
    batch: &Deltas,
    column: usize,
    count: usize,
    update: &Updater<'_, U, A>,
) {
    let mut first = 0;
    while first < batch.units {
        // SAFETY: the caller's; there are as many units left as each arm takes.
        first += unsafe {
            match batch.units - first {
                1 => tile::<V, T, U, A, C, 1>(&row, readable, batch, first, column, count, update),
                2 => tile::<V, T, U, A, C, 2>(&row, readable, batch, first, column, count, update),
                3 => tile::<V, T, U, A, C, 3>(&row, readable, batch, first, column, count, update),
                4 => tile::<V, T, U, A, C, 4>(&row, readable, batch, first, column, count, update),
                // Of one vector each, there are registers for more: sums in parallel, of which each waits for itself.
                10.. if const { C == 1 && V::SUMS >= 4 * UNITS } => {
                    tile::<V, T, U, A, 1, 10>(&row, readable, batch, first, column, count, update)
                }
                _ => tile::<V, T, U, A, C, UNITS>(&row, readable, batch, first, column, count, update),
            }
        };
    }
}

/// The gradients of `N` units from `first` on by the inputs of `C` vectors. Returns `N`.
///
/// # Safety
/// As for [`columns`]; there are `N` units from `first` on.
#[inline(always)]
unsafe fn tile<V: Vector, T: Element, U: Update<A>, const A: usize, const C: usize, const N: usize>(
    row: &impl Fn(usize) -> *const T,
    readable: usize,
    batch: &Deltas,
    first: usize,
    column: usize,
    count: usize,
    update: &Updater<'_, U, A>,
) -> usize {
    // SAFETY: the caller's; rows are below the number of rows.
    unsafe {
        let at = |unit, chunk| (first + unit) * batch.width + column + chunk * V::LANES;
        let mut sums = [[V::splat(0.0); C]; N];
        for index in 0..batch.rows {
            add_row(&mut sums, row(index), readable, batch.deltas.add(index * batch.units + first));
        }
        // All begin before the first is finished, so that several roots are on their way.
        for unit in 0..N {
            for chunk in 0..C {
                sums[unit][chunk] = update.begin(count, at(unit, chunk), sums[unit][chunk]);
            }
        }
        for unit in 0..N {
            for chunk in 0..C {
                update.finish(count, at(unit, chunk), sums[unit][chunk]);
            }
        }
    }
    N
}

/// Adds the inputs of one row, each times the delta of each of `N` units.
///
/// # Safety
/// There are `N` deltas, and `readable` inputs of each of `C` vectors.
#[inline(always)]
unsafe fn add_row<V: Vector, T: Element, const C: usize, const N: usize>(
    sums: &mut [[V; C]; N],
    inputs: *const T,
    readable: usize,
    deltas: *const f32,
) {
    // SAFETY: the caller's.
    unsafe {
        let mut values = [V::splat(0.0); C];
        for chunk in 0..C {
            values[chunk] = T::load_up_to(readable, inputs.add(chunk * V::LANES));
        }
        for unit in 0..N {
            let delta = V::splat(*deltas.add(unit));
            for chunk in 0..C {
                sums[unit][chunk] = delta.mul_add(values[chunk], sums[unit][chunk]);
            }
        }
    }
}
