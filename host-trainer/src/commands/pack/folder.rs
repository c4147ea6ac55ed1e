//! Which pictures there are, of which classes, and in which split they belong.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use dense_core::Random;

use super::PackError;
use crate::dataset::is_unprintable;
use crate::idx::CLASSES;

/// The share of pictures to test with, unless told otherwise.
pub(super) const TEST_SHARE: f64 = 0.1;
/// The stream that says which pictures are for the test, and orders them all.
const STREAM: u64 = 3;

/// A picture and the number of its class.
pub(super) type Sample = (PathBuf, u8);

/// What a folder holds.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Contents {
    /// The names of the classes, in their order: 2 to 10.
    pub(super) classes: Vec<String>,
    /// Pictures to learn from, in random order.
    pub(super) train: Vec<Sample>,
    /// Pictures to test with, in random order.
    pub(super) test: Vec<Sample>,
}

/// Looks for pictures: in `train/CLASS` and `test/CLASS` where both are there, or else in `CLASS`, of which a share is
/// for the test, the same of every class. Names that begin with a dot are passed over.
pub(super) fn scan(folder: &Path, test_share: Option<f64>, seed: u64) -> Result<Contents, PackError> {
    let mut random = Random::new(seed, STREAM);
    let parts = ["train", "test"].map(|part| folder.join(part));
    let mut contents = if parts.iter().all(|part| part.is_dir()) {
        if test_share.is_some() {
            return Err(PackError::TestShare(folder.to_owned()));
        }
        if let Some(other) = entries(folder)?.into_iter().find(|entry| entry.is_dir() && !parts.contains(entry)) {
            return Err(PackError::Beside(other));
        }
        scan_parts(&parts)?
    } else {
        scan_classes(folder, test_share.unwrap_or(TEST_SHARE), &mut random)?
    };
    random.shuffle(&mut contents.train);
    random.shuffle(&mut contents.test);
    if contents.test.is_empty() {
        return Err(PackError::NoTest(folder.to_owned()));
    }
    Ok(contents)
}

fn scan_parts([train, test]: &[PathBuf; 2]) -> Result<Contents, PackError> {
    let classes = classes(train)?;
    let mut contents = Contents { train: Vec::new(), test: Vec::new(), classes };
    for (label, class) in (0..).zip(&contents.classes) {
        contents.train.extend(pictures(&train.join(class))?.into_iter().map(|path| (path, label)));
    }
    for path in entries(test)?.into_iter().filter(|path| path.is_dir()) {
        let name = class_name(&path)?;
        let label = contents.classes.iter().position(|class| *class == name);
        let label = label.ok_or_else(|| PackError::OnlyInTest(path.clone()))? as u8;
        contents.test.extend(pictures(&path)?.into_iter().map(|path| (path, label)));
    }
    Ok(contents)
}

fn scan_classes(folder: &Path, test_share: f64, random: &mut Random) -> Result<Contents, PackError> {
    let classes = classes(folder)?;
    let mut contents = Contents { train: Vec::new(), test: Vec::new(), classes };
    for (label, class) in (0..).zip(&contents.classes) {
        let mut pictures = pictures(&folder.join(class))?;
        random.shuffle(&mut pictures);
        let for_test = (pictures.len() as f64 * test_share).round() as usize;
        let for_test = for_test.max(1).min(pictures.len() - 1);
        let mut pictures = pictures.into_iter().map(|path| (path, label));
        contents.test.extend(pictures.by_ref().take(for_test));
        contents.train.extend(pictures);
    }
    Ok(contents)
}

/// The names of the folders in a folder, sorted.
fn classes(folder: &Path) -> Result<Vec<String>, PackError> {
    let folders = entries(folder)?.into_iter().filter(|path| path.is_dir());
    let classes = folders.map(|path| class_name(&path)).collect::<Result<Vec<String>, _>>()?;
    match classes.len() {
        2..=CLASSES => Ok(classes),
        found => Err(PackError::Classes { folder: folder.to_owned(), found }),
    }
}

/// The name of a folder, if it can be the name of a class in `classes.txt`.
fn class_name(path: &Path) -> Result<String, PackError> {
    let name = path.file_name().and_then(OsStr::to_str);
    let fits = |name: &&str| name.trim() == *name && !name.contains(is_unprintable);
    name.filter(fits).map(String::from).ok_or_else(|| PackError::ClassName(path.to_owned()))
}

/// The pictures of a class, one at least, sorted. Whatever else is there will turn out to be no picture.
fn pictures(folder: &Path) -> Result<Vec<PathBuf>, PackError> {
    let pictures = entries(folder)?;
    if pictures.is_empty() { Err(PackError::Empty(folder.to_owned())) } else { Ok(pictures) }
}

/// What is in a folder, sorted by name.
fn entries(folder: &Path) -> Result<Vec<PathBuf>, PackError> {
    let failed = |error| PackError::Folder { folder: folder.to_owned(), error };
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        if !entry.file_name().as_encoded_bytes().starts_with(b".") {
            paths.push(entry.path());
        }
    }
    paths.sort();
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder with empty files of these names.
    fn folder(files: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for file in files {
            let path = folder.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        folder
    }

    fn labels(samples: &[Sample], classes: usize) -> Vec<usize> {
        (0..classes).map(|class| samples.iter().filter(|sample| usize::from(sample.1) == class).count()).collect()
    }

    #[test]
    fn a_share_of_every_class_is_for_the_test() {
        let files: Vec<String> = [("a", 20), ("b", 5), ("c", 1)]
            .iter()
            .flat_map(|(class, count)| (0..*count).map(move |picture| format!("{class}/{picture}.png")))
            .collect();
        let files: Vec<&str> = files.iter().map(String::as_str).chain([".git/x", "a/.DS_Store", "notes"]).collect();
        let folder = folder(&files);
        for (share, train, test) in [
            (None, [18, 4, 1], [2, 1, 0]),
            (Some(0.5), [10, 2, 1], [10, 3, 0]),
            (Some(0.9), [2, 1, 1], [18, 4, 0]),
            (Some(0.01), [19, 4, 1], [1, 1, 0]),
        ] {
            let contents = scan(folder.path(), share, 0).unwrap();
            assert_eq!(contents.classes, ["a", "b", "c"]);
            assert_eq!(
                (labels(&contents.train, 3), labels(&contents.test, 3)),
                (train.into(), test.into()),
                "{share:?}"
            );
            assert_eq!(contents, scan(folder.path(), share, 0).unwrap(), "the same again");
            assert_ne!(contents, scan(folder.path(), share, 1).unwrap(), "another seed");
            let mut all: Vec<_> = contents.train.into_iter().chain(contents.test).collect();
            all.sort();
            all.dedup();
            assert_eq!(all.len(), 26, "each picture once");
        }
    }

    #[test]
    fn folders_for_training_and_test_are_taken_as_they_are() {
        let folder = folder(&["train/b/1", "train/a/1", "train/a/2", "test/b/1", "test/b/2"]);
        let contents = scan(folder.path(), None, 0).unwrap();
        assert_eq!(contents.classes, ["a", "b"]);
        assert_eq!((labels(&contents.train, 2), labels(&contents.test, 2)), (vec![2, 1], vec![0, 2]));
    }

    #[test]
    fn other_folders_are_refused_with_what_is_wrong() {
        let eleven: Vec<String> = (10..21).map(|class| format!("{class}/1")).collect();
        let eleven: Vec<&str> = eleven.iter().map(String::as_str).collect();
        for (files, share, wanted) in [
            (&[][..], None, "0 folders"),
            (&["a/1", "train/1"], None, "the test"),
            (&["a/1", "b"], None, "1 folder of a class in it, wanted 2 to 10"),
            (&eleven, None, "11 folders of classes in it, wanted 2 to 10"),
            (&["train/a/1", "train/b/1", "test/a/1"], Some(0.1), "--test-share"),
            (&["train/a/1", "train/b/1", "test/a/1", "c/1"], None, "c: beside the folders train and test"),
            (&["train/a/1", "train/b/1", "test/c/1"], None, "c: a class that is not in"),
            (&["a/1", "b\u{7}/1"], None, "not the name of a class"),
            (&["a/1", "b/.hidden"], None, "b: no pictures in it"),
        ] {
            let folder = folder(files);
            let message = scan(folder.path(), share, 0).unwrap_err().to_string();
            assert!(message.contains(wanted), "{files:?}: {message}");
        }
        assert!(scan(Path::new("no such folder"), None, 0).unwrap_err().to_string().contains("no such folder"));
    }
}
