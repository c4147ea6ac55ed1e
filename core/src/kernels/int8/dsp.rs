//! Arm's DSP extension, in Cortex-M4, M7 and M33: one instruction multiplies two pairs of halves and adds both products.
//!
//! A word of weights holds two outputs of two inputs ([`Order::Pairs`](super::Order::Pairs)). Multiplied as it is, it
//! adds 256 · odd + even to one sum, and with its low bytes alone, sign-extended, even to another: four products for one
//! load, one extension and two multiplications, where weights of 16 bits want two loads. Four pixels that are zero are
//! passed over with all their weights.
//!
//! In 32 bits the sum 256 · odd + even is exact for 256 inputs at most: 256 · 255 · 128 < 2²³. So it is taken apart after
//! every 256.

use core::arch::asm;

use super::{QUAD, TEN};
use crate::kernels::Rows;

/// Inputs after which the sums are taken apart.
const BLOCK: usize = 256;

pub(in crate::kernels) fn forward(rows: Rows<'_, u8>, weights: &[i8], bias: &[i32], outputs: &mut [i32]) {
    let (width, units) = (rows.width(), bias.len());
    for (index, outputs) in outputs.chunks_exact_mut(units).enumerate() {
        outputs.copy_from_slice(bias);
        let row = rows.row(index);
        let (tens, rest) = outputs.as_chunks_mut::<TEN>();
        let (pairs, rest) = rest.as_chunks_mut::<2>();
        let mut weights = weights;
        for sums in tens {
            let (these, others) = weights.split_at(width * TEN);
            add_products::<TEN, 5>(add_ten, row, these, sums);
            weights = others;
        }
        for sums in pairs {
            let (these, others) = weights.split_at(width * 2);
            add_products::<2, 1>(add_two, row, these, sums);
            weights = others;
        }
        for sum in rest {
            for (&input, &weight) in row.iter().zip(weights) {
                *sum = sum.wrapping_add(i32::from(input) * i32::from(weight));
            }
        }
    }
}

/// A sum of 256 · odd + even and one of even, for each of `P` pairs of outputs.
type Sums<const P: usize> = [[i32; 2]; P];

/// Computes such sums over the pixels from the first pointer to the second, with the weights from the third on, and
/// stores them at the fourth.
type Multiply<const P: usize> = unsafe fn(*const [u8; QUAD], *const [u8; QUAD], *const i8, *mut Sums<P>);

/// Adds to each sum the products of a row with the weights of its unit; `N` is twice `P`.
#[inline]
fn add_products<const N: usize, const P: usize>(
    multiply: Multiply<P>,
    row: &[u8],
    weights: &[i8],
    sums: &mut [i32; N],
) {
    assert!(weights.len() == row.len() * N);
    let mut totals = *sums;
    for (row, weights) in row.chunks(BLOCK).zip(weights.chunks(BLOCK * N)) {
        let (quads, rest) = row.as_chunks();
        let mut block = [[0; 2]; P];
        let between = quads.as_ptr_range();
        if !quads.is_empty() {
            // SAFETY: from the first to the second pointer there are pixels, `N` weights for each, and `block` is there.
            unsafe { multiply(between.start, between.end, weights.as_ptr(), &mut block) };
        }
        for (totals, [both, even]) in totals.as_chunks_mut().0.iter_mut().zip(block) {
            let [even_total, odd_total] = totals;
            *even_total = even_total.wrapping_add(even);
            *odd_total = odd_total.wrapping_add(both.wrapping_sub(even) >> 8);
        }
        let weights = weights.get(quads.as_flattened().len() * N..).unwrap_or(&[]);
        for (&input, weights) in rest.iter().zip(weights.as_chunks::<N>().0) {
            for (total, &weight) in totals.iter_mut().zip(weights) {
                *total = total.wrapping_add(i32::from(input) * i32::from(weight));
            }
        }
    }
    *sums = totals;
}

/// Defines such a function: of each pair, its two registers and the offset of its weights in a word's.
macro_rules! multiply {
    ($name:ident, $pairs:literal, $step:literal, [$($both:literal $even:literal $offset:literal),+], $sums:literal) => {
        /// # Safety
        /// Between the first two pointers there are pixels; behind the third, weights for each; the sums can be written.
        #[inline(never)]
        unsafe fn $name(
            pixels: *const [u8; QUAD],
            end: *const [u8; QUAD],
            weights: *const i8,
            sums: *mut Sums<$pairs>,
        ) {
            // SAFETY: the caller's; all registers are as they were, or named.
            unsafe {
                asm!(
                    // The end and the place for the sums wait on the stack: all registers are taken.
                    "push {{r1, r3-r11}}",
                    $(concat!("mov ", $both, ", #0"), concat!("mov ", $even, ", #0"),)+
                    "2:",
                    "ldr r1, [r0]",
                    "cmp r1, #0",
                    "beq 3f",
                    "uxtb16 r1, r1",
                    $(multiply!(@pair $both $even $offset),)+
                    "ldr r1, [r0]",
                    "uxtb16 r1, r1, ror #8",
                    $(multiply!(@pair $both $even $offset + $step / 2),)+
                    "3:",
                    concat!("adds r2, #", $step),
                    "adds r0, #4",
                    "ldr r3, [sp]",
                    "cmp r0, r3",
                    "bne 2b",
                    "ldr r3, [sp, #4]",
                    concat!("stm r3, {{", $sums, "}}"),
                    "pop {{r1, r3-r11}}",
                    inout("r0") pixels => _, in("r1") end, inout("r2") weights => _, in("r3") sums,
                    out("r12") _, out("lr") _,
                );
            }
        }
    };
    (@pair $both:literal $even:literal $($offset:tt)+) => {
        concat!(
            "ldr r3, [r2, #(", stringify!($($offset)+), ")]\n",
            "smlad ", $both, ", r1, r3, ", $both, "\n",
            "sxtb16 r3, r3\n",
            "smlad ", $even, ", r1, r3, ", $even,
        )
    };
}

multiply!(
    add_ten, 5, 40, ["r4" "r5" 0, "r6" "r7" 4, "r8" "r9" 8, "r10" "r11" 12, "r12" "lr" 16], "r4-r12, lr"
);
multiply!(add_two, 1, 8, ["r4" "r5" 0], "r4-r5");
