//! The dot products of a layer and the gradients of its weights, by sums over f64 where all numbers are plain; else by
//! fused multiply-add in software.

use core::arch::wasm32::v128;

use super::sums::{are_plain, partial_sums, weighted_sums};
use crate::kernels::operands::{Affine, WeightGradient};
use crate::kernels::updates::Update;
use crate::kernels::vector::lanes::Vector;
use crate::kernels::vector::simd128::shells;
use crate::kernels::vector::weight_gradient::Layer;
use crate::kernels::{Element, Rows};

/// Units of which sums are computed at a time.
const UNITS: usize = 5;

/// # Safety
/// The lengths fit together as `dispatch` checks them.
pub(in crate::kernels) unsafe fn forward<T: Element>(rows: Rows<'_, T>, layer: Affine<'_>, outputs: &mut [f32]) {
    let units = layer.bias.len();
    // SAFETY: the caller's; there are as many units left as each arm takes.
    unsafe {
        if !are_plain(rows, layer.weights) {
            return shells::forward(rows, layer, outputs);
        }
        for first in (0..units).step_by(UNITS) {
            match units - first {
                1 => dot_products::<T, 1>(layer, rows, outputs, first),
                2 => dot_products::<T, 2>(layer, rows, outputs, first),
                3 => dot_products::<T, 3>(layer, rows, outputs, first),
                4 => dot_products::<T, 4>(layer, rows, outputs, first),
                _ => dot_products::<T, UNITS>(layer, rows, outputs, first),
            }
        }
    }
}

/// The outputs of `N` units from `first` on.
///
/// # Safety
/// As for [`forward`]; there are as many units.
#[inline(always)]
unsafe fn dot_products<T: Element, const N: usize>(
    layer: Affine<'_>,
    rows: Rows<'_, T>,
    outputs: &mut [f32],
    first: usize,
) {
    for index in 0..rows.len() {
        // SAFETY: the caller's.
        unsafe {
            let weights = layer.weights.as_ptr().add(first * layer.width);
            let sums = partial_sums::<T, N>(layer.width, rows.row_pointer(index), weights);
            let outputs = outputs.as_mut_ptr().add(index * layer.bias.len() + first);
            layer.finish(&[sums], first, outputs);
        }
    }
}

/// # Safety
/// The lengths fit together as `dispatch` checks them.
pub(in crate::kernels) unsafe fn weight_gradient_update<T: Element, U: Update<A>, const A: usize>(
    gradient: WeightGradient<'_, T>,
    update: &U,
    parameters: [&mut [f32]; A],
) {
    let WeightGradient { rows, deltas, units, .. } = gradient;
    let width = rows.width();
    // SAFETY: the caller's; there are as many columns and units left as are computed.
    unsafe {
        // With so few inputs, the units are the lanes.
        if width <= v128::LANES || !are_plain(rows, deltas) {
            return shells::weight_gradient_update(gradient, update, parameters);
        }
        let layer = Layer { gradient, update, arrays: parameters.map(<[f32]>::as_mut_ptr) };
        for column in (0..width).step_by(v128::LANES) {
            for first in (0..units).step_by(UNITS) {
                match units - first {
                    1 => gradients::<T, U, A, 1>(&layer, column, first),
                    2 => gradients::<T, U, A, 2>(&layer, column, first),
                    3 => gradients::<T, U, A, 3>(&layer, column, first),
                    4 => gradients::<T, U, A, 4>(&layer, column, first),
                    _ => gradients::<T, U, A, UNITS>(&layer, column, first),
                }
            }
        }
    }
}

/// The gradients and updates of `N` units from `first` on, of their weights of a vector of inputs from `column` on.
///
/// # Safety
/// As for [`weight_gradient_update`]; there are as many units, and an input.
#[inline(always)]
unsafe fn gradients<T: Element, U: Update<A>, const A: usize, const N: usize>(
    layer: &Layer<'_, T, U, A>,
    column: usize,
    first: usize,
) {
    let WeightGradient { rows, deltas, units, .. } = layer.gradient;
    let width = rows.width();
    let inputs = |row| rows.row_pointer(row).wrapping_add(column);
    // SAFETY: the caller's.
    let delta = |row, unit| unsafe { *deltas.as_ptr().add(row * units + first + unit) };
    // SAFETY: the caller's.
    unsafe {
        let sums: [v128; N] = weighted_sums(rows.len(), inputs, width - column, delta);
        for unit in 0..N {
            layer.update(width - column, (first + unit) * width + column, sums[unit]);
        }
    }
}
