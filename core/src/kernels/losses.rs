//! Losses of whole rows and their derivatives, in place. Plain Rust for every machine: there are few outputs.

use super::Score;
use super::portable::{largest, softmax_row};
use crate::Error;
use crate::math::{SMALLEST_SIGNAL, exp_nonpositive, flush_below, fused_multiply_add, ln, sigmoid, sqrt};

/// Mean of (y − t)² over each row's outputs; each value becomes 2 · (y − t) / outputs.
///
/// # Errors
/// [`Error::Length`] where the targets are not as many as the values, or no whole number of rows; here and below.
pub fn squared_error(values: &mut [f32], outputs: usize, targets: &[f32]) -> Result<Score, Error> {
    check(values.len(), outputs, targets.len())?;
    let share = 1.0 / outputs as f32;
    Ok(distances(values, outputs, targets, |distance| (distance * distance, finite(2.0 * share * distance))))
}

/// Mean of |y − t| over each row's outputs; each value becomes the sign of y − t over the number of outputs, 0 where
/// they are equal.
///
/// # Errors
/// As [`squared_error`].
pub fn absolute_error(values: &mut [f32], outputs: usize, targets: &[f32]) -> Result<Score, Error> {
    check(values.len(), outputs, targets.len())?;
    let share = 1.0 / outputs as f32;
    Ok(distances(values, outputs, targets, |distance| {
        (distance.abs(), if distance == 0.0 { 0.0 } else { share.copysign(distance) })
    }))
}

/// `loss` says the loss for a distance from the target, and its derivative.
#[inline(always)]
fn distances(values: &mut [f32], outputs: usize, targets: &[f32], loss: impl Fn(f32) -> (f32, f32)) -> Score {
    let mut score = Score::default();
    for (row, targets) in values.chunks_exact_mut(outputs).zip(targets.chunks_exact(outputs)) {
        let (mut sum, mut absolute) = (0.0, 0.0);
        for (value, &target) in row.iter_mut().zip(targets) {
            let distance = flush_below(*value - target, SMALLEST_SIGNAL);
            let (loss, slope) = loss(distance);
            sum += loss;
            absolute += distance.abs();
            *value = flush_below(slope, SMALLEST_SIGNAL);
        }
        score.add(sum / outputs as f32, false);
        score.add_absolute_error(absolute / outputs as f32);
    }
    score
}

/// Sigmoid of each logit z and its cross-entropy with the label t: max(z, 0) − z · t + ln(1 + e⁻ᶻ), with |z| in the
/// exponential; the logit becomes σ(z) − t.
///
/// # Errors
/// [`Error::Length`] where the labels are not as many as the logits, [`Error::LabelOutOfRange`] where one is neither 0
/// nor 1; the logits are then as they were.
pub fn sigmoid_cross_entropy(logits: &mut [f32], labels: &[u8]) -> Result<Score, Error> {
    check(logits.len(), 1, labels.len())?;
    if let Some((sample, &label)) = labels.iter().enumerate().find(|&(_, &label)| label > 1) {
        return Err(Error::LabelOutOfRange { sample, label, classes: 2 });
    }
    let mut score = Score::default();
    for (logit, &label) in logits.iter_mut().zip(labels) {
        let yes = label == 1;
        let miss = if yes { -*logit } else { *logit };
        let loss = miss.max(0.0) + ln(1.0 + exp_nonpositive(-miss.abs()));
        score.add(loss, (*logit > 0.0) == yes);
        let slope = sigmoid(miss);
        *logit = if yes { 0.0 - slope } else { slope };
    }
    Ok(score)
}

/// Softmax of each row of logits and its cross-entropy with the row's target, −Σₖ tₖ · ln pₖ; the logits become
/// pₖ · Σⱼ tⱼ − tₖ. A row counts as correct where the first largest logit is at the first largest target.
///
/// # Errors
/// As [`squared_error`].
pub fn softmax_cross_entropy_with_targets(logits: &mut [f32], classes: usize, targets: &[f32]) -> Result<Score, Error> {
    check(logits.len(), classes, targets.len())?;
    let mut score = Score::default();
    for (row, targets) in logits.chunks_exact_mut(classes).zip(targets.chunks_exact(classes)) {
        let (top, top_target) = (largest(row), largest(targets));
        let found = row.iter().position(|&logit| logit == top);
        let expected = targets.iter().position(|&target| target == top_target);
        let (mut total, mut hit) = (0.0, 0.0);
        for (&logit, &target) in row.iter().zip(targets) {
            total += target;
            // A class that nothing is expected of takes no part, however far away it is.
            if target > 0.0 {
                hit = fused_multiply_add(target, logit - top, hit);
            }
        }
        let sum = softmax_row(row, top);
        score.add(fused_multiply_add(total, ln(sum), -hit), found == expected);
        for (value, &target) in row.iter_mut().zip(targets) {
            *value = flush_below(fused_multiply_add(*value, total, -target), SMALLEST_SIGNAL);
        }
    }
    Ok(score)
}

/// Softmax of each row of logits and 4 · (1 − p^¼) for the probability p of the row's label; the logits become
/// p^¼ · (pₖ − \[k = label\]). A row counts as correct where
/// the first largest logit is the label's.
///
/// # Errors
/// [`Error::Length`] where the labels are not as many as the rows, [`Error::LabelOutOfRange`]; the logits are then as
/// they were.
pub fn generalized_cross_entropy(logits: &mut [f32], classes: usize, labels: &[u8]) -> Result<Score, Error> {
    if classes == 0 || logits.len() != labels.len().saturating_mul(classes) {
        return Err(Error::Length {
            what: "logits",
            found: logits.len(),
            expected: labels.len().saturating_mul(classes),
        });
    }
    if let Some((sample, &label)) = labels.iter().enumerate().find(|&(_, &label)| usize::from(label) >= classes) {
        return Err(Error::LabelOutOfRange { sample, label, classes });
    }
    let mut score = Score::default();
    for (row, &label) in logits.chunks_exact_mut(classes).zip(labels) {
        let (label, top) = (usize::from(label), largest(row));
        let correct = row.iter().position(|&logit| logit == top) == Some(label);
        // From the logit, since a small probability is +0.0 long before its root is.
        let miss = exp_nonpositive(0.25 * (row[label] - top));
        let root = miss / sqrt(sqrt(softmax_row(row, top)));
        score.add(4.0 * (1.0 - root), correct);
        row[label] -= 1.0;
        for value in row {
            *value = flush_below(root * *value, SMALLEST_SIGNAL);
        }
    }
    Ok(score)
}

fn finite(value: f32) -> f32 {
    value.clamp(-f32::MAX, f32::MAX)
}

fn check(values: usize, outputs: usize, targets: usize) -> Result<(), Error> {
    if outputs == 0 {
        return Err(Error::Length { what: "outputs", found: 0, expected: 1 });
    }
    if !values.is_multiple_of(outputs) {
        return Err(Error::Length { what: "outputs", found: values, expected: values / outputs * outputs });
    }
    if targets != values {
        return Err(Error::Length { what: "targets", found: targets, expected: values });
    }
    Ok(())
}
