//! A folder with the four files of an MNIST-like data set, and the names of its classes.

mod file;

pub use file::{read_images, read_labels};

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::{panic, thread};

use formats::bounded::{self, MAX_ROWS, MAX_TEST_IMAGES, MAX_TEXT, MAX_TRAIN_IMAGES};
use formats::{DataOptions, Input, PixelInput};

use super::images::{Images, classes, pixels, samples};
use super::{DataError, Dataset, Inputs, Loaded, MAX_CLASSES, Samples, Targets, names};

/// The optional file that names the classes, one in a line.
pub const CLASSES_FILE: &str = "classes.txt";

/// Images and labels of training and test, as their files are called.
const FILES: [(&str, &str, u8); 4] =
    [("train", "images", 3), ("train", "labels", 1), ("t10k", "images", 3), ("t10k", "labels", 1)];

/// Loads the data set in a folder.
///
/// The files are `train-images-idx3-ubyte`, `train-labels-idx1-ubyte`, `t10k-images-idx3-ubyte` and
/// `t10k-labels-idx1-ubyte`. Each may also be written with a dot, as in `train-images.idx3-ubyte`, and may have `.gz`
/// appended; of several, one without `.gz` is read, and of those the one without the dot. Either may be compressed by
/// gzip, whatever its name.
///
/// If there is a `classes.txt`, its lines are the names of the classes, else these are "0", "1" and so on up to the
/// largest label of a training sample.
pub(super) fn load(options: &DataOptions, name: String) -> Result<Loaded, DataError> {
    let folder = &options.path;
    let (train, test) = thread::scope(|scope| {
        let test = scope.spawn(|| load_part(folder, "t10k", MAX_TEST_IMAGES));
        let train = load_part(folder, "train", MAX_TRAIN_IMAGES);
        (train, test.join().unwrap_or_else(|payload| panic::resume_unwind(payload)))
    });
    let ((train_images, train_labels), (test_images, test_labels)) = (train?, test?);
    let names = match class_names(folder)? {
        Some(names) => names,
        None => (0..=train_labels.iter().copied().max().unwrap_or(0)).map(|label| label.to_string()).collect(),
    };
    for (labels, prefix) in [(&train_labels, "train"), (&test_labels, "t10k")] {
        if let Some(index) = labels.iter().position(|&label| usize::from(label) >= names.len()) {
            let fault = format!("label {} found at sample {index}, 0 to {} wanted", labels[index], names.len() - 1);
            return Err(DataError::file(&locate(folder, prefix, "labels", 1)?, fault));
        }
    }
    let size = [train_images.height, train_images.width];
    if [test_images.height, test_images.width] != size {
        let fault = format!(
            "images of {} x {} pixels, those to train with have {} x {}",
            test_images.height, test_images.width, size[0], size[1]
        );
        return Err(DataError::file(&locate(folder, "t10k", "images", 3)?, fault));
    }
    let dataset = Dataset {
        name,
        input: pixels(size),
        output: classes(folder, names, options.task)?,
        train: samples(train_images, train_labels),
        test: samples(test_images, test_labels),
    };
    Ok(Loaded { dataset, groups: Vec::new(), all_tested: false })
}

fn load_part(folder: &Path, prefix: &str, limit: u64) -> Result<(Images, Vec<u8>), DataError> {
    let images_path = locate(folder, prefix, "images", 3)?;
    let labels_path = locate(folder, prefix, "labels", 1)?;
    let labels = read(&labels_path, MAX_ROWS as u64, |source| file::read_labels(source, MAX_ROWS as u64))?;
    let images = read(&images_path, limit, |source| file::read_images(source, limit))?;
    if images.len() != labels.len() {
        let fault = format!("has {} images, but {} has {} labels", images.len(), labels_path.display(), labels.len());
        return Err(DataError::Conflict(format!("{} {fault}", images_path.display())));
    }
    Ok((images, labels))
}

fn read<T>(path: &Path, limit: u64, read: impl Fn(Box<dyn io::Read>) -> Result<T, String>) -> Result<T, DataError> {
    // The header, of 16 bytes at most, is no image.
    let source = bounded::unpacked(path, limit + 16);
    let source = source.map_err(|error| DataError::file(path, format!("cannot read: {error}")))?;
    read(source).map_err(|fault| DataError::file(path, fault))
}

/// The names that a file may have, the one that is read first.
fn file_names(prefix: &str, kind: &str, dimensions: u8) -> [String; 4] {
    let name = |mark, suffix| format!("{prefix}-{kind}{mark}idx{dimensions}-ubyte{suffix}");
    [name("-", ""), name(".", ""), name("-", ".gz"), name(".", ".gz")]
}

fn locate(folder: &Path, prefix: &str, kind: &str, dimensions: u8) -> Result<PathBuf, DataError> {
    let names = file_names(prefix, kind, dimensions);
    let mut paths = names.iter().map(|name| folder.join(name));
    paths
        .find(|path| path.exists())
        .ok_or_else(|| DataError::Conflict(format!("no file {} in {}", names.join(" or "), folder.display())))
}

/// A file that a data set in `folder` would be read from, if one is there.
pub fn find_file(folder: &Path) -> Option<PathBuf> {
    let names = FILES.iter().flat_map(|&(prefix, kind, dimensions)| file_names(prefix, kind, dimensions));
    names.map(|name| folder.join(name)).find(|path| path.exists())
}

/// The names of the classes of the data set in a folder, if its `classes.txt` is there.
///
/// # Errors
/// The file is unreadable or malformed.
pub fn class_names(folder: &Path) -> Result<Option<Vec<String>>, DataError> {
    let path = folder.join(CLASSES_FILE);
    let names = match bounded::read(&path, MAX_TEXT) {
        Ok(bytes) => String::from_utf8(bytes).map_err(|_| "not UTF-8".into()).and_then(|text| parse_class_names(&text)),
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => Err(format!("cannot read: {error}")),
    };
    names.map(Some).map_err(|fault| DataError::file(&path, fault))
}

fn parse_class_names(text: &str) -> Result<Vec<String>, String> {
    let names: Vec<String> = text.lines().map(|line| line.trim().to_owned()).collect();
    for (line, name) in (1..).zip(&names) {
        if name.is_empty() {
            return Err(format!("line {line} is empty, the name of a class wanted"));
        }
        names::check(name).map_err(|fault| format!("line {line}: {fault}"))?;
        if names[..line - 1].contains(name) {
            return Err(format!("line {line}: `{name}` is there already"));
        }
    }
    match names.len() {
        2..=MAX_CLASSES => Ok(names),
        found => Err(format!("2 to {MAX_CLASSES} lines wanted, {found} found")),
    }
}

/// The paths of the files of a data set in a folder, as [`to_files`] names them: those of Fashion-MNIST, and
/// `classes.txt`.
pub fn paths(folder: &Path) -> [PathBuf; 5] {
    let [train_images, train_labels, test_images, test_labels] = FILES.map(|(prefix, kind, dimensions)| {
        let [_, _, compressed, _] = file_names(prefix, kind, dimensions);
        folder.join(compressed)
    });
    [train_images, train_labels, test_images, test_labels, folder.join(CLASSES_FILE)]
}

/// The files of a data set of images of several classes: paths and contents.
///
/// # Errors
/// The samples are not of that kind, or more than the format can count.
pub fn to_files(folder: &Path, dataset: &Dataset) -> io::Result<[(PathBuf, Vec<u8>); 5]> {
    let other = || io::Error::other("not images of several classes");
    let Input::Pixels(PixelInput { height, width, .. }) = dataset.input else { return Err(other()) };
    let encode = |samples: &Samples| match (&samples.inputs, &samples.targets) {
        (Inputs::Bytes { values, .. }, Targets::Labels(labels)) => {
            let images = Images { height, width, values: values.clone() };
            Ok((file::write_images(&images)?, file::write_labels(labels)?))
        }
        _ => Err(other()),
    };
    let ((train_images, train_labels), (test_images, test_labels)) = (encode(&dataset.train)?, encode(&dataset.test)?);
    let names = (dataset.output.names().join("\n") + "\n").into_bytes();
    let mut contents = [train_images, train_labels, test_images, test_labels, names].into_iter();
    Ok(paths(folder).map(|path| (path, contents.next().unwrap_or_default())))
}

#[cfg(test)]
mod tests;
