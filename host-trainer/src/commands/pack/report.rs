//! What a new data set holds, and what was done to its pictures.

use crate::dataset::Dataset;
use crate::photo::Prepared;
use crate::terminal::summary::thousands;

/// How many pictures each step was taken with.
#[derive(Debug, Default)]
pub(super) struct Report {
    pictures: usize,
    untouched: usize,
    steps: Vec<(&'static str, usize)>,
}

impl Report {
    /// Counts a picture.
    pub(super) fn add(&mut self, prepared: &Prepared) {
        self.pictures += 1;
        self.untouched += usize::from(prepared.steps.is_empty());
        for name in prepared.steps.iter().map(|step| step.name()) {
            match self.steps.iter_mut().find(|step| step.0 == name) {
                Some((_, count)) => *count += 1,
                None => self.steps.push((name, 1)),
            }
        }
    }

    /// The table of the classes, of which the first `used` have pictures, and a line for each step.
    pub(super) fn text(&self, dataset: &Dataset, used: usize) -> String {
        let names = || dataset.class_names.iter().take(used);
        let width = names().map(|name| name.chars().count()).max().unwrap_or(0).max("class".len());
        let mut text = format!("label  {:<width$}  training  test\n", "class");
        let counts = dataset.train.label_counts().into_iter().zip(dataset.test.label_counts());
        for (label, (name, (train, test))) in names().zip(counts).enumerate() {
            text += &format!("{label:>5}  {name:<width$}  {:>8}  {:>4}\n", thousands(train), thousands(test));
        }
        let unused = dataset.class_names.len() - used;
        if unused > 0 {
            text += &format!("the network has {unused} more outputs; it will learn not to use them\n");
        }
        text += &format!("{} pictures", thousands(self.pictures));
        let untouched = (self.untouched > 0).then_some(("taken as they are", self.untouched));
        for (name, count) in untouched.iter().chain(&self.steps) {
            text += &format!(", {} {name}", thousands(*count));
        }
        text + "\n"
    }
}
