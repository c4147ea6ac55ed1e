//! AVX2: inputs and weights are widened to 16 bits, of which the machine adds products in pairs without saturating.
//!
//! The instruction that multiplies bytes saturates in 16 bits, below 255 · 127 + 255 · 127.

use core::arch::x86_64::*;

use crate::kernels::Rows;

/// Inputs taken at a time.
const LANES: usize = 16;
/// Units whose sums are kept in registers at a time.
const UNITS: usize = 10;

/// # Safety
/// The machine has AVX2.
#[target_feature(enable = "avx2")]
pub(in crate::kernels) unsafe fn forward(rows: Rows<'_, u8>, weights: &[i8], bias: &[i32], outputs: &mut [i32]) {
    let (width, units) = (rows.width(), bias.len());
    for (index, outputs) in outputs.chunks_exact_mut(units).enumerate() {
        let row = rows.row(index);
        for ((outputs, bias), weights) in
            outputs.chunks_mut(UNITS).zip(bias.chunks(UNITS)).zip(weights.chunks(UNITS * width))
        {
            match bias.len() {
                1 => add::<1>(dots(row, weights), bias, outputs),
                2 => add::<2>(dots(row, weights), bias, outputs),
                3 => add::<3>(dots(row, weights), bias, outputs),
                4 => add::<4>(dots(row, weights), bias, outputs),
                UNITS => add::<UNITS>(dots(row, weights), bias, outputs),
                _ => {
                    for ((output, bias), weights) in outputs.iter_mut().zip(bias).zip(weights.chunks_exact(width)) {
                        let [sum] = dots(row, weights);
                        *output = bias.wrapping_add(sum);
                    }
                }
            }
        }
    }
}

fn add<const N: usize>(sums: [i32; N], bias: &[i32], outputs: &mut [i32]) {
    for ((output, bias), sum) in outputs.iter_mut().zip(bias).zip(sums) {
        *output = bias.wrapping_add(sum);
    }
}

/// The dot products of a row with `N` weight vectors of the same width.
#[inline]
#[target_feature(enable = "avx2")]
fn dots<const N: usize>(row: &[u8], weights: &[i8]) -> [i32; N] {
    let width = weights.len() / N;
    assert!(row.len() == width);
    let mut sums = [_mm256_setzero_si256(); N];
    let left = width % LANES;
    for at in (0..width - left).step_by(LANES) {
        // SAFETY: `at + LANES` ≤ width, the length of the row, and `weights` has N times that.
        unsafe {
            let inputs = _mm256_cvtepu8_epi16(_mm_loadu_si128(row.as_ptr().add(at).cast()));
            for (unit, sum) in sums.iter_mut().enumerate() {
                let weights = _mm_loadu_si128(weights.as_ptr().add(unit * width + at).cast());
                let products = _mm256_madd_epi16(inputs, _mm256_cvtepi8_epi16(weights));
                *sum = _mm256_add_epi32(*sum, products);
            }
        }
    }
    let mut totals = sums.map(|sum| add_lanes(sum));
    for (total, weights) in totals.iter_mut().zip(weights.chunks_exact(width)) {
        for (&input, &weight) in row.iter().zip(weights).skip(width - left) {
            *total = total.wrapping_add(i32::from(input) * i32::from(weight));
        }
    }
    totals
}

#[inline]
#[target_feature(enable = "avx2")]
fn add_lanes(sums: __m256i) -> i32 {
    let four = _mm_add_epi32(_mm256_castsi256_si128(sums), _mm256_extracti128_si256::<1>(sums));
    let two = _mm_add_epi32(four, _mm_shuffle_epi32::<0b00_00_11_10>(four));
    _mm_cvtsi128_si32(_mm_add_epi32(two, _mm_shuffle_epi32::<0b00_00_00_01>(two)))
}
