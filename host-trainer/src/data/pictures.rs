//! A data set of the pictures in a folder for each class.

use std::convert::Infallible;
use std::path::PathBuf;

use formats::DataOptions;

use super::images::{Images, classes, pixels, samples};
use super::picture::{self, DEFAULT_SIZE, PictureError, Preparation, Prepared, Step};
use super::picture_folder::{Picture, scan};
use super::{DataError, Dataset, DefaultTest};
use crate::parallel::{self, all_threads};

/// A file that is no picture.
#[derive(Debug)]
pub struct Bad {
    /// The file.
    pub path: PathBuf,
    /// The fault.
    pub error: PictureError,
}

/// A data set of pictures, and how they became images.
#[derive(Debug)]
pub struct Pictures {
    /// The data set; without the bad files.
    pub dataset: Dataset,
    /// Whether all of them are for the test, those to train with among them.
    pub all_tested: bool,
    /// The steps that each picture took to become an image, those to train with first.
    pub steps: Vec<Vec<Step>>,
    /// Files that are no pictures.
    pub bad: Vec<Bad>,
}

/// Loads the pictures in `train/CLASS` and `test/CLASS` where both are there, or else in `CLASS`, of which a share is for
/// the test, the same of every class. Names that begin with a dot are passed over. `progress` is called after each file,
/// with the number of all files.
///
/// # Errors
/// The folder is not as described, or no picture is left of a class or for the test. Files that are no pictures are no
/// error here.
pub fn load_pictures(
    options: &DataOptions,
    preparation: &Preparation,
    progress: impl Fn(usize) + Sync,
) -> Result<Pictures, DataError> {
    load(options, preparation, DefaultTest::Share, progress)
}

/// The same, where `default` says which are for the test unless there are folders `train` and `test`.
pub(super) fn load(
    options: &DataOptions,
    preparation: &Preparation,
    default: DefaultTest,
    progress: impl Fn(usize) + Sync,
) -> Result<Pictures, DataError> {
    let (options, name) = super::prepare(options)?;
    let folder = &options.path;
    let size = options.size.unwrap_or(DEFAULT_SIZE);
    let contents = scan(folder, options.test_split, default, options.seed)?;
    let files = contents.train.len() + contents.test.len();
    let (mut steps, mut bad) = (Vec::new(), Vec::new());
    let all_tested = contents.all_tested;
    let [train, mut test] = [contents.train, contents.test].map(|pictures| {
        let mut images = Images { height: size[0], width: size[1], values: Vec::new() };
        let mut labels = Vec::new();
        let results = prepare(&pictures, preparation, size, &|| progress(files));
        for ((path, label), result) in pictures.into_iter().zip(results) {
            match result {
                Ok(picture) => {
                    images.values.extend_from_slice(&picture.image);
                    labels.push(label);
                    steps.push(picture.steps);
                }
                Err(error) => bad.push(Bad { path, error }),
            }
        }
        samples(images, labels)
    });
    if all_tested {
        test = train.clone();
    }
    let dataset =
        Dataset { name, input: pixels(size), output: classes(folder, contents.classes, options.task)?, train, test };
    Ok(Pictures { dataset, all_tested, steps, bad })
}

impl Pictures {
    /// Refuses bad files.
    ///
    /// # Errors
    /// There are some; the first is named.
    pub fn refuse_bad(&self) -> Result<(), DataError> {
        match &self.bad[..] {
            [] => Ok(()),
            [Bad { path, error }, others @ ..] => {
                let more = match others.len() {
                    0 => String::new(),
                    more => format!("; and {more} more files are no pictures"),
                };
                Err(DataError::file(path, format!("{error}{more}; `pack --skip-bad` makes a data set without them")))
            }
        }
    }

    /// Refuses a data set of which nothing is left to train or to test with.
    ///
    /// # Errors
    /// A class has no picture to train with, or there are none for the test.
    pub fn refuse_empty(&self) -> Result<(), DataError> {
        let names = self.dataset.output.names();
        let counts = self.dataset.train.label_counts(names.len());
        let none = |of: String| Err(DataError::Conflict(format!("no picture is left of {of}")));
        match counts.iter().position(|&count| count == 0) {
            Some(class) => none(format!("class {} to learn from", names[class])),
            None if self.dataset.test.is_empty() => none("the test".into()),
            None => Ok(()),
        }
    }
}

/// Prepares the pictures, on all processors.
fn prepare(
    pictures: &[Picture],
    preparation: &Preparation,
    size: [usize; 2],
    progress: &(impl Fn() + Sync),
) -> Vec<Result<Prepared, PictureError>> {
    let Ok(prepared) = parallel::map(pictures.len(), all_threads(), &|| false, |index, _| {
        let (path, _) = &pictures[index];
        let prepared = picture::read(path).and_then(|bytes| picture::prepare(&bytes, preparation, size));
        progress();
        Ok::<_, Infallible>(Some(prepared))
    });
    prepared.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests;
