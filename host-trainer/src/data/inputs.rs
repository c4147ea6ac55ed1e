//! Inputs without targets, for a model to predict from.

use std::path::Path;

use formats::Window;
use formats::bounded::MAX_NUMBERS;

use super::isolated::isolated;
use super::{DataError, Inputs, csv, windows};

/// Inputs of a file, and where they come from.
#[derive(Clone, Debug, PartialEq)]
pub struct Unlabelled {
    /// The inputs.
    pub inputs: Inputs,
    /// The line of the file where each begins.
    pub lines: Vec<u64>,
}

/// Loads the features of these names from a `.csv` or `.csv.gz` file, whatever other columns it has; of a time series
/// its windows, none of which crosses from one group to another where the file has the window's column of groups.
///
/// # Errors
/// The file is unreadable or malformed, lacks a column, or has no run of rows that is as long as a window.
pub fn load_inputs(path: &Path, names: &[String], window: Option<&Window>) -> Result<Unlabelled, DataError> {
    let columns = window.map_or_else(|| names.to_vec(), |window| window.channels.clone());
    let group = window.and_then(|window| window.group.clone());
    let (file, wanted) = (path.to_owned(), columns.clone());
    let table = isolated(path, move || csv::load_features(&file, &wanted, group.as_deref()))?;
    let width = columns.len();
    // In the order of the model, which need not be that of the file.
    let places: Vec<usize> =
        columns.iter().filter_map(|name| table.features.iter().position(|feature| feature == name)).collect();
    let values: Vec<f32> =
        table.values.chunks_exact(width).flat_map(|row| places.iter().map(|&place| row[place])).collect();
    let Some(window) = window else {
        return Ok(Unlabelled { inputs: Inputs::Numbers { width, values }, lines: table.lines });
    };
    let group = |row: usize| table.groups.as_ref().map(|groups| groups.cells[row]);
    let places = windows::places(table.lines.len(), |row| Some(group(row)), window.length, window.stride);
    if places.is_empty() {
        let fault = format!("no run of {} rows, as long as a window of the model", window.length);
        return Err(DataError::file(path, fault));
    }
    if places.len().saturating_mul(window.features()) > MAX_NUMBERS {
        let (windows, features) = (places.len(), window.features());
        let fault = format!("{windows} windows of {features} numbers, at most {MAX_NUMBERS} in all");
        return Err(DataError::file(path, fault));
    }
    let inputs = Inputs::Numbers { width: window.features(), values: windows::cut(&values, window, &places) };
    Ok(Unlabelled { inputs, lines: places.iter().map(|place| table.lines[place.row]).collect() })
}
