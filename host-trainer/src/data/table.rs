//! Rows of numbers with a target each, as a file has them.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::DataError;

/// The rows of a file.
#[derive(Debug)]
pub(super) struct Table {
    /// The file.
    pub(super) path: PathBuf,
    /// The names of the columns of numbers.
    pub(super) features: Vec<String>,
    /// `[rows][features]`.
    pub(super) values: Vec<f32>,
    /// The target of each row.
    pub(super) target: TextColumn,
    /// The group of each row, where a column says it.
    pub(super) groups: Option<TextColumn>,
    /// The line of the file where each row begins.
    pub(super) lines: Vec<u64>,
}

/// A column of texts, each distinct one stored once.
#[derive(Debug)]
pub(super) struct TextColumn {
    /// The file.
    path: PathBuf,
    /// The unit of the places: a `line` of the file, or a `sample`.
    unit: &'static str,
    /// The name of the column.
    pub(super) name: String,
    /// The distinct texts, in the order of their first row.
    pub(super) distinct: Vec<String>,
    /// Where each first stood.
    places: Vec<u64>,
    /// For each row, the index of its text.
    pub(super) cells: Vec<u32>,
    index: HashMap<String, u32>,
}

impl TextColumn {
    pub(super) fn new(path: &Path, unit: &'static str, name: &str) -> Self {
        Self {
            path: path.into(),
            unit,
            name: name.into(),
            distinct: Vec::new(),
            places: Vec::new(),
            cells: Vec::new(),
            index: HashMap::new(),
        }
    }

    /// The error for a faulty distinct text, with the place where it first stood.
    pub(super) fn cell_fault(&self, distinct: usize, fault: String) -> DataError {
        let place = self.place(distinct);
        DataError::Cell { path: self.path.clone(), place, column: self.name.clone(), fault }
    }

    /// The error for a faulty column, with its name.
    pub(super) fn fault(&self, fault: &str) -> DataError {
        DataError::file(&self.path, format!("column `{}`: {fault}", self.name))
    }

    /// Where a distinct text first stood.
    pub(super) fn place(&self, distinct: usize) -> String {
        format!("{} {}", self.unit, self.places[distinct])
    }

    /// Appends a cell.
    pub(super) fn push(&mut self, text: &str, place: u64) {
        let cell = match self.index.get(text) {
            Some(&cell) => cell,
            None => {
                let cell = self.distinct.len() as u32;
                self.index.insert(text.into(), cell);
                self.distinct.push(text.into());
                self.places.push(place);
                cell
            }
        };
        self.cells.push(cell);
    }
}
