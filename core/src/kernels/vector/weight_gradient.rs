//! Gradients of weights, and the update of each parameter as soon as its gradient is known.

use core::mem::MaybeUninit;

use super::forward::{CONVERTED_AGAIN, Packed};
use super::lanes::{F32x16, LANES, Vector};
use super::load::{Load, prefetch};
use super::weighted_sums::{Product, all_columns, weighted_sums};
use crate::kernels::Element;
use crate::kernels::operands::WeightGradient;
use crate::kernels::updates::Update;

/// Units of a tile.
const UNITS: usize = 5;
/// Numbers of a batch that are converted and packed for the tiles of all units: 16 KB, of a first-level cache of 32.
const PACKED: usize = 4096;

/// # Safety
/// The lengths fit together as `dispatch` checks them, and the machine has the instructions.
#[inline(always)]
pub(super) unsafe fn weight_gradient_update<V: F32x16, T: Element, U: Update<A>, const A: usize>(
    gradient: WeightGradient<'_, T>,
    update: &U,
    parameters: [&mut [f32]; A],
) {
    let layer = Layer { gradient, update, arrays: parameters.map(<[_]>::as_mut_ptr) };
    // SAFETY: the caller's.
    unsafe {
        match gradient.rows.width() {
            1 => layer.few_inputs::<V, 1>(),
            2 => layer.few_inputs::<V, 2>(),
            3 => layer.few_inputs::<V, 3>(),
            4 => layer.few_inputs::<V, 4>(),
            width => all_columns::<V>(&layer, width),
        }
    }
}

/// A gradient, and an update of arrays of parameters, unit × input.
pub(super) struct Layer<'a, T, U, const A: usize> {
    pub(super) gradient: WeightGradient<'a, T>,
    pub(super) update: &'a U,
    pub(super) arrays: [*mut f32; A],
}

/// The inputs of a tile: the first `count` columns of each vector from `column` on, or all. Those of a row are at the
/// address `row`, where `readable` numbers of each vector can be read, or all.
struct Inputs<R> {
    row: R,
    readable: usize,
    column: usize,
    count: usize,
}

impl<T: Element, U: Update<A>, const A: usize> Product for Layer<'_, T, U, A> {
    #[inline(always)]
    unsafe fn columns<V: Vector, const C: usize>(&self, column: usize, count: usize) {
        let WeightGradient { rows, units, .. } = self.gradient;
        let row = |index: usize| rows.row_pointer(index).wrapping_add(column);
        // SAFETY: the caller's; a packed row has room for `C` vectors.
        unsafe {
            let size = C * V::LANES;
            if !(const { T::CONVERTED } && units > CONVERTED_AGAIN && rows.len() <= PACKED / size) {
                return self.tiles::<V, T, C>(&Inputs { row, readable: count, column, count });
            }
            let mut packed = MaybeUninit::<Packed<PACKED>>::uninit();
            let packed = packed.as_mut_ptr().cast::<f32>();
            for index in 0..rows.len() {
                for at in (0..size).step_by(V::LANES) {
                    T::load_up_to::<V>(count, row(index).add(at)).store(packed.add(index * size + at));
                }
            }
            let row = |index: usize| packed.cast_const().wrapping_add(index * size);
            self.tiles::<V, f32, C>(&Inputs { row, readable: V::LANES, column, count });
        }
    }
}

/// Safety of all: that of [`weight_gradient_update`]; there are the units and inputs, or the parameters, that the
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
            let values = self.update.begin(sum, self.gradient.scale, self.load(count, at, sum));
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
            let updated = self.update.finish(begun, self.gradient.scale, self.load(count, at, begun));
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
        let WeightGradient { rows, deltas, units, .. } = self.gradient;
        for first in (0..units).step_by(LANES) {
            let count = (units - first).min(LANES);
            // SAFETY: the caller's; `count` units are left.
            unsafe {
                let deltas = |row| deltas.as_ptr().wrapping_add(row * units + first);
                let input = |row, input| (*rows.row_pointer(row).add(input)).into();
                let sums = weighted_sums::<V, f32, W, 1>(rows.len(), deltas, count, input);
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

    /// The gradients of all units by the inputs of `C` vectors.
    #[inline(always)]
    unsafe fn tiles<V: Vector, I: Load, const C: usize>(&self, inputs: &Inputs<impl Fn(usize) -> *const I>) {
        let units = self.gradient.units;
        let mut first = 0;
        while first < units {
            // SAFETY: the caller's; there are as many units left as each arm takes.
            first += unsafe {
                match units - first {
                    1 => self.tile::<V, I, C, 1>(inputs, first),
                    2 => self.tile::<V, I, C, 2>(inputs, first),
                    3 => self.tile::<V, I, C, 3>(inputs, first),
                    4 => self.tile::<V, I, C, 4>(inputs, first),
                    // Of one vector each, there are registers for more sums in parallel, which hides the latency of each.
                    10.. if const { C == 1 && V::SUMS >= 20 } => self.tile::<V, I, 1, 10>(inputs, first),
                    _ => self.tile::<V, I, C, UNITS>(inputs, first),
                }
            };
        }
    }

    /// The gradients of `N` units from `first` on by the inputs of `C` vectors. Returns `N`.
    #[inline(always)]
    unsafe fn tile<V: Vector, I: Load, const C: usize, const N: usize>(
        &self,
        inputs: &Inputs<impl Fn(usize) -> *const I>,
        first: usize,
    ) -> usize {
        let WeightGradient { rows, deltas, units, .. } = self.gradient;
        let &Inputs { ref row, readable, column, count } = inputs;
        let at = |unit, chunk| (first + unit) * rows.width() + column + chunk * V::LANES;
        // SAFETY: the caller's.
        unsafe {
            let row = |index| {
                // Once for all units.
                if first == 0
                    && let Some(next) = rows.next_row(index)
                {
                    for at in (0..C * V::LANES).step_by(64 / size_of::<T>()) {
                        prefetch(next.wrapping_add(column + at));
                    }
                }
                row(index)
            };
            let delta = |row, unit| *deltas.as_ptr().add(row * units + first + unit);
            let mut sums = weighted_sums::<V, I, N, C>(rows.len(), row, readable, delta);
            // All begin before the first is finished, so that several square roots are computed at once.
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
