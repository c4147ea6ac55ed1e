//! The SGD update of a block of outputs from a single sample.

use core::arch::asm;

use super::sgd::PROBE;

/// Elements of a sample that weights can be updated from.
pub trait Load: Sized {
    /// Updates the weights of some units side by side, at most twelve.
    ///
    /// # Safety
    /// At `weights` are those of the first input and of as many units as there are deltas; for each further input,
    /// `units` weights on, there are as many.
    unsafe fn update(row: &[Self], deltas: &[f32], rate: f32, weights: *mut f32, units: usize);
}

/// Operands of the assembly.
struct Operands<'a> {
    deltas: &'a [f32],
    rate: f32,
    weights: *mut f32,
    /// Bytes from the weights of an input to those of the next.
    stride: usize,
}

/// Calls the function of `$module` for as many outputs as there are deltas.
macro_rules! by_count {
    ($module:ident, $row:ident, $operands:ident) => {
        match $operands.deltas.len() {
            1 => $module::one($row, $operands),
            2 => $module::two($row, $operands),
            3 => $module::three($row, $operands),
            4 => $module::four($row, $operands),
            5 => $module::five($row, $operands),
            6 => $module::six($row, $operands),
            7 => $module::seven($row, $operands),
            8 => $module::eight($row, $operands),
            9 => $module::nine($row, $operands),
            10 => $module::ten($row, $operands),
            11 => $module::eleven($row, $operands),
            12 => $module::twelve($row, $operands),
            _ => {}
        }
    };
}

impl Load for f32 {
    #[inline]
    unsafe fn update(row: &[Self], deltas: &[f32], rate: f32, weights: *mut f32, units: usize) {
        let operands = Operands { deltas, rate, weights, stride: units * size_of::<f32>() };
        // SAFETY: the caller's promise is what each of them needs.
        unsafe { by_count!(of_f32, row, operands) }
    }
}

impl Load for u8 {
    #[inline]
    unsafe fn update(row: &[Self], deltas: &[f32], rate: f32, weights: *mut f32, units: usize) {
        let operands = Operands { deltas, rate, weights, stride: units * size_of::<f32>() };
        // SAFETY: the caller's promise is what each of them needs.
        unsafe { by_count!(of_u8, row, operands) }
    }
}

/// Updates the weights at `{weight}` by the input in `$x`. For each of them: the registers of its delta, of itself and of
/// the product. Four products are computed at a time, which hides the latency of each.
macro_rules! update {
    ($x:literal, $range:literal, $([$($delta:literal $weight:literal $product:literal),+])+) => {
        concat!(
            "vldmia {weight}, {{", $range, "}}\n",
            $(
                $("vmul.f32 s", $product, ", s", $delta, ", s", $x, "\n",)+
                $("vfms.f32 s", $weight, ", s", $product, ", s31\n",)+
            )+
            $($("vmul.f32 s24, s", $weight, ", s30\n",)+)+
            "vstmia {weight}, {{", $range, "}}\n",
        )
    };
}

macro_rules! update_f32 {
    ($name:ident, $deltas:literal $weights:literal, $($list:tt)+) => {
        /// # Safety
        /// See [`Load::update`](super::Load::update).
        #[inline(always)]
        pub(super) unsafe fn $name(row: &[f32], operands: Operands<'_>) {
            let Operands { deltas, rate, weights, stride } = operands;
            // SAFETY: of the row and its weights nothing is touched that the caller does not promise.
            unsafe {
                asm!(
                    concat!("vldmia {deltas}, {{", $deltas, "}}"),
                    "vmov s30, s31, {probe}, {rate}",
                    "subs {left}, {left}, #4",
                    "blo 6f",
                    "2:",
                    "vldmia {row}!, {{s28-s29}}",
                    update_f32!(input "28", $weights, $($list)+),
                    update_f32!(input "29", $weights, $($list)+),
                    "vldmia {row}!, {{s28-s29}}",
                    update_f32!(input "28", $weights, $($list)+),
                    update_f32!(input "29", $weights, $($list)+),
                    "subs {left}, {left}, #4",
                    "bhs 2b",
                    "6:",
                    "adds {left}, {left}, #4",
                    "beq 7f",
                    "8:",
                    "vldmia {row}!, {{s28}}",
                    update_f32!(input "28", $weights, $($list)+),
                    "subs {left}, {left}, #1",
                    "bne 8b",
                    "7:",
                    deltas = in(reg) deltas.as_ptr(),
                    probe = in(reg) PROBE.to_bits(),
                    rate = in(reg) rate.to_bits(),
                    row = inout(reg) row.as_ptr() => _,
                    left = inout(reg) row.len() => _,
                    stride = in(reg) stride,
                    weight = inout(reg) weights => _,
                    out("d0") _, out("d1") _, out("d2") _, out("d3") _, out("d4") _, out("d5") _, out("d6") _,
                    out("d7") _, out("d8") _, out("d9") _, out("d10") _, out("d11") _, out("d12") _, out("d13") _,
                    out("d14") _, out("d15") _,
                    options(nostack),
                );
            }
        }
    };
    (input $x:literal, $weights:literal, $($list:tt)+) => {
        concat!(
            "vcmpe.f32 s", $x, ", #0\n vmrs APSR_nzcv, fpscr\n beq 9f\n",
            update!($x, $weights, $($list)+),
            "9:\n add {weight}, {weight}, {stride}\n",
        )
    };
}

macro_rules! update_u8 {
    ($name:ident, $deltas:literal $weights:literal, $($list:tt)+) => {
        /// # Safety
        /// See [`Load::update`](super::Load::update).
        #[inline(always)]
        pub(super) unsafe fn $name(row: &[u8], operands: Operands<'_>) {
            let Operands { deltas, rate, weights, stride } = operands;
            let (words, rest) = row.as_chunks::<4>();
            let last = rest.iter().rev().fold(0, |word, &input| word << 8 | u32::from(input));
            // The address of a weight is computed from that of its input, when `row` is already that of the next word.
            let next = row.as_ptr().addr() + 4;
            let origin = weights.expose_provenance().wrapping_sub(next.wrapping_mul(stride));
            // SAFETY: of the row and its weights nothing is touched that the caller does not promise.
            unsafe {
                asm!(
                    concat!("vldmia {deltas}, {{", $deltas, "}}"),
                    "vmov s30, s31, {probe}, {rate}",
                    "b 5f",
                    // Four inputs. r0 because `cbnz` takes low registers only.
                    "2:",
                    "ldr r0, [{row}], #4",
                    "cbnz r0, 3f",
                    "subs {words}, {words}, #1",
                    "bhs 2b",
                    "b 6f",
                    "3:",
                    "mla {weight}, {row}, {stride}, {origin}",
                    update_u8!(input "0x000000ff", "", $weights, $($list)+),
                    "add {weight}, {weight}, {stride}",
                    update_u8!(input "0x0000ff00", ", #8", $weights, $($list)+),
                    "add {weight}, {weight}, {stride}",
                    update_u8!(input "0x00ff0000", ", #16", $weights, $($list)+),
                    "add {weight}, {weight}, {stride}",
                    update_u8!(input "0xff000000", ", #24", $weights, $($list)+),
                    "5:",
                    "subs {words}, {words}, #1",
                    "bhs 2b",
                    // The last one to three inputs, once.
                    "6:",
                    "movs {words}, #0",
                    "add {row}, {row}, #4",
                    "movs r0, {last}",
                    "mov {last}, #0",
                    "bne 3b",
                    deltas = in(reg) deltas.as_ptr(),
                    probe = in(reg) PROBE.to_bits(),
                    rate = in(reg) rate.to_bits(),
                    row = inout(reg) words.as_ptr() => _,
                    words = inout(reg) words.len() => _,
                    last = inout(reg) last => _,
                    stride = in(reg) stride,
                    origin = in(reg) origin,
                    weight = out(reg) _,
                    input = out(reg) _,
                    out("r0") _,
                    out("d0") _, out("d1") _, out("d2") _, out("d3") _, out("d4") _, out("d5") _, out("d6") _,
                    out("d7") _, out("d8") _, out("d9") _, out("d10") _, out("d11") _, out("d12") _, out("d13") _,
                    out("d14") _, out("d15") _,
                    options(nostack),
                );
            }
        }
    };
    // One of the four, with what turns it into a float where it stands.
    (input $mask:literal, $fraction_bits:literal, $weights:literal, $($list:tt)+) => {
        concat!(
            "ands {input}, r0, #", $mask, "\n beq 4f\n",
            "vmov s28, {input}\n vcvt.f32.u32 s28, s28", $fraction_bits, "\n",
            update!("28", $weights, $($list)+),
            "4:\n",
        )
    };
}

/// A function for each number of outputs.
macro_rules! all {
    ($update:ident) => {
        $update!(
            one, "s0" "s12",
            [0 12 24]
        );
        $update!(
            two, "s0-s1" "s12-s13",
            [0 12 24, 1 13 25]
        );
        $update!(
            three, "s0-s2" "s12-s14",
            [0 12 24, 1 13 25, 2 14 26]
        );
        $update!(
            four, "s0-s3" "s12-s15",
            [0 12 24, 1 13 25, 2 14 26, 3 15 27]
        );
        $update!(
            five, "s0-s4" "s12-s16",
            [0 12 24, 1 13 25, 2 14 26, 3 15 27]
            [4 16 24]
        );
        $update!(
            six, "s0-s5" "s12-s17",
            [0 12 24, 1 13 25, 2 14 26, 3 15 27]
            [4 16 24, 5 17 25]
        );
        $update!(
            seven, "s0-s6" "s12-s18",
            [0 12 24, 1 13 25, 2 14 26, 3 15 27]
            [4 16 24, 5 17 25, 6 18 26]
        );
        $update!(
            eight, "s0-s7" "s12-s19",
            [0 12 24, 1 13 25, 2 14 26, 3 15 27]
            [4 16 24, 5 17 25, 6 18 26, 7 19 27]
        );
        $update!(
            nine, "s0-s8" "s12-s20",
            [0 12 24, 1 13 25, 2 14 26, 3 15 27]
            [4 16 24, 5 17 25, 6 18 26, 7 19 27]
            [8 20 24]
        );
        $update!(
            ten, "s0-s9" "s12-s21",
            [0 12 24, 1 13 25, 2 14 26, 3 15 27]
            [4 16 24, 5 17 25, 6 18 26, 7 19 27]
            [8 20 24, 9 21 25]
        );
        $update!(
            eleven, "s0-s10" "s12-s22",
            [0 12 24, 1 13 25, 2 14 26, 3 15 27]
            [4 16 24, 5 17 25, 6 18 26, 7 19 27]
            [8 20 24, 9 21 25, 10 22 26]
        );
        $update!(
            twelve, "s0-s11" "s12-s23",
            [0 12 24, 1 13 25, 2 14 26, 3 15 27]
            [4 16 24, 5 17 25, 6 18 26, 7 19 27]
            [8 20 24, 9 21 25, 10 22 26, 11 23 27]
        );
    };
}

mod of_f32 {
    use super::{Operands, PROBE, asm};
    all!(update_f32);
}

mod of_u8 {
    use super::{Operands, PROBE, asm};
    all!(update_u8);
}
