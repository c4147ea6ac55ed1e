//! The gradient with respect to the weights of a layer, and its update.
//!
//! The sums over a batch are computed for up to six outputs and four inputs at a time. Their weights are contiguous, in the
//! order of the sums.

use core::arch::asm;

use super::{GROUP, blocks, sgd, sgd_remainder, update};
use crate::kernels::operands::WeightGradient;
use crate::kernels::updates::Update;
use crate::kernels::{Element, Rows};

/// Outputs at a time: a register of sums each; one of the two others is for inputs.
const MOST: usize = 6;

/// Sums for some outputs and a group of inputs: `[outputs][4]`.
type Tile = [f32; MOST * GROUP];

/// Elements that can be multiplied with deltas.
pub trait Load: Sized {
    /// Adds delta · input to each sum, for `samples` samples one after another.
    ///
    /// # Safety
    /// `lanes` is 1 to 4, `size` 1 to [`MOST`]. `lanes` elements can be read at `row` and at each `stride` bytes from
    /// the last, `size` deltas at `deltas` and at each `units` from the last.
    unsafe fn accumulate(
        sums: &mut Tile,
        size: usize,
        row: *const Self,
        lanes: usize,
        deltas: *const f32,
        batch: Batch,
    );
}

/// The number of consecutive samples, and the strides of their elements and of their deltas.
#[derive(Clone, Copy, Debug)]
pub struct Batch {
    samples: usize,
    /// In bytes; it may be negative, and wraps.
    stride: usize,
    units: usize,
}

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
    for_each_tile(rows, deltas, units, |start, sums| {
        let tile = parameters.each_mut().map(|array| array.get_mut(start..start + sums.len()).unwrap_or_default());
        update.tile(sums, scale, tile);
    });
}

fn weight_gradient_sgd<T: Element>(rows: Rows<'_, T>, deltas: &[f32], units: usize, rate: f32, weights: &mut [f32]) {
    if rows.len() == 1 {
        match *rows.row(0) {
            [input] => return sgd_remainder::update_column(input.into(), deltas, rate, weights),
            ref row => {
                if let Some(not_zero) = sgd::count_nonzero(row, deltas) {
                    return sgd::update(row, deltas, not_zero, rate, weights);
                }
            }
        }
    }
    for_each_tile(rows, deltas, units, |start, sums| update::sgd(sums, rate, &mut weights[start..start + sums.len()]));
}

/// Calls `update` with the index of the first of some neighbouring parameters, and their sums of delta · input.
fn for_each_tile<T: Element>(rows: Rows<'_, T>, deltas: &[f32], units: usize, mut update: impl FnMut(usize, &[f32])) {
    let (width, samples) = (rows.width(), rows.len());
    assert!(deltas.len() == samples * units && width > 0 && samples > 0);
    let stride = stride(&rows);
    for column in (0..width).step_by(GROUP) {
        let lanes = GROUP.min(width - column);
        for (first, size) in blocks(units, MOST) {
            let mut sums = [0.0; MOST * GROUP];
            // With a stride all samples at once, else each by itself.
            for sample in 0..if stride.is_some() { 1 } else { samples } {
                let row = rows.row(sample);
                assert!(row.len() == width);
                let batch = match stride {
                    Some(stride) => Batch { samples, stride, units },
                    None => Batch { samples: 1, stride: 0, units },
                };
                // SAFETY: there are `lanes` elements from `column` on in each row, and the stride leads from row to
                // row; `size` deltas from `first` on in each sample's `units`.
                unsafe {
                    let deltas = deltas.as_ptr().add(sample * units + first);
                    <T as Load>::accumulate(&mut sums, size, row.as_ptr().add(column), lanes, deltas, batch);
                }
            }
            if lanes < GROUP {
                for index in 0..size * lanes {
                    sums[index] = sums[index / lanes * GROUP + index % lanes];
                }
            }
            update(column * units + first * lanes, &sums[..size * lanes]);
        }
    }
}

/// The bytes from each row to the next, where they are the same for all.
fn stride<T>(rows: &Rows<'_, T>) -> Option<usize> {
    let start = |index| rows.row(index).as_ptr().addr();
    let stride = if rows.len() > 1 { start(1).wrapping_sub(start(0)) } else { 0 };
    (1..rows.len()).all(|index| start(index).wrapping_sub(start(index - 1)) == stride).then_some(stride)
}

/// Defines the function for as many outputs as the list has numbers.
macro_rules! accumulate {
    ($name:ident, $element:ty, $load:literal, $numbers:tt) => {
        /// # Safety
        /// As [`Load::accumulate`].
        #[inline(never)]
        unsafe fn $name(sums: &mut Tile, row: *const $element, lanes: usize, deltas: *const f32, batch: Batch) {
            // SAFETY: of the rows and deltas nothing is read that the caller does not promise; predication keeps to
            // the lanes.
            unsafe {
                asm!(
                    "vctp.32 {lanes}",
                    each!($numbers ("vldrw.u32 q", ", [{sums}, #16*", "]")),
                    "wls lr, lr, 3f",
                    "2:",
                    $load,
                    "add r1, r1, {stride}",
                    each!($numbers ("ldr {delta}, [{deltas}, #4*", "]\n vfma.f32 q", ", q6, {delta}")),
                    "add {deltas}, {deltas}, {units}, lsl #2",
                    "le lr, 2b",
                    "3:",
                    each!($numbers ("vstrw.32 q", ", [{sums}, #16*", "]")),
                    sums = in(reg) sums.as_mut_ptr(),
                    inout("r1") row => _,
                    lanes = in(reg) lanes,
                    deltas = inout(reg) deltas => _,
                    stride = in(reg) batch.stride,
                    units = in(reg) batch.units,
                    delta = out(reg) _,
                    inout("lr") batch.samples => _,
                    out("d0") _, out("d1") _, out("d2") _, out("d3") _, out("d4") _, out("d5") _, out("d6") _,
                    out("d7") _, out("d8") _, out("d9") _, out("d10") _, out("d11") _, out("d12") _, out("d13") _,
                    options(nostack),
                );
            }
        }
    };
}

/// Defines the functions for one kind of element.
macro_rules! load {
    ($element:ty, $load:literal) => {
        impl Load for $element {
            unsafe fn accumulate(
                sums: &mut Tile,
                size: usize,
                row: *const Self,
                lanes: usize,
                deltas: *const f32,
                batch: Batch,
            ) {
                accumulate!(one, $element, $load, [0]);
                accumulate!(two, $element, $load, [0 1]);
                accumulate!(three, $element, $load, [0 1 2]);
                accumulate!(four, $element, $load, [0 1 2 3]);
                accumulate!(five, $element, $load, [0 1 2 3 4]);
                accumulate!(six, $element, $load, [0 1 2 3 4 5]);
                let function = match size {
                    1 => one,
                    2 => two,
                    3 => three,
                    4 => four,
                    5 => five,
                    _ => six,
                };
                // SAFETY: the caller's.
                unsafe { function(sums, row, lanes, deltas, batch) }
            }
        }
    };
}

load!(u8, "vpst\n vldrbt.u32 q6, [r1]\n vcvt.f32.u32 q6, q6");
load!(f32, "vpst\n vldrwt.u32 q6, [r1]");
