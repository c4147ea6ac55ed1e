//! Dot products of samples of few inputs with the weights of many units, which are the lanes: nothing is left to be
//! added across lanes, and no lane is without an input.

use core::mem::MaybeUninit;

use super::forward::Packed;
use super::lanes::{F32x16, LANES, Vector};
use crate::kernels::operands::Affine;
use crate::kernels::{Element, Rows};

/// Inputs at most.
const INPUTS: usize = 2 * LANES;
/// Whether this takes less work than to add up lanes. The weights are transposed first, which has to be worth it.
pub(super) fn is_faster(rows: usize, width: usize, units: usize) -> bool {
    width <= INPUTS && rows >= 2 * width && units.div_ceil(LANES) * (width + LANES) <= 3 * units
}

/// The outputs, `R` rows at a time.
///
/// # Safety
/// The lengths fit together, and [`is_faster`].
#[inline(always)]
pub(super) unsafe fn forward<V: F32x16, T: Element, const R: usize>(
    layer: Affine<'_>,
    rows: Rows<'_, T>,
    outputs: &mut [f32],
) {
    let (width, units, outputs) = (layer.width, layer.bias.len(), outputs.as_mut_ptr());
    let mut transposed = MaybeUninit::<Packed<{ INPUTS * LANES }>>::uninit();
    let transposed = transposed.as_mut_ptr().cast::<f32>();
    for first in (0..units).step_by(LANES) {
        let count = (units - first).min(LANES);
        // SAFETY: the caller's; there are `count` units from `first` on, and room for the weights of 16.
        unsafe {
            for input in 0..width {
                for unit in 0..LANES {
                    // Beyond the last unit, the last one again.
                    let unit_weights = layer.weights.as_ptr().add((first + unit.min(count - 1)) * width);
                    transposed.add(input * LANES + unit).write(*unit_weights.add(input));
                }
            }
            let bias = V::load_first(count, layer.bias.as_ptr().add(first), 0.0);
            for index in (0..rows.len()).step_by(R) {
                let inputs: [_; R] =
                    core::array::from_fn(|offset| rows.row_pointer((index + offset).min(rows.len() - 1)));
                let totals = Tile { width, weights: transposed, inputs }.totals::<V>();
                for row in index..(index + R).min(rows.len()) {
                    let output = totals[row - index].mul_add(bias.fill(layer.scale), bias).canonical_result();
                    output.store_up_to(count, outputs.add(row * units + first));
                }
            }
        }
    }
}

/// The inputs of `R` rows, and the transposed weights of 16 units.
struct Tile<T, const R: usize> {
    width: usize,
    weights: *const f32,
    inputs: [*const T; R],
}

/// Safety of all: there are `width` inputs at each of `inputs`, and as many vectors at `weights`.
impl<T: Element, const R: usize> Tile<T, R> {
    /// The dot products: of 16 partial sums, l and l + 8 are added, l and l + 4, l and l + 2, l and l + 1.
    #[inline(always)]
    unsafe fn totals<V: Vector>(&self) -> [V; R] {
        // SAFETY: the caller's.
        unsafe {
            let mut quarters = [[V::splat(0.0); R]; 4];
            for lane in 0..4 {
                let low = add(self.partial_sums(lane), self.partial_sums(lane + 8));
                let high = add(self.partial_sums(lane + 4), self.partial_sums(lane + 12));
                quarters[lane] = add(low, high);
            }
            add(add(quarters[0], quarters[2]), add(quarters[1], quarters[3]))
        }
    }

    /// The partial sums of the inputs `lane`, `lane` + 16 and so on.
    #[inline(always)]
    unsafe fn partial_sums<V: Vector>(&self, lane: usize) -> [V; R] {
        // SAFETY: the caller's.
        unsafe {
            let mut sums = [V::splat(0.0); R];
            for input in (lane..self.width).step_by(LANES) {
                let weights = V::load(self.weights.add(input * LANES));
                for row in 0..R {
                    sums[row] = weights.mul_add(V::splat((*self.inputs[row].add(input)).into()), sums[row]);
                }
            }
            sums
        }
    }
}

#[inline(always)]
fn add<V: Vector, const R: usize>(mut a: [V; R], b: [V; R]) -> [V; R] {
    for row in 0..R {
        a[row] = a[row].add(b[row]);
    }
    a
}
