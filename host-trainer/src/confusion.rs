//! The confusion matrix of a classifier, and precision, recall and F1 of each class.

use crate::terminal::table::{pad, shorten};

/// Counts of predictions, by label and predicted class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Confusion {
    classes: usize,
    /// `[label][class]`.
    counts: Vec<u32>,
}

/// Scores of one class; `None` where the denominator is 0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Score {
    /// Of the samples predicted to be of the class, the share that is.
    pub precision: Option<f64>,
    /// Of the samples of the class, the share predicted to be.
    pub recall: Option<f64>,
    /// The harmonic mean of the two.
    pub f1: Option<f64>,
}

impl Confusion {
    /// A matrix of zeros for so many classes.
    pub(crate) fn new(classes: usize) -> Self {
        Self { classes, counts: vec![0; classes * classes] }
    }

    /// Counts the prediction for each label, all of them below `classes`.
    pub(crate) fn of(classes: usize, labels: &[u8], predicted: &[u8]) -> Self {
        let mut confusion = Self::new(classes);
        for (&label, &class) in labels.iter().zip(predicted) {
            confusion.add(label, class);
        }
        confusion
    }

    /// Counts one prediction; both numbers below the number of classes.
    pub(crate) fn add(&mut self, label: u8, class: u8) {
        self.counts[usize::from(label) * self.classes + usize::from(class)] += 1;
    }

    pub(crate) const fn classes(&self) -> usize {
        self.classes
    }

    /// Samples of the label that were predicted to be of the class.
    pub(crate) fn count(&self, label: usize, class: usize) -> u32 {
        self.counts[label * self.classes + class]
    }

    /// Samples of the label.
    pub(crate) fn labelled(&self, label: usize) -> u32 {
        (0..self.classes).map(|class| self.count(label, class)).sum()
    }

    /// Samples predicted to be of the class.
    pub(crate) fn predicted(&self, class: usize) -> u32 {
        (0..self.classes).map(|label| self.count(label, class)).sum()
    }

    /// All samples.
    pub(crate) fn total(&self) -> u32 {
        self.counts.iter().sum()
    }

    /// The share of predictions that were right; 0 without any.
    pub(crate) fn accuracy(&self) -> f64 {
        let correct: u32 = (0..self.classes).map(|class| self.count(class, class)).sum();
        f64::from(correct) / f64::from(self.total().max(1))
    }

    /// The scores of each class.
    pub(crate) fn scores(&self) -> Vec<Score> {
        let score = |class| {
            let right = f64::from(self.count(class, class));
            let (predicted, labelled) = (self.predicted(class), self.labelled(class));
            let share = |all: u32| (all > 0).then(|| right / f64::from(all));
            // The same as the harmonic mean, and 0 where precision and recall both are.
            let f1 = (predicted > 0 && labelled > 0).then(|| 2.0 * right / f64::from(predicted + labelled));
            Score { precision: share(predicted), recall: share(labelled), f1 }
        };
        (0..self.classes).map(score).collect()
    }

    /// Pairs of a label and a wrong class with their counts, the most frequent first; of equal ones, the first.
    pub(crate) fn mistakes(&self) -> Vec<(usize, usize, u32)> {
        let pairs = (0..self.classes).flat_map(|label| (0..self.classes).map(move |class| (label, class)));
        let counted = pairs.map(|(label, class)| (label, class, self.count(label, class)));
        let mut mistakes: Vec<_> = counted.filter(|&(label, class, count)| label != class && count > 0).collect();
        mistakes.sort_by_key(|mistake| std::cmp::Reverse(mistake.2));
        mistakes
    }

    /// The matrix as text, a row for each label and a column for each class, a dot for 0; where that is wider than
    /// `columns`, the ten most frequent mistakes.
    pub(crate) fn table(&self, names: &[String], columns: usize) -> String {
        let widest = self.counts.iter().max().map_or(1, |count| count.to_string().len() + 1);
        let Some(width) = [6, widest.max(4)].into_iter().find(|width| 17 + width * self.classes <= columns) else {
            let mistakes = self.mistakes();
            let lines = mistakes.iter().take(10).map(|&(label, class, count)| {
                let [label, class] = [label, class].map(|class| pad(&shorten(&names[class], 24), 24));
                format!("{label}  {class}  {count:>9}\n")
            });
            return format!("{:24}  {:24}  {:>9}\n{}", "label", "answered", "samples", lines.collect::<String>());
        };
        let mut text = format!("{:>17}", "answered:");
        for class in 0..self.classes {
            text += &format!("{class:>width$}");
        }
        for (label, name) in names.iter().enumerate() {
            text += &format!("\n{label:>2}  {}", pad(&shorten(name, 13), 13));
            for class in 0..self.classes {
                let count = self.count(label, class);
                text += &if count == 0 { format!("{:>width$}", "·") } else { format!("{count:>width$}") };
            }
        }
        text + "\n"
    }
}

impl Score {
    /// The macro average: the mean over the classes for which each score is defined.
    pub(crate) fn mean(scores: &[Self]) -> Self {
        let mean = |part: fn(&Self) -> Option<f64>| {
            let known: Vec<f64> = scores.iter().filter_map(part).collect();
            (!known.is_empty()).then(|| known.iter().sum::<f64>() / known.len() as f64)
        };
        Self {
            precision: mean(|score| score.precision),
            recall: mean(|score| score.recall),
            f1: mean(|score| score.f1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(classes: usize) -> Vec<String> {
        (0..classes).map(|class| format!("class {class}")).collect()
    }

    #[test]
    fn predictions_are_counted_where_they_belong() {
        let empty = Confusion::new(10);
        assert_eq!((empty.total(), empty.accuracy()), (0, 0.0));
        let confusion = Confusion::of(10, &[0, 0, 9, 9], &[0, 0, 9, 0]);
        assert_eq!((confusion.total(), confusion.accuracy()), (4, 0.75));
        assert_eq!((confusion.count(9, 0), confusion.labelled(9), confusion.predicted(0)), (1, 2, 3));
        let table = confusion.table(&names(10), 80);
        let lines: Vec<&str> = table.lines().collect();
        assert_eq!(lines.len(), 11);
        assert_eq!(
            lines[0],
            format!("        answered:{}", (0..10).map(|class| format!("{class:>6}")).collect::<String>())
        );
        assert_eq!(lines[1], format!(" 0  class 0           2{}", "     ·".repeat(9)));
        assert_eq!(lines[10], format!(" 9  class 9           1{}     1", "     ·".repeat(8)));
    }

    #[test]
    fn a_matrix_that_is_too_wide_becomes_its_mistakes() {
        let confusion = Confusion::of(40, &[0, 0, 39, 39, 7], &[0, 1, 2, 2, 7]);
        assert_eq!(confusion.table(&names(40), 177).lines().count(), 41);
        let table = confusion.table(&names(40), 80);
        let lines: Vec<_> = table.lines().map(|line| line.split_whitespace().collect::<Vec<_>>()).collect();
        assert_eq!(lines[1..], [["class", "39", "class", "2", "2"], ["class", "0", "class", "1", "1"]]);
    }

    #[test]
    fn scores_are_as_defined() {
        let mut confusion = Confusion::new(5);
        for (label, class, count) in [(0, 0, 6), (0, 1, 2), (1, 1, 3), (2, 1, 1), (4, 0, 2)] {
            (0..count).for_each(|_| confusion.add(label, class));
        }
        let score = |precision, recall, f1| Score { precision, recall, f1 };
        let wanted = [
            score(Some(0.75), Some(0.75), Some(0.75)),
            score(Some(0.5), Some(1.0), Some(2.0 / 3.0)),
            score(None, Some(0.0), None),
            score(None, None, None),
            score(None, Some(0.0), None),
        ];
        assert_eq!(confusion.scores(), wanted);
        let mean = Score::mean(&wanted);
        assert_eq!((mean.precision, mean.recall), (Some(0.625), Some(0.4375)));
        assert_eq!(confusion.mistakes(), [(0, 1, 2), (4, 0, 2), (2, 1, 1)]);
    }
}
