//! AVX-512 VNNI: one instruction multiplies 64 pairs of bytes and adds the products, by fours, in 32 bits.

use core::arch::x86_64::*;

use crate::kernels::Rows;
use crate::kernels::vector::avx512::reduce_wrapping_add;

/// Inputs taken at a time.
const LANES: usize = 64;

/// # Safety
/// The machine has AVX-512 F, BW, DQ, VL and VNNI.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
pub(in crate::kernels) unsafe fn forward(rows: Rows<'_, u8>, weights: &[i8], bias: &[i32], outputs: &mut [i32]) {
    let mut first = 0;
    while first < bias.len() {
        first += match bias.len() - first {
            1 => forward_units::<4, 1>(rows, weights, bias, outputs, first),
            2 => forward_units::<4, 2>(rows, weights, bias, outputs, first),
            3 => forward_units::<4, 3>(rows, weights, bias, outputs, first),
            4 => forward_units::<4, 4>(rows, weights, bias, outputs, first),
            5..10 => forward_units::<4, 5>(rows, weights, bias, outputs, first),
            _ => forward_units::<2, 10>(rows, weights, bias, outputs, first),
        };
    }
}

/// The outputs of `N` units from `first` on, for every row, `S` rows at a time. Returns `N`.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
fn forward_units<const S: usize, const N: usize>(
    rows: Rows<'_, u8>,
    weights: &[i8],
    bias: &[i32],
    outputs: &mut [i32],
    first: usize,
) -> usize {
    let units = bias.len();
    let weights = &weights[first * rows.width()..][..N * rows.width()];
    let bias: &[i32; N] = bias[first..].first_chunk().unwrap();
    let mut index = 0;
    while index + S <= rows.len() {
        let these = core::array::from_fn(|row| rows.row(index + row));
        // The next rows are prefetched once, in the pass over the first units.
        let next = core::array::from_fn(|row| if first == 0 { rows.upcoming(index + row) } else { &[] });
        for (row, sums) in dots::<S, N>(these, next, weights).iter().enumerate() {
            add(sums, bias, outputs[(index + row) * units + first..].first_chunk_mut().unwrap());
        }
        index += S;
    }
    for index in index..rows.len() {
        let [sums] = dots::<1, N>([rows.row(index)], [&[]], weights);
        add(&sums, bias, outputs[index * units + first..].first_chunk_mut().unwrap());
    }
    N
}

#[inline]
fn add<const N: usize>(sums: &[i32; N], bias: &[i32; N], outputs: &mut [i32; N]) {
    for unit in 0..N {
        outputs[unit] = sums[unit].wrapping_add(bias[unit]);
    }
}

/// The dot products of `S` rows with `N` weight vectors of the same width.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
fn dots<const S: usize, const N: usize>(rows: [&[u8]; S], next: [&[u8]; S], weights: &[i8]) -> [[i32; N]; S] {
    let width = weights.len() / N;
    assert!(rows.iter().all(|row| row.len() == width));
    let mut sums = [[_mm512_setzero_si512(); N]; S];
    for at in (0..width - width % LANES).step_by(LANES) {
        for next in next {
            _mm_prefetch::<_MM_HINT_T1>(next.as_ptr().wrapping_add(at).cast());
        }
        // SAFETY: `at + LANES` ≤ width, the length of every row, and `weights` has N times that.
        unsafe {
            let inputs = rows.map(|row| _mm512_loadu_si512(row.as_ptr().add(at).cast()));
            for unit in 0..N {
                let weights = _mm512_loadu_si512(weights.as_ptr().add(unit * width + at).cast());
                for row in 0..S {
                    sums[row][unit] = _mm512_dpbusd_epi32(sums[row][unit], inputs[row], weights);
                }
            }
        }
    }
    let left = width % LANES;
    if left > 0 {
        let (at, mask) = (width - left, !(!0 << left));
        // SAFETY: `mask` ends with the row.
        unsafe {
            let inputs = rows.map(|row| _mm512_maskz_loadu_epi8(mask, row.as_ptr().add(at).cast()));
            for unit in 0..N {
                let weights = _mm512_maskz_loadu_epi8(mask, weights.as_ptr().add(unit * width + at));
                for row in 0..S {
                    sums[row][unit] = _mm512_dpbusd_epi32(sums[row][unit], inputs[row], weights);
                }
            }
        }
    }
    let mut totals = [[0; N]; S];
    for (totals, sums) in totals.as_flattened_mut().chunks_mut(16).zip(sums.as_flattened().chunks(16)) {
        let mut padded = [_mm512_setzero_si512(); 16];
        padded[..sums.len()].copy_from_slice(sums);
        let mut lanes = [0; 16];
        // SAFETY: `lanes` holds 16 numbers, and this function has the features.
        unsafe { _mm512_storeu_si512(lanes.as_mut_ptr().cast(), reduce_wrapping_add(padded)) };
        totals.copy_from_slice(&lanes[..totals.len()]);
    }
    totals
}
