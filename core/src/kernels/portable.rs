//! The specification in plain Rust: every other kernel returns the bits of these functions.

pub(super) use super::elementwise::loops::{map, zip};
use super::operands::{Affine, WeightGradient};
use super::updates::Update;
use super::{Element, Rows, Score, weight_index};
use crate::math::{SMALLEST_SIGNAL, canonical, exp_nonpositive, flush_below, fused_multiply_add, ln};

/// Partial sums of a dot product.
const LANES: usize = 16;

pub(super) fn forward<T: Element>(rows: Rows<'_, T>, layer: Affine<'_>, outputs: &mut [f32]) {
    let Affine { weights, bias, scale, .. } = layer;
    let units = bias.len();
    for (index, outputs) in outputs.chunks_exact_mut(units).enumerate() {
        for (unit, (output, &bias)) in outputs.iter_mut().zip(bias).enumerate() {
            let sum = dot(rows.row(index), weights, unit, units);
            *output = canonical(fused_multiply_add(sum, scale, bias));
        }
    }
}

fn dot<T: Element>(row: &[T], weights: &[f32], unit: usize, units: usize) -> f32 {
    let mut sums = [0.0_f32; LANES];
    let width = row.len();
    for (chunk, row) in row.chunks(LANES).enumerate() {
        for (lane, (sum, &input)) in sums.iter_mut().zip(row).enumerate() {
            if let Some(&weight) = weights.get(weight_index(unit, chunk * LANES + lane, units, width)) {
                *sum = fused_multiply_add(weight, input.into(), *sum);
            }
        }
    }
    add_lanes(sums)
}

fn add_lanes(sums: [f32; LANES]) -> f32 {
    let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] = sums;
    let [a, b, c, d, e, f, g, h] = [a + i, b + j, c + k, d + l, e + m, f + n, g + o, h + p];
    let [a, b, c, d] = [a + e, b + f, c + g, d + h];
    (a + c) + (b + d)
}

pub(super) fn input_gradient(deltas: &[f32], weights: &[f32], units: usize, outputs: &mut [f32]) {
    let columns = weights.len() / units;
    for (deltas, outputs) in deltas.chunks_exact(units).zip(outputs.chunks_exact_mut(columns)) {
        outputs.fill(0.0);
        for (unit, &delta) in deltas.iter().enumerate() {
            for (column, output) in outputs.iter_mut().enumerate() {
                if let Some(&weight) = weights.get(weight_index(unit, column, units, columns)) {
                    *output = fused_multiply_add(delta, weight, *output);
                }
            }
        }
        for output in outputs {
            *output = canonical(flush_below(*output, SMALLEST_SIGNAL));
        }
    }
}

/// Calls `update` with the index of every parameter and its sum of delta · input.
fn for_each_sum<T: Element>(gradient: WeightGradient<'_, T>, mut update: impl FnMut(usize, f32)) {
    let WeightGradient { rows, deltas, units, .. } = gradient;
    let width = rows.width();
    for unit in 0..units {
        for column in 0..width {
            let mut sum = 0.0;
            for (index, deltas) in deltas.chunks_exact(units).enumerate() {
                if let (Some(&input), Some(&delta)) = (rows.row(index).get(column), deltas.get(unit)) {
                    sum = fused_multiply_add(delta, input.into(), sum);
                }
            }
            update(weight_index(unit, column, units, width), sum);
        }
    }
}

pub(super) fn weight_gradient_update<T: Element, U: Update<N>, const N: usize>(
    gradient: WeightGradient<'_, T>,
    update: &U,
    mut parameters: [&mut [f32]; N],
) {
    for_each_sum(gradient, |index, sum| {
        let mut numbers = [0.0; N];
        for (number, parameters) in numbers.iter_mut().zip(&parameters) {
            *number = parameters.get(index).copied().unwrap_or_default();
        }
        for (number, parameters) in update.scalar(sum, gradient.scale, numbers).into_iter().zip(&mut parameters) {
            if let Some(parameter) = parameters.get_mut(index) {
                *parameter = number;
            }
        }
    });
}

pub(super) fn softmax(values: &mut [f32], classes: usize) {
    for row in values.chunks_exact_mut(classes) {
        let largest = largest(row);
        softmax_row(row, largest);
    }
}

pub(crate) fn largest(row: &[f32]) -> f32 {
    row.iter().fold(f32::NEG_INFINITY, |largest, &logit| if logit > largest { logit } else { largest })
}

/// Turns a row of logits into probabilities and returns the sum of the exponentials.
pub(crate) fn softmax_row(row: &mut [f32], largest: f32) -> f32 {
    let mut sums = [0.0; LANES];
    for values in row.chunks_mut(LANES) {
        for (sum, value) in sums.iter_mut().zip(values) {
            *value = exp_nonpositive(*value - largest);
            *sum += *value;
        }
    }
    let sum = add_lanes(sums);
    for value in &mut *row {
        *value = flush_below(*value / sum, SMALLEST_SIGNAL);
    }
    sum
}

pub(super) fn softmax_cross_entropy(values: &mut [f32], classes: usize, labels: &[u8]) -> Score {
    let mut score = Score::default();
    for (row, &label) in values.chunks_exact_mut(classes).zip(labels) {
        let label = usize::from(label);
        let Some(&logit) = row.get(label) else { continue };
        let largest = largest(row);
        let argmax = row.iter().position(|&logit| logit == largest);
        let sum = softmax_row(row, largest);
        score.add(loss(logit - largest, sum), argmax == Some(label));
        if let Some(probability) = row.get_mut(label) {
            *probability -= 1.0;
        }
    }
    score
}

/// −ln(exp(`logit`) / `sum`), where `logit` ≤ 0 is the distance to the largest.
fn loss(logit: f32, sum: f32) -> f32 {
    ln(sum) - logit
}
