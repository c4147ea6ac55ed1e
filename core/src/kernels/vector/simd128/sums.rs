//! Sums over [`Wide`] of plain numbers.

use core::arch::wasm32::*;

use super::wide::Wide;
use crate::kernels::vector::lanes::{LANES, Vector};
use crate::kernels::vector::load::Load;
use crate::kernels::vector::weighted_sums as exact;
use crate::kernels::{Element, Rows};

/// Numbers of a register.
const NUMBERS: usize = 4;

/// Whether all products of a row's numbers with `factors` are finite multiples of 2⁻¹²⁶.
pub(super) fn are_plain<T: Element>(rows: Rows<'_, T>, factors: &[f32]) -> bool {
    let factors = factors.iter().copied();
    if const { T::CONVERTED } {
        return are_multiples(factors, -126);
    }
    let row = |index| rows.row(index).iter().map(|&value| value.into());
    are_multiples(factors, -63) && (0..rows.len()).all(|index| are_multiples(row(index), -63))
}

/// Whether the numbers are finite, and surely multiples of 2 to the power of `exponent`.
fn are_multiples(values: impl Iterator<Item = f32>, exponent: i32) -> bool {
    let [mut least, mut most] = [u32::MAX, 0];
    for value in values {
        let magnitude = value.to_bits() & 0x7fff_ffff;
        // One less, so that zero is the largest.
        least = least.min(magnitude.wrapping_sub(1));
        most = most.max(magnitude);
    }
    let smallest = ((exponent + 23 + 127) as u32) << 23;
    most < f32::INFINITY.to_bits() && least >= smallest - 1
}

/// `N` sums over `steps` of the numbers at `inputs(step)`, the first `count` or all, times `factor(step, n)`. Not inlined: its
/// callers unroll it.
///
/// # Safety
/// The numbers are there.
#[inline(never)]
pub(super) unsafe fn weighted_sums<T: Load, const N: usize>(
    steps: usize,
    inputs: impl Fn(usize) -> *const T,
    count: usize,
    factor: impl Fn(usize, usize) -> f32,
) -> [v128; N] {
    let mut sums = [Wide::splat(0.0); N];
    let mut doubt = u32x4_splat(0);
    for step in 0..steps {
        // SAFETY: the caller's.
        let values: v128 = unsafe { T::load_up_to(count, inputs(step)) };
        if v128_any_true(values) {
            let values = Wide::from_f32(values);
            for n in 0..N {
                sums[n] = Wide::splat(factor(step, n)).mul_add(values, sums[n], &mut doubt);
            }
        }
    }
    if v128_any_true(doubt) {
        // SAFETY: the caller's.
        return unsafe { sure_weighted_sums(steps, inputs, count, factor) };
    }
    sums.map(Wide::to_f32)
}

/// # Safety
/// As for [`weighted_sums`].
#[cold]
#[inline(never)]
unsafe fn sure_weighted_sums<T: Load, const N: usize>(
    steps: usize,
    inputs: impl Fn(usize) -> *const T,
    count: usize,
    factor: impl Fn(usize, usize) -> f32,
) -> [v128; N] {
    // SAFETY: the caller's.
    unsafe { exact::weighted_sums::<v128, T, N, 1>(steps, inputs, count, factor).map(|[sum]| sum) }
}

/// The 16 partial sums of the dot product of an input with the weights of each of `N` units.
///
/// # Safety
/// There are `width` inputs and `N` times as many weights.
#[inline(never)]
pub(super) unsafe fn partial_sums<T: Load, const N: usize>(
    width: usize,
    input: *const T,
    weights: *const f32,
) -> [[v128; LANES / NUMBERS]; N] {
    let mut partial = [[f32x4_splat(0.0); LANES / NUMBERS]; N];
    let mut doubt = u32x4_splat(0);
    for register in 0..LANES / NUMBERS {
        let mut sums = [Wide::splat(0.0); N];
        let mut add = |column: usize, count: usize| {
            // SAFETY: the caller's; `count` are left.
            unsafe {
                let values: v128 = T::load_up_to(count, input.add(column));
                if v128_any_true(values) {
                    let values = Wide::from_f32(values);
                    for n in 0..N {
                        let weights: v128 = f32::load_up_to(count, weights.add(n * width + column));
                        sums[n] = Wide::from_f32(weights).mul_add(values, sums[n], &mut doubt);
                    }
                }
            }
        };
        let mut column = register * NUMBERS;
        while column + NUMBERS <= width {
            add(column, NUMBERS);
            column += LANES;
        }
        if column < width {
            add(column, width - column);
        }
        for n in 0..N {
            partial[n][register] = sums[n].to_f32();
        }
    }
    if v128_any_true(doubt) {
        // SAFETY: the caller's.
        return unsafe { sure_partial_sums(width, input, weights) };
    }
    partial
}

/// # Safety
/// As for [`partial_sums`].
#[cold]
#[inline(never)]
unsafe fn sure_partial_sums<T: Load, const N: usize>(
    width: usize,
    input: *const T,
    weights: *const f32,
) -> [[v128; LANES / NUMBERS]; N] {
    let mut sums = [[f32x4_splat(0.0); LANES / NUMBERS]; N];
    for column in (0..width).step_by(NUMBERS) {
        let (register, count) = (column / NUMBERS % (LANES / NUMBERS), width - column);
        for n in 0..N {
            // SAFETY: the caller's; `count` are left.
            unsafe {
                let values: v128 = T::load_up_to(count, input.add(column));
                let weights: v128 = f32::load_up_to(count, weights.add(n * width + column));
                sums[n][register] = weights.mul_add(values, sums[n][register]);
            }
        }
    }
    sums
}
