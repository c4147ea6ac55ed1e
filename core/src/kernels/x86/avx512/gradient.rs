//! Gradients, and what is done with them as soon as they are known.

mod queue;
mod update;

use core::arch::x86_64::*;

use self::queue::Queue;
use self::update::{Accelerate, Adapt, Descend, Store, Update};
use super::{LANES, Load, mask};
use crate::kernels::{AdamParameters, AdamStep, Element, MomentumStep, Rows};

/// Units whose sums are kept in registers at a time, and vectors of inputs for each: 20 of the 32 registers.
const UNITS: usize = 5;
const CHUNKS: usize = 4;

/// # Safety
/// The lengths fit together as the function of this name in `dispatch` checks them, and the machine has the features.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
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
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
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
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
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
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
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
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
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
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
unsafe fn column_gradients<T: Element>(
    rows: Rows<'_, T>,
    deltas: &[f32],
    units: usize,
    scale: f32,
    update: impl Update,
) {
    for first in (0..units).step_by(LANES) {
        let mask = mask(units - first);
        let mut sum = _mm512_setzero_ps();
        for (index, deltas) in deltas.chunks_exact(units).enumerate() {
            // SAFETY: the mask ends with the deltas of this row.
            let deltas = unsafe { _mm512_maskz_loadu_ps(mask, deltas.as_ptr().add(first)) };
            let input: f32 = rows.row(index).first().map_or(0.0, |&input| input.into());
            sum = _mm512_fmadd_ps(deltas, _mm512_set1_ps(input), sum);
        }
        // SAFETY: the caller's.
        unsafe {
            let rest = update.begin(mask, first, _mm512_mul_ps(sum, _mm512_set1_ps(scale)));
            update.end(mask, first, rest);
        }
    }
}

/// The gradients of `N` units from `first` on. Returns `N`.
///
/// # Safety
/// There is a row for every row of deltas, and there are `N` units from `first` on, with a parameter for each input.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
unsafe fn unit_gradients<T: Element, const N: usize>(
    rows: Rows<'_, T>,
    deltas: &[f32],
    units: usize,
    first: usize,
    queue: &mut Queue<impl Update>,
) -> usize {
    let width = rows.width();
    let mut column = 0;
    // SAFETY: the caller's; all columns are below the width, but for those that the mask leaves out.
    unsafe {
        while column + CHUNKS * LANES <= width {
            let sums = sums::<T, N, CHUNKS>(rows, deltas, units, first, column, !0, queue);
            queue.refill(&sums, first * width + column, width);
            column += CHUNKS * LANES;
        }
        while column < width {
            let mask = mask(width - column);
            let sums = sums::<T, N, 1>(rows, deltas, units, first, column, mask, queue);
            for (unit, &[sum]) in sums.iter().enumerate() {
                let at = (first + unit) * width + column;
                let rest = queue.update.begin(mask, at, _mm512_mul_ps(sum, _mm512_set1_ps(queue.scale)));
                queue.update.end(mask, at, rest);
            }
            column += LANES;
        }
    }
    N
}

/// Σ over rows of delta · input for `N` units from `first` on and `C` vectors of inputs from `column` on.
///
/// # Safety
/// There is a row for every row of deltas, there are `N` units from `first` on, and the inputs from `column` on, as far
/// as they are in `mask`; what is in the queue belongs to parameters that are there.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
unsafe fn sums<T: Element, const N: usize, const C: usize>(
    rows: Rows<'_, T>,
    deltas: &[f32],
    units: usize,
    first: usize,
    column: usize,
    mask: __mmask16,
    queue: &mut Queue<impl Update>,
) -> [[__m512; C]; N] {
    let mut sums = [[_mm512_setzero_ps(); C]; N];
    let with_updates = queue.left.min(rows.len());
    // SAFETY: the caller's; there are no more updates than are left, and `index` is below the number of rows.
    unsafe {
        for index in 0..with_updates {
            let deltas = deltas.as_ptr().add(index * units + first);
            add_row(&mut sums, rows.row_pointer(index).add(column), deltas, mask);
            queue.apply_one();
        }
        for index in with_updates..rows.len() {
            let deltas = deltas.as_ptr().add(index * units + first);
            add_row(&mut sums, rows.row_pointer(index).add(column), deltas, mask);
        }
    }
    sums
}

/// Adds the inputs of one row, each times the delta of each of `N` units.
///
/// # Safety
/// There are `N` deltas, and the inputs in `mask` of each of `C` vectors.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
unsafe fn add_row<T: Element, const N: usize, const C: usize>(
    sums: &mut [[__m512; C]; N],
    inputs: *const T,
    deltas: *const f32,
    mask: __mmask16,
) {
    // SAFETY: the caller's.
    unsafe {
        let inputs: [_; C] = core::array::from_fn(|chunk| inputs.add(chunk * LANES));
        let inputs = inputs.map(|inputs| <T as Load>::load_some(mask, inputs));
        for unit in 0..N {
            let delta = _mm512_set1_ps(*deltas.add(unit));
            for chunk in 0..C {
                sums[unit][chunk] = _mm512_fmadd_ps(delta, inputs[chunk], sums[unit][chunk]);
            }
        }
    }
}
