//! Plain Rust: the specification, and the kernel of processors without vectors.

use super::{FIVE, ORDER, Requantization};
use crate::kernels::Rows;

pub(in crate::kernels) fn forward(rows: Rows<'_, u8>, weights: &[i8], bias: &[i32], outputs: &mut [i32]) {
    let units = bias.len();
    for (index, outputs) in outputs.chunks_exact_mut(units).enumerate() {
        outputs.copy_from_slice(bias);
        add_products(rows.row(index), weights, outputs);
    }
}

/// Adds to each sum the products of a row with the weights of its unit.
fn add_products(row: &[u8], weights: &[i8], sums: &mut [i32]) {
    let units = sums.len();
    let (chunks, remainder) = sums.as_chunks_mut::<FIVE>();
    let mut first = 0;
    for sums in chunks {
        add_some(row, weights, first, units, sums);
        first += sums.len();
    }
    for sum in remainder {
        add_some(row, weights, first, units, core::array::from_mut(sum));
        first += 1;
    }
}

/// The same for `N` units from `first` on, whose sums stay in registers.
#[inline(always)]
fn add_some<const N: usize>(row: &[u8], weights: &[i8], first: usize, units: usize, sums: &mut [i32; N]) {
    let mut totals = *sums;
    if matches!(ORDER, super::Order::Inputs) {
        // A whole chunk lies ahead of every input but maybe the last few, so the rest of the slice always has `N`.
        for (&input, weights) in row.iter().zip(weights.get(first..).unwrap_or(&[]).chunks(units)) {
            if let (true, Some(weights)) = (input != 0, weights.first_chunk::<N>()) {
                for (total, &weight) in totals.iter_mut().zip(weights) {
                    *total = total.wrapping_add(i32::from(input) * i32::from(weight));
                }
            }
        }
    } else {
        for (number, total) in totals.iter_mut().enumerate() {
            for (at, &input) in row.iter().enumerate() {
                let weight = ORDER.weight(weights, first + number, at, units, row.len());
                *total = total.wrapping_add(i32::from(input) * i32::from(weight));
            }
        }
    }
    *sums = totals;
}

/// Writes the bytes of sums.
pub(in crate::kernels) fn requantize(requantization: Requantization, sums: &[i32], bytes: &mut [u8]) {
    let Requantization { significand, offset, right } = requantization;
    let byte = |sum: i32| {
        let product = ((i64::from(sum) * i64::from(significand)) >> 32) as i32;
        (product.wrapping_add(offset) >> right).clamp(0, u8::MAX.into()) as u8
    };
    // Four at a time: loads that follow each other take less.
    let (quads, rest) = sums.as_chunks::<4>();
    let (quads_of_bytes, rest_of_bytes) = bytes.split_at_mut(quads.as_flattened().len().min(bytes.len()));
    for (bytes, sums) in quads_of_bytes.as_chunks_mut::<4>().0.iter_mut().zip(quads) {
        *bytes = sums.map(byte);
    }
    for (place, &sum) in rest_of_bytes.iter_mut().zip(rest) {
        *place = byte(sum);
    }
}
