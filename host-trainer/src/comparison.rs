//! A network in floats and the same in whole numbers, side by side.

use crate::idx::CLASSES;
use crate::summary::thousands;

/// How the two decide about the samples of one label.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Decisions {
    /// Samples that the floats are right about.
    pub float: usize,
    /// Samples that the whole numbers are right about.
    pub int8: usize,
    /// Samples that the two take for different classes.
    pub different: usize,
}

/// How the two decide about all samples of a split.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparison {
    samples: usize,
    labels: [Decisions; CLASSES],
}

impl Comparison {
    /// Compares the classes that floats and whole numbers take each sample for with its label, all of them below
    /// [`CLASSES`].
    #[must_use]
    pub fn new(labels: &[u8], float: &[u8], int8: &[u8]) -> Self {
        let mut comparison = Self { samples: labels.len(), labels: Default::default() };
        for ((&label, &float), &int8) in labels.iter().zip(float).zip(int8) {
            let decisions = &mut comparison.labels[usize::from(label)];
            decisions.float += usize::from(float == label);
            decisions.int8 += usize::from(int8 == label);
            decisions.different += usize::from(float != int8);
        }
        comparison
    }

    /// The decisions about the samples of each label.
    #[must_use]
    pub const fn labels(&self) -> &[Decisions; CLASSES] {
        &self.labels
    }

    /// The decisions about all samples.
    #[must_use]
    pub fn total(&self) -> Decisions {
        self.labels.iter().fold(Decisions::default(), |sum, label| Decisions {
            float: sum.float + label.float,
            int8: sum.int8 + label.int8,
            different: sum.different + label.different,
        })
    }

    /// The share of the samples that the whole numbers are right about.
    #[must_use]
    pub fn int8_accuracy(&self) -> f64 {
        self.share(self.total().int8)
    }

    /// As text: both accuracies, and a line for each label about whose samples the two differ.
    #[must_use]
    pub fn table(&self, names: &[String; CLASSES]) -> String {
        let Decisions { float, int8, different } = self.total();
        let mut text = format!(
            "accuracy in floats {:.4}, in int8 {:.4}; they differ about {} of {} samples\n",
            self.share(float),
            self.share(int8),
            thousands(different),
            thousands(self.samples),
        );
        if different > 0 {
            text += "label  class          different  right in floats  right in int8\n";
        }
        for (label, (name, Decisions { float, int8, different })) in names.iter().zip(self.labels).enumerate() {
            if different > 0 {
                text += &format!("{label:>5}  {name:<13}  {different:>9}  {float:>15}  {int8:>13}\n");
            }
        }
        text
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
        let comparison = Comparison::new(&labels, &float, &int8);
        let mut wanted = [Decisions::default(); CLASSES];
        wanted[0] = Decisions { float: 2, int8: 2, different: 2 };
        wanted[3] = Decisions { float: 1, int8: 1, different: 1 };
        wanted[9] = Decisions { float: 3, int8: 3, different: 0 };
        assert_eq!(comparison.labels(), &wanted);
        assert_eq!(comparison.total(), Decisions { float: 6, int8: 6, different: 3 });
        assert_eq!(comparison.int8_accuracy(), 0.75);
        let names = std::array::from_fn(|class| format!("class {class}"));
        let table = "\
accuracy in floats 0.7500, in int8 0.7500; they differ about 3 of 8 samples
label  class          different  right in floats  right in int8
    0  class 0                2                2              2
    3  class 3                1                1              1
";
        assert_eq!(comparison.table(&names), table);
        let same = Comparison::new(&labels, &float, &float).table(&names);
        assert_eq!(same, "accuracy in floats 0.7500, in int8 0.7500; they differ about 0 of 8 samples\n");
    }
}
