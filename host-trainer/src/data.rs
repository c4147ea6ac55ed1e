//! Data sets: samples in memory, whatever file they come from.

mod csv;
mod error;
pub mod idx;
mod images;
mod inputs;
mod isolated;
mod names;
mod npz;
mod options;
pub mod picture;
mod picture_folder;
mod pictures;
mod recordings;
mod split;
mod table;
mod tabular;
mod target_scaling;
mod targets;
mod windows;

use std::path::Path;

use formats::bounded::MAX_NUMBERS;
use formats::{DataOptions, Input, Output, Task};

use self::isolated::isolated;
use self::picture::Preparation;

pub use error::DataError;
pub use idx::{CLASSES_FILE, class_names, find_file, paths, to_files};
pub use images::Images;
pub use inputs::{Unlabelled, load_inputs};
pub use options::OPTIONS_FILE;
pub use pictures::{Bad, Pictures, load_pictures};
pub use recordings::{Recording, Recordings};
pub use split::TEST_SPLIT;
pub(crate) use split::rows_of_classes;
pub use target_scaling::TargetScaling;
pub use targets::MAX_CLASSES;
pub use training::{Inputs, Samples, Targets};

/// A data set: training set, test set, and the meaning of inputs and targets.
#[derive(Clone, Debug, PartialEq)]
pub struct Dataset {
    /// The last part of its path.
    pub name: String,
    /// The kind of the inputs: pixels or features.
    pub input: Input,
    /// The kind of the targets: classes, two classes, or values, with their names.
    pub output: Output,
    /// The training set.
    pub train: Samples,
    /// The test set.
    pub test: Samples,
}

impl Dataset {
    /// The kind of its targets.
    pub const fn task(&self) -> Task {
        self.output.task()
    }
}

/// A data set, and the names of its groups.
#[derive(Clone, Debug, PartialEq)]
pub struct Loaded {
    /// The data set.
    pub dataset: Dataset,
    /// The names of the groups that [`Samples::groups`] are indices into; empty where there are none.
    pub groups: Vec<String>,
    /// Whether all samples are for the test, those to train with among them.
    pub all_tested: bool,
}

/// Which samples are for the test where neither options nor the data say so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DefaultTest {
    /// A share of them, which is not trained with.
    Share,
    /// All of them, to test a model that was trained on others.
    All,
}

impl DefaultTest {
    /// Whether all samples are for the test, as these options choose none.
    const fn is_all(self, options: &DataOptions) -> bool {
        matches!(self, Self::All) && !options.chooses_test()
    }
}

impl Loaded {
    /// Bytes of the samples of the largest [`fold`](Self::fold), and of their orders while it is made and trained on.
    pub fn fold_bytes(&self) -> usize {
        let Dataset { train, test, .. } = &self.dataset;
        let mut samples = vec![train.len(); self.groups.len()];
        train.groups.iter().for_each(|&group| samples[group as usize] -= 1);
        test.groups.iter().for_each(|&group| samples[group as usize] += 1);
        let orders = size_of::<usize>() + size_of::<u32>();
        samples.into_iter().max().unwrap_or(0) * (train.bytes().div_ceil(train.len().max(1)) + orders)
    }

    /// The data set whose test samples are those of a group, an index into `groups`, and whose training samples are
    /// those of all others.
    pub fn fold(&self, group: usize) -> Dataset {
        let of = |samples: &Samples, inside: bool| {
            let groups = samples.groups.iter().enumerate();
            let rows: Vec<usize> =
                groups.filter(|(_, found)| (**found as usize == group) == inside).map(|(row, _)| row).collect();
            samples.select(&rows)
        };
        let Dataset { name, input, output, train, test } = &self.dataset;
        Dataset {
            name: name.clone(),
            input: input.clone(),
            output: output.clone(),
            train: of(train, false),
            test: of(test, true),
        }
    }
}

/// Loads a data set: a folder of IDX files, of pictures by class or with a `dataset.json`; or a `.csv`, `.csv.gz` or
/// `.npz` file.
///
/// # Errors
/// A file is missing, unreadable or malformed, or options contradict each other or the data.
pub fn load(options: &DataOptions) -> Result<Loaded, DataError> {
    load_by(options, DefaultTest::Share)
}

/// The same, where `default` says which samples are for the test, unless options, a `dataset.json` or the data do: IDX files,
/// folders `train` and `test`, and arrays `x_test` do.
///
/// # Errors
/// Those of [`load`].
pub fn load_by(options: &DataOptions, default: DefaultTest) -> Result<Loaded, DataError> {
    let (options, name) = prepare(options)?;
    let kind = kind(&options.path)?;
    options::refuse(&options, &kind)?;
    let path = options.path.clone();
    let loaded = match kind {
        Kind::Idx => isolated(&path, move || idx::load(&options, name)),
        Kind::Pictures => {
            let pictures = pictures::load(&options, &Preparation::default(), default, |_| ())?;
            pictures.refuse_bad()?;
            pictures.refuse_empty()?;
            let Pictures { dataset, all_tested, .. } = pictures;
            Ok(Loaded { dataset: Dataset { name, ..dataset }, groups: Vec::new(), all_tested })
        }
        Kind::Csv => isolated(&path, move || tabular::load(&options, name, default)),
        Kind::Npz => isolated(&path, move || npz::load(&options, name, default)),
    }?;
    check_predictions(&loaded.dataset)?;
    Ok(loaded)
}

/// Refuses a data set whose test would need too many predictions at a time.
fn check_predictions(dataset: &Dataset) -> Result<(), DataError> {
    let (samples, outputs) = (dataset.test.len(), dataset.output.width());
    if samples * outputs > MAX_NUMBERS {
        let fault = format!("{outputs} predictions for each of {samples} test samples, at most {MAX_NUMBERS} in all");
        return Err(DataError::Conflict(fault));
    }
    Ok(())
}

/// Loads rows that have groups, to leave out one group at a time: samples of all groups to train with, whose windows are at
/// the training stride, and to test with, whose windows are at the test stride. How [`load`] would choose test samples is
/// no matter.
///
/// # Errors
/// Those of [`load`], or there are no groups.
pub fn load_folds(options: &DataOptions) -> Result<Loaded, DataError> {
    let (options, name) = prepare(options)?;
    match kind(&options.path)? {
        Kind::Csv if options.group.is_some() => {
            let path = options.path.clone();
            isolated(&path, move || tabular::folds(&options, name))
        }
        _ => {
            Err(DataError::Conflict("--group COLUMN of a .csv file is needed to leave out one group at a time".into()))
        }
    }
}

/// Loads the recordings of a time series, with groups and classes.
///
/// # Errors
/// Those of [`load`], or it is none.
pub fn load_recordings(options: &DataOptions) -> Result<Recordings, DataError> {
    let (options, _) = prepare(options)?;
    match kind(&options.path)? {
        Kind::Csv if options.group.is_some() && options.window.is_some() => {
            let path = options.path.clone();
            isolated(&path, move || tabular::recordings(&options))
        }
        _ => Err(DataError::Conflict("a time series is needed: a .csv file with --window and --group COLUMN".into())),
    }
}

/// The options that a model was trained by, without those that mean nothing for the data at `path`, which may be of another
/// kind; as they are where that cannot be told.
pub(crate) fn applicable(options: DataOptions, path: &Path) -> DataOptions {
    let named = DataOptions { path: path.to_owned(), ..DataOptions::default() };
    match options::completed(&named).and_then(|completed| kind(&completed.path)) {
        Ok(kind) => options::only_applying(options, &kind),
        Err(_) => options,
    }
}

/// The format of a data set: IDX files, a folder of pictures, CSV or NPZ.
enum Kind {
    Idx,
    Pictures,
    Csv,
    Npz,
}

fn kind(path: &Path) -> Result<Kind, DataError> {
    let failed = |error| DataError::file(path, format!("cannot open: {error}"));
    if std::fs::metadata(path).map_err(failed)?.is_dir() {
        if find_file(path).is_some() {
            return Ok(Kind::Idx);
        }
        let sets = data_sets_in(path);
        if !sets.is_empty() {
            return Err(DataError::file(
                path,
                format!("holds data sets, and is none: --data {}", sets.join(" or --data ")),
            ));
        }
        let mut entries = std::fs::read_dir(path).map_err(failed)?;
        if entries.any(|entry| entry.is_ok_and(|entry| entry.path().is_dir())) {
            return Ok(Kind::Pictures);
        }
        let fault = "no data set in it: neither IDX files such as train-images-idx3-ubyte.gz, nor a folder of pictures for \
                     each class, nor dataset.json";
        return Err(DataError::file(path, fault));
    }
    let name = path.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
    let kinds = [(".csv", Kind::Csv), (".csv.gz", Kind::Csv), (".npz", Kind::Npz)];
    let kind = kinds.into_iter().find(|(end, _)| name.ends_with(end)).map(|(_, kind)| kind);
    kind.ok_or_else(|| DataError::file(path, "a folder, a .csv, .csv.gz or .npz file wanted"))
}

/// The folders in a folder that are data sets of IDX files or have a `dataset.json`.
fn data_sets_in(path: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(path) else { return Vec::new() };
    let folders = entries.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| path.is_dir());
    let sets = folders.filter(|path| find_file(path).is_some() || path.join(OPTIONS_FILE).is_file());
    let mut sets: Vec<String> = sets.map(|path| path.display().to_string()).collect();
    sets.sort();
    sets
}

/// The options, completed and checked, and the name of the data set.
fn prepare(options: &DataOptions) -> Result<(DataOptions, String), DataError> {
    let name = name_of(&options.path);
    names::check(&name).map_err(|fault| DataError::file(&options.path, fault))?;
    let options = options::completed(options)?;
    options::check(&options)?;
    Ok((options, name))
}

/// The last part of a path, whatever way leads to it.
pub(crate) fn name_of(path: &Path) -> String {
    let path = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests;
