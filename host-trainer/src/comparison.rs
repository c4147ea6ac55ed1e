//! A classifier in f32 and the same in int8, side by side.

use crate::terminal::summary::thousands;
use crate::terminal::table::{Heading, table};

/// Predictions of the two for the samples of one label.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Decisions {
    /// Samples that f32 is right about.
    pub float: usize,
    /// Samples that int8 is right about.
    pub int8: usize,
    /// Samples of which the two predict different classes.
    pub different: usize,
}

/// Predictions of the two for all samples.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparison {
    samples: usize,
    labels: Vec<Decisions>,
}

impl Comparison {
    /// Compares the classes that f32 and int8 predict with the labels, all of them below `classes`.
    #[must_use]
    pub fn new(classes: usize, labels: &[u8], float: &[u8], int8: &[u8]) -> Self {
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
    #[must_use]
    pub fn total(&self) -> Decisions {
        self.labels.iter().fold(Decisions::default(), |sum, label| Decisions {
            float: sum.float + label.float,
            int8: sum.int8 + label.int8,
            different: sum.different + label.different,
        })
    }

    /// As text: both accuracies, and a line for each label about whose samples the two differ.
    #[must_use]
    pub fn table(&self, names: &[String]) -> String {
        let Decisions { float, int8, different } = self.total();
        let text = format!(
            "accuracy in floats {:.4}, in int8 {:.4}; they differ about {} of {} samples\n",
            self.share(float),
            self.share(int8),
            thousands(different),
            thousands(self.samples),
        );
        if different == 0 {
            return text;
        }
        let differ = names.iter().zip(&self.labels).enumerate().filter(|(_, (_, label))| label.different > 0);
        let rows = differ.map(|(label, (name, Decisions { float, int8, different }))| {
            let [label, different, float, int8] = [label, *different, *float, *int8].map(|count| count.to_string());
            vec![label, name.clone(), different, float, int8]
        });
        let headings = [
            Heading::Right("label"),
            Heading::Left("class", 13),
            Heading::Right("different"),
            Heading::Right("right in floats"),
            Heading::Right("right in int8"),
        ];
        text + &table(&headings, &rows.collect::<Vec<_>>())
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
        let table = "\
accuracy in floats 0.7500, in int8 0.7500; they differ about 3 of 8 samples
label  class          different  right in floats  right in int8
    0  class 0                2                2              2
    3  class 3                1                1              1
";
        assert_eq!(comparison.table(&names), table);
        let same = Comparison::new(10, &labels, &float, &float).table(&names);
        assert_eq!(same, "accuracy in floats 0.7500, in int8 0.7500; they differ about 0 of 8 samples\n");
    }
}
