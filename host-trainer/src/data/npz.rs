//! Arrays of NumPy in an `.npz`: `x_train`, `y_train`, `x_test` and `y_test`, as Keras's `mnist.npz` has them, or `x` and
//! `y`, or `data` and `target`. Without `x_test` and `y_test`, a share of the samples or a second file is to test with.
//!
//! An x of `uint8` and shape `[n, height, width]` or `[n, height, width, 1]` is images; any other is numbers, whose
//! dimensions after the first are flattened. A y of shape `[n]` or `[n, 1]` is what a column of a `.csv` would be; one of
//! shape `[n, k]` is k numbers, for a regression.

mod array;

use std::fs::File;
use std::path::Path;

use formats::bounded::zip::Zip;
use formats::bounded::{MAX_ARRAYS, MAX_NUMBERS, MAX_ROWS, open};
use formats::{DataOptions, Input, Output, Task};

use self::array::Array;
use super::images::pixels;
use super::split::{order, test_rows};
use super::table::TextColumn;
use super::targets::TargetKind;
use super::{DataError, Dataset, DefaultTest, Inputs, Loaded, Samples, Targets};

/// Names of arrays: inputs and targets to train with, and those to test with where they are separate.
const NAMES: [([&str; 2], Option<[&str; 2]>); 3] =
    [(["x_train", "y_train"], Some(["x_test", "y_test"])), (["x", "y"], None), (["data", "target"], None)];

/// Names of arrays in a second file, of samples to test with.
const TEST_NAMES: [[&str; 2]; 3] = [["x_test", "y_test"], ["x", "y"], ["data", "target"]];

/// Loads the samples of a file.
pub(super) fn load(options: &DataOptions, name: String, default: DefaultTest) -> Result<Loaded, DataError> {
    let path = &options.path;
    let mut arrays = Arrays::open(path).map_err(|fault| DataError::file(path, fault))?;
    let Some((train, test)) = NAMES.into_iter().find(|(train, _)| arrays.has(train[0])) else {
        return Err(DataError::file(path, "neither an array x_train nor x nor data in it"));
    };
    let mut all_tested = default.is_all(options);
    let mut test = match test {
        Some(names) if names.iter().any(|name| arrays.has(name)) => {
            let given = [("--test", options.test.is_some()), ("--test-split", options.test_split.is_some())];
            if let Some((option, _)) = given.iter().find(|(_, given)| *given) {
                let found: Vec<&str> = names.into_iter().filter(|name| arrays.has(name)).collect();
                return Err(DataError::Conflict(format!(
                    "{option}: the file has {} to test with",
                    found.join(" and ")
                )));
            }
            Some((path, None, names))
        }
        Some([x, y]) if !options.chooses_test() && !all_tested => {
            let fault =
                format!("arrays {x} and {y}: not in the archive; --test FILE or --test-split says what to test with");
            return Err(DataError::file(path, fault));
        }
        _ => None,
    };
    if let Some(path) = &options.test {
        let second = Arrays::open(path).map_err(|fault| DataError::file(path, fault))?;
        let Some(names) = TEST_NAMES.into_iter().find(|names| second.has(names[0])) else {
            return Err(DataError::file(path, "neither an array x_test nor x nor data in it"));
        };
        test = Some((path, Some(second), names));
    }
    let (input, inputs, target) = arrays.samples(path, train, options.task)?;
    let kind = match &target {
        Target::Column(texts) => Some(TargetKind::of(texts, options.task)?),
        Target::Numbers { .. } => None,
    };
    let output = match (&kind, &target) {
        (None, Target::Numbers { width, .. }) => {
            Output::Values { names: (0..*width).map(|place| format!("{}_{place}", train[1])).collect() }
        }
        (None, Target::Column(texts)) => Output::Values { names: vec![texts.name.clone()] },
        (Some(kind), _) => kind.output.clone(),
    };
    let all = Samples { inputs, targets: target.targets(kind.as_ref())?, groups: Vec::new() };
    let (train, test) = match test {
        Some((path, mut second, names)) => {
            all_tested = false;
            let (test_input, inputs, target) =
                second.as_mut().unwrap_or(&mut arrays).samples(path, names, options.task)?;
            let samples = Samples { inputs, targets: target.targets(kind.as_ref())?, groups: Vec::new() };
            let same_outputs = match (&samples.targets, &all.targets) {
                (Targets::Numbers { width, .. }, Targets::Numbers { width: wanted, .. }) => width == wanted,
                _ => true,
            };
            if test_input != input || !same_outputs {
                let fault =
                    format!("{} and {} have another shape or type than those to train with", names[0], names[1]);
                return Err(DataError::file(path, fault));
            }
            (all, samples)
        }
        None if all_tested => (all.clone(), all),
        None => {
            let for_test = test_rows(&all, &[], options)?;
            let (test, mut train): (Vec<usize>, Vec<usize>) = (0..all.len()).partition(|&row| for_test[row]);
            order(&mut train, &[], options.seed, |&row| row);
            (all.select(&train), all.select(&test))
        }
    };
    Ok(Loaded { dataset: Dataset { name, input, output, train, test }, groups: Vec::new(), all_tested })
}

/// The targets of a file.
enum Target {
    /// One number each.
    Column(TextColumn),
    /// Several numbers each, `[samples][width]`.
    Numbers { width: usize, values: Vec<f32> },
}

impl Target {
    fn targets(self, kind: Option<&TargetKind>) -> Result<Targets, DataError> {
        match (self, kind) {
            (Self::Column(texts), Some(kind)) => kind.targets(&texts),
            (Self::Column(texts), None) => Err(texts.fault("of one number each, unlike those to train with")),
            (Self::Numbers { width, values }, _) => Ok(Targets::Numbers { width, values }),
        }
    }
}

/// A file of arrays.
struct Arrays {
    files: Zip<File>,
}

impl Arrays {
    fn open(path: &Path) -> Result<Self, String> {
        let file = open(path, MAX_ARRAYS).map_err(|error| format!("cannot read: {error}"))?;
        let files = Zip::open(file, MAX_ARRAYS).map_err(|error| format!("not a readable zip file: {error}"))?;
        Ok(Self { files })
    }

    fn has(&self, name: &str) -> bool {
        self.files.find(&format!("{name}.npy")).is_some()
    }

    fn read(&mut self, path: &Path, name: &str) -> Result<Array, DataError> {
        let fault = |fault: String| DataError::file(path, format!("array {name}: {fault}"));
        let index = self.files.find(&format!("{name}.npy")).ok_or_else(|| fault("not in the archive".into()))?;
        let (_, bytes) = self.files.read(index).map_err(|error| fault(format!("cannot read: {error}")))?;
        Array::parse(bytes).map_err(fault)
    }

    /// Inputs and as many targets.
    fn samples(
        &mut self,
        path: &Path,
        [x, y]: [&str; 2],
        task: Option<Task>,
    ) -> Result<(Input, Inputs, Target), DataError> {
        let (input, inputs) =
            inputs(self.read(path, x)?).map_err(|fault| DataError::file(path, format!("array {x}: {fault}")))?;
        let target = self.read(path, y)?;
        let fault = |fault: String| Err(DataError::file(path, format!("array {y}: {fault}")));
        if target.shape.first() != Some(&inputs.len()) {
            return fault(format!("shape {:?}, but {x} has {} samples", target.shape, inputs.len()));
        }
        let target = match target.shape[1..] {
            [] | [1] => {
                if target.len() > MAX_ROWS {
                    return fault(format!("{} samples, at most {MAX_ROWS}", target.len()));
                }
                let mut texts = TextColumn::new(path, "sample", y);
                for (sample, number) in target.numbers().enumerate() {
                    if !number.is_finite() {
                        return fault(format!("sample {sample} is {number}"));
                    }
                    texts.push(&number.to_string(), sample as u64);
                }
                Target::Column(texts)
            }
            [width] if width > 0 && task == Some(Task::Regression) => match floats(&target) {
                Ok(values) => Target::Numbers { width, values },
                Err(error) => return fault(error),
            },
            _ => {
                return fault(format!(
                    "shape {:?}; one number for each sample wanted, or --task regression",
                    target.shape
                ));
            }
        };
        Ok((input, inputs, target))
    }
}

/// Images of bytes, or numbers.
fn inputs(array: Array) -> Result<(Input, Inputs), String> {
    let width = array.shape.get(1..).map_or(0, |shape| shape.iter().copied().fold(1, usize::saturating_mul));
    if width == 0 || array.shape[0] == 0 {
        return Err(format!("shape {:?}; samples of at least one number wanted", array.shape));
    }
    match array.shape[1..] {
        [height, columns] | [height, columns, 1] if array.is_bytes() => {
            Ok((pixels([height, columns]), Inputs::Bytes { width, values: array.into_bytes() }))
        }
        _ => {
            let names = (0..width).map(|place| format!("x_{place}")).collect();
            let input = Input::Features { names, window: None, standardized: false };
            Ok((input, Inputs::Numbers { width, values: floats(&array)? }))
        }
    }
}

fn floats(array: &Array) -> Result<Vec<f32>, String> {
    if array.len() > MAX_NUMBERS {
        return Err(format!("{} numbers, at most {MAX_NUMBERS}", array.len()));
    }
    let mut values = Vec::with_capacity(array.len());
    for (place, number) in array.numbers().enumerate() {
        let value = number as f32;
        if !value.is_finite() {
            let sample = place / (array.len() / array.shape[0]);
            return Err(format!("sample {sample}: {number} is not a finite number of 32 bits"));
        }
        values.push(value);
    }
    Ok(values)
}

#[cfg(test)]
mod tests;
