//! Cross-validation that leaves out one group at a time.

use formats::{Input, Output, Task};

use super::{Dataset, Samples};

/// Samples by group, such as by person.
#[derive(Clone, Debug, PartialEq)]
pub struct Folds {
    /// The name of the data.
    pub name: String,
    /// The kind of the inputs: pixels or features.
    pub input: Input,
    /// The kind of the targets: classes, two classes, or values, with their names.
    pub output: Output,
    /// The names of the groups.
    pub groups: Vec<String>,
    /// Samples to train with, of all groups; windows at the training stride.
    pub train: Samples,
    /// Samples to test with, of all groups; windows at the test stride.
    pub test: Samples,
}

impl Folds {
    /// The kind of the targets.
    #[must_use]
    pub const fn task(&self) -> Task {
        self.output.task()
    }

    /// The data set whose test samples are those of a group, an index into `groups`, and whose training samples are
    /// those of all others.
    #[must_use]
    pub fn dataset(&self, group: usize) -> Dataset {
        let of = |samples: &Samples, inside: bool| {
            let groups = samples.groups.iter().enumerate();
            let rows: Vec<usize> =
                groups.filter(|(_, found)| (**found as usize == group) == inside).map(|(row, _)| row).collect();
            samples.select(&rows)
        };
        Dataset {
            name: self.name.clone(),
            input: self.input.clone(),
            output: self.output.clone(),
            train: of(&self.train, false),
            test: of(&self.test, true),
        }
    }
}
