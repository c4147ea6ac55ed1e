//! Gradient descent from a single sample, as in online learning on a device.

use core::arch::asm;
use core::mem::MaybeUninit;

use super::selected::{self, CHUNK, Selected};
use super::sgd_remainder::update_tail;
use super::{GROUP, elementwise};
use crate::kernels::Element;
use crate::math::SMALLEST_WEIGHT;

/// The most selected outputs updated at a time: a register of deltas each; three are left for inputs, weights and their
/// products.
const MOST: usize = 5;

/// The most neighbouring outputs updated at a time.
const MANY: usize = 10;

/// The bits of FPSCR that are set by an invalid operation and by an underflow, until they are cleared.
pub(super) const EXCEPTIONS: u32 = 1 << 0 | 1 << 3;

/// The largest number below 2⁻⁷⁶: its product with a weight underflows exactly where the weight is below
/// [`SMALLEST_WEIGHT`] and not zero.
pub(super) const PROBE: f32 = f32::from_bits(0x197f_ffff);

/// Elements of a sample that weights can be updated from.
pub trait Load: Sized {
    /// Updates the weights of some neighbouring outputs, those of the `deltas`, by the groups of four elements of `row`.
    /// Returns those [`EXCEPTIONS`] that occurred: none if no weight has become NaN or too small.
    ///
    /// # Safety
    /// There are 1 to [`MOST`] or [`MANY`] deltas. At `weights`, for each group of four elements, there are 4 weights for
    /// each of them, the next group `units` · 4 weights further.
    unsafe fn update(row: &[Self], deltas: &[f32], weights: *mut f32, rate: f32, units: usize) -> u32;

    /// [`update`](Self::update) for outputs that need not be neighbours.
    ///
    /// # Safety
    /// There are 1 to [`MOST`] outputs. At the weights of each, there are 4 for each group of four elements, those of the
    /// next group `units` · 4 weights further.
    unsafe fn update_selected(row: &[Self], outputs: &[Selected], rate: f32, units: usize) -> u32;
}

/// Number of nonzero deltas; `None` where [`update`] would not return the right bits: a number is NaN or infinite.
pub(super) fn count_nonzero<T: Element>(row: &[T], deltas: &[f32]) -> Option<usize> {
    selected::count(deltas).filter(|_| T::all_finite(row))
}

/// Updates the weights by one sample, of finite elements. `not_zero`: how many of the deltas are not.
pub(super) fn update<T: Element>(row: &[T], deltas: &[f32], not_zero: usize, rate: f32, weights: &mut [f32]) {
    let units = deltas.len();
    assert!(weights.len() == units * row.len());
    let tail = row.len() % GROUP;
    let (groups, tail_weights) = weights.split_at_mut(units * (row.len() - tail));
    let mut exceptions = 0;
    if row.len() >= GROUP {
        // From 5 zeros in 12 on it takes fewer instructions to skip them.
        exceptions |= if not_zero * 12 > units * 7 {
            update_all(row, deltas, rate, groups)
        } else {
            update_nonzero(row, deltas, rate, groups)
        };
    }
    if tail > 0 {
        let tail_row = &row[row.len() - tail..];
        let inputs = core::array::from_fn(|index| tail_row.get(index).map_or(0.0, |&input| input.into()));
        exceptions |= update_tail(&inputs, tail, deltas, rate, tail_weights);
    }
    if exceptions != 0 {
        elementwise::flush_below(weights, SMALLEST_WEIGHT);
    }
}

/// Updates `weights`: `[row.len() / 4][units][4]`.
fn update_all<T: Element>(row: &[T], mut deltas: &[f32], rate: f32, weights: &mut [f32]) -> u32 {
    let units = deltas.len();
    let (mut first, mut exceptions) = (weights.as_mut_ptr(), 0);
    while !deltas.is_empty() {
        let size = if deltas.len() >= MANY { MANY } else { deltas.len().min(MOST) };
        let (some, others) = deltas.split_at(size);
        // SAFETY: there are weights of each of the outputs for each group.
        exceptions |= unsafe { <T as Load>::update(row, some, first, rate, units) };
        (first, deltas) = (first.wrapping_add(size * GROUP), others);
    }
    exceptions
}

/// Updates those of `weights` whose outputs have a nonzero delta, about half of those of a layer with ReLU. Each output
/// takes a register for its pointer.
fn update_nonzero<T: Element>(row: &[T], deltas: &[f32], rate: f32, weights: &mut [f32]) -> u32 {
    let units = deltas.len();
    let mut places = [const { MaybeUninit::uninit() }; CHUNK];
    let (mut first, mut exceptions) = (weights.as_mut_ptr(), 0);
    for deltas in deltas.chunks(CHUNK) {
        for outputs in selected::select(deltas, first, &mut places).chunks(MOST) {
            // SAFETY: the places are those of outputs whose weights these are.
            exceptions |= unsafe { <T as Load>::update_selected(row, outputs, rate, units) };
        }
        first = first.wrapping_add(deltas.len() * GROUP);
    }
    exceptions
}

/// Updates the weights of a group for some outputs, each with a register of weights and one of its delta. The product of
/// delta and input is a multiplication here and a fused multiply-add to +0.0 in `portable`: the results differ in the
/// sign of zeros, which changes no weight.
macro_rules! block {
    ($deltas:literal, $weights:literal, $next:literal, [$(($vector:literal $delta:literal))+]) => {
        concat!(
            $deltas, "\n",
            "vldmia {weights}, ", $weights, "\n",
            $("vmul.f32 q6, q0, ", $delta, "\n vfma.f32 q", $vector, ", q6, q7\n",)+
            $("vmul.f32 q6, q", $vector, ", {probe}\n",)+
            "vstmia {weights}", $next, ", ", $weights, "\n",
        )
    };
}

/// Defines the function for neighbouring outputs, of which the blocks are.
macro_rules! update {
    ($name:ident, $element:ty, $load:literal, $middle:literal, $($block:tt)+) => {
        /// # Safety
        /// As [`Load::update`].
        #[inline(never)]
        unsafe fn $name(row: &[$element], deltas: &[f32], weights: *mut f32, rate: f32, units: usize) -> u32 {
            // The address of a weight follows from that of the input after its group.
            let factor = units * size_of::<f32>() / size_of::<$element>();
            let next = row.as_ptr().addr() + GROUP * size_of::<$element>();
            let origin = weights.expose_provenance().wrapping_sub(next.wrapping_mul(factor));
            let exceptions;
            // SAFETY: of the row, its weights and the deltas nothing is touched that the caller does not promise.
            unsafe {
                asm!(
                    "vmrs r0, fpscr",
                    "bic r0, r0, #{mask}",
                    "vmsr fpscr, r0",
                    "vdup.32 q7, r2",
                    "wls lr, lr, 4f",
                    "2:",
                    $load,
                    "mla {weights}, r1, {factor}, {origin}",
                    $(block! $block,)+
                    "le lr, 2b",
                    "4:",
                    "vmrs r0, fpscr",
                    "and r0, r0, #{mask}",
                    mask = const EXCEPTIONS,
                    out("r0") exceptions,
                    inout("r1") row.as_ptr() => _,
                    inout("r2") (-rate).to_bits() => _,
                    out("r3") _, out("r4") _, out("r5") _,
                    inout("lr") row.len() / GROUP => _,
                    deltas = in(reg) deltas.as_ptr().wrapping_add($middle),
                    weights = out(reg) _,
                    factor = in(reg) factor,
                    origin = in(reg) origin,
                    probe = in(reg) PROBE.to_bits(),
                    out("d0") _, out("d1") _, out("d2") _, out("d3") _, out("d4") _, out("d5") _, out("d6") _,
                    out("d7") _, out("d8") _, out("d9") _, out("d10") _, out("d11") _, out("d12") _, out("d13") _,
                    out("d14") _, out("d15") _,
                    options(nostack),
                );
            }
            exceptions
        }
    };
}

/// The same for outputs that need not be neighbours, with a register that points to the weights of each.
macro_rules! update_selected {
    ($name:ident, $element:ty, $load:literal, [$(($number:literal $deltas:literal $origin:ident))+]) => {
        /// # Safety
        /// As [`Load::update_selected`].
        #[inline(never)]
        unsafe fn $name(row: &[$element], outputs: &[Selected], rate: f32, units: usize) -> u32 {
            let Some(outputs) = outputs.first_chunk::<{ [$($number),+].len() }>() else { return 0 };
            let factor = units * size_of::<f32>() / size_of::<$element>();
            let next = row.as_ptr().addr() + GROUP * size_of::<$element>();
            let exceptions;
            // SAFETY: of the row and its weights nothing is touched that the caller does not promise.
            unsafe {
                asm!(
                    "vmrs r0, fpscr",
                    "bic r0, r0, #{mask}",
                    "vmsr fpscr, r0",
                    $(concat!("ldr r0, [{weights}, #8*", $number, "]\n vdup.32 q", $deltas, ", r0"),)+
                    "wls lr, lr, 4f",
                    "2:",
                    $load,
                    $(concat!(
                        "mla {weights}, r1, {factor}, {", stringify!($origin), "}\n",
                        "vldrw.u32 q1, [{weights}]\n",
                        "vmul.f32 q2, q0, q", $deltas, "\n",
                        "vfma.f32 q1, q2, {rate}\n",
                        "vmul.f32 q2, q1, {probe}\n",
                        "vstrw.32 q1, [{weights}]",
                    ),)+
                    "le lr, 2b",
                    "4:",
                    "vmrs r0, fpscr",
                    "and r0, r0, #{mask}",
                    mask = const EXCEPTIONS,
                    inout("r1") row.as_ptr() => _,
                    weights = inout(reg) outputs.as_ptr() => _,
                    $($origin = in(reg) outputs[$number].weights.expose_provenance().wrapping_sub(next.wrapping_mul(factor)),)+
                    factor = in(reg) factor,
                    rate = in(reg) (-rate).to_bits(),
                    probe = in(reg) PROBE.to_bits(),
                    out("r0") exceptions, inout("lr") row.len() / GROUP => _,
                    out("d0") _, out("d1") _, out("d2") _, out("d3") _, out("d4") _, out("d5") _, out("d6") _,
                    out("d7") _, out("d8") _, out("d9") _, out("d10") _, out("d11") _, out("d12") _, out("d13") _,
                    out("d14") _, out("d15") _,
                    options(nostack),
                );
            }
            exceptions
        }
    };
}

/// Defines the functions for one kind of element.
macro_rules! load {
    ($element:ty, $load:literal) => {
        impl Load for $element {
            unsafe fn update(row: &[Self], deltas: &[f32], weights: *mut f32, rate: f32, units: usize) -> u32 {
                update!(one, $element, $load, 0, ("ldr r0, [{deltas}]", "{{d2-d3}}", "", [(1 "r0")]));
                update!(two, $element, $load, 0,
                    ("ldm {deltas}, {{r0, r2}}", "{{d2-d5}}", "", [(1 "r0") (2 "r2")]));
                update!(three, $element, $load, 0,
                    ("ldm {deltas}, {{r0, r2-r3}}", "{{d2-d7}}", "", [(1 "r0") (2 "r2") (3 "r3")]));
                update!(four, $element, $load, 0,
                    ("ldm {deltas}, {{r0, r2-r4}}", "{{d2-d9}}", "", [(1 "r0") (2 "r2") (3 "r3") (4 "r4")]));
                update!(five, $element, $load, 0,
                    ("ldm {deltas}, {{r0, r2-r5}}", "{{d2-d11}}", "", [(1 "r0") (2 "r2") (3 "r3") (4 "r4") (5 "r5")]));
                update!(ten, $element, $load, 5,
                    ("ldmdb {deltas}, {{r0, r2-r5}}", "{{d2-d11}}", "!",
                        [(1 "r0") (2 "r2") (3 "r3") (4 "r4") (5 "r5")])
                    ("ldm {deltas}, {{r0, r2-r5}}", "{{d2-d11}}", "", [(1 "r0") (2 "r2") (3 "r3") (4 "r4") (5 "r5")]));
                let function = match deltas.len() {
                    1 => one,
                    2 => two,
                    3 => three,
                    4 => four,
                    5 => five,
                    _ => ten,
                };
                // SAFETY: the caller's.
                unsafe { function(row, deltas, weights, rate, units) }
            }

            unsafe fn update_selected(row: &[Self], outputs: &[Selected], rate: f32, units: usize) -> u32 {
                update_selected!(one, $element, $load, [(0 3 a)]);
                update_selected!(two, $element, $load, [(0 3 a) (1 4 b)]);
                update_selected!(three, $element, $load, [(0 3 a) (1 4 b) (2 5 c)]);
                update_selected!(four, $element, $load, [(0 3 a) (1 4 b) (2 5 c) (3 6 d)]);
                update_selected!(five, $element, $load, [(0 3 a) (1 4 b) (2 5 c) (3 6 d) (4 7 e)]);
                let function = match outputs.len() {
                    1 => one,
                    2 => two,
                    3 => three,
                    4 => four,
                    _ => five,
                };
                // SAFETY: the caller's.
                unsafe { function(row, outputs, rate, units) }
            }
        }
    };
}

// Four pixels that are zero change no weight, since none is small enough to be flushed. The body is too long for `cbz`
// to branch over it.
load!(u8, "ldr r0, [r1], #4\n cbnz r0, 3f\n le lr, 2b\n b 4f\n 3:\n vldrb.u32 q0, [r1, #-4]\n vcvt.f32.u32 q0, q0");
load!(f32, "vldrw.u32 q0, [r1], #16");
