//! Gradients, and what is done with them as soon as they are known.

mod queue;
mod update;

use core::arch::x86_64::*;

use self::queue::Queue;
use self::update::{Accelerate, Adapt, Descend, Store, Update};
use super::{LANES, Load};
use crate::kernels::{AdamParameters, AdamStep, Element, MomentumStep, Rows};

/// Units whose sums are kept in registers at a time, and vectors of inputs for each: 10 of the 16 registers.
const UNITS: usize = 5;
const CHUNKS: usize = 2;
/// Rows that are added to the sums between two updates: for 10 sums, fewer than a batch of 32.
const ROWS_AN_UPDATE: usize = 2;

/// # Safety
/// The lengths fit together as the function of this name in `dispatch` checks them, and the machine has the features.
#[target_feature(enable = "avx2,fma")]
pub(in crate::kernels) unsafe fn weight_gradient<T: Element>(
    rows: Rows<'_, T>,
    deltas: &[f32],
    units: usize,
    scale: f32,
    gradient: &mut [f32],
) {
    // SAFETY: the gradient has a place for every unit and input.
    unsafe { gradients(rows, deltas, units, scale, Store { gradient: gradient.as_mut_ptr() }) };
}

/// # Safety
/// The lengths fit together as the function of this name in `dispatch` checks them, and the machine has the features.
#[target_feature(enable = "avx2,fma")]
pub(in crate::kernels) unsafe fn weight_gradient_sgd<T: Element>(
    rows: Rows<'_, T>,
    deltas: &[f32],
    units: usize,
    rate: f32,
    weights: &mut [f32],
) {
    // SAFETY: there is a weight for every unit and input.
    unsafe { gradients(rows, deltas, units, 1.0, Descend { rate, weights: weights.as_mut_ptr() }) };
}

/// # Safety
/// The lengths fit together as the function of this name in `dispatch` checks them, and the machine has the features.
#[target_feature(enable = "avx2,fma")]
pub(in crate::kernels) unsafe fn weight_gradient_momentum<T: Element>(
    rows: Rows<'_, T>,
    deltas: &[f32],
    units: usize,
    rate: f32,
    step: &MomentumStep,
    weights: &mut [f32],
    velocities: &mut [f32],
) {
    let update = Accelerate { rate, step: *step, weights: weights.as_mut_ptr(), velocities: velocities.as_mut_ptr() };
    // SAFETY: there is a weight, and its velocity, for every unit and input.
    unsafe { gradients(rows, deltas, units, 1.0, update) };
}

/// # Safety
/// The lengths fit together as the function of this name in `dispatch` checks them, and the machine has the features.
#[target_feature(enable = "avx2,fma")]
pub(in crate::kernels) unsafe fn weight_gradient_adam<T: Element>(
    rows: Rows<'_, T>,
    deltas: &[f32],
    units: usize,
    scale: f32,
    step: &AdamStep,
    parameters: AdamParameters<'_>,
) {
    let update = Adapt {
        step: *step,
        values: parameters.values.as_mut_ptr(),
        first_moments: parameters.first_moments.as_mut_ptr(),
        second_moments: parameters.second_moments.as_mut_ptr(),
    };
    // SAFETY: there is a parameter, and both its moments, for every unit and input.
    unsafe { gradients(rows, deltas, units, scale, update) };
}

/// # Safety
/// There is a row for every row of deltas, and a parameter for every unit and input.
#[target_feature(enable = "avx2,fma")]
unsafe fn gradients<T: Element>(rows: Rows<'_, T>, deltas: &[f32], units: usize, scale: f32, update: impl Update) {
    if rows.width() == 1 {
        // SAFETY: the caller's.
        return unsafe { column_gradients(rows, deltas, units, scale, update) };
    }
    let mut queue = Queue::new(scale, update);
    let mut first = 0;
    while first < units {
        // SAFETY: the caller's; there are as many units left as each arm takes.
        first += unsafe {
            match units - first {
                1 => unit_gradients::<T, 1>(rows, deltas, units, first, &mut queue),
                2 => unit_gradients::<T, 2>(rows, deltas, units, first, &mut queue),
                3 => unit_gradients::<T, 3>(rows, deltas, units, first, &mut queue),
                4 => unit_gradients::<T, 4>(rows, deltas, units, first, &mut queue),
                _ => unit_gradients::<T, UNITS>(rows, deltas, units, first, &mut queue),
            }
        };
    }
    // SAFETY: all that was queued are sums of parameters that are there.
    unsafe { queue.finish() };
}

/// The gradients by a single input (a bias is the weight of an input that is always 1), with units as lanes.
///
/// # Safety
/// There is a row for every row of deltas, a parameter for every unit, and the rows have one input.
#[target_feature(enable = "avx2,fma")]
unsafe fn column_gradients<T: Element>(
    rows: Rows<'_, T>,
    deltas: &[f32],
    units: usize,
    scale: f32,
    update: impl Update,
) {
    for first in (0..units).step_by(LANES) {
        let count = units - first;
        let mut sum = _mm256_setzero_ps();
        for (index, deltas) in deltas.chunks_exact(units).enumerate() {
            // SAFETY: no more than the deltas of this row are loaded.
            let deltas = unsafe { <f32 as Load>::load(count, deltas.as_ptr().add(first)) };
            let input: f32 = rows.row(index).first().map_or(0.0, |&input| input.into());
            sum = _mm256_fmadd_ps(deltas, _mm256_set1_ps(input), sum);
        }
        // SAFETY: the caller's.
        unsafe {
            let rest = update.begin(count, first, _mm256_mul_ps(sum, _mm256_set1_ps(scale)));
            update.end(count, first, rest);
        }
    }
}

/// The gradients of `N` units from `first` on. Returns `N`.
///
/// # Safety
/// There is a row for every row of deltas, and there are `N` units from `first` on, with a parameter for each input.
#[target_feature(enable = "avx2,fma")]
unsafe fn unit_gradients<T: Element, const N: usize>(
    rows: Rows<'_, T>,
    deltas: &[f32],
    units: usize,
    first: usize,
    queue: &mut Queue<impl Update>,
) -> usize {
    let width = rows.width();
    let mut column = 0;
    // SAFETY: the caller's; no more inputs are read, and parameters updated, than are left.
    unsafe {
        while column + CHUNKS * LANES <= width {
            let sums = sums::<T, N, CHUNKS>(rows, deltas, units, first, column, LANES, queue);
            queue.refill(&sums, first * width + column, width);
            column += CHUNKS * LANES;
        }
        while column < width {
            let count = width - column;
            let sums = sums::<T, N, 1>(rows, deltas, units, first, column, count, queue);
            for (unit, &[sum]) in sums.iter().enumerate() {
                queue.apply(count, (first + unit) * width + column, sum);
            }
            column += LANES;
        }
    }
    N
}

/// Σ over rows of delta · input for `N` units from `first` on and `C` vectors of inputs from `column` on.
///
/// # Safety
/// There is a row for every row of deltas, there are `N` units from `first` on, and the inputs from `column` on, the
/// first `count` or all 8 of each vector; what is in the queue belongs to parameters that are there.
#[inline]
#[target_feature(enable = "avx2,fma")]
unsafe fn sums<T: Element, const N: usize, const C: usize>(
    rows: Rows<'_, T>,
    deltas: &[f32],
    units: usize,
    first: usize,
    column: usize,
    count: usize,
    queue: &mut Queue<impl Update>,
) -> [[__m256; C]; N] {
    let mut sums = [[_mm256_setzero_ps(); C]; N];
    let mut index = 0;
    // SAFETY: the caller's; `index` is below the number of rows.
    unsafe {
        for _ in 0..queue.left().min(rows.len() / ROWS_AN_UPDATE) {
            for _ in 0..ROWS_AN_UPDATE {
                let deltas = deltas.as_ptr().add(index * units + first);
                add_row(&mut sums, rows.row_pointer(index).add(column), deltas, count);
                index += 1;
            }
            queue.apply_one();
        }
        for index in index..rows.len() {
            let deltas = deltas.as_ptr().add(index * units + first);
            add_row(&mut sums, rows.row_pointer(index).add(column), deltas, count);
        }
    }
    sums
}

/// Adds the inputs of one row, each times the delta of each of `N` units.
///
/// # Safety
/// There are `N` deltas, and the first `count` or all 8 inputs of each of `C` vectors.
#[inline]
#[target_feature(enable = "avx2,fma")]
unsafe fn add_row<T: Element, const N: usize, const C: usize>(
    sums: &mut [[__m256; C]; N],
    inputs: *const T,
    deltas: *const f32,
    count: usize,
) {
    // SAFETY: the caller's.
    unsafe {
        let inputs: [_; C] = core::array::from_fn(|chunk| inputs.add(chunk * LANES));
        let inputs = inputs.map(|inputs| <T as Load>::load(count, inputs));
        for unit in 0..N {
            let delta = _mm256_set1_ps(*deltas.add(unit));
            for chunk in 0..C {
                sums[unit][chunk] = _mm256_fmadd_ps(delta, inputs[chunk], sums[unit][chunk]);
            }
        }
    }
}
