//! Gradients, and what is done with them as soon as they are known.

use core::arch::x86_64::*;

use super::{LANES, Load, flush_below, mask};
use crate::kernels::{AdamParameters, AdamStep, Element, MomentumStep, Rows};
use crate::math::{SMALLEST_FIRST_MOMENT, SMALLEST_SECOND_MOMENT, SMALLEST_WEIGHT};

/// What is done with 16 gradients of neighbouring parameters as soon as they are known, in two parts, so that the second
/// need not wait for what is slow in the first.
trait Update: Copy {
    /// What the first part leaves for the second.
    type Rest: Copy;

    /// # Safety
    /// The parameters `at` to `at` + 15, as far as they are in `mask`, are there, and the machine has AVX-512F and DQ.
    unsafe fn begin(self, mask: __mmask16, at: usize, gradient: __m512) -> Self::Rest;

    /// # Safety
    /// As for the first part, which was given the same `mask` and `at` and returned `rest`.
    unsafe fn end(self, mask: __mmask16, at: usize, rest: Self::Rest);
}

/// Stores them.
#[derive(Clone, Copy)]
struct Store {
    gradient: *mut f32,
}

impl Update for Store {
    type Rest = ();

    #[inline]
    #[target_feature(enable = "avx512f,avx512dq")]
    unsafe fn begin(self, mask: __mmask16, at: usize, gradient: __m512) {
        // SAFETY: the caller's.
        unsafe { _mm512_mask_storeu_ps(self.gradient.add(at), mask, gradient) };
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512dq")]
    unsafe fn end(self, _: __mmask16, _: usize, (): ()) {}
}

/// Gradient descent; the scale is in the rate.
#[derive(Clone, Copy)]
struct Descend {
    rate: f32,
    weights: *mut f32,
}

impl Update for Descend {
    type Rest = ();

    #[inline]
    #[target_feature(enable = "avx512f,avx512dq")]
    unsafe fn begin(self, mask: __mmask16, at: usize, gradient: __m512) {
        let rate = _mm512_set1_ps(self.rate);
        // SAFETY: the caller's.
        unsafe {
            let weights = self.weights.add(at);
            let updated = _mm512_fnmadd_ps(rate, gradient, _mm512_maskz_loadu_ps(mask, weights));
            let updated = flush_below(updated, _mm512_set1_ps(SMALLEST_WEIGHT));
            _mm512_mask_storeu_ps(weights, mask, updated);
        }
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512dq")]
    unsafe fn end(self, _: __mmask16, _: usize, (): ()) {}
}

/// Gradient descent with momentum; the scale is in the rate.
#[derive(Clone, Copy)]
struct Accelerate {
    rate: f32,
    step: MomentumStep,
    weights: *mut f32,
    velocities: *mut f32,
}

impl Update for Accelerate {
    type Rest = ();

    #[inline]
    #[target_feature(enable = "avx512f,avx512dq")]
    unsafe fn begin(self, mask: __mmask16, at: usize, gradient: __m512) {
        let smallest_weight = _mm512_set1_ps(SMALLEST_WEIGHT);
        let momentum = _mm512_set1_ps(self.step.momentum);
        let push = flush_below(_mm512_mul_ps(_mm512_set1_ps(self.rate), gradient), smallest_weight);
        // SAFETY: the caller's.
        unsafe {
            let (weights, velocities) = (self.weights.add(at), self.velocities.add(at));
            let moved = _mm512_fmsub_ps(momentum, _mm512_maskz_loadu_ps(mask, velocities), push);
            let moved = flush_below(moved, _mm512_set1_ps(SMALLEST_FIRST_MOMENT));
            let change = if self.step.nesterov { _mm512_fmsub_ps(momentum, moved, push) } else { moved };
            let weight = _mm512_add_ps(_mm512_maskz_loadu_ps(mask, weights), change);
            _mm512_mask_storeu_ps(weights, mask, flush_below(weight, smallest_weight));
            _mm512_mask_storeu_ps(velocities, mask, moved);
        }
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512dq")]
    unsafe fn end(self, _: __mmask16, _: usize, (): ()) {}
}

/// Adam.
#[derive(Clone, Copy)]
struct Adapt {
    step: AdamStep,
    values: *mut f32,
    first_moments: *mut f32,
    second_moments: *mut f32,
}

impl Update for Adapt {
    /// The dividend, and the root that the divisor comes from.
    type Rest = (__m512, __m512);

    #[inline]
    #[target_feature(enable = "avx512f,avx512dq")]
    unsafe fn begin(self, mask: __mmask16, at: usize, gradient: __m512) -> Self::Rest {
        let first_share = _mm512_set1_ps(self.step.first_share);
        let second_share = _mm512_set1_ps(self.step.second_share);
        // SAFETY: the caller's.
        unsafe {
            let (first, second) = (self.first_moments.add(at), self.second_moments.add(at));
            let mean = _mm512_maskz_loadu_ps(mask, first);
            let mean = _mm512_fmadd_ps(first_share, _mm512_sub_ps(gradient, mean), mean);
            let mean = flush_below(mean, _mm512_set1_ps(SMALLEST_FIRST_MOMENT));
            let square = _mm512_maskz_loadu_ps(mask, second);
            let square = _mm512_fmadd_ps(second_share, _mm512_fmsub_ps(gradient, gradient, square), square);
            let square = flush_below(square, _mm512_set1_ps(SMALLEST_SECOND_MOMENT));
            _mm512_mask_storeu_ps(first, mask, mean);
            _mm512_mask_storeu_ps(second, mask, square);
            (_mm512_mul_ps(_mm512_set1_ps(self.step.step_size), mean), _mm512_sqrt_ps(square))
        }
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512dq")]
    unsafe fn end(self, mask: __mmask16, at: usize, (dividend, root): Self::Rest) {
        let change = _mm512_div_ps(dividend, _mm512_add_ps(root, _mm512_set1_ps(self.step.epsilon)));
        // SAFETY: the caller's.
        unsafe {
            let values = self.values.add(at);
            let value = _mm512_sub_ps(_mm512_maskz_loadu_ps(mask, values), change);
            _mm512_mask_storeu_ps(values, mask, flush_below(value, _mm512_set1_ps(SMALLEST_WEIGHT)));
        }
    }
}

/// # Safety
/// The lengths fit together as the function of this name in `dispatch` checks them, and the machine has the features.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
pub(in crate::kernels) unsafe fn outer_product<T: Element>(
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
pub(in crate::kernels) unsafe fn outer_product_sgd<T: Element>(
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
pub(in crate::kernels) unsafe fn outer_product_momentum<T: Element>(
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
pub(in crate::kernels) unsafe fn outer_product_adam<T: Element>(
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
    let mut first = 0;
    while first < units {
        // SAFETY: the caller's; there are as many units left as each arm takes.
        first += unsafe {
            match units - first {
                1 => unit_gradients::<T, 1, 4>(rows, deltas, units, first, scale, update),
                2 => unit_gradients::<T, 2, 4>(rows, deltas, units, first, scale, update),
                3 => unit_gradients::<T, 3, 4>(rows, deltas, units, first, scale, update),
                4 => unit_gradients::<T, 4, 4>(rows, deltas, units, first, scale, update),
                _ => unit_gradients::<T, 5, 4>(rows, deltas, units, first, scale, update),
            }
        };
    }
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

/// The gradients of `N` units from `first` on, `C` vectors of inputs at a time. Returns `N`.
///
/// # Safety
/// There is a row for every row of deltas, and there are `N` units from `first` on, with a parameter for each input.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
unsafe fn unit_gradients<T: Element, const N: usize, const C: usize>(
    rows: Rows<'_, T>,
    deltas: &[f32],
    units: usize,
    first: usize,
    scale: f32,
    update: impl Update,
) -> usize {
    let width = rows.width();
    let none = [[_mm512_setzero_ps(); C]; N];
    let mut pending = Pending { sums: none, left: 0, at: 0, width, scale, update, begun: None };
    let mut column = 0;
    // SAFETY: the caller's; all columns are below the width, but for those that the mask leaves out.
    unsafe {
        while column + C * LANES <= width {
            let sums = sums::<T, N, C, C>(rows, deltas, units, first, column, !0, &mut pending);
            pending.refill(sums, first * width + column);
            column += C * LANES;
        }
        while column < width {
            let mask = mask(width - column);
            let sums = sums::<T, N, 1, C>(rows, deltas, units, first, column, mask, &mut pending);
            for (unit, &[sum]) in sums.iter().enumerate() {
                let gradient = _mm512_mul_ps(sum, _mm512_set1_ps(scale));
                let at = (first + unit) * width + column;
                let rest = update.begin(mask, at, gradient);
                update.end(mask, at, rest);
            }
            column += LANES;
        }
        pending.finish();
    }
    N
}

/// Sums of `N` units by `C` vectors of inputs that still have to become updates. While a row is added to the next sums,
/// one update ends and another begins: updates wait for divisions and roots, sums keep the multipliers busy, and the
/// processor does both at once.
struct Pending<U: Update, const N: usize, const C: usize> {
    sums: [[__m512; C]; N],
    /// How many of them are left, the first ones.
    left: usize,
    /// The place of the first one among the parameters.
    at: usize,
    width: usize,
    scale: f32,
    update: U,
    /// The place of one that has begun, and what is left to do for it.
    begun: Option<(usize, U::Rest)>,
}

impl<U: Update, const N: usize, const C: usize> Pending<U, N, C> {
    /// Begins the update of one of them, if there is one, and ends the one before.
    ///
    /// # Safety
    /// Their places are among the parameters, and the machine has AVX-512F and DQ.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq")]
    unsafe fn apply_one(&mut self) {
        if let Some(last) = self.left.checked_sub(1)
            && let Some(&sum) = self.sums.as_flattened().get(last)
        {
            self.left = last;
            let at = self.at + last / C * self.width + last % C * LANES;
            let gradient = _mm512_mul_ps(sum, _mm512_set1_ps(self.scale));
            // SAFETY: the caller's.
            unsafe {
                self.end();
                self.begun = Some((at, self.update.begin(!0, at, gradient)));
            }
        }
    }

    /// Ends the update that has begun, if one has.
    ///
    /// # Safety
    /// As for beginning it.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq")]
    unsafe fn end(&mut self) {
        if let Some((at, rest)) = self.begun.take() {
            // SAFETY: the caller's.
            unsafe { self.update.end(!0, at, rest) };
        }
    }

    /// Applies all that are left.
    ///
    /// # Safety
    /// As for one.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq")]
    unsafe fn finish(&mut self) {
        // SAFETY: the caller's.
        unsafe {
            while self.left > 0 {
                self.apply_one();
            }
            self.end();
        }
    }

    /// Applies all that are left, then takes others.
    ///
    /// # Safety
    /// As for one; the parameters from `at` on are those of the sums.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq")]
    unsafe fn refill(&mut self, sums: [[__m512; C]; N], at: usize) {
        // SAFETY: the caller's.
        unsafe { self.finish() };
        self.sums = sums;
        self.at = at;
        self.left = N * C;
    }
}

/// Σ over rows of delta · input for `N` units from `first` on and `C` vectors of inputs from `column` on.
///
/// # Safety
/// There is a row for every row of deltas, there are `N` units from `first` on, and the inputs from `column` on, as far
/// as they are in `mask`; what is `pending` belongs to parameters that are there.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
unsafe fn sums<T: Element, const N: usize, const C: usize, const P: usize>(
    rows: Rows<'_, T>,
    deltas: &[f32],
    units: usize,
    first: usize,
    column: usize,
    mask: __mmask16,
    pending: &mut Pending<impl Update, N, P>,
) -> [[__m512; C]; N] {
    let mut sums = [[_mm512_setzero_ps(); C]; N];
    for (index, deltas) in deltas.chunks_exact(units).enumerate() {
        let row = rows.row(index).as_ptr();
        // SAFETY: the caller's.
        unsafe {
            let mut inputs = [_mm512_setzero_ps(); C];
            for chunk in 0..C {
                inputs[chunk] = <T as Load>::load_some(mask, row.add(column + chunk * LANES));
            }
            for unit in 0..N {
                let delta = _mm512_set1_ps(*deltas.as_ptr().add(first + unit));
                for chunk in 0..C {
                    sums[unit][chunk] = _mm512_fmadd_ps(delta, inputs[chunk], sums[unit][chunk]);
                }
            }
            pending.apply_one();
        }
    }
    sums
}
