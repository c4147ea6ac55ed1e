//! Gradients, and what is done with them as soon as they are known.

use core::arch::x86_64::*;

use super::{LANES, Load, SUMS, flush_below, mask};
use crate::kernels::{AdamParameters, AdamStep, Element, Rows};
use crate::math::{SMALLEST_FIRST_MOMENT, SMALLEST_SECOND_MOMENT, SMALLEST_WEIGHT};

/// What is done with 16 gradients of neighbouring parameters as soon as they are known.
trait Update: Copy {
    /// # Safety
    /// The parameters `at` to `at` + 15, as far as they are in `mask`, are there, and the machine has AVX-512F and DQ.
    unsafe fn apply(self, mask: __mmask16, at: usize, gradient: __m512);
}

/// Stores them.
#[derive(Clone, Copy)]
struct Store {
    gradient: *mut f32,
}

impl Update for Store {
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq")]
    unsafe fn apply(self, mask: __mmask16, at: usize, gradient: __m512) {
        // SAFETY: the caller's.
        unsafe { _mm512_mask_storeu_ps(self.gradient.add(at), mask, gradient) };
    }
}

/// Gradient descent.
#[derive(Clone, Copy)]
struct Descend {
    learning_rate: f32,
    weights: *mut f32,
}

impl Update for Descend {
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq")]
    unsafe fn apply(self, mask: __mmask16, at: usize, gradient: __m512) {
        let learning_rate = _mm512_set1_ps(self.learning_rate);
        // SAFETY: the caller's.
        unsafe {
            let weights = self.weights.add(at);
            let updated = _mm512_fnmadd_ps(learning_rate, gradient, _mm512_maskz_loadu_ps(mask, weights));
            let updated = flush_below(updated, _mm512_set1_ps(SMALLEST_WEIGHT));
            _mm512_mask_storeu_ps(weights, mask, updated);
        }
    }
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
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq")]
    unsafe fn apply(self, mask: __mmask16, at: usize, gradient: __m512) {
        let first_share = _mm512_set1_ps(self.step.first_share);
        let second_share = _mm512_set1_ps(self.step.second_share);
        // SAFETY: the caller's.
        unsafe {
            let (values, first, second) =
                (self.values.add(at), self.first_moments.add(at), self.second_moments.add(at));
            let mean = _mm512_maskz_loadu_ps(mask, first);
            let mean = _mm512_fmadd_ps(first_share, _mm512_sub_ps(gradient, mean), mean);
            let mean = flush_below(mean, _mm512_set1_ps(SMALLEST_FIRST_MOMENT));
            let square = _mm512_maskz_loadu_ps(mask, second);
            let square = _mm512_fmadd_ps(second_share, _mm512_fmsub_ps(gradient, gradient, square), square);
            // A sum of squares needs no sign taken off.
            let large = _mm512_cmp_ps_mask::<_CMP_NLT_UQ>(square, _mm512_set1_ps(SMALLEST_SECOND_MOMENT));
            let square = _mm512_maskz_mov_ps(large, square);
            let change = _mm512_div_ps(
                _mm512_mul_ps(_mm512_set1_ps(self.step.step_size), mean),
                _mm512_add_ps(_mm512_sqrt_ps(square), _mm512_set1_ps(self.step.epsilon)),
            );
            let value = _mm512_sub_ps(_mm512_maskz_loadu_ps(mask, values), change);
            let value = flush_below(value, _mm512_set1_ps(SMALLEST_WEIGHT));
            _mm512_mask_storeu_ps(first, mask, mean);
            _mm512_mask_storeu_ps(second, mask, square);
            _mm512_mask_storeu_ps(values, mask, value);
        }
    }
}

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
pub(in crate::kernels) fn outer_product<T: Element>(
    rows: Rows<'_, T>,
    deltas: &[f32],
    units: usize,
    scale: f32,
    gradient: &mut [f32],
) {
    // SAFETY: the gradient has a place for every unit and input.
    unsafe { gradients(rows, deltas, units, scale, Store { gradient: gradient.as_mut_ptr() }) };
}

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
pub(in crate::kernels) fn outer_product_sgd<T: Element>(
    rows: Rows<'_, T>,
    deltas: &[f32],
    units: usize,
    scale: f32,
    learning_rate: f32,
    weights: &mut [f32],
) {
    // SAFETY: there is a weight for every unit and input.
    unsafe { gradients(rows, deltas, units, scale, Descend { learning_rate, weights: weights.as_mut_ptr() }) };
}

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
pub(in crate::kernels) fn outer_product_adam<T: Element>(
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
/// There is a parameter for every unit and input.
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
/// There is a parameter for every unit, and the rows have one input.
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
        unsafe { update.apply(mask, first, _mm512_mul_ps(sum, _mm512_set1_ps(scale))) };
    }
}

/// The gradients of `N` units from `first` on, `C` vectors of inputs at a time. Returns `N`.
///
/// # Safety
/// There are `N` units from `first` on, and a parameter for each and every input.
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
    let (sums_left, places) = ([_mm512_setzero_ps(); SUMS], [(0, 0); SUMS]);
    let mut pending = Pending { sums: sums_left, places, len: 0, scale, update };
    let mut column = 0;
    while column < width {
        // SAFETY: the caller's; all columns are below the width, but for those that the mask leaves out.
        unsafe {
            if column + C * LANES <= width {
                let sums = sums::<T, N, C>(rows, deltas, units, first, column, !0, &mut pending);
                pending.refill(sums, first, width, column, !0);
                column += C * LANES;
            } else {
                let mask = mask(width - column);
                let sums = sums::<T, N, 1>(rows, deltas, units, first, column, mask, &mut pending);
                pending.refill(sums, first, width, column, mask);
                column += LANES;
            }
        }
    }
    // SAFETY: these are places of the last columns.
    unsafe { pending.finish() };
    N
}

/// Sums that still have to become updates. One is applied while each row is added to the next sums: the update waits
/// for divisions and roots, the sums keep the multipliers busy, and the processor does both at once.
struct Pending<U> {
    sums: [__m512; SUMS],
    /// Where the sum belongs among the parameters, and which lanes of it.
    places: [(usize, __mmask16); SUMS],
    len: usize,
    scale: f32,
    update: U,
}

impl<U: Update> Pending<U> {
    /// Applies one of them, if there is one.
    ///
    /// # Safety
    /// All places are among the parameters, and the machine has AVX-512F and DQ.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq")]
    unsafe fn apply_one(&mut self) {
        if let Some(last) = self.len.checked_sub(1)
            && let (Some(&sum), Some(&(at, mask))) = (self.sums.get(last), self.places.get(last))
        {
            self.len = last;
            let gradient = _mm512_mul_ps(sum, _mm512_set1_ps(self.scale));
            // SAFETY: the caller's.
            unsafe { self.update.apply(mask, at, gradient) };
        }
    }

    /// Applies all of them.
    ///
    /// # Safety
    /// As for one.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq")]
    unsafe fn finish(&mut self) {
        while self.len > 0 {
            // SAFETY: the caller's.
            unsafe { self.apply_one() };
        }
    }

    /// Applies what is left, then takes the sums of `N` units from `first` on and `C` vectors of columns.
    ///
    /// # Safety
    /// As for one; the units, and the columns in `mask`, are among the parameters.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq")]
    unsafe fn refill<const N: usize, const C: usize>(
        &mut self,
        sums: [[__m512; C]; N],
        first: usize,
        width: usize,
        column: usize,
        mask: __mmask16,
    ) {
        const { assert!(C * N <= SUMS) };
        // SAFETY: the caller's.
        unsafe { self.finish() };
        for unit in 0..N {
            for chunk in 0..C {
                self.sums[unit * C + chunk] = sums[unit][chunk];
                self.places[unit * C + chunk] = ((first + unit) * width + column + chunk * LANES, mask);
            }
        }
        self.len = N * C;
    }
}

/// Σ over rows of delta · input for `N` units from `first` on and `C` vectors of inputs from `column` on.
///
/// # Safety
/// There are `N` units from `first` on, and the inputs from `column` on, as far as they are in `mask`.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
unsafe fn sums<T: Element, const N: usize, const C: usize>(
    rows: Rows<'_, T>,
    deltas: &[f32],
    units: usize,
    first: usize,
    column: usize,
    mask: __mmask16,
    pending: &mut Pending<impl Update>,
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
