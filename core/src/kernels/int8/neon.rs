//! NEON, with the dot product of Armv8.2 where the machine has it.
//!
//! Both multiply bytes of like signedness only. So the weights are stored as w + 128, and from a sum of products with
//! those, 128 times the sum of the row is subtracted.

use core::arch::aarch64::*;
use core::arch::asm;

use crate::kernels::Rows;

/// Inputs taken at a time.
const LANES: usize = 16;
/// Units whose sums are kept in registers at a time.
const UNITS: usize = 5;

/// # Safety
/// The machine has NEON.
#[target_feature(enable = "neon")]
pub(in crate::kernels) unsafe fn forward(rows: Rows<'_, u8>, weights: &[i8], bias: &[i32], outputs: &mut [i32]) {
    // SAFETY: the caller's.
    unsafe { affine_with::<Widening>(rows, weights, bias, outputs) }
}

/// # Safety
/// The machine has NEON and its dot product.
#[target_feature(enable = "neon,dotprod")]
pub(in crate::kernels) unsafe fn forward_dot_product(
    rows: Rows<'_, u8>,
    weights: &[i8],
    bias: &[i32],
    outputs: &mut [i32],
) {
    // SAFETY: the caller's.
    unsafe { affine_with::<DotProduct>(rows, weights, bias, outputs) }
}

/// How the products of bytes are added to four sums.
trait MultiplyAdd {
    /// # Safety
    /// The machine has the instructions.
    unsafe fn multiply_add(sums: uint32x4_t, a: uint8x16_t, b: uint8x16_t) -> uint32x4_t;
}

struct Widening;

impl MultiplyAdd for Widening {
    #[inline(always)]
    unsafe fn multiply_add(sums: uint32x4_t, a: uint8x16_t, b: uint8x16_t) -> uint32x4_t {
        // SAFETY: NEON is part of every target of this architecture that this file is compiled for.
        unsafe {
            let sums = vpadalq_u16(sums, vmull_u8(vget_low_u8(a), vget_low_u8(b)));
            vpadalq_u16(sums, vmull_high_u8(a, b))
        }
    }
}

struct DotProduct;

impl MultiplyAdd for DotProduct {
    #[inline(always)]
    unsafe fn multiply_add(mut sums: uint32x4_t, a: uint8x16_t, b: uint8x16_t) -> uint32x4_t {
        // SAFETY: works on registers only; the caller's machine has the instruction, for which stable Rust has no name.
        unsafe {
            asm!(
                ".arch_extension dotprod",
                "udot {sums:v}.4s, {a:v}.16b, {b:v}.16b",
                sums = inout(vreg) sums,
                a = in(vreg) a,
                b = in(vreg) b,
                options(pure, nomem, nostack, preserves_flags),
            );
        }
        sums
    }
}

/// # Safety
/// The machine has the instructions of `M`.
#[inline(always)]
unsafe fn affine_with<M: MultiplyAdd>(rows: Rows<'_, u8>, weights: &[i8], bias: &[i32], outputs: &mut [i32]) {
    let (width, units) = (rows.width(), bias.len());
    for (index, outputs) in outputs.chunks_exact_mut(units).enumerate() {
        let row = rows.row(index);
        for ((outputs, bias), weights) in
            outputs.chunks_mut(UNITS).zip(bias.chunks(UNITS)).zip(weights.chunks(UNITS * width))
        {
            // SAFETY: the caller's.
            unsafe {
                if let (Ok(outputs), Ok(bias)) = (outputs.try_into(), bias.try_into()) {
                    add_products::<M, UNITS>(row, weights, bias, outputs);
                    continue;
                }
                for ((output, bias), weights) in
                    outputs.as_chunks_mut().0.iter_mut().zip(bias.as_chunks().0).zip(weights.chunks_exact(width))
                {
                    add_products::<M, 1>(row, weights, bias, output);
                }
            }
        }
    }
}

/// `bias` and the dot products of a row with `N` weight vectors of the same width.
///
/// # Safety
/// The machine has the instructions of `M`.
#[inline(always)]
unsafe fn add_products<M: MultiplyAdd, const N: usize>(
    row: &[u8],
    weights: &[i8],
    bias: &[i32; N],
    outputs: &mut [i32; N],
) {
    let width = weights.len() / N;
    assert!(row.len() == width);
    let left = width % LANES;
    // SAFETY: all is read below the width, of which the row has one and the weights N.
    unsafe {
        let ones = vdupq_n_u8(1);
        let mut row_sum = vdupq_n_u32(0);
        let mut sums = [vdupq_n_u32(0); N];
        for at in (0..width).step_by(LANES) {
            let count = if at + LANES <= width { LANES } else { left };
            let inputs = load(count, row.as_ptr().add(at));
            row_sum = M::multiply_add(row_sum, inputs, ones);
            for (unit, sum) in sums.iter_mut().enumerate() {
                let weights = load(count, weights.as_ptr().add(unit * width + at).cast());
                *sum = M::multiply_add(*sum, inputs, weights);
            }
        }
        let excess = vaddvq_u32(row_sum).wrapping_mul(128);
        for ((output, bias), sum) in outputs.iter_mut().zip(bias).zip(sums) {
            *output = bias.wrapping_add_unsigned(vaddvq_u32(sum).wrapping_sub(excess));
        }
    }
}

/// Loads the first `count` bytes, 16 at most; the others are zero and their memory is not touched.
///
/// # Safety
/// `count` bytes can be read at `from`.
#[inline(always)]
unsafe fn load(count: usize, from: *const u8) -> uint8x16_t {
    // SAFETY: the caller's; `bytes` holds 16 bytes.
    unsafe {
        if count >= LANES {
            return vld1q_u8(from);
        }
        let mut bytes = [0; LANES];
        from.copy_to_nonoverlapping(bytes.as_mut_ptr(), count);
        vld1q_u8(bytes.as_ptr())
    }
}
