//! AVX-512 (F, BW, DQ, VL): one vector is the 16 partial sums of a dot product.

use core::arch::x86_64::*;

use crate::kernels::{AdamParameters, AdamStep, Element, Rows, Score};
use crate::math::{
    EXP_LOWEST, EXP_POLYNOMIAL, LN_2_HIGH, LN_2_LOW, LN_POLYNOMIAL, LOG2_E, ROUND, SMALLEST_FIRST_MOMENT,
    SMALLEST_SECOND_MOMENT, SMALLEST_SIGNAL, SMALLEST_WEIGHT, SQRT_HALF_BITS, fused_multiply_add,
};

const LANES: usize = 16;
/// Vectors of sums that are kept in registers at a time, of the 32 there are.
const SUMS: usize = 20;

/// Numbers that can be loaded as 16 lanes of f32.
pub trait Load: Sized {
    /// # Safety
    /// 16 numbers can be read at `from`, and the machine has AVX-512F.
    unsafe fn load(from: *const Self) -> __m512;
    /// The lanes that are not in `mask` are zero, and their memory is not touched.
    ///
    /// # Safety
    /// The numbers in `mask` can be read at `from`, and the machine has AVX-512F, BW and VL.
    unsafe fn load_some(mask: __mmask16, from: *const Self) -> __m512;
}

impl Load for u8 {
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl")]
    unsafe fn load(from: *const Self) -> __m512 {
        // SAFETY: the caller's.
        let bytes = unsafe { _mm_loadu_si128(from.cast()) };
        _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(bytes))
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl")]
    unsafe fn load_some(mask: __mmask16, from: *const Self) -> __m512 {
        // SAFETY: the caller's.
        let bytes = unsafe { _mm_maskz_loadu_epi8(mask, from.cast()) };
        _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(bytes))
    }
}

impl Load for f32 {
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl")]
    unsafe fn load(from: *const Self) -> __m512 {
        // SAFETY: the caller's.
        unsafe { _mm512_loadu_ps(from) }
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl")]
    unsafe fn load_some(mask: __mmask16, from: *const Self) -> __m512 {
        // SAFETY: the caller's.
        unsafe { _mm512_maskz_loadu_ps(mask, from) }
    }
}

/// The lanes of the first `count` numbers.
const fn mask(count: usize) -> __mmask16 {
    if count >= LANES { !0 } else { (1 << count) - 1 }
}

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
pub(in crate::kernels) fn affine<T: Element>(
    rows: Rows<'_, T>,
    weights: &[f32],
    bias: &[f32],
    scale: f32,
    outputs: &mut [f32],
) {
    let mut first = 0;
    while first < bias.len() {
        first += match bias.len() - first {
            1 => affine_units::<T, 4, 1>(rows, weights, bias, scale, outputs, first),
            2 => affine_units::<T, 4, 2>(rows, weights, bias, scale, outputs, first),
            3 => affine_units::<T, 4, 3>(rows, weights, bias, scale, outputs, first),
            4 => affine_units::<T, 4, 4>(rows, weights, bias, scale, outputs, first),
            5..10 => affine_units::<T, 4, 5>(rows, weights, bias, scale, outputs, first),
            _ => affine_units::<T, 2, 10>(rows, weights, bias, scale, outputs, first),
        };
    }
}

/// The outputs of `N` units from `first` on, for every row, `S` rows at a time. Returns `N`.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
fn affine_units<T: Element, const S: usize, const N: usize>(
    rows: Rows<'_, T>,
    weights: &[f32],
    bias: &[f32],
    scale: f32,
    outputs: &mut [f32],
    first: usize,
) -> usize {
    let units = bias.len();
    let weights = &weights[first * rows.width()..][..N * rows.width()];
    let bias: &[f32; N] = bias[first..].first_chunk().unwrap();
    let mut index = 0;
    while index + S <= rows.len() {
        let these = core::array::from_fn(|row| rows.row(index + row));
        // What comes next is fetched once, on the first units' way through these rows.
        let next = core::array::from_fn(|row| if first == 0 { rows.upcoming(index + row) } else { &[] });
        for (row, sums) in dots::<T, S, N>(these, next, weights).iter().enumerate() {
            scale_and_add(sums, scale, bias, outputs[(index + row) * units + first..].first_chunk_mut().unwrap());
        }
        index += S;
    }
    for index in index..rows.len() {
        let [sums] = dots::<T, 1, N>([rows.row(index)], [&[]], weights);
        scale_and_add(&sums, scale, bias, outputs[index * units + first..].first_chunk_mut().unwrap());
    }
    N
}

#[inline]
#[target_feature(enable = "avx512f,avx512vl,fma")]
fn scale_and_add<const N: usize>(sums: &[f32; N], scale: f32, bias: &[f32; N], outputs: &mut [f32; N]) {
    for unit in 0..N {
        outputs[unit] = fused_multiply_add(sums[unit], scale, bias[unit]);
    }
}

/// The dot products of `S` rows with `N` weight vectors of the same width.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
fn dots<T: Element, const S: usize, const N: usize>(
    rows: [&[T]; S],
    next: [&[T]; S],
    weights: &[f32],
) -> [[f32; N]; S] {
    let width = weights.len() / N;
    assert!(rows.iter().all(|row| row.len() == width));
    let mut sums = [[_mm512_setzero_ps(); N]; S];
    let chunks = width / LANES;
    let chunks_a_line = 64 / (LANES * size_of::<T>());
    for chunk in 0..chunks {
        let at = chunk * LANES;
        if chunk.is_multiple_of(chunks_a_line) {
            for next in next {
                _mm_prefetch::<_MM_HINT_T1>(next.as_ptr().wrapping_add(at).cast());
            }
        }
        // SAFETY: `at + LANES` ≤ width, the length of every row, and `weights` has N times that.
        unsafe {
            let mut inputs = [_mm512_setzero_ps(); S];
            for row in 0..S {
                inputs[row] = <T as Load>::load(rows[row].as_ptr().add(at));
            }
            for unit in 0..N {
                let weight = _mm512_loadu_ps(weights.as_ptr().add(unit * width + at));
                for row in 0..S {
                    sums[row][unit] = _mm512_fmadd_ps(weight, inputs[row], sums[row][unit]);
                }
            }
        }
    }
    if !width.is_multiple_of(LANES) {
        let (at, mask) = (chunks * LANES, mask(width % LANES));
        // SAFETY: `mask` ends with the row.
        unsafe {
            let mut inputs = [_mm512_setzero_ps(); S];
            for row in 0..S {
                inputs[row] = <T as Load>::load_some(mask, rows[row].as_ptr().add(at));
            }
            for unit in 0..N {
                let weight = _mm512_maskz_loadu_ps(mask, weights.as_ptr().add(unit * width + at));
                for row in 0..S {
                    sums[row][unit] = _mm512_mask3_fmadd_ps(weight, inputs[row], sums[row][unit], mask);
                }
            }
        }
    }
    reduce_lanes::<Sum, S, N>(sums)
}

/// How two lanes become one.
trait Fold {
    /// # Safety
    /// The machine has AVX-512F.
    unsafe fn fold(a: __m512, b: __m512) -> __m512;
}

struct Sum;

impl Fold for Sum {
    #[inline]
    #[target_feature(enable = "avx512f")]
    unsafe fn fold(a: __m512, b: __m512) -> __m512 {
        _mm512_add_ps(a, b)
    }
}

struct Maximum;

impl Fold for Maximum {
    #[inline]
    #[target_feature(enable = "avx512f")]
    unsafe fn fold(a: __m512, b: __m512) -> __m512 {
        _mm512_max_ps(a, b)
    }
}

/// Folds the lanes of each vector: l and l + 8, l and l + 4, l and l + 2, l and l + 1. Sixteen vectors share the work: at
/// each step two of them become one.
#[inline]
#[target_feature(enable = "avx512f,avx512dq")]
fn reduce_lanes<F: Fold, const S: usize, const N: usize>(vectors: [[__m512; N]; S]) -> [[f32; N]; S] {
    const { assert!(S * N <= 2 * LANES) };
    let mut padded = [_mm512_setzero_ps(); 2 * LANES];
    for (padded, &vector) in padded.iter_mut().zip(vectors.as_flattened()) {
        *padded = vector;
    }
    let mut totals = [[0.0; N]; S];
    for (group, totals) in padded.chunks_exact(LANES).zip(totals.as_flattened_mut().chunks_mut(LANES)) {
        let mut quarters = [_mm512_setzero_ps(); 4];
        for (quarter, four) in quarters.iter_mut().zip(group.chunks_exact(4)) {
            let ab = fold_blocks::<F, 0x44, 0xee>(four[0], four[1]);
            let cd = fold_blocks::<F, 0x44, 0xee>(four[2], four[3]);
            *quarter = fold_blocks::<F, 0x88, 0xdd>(ab, cd);
        }
        let low = fold_in_blocks::<F, 0x44, 0xee>(quarters[0], quarters[1]);
        let high = fold_in_blocks::<F, 0x44, 0xee>(quarters[2], quarters[3]);
        let folded = lanes(fold_in_blocks::<F, 0x88, 0xdd>(low, high));
        for (place, total) in totals.iter_mut().enumerate() {
            // Block b holds, of each quarter in turn, its vector b.
            *total = folded[place % 4 * 4 + place / 4];
        }
    }
    totals
}

/// Folds 128-bit blocks of `a` and `b` picked by `LEFT` with those picked by `RIGHT`.
#[inline]
#[target_feature(enable = "avx512f")]
fn fold_blocks<F: Fold, const LEFT: i32, const RIGHT: i32>(a: __m512, b: __m512) -> __m512 {
    // SAFETY: this function has AVX-512F too.
    unsafe { F::fold(_mm512_shuffle_f32x4::<LEFT>(a, b), _mm512_shuffle_f32x4::<RIGHT>(a, b)) }
}

/// The same with lanes within each 128-bit block.
#[inline]
#[target_feature(enable = "avx512f")]
fn fold_in_blocks<F: Fold, const LEFT: i32, const RIGHT: i32>(a: __m512, b: __m512) -> __m512 {
    // SAFETY: this function has AVX-512F too.
    unsafe { F::fold(_mm512_shuffle_ps::<LEFT>(a, b), _mm512_shuffle_ps::<RIGHT>(a, b)) }
}

#[inline]
#[target_feature(enable = "avx512f")]
fn lanes(vector: __m512) -> [f32; LANES] {
    let mut lanes = [0.0; LANES];
    // SAFETY: `lanes` has room for 16.
    unsafe { _mm512_storeu_ps(lanes.as_mut_ptr(), vector) };
    lanes
}

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
pub(in crate::kernels) fn affine_transposed(deltas: &[f32], weights: &[f32], units: usize, outputs: &mut [f32]) {
    let columns = weights.len() / units;
    let rows = deltas.len() / units;
    let smallest = _mm512_set1_ps(SMALLEST_SIGNAL);
    for column in (0..columns).step_by(LANES) {
        let mask = mask(columns - column);
        let mut row = 0;
        while row < rows {
            let count = if rows - row < ROWS_BACK { 1 } else { ROWS_BACK };
            let mut sums = [_mm512_setzero_ps(); ROWS_BACK];
            // SAFETY: `mask` ends with the row of weights; row + count ≤ rows.
            unsafe {
                for unit in 0..units {
                    let weight = _mm512_maskz_loadu_ps(mask, weights.as_ptr().add(unit * columns + column));
                    for (step, sum) in sums.iter_mut().enumerate().take(count) {
                        let delta = _mm512_set1_ps(*deltas.as_ptr().add((row + step) * units + unit));
                        *sum = _mm512_fmadd_ps(delta, weight, *sum);
                    }
                }
                for (step, &sum) in sums.iter().enumerate().take(count) {
                    let to = outputs.as_mut_ptr().add((row + step) * columns + column);
                    _mm512_mask_storeu_ps(to, mask, flush_below(sum, smallest));
                }
            }
            row += count;
        }
    }
}

/// Rows whose sums [`affine_transposed`] keeps in registers at a time.
const ROWS_BACK: usize = 8;

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

/// The lanes, or +0.0 where the magnitude is below the limit.
#[inline]
#[target_feature(enable = "avx512f,avx512dq")]
fn flush_below(values: __m512, limit: __m512) -> __m512 {
    let keep = _mm512_cmp_ps_mask::<_CMP_NLT_UQ>(_mm512_abs_ps(values), limit);
    _mm512_maskz_mov_ps(keep, values)
}

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
pub(in crate::kernels) fn softmax(values: &mut [f32], classes: usize) {
    for rows in values.chunks_mut(LANES * classes) {
        softmax_rows(rows, classes);
    }
}

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
pub(in crate::kernels) fn softmax_cross_entropy(values: &mut [f32], classes: usize, labels: &[u8]) -> Score {
    let mut score = Score::default();
    for (rows, labels) in values.chunks_mut(LANES * classes).zip(labels.chunks(LANES)) {
        let mut logits = [0.0; LANES];
        for ((logit, row), &label) in logits.iter_mut().zip(rows.chunks_exact(classes)).zip(labels) {
            *logit = row.get(usize::from(label)).copied().unwrap_or(0.0);
        }
        let Extremes { largest, first_largest, sums } = softmax_rows(rows, classes);
        let losses = _mm512_sub_ps(ln(vector(&sums)), _mm512_sub_ps(vector(&logits), vector(&largest)));
        for (((loss, &first_largest), row), &label) in
            lanes(losses).into_iter().zip(&first_largest).zip(rows.chunks_exact_mut(classes)).zip(labels)
        {
            let label = usize::from(label);
            let Some(probability) = row.get_mut(label) else { continue };
            *probability -= 1.0;
            score.add(loss, first_largest == label);
        }
    }
    score
}

/// What softmax finds out about up to 16 rows on its way.
struct Extremes {
    largest: [f32; LANES],
    /// The first class that has the largest logit.
    first_largest: [usize; LANES],
    /// The sums of the exponentials; 1 where there is no row.
    sums: [f32; LANES],
}

/// Softmax of up to 16 rows, in place.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
fn softmax_rows(values: &mut [f32], classes: usize) -> Extremes {
    if classes <= LANES {
        return softmax_narrow_rows(values, classes);
    }
    let mut extremes = Extremes { largest: [0.0; LANES], first_largest: [0; LANES], sums: [1.0; LANES] };
    for (index, row) in values.chunks_exact_mut(classes).enumerate().take(LANES) {
        (extremes.largest[index], extremes.first_largest[index], extremes.sums[index]) = softmax_wide_row(row);
    }
    extremes
}

/// Softmax of up to 16 rows that fit into a vector each. All of them are loaded before the first is stored, since a
/// masked load close behind a masked store would wait for it.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
fn softmax_narrow_rows(values: &mut [f32], classes: usize) -> Extremes {
    let rows = values.len() / classes;
    let masks: [__mmask16; LANES] = core::array::from_fn(|index| if index < rows { mask(classes) } else { 0 });
    let lowest = _mm512_set1_ps(f32::NEG_INFINITY);
    let mut vectors = [lowest; LANES];
    for (index, vector) in vectors.iter_mut().enumerate() {
        // SAFETY: the mask ends with the row and is empty where there is none.
        *vector = unsafe { _mm512_mask_loadu_ps(lowest, masks[index], values.as_ptr().wrapping_add(index * classes)) };
    }
    let [largest] = reduce_lanes::<Maximum, 1, LANES>([vectors]);
    let mut first_largest = [0; LANES];
    for (index, vector) in vectors.iter_mut().enumerate() {
        let largest = _mm512_set1_ps(largest[index]);
        let at_largest = _mm512_cmp_ps_mask::<_CMP_EQ_OQ>(*vector, largest);
        first_largest[index] = at_largest.trailing_zeros() as usize;
        *vector = _mm512_maskz_mov_ps(masks[index], exp_nonpositive(_mm512_sub_ps(*vector, largest)));
    }
    let [mut sums] = reduce_lanes::<Sum, 1, LANES>([vectors]);
    sums[rows..].fill(1.0);
    let smallest = _mm512_set1_ps(SMALLEST_SIGNAL);
    for (index, &vector) in vectors.iter().enumerate() {
        let probabilities = flush_below(_mm512_div_ps(vector, _mm512_set1_ps(sums[index])), smallest);
        // SAFETY: as for the load.
        unsafe {
            _mm512_mask_storeu_ps(values.as_mut_ptr().wrapping_add(index * classes), masks[index], probabilities);
        }
    }
    Extremes { largest, first_largest, sums }
}

/// Softmax of one row of any length. Returns its largest logit, where that is first, and the sum of the exponentials.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
fn softmax_wide_row(row: &mut [f32]) -> (f32, usize, f32) {
    let lowest = _mm512_set1_ps(f32::NEG_INFINITY);
    let mut largest = lowest;
    for logits in row.chunks(LANES) {
        // SAFETY: the mask ends with the row.
        largest = _mm512_max_ps(largest, unsafe { _mm512_mask_loadu_ps(lowest, mask(logits.len()), logits.as_ptr()) });
    }
    let [[largest]] = reduce_lanes::<Maximum, 1, 1>([[largest]]);
    let first_largest = row.iter().position(|&logit| logit == largest).unwrap_or(0);
    let mut sum = _mm512_setzero_ps();
    for values in row.chunks_mut(LANES) {
        let mask = mask(values.len());
        // SAFETY: the mask ends with the row.
        unsafe {
            let logits = _mm512_maskz_loadu_ps(mask, values.as_ptr());
            let exponentials = exp_nonpositive(_mm512_sub_ps(logits, _mm512_set1_ps(largest)));
            sum = _mm512_mask_add_ps(sum, mask, sum, exponentials);
            _mm512_mask_storeu_ps(values.as_mut_ptr(), mask, exponentials);
        }
    }
    let [[sum]] = reduce_lanes::<Sum, 1, 1>([[sum]]);
    for values in row.chunks_mut(LANES) {
        let mask = mask(values.len());
        // SAFETY: the mask ends with the row.
        unsafe {
            let exponentials = _mm512_maskz_loadu_ps(mask, values.as_ptr());
            let probabilities = _mm512_div_ps(exponentials, _mm512_set1_ps(sum));
            let probabilities = flush_below(probabilities, _mm512_set1_ps(SMALLEST_SIGNAL));
            _mm512_mask_storeu_ps(values.as_mut_ptr(), mask, probabilities);
        }
    }
    (largest, first_largest, sum)
}

#[inline]
#[target_feature(enable = "avx512f")]
fn vector(lanes: &[f32; LANES]) -> __m512 {
    // SAFETY: `lanes` holds 16.
    unsafe { _mm512_loadu_ps(lanes.as_ptr()) }
}

/// As [`math::exp_nonpositive`](crate::math::exp_nonpositive).
#[inline]
#[target_feature(enable = "avx512f,avx512dq")]
fn exp_nonpositive(x: __m512) -> __m512 {
    let round = _mm512_set1_ps(ROUND);
    let x = _mm512_max_ps(x, _mm512_set1_ps(EXP_LOWEST));
    let rounded = _mm512_fmadd_ps(x, _mm512_set1_ps(LOG2_E), round);
    let n = _mm512_sub_ps(rounded, round);
    let r = _mm512_fnmadd_ps(n, _mm512_set1_ps(LN_2_HIGH), x);
    let r = _mm512_fnmadd_ps(n, _mm512_set1_ps(LN_2_LOW), r);
    let p = polynomial(r, &EXP_POLYNOMIAL);
    let p = _mm512_fmadd_ps(p, _mm512_mul_ps(r, r), r);
    let exponent = _mm512_slli_epi32::<23>(_mm512_castps_si512(rounded));
    let value = _mm512_castps_si512(_mm512_add_ps(p, _mm512_set1_ps(1.0)));
    flush_below(_mm512_castsi512_ps(_mm512_add_epi32(value, exponent)), _mm512_set1_ps(SMALLEST_SIGNAL))
}

/// As [`math::ln`](crate::math::ln).
#[inline]
#[target_feature(enable = "avx512f")]
fn ln(value: __m512) -> __m512 {
    let sqrt_half = _mm512_set1_epi32(SQRT_HALF_BITS.cast_signed());
    let shifted = _mm512_sub_epi32(_mm512_castps_si512(value), sqrt_half);
    let exponent = _mm512_cvtepi32_ps(_mm512_srai_epi32::<23>(shifted));
    let mantissa = _mm512_add_epi32(_mm512_and_si512(shifted, _mm512_set1_epi32(0x007f_ffff)), sqrt_half);
    let f = _mm512_sub_ps(_mm512_castsi512_ps(mantissa), _mm512_set1_ps(1.0));
    let p = polynomial(f, &LN_POLYNOMIAL);
    let square = _mm512_mul_ps(f, f);
    let cube_term = _mm512_mul_ps(square, _mm512_mul_ps(p, f));
    let low = _mm512_fmadd_ps(exponent, _mm512_set1_ps(LN_2_LOW), cube_term);
    let low = _mm512_fmadd_ps(square, _mm512_set1_ps(-0.5), low);
    _mm512_fmadd_ps(exponent, _mm512_set1_ps(LN_2_HIGH), _mm512_add_ps(f, low))
}

/// The polynomial with these coefficients, of rising powers, by Horner's rule.
#[inline]
#[target_feature(enable = "avx512f")]
fn polynomial<const N: usize>(x: __m512, coefficients: &[f32; N]) -> __m512 {
    let mut value = _mm512_set1_ps(coefficients[N - 1]);
    for &coefficient in coefficients.iter().rev().skip(1) {
        value = _mm512_fmadd_ps(value, x, _mm512_set1_ps(coefficient));
    }
    value
}
