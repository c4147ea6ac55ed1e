//! Helium, in Cortex-M55 and M85: one instruction multiplies 16 pairs of bytes and adds all products to a register.
//!
//! Both factors are unsigned, or both are signed. So the weights are stored as w + 128, and from a sum of products with
//! those, 128 times the sum of the row is taken away. The weights of five outputs follow each other, 16 inputs at a time
//! ([`Order::BiasedVectors`](super::Order::BiasedVectors)), because a sum needs a register of even number.

use core::arch::asm;

use super::FIVE;
use crate::kernels::Rows;

pub(in crate::kernels) fn forward(rows: Rows<'_, u8>, weights: &[i8], bias: &[i32], outputs: &mut [i32]) {
    let (width, units) = (rows.width(), bias.len());
    for (index, outputs) in outputs.chunks_exact_mut(units).enumerate() {
        let row = rows.row(index);
        let (fives, ones) = outputs.as_chunks_mut::<FIVE>();
        let (biases_of_fives, biases_of_ones) = bias.as_chunks::<FIVE>();
        let (weights_of_fives, weights_of_ones) = weights.split_at(fives.len() * FIVE * width);
        let weights_of_fives = weights_of_fives.chunks_exact(FIVE * width);
        for ((outputs, bias), weights) in fives.iter_mut().zip(biases_of_fives).zip(weights_of_fives) {
            assert!(weights.len() == row.len() * FIVE);
            // SAFETY: every number of the row has a weight for each of five units.
            unsafe { multiply_five(outputs, row.as_ptr(), row.len(), weights.as_ptr(), bias) };
        }
        let weights_of_ones = weights_of_ones.chunks_exact(width);
        for ((output, bias), weights) in ones.iter_mut().zip(biases_of_ones).zip(weights_of_ones) {
            assert!(weights.len() == row.len());
            // SAFETY: every number of the row has a weight.
            unsafe { multiply_one(output, row.as_ptr(), row.len(), weights.as_ptr(), bias) };
        }
    }
}

/// Defines the function for the outputs whose sums are in these registers.
macro_rules! multiply {
    ($name:ident, $sums:ty, [$($sum:literal)+], $load:literal, $store:literal) => {
        /// # Safety
        /// `pixels` and, for each output, as many weights can be read at these places, and a bias.
        #[inline(never)]
        unsafe fn $name(
            outputs: *mut $sums,
            row: *const u8,
            pixels: usize,
            weights: *const i8,
            bias: *const $sums,
        ) {
            // SAFETY: the caller's; all registers are as they were, or named.
            unsafe {
                asm!(
                    "push {{r4-r11}}",
                    "lsrs r5, r2, #4",
                    "and r7, r2, #15",
                    // r2 becomes the sum of the row, and the others start with the biases.
                    "movs r2, #0",
                    $load,
                    "wls lr, r5, 3f",
                    "2:",
                    "vldrb.u8 q0, [r1], #16",
                    $(concat!("vldrb.u8 q1, [r3], #16\n vmladava.u8 ", $sum, ", q1, q0"),)+
                    "vaddva.u8 r2, q0",
                    "le lr, 2b",
                    "3:",
                    // What is left: lanes beyond the end are zero and their memory is not touched.
                    "cbz r7, 4f",
                    "vctp.8 r7",
                    "vpst",
                    "vldrbt.u8 q0, [r1]",
                    $(concat!("vpst\n vldrbt.u8 q1, [r3]\n add r3, r7\n vmladava.u8 ", $sum, ", q1, q0"),)+
                    "vaddva.u8 r2, q0",
                    "4:",
                    $(concat!("sub ", $sum, ", ", $sum, ", r2, lsl #7"),)+
                    $store,
                    "pop {{r4-r11}}",
                    in("r0") outputs, inout("r1") row => _, inout("r2") pixels => _, inout("r3") weights => _,
                    inout("r12") bias => _, out("lr") _, out("d0") _, out("d1") _, out("d2") _, out("d3") _,
                );
            }
        }
    };
}

multiply!(
    multiply_five, [i32; FIVE], ["r4" "r6" "r8" "r10" "r12"], "ldm r12, {{r4, r6, r8, r10, r12}}",
    "stm r0, {{r4, r6, r8, r10, r12}}"
);
multiply!(multiply_one, i32, ["r4"], "ldr r4, [r12]", "str r4, [r0]");
