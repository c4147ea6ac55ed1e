//! Gradients of the weights, summed over a batch, and the updates that use them.
//!
//! The weights of an input are contiguous, so the sums of neighbouring inputs and units are in the order of their weights:
//! a tile of them is accumulated over all samples, and its weights are then updated.

use core::arch::asm;

use super::exceptions::Exceptions;
use super::forward::blocks;
use super::sgd::{PROBE, canonicalize, weight_gradient_sgd};
use crate::kernels::operands::WeightGradient;
use crate::kernels::updates::Update;
use crate::kernels::{Element, Rows};

/// Inputs whose sums are accumulated together.
const QUAD: usize = 4;

/// The most units whose sums are accumulated together. There are registers for six, but their code takes more flash.
const LARGEST_BLOCK: usize = 4;

/// The most units of a tile.
const UNITS: usize = 24;

/// The most sums of a tile.
const TILE: usize = QUAD * UNITS;

/// Samples whose products are added together.
const SAMPLES: usize = 8;

/// Initial values of the sums of an input.
static ZEROS: [f32; LARGEST_BLOCK] = [0.0; LARGEST_BLOCK];

/// Calls `update` with the index of a weight, and with the sums over samples of delta · input for it and those after it, as
/// many as are contiguous in a tile.
fn for_each_tile<T: Element>(rows: Rows<'_, T>, deltas: &[f32], units: usize, mut update: impl FnMut(usize, &[f32])) {
    if units == 0 {
        return;
    }
    let (mut inputs, mut sums) = ([[0.0; QUAD]; SAMPLES], [0.0; TILE]);
    let (mut samples, mut first_of_those) = ([&[][..]; SAMPLES], usize::MAX);
    let most_inputs = (UNITS / units).max(1) * QUAD;
    let mut first_unit = 0;
    for unit_count in blocks(units, UNITS) {
        for first_input in (0..rows.width()).step_by(most_inputs) {
            let input_count = most_inputs.min(rows.width() - first_input);
            for first_sample in (0..rows.len()).step_by(SAMPLES) {
                let inputs = inputs.split_at_mut(SAMPLES.min(rows.len() - first_sample)).0;
                let samples = samples.split_at_mut(inputs.len()).0;
                if first_of_those != first_sample {
                    look_up(&rows, first_sample, samples);
                    first_of_those = first_sample;
                }
                let deltas = deltas.get(first_sample * units + first_unit..).unwrap_or_default();
                let mut sums = sums.as_mut_slice();
                for quad in (first_input..first_input + input_count).step_by(QUAD) {
                    let Some((of_quad, rest)) = sums.split_at_mut_checked(QUAD * unit_count) else { return };
                    read(samples, quad, inputs);
                    add_products(inputs, deltas, units, first_sample == 0, of_quad);
                    sums = rest;
                }
            }
            // The weights of whole inputs are contiguous.
            let (times, len) = if unit_count == units { (1, input_count * units) } else { (input_count, unit_count) };
            let mut first = first_input * units + first_unit;
            let mut sums = sums.as_slice();
            for _ in 0..times {
                let Some((side_by_side, rest)) = sums.split_at_checked(len) else { return };
                update(first, side_by_side);
                (first, sums) = (first + units, rest);
            }
        }
        first_unit += unit_count;
    }
}

/// The samples from `first` on.
#[inline(never)]
fn look_up<'a, T: Element>(rows: &Rows<'a, T>, first: usize, samples: &mut [&'a [T]]) {
    samples.iter_mut().enumerate().for_each(|(index, sample)| *sample = rows.row(first + index));
}

/// Four inputs of each sample from `first` on, and zeros where there are fewer.
#[inline(never)]
fn read<T: Element>(samples: &[&[T]], first: usize, inputs: &mut [[f32; QUAD]]) {
    for (to, sample) in inputs.iter_mut().zip(samples) {
        let rest = sample.get(first..).unwrap_or_default();
        if let Some(quad) = rest.first_chunk::<QUAD>() {
            *to = quad.map(Into::into);
        } else {
            *to = [0.0; QUAD];
            to.iter_mut().zip(rest).for_each(|(to, &input)| *to = input.into());
        }
    }
}

/// `sums[input][unit]` += Σ over samples of `inputs[sample][input]` · `deltas[sample][unit]`, fused, or that alone. There are
/// as many units as there are sums of an input; in `deltas`, a sample has `stride`.
#[inline(never)]
fn add_products(inputs: &[[f32; QUAD]], deltas: &[f32], stride: usize, is_first: bool, sums: &mut [f32]) {
    let units = sums.len() / QUAD;
    if inputs.is_empty() || deltas.len() < (inputs.len() - 1) * stride + units {
        return;
    }
    let (mut deltas, mut sums) = (deltas.as_ptr(), sums.as_mut_ptr());
    for size in blocks(units, LARGEST_BLOCK) {
        // SAFETY: each sample has a delta for each of the units, and each of four inputs a sum; these are some of them.
        unsafe {
            let (from, step) = if is_first { (ZEROS.as_ptr(), 0) } else { (sums.cast_const(), units) };
            let operands = Operands { inputs, deltas, stride, from, step, sums, units };
            match size {
                1 => one(operands),
                2 => two(operands),
                3 => three(operands),
                4 => four(operands),
                _ => {}
            }
            (deltas, sums) = (deltas.add(size), sums.add(size));
        }
    }
}

/// Operands of the assembly. Strides count f32.
struct Operands<'a> {
    inputs: &'a [[f32; QUAD]],
    deltas: *const f32,
    /// From the deltas of a sample to those of the next.
    stride: usize,
    /// Initial values of the sums.
    from: *const f32,
    /// From those of an input to those of the next.
    step: usize,
    sums: *mut f32,
    /// From the sums of an input to those of the next.
    units: usize,
}

/// For each unit, the registers of its delta and of its sums.
macro_rules! add_products {
    ($name:ident, $deltas:literal $as:literal $bs:literal $cs:literal $ds:literal,
     $($delta:literal $a:literal $b:literal $c:literal $d:literal),+) => {
        /// # Safety
        /// There is a sample, and there are deltas of each, numbers to add to, and sums, as [`Operands`] says.
        #[inline(always)]
        unsafe fn $name(operands: Operands<'_>) {
            let Operands { inputs, deltas, stride, from, step, sums, units } = operands;
            // SAFETY: the caller's.
            unsafe {
                asm!(
                    concat!("vldmia {from}, {{", $as, "}}\n add {from}, {from}, {step}, lsl #2"),
                    concat!("vldmia {from}, {{", $bs, "}}\n add {from}, {from}, {step}, lsl #2"),
                    concat!("vldmia {from}, {{", $cs, "}}\n add {from}, {from}, {step}, lsl #2"),
                    concat!("vldmia {from}, {{", $ds, "}}"),
                    "2:",
                    concat!("vldmia {delta}, {{", $deltas, "}}"),
                    "vldmia {input}!, {{s20-s23}}",
                    concat!($("vfma.f32 s", $a, ", s", $delta, ", s20\n"),+),
                    concat!($("vfma.f32 s", $b, ", s", $delta, ", s21\n"),+),
                    concat!($("vfma.f32 s", $c, ", s", $delta, ", s22\n"),+),
                    concat!($("vfma.f32 s", $d, ", s", $delta, ", s23\n"),+),
                    "add {delta}, {delta}, {stride}, lsl #2",
                    "subs {left}, {left}, #1",
                    "bne 2b",
                    concat!("vstmia {sum}, {{", $as, "}}\n add {sum}, {sum}, {units}, lsl #2"),
                    concat!("vstmia {sum}, {{", $bs, "}}\n add {sum}, {sum}, {units}, lsl #2"),
                    concat!("vstmia {sum}, {{", $cs, "}}\n add {sum}, {sum}, {units}, lsl #2"),
                    concat!("vstmia {sum}, {{", $ds, "}}"),
                    from = inout(reg) from => _,
                    step = in(reg) step,
                    delta = inout(reg) deltas => _,
                    stride = in(reg) stride,
                    input = inout(reg) inputs.as_ptr() => _,
                    left = inout(reg) inputs.len() => _,
                    sum = inout(reg) sums => _,
                    units = in(reg) units,
                    out("d0") _, out("d1") _, out("d2") _, out("d3") _, out("d4") _, out("d5") _, out("d6") _,
                    out("d7") _, out("d8") _, out("d9") _, out("d10") _, out("d11") _,
                    options(nostack),
                );
            }
        }
    };
}

add_products!(one, "s16" "s0" "s4" "s8" "s12", 16 0 4 8 12);
add_products!(two, "s16-s17" "s0-s1" "s4-s5" "s8-s9" "s12-s13", 16 0 4 8 12, 17 1 5 9 13);
add_products!(three, "s16-s18" "s0-s2" "s4-s6" "s8-s10" "s12-s14", 16 0 4 8 12, 17 1 5 9 13, 18 2 6 10 14);
add_products!(
    four, "s16-s19" "s0-s3" "s4-s7" "s8-s11" "s12-s15",
    16 0 4 8 12, 17 1 5 9 13, 18 2 6 10 14, 19 3 7 11 15
);

/// Gradient descent by kernels of its own, all other rules tile by tile.
pub(in crate::kernels) fn weight_gradient_update<T: Element, U: Update<N>, const N: usize>(
    gradient: WeightGradient<'_, T>,
    update: &U,
    mut parameters: [&mut [f32]; N],
) {
    let WeightGradient { rows, deltas, units, scale } = gradient;
    if let (Some(rate), [weights, ..]) = (update.descent_rate(scale), parameters.as_mut_slice()) {
        return weight_gradient_sgd(rows, deltas, units, rate, weights);
    }
    for_each_tile(rows, deltas, units, |first, sums| {
        let tile = parameters.each_mut().map(|array| array.get_mut(first..first + sums.len()).unwrap_or_default());
        update.tile(sums, scale, tile);
    });
}

/// The update of SGD from a batch.
#[inline(never)]
pub(super) fn sgd<T: Element>(rows: Rows<'_, T>, deltas: &[f32], units: usize, rate: f32, weights: &mut [f32]) {
    let exceptions = Exceptions::clear();
    for_each_tile(rows, deltas, units, |first, sums| {
        if let Some(weights) = weights.get_mut(first..first + sums.len()) {
            subtract_scaled(weights, sums, 1.0, rate);
        }
    });
    if exceptions.any() {
        canonicalize(weights);
    }
}

/// `weights[i]` −= `rate` · (`input` · `deltas[i]`), fused. An exception flag is set where some have to be flushed or made
/// canonical.
#[inline(never)]
pub(super) fn subtract_scaled(weights: &mut [f32], deltas: &[f32], input: f32, rate: f32) {
    if weights.len() != deltas.len() {
        return;
    }
    let (chunks, rest) = deltas.as_chunks::<4>();
    // SAFETY: there are as many weights as deltas, and the rest of those follows the chunks.
    unsafe {
        asm!(
            "vmov s16, s17, {rate}, {probe}",
            "vmov s18, {input}",
            "subs {chunks}, {chunks}, #1",
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
            "subs {chunks}, {chunks}, #1",
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
            chunks = inout(reg) chunks.len() => _,
            rest = inout(reg) rest.len() => _,
            out("d0") _, out("d1") _, out("d2") _, out("d3") _, out("s8") _, out("d8") _, out("d9") _,
            options(nostack),
        );
    }
}
