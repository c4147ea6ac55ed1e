//! Options for loading a data set.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::Task;

/// Which data to load, and how. What is `None` or empty is decided by the data.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DataOptions {
    /// A folder of IDX files, of pictures by class or with a `dataset.json`; or a `.csv`, `.csv.gz` or `.npz` file.
    #[serde(rename = "file")]
    pub path: PathBuf,
    /// The task, where it is not what the target column suggests.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task: Option<Task>,
    /// The column of targets; else the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// The column that says which group, such as a person, a row belongs to. It is no feature.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// Columns that are no features.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ignore: Vec<String>,
    /// A second file, of test samples.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub test: Option<PathBuf>,
    /// The share of samples, or of groups where there are groups, to test with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub test_split: Option<f64>,
    /// The groups to test with.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub test_groups: Vec<String>,
    /// Rows of a window, where rows are a time series.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window: Option<usize>,
    /// Rows from one window to the next; else the rows of a window.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stride: Option<usize>,
    /// The same for training samples, where it differs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub train_stride: Option<usize>,
    /// Consecutive rows that are averaged into one; else 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub downsample: Option<usize>,
    /// Height and width that pictures are brought to; else 28 × 28.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<[usize; 2]>,
    /// Seed of the choice and of the order of samples.
    pub seed: u64,
}

impl DataOptions {
    /// Whether test samples are chosen.
    pub const fn chooses_test(&self) -> bool {
        self.test.is_some() || self.test_split.is_some() || !self.test_groups.is_empty()
    }

    /// These options, where they are given, else the `others`, among them path and seed.
    #[must_use]
    pub fn or(self, others: Self) -> Self {
        let (test, test_split, test_groups) = if self.chooses_test() {
            (self.test, self.test_split, self.test_groups)
        } else {
            (others.test, others.test_split, others.test_groups)
        };
        Self {
            path: others.path,
            task: self.task.or(others.task),
            target: self.target.or(others.target),
            group: self.group.or(others.group),
            ignore: if self.ignore.is_empty() { others.ignore } else { self.ignore },
            test,
            test_split,
            test_groups,
            window: self.window.or(others.window),
            stride: self.stride.or(others.stride),
            train_stride: self.train_stride.or(others.train_stride),
            downsample: self.downsample.or(others.downsample),
            size: self.size.or(others.size),
            seed: others.seed,
        }
    }
}
