//! Loads the four files of an MNIST-like dataset, and the names of its classes, from a folder.

mod write;

use crate::idx::{self, CLASSES, IdxError, PIXELS};
use dense_core::PixelTable;
use std::borrow::Cow;
use std::fs::{self, File};
use std::io::{self, BufReader, ErrorKind};
use std::path::{Path, PathBuf};
use std::{array, panic, thread};
use thiserror::Error;

/// The optional file of a dataset that names its classes.
pub const CLASSES_FILE: &str = "classes.txt";

/// Images and their labels, one label to an image, in the order of the files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Split {
    /// Each image, row after row of 28 greys from 0 to 255.
    pub images: Vec<[u8; PIXELS]>,
    /// The class of each image, from 0 to 9.
    pub labels: Vec<u8>,
}

impl Split {
    /// The number of samples.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there are no samples; a loaded split has at least one.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// Keeps the first `limit` samples, or all if there are no more than that.
    pub fn truncate(&mut self, limit: usize) {
        self.images.truncate(limit);
        self.labels.truncate(limit);
    }

    /// The same with pixels that have gone through `table`, as a network of that table sees them; no copy where they stay
    /// as they are.
    #[must_use]
    pub fn through(&self, table: &PixelTable) -> Cow<'_, Self> {
        let Some(table) = table.unless_identity() else { return Cow::Borrowed(self) };
        let mut images = self.images.clone();
        table.apply(images.as_flattened_mut());
        Cow::Owned(Self { images, labels: self.labels.clone() })
    }

    /// Keeps the first `count` samples, and returns the others.
    ///
    /// # Panics
    ///
    /// Where there are not as many.
    #[must_use]
    pub fn split_off(&mut self, count: usize) -> Self {
        Self { images: self.images.split_off(count), labels: self.labels.split_off(count) }
    }

    /// How many samples each class has.
    pub fn label_counts(&self) -> [usize; CLASSES] {
        let mut counts = [0; CLASSES];
        for &label in &self.labels {
            counts[usize::from(label)] += 1;
        }
        counts
    }

    fn load(folder: &Path, prefix: &str) -> Result<Self, DatasetError> {
        let images_path = locate(folder, prefix, "images", 3)?;
        let labels_path = locate(folder, prefix, "labels", 1)?;
        let labels = read(&labels_path, idx::read_labels)?;
        let images = read(&images_path, idx::read_images)?;
        if images.len() != labels.len() {
            return Err(DatasetError::Counts { images_path, images: images.len(), labels_path, labels: labels.len() });
        }
        Ok(Self { images, labels })
    }
}

/// A dataset of ten classes: one split to learn from, another to test with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dataset {
    /// The samples to learn from.
    pub train: Split,
    /// The samples to test with.
    pub test: Split,
    /// What each label stands for.
    pub class_names: [String; CLASSES],
}

impl Dataset {
    /// The same with [`Split::through`] for both splits.
    #[must_use]
    pub fn through(&self, table: &PixelTable) -> Cow<'_, Self> {
        let Some(table) = table.unless_identity() else { return Cow::Borrowed(self) };
        let [train, test] = [&self.train, &self.test].map(|split| split.through(table).into_owned());
        Cow::Owned(Self { train, test, class_names: self.class_names.clone() })
    }

    /// Loads the dataset in `folder`.
    ///
    /// The files are `train-images-idx3-ubyte`, `train-labels-idx1-ubyte`,
    /// `t10k-images-idx3-ubyte` and `t10k-labels-idx1-ubyte`. Each may also be written with a
    /// dot, as in `train-images.idx3-ubyte`, and may have `.gz` appended; of several, one
    /// without `.gz` is read, and of those the one without the dot. Either may be compressed
    /// by gzip, whatever its name.
    ///
    /// If there is a `classes.txt`, its ten lines are the names of the classes, else these are
    /// "0" to "9".
    ///
    /// # Errors
    ///
    /// A folder or file that is missing, unreadable or malformed, or images and labels that
    /// differ in number.
    pub fn load(folder: &Path) -> Result<Self, DatasetError> {
        let class_names = class_names(folder)?;
        let (train, test) = thread::scope(|scope| {
            let test = scope.spawn(|| Split::load(folder, "t10k"));
            let train = Split::load(folder, "train");
            let test = test.join().unwrap_or_else(|payload| panic::resume_unwind(payload));
            (train, test)
        });
        Ok(Self { train: train?, test: test?, class_names })
    }
}

/// Why a dataset could not be loaded.
#[derive(Debug, Error)]
pub enum DatasetError {
    /// The folder is missing, or is none.
    #[error("cannot open the dataset folder {}: {error}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// The folder lacks one of the four files.
    #[error("no file {} in {}", names.join(" or "), folder.display())]
    Missing {
        /// The folder.
        folder: PathBuf,
        /// The names looked for.
        names: [String; 4],
    },
    /// A file could not be read or is malformed.
    #[error("{}: {error}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        error: IdxError,
    },
    /// Two files that belong together differ in number.
    #[error(
        "{} has {images} images, but {} has {labels} labels",
        images_path.display(),
        labels_path.display()
    )]
    Counts {
        /// The file of images.
        images_path: PathBuf,
        /// Images in it.
        images: usize,
        /// The file of labels.
        labels_path: PathBuf,
        /// Labels in it.
        labels: usize,
    },
    /// The names of the classes could not be read or are malformed.
    #[error("{}: {fault}", path.display())]
    ClassNames {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        fault: String,
    },
}

/// The names that a file may have, the one that is read first.
fn file_names(prefix: &str, kind: &str, dimensions: u8) -> [String; 4] {
    let name = |mark, suffix| format!("{prefix}-{kind}{mark}idx{dimensions}-ubyte{suffix}");
    [name("-", ""), name(".", ""), name("-", ".gz"), name(".", ".gz")]
}

fn locate(folder: &Path, prefix: &str, kind: &str, dimensions: u8) -> Result<PathBuf, DatasetError> {
    let names = file_names(prefix, kind, dimensions);
    let mut paths = names.iter().map(|name| folder.join(name));
    match paths.find(|path| path.is_file()) {
        Some(path) => Ok(path),
        None => Err(DatasetError::Missing { folder: folder.to_owned(), names }),
    }
}

fn read<T>(path: &Path, read: fn(BufReader<File>) -> Result<Vec<T>, IdxError>) -> Result<Vec<T>, DatasetError> {
    File::open(path)
        .map_err(IdxError::Io)
        .and_then(|file| read(BufReader::with_capacity(64 * 1024, file)))
        .map_err(|error| DatasetError::File { path: path.to_owned(), error })
}

/// The names of the classes of the dataset in `folder`: the lines of its `classes.txt`, or else "0" to "9".
///
/// # Errors
///
/// A folder that is missing, a file that is unreadable or malformed.
pub fn class_names(folder: &Path) -> Result<[String; CLASSES], DatasetError> {
    fs::read_dir(folder).map_err(|error| DatasetError::Folder { path: folder.to_owned(), error })?;
    read_class_names(&folder.join(CLASSES_FILE))
}

fn read_class_names(path: &Path) -> Result<[String; CLASSES], DatasetError> {
    let names = match fs::read_to_string(path) {
        Ok(text) => parse_class_names(&text),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(array::from_fn(|class| class.to_string())),
        Err(error) => Err(format!("cannot read: {error}")),
    };
    names.map_err(|fault| DatasetError::ClassNames { path: path.to_owned(), fault })
}

fn parse_class_names(text: &str) -> Result<[String; CLASSES], String> {
    let names: Vec<String> = text.lines().map(|line| line.trim().to_owned()).collect();
    for (line, name) in (1..).zip(&names) {
        if name.is_empty() {
            return Err(format!("line {line} is empty, the name of a class wanted"));
        }
        if let Some(character) = name.chars().find(|&character| is_unprintable(character)) {
            let escaped = character.escape_unicode();
            return Err(format!("line {line} holds the control character {escaped}"));
        }
    }
    names.try_into().map_err(|names: Vec<String>| format!("{CLASSES} lines wanted, {} found", names.len()))
}

/// Whether a character moves the cursor or the direction of the text: names go to terminals
/// and into source code.
pub(crate) fn is_unprintable(character: char) -> bool {
    character.is_control() || matches!(character, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests;
