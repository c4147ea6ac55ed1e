//! Which class is taken for which.

use std::fmt::Write as _;

use crate::idx::CLASSES;

/// Counts of answers, for each label and each class answered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Confusion {
    counts: [[u32; CLASSES]; CLASSES],
}

impl Confusion {
    /// Counts one answer; both numbers below [`CLASSES`].
    pub const fn add(&mut self, label: u8, class: u8) {
        self.counts[label as usize][class as usize] += 1;
    }

    /// How many samples of the label were taken for the class; both numbers below [`CLASSES`].
    #[must_use]
    pub const fn count(&self, label: usize, class: usize) -> u32 {
        self.counts[label][class]
    }

    /// How many samples have the label.
    #[must_use]
    pub fn labelled(&self, label: usize) -> u32 {
        self.counts[label].iter().sum()
    }

    /// How many samples were taken for the class.
    #[must_use]
    pub fn answered(&self, class: usize) -> u32 {
        self.counts.iter().map(|row| row[class]).sum()
    }

    /// How many answers there were.
    #[must_use]
    pub fn total(&self) -> u32 {
        self.counts.as_flattened().iter().sum()
    }

    /// The share of answers that were right; 0 without answers.
    #[must_use]
    pub fn accuracy(&self) -> f64 {
        let correct: u32 = (0..CLASSES).map(|class| self.counts[class][class]).sum();
        f64::from(correct) / f64::from(self.total().max(1))
    }

    /// As text: a row a label, a column a class answered, a dot for none.
    #[must_use]
    pub fn table(&self, names: &[String; CLASSES]) -> String {
        let mut text = format!("{:>17}", "answered:");
        for class in 0..CLASSES {
            let _ = write!(text, "{class:>6}");
        }
        for (label, (row, name)) in self.counts.iter().zip(names).enumerate() {
            let _ = write!(text, "\n{label:>2}  {name:<13.13}");
            for &count in row {
                let _ = if count == 0 { write!(text, "{:>6}", "·") } else { write!(text, "{count:>6}") };
            }
        }
        text + "\n"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_counted_where_they_belong() {
        let mut confusion = Confusion::default();
        assert_eq!((confusion.total(), confusion.accuracy()), (0, 0.0));
        for (label, class) in [(0, 0), (0, 0), (9, 9), (9, 0)] {
            confusion.add(label, class);
        }
        assert_eq!((confusion.total(), confusion.accuracy()), (4, 0.75));
        assert_eq!((confusion.count(9, 0), confusion.labelled(9), confusion.answered(0)), (1, 2, 3));
        let names = std::array::from_fn(|class| format!("class {class}"));
        let table = confusion.table(&names);
        let lines: Vec<&str> = table.lines().collect();
        assert_eq!(lines.len(), 11);
        assert_eq!(
            lines[0],
            format!("        answered:{}", (0..10).map(|class| format!("{class:>6}")).collect::<String>())
        );
        assert_eq!(lines[1], format!(" 0  class 0           2{}", "     ·".repeat(9)));
        assert_eq!(lines[10], format!(" 9  class 9           1{}     1", "     ·".repeat(8)));
    }
}
