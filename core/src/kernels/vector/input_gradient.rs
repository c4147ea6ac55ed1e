//! Weighted sums of the rows of weights, which take deltas back to the inputs.

use super::lanes::{F32x16, LANES, Vector};
use super::weighted_sums::weighted_sums;
use crate::math::SMALLEST_SIGNAL;

/// # Safety
/// The lengths fit together as `dispatch` checks them, and the machine has the instructions.
#[inline(always)]
pub(super) unsafe fn input_gradient<V: F32x16>(deltas: &[f32], weights: &[f32], units: usize, outputs: &mut [f32]) {
    let columns = weights.len() / units;
    let mut column = 0;
    while column < columns {
        let left = columns - column;
        // SAFETY: the caller's; there are as many columns left as each arm takes.
        unsafe {
            if const { V::SUMS >= 16 } && left >= 4 * LANES {
                gradient_columns::<V, 4, 4>(deltas, weights, units, column, LANES, outputs);
                column += 4 * LANES;
            } else if left >= LANES {
                gradient_columns::<V, 6, 1>(deltas, weights, units, column, LANES, outputs);
                column += LANES;
            } else {
                if const { V::Short::LANES < LANES } && left <= V::Short::LANES {
                    gradient_columns::<V::Short, 6, 1>(deltas, weights, units, column, left, outputs);
                } else {
                    gradient_columns::<V, 6, 1>(deltas, weights, units, column, left, outputs);
                }
                column = columns;
            }
        }
    }
}

/// `C` vectors of columns, from `column` on, of all rows, `R` rows at a time.
///
/// # Safety
/// As for [`input_gradient`]; there are `count` columns of each vector.
#[inline(always)]
unsafe fn gradient_columns<V: Vector, const R: usize, const C: usize>(
    deltas: &[f32],
    weights: &[f32],
    units: usize,
    column: usize,
    count: usize,
    outputs: &mut [f32],
) {
    let columns = weights.len() / units;
    let rows = deltas.len() / units;
    let weights = weights.as_ptr().wrapping_add(column);
    let mut row = 0;
    while row < rows {
        // SAFETY: the caller's; there are as many rows left as each arm takes.
        unsafe {
            let deltas = deltas.as_ptr().add(row * units);
            let outputs = outputs.as_mut_ptr().add(row * columns + column);
            row += match rows - row {
                1..4 => tile::<V, 1, C>(deltas, weights, units, columns, count, outputs),
                // Eight are better shared out evenly.
                left if left >= R && left != 8 => tile::<V, R, C>(deltas, weights, units, columns, count, outputs),
                _ => tile::<V, 4, C>(deltas, weights, units, columns, count, outputs),
            };
        }
    }
}

/// `C` vectors of columns of `R` rows. Returns `R`.
///
/// # Safety
/// There are `R` rows of `units` deltas. From `weights` on there is a row for every unit, and from `outputs` on one for
/// every row of deltas, `columns` apart, each with `count` numbers of each of `C` vectors.
#[inline(always)]
unsafe fn tile<V: Vector, const R: usize, const C: usize>(
    deltas: *const f32,
    weights: *const f32,
    units: usize,
    columns: usize,
    count: usize,
    outputs: *mut f32,
) -> usize {
    // SAFETY: the caller's.
    unsafe {
        let delta = |unit, row| *deltas.add(row * units + unit);
        let sums = weighted_sums::<V, f32, R, C>(units, |unit| weights.wrapping_add(unit * columns), count, delta);
        for row in 0..R {
            for chunk in 0..C {
                let output = sums[row][chunk].flush_below(SMALLEST_SIGNAL).canonical_result();
                let to = outputs.add(row * columns + chunk * V::LANES);
                output.store_up_to(count, to);
            }
        }
    }
    R
}
