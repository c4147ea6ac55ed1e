//! The specification: plain Rust for any machine. What is computed here is what every other version computes.

pub(super) use super::elementwise::loops::{map, zip};
use super::{AdamParameters, AdamStep, Element, MomentumStep, Rows, Score, weight_index};
use crate::math::{
    SMALLEST_FIRST_MOMENT, SMALLEST_SECOND_MOMENT, SMALLEST_SIGNAL, SMALLEST_WEIGHT, canonical, exp_nonpositive,
    flush_below, fused_multiply_add, ln, sqrt,
};

/// What a version needs of a number in a sample; this one needs nothing.
#[cfg(not(any(fpv4, target_arch = "aarch64", target_arch = "x86_64")))]
pub trait Load {}
#[cfg(not(any(fpv4, target_arch = "aarch64", target_arch = "x86_64")))]
impl Load for u8 {}
#[cfg(not(any(fpv4, target_arch = "aarch64", target_arch = "x86_64")))]
impl Load for f32 {}

/// Partial sums of a dot product.
const LANES: usize = 16;

pub(super) fn forward<T: Element>(rows: Rows<'_, T>, weights: &[f32], bias: &[f32], scale: f32, outputs: &mut [f32]) {
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

/// Calls `update` with the place of every parameter and its sum of delta · input.
fn for_each_sum<T: Element>(rows: Rows<'_, T>, deltas: &[f32], units: usize, mut update: impl FnMut(usize, f32)) {
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

pub(super) fn weight_gradient<T: Element>(
    rows: Rows<'_, T>,
    deltas: &[f32],
    units: usize,
    scale: f32,
    gradient: &mut [f32],
) {
    for_each_sum(rows, deltas, units, |place, sum| {
        if let Some(gradient) = gradient.get_mut(place) {
            *gradient = canonical(sum * scale);
        }
    });
}

pub(super) fn weight_gradient_sgd<T: Element>(
    rows: Rows<'_, T>,
    deltas: &[f32],
    units: usize,
    rate: f32,
    weights: &mut [f32],
) {
    for_each_sum(rows, deltas, units, |place, sum| {
        if let Some(weight) = weights.get_mut(place) {
            let updated = fused_multiply_add(-rate, sum, *weight);
            *weight = canonical(flush_below(updated, SMALLEST_WEIGHT));
        }
    });
}

pub(super) fn weight_gradient_momentum<T: Element>(
    rows: Rows<'_, T>,
    deltas: &[f32],
    units: usize,
    rate: f32,
    step: &MomentumStep,
    weights: &mut [f32],
    velocities: &mut [f32],
) {
    for_each_sum(rows, deltas, units, |place, sum| {
        if let (Some(weight), Some(velocity)) = (weights.get_mut(place), velocities.get_mut(place)) {
            let push = flush_below(rate * sum, SMALLEST_WEIGHT);
            let moved = flush_below(fused_multiply_add(step.momentum, *velocity, -push), SMALLEST_FIRST_MOMENT);
            let change = if step.nesterov { fused_multiply_add(step.momentum, moved, -push) } else { moved };
            *weight = canonical(flush_below(*weight + change, SMALLEST_WEIGHT));
            *velocity = canonical(moved);
        }
    });
}

pub(super) fn weight_gradient_adam<T: Element>(
    rows: Rows<'_, T>,
    deltas: &[f32],
    units: usize,
    scale: f32,
    step: &AdamStep,
    parameters: AdamParameters<'_>,
) {
    let AdamParameters { values, first_moments, second_moments } = parameters;
    for_each_sum(rows, deltas, units, |place, sum| {
        let gradient = sum * scale;
        let (Some(value), Some(first), Some(second)) =
            (values.get_mut(place), first_moments.get_mut(place), second_moments.get_mut(place))
        else {
            return;
        };
        let mean = fused_multiply_add(step.first_share, gradient - *first, *first);
        let mean = flush_below(mean, SMALLEST_FIRST_MOMENT);
        let mean_square =
            fused_multiply_add(step.second_share, fused_multiply_add(gradient, gradient, -*second), *second);
        let mean_square = flush_below(mean_square, SMALLEST_SECOND_MOMENT);
        let updated = *value - (step.step_size * mean) / (sqrt(mean_square) + step.epsilon);
        *first = canonical(mean);
        *second = canonical(mean_square);
        *value = canonical(flush_below(updated, SMALLEST_WEIGHT));
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
        let first_largest = row.iter().position(|&logit| logit == largest);
        let sum = softmax_row(row, largest);
        score.add(loss(logit - largest, sum), first_largest == Some(label));
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
