//! Weighted sums of the rows of weights, which take deltas back to the inputs.

use super::lanes::{F32x16, Vector};
use super::weighted_sums::{Product, all_columns, weighted_sums};
use crate::math::SMALLEST_SIGNAL;

/// # Safety
/// The lengths fit together as `dispatch` checks them, and the machine has the instructions.
#[inline(always)]
pub(super) unsafe fn input_gradient<V: F32x16>(deltas: &[f32], weights: &[f32], units: usize, outputs: &mut [f32]) {
    let (rows, columns) = (deltas.len() / units, weights.len() / units);
    let (deltas, weights, outputs) = (deltas.as_ptr(), weights.as_ptr(), outputs.as_mut_ptr());
    // SAFETY: the caller's.
    unsafe { all_columns::<V>(&InputGradient { rows, units, columns, deltas, weights, outputs }, columns) }
}

/// `outputs`, `[rows][columns]` = `deltas`, `[rows][units]` · `weights`, `[units][columns]`.
struct InputGradient {
    rows: usize,
    units: usize,
    columns: usize,
    deltas: *const f32,
    weights: *const f32,
    outputs: *mut f32,
}

impl Product for InputGradient {
    #[inline(always)]
    unsafe fn columns<V: Vector, const C: usize>(&self, column: usize, count: usize) {
        let mut row = 0;
        while row < self.rows {
            // SAFETY: the caller's; there are as many rows left as each arm takes.
            row += unsafe {
                match self.rows - row {
                    1..4 => self.tile::<V, 1, C>(row, column, count),
                    // Eight are better shared out evenly.
                    6 | 7 | 9.. if const { C == 1 } => self.tile::<V, 6, C>(row, column, count),
                    _ => self.tile::<V, 4, C>(row, column, count),
                }
            };
        }
    }
}

impl InputGradient {
    /// `R` rows from `first` on. Returns `R`.
    ///
    /// # Safety
    /// As for [`Product::columns`]; there are as many rows.
    #[inline(always)]
    unsafe fn tile<V: Vector, const R: usize, const C: usize>(
        &self,
        first: usize,
        column: usize,
        count: usize,
    ) -> usize {
        // SAFETY: the caller's.
        unsafe {
            let deltas = self.deltas.add(first * self.units);
            let weights = |unit| self.weights.wrapping_add(unit * self.columns + column);
            let delta = |unit, row| *deltas.add(row * self.units + unit);
            let sums = weighted_sums::<V, f32, R, C>(self.units, weights, count, delta);
            for row in 0..R {
                for chunk in 0..C {
                    let output = sums[row][chunk].flush_below(SMALLEST_SIGNAL).canonical_result();
                    let at = (first + row) * self.columns + column + chunk * V::LANES;
                    output.store_up_to(count, self.outputs.add(at));
                }
            }
        }
        R
    }
}
