//! Sums of vectors, each times a number: the tile of a matrix product without an addition across lanes.

use super::lanes::Vector;
use super::load::Load;

/// `N` sums over `steps`, each of `C` vectors side by side: of the numbers at `inputs(step)`, the first `count` of each
/// vector or all, times `factor(step, n)`.
///
/// # Safety
/// The numbers are there, and the machine has the instructions.
#[inline(always)]
pub(super) unsafe fn weighted_sums<V: Vector, T: Load, const N: usize, const C: usize>(
    steps: usize,
    inputs: impl Fn(usize) -> *const T,
    count: usize,
    factor: impl Fn(usize, usize) -> f32,
) -> [[V; C]; N] {
    // SAFETY: the caller's.
    unsafe {
        let mut sums = [[V::splat(0.0); C]; N];
        for step in 0..steps {
            let inputs = inputs(step);
            let mut values = [V::splat(0.0); C];
            for chunk in 0..C {
                values[chunk] = T::load_up_to(count, inputs.add(chunk * V::LANES));
            }
            for n in 0..N {
                let factor = V::splat(factor(step, n));
                for chunk in 0..C {
                    sums[n][chunk] = factor.mul_add(values[chunk], sums[n][chunk]);
                }
            }
        }
        sums
    }
}
