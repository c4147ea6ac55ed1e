//! Tables of numbers from CSV, for the examples: reading, shuffling, standardising.

use std::fmt;

use dense_core::Random;

/// A cell of a table that is no number.
#[derive(Debug, PartialEq)]
pub(crate) struct TableError {
    /// From 1.
    pub(crate) line: usize,
    /// From 1.
    pub(crate) column: usize,
    /// The text of the cell.
    pub(crate) found: String,
}

impl fmt::Display for TableError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { line, column, found } = self;
        write!(f, "line {line}, column {column}: found {found:?}, expected a number")
    }
}

impl std::error::Error for TableError {}

/// The rows below the heading, each of `COLUMNS` finite numbers.
///
/// # Errors
/// The first cell that is no finite number, or one too many.
pub(crate) fn read<const COLUMNS: usize>(text: &str) -> Result<Vec<[f32; COLUMNS]>, TableError> {
    let mut rows = Vec::new();
    for (line, text) in text.lines().enumerate().skip(1) {
        let mut cells = text.split(',');
        let mut row = [0.0; COLUMNS];
        let error = |column, found: &str| TableError { line: line + 1, column: column + 1, found: found.into() };
        for (column, value) in row.iter_mut().enumerate() {
            let cell = cells.next().unwrap_or("").trim();
            *value = cell.parse().ok().filter(|value: &f32| value.is_finite()).ok_or_else(|| error(column, cell))?;
        }
        if let Some(cell) = cells.next() {
            return Err(error(COLUMNS, cell));
        }
        rows.push(row);
    }
    Ok(rows)
}

/// The rows in another order, each split into the columns from `first` on and the column `target`.
pub(crate) fn shuffled<const COLUMNS: usize, const INPUTS: usize>(
    mut rows: Vec<[f32; COLUMNS]>,
    target: usize,
    first: usize,
) -> (Vec<[f32; INPUTS]>, Vec<f32>) {
    Random::new(1, Random::SHUFFLE).shuffle(&mut rows);
    rows.iter().map(|row| (std::array::from_fn(|input| row[first + input]), row[target])).unzip()
}

/// Shifts and scales each column to a mean of 0 and a standard deviation of 1, so that one learning rate fits all. Mean
/// and deviation are those of the training samples; the first `tested` samples are test samples.
pub(crate) fn standardize<const INPUTS: usize>(samples: &mut [[f32; INPUTS]], tested: usize) {
    for input in 0..INPUTS {
        let known = &samples[tested..];
        let count = known.len() as f32;
        let mean = known.iter().map(|sample| sample[input]).sum::<f32>() / count;
        let variance = known.iter().map(|sample| (sample[input] - mean).powi(2)).sum::<f32>() / count;
        let scale = if variance > 0.0 { 1.0 / variance.sqrt() } else { 1.0 };
        for sample in &mut *samples {
            sample[input] = (sample[input] - mean) * scale;
        }
    }
}
