//! A classifier in f32 and the same in int8, side by side.

use formats::four_digits;

use crate::terminal::summary::thousands;
use crate::terminal::table::{Heading, table};

/// Predictions of the two for the samples of one label.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Decisions {
    /// Samples that f32 is right about.
    pub float: usize,
    /// Samples that int8 is right about.
    pub int8: usize,
    /// Samples of which the two predict different classes.
    pub different: usize,
}

/// Predictions of the two for all samples.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Comparison {
    samples: usize,
    labels: Vec<Decisions>,
}

impl Comparison {
    /// Compares the classes that f32 and int8 predict with the labels, all of them below `classes`.
    pub(crate) fn new(classes: usize, labels: &[u8], float: &[u8], int8: &[u8]) -> Self {
        let mut comparison = Self { samples: labels.len(), labels: vec![Decisions::default(); classes] };
        for ((&label, &float), &int8) in labels.iter().zip(float).zip(int8) {
            let decisions = &mut comparison.labels[usize::from(label)];
            decisions.float += usize::from(float == label);
            decisions.int8 += usize::from(int8 == label);
            decisions.different += usize::from(float != int8);
        }
        comparison
    }

    /// The predictions for all samples.
    pub(crate) fn total(&self) -> Decisions {
        self.labels.iter().fold(Decisions::default(), |sum, label| Decisions {
            float: sum.float + label.float,
            int8: sum.int8 + label.int8,
            different: sum.different + label.different,
        })
    }

    /// As a line of text: both accuracies, and how many predictions differ.
    pub(crate) fn text(&self) -> String {
        let Decisions { float, int8, different } = self.total();
        format!(
            "int8 - accuracy: {} ({} in f32) - {} of {} predictions differ\n",
            four_digits(self.share(int8)),
            four_digits(self.share(float)),
            thousands(different),
            thousands(self.samples),
        )
    }

    /// The labels about whose samples the two differ, and what they decide.
    pub(crate) fn differing(&self) -> impl Iterator<Item = (usize, Decisions)> {
        self.labels.iter().copied().enumerate().filter(|(_, decisions)| decisions.different > 0)
    }

    /// As text: a line for each label about whose samples the two differ.
    pub(crate) fn table(&self, names: &[String]) -> String {
        let rows: Vec<_> = self
            .differing()
            .map(|(label, Decisions { float, int8, different })| {
                let [number, different, float, int8] = [label, different, float, int8].map(|count| count.to_string());
                vec![number, names[label].clone(), different, float, int8]
            })
            .collect();
        if rows.is_empty() {
            return String::new();
        }
        let headings = [
            Heading::Right("label"),
            Heading::Left("class", 13),
            Heading::Right("different"),
            Heading::Right("right in f32"),
            Heading::Right("right in int8"),
        ];
        table(&headings, &rows)
    }

    fn share(&self, samples: usize) -> f64 {
        samples as f64 / self.samples.max(1) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decisions_are_counted_where_they_belong() {
        let (labels, float, int8) = ([0, 0, 0, 3, 3, 9, 9, 9], [0, 0, 1, 3, 4, 9, 9, 9], [0, 2, 0, 3, 5, 9, 9, 9]);
        let comparison = Comparison::new(10, &labels, &float, &int8);
        assert_eq!(comparison.total(), Decisions { float: 6, int8: 6, different: 3 });
        let names: Vec<_> = (0..10).map(|class| format!("class {class}")).collect();
        assert_eq!(comparison.text(), "int8 - accuracy: 0.7500 (0.7500 in f32) - 3 of 8 predictions differ\n");
        let table = "\
label  class          different  right in f32  right in int8
    0  class 0                2             2              2
    3  class 3                1             1              1
";
        assert_eq!(comparison.table(&names), table);
        assert_eq!(Comparison::new(10, &labels, &float, &float).table(&names), "");
    }
}
