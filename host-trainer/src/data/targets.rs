//! Inference of the task from the target column, and the encoding of targets.

use formats::{Output, Task};

use super::table::TextColumn;
use super::{DataError, Targets};

/// The most classes: a label is a byte.
pub const MAX_CLASSES: usize = 256;
/// Of whole numbers, so many different ones at most are taken for classes.
const MAX_NUMBERED_CLASSES: usize = 20;

/// The kind of a target column: its task, and the names of classes or outputs.
pub(super) struct TargetKind {
    pub(super) output: Output,
    pub(super) task: Task,
}

impl TargetKind {
    /// Decides what the targets of training samples mean, unless `task` says it: two different ones are two classes;
    /// texts are classes; whole numbers from 0 to 255 are classes if they are 20 at most and half as many as rows at most;
    /// other numbers are numbers.
    pub(super) fn of(target: &TextColumn, task: Option<Task>) -> Result<Self, DataError> {
        let numbers: Option<Vec<f64>> = target.distinct.iter().map(|text| finite(text)).collect();
        let classes = classes(target, numbers.as_deref());
        let whole = |number: &f64| (0.0..256.0).contains(number) && number.fract() == 0.0;
        let few = classes.len() <= MAX_NUMBERED_CLASSES.min(target.cells.len() / 2);
        let task = task.unwrap_or(match &numbers {
            _ if classes.len() <= 2 => Task::Binary,
            None => Task::Multiclass,
            Some(numbers) if few && numbers.iter().all(whole) => Task::Multiclass,
            Some(_) => Task::Regression,
        });
        if let [only] = &classes[..] {
            return Err(target.fault(&format!("all rows have the same target, `{only}`")));
        }
        let output = match task {
            Task::Regression => {
                target_numbers(target)?;
                Output::Values { names: vec![target.name.clone()] }
            }
            Task::Binary => match <[String; 2]>::try_from(classes) {
                Ok(names) => Output::Binary { names },
                Err(classes) => {
                    return Err(target.fault(&format!("{} classes; a binary task has two", classes.len())));
                }
            },
            Task::Multiclass if classes.len() > MAX_CLASSES => {
                let text = target.distinct.iter().position(|text| finite(text).is_none());
                let example = text.map_or(String::new(), |index| {
                    format!("; `{}` in {} is not a number", target.distinct[index], target.place(index))
                });
                let fault = format!("{} classes, at most {MAX_CLASSES} wanted{example}", classes.len());
                return Err(target.fault(&fault));
            }
            Task::Multiclass => Output::Classes { names: classes },
        };
        Ok(Self { output, task })
    }

    /// The targets of a column, that of the training samples or another.
    pub(super) fn targets(&self, target: &TextColumn) -> Result<Targets, DataError> {
        if self.task == Task::Regression {
            return Ok(Targets::Numbers { width: 1, values: target_numbers(target)? });
        }
        let names = self.output.names();
        let label = |(index, text): (usize, &String)| {
            let name = class_name(text);
            let label = names.iter().position(|other| *other == name);
            label.map(|label| label as u8).ok_or_else(|| {
                let known = names.join(", ");
                target.cell_fault(index, format!("`{text}` is no class of the training samples; they have {known}"))
            })
        };
        let labels: Vec<u8> = target.distinct.iter().enumerate().map(label).collect::<Result<_, _>>()?;
        Ok(Targets::Labels(target.cells.iter().map(|&cell| labels[cell as usize]).collect()))
    }
}

/// The names of the classes: numbers by size, texts by their code points.
fn classes(target: &TextColumn, numbers: Option<&[f64]>) -> Vec<String> {
    let mut order: Vec<usize> = (0..target.distinct.len()).collect();
    if let Some(numbers) = numbers {
        order.sort_by(|&one, &other| numbers[one].total_cmp(&numbers[other]));
    }
    let mut names: Vec<String> = order.into_iter().map(|index| class_name(&target.distinct[index])).collect();
    if numbers.is_none() {
        names.sort();
    }
    names.dedup();
    names
}

/// The name of a class: of a number its shortest digits, so that `1.0` is `1`, and `0.50` is `0.5`.
fn class_name(text: &str) -> String {
    match finite(text) {
        Some(number) if number.fract() == 0.0 && number.abs() < 1e15 => format!("{}", number as i64),
        Some(number) => number.to_string(),
        None => text.into(),
    }
}

fn target_numbers(target: &TextColumn) -> Result<Vec<f32>, DataError> {
    let number = |(index, text): (usize, &String)| {
        let number = finite(text).map(|number| number as f32).filter(|number| number.is_finite());
        number.ok_or_else(|| {
            target.cell_fault(index, format!("`{text}` is not a finite number of 32 bits, which a regression needs"))
        })
    };
    let numbers: Vec<f32> = target.distinct.iter().enumerate().map(number).collect::<Result<_, _>>()?;
    Ok(target.cells.iter().map(|&cell| numbers[cell as usize]).collect())
}

fn finite(text: &str) -> Option<f64> {
    text.parse().ok().filter(|number: &f64| number.is_finite())
}
