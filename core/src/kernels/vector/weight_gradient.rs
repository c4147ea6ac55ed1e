//! Gradients of weights, and the update of each parameter as soon as its gradient is known.

use core::mem::MaybeUninit;

use super::lanes::{F32x16, LANES, Load};
use crate::kernels::updates::Update;
use crate::kernels::{Element, Rows};

/// Units of a tile of one vector and of four vectors of inputs.
const UNITS: usize = 6;
const UNITS_WIDE: usize = 5;
const CHUNKS_WIDE: usize = 4;
/// The sums of a tile at most.
const SUMS: usize = UNITS_WIDE * CHUNKS_WIDE;
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
        if width == 1 {
            return single_input::<V, T, U, A>(rows, deltas, units, &update);
        }
        let mut pending = Pending { sums: [V::splat(0.0); SUMS], places: [0; SUMS], left: 0, ahead: 0, update };
        let batch = Deltas { rows: rows.len(), units, width, deltas: deltas.as_ptr() };
        let mut column = 0;
        while V::SUMS >= SUMS && width - column >= CHUNKS_WIDE * LANES {
            columns::<V, T, U, A, CHUNKS_WIDE>(rows, &batch, column, LANES, &mut pending);
            column += CHUNKS_WIDE * LANES;
        }
        while width - column >= LANES {
            columns::<V, T, U, A, 1>(rows, &batch, column, LANES, &mut pending);
            column += LANES;
        }
        if column < width {
            columns::<V, T, U, A, 1>(rows, &batch, column, width - column, &mut pending);
        }
        pending.finish();
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
    /// Updates the first `count` parameters, from 1 to 16, from `at` on.
    ///
    /// # Safety
    /// They are there.
    #[inline(always)]
    unsafe fn apply<V: F32x16>(&self, count: usize, at: usize, sum: V) {
        let mut values = [sum; A];
        // SAFETY: the caller's.
        unsafe {
            for array in 0..A {
                let from = self.arrays[array].add(at);
                values[array] = if count == LANES { V::load(from) } else { V::load_first(count, from, 0.0) };
            }
            values = self.update.vector(sum, self.scale, values);
            for array in 0..A {
                let to = self.arrays[array].add(at);
                if count == LANES { values[array].store(to) } else { values[array].store_first(count, to) }
            }
        }
    }
}

/// Sums that still have to become updates. They do so one by one while rows are added to the next sums: updates wait
/// for memory, divisions and roots, sums keep the multipliers busy, and the processor does both at once.
struct Pending<'a, V, U, const A: usize> {
    sums: [V; SUMS],
    /// Where the parameters of each of them are.
    places: [usize; SUMS],
    /// How many of them are left, the first ones.
    left: usize,
    /// How far behind a parameter the one is that will be updated next.
    ahead: usize,
    update: Updater<'a, U, A>,
}

impl<V: F32x16, U: Update<A>, const A: usize> Pending<'_, V, U, A> {
    /// Updates the parameters of the last sums that are left.
    ///
    /// # Safety
    /// There are some, and their parameters are there.
    #[inline(always)]
    unsafe fn apply_one(&mut self) {
        self.left -= 1;
        // SAFETY: the caller's; there are never more left than there is room for.
        unsafe {
            let (sum, at) = (*self.sums.get_unchecked(self.left), *self.places.get_unchecked(self.left));
            for array in self.update.arrays {
                V::prefetch(array.wrapping_add(at + self.ahead));
            }
            self.update.apply(LANES, at, sum);
        }
    }

    /// # Safety
    /// The parameters of all sums are there.
    #[inline(always)]
    unsafe fn finish(&mut self) {
        while self.left > 0 {
            // SAFETY: the caller's.
            unsafe { self.apply_one() };
        }
    }
}

/// The gradients by a single input (a bias is the weight of an input that is always 1), with units as lanes.
///
/// # Safety
/// As for [`weight_gradient_update`]; the rows have one input.
#[inline(always)]
unsafe fn single_input<V: F32x16, T: Element, U: Update<A>, const A: usize>(
    rows: Rows<'_, T>,
    deltas: &[f32],
    units: usize,
    update: &Updater<'_, U, A>,
) {
    for first in (0..units).step_by(LANES) {
        let count = (units - first).min(LANES);
        // SAFETY: the caller's; `count` units are left.
        unsafe {
            let mut sum = V::splat(0.0);
            for (index, deltas) in deltas.chunks_exact(units).enumerate() {
                let from = deltas.as_ptr().add(first);
                let delta = if count == LANES { V::load(from) } else { V::load_first(count, from, 0.0) };
                sum = delta.mul_add(V::splat((*rows.row_pointer(index)).into()), sum);
            }
            update.apply(count, first, sum);
        }
    }
}

/// The gradients of all units by the inputs of `C` vectors from `column` on.
///
/// # Safety
/// As for [`weight_gradient_update`]; there are `count` columns of each vector, all 16 where `C` is not 1.
#[inline(always)]
unsafe fn columns<V: F32x16, T: Element, U: Update<A>, const A: usize, const C: usize>(
    rows: Rows<'_, T>,
    batch: &Deltas,
    column: usize,
    count: usize,
    pending: &mut Pending<'_, V, U, A>,
) {
    // SAFETY: the caller's; a packed row has room for `C` vectors.
    unsafe {
        if batch.units > UNITS && rows.len() <= PACKED / (C * LANES) {
            let mut packed = [const { MaybeUninit::<f32>::uninit() }; PACKED];
            let packed = packed.as_mut_ptr().cast::<f32>();
            for row in 0..rows.len() {
                for chunk in 0..C {
                    let from = rows.row_pointer(row).add(column + chunk * LANES);
                    load::<V, T>(count, from).store(packed.add((row * C + chunk) * LANES));
                }
            }
            let row = |index: usize| packed.cast_const().wrapping_add(index * C * LANES);
            tiles::<V, f32, U, A, C>(row, LANES, batch, column, count, pending);
        } else {
            let row = |index: usize| rows.row_pointer(index).wrapping_add(column);
            tiles::<V, T, U, A, C>(row, count, batch, column, count, pending);
        }
    }
}

/// # Safety
/// As [`F32x16::load_first`].
#[inline(always)]
unsafe fn load<V: F32x16, T: Element>(count: usize, from: *const T) -> V {
    // SAFETY: the caller's.
    unsafe { if count == LANES { <T as Load>::load(from) } else { <T as Load>::load_first(count, from) } }
}

/// The same, where `row` is the address of `C` vectors of `readable` inputs of a row.
///
/// # Safety
/// As for [`columns`].
#[inline(always)]
unsafe fn tiles<V: F32x16, T: Element, U: Update<A>, const A: usize, const C: usize>(
    row: impl Fn(usize) -> *const T,
    readable: usize,
    batch: &Deltas,
    column: usize,
    count: usize,
    pending: &mut Pending<'_, V, U, A>,
) {
    let most = if C == 1 { UNITS } else { UNITS_WIDE };
    let ahead = if batch.units <= most { C * LANES } else { most * batch.width };
    let mut first = 0;
    while first < batch.units {
        // SAFETY: the caller's; there are as many units left as each arm takes.
        first += unsafe {
            match (batch.units - first).min(most) {
                1 => tile::<V, T, U, A, C, 1>(&row, readable, batch, first, column, count, pending),
                2 => tile::<V, T, U, A, C, 2>(&row, readable, batch, first, column, count, pending),
                3 => tile::<V, T, U, A, C, 3>(&row, readable, batch, first, column, count, pending),
                4 => tile::<V, T, U, A, C, 4>(&row, readable, batch, first, column, count, pending),
                5 => tile::<V, T, U, A, C, 5>(&row, readable, batch, first, column, count, pending),
                _ => tile::<V, T, U, A, C, 6>(&row, readable, batch, first, column, count, pending),
            }
        };
        pending.ahead = ahead;
    }
}

/// The gradients of `N` units from `first` on by the inputs of `C` vectors. Returns `N`.
///
/// # Safety
/// As for [`columns`]; there are `N` units from `first` on.
#[inline(always)]
unsafe fn tile<V: F32x16, T: Element, U: Update<A>, const A: usize, const C: usize, const N: usize>(
    row: &impl Fn(usize) -> *const T,
    readable: usize,
    batch: &Deltas,
    first: usize,
    column: usize,
    count: usize,
    pending: &mut Pending<'_, V, U, A>,
) -> usize {
    // SAFETY: the caller's; rows are below the number of rows.
    unsafe {
        let mut sums = [[V::splat(0.0); C]; N];
        let mut index = 0;
        let rows_an_update = (batch.rows / SUMS.min(UNITS * V::SUMS / 6)).max(1);
        while pending.left > 0 && index + rows_an_update <= batch.rows {
            for _ in 0..rows_an_update {
                add_row(&mut sums, row(index), readable, batch.deltas.add(index * batch.units + first));
                index += 1;
            }
            pending.apply_one();
        }
        while index < batch.rows {
            add_row(&mut sums, row(index), readable, batch.deltas.add(index * batch.units + first));
            index += 1;
        }
        pending.finish();
        for unit in 0..N {
            for chunk in 0..C {
                let at = (first + unit) * batch.width + column + chunk * LANES;
                if count == LANES {
                    pending.sums[unit * C + chunk] = sums[unit][chunk];
                    pending.places[unit * C + chunk] = at;
                } else {
                    pending.update.apply(count, at, sums[unit][chunk]);
                }
            }
        }
        pending.left = if count == LANES { N * C } else { 0 };
    }
    N
}

/// Adds the inputs of one row, each times the delta of each of `N` units.
///
/// # Safety
/// There are `N` deltas, and `readable` inputs of each of `C` vectors.
#[inline(always)]
unsafe fn add_row<V: F32x16, T: Element, const C: usize, const N: usize>(
    sums: &mut [[V; C]; N],
    inputs: *const T,
    readable: usize,
    deltas: *const f32,
) {
    // SAFETY: the caller's.
    unsafe {
        let mut values = [V::splat(0.0); C];
        for chunk in 0..C {
            values[chunk] = load(readable, inputs.add(chunk * LANES));
        }
        for unit in 0..N {
            let delta = V::splat(*deltas.add(unit));
            for chunk in 0..C {
                sums[unit][chunk] = delta.mul_add(values[chunk], sums[unit][chunk]);
            }
        }
    }
}
