//! Matrix products without an addition across lanes: the gradients.

use super::lanes::{F32x16, LANES, Vector};
use super::load::Load;

/// A matrix product whose columns are computed some vectors at a time.
pub(super) trait Product {
    /// All rows of `C` vectors from `column` on: of each, the first `count` columns, or all.
    ///
    /// # Safety
    /// The product has these columns, and the machine has the instructions.
    unsafe fn columns<V: Vector, const C: usize>(&self, column: usize, count: usize);
}

/// A whole product of `columns`.
///
/// # Safety
/// As for [`Product::columns`].
#[inline(always)]
pub(super) unsafe fn all_columns<V: F32x16>(product: &impl Product, columns: usize) {
    let mut column = 0;
    // SAFETY: the caller's; columns are below their number.
    unsafe {
        if const { V::SUMS >= 16 } {
            while columns - column >= 4 * LANES {
                product.columns::<V, 4>(column, LANES);
                column += 4 * LANES;
            }
        }
        while columns - column >= LANES {
            product.columns::<V, 1>(column, LANES);
            column += LANES;
        }
        let left = columns - column;
        if const { V::Short::LANES < LANES } && left > 0 && left <= V::Short::LANES {
            product.columns::<V::Short, 1>(column, left);
        } else if left > 0 {
            product.columns::<V, 1>(column, left);
        }
    }
}

/// A tile of `N` rows of `C` vectors: sums over `steps` of the numbers at `inputs(step)`, the first `count` of each
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
