//! Softmax and its cross-entropy, four exponentials at a time.

use core::arch::asm;
use core::mem::MaybeUninit;

use crate::kernels::Score;
use crate::math::{EXP_LOWEST, EXP_POLYNOMIAL, LN_2_HIGH, LN_2_LOW, LOG2_E, ROUND, SMALLEST_SIGNAL, ln};

/// Partial sums of the exponentials.
const LANES: usize = 16;

/// The constants of [`math::exp_nonpositive`](crate::math::exp_nonpositive), in the order of their use.
static EXP: [f32; 9] = {
    let [c0, c1, c2, c3, c4] = EXP_POLYNOMIAL;
    [LOG2_E, -LN_2_HIGH, -LN_2_LOW, c3, c2, c1, c0, 1.0, c4]
};

pub(in crate::kernels) fn softmax(values: &mut [f32], classes: usize) {
    for row in values.chunks_exact_mut(classes) {
        let largest = largest(row);
        softmax_row(row, largest);
    }
}

pub(in crate::kernels) fn softmax_cross_entropy(values: &mut [f32], classes: usize, labels: &[u8]) -> Score {
    let mut score = Score::default();
    for (row, &label) in values.chunks_exact_mut(classes).zip(labels) {
        let label = usize::from(label);
        let Some(&logit) = row.get(label) else { continue };
        let largest = largest(row);
        // Equal logits count for the first of them.
        let is_first = |before: &[f32]| before.is_empty() || self::largest(before) < largest;
        let is_first_largest = logit == largest && row.get(..label).is_some_and(is_first);
        let sum = softmax_row(row, largest);
        score.add(ln(sum) - (logit - largest), is_first_largest);
        if let Some(probability) = row.get_mut(label) {
            *probability -= 1.0;
        }
    }
    score
}

/// The largest value; NaN is none.
#[inline(never)]
fn largest(row: &[f32]) -> f32 {
    let mut largest = f32::NEG_INFINITY.to_bits();
    // SAFETY: tail predication keeps loads within the slice.
    unsafe {
        asm!(
            "wlstp.32 lr, lr, 3f",
            "2:",
            "vldrw.u32 q0, [{row}], #16",
            "vmaxnmv.f32 {largest}, q0",
            "letp lr, 2b",
            "3:",
            row = inout(reg) row.as_ptr() => _,
            largest = inout(reg) largest,
            inout("lr") row.len() => _,
            out("d0") _, out("d1") _,
            options(nostack, readonly),
        );
    }
    f32::from_bits(largest)
}

/// Turns a row of logits into probabilities and returns the sum of the exponentials.
fn softmax_row(row: &mut [f32], largest: f32) -> f32 {
    let mut sums = zeros();
    for values in row.chunks_mut(LANES) {
        exponentiate(values, largest, &mut sums);
    }
    divide(row, &sums)
}

/// Without a call, as for an array of zeros.
fn zeros() -> [f32; LANES] {
    let mut sums = MaybeUninit::<[f32; LANES]>::uninit();
    // SAFETY: writes all of them.
    unsafe {
        asm!(
            "vmov.i32 q0, #0",
            "vstrw.32 q0, [{sums}]",
            "vstrw.32 q0, [{sums}, #16]",
            "vstrw.32 q0, [{sums}, #32]",
            "vstrw.32 q0, [{sums}, #48]",
            sums = in(reg) sums.as_mut_ptr(),
            out("d0") _, out("d1") _,
            options(nostack),
        );
        sums.assume_init()
    }
}

/// Replaces each value by exp(value − `largest`) and adds that to the partial sum of the same index.
#[inline(never)]
fn exponentiate(values: &mut [f32], largest: f32, sums: &mut [f32; LANES]) {
    assert!(values.len() <= LANES);
    // SAFETY: tail predication keeps loads and stores within `values`, and `sums` is no shorter; the constants are read.
    unsafe {
        asm!(
            "vdup.32 q6, {lowest}",
            "vdup.32 q7, {round}",
            "wlstp.32 lr, lr, 3f",
            "2:",
            "vldrw.u32 q0, [{values}]",
            "vsub.f32 q0, q0, {largest}",
            "vmaxnm.f32 q0, q0, q6",
            "ldrd {a}, {b}, [{constants}]",
            "vmov q1, q7",
            "vfma.f32 q1, q0, {a}",
            // q2: n, q0: r.
            "vsub.f32 q2, q1, q7",
            "vfma.f32 q0, q2, {b}",
            "ldrd {a}, {b}, [{constants}, #8]",
            "vfma.f32 q0, q2, {a}",
            // q3: the polynomial.
            "ldr {a}, [{constants}, #32]",
            "vdup.32 q3, {a}",
            "vfmas.f32 q3, q0, {b}",
            "ldrd {a}, {b}, [{constants}, #16]",
            "vmul.f32 q2, q0, q0",
            "vfmas.f32 q3, q0, {a}",
            "vfmas.f32 q3, q0, {b}",
            "ldrd {a}, {b}, [{constants}, #24]",
            "vfmas.f32 q3, q0, {a}",
            "vfma.f32 q0, q3, q2",
            "vadd.f32 q0, q0, {b}",
            "vshl.i32 q1, q1, #23",
            "vadd.i32 q0, q0, q1",
            // Positive floats are in the order of their bits.
            "vpt.s32 lt, q0, {smallest}",
            "vmovt.i32 q0, #0",
            "vldrw.u32 q1, [{sums}]",
            "vstrw.32 q0, [{values}], #16",
            "vadd.f32 q1, q1, q0",
            "vstrw.32 q1, [{sums}], #16",
            "letp lr, 2b",
            "3:",
            values = inout(reg) values.as_mut_ptr() => _,
            sums = inout(reg) sums.as_mut_ptr() => _,
            constants = in(reg) EXP.as_ptr(),
            largest = in(reg) largest.to_bits(),
            lowest = in(reg) EXP_LOWEST.to_bits(),
            round = in(reg) ROUND.to_bits(),
            smallest = in(reg) SMALLEST_SIGNAL.to_bits(),
            a = out(reg) _,
            b = out(reg) _,
            inout("lr") values.len() => _,
            out("d0") _, out("d1") _, out("d2") _, out("d3") _, out("d4") _, out("d5") _, out("d6") _, out("d7") _,
            out("d12") _, out("d13") _, out("d14") _, out("d15") _,
            options(nostack),
        );
    }
}

/// Divides each value by the sum of all partial sums, and returns that.
#[inline(never)]
fn divide(values: &mut [f32], sums: &[f32; LANES]) -> f32 {
    let sum: u32;
    // SAFETY: reads the sums; tail predication keeps loads and stores within the slice.
    unsafe {
        asm!(
            "vldrw.u32 q0, [{sums}]",
            "vldrw.u32 q1, [{sums}, #32]",
            "vadd.f32 q0, q0, q1",
            "vldrw.u32 q1, [{sums}, #16]",
            "vldrw.u32 q2, [{sums}, #48]",
            "vadd.f32 q1, q1, q2",
            "vadd.f32 q0, q0, q1",
            "vadd.f32 s0, s0, s2",
            "vadd.f32 s1, s1, s3",
            "vadd.f32 s8, s0, s1",
            "vmov {sum}, s8",
            "wlstp.32 lr, lr, 3f",
            "2:",
            "vldrw.u32 q0, [{values}]",
            "vdiv.f32 s0, s0, s8",
            "vdiv.f32 s1, s1, s8",
            "vdiv.f32 s2, s2, s8",
            "vdiv.f32 s3, s3, s8",
            "vpt.s32 lt, q0, {smallest}",
            "vmovt.i32 q0, #0",
            "vstrw.32 q0, [{values}], #16",
            "letp lr, 2b",
            "3:",
            sums = in(reg) sums.as_ptr(),
            values = inout(reg) values.as_mut_ptr() => _,
            smallest = in(reg) SMALLEST_SIGNAL.to_bits(),
            sum = out(reg) sum,
            inout("lr") values.len() => _,
            out("d0") _, out("d1") _, out("d2") _, out("d3") _, out("d4") _, out("d5") _,
            options(nostack),
        );
    }
    f32::from_bits(sum)
}
