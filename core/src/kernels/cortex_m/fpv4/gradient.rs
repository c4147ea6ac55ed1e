//! Gradients of the weights, summed over a batch, and the updates that use them.
//!
//! The weights of an input lie side by side, so the sums of neighbouring inputs and units lie as their weights do: a tile
//! of them is summed over all samples and then used at once.

use core::arch::asm;

use super::exceptions::Exceptions;
use super::forward::blocks;
use super::sgd::{PROBE, clean, weight_gradient_sgd};
use crate::kernels::updates::Update;
use crate::kernels::{Element, Rows};

/// The most sums of a tile.
const TILE: usize = 64;

/// The most units of a block, whose deltas stay in registers.
const LARGEST_BLOCK: usize = 8;

/// Calls `update` with the sums Σ over samples of delta · input, a tile at a time, and with the place of its first weight.
fn for_each_tile<T: Element>(rows: Rows<'_, T>, deltas: &[f32], units: usize, mut update: impl FnMut(usize, &[f32])) {
    if units == 0 {
        return;
    }
    let (mut inputs, mut sums) = ([0.0; TILE], [0.0; TILE]);
    // All units of some inputs, or where that is too much, some units of one.
    let (most_inputs, most_units) = ((TILE / units).max(1), units.min(TILE));
    for first_input in (0..rows.width()).step_by(most_inputs) {
        for first_unit in (0..units).step_by(most_units) {
            let unit_count = most_units.min(units - first_unit);
            let input_count = most_inputs.min(rows.width() - first_input);
            let Some(sums) = sums.get_mut(..input_count * unit_count) else { return };
            sums.fill(0.0);
            for (index, deltas) in deltas.chunks_exact(units).enumerate() {
                let row = rows.row(index).get(first_input..first_input + input_count).unwrap_or(&[]);
                inputs.iter_mut().zip(row).for_each(|(to, &input)| *to = input.into());
                let Some(deltas) = deltas.get(first_unit..first_unit + unit_count) else { return };
                add_products(inputs.get(..row.len()).unwrap_or(&[]), deltas, sums);
            }
            update(first_input * units + first_unit, sums);
        }
    }
}

/// `sums[input][unit]` += `inputs[input]` · `deltas[unit]`, fused.
fn add_products(inputs: &[f32], deltas: &[f32], sums: &mut [f32]) {
    if inputs.is_empty() || sums.len() != inputs.len() * deltas.len() {
        return;
    }
    let (stride, mut others) = (size_of_val(deltas), deltas);
    let mut first = sums.as_mut_ptr();
    for size in blocks(deltas.len(), LARGEST_BLOCK) {
        let Some((deltas, rest)) = others.split_at_checked(size) else { break };
        // SAFETY: every input has a sum for every delta, and these are some of them.
        unsafe {
            match size {
                1 => one(inputs, deltas, first, stride),
                2 => two(inputs, deltas, first, stride),
                3 => three(inputs, deltas, first, stride),
                4 => four(inputs, deltas, first, stride),
                5 => five(inputs, deltas, first, stride),
                6 => six(inputs, deltas, first, stride),
                7 => seven(inputs, deltas, first, stride),
                8 => eight(inputs, deltas, first, stride),
                _ => {}
            }
            first = first.add(size);
        }
        others = rest;
    }
}

macro_rules! add_products {
    ($name:ident, $deltas:literal $sums:literal, $($delta:literal $sum:literal),+) => {
        /// # Safety
        /// There is an input; at `sums` there is one for each delta, and `stride` bytes on as many for each further input.
        #[inline(always)]
        unsafe fn $name(inputs: &[f32], deltas: &[f32], sums: *mut f32, stride: usize) {
            // SAFETY: the caller's.
            unsafe {
                asm!(
                    concat!("vldmia {deltas}, {{", $deltas, "}}"),
                    "2:",
                    "vldmia {input}!, {{s16}}",
                    concat!("vldmia {sum}, {{", $sums, "}}"),
                    concat!($("vfma.f32 s", $sum, ", s", $delta, ", s16\n"),+),
                    concat!("vstmia {sum}, {{", $sums, "}}"),
                    "add {sum}, {sum}, {stride}",
                    "subs {left}, {left}, #1",
                    "bne 2b",
                    deltas = in(reg) deltas.as_ptr(),
                    input = inout(reg) inputs.as_ptr() => _,
                    left = inout(reg) inputs.len() => _,
                    sum = inout(reg) sums => _,
                    stride = in(reg) stride,
                    out("d0") _, out("d1") _, out("d2") _, out("d3") _, out("d4") _, out("d5") _, out("d6") _,
                    out("d7") _, out("s16") _,
                    options(nostack),
                );
            }
        }
    };
}

add_products!(one, "s0" "s8", 0 8);
add_products!(two, "s0-s1" "s8-s9", 0 8, 1 9);
add_products!(three, "s0-s2" "s8-s10", 0 8, 1 9, 2 10);
add_products!(four, "s0-s3" "s8-s11", 0 8, 1 9, 2 10, 3 11);
add_products!(five, "s0-s4" "s8-s12", 0 8, 1 9, 2 10, 3 11, 4 12);
add_products!(six, "s0-s5" "s8-s13", 0 8, 1 9, 2 10, 3 11, 4 12, 5 13);
add_products!(seven, "s0-s6" "s8-s14", 0 8, 1 9, 2 10, 3 11, 4 12, 5 13, 6 14);
add_products!(eight, "s0-s7" "s8-s15", 0 8, 1 9, 2 10, 3 11, 4 12, 5 13, 6 14, 7 15);

/// Gradient descent by kernels of its own, all other rules tile by tile.
pub(in crate::kernels) fn weight_gradient_update<T: Element, U: Update<N>, const N: usize>(
    rows: Rows<'_, T>,
    deltas: &[f32],
    units: usize,
    scale: f32,
    update: &U,
    mut parameters: [&mut [f32]; N],
) {
    if let (Some(rate), [weights, ..]) = (update.descent_rate(scale), parameters.as_mut_slice()) {
        return weight_gradient_sgd(rows, deltas, units, rate, weights);
    }
    for_each_tile(rows, deltas, units, |first, sums| {
        let tile = parameters.each_mut().map(|array| array.get_mut(first..first + sums.len()).unwrap_or_default());
        update.tile(sums, scale, tile);
    });
}

/// The update of SGD from a batch.
pub(super) fn sgd<T: Element>(rows: Rows<'_, T>, deltas: &[f32], units: usize, rate: f32, weights: &mut [f32]) {
    let exceptions = Exceptions::collect();
    for_each_tile(rows, deltas, units, |first, sums| {
        if let Some(weights) = weights.get_mut(first..first + sums.len()) {
            descend(weights, sums, 1.0, rate);
        }
    });
    if exceptions.any() {
        clean(weights);
    }
}

/// `weights[i]` −= `rate` · (`input` · `deltas[i]`), fused. An exception says that some have to be cleaned.
pub(super) fn descend(weights: &mut [f32], deltas: &[f32], input: f32, rate: f32) {
    if weights.len() != deltas.len() {
        return;
    }
    let (fours, rest) = deltas.as_chunks::<4>();
    // SAFETY: there are as many weights as deltas, and the rest of those follows the chunks.
    unsafe {
        asm!(
            "vmov s16, s17, {rate}, {probe}",
            "vmov s18, {input}",
            "subs {fours}, {fours}, #1",
            "blo 3f",
            "2:",
            "vldmia {delta}!, {{s4-s7}}",
            "vldmia {weight}, {{s0-s3}}",
            each!([4 5 6 7] "vmul.f32 s", ", s", ", s18"),
            "vfms.f32 s0, s4, s16",
            "vfms.f32 s1, s5, s16",
            "vfms.f32 s2, s6, s16",
            "vfms.f32 s3, s7, s16",
            each!([0 1 2 3] "vmul.f32 s8, s", ", s17\n vcmpe.f32 s", ", #0"),
            "vstmia {weight}!, {{s0-s3}}",
            "subs {fours}, {fours}, #1",
            "bhs 2b",
            "3:",
            "subs {rest}, {rest}, #1",
            "blo 5f",
            "4:",
            "vldmia {delta}!, {{s4}}",
            "vldr s0, [{weight}]",
            "vmul.f32 s4, s4, s18",
            "vfms.f32 s0, s4, s16",
            "vmul.f32 s8, s0, s17",
            "vcmpe.f32 s0, #0",
            "vstmia {weight}!, {{s0}}",
            "subs {rest}, {rest}, #1",
            "bhs 4b",
            "5:",
            rate = in(reg) rate.to_bits(),
            probe = in(reg) PROBE.to_bits(),
            input = in(reg) input.to_bits(),
            weight = inout(reg) weights.as_mut_ptr() => _,
            delta = inout(reg) deltas.as_ptr() => _,
            fours = inout(reg) fours.len() => _,
            rest = inout(reg) rest.len() => _,
            out("d0") _, out("d1") _, out("d2") _, out("d3") _, out("s8") _, out("d8") _, out("d9") _,
            options(nostack),
        );
    }
}
