//! What to load, and how.

use std::path::{Path, PathBuf};

use formats::Task;
use serde::Deserialize;

use super::DataError;
use super::read::read;

/// The optional file of a folder that says which file to load and how: [`Options`] as JSON.
pub const OPTIONS_FILE: &str = "dataset.json";

/// What to load, and how. What is `None` or empty is decided by the data.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// A folder of IDX files, of pictures by class or with a `dataset.json`; or a `.csv`, `.csv.gz` or `.npz` file.
    #[serde(rename = "file")]
    pub path: PathBuf,
    /// The task, where it is not what the target column suggests.
    pub task: Option<Task>,
    /// The column of targets; else the last.
    pub target: Option<String>,
    /// The column that says which group, such as a person, a row belongs to. It is no feature.
    pub group: Option<String>,
    /// Columns that are no features.
    pub ignore: Vec<String>,
    /// A second file, of test samples.
    pub test: Option<PathBuf>,
    /// The share of samples, or of groups where there are groups, to test with.
    pub test_split: Option<f64>,
    /// The groups to test with.
    pub test_groups: Vec<String>,
    /// Rows of a window, where rows are a time series.
    pub window: Option<usize>,
    /// Rows from one window to the next; else the rows of a window.
    pub stride: Option<usize>,
    /// The same for training samples, where it differs.
    pub train_stride: Option<usize>,
    /// Consecutive rows that are averaged into one; else 1.
    pub downsample: Option<usize>,
    /// Height and width that pictures are brought to; else 28 × 28.
    pub size: Option<[usize; 2]>,
    /// Seed of the choice and of the order of samples.
    pub seed: u64,
}

impl Options {
    /// Options of a path alone.
    #[must_use]
    pub fn new(path: &Path) -> Self {
        Self { path: path.to_owned(), ..Self::default() }
    }

    /// These options, completed by those of the folder's `dataset.json` if there is one.
    pub(super) fn completed(&self) -> Result<Self, DataError> {
        let file = self.path.join(OPTIONS_FILE);
        if !file.is_file() {
            return Ok(self.clone());
        }
        let fault = |fault: &dyn std::fmt::Display| DataError::file(&file, fault);
        let bytes = read(&file).map_err(|error| fault(&error))?;
        let mut stored: Self = serde_json::from_slice(&bytes).map_err(|error| fault(&error))?;
        if stored.path.as_os_str().is_empty() {
            return Err(fault(&"`file` is missing"));
        }
        stored.path = self.path.join(&stored.path);
        stored.test = stored.test.map(|test| self.path.join(test));
        if self.test.is_some() || self.test_split.is_some() || !self.test_groups.is_empty() {
            stored.test.clone_from(&self.test);
            stored.test_split = self.test_split;
            stored.test_groups.clone_from(&self.test_groups);
        }
        if !self.ignore.is_empty() {
            stored.ignore.clone_from(&self.ignore);
        }
        stored.task = self.task.or(stored.task);
        stored.target = self.target.clone().or(stored.target);
        stored.group = self.group.clone().or(stored.group);
        stored.window = self.window.or(stored.window);
        if self.stride.is_some() {
            (stored.stride, stored.train_stride) = (self.stride, None);
        }
        stored.train_stride = self.train_stride.or(stored.train_stride);
        stored.downsample = self.downsample.or(stored.downsample);
        stored.size = self.size.or(stored.size);
        stored.seed = self.seed;
        Ok(stored)
    }

    /// Refuses contradictions between options.
    pub(super) fn check(&self) -> Result<(), DataError> {
        let refuse = |fault: &str| Err(DataError::Conflict(fault.into()));
        let ways = [self.test.is_some(), self.test_split.is_some(), !self.test_groups.is_empty()];
        if ways.iter().filter(|&&way| way).count() > 1 {
            return refuse("of --test, --test-split and --test-groups, only one can be given");
        }
        if self.test_split.is_some_and(|share| !(share > 0.0 && share < 1.0)) {
            return refuse("--test-split: must be a number between 0 and 1");
        }
        if !self.test_groups.is_empty() && self.group.is_none() {
            return refuse("--test-groups needs --group COLUMN");
        }
        let numbers = [
            ("--window", self.window),
            ("--stride", self.stride),
            ("--train-stride", self.train_stride),
            ("--downsample", self.downsample),
        ];
        if let Some((name, _)) = numbers.iter().find(|(_, number)| *number == Some(0)) {
            return refuse(&format!("{name}: must be at least 1"));
        }
        let Some(window) = self.window else {
            return match numbers.iter().find(|(_, number)| number.is_some()) {
                Some((name, _)) => refuse(&format!("{name} needs --window")),
                None => Ok(()),
            };
        };
        let downsample = self.downsample.unwrap_or(1);
        if !window.is_multiple_of(downsample) {
            return refuse(&format!("--window {window} is no multiple of --downsample {downsample}"));
        }
        if self.task == Some(Task::Regression) {
            return refuse("--window is for classes, not for --task regression");
        }
        Ok(())
    }

    /// Refuses options that mean nothing for this kind of data.
    pub(super) fn refuse(&self, kind: &str, names: &[&str]) -> Result<(), DataError> {
        let given = [
            ("--target", self.target.is_some()),
            ("--group", self.group.is_some()),
            ("--ignore", !self.ignore.is_empty()),
            ("--test", self.test.is_some()),
            ("--test-split", self.test_split.is_some()),
            ("--window", self.window.is_some()),
            ("--size", self.size.is_some()),
        ];
        match given.iter().find(|(name, given)| *given && names.contains(name)) {
            Some((name, _)) => {
                Err(DataError::Conflict(format!("{name} does not apply to {}, {kind}", self.path.display())))
            }
            None => Ok(()),
        }
    }
}
