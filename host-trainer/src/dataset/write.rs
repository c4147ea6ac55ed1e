//! Writes a dataset into a folder, for [`Dataset::load`] to read.

use std::io;
use std::path::{Path, PathBuf};

use super::{CLASSES_FILE, Dataset, Split, file_names};
use crate::files::{FileError, Outputs};
use crate::idx;

/// Images and labels of training and test, as their files are called.
const FILES: [(&str, &str, u8); 4] =
    [("train", "images", 3), ("train", "labels", 1), ("t10k", "images", 3), ("t10k", "labels", 1)];

impl Dataset {
    /// The paths that [`stage`](Self::stage) writes to: files with the names of Fashion-MNIST's, compressed by gzip, and
    /// `classes.txt`.
    #[must_use]
    pub fn paths(folder: &Path) -> [PathBuf; 5] {
        let [train_images, train_labels, test_images, test_labels] = FILES.map(|(prefix, kind, dimensions)| {
            let [_, _, compressed, _] = file_names(prefix, kind, dimensions);
            folder.join(compressed)
        });
        [train_images, train_labels, test_images, test_labels, folder.join(CLASSES_FILE)]
    }

    /// A file that a dataset in `folder` would be read from, if one is there.
    #[must_use]
    pub fn find_file(folder: &Path) -> Option<PathBuf> {
        let names = FILES.iter().flat_map(|&(prefix, kind, dimensions)| file_names(prefix, kind, dimensions));
        let mut paths = names.chain([CLASSES_FILE.to_owned()]).map(|name| folder.join(name));
        paths.find(|path| path.exists())
    }

    /// Stages all its files.
    ///
    /// # Errors
    ///
    /// A file cannot be written.
    pub fn stage(&self, folder: &Path, outputs: &mut Outputs) -> Result<(), FileError> {
        let [train_images, train_labels, test_images, test_labels, class_names] = Self::paths(folder);
        for (split, images_path, labels_path) in
            [(&self.train, train_images, train_labels), (&self.test, test_images, test_labels)]
        {
            let Split { images, labels } = split;
            stage(outputs, &images_path, idx::write_images(images))?;
            stage(outputs, &labels_path, idx::write_labels(labels))?;
        }
        outputs.stage(&class_names, (self.class_names.join("\n") + "\n").as_bytes())
    }
}

fn stage(outputs: &mut Outputs, path: &Path, bytes: io::Result<Vec<u8>>) -> Result<(), FileError> {
    let bytes = bytes.map_err(|error| FileError::Write { path: path.to_owned(), error })?;
    outputs.stage(path, &bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Dataset::find_file(folder.path()), None);
        let split = |samples: u8| Split {
            images: (0..samples).map(|sample| [sample; idx::PIXELS]).collect(),
            labels: (0..samples).map(|sample| sample % 10).collect(),
        };
        let class_names = std::array::from_fn(|class| format!("Class {class}"));
        let dataset = Dataset { train: split(200), test: split(30), class_names };
        let mut outputs = Outputs::new();
        dataset.stage(folder.path(), &mut outputs).unwrap();
        let written: Vec<_> = outputs.commit().unwrap().into_iter().map(|written| written.path).collect();
        assert_eq!(written, Dataset::paths(folder.path()));
        assert_eq!(Dataset::load(folder.path()).unwrap(), dataset);
        assert_eq!(Dataset::find_file(folder.path()), Some(written[0].clone()));
    }
}
