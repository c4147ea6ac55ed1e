//! Loss and metrics over samples.

use core::ops::AddAssign;

/// The loss and the metrics over samples, as sums that add up (`+=`), with methods for the means.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Score {
    /// The sum of the samples' losses, added in their order; at most [`f32::MAX`].
    pub loss_sum: f32,
    /// Correctly classified samples: those whose argmax (the first of equal logits) is the label, or with a single
    /// logit those whose logit is above zero for label 1 and not above it for label 0.
    pub correct: u32,
    /// The sum of the samples' mean absolute errors, where targets are numbers; at most [`f32::MAX`].
    pub absolute_error_sum: f32,
    /// The number of samples.
    pub samples: u32,
}

impl Score {
    /// The mean loss; NaN without samples.
    #[must_use]
    pub fn loss(&self) -> f32 {
        self.loss_sum / self.samples as f32
    }

    /// The fraction of samples that are classified correctly; NaN without samples.
    #[must_use]
    pub fn accuracy(&self) -> f32 {
        self.correct as f32 / self.samples as f32
    }

    /// The mean absolute error; NaN without samples.
    #[must_use]
    pub fn mean_absolute_error(&self) -> f32 {
        self.absolute_error_sum / self.samples as f32
    }

    /// Counts one more sample.
    pub(crate) fn add(&mut self, loss: f32, correct: bool) {
        self.loss_sum = saturating_sum(self.loss_sum, loss);
        self.correct += u32::from(correct);
        self.samples += 1;
    }

    /// Adds the mean absolute error of the sample that was counted last.
    pub(crate) fn add_absolute_error(&mut self, error: f32) {
        self.absolute_error_sum = saturating_sum(self.absolute_error_sum, error);
    }
}

/// Adds the sums of other samples. Counts stay at [`u32::MAX`] where they would be larger.
impl AddAssign for Score {
    fn add_assign(&mut self, other: Self) {
        self.loss_sum = saturating_sum(self.loss_sum, other.loss_sum);
        self.correct = self.correct.saturating_add(other.correct);
        self.absolute_error_sum = saturating_sum(self.absolute_error_sum, other.absolute_error_sum);
        self.samples = self.samples.saturating_add(other.samples);
    }
}

/// The sum of two numbers that are not negative, at most [`f32::MAX`].
fn saturating_sum(one: f32, other: f32) -> f32 {
    let sum = one + other;
    if sum < f32::MAX { sum } else { f32::MAX }
}
