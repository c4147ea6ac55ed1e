//! Data sets of rows of numbers, each a sample or a moment of a time series.

use std::path::Path;

use formats::bounded::MAX_NUMBERS;
use formats::{Input, MAX_WIDTH, Output, Task, Window};

use super::split::{self, label};
use super::table::Table;
use super::targets::TargetKind;
use super::windows::{self, WindowStart};
use super::{DataError, Dataset, DefaultTest, Inputs, Loaded, Recording, Recordings, Samples, Targets, csv};
use formats::DataOptions;

/// Rows, and what they mean.
struct Rows {
    /// A sample for each row.
    samples: Samples,
    groups: Vec<String>,
    input: Input,
    output: Output,
}

/// Loads a `.csv` file.
pub(super) fn load(options: &DataOptions, name: String, default: DefaultTest) -> Result<Loaded, DataError> {
    let (table, kind) = read(options)?;
    let test = options.test.as_ref().map(|path| test_table(path, &table, options)).transpose()?;
    let mut all = rows(table, &kind, options)?;
    let path = &options.path;
    let all_tested = default.is_all(options);
    let (train, test) = match test {
        Some(table) => {
            let test_path = table.path.clone();
            let mut second = rows(table, &kind, options)?;
            second.use_groups_of(&mut all);
            (all.cut(path, options, Part::Train, |_| true)?, second.cut(&test_path, options, Part::Test, |_| true)?)
        }
        None if all_tested => {
            let train = all.cut(path, options, Part::Train, |_| true)?;
            (train, all.cut(path, options, Part::Test, |_| true)?)
        }
        None => {
            let for_test = split::test_rows(&all.samples, &all.groups, options)?;
            let train = all.cut(path, options, Part::Train, |row| !for_test[row])?;
            (train, all.cut(path, options, Part::Test, |row| for_test[row])?)
        }
    };
    let dataset = Dataset { name, input: all.input, output: all.output, train, test };
    Ok(Loaded { dataset, groups: all.groups, all_tested })
}

/// Loads a `.csv` file to leave out one group at a time.
pub(super) fn folds(options: &DataOptions, name: String) -> Result<Loaded, DataError> {
    let (table, kind) = read(options)?;
    let all = rows(table, &kind, options)?;
    let [train, test] = [Part::Train, Part::Test].map(|part| all.cut(&options.path, options, part, |_| true));
    let (train, test) = (train?, test?);
    let lacking = |samples: &Samples| (0..all.groups.len()).find(|group| !samples.groups.contains(&(*group as u32)));
    if let Some(group) = lacking(&test).or_else(|| lacking(&train)) {
        let fault = format!("the group `{}` has no run of rows as long as --window", all.groups[group]);
        return Err(DataError::file(&options.path, fault));
    }
    let dataset = Dataset { name, input: all.input, output: all.output, train, test };
    Ok(Loaded { dataset, groups: all.groups, all_tested: true })
}

/// Loads the recordings of a `.csv` file: runs of rows of one group and one class.
pub(super) fn recordings(options: &DataOptions) -> Result<Recordings, DataError> {
    let (table, kind) = read(options)?;
    let all = rows(table, &kind, options)?;
    let (Input::Features { window: Some(window), .. }, Inputs::Numbers { width, values }, Targets::Labels(labels)) =
        (all.input, &all.samples.inputs, &all.samples.targets)
    else {
        return Err(DataError::file(&options.path, "recordings need windows, and classes as targets".to_owned()));
    };
    let groups = &all.samples.groups;
    let runs = windows::runs(labels.len(), |row| Some((groups.get(row), labels[row])));
    let recordings = runs.into_iter().map(|run| Recording {
        group: groups.get(run.start).copied().unwrap_or_default(),
        label: labels[run.start],
        values: values[run.start * width..run.end * width].to_vec(),
    });
    Ok(Recordings { window, groups: all.groups, recordings: recordings.collect() })
}

/// The table of a file, and what its targets are.
fn read(options: &DataOptions) -> Result<(Table, TargetKind), DataError> {
    let table = csv::load(&options.path, options)?;
    check_constants(&table)?;
    let kind = TargetKind::of(&table.target, options.task)?;
    if options.window.is_some() && kind.task == Task::Regression {
        let column = &table.target.name;
        let fault = format!("--window is for classes, not for regression, the task of the column `{column}`");
        return Err(DataError::Conflict(fault));
    }
    Ok((table, kind))
}

#[derive(Clone, Copy, PartialEq)]
enum Part {
    Train,
    Test,
}

impl Rows {
    /// Gives groups of the same name the same index as in `other`, where new ones are appended.
    fn use_groups_of(&mut self, other: &mut Self) {
        let index = |name: &String| {
            let found = other.groups.iter().position(|group| group == name);
            found.unwrap_or_else(|| {
                other.groups.push(name.clone());
                other.groups.len() - 1
            }) as u32
        };
        let indices: Vec<u32> = self.groups.iter().map(index).collect();
        self.samples.groups.iter_mut().for_each(|group| *group = indices[*group as usize]);
    }

    /// The samples of a part, made of the rows that `included` says are its.
    fn cut(
        &self,
        path: &Path,
        options: &DataOptions,
        part: Part,
        included: impl Fn(usize) -> bool,
    ) -> Result<Samples, DataError> {
        let all = &self.samples;
        let Input::Features { window: Some(window), .. } = &self.input else {
            let mut rows: Vec<usize> = (0..all.len()).filter(|&row| included(row)).collect();
            if part == Part::Train {
                split::order(&mut rows, &all.groups, options.seed, |&row| row);
            }
            return Ok(all.select(&rows));
        };
        let stride = match part {
            Part::Train => options.train_stride.unwrap_or(window.stride),
            Part::Test => window.stride,
        };
        let key = |row: usize| included(row).then(|| (all.groups.get(row), label(all, row)));
        let mut places = windows::places(all.len(), key, window.length, stride);
        if places.is_empty() {
            let longest = windows::runs(all.len(), key).iter().map(ExactSizeIterator::len).max().unwrap_or(0);
            let fault = format!(
                "--window {}: the longest run of rows of one class and group{} has {longest}",
                window.length,
                if part == Part::Train { " to train with" } else { " to test with" },
            );
            return Err(DataError::file(path, fault));
        }
        if part == Part::Train {
            // Without groups, those first that are early in their run.
            split::order(&mut places, &all.groups, options.seed, |place| place.row);
            if all.groups.is_empty() {
                places.sort_by(|one, other| one.position.total_cmp(&other.position));
            }
        }
        if places.len().saturating_mul(window.features()) > MAX_NUMBERS {
            let (windows, features) = (places.len(), window.features());
            let fault = format!(
                "{windows} windows of {features} numbers, at most {MAX_NUMBERS} in all; raise --stride or --downsample"
            );
            return Err(DataError::file(path, fault));
        }
        Ok(self.windows(window, &places))
    }

    fn windows(&self, window: &Window, places: &[WindowStart]) -> Samples {
        let first: Vec<usize> = places.iter().map(|place| place.row).collect();
        let firsts = self.samples.select(&first);
        match &self.samples.inputs {
            Inputs::Numbers { values, .. } => {
                let values = windows::cut(values, window, places);
                Samples { inputs: Inputs::Numbers { width: window.features(), values }, ..firsts }
            }
            Inputs::Bytes { .. } => firsts,
        }
    }
}

/// The rows of a table, and what options make of them.
fn rows(table: Table, kind: &TargetKind, options: &DataOptions) -> Result<Rows, DataError> {
    let targets = kind.targets(&table.target)?;
    let (names, window) = match options.window {
        None => (table.features.clone(), None),
        Some(length) => {
            let window = Window {
                channels: table.features.clone(),
                length,
                stride: options.stride.unwrap_or(length),
                downsample: options.downsample.unwrap_or(1),
                group: options.group.clone(),
            };
            if window.features() > MAX_WIDTH {
                let fault = format!("--window {length}: {} numbers, at most {MAX_WIDTH}", window.features());
                return Err(DataError::Conflict(fault));
            }
            let row_names = |row| window.channels.iter().map(move |channel| format!("{channel}_{row}"));
            ((0..window.rows()).flat_map(row_names).collect(), Some(window))
        }
    };
    let (groups, cells) = table.groups.map_or_else(Default::default, |groups| (groups.distinct, groups.cells));
    Ok(Rows {
        samples: Samples {
            inputs: Inputs::Numbers { width: table.features.len(), values: table.values },
            targets,
            groups: cells,
        },
        groups,
        input: Input::Features { names, window, standardized: false },
        output: kind.output.clone(),
    })
}

/// The table of a second file, with the columns of the first.
fn test_table(path: &Path, train: &Table, options: &DataOptions) -> Result<Table, DataError> {
    let options = DataOptions { target: Some(train.target.name.clone()), ..options.clone() };
    let test = csv::load(path, &options)?;
    if let Some((wanted, found)) = train.features.iter().zip(&test.features).find(|(one, other)| one != other) {
        let fault = format!("the column `{found}` where {} has `{wanted}`", train.path.display());
        return Err(DataError::file(path, fault));
    }
    if train.features.len() != test.features.len() {
        let fault = format!(
            "{} columns of features, but {} has {}",
            test.features.len(),
            train.path.display(),
            train.features.len()
        );
        return Err(DataError::file(path, fault));
    }
    Ok(test)
}

/// Refuses a column that says nothing.
fn check_constants(table: &Table) -> Result<(), DataError> {
    for (column, name) in table.features.iter().enumerate() {
        let mut values = table.values.iter().skip(column).step_by(table.features.len());
        let first = values.next();
        if values.all(|value| Some(value) == first) {
            let value = first.copied().unwrap_or_default();
            let fault = format!("column `{name}`: all values are {value}; leave it out by --ignore {name}");
            return Err(DataError::file(&table.path, fault));
        }
    }
    Ok(())
}
