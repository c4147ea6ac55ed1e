//! Options of every subcommand that loads data.

use std::path::{Path, PathBuf};

use clap::Args;
use formats::{DataOptions, Task};

use super::values::{by_name, listed, share, size, whole_number};
use super::{in_workspace, refuse_given};
use crate::data::applicable;
use crate::failure::Failure;

/// The data that is used unless `--data` names other.
const DEFAULT: &str = "data/fashion-mnist";
/// Rows of a window, at most.
const MAX_WINDOW: usize = 1 << 20;

/// Which data to load, and how.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Data")]
pub struct DataArgs {
    /// A folder of IDX files, of pictures by class or with a dataset.json; a .csv, .csv.gz or .npz file
    /// [default: that of the model, or data/fashion-mnist]
    #[arg(long, value_name = "PATH")]
    data: Option<PathBuf>,

    /// Column of the targets [default: the last]
    #[arg(long, value_name = "COLUMN")]
    target: Option<String>,

    /// Task to learn: multiclass, binary or regression [default: as the target column suggests]
    #[arg(long, value_name = "TASK", hide_possible_values = true, value_parser = listed(task, Task::ALL.map(Task::name)))]
    task: Option<Task>,

    /// Column of the groups, such as persons; it is no feature
    #[arg(long, value_name = "COLUMN")]
    group: Option<String>,

    /// Columns that are no features
    #[arg(long, value_name = "COLUMN,...", value_delimiter = ',')]
    ignore: Vec<String>,

    /// File of the test samples
    #[arg(long, value_name = "FILE")]
    test: Option<PathBuf>,

    /// Share of the samples to test with, chosen by the seed [default: 0.2, where nothing else says]
    #[arg(long, value_name = "X", allow_negative_numbers = true, value_parser = share)]
    test_split: Option<f64>,

    /// Groups to test with
    #[arg(long, value_name = "GROUP,...", value_delimiter = ',')]
    test_groups: Vec<String>,

    /// Rows of a window, where rows are a time series
    #[arg(long, value_name = "ROWS", allow_negative_numbers = true, value_parser = whole_number(MAX_WINDOW))]
    window: Option<usize>,

    /// Rows from one window to the next [default: the rows of a window]
    #[arg(long, value_name = "ROWS", allow_negative_numbers = true, value_parser = whole_number(MAX_WINDOW))]
    stride: Option<usize>,

    /// The same for training samples, where it differs
    #[arg(long, value_name = "ROWS", allow_negative_numbers = true, value_parser = whole_number(MAX_WINDOW))]
    train_stride: Option<usize>,

    /// Consecutive rows of a window that are averaged into one [default: 1]
    #[arg(long, value_name = "ROWS", allow_negative_numbers = true, value_parser = whole_number(MAX_WINDOW))]
    downsample: Option<usize>,

    /// Height and width that pictures are brought to [default: 28x28]
    #[arg(long, value_name = "HxW", value_parser = size)]
    size: Option<[usize; 2]>,
}

impl DataArgs {
    /// Only where the data is, if that is given.
    pub fn of_path(data: Option<PathBuf>) -> Self {
        Self { data, ..Self::default() }
    }

    /// The options; `seed` chooses test samples.
    pub fn options(&self, seed: u64) -> DataOptions {
        DataOptions { path: self.data.clone().unwrap_or_else(|| DEFAULT.into()), seed, ..self.overrides() }
    }

    /// The options, where those that are not given are those that a model was trained with.
    pub fn options_of(&self, model: Option<&DataOptions>) -> DataOptions {
        let Some(mut model) = model.cloned() else { return self.options(0) };
        if let Some(path) = self.data.clone() {
            model = applicable(model, &locate(&path));
            model = DataOptions { path, test: None, test_split: None, test_groups: Vec::new(), ..model };
        }
        self.overrides().or(model)
    }

    /// The options for data that may be a copy of those that a model was trained with, and split as they were; `None` where
    /// none or the same path is named, or options say which samples are for the test.
    pub fn options_of_copy(&self, model: &DataOptions) -> Option<DataOptions> {
        let overrides = self.overrides();
        let path = self.data.clone().filter(|path| *path != model.path && !overrides.chooses_test())?;
        let model = applicable(model.clone(), &locate(&path));
        Some(overrides.or(DataOptions { path, ..model }))
    }

    /// Whether data were named.
    pub const fn is_given(&self) -> bool {
        self.data.is_some()
    }

    /// Refuses options that say how to load data, where `why` none is loaded.
    ///
    /// # Errors
    /// One was given; it is named.
    pub fn refuse(&self, why: &str) -> Result<(), Failure> {
        let Self { data, target, task, group, ignore, test, test_split, test_groups, .. } = self;
        let Self { window, stride, train_stride, downsample, size, .. } = self;
        let given = [
            ("--data", data.is_some()),
            ("--target", target.is_some()),
            ("--task", task.is_some()),
            ("--group", group.is_some()),
            ("--ignore", !ignore.is_empty()),
            ("--test", test.is_some()),
            ("--test-split", test_split.is_some()),
            ("--test-groups", !test_groups.is_empty()),
            ("--window", window.is_some()),
            ("--stride", stride.is_some()),
            ("--train-stride", train_stride.is_some()),
            ("--downsample", downsample.is_some()),
            ("--size", size.is_some()),
        ];
        refuse_given(&given, why)
    }

    fn overrides(&self) -> DataOptions {
        DataOptions {
            path: PathBuf::new(),
            task: self.task,
            target: self.target.clone(),
            group: self.group.clone(),
            ignore: self.ignore.clone(),
            test: self.test.clone(),
            test_split: self.test_split,
            test_groups: self.test_groups.clone(),
            window: self.window,
            stride: self.stride,
            train_stride: self.train_stride,
            downsample: self.downsample,
            size: self.size,
            seed: 0,
        }
    }
}

/// Where data lie: as named, or else in the workspace.
pub(crate) fn locate(path: &Path) -> PathBuf {
    match path.to_str() {
        Some(text) if path.is_relative() && !path.exists() => in_workspace(text),
        _ => path.to_owned(),
    }
}

fn task(text: &str) -> Result<Task, String> {
    by_name(text, &Task::ALL, Task::name)
}
