//! Rows of numbers with a target each, as a file has them.

use std::collections::HashMap;
use std::path::PathBuf;

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
    pub(super) target: Texts,
    /// The group of each row, where a column says it.
    pub(super) groups: Option<Texts>,
}

impl Table {
    pub(super) fn rows(&self) -> usize {
        self.target.cells.len()
    }
}

/// A column of texts, each distinct one stored once.
#[derive(Debug, Default)]
pub(super) struct Texts {
    /// The name of the column.
    pub(super) name: String,
    /// The distinct texts, in the order of their first row.
    pub(super) distinct: Vec<String>,
    /// The line of the file where each first stood.
    pub(super) lines: Vec<u64>,
    /// For each row, the index of its text.
    pub(super) cells: Vec<u32>,
    index: HashMap<String, u32>,
}

impl Texts {
    pub(super) fn new(name: &str) -> Self {
        Self { name: name.into(), ..Self::default() }
    }

    /// Appends a cell.
    pub(super) fn push(&mut self, text: &str, line: u64) {
        let cell = match self.index.get(text) {
            Some(&cell) => cell,
            None => {
                let cell = self.distinct.len() as u32;
                self.index.insert(text.into(), cell);
                self.distinct.push(text.into());
                self.lines.push(line);
                cell
            }
        };
        self.cells.push(cell);
    }
}
