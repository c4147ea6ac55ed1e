//! Which pictures a folder holds, of which classes, and in which split they belong.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use dense_core::Random;

use super::split::{STREAM, held_back};
use super::{DataError, DefaultTest, MAX_CLASSES, names};

/// The share of pictures to test with, unless told otherwise.
const TEST_SPLIT: f64 = 0.1;

/// A picture and the number of its class.
pub(super) type Picture = (PathBuf, u8);

/// The contents of a data set's folder: class names, and pictures with the numbers of their classes.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Contents {
    /// The names of the classes, in their order.
    pub(super) classes: Vec<String>,
    /// Pictures to learn from, in random order.
    pub(super) train: Vec<Picture>,
    /// Pictures to test with, in random order; none where all are tested.
    pub(super) test: Vec<Picture>,
    /// Whether all pictures are for the test, those to learn from among them.
    pub(super) all_tested: bool,
}

/// Looks for pictures: in `train/CLASS` and `test/CLASS` where both are there, or else in `CLASS`, of which a share is
/// for the test, the same of every class, unless `default` says that all are. Names that begin with a dot are passed over.
pub(super) fn scan(
    folder: &Path,
    test_split: Option<f64>,
    default: DefaultTest,
    seed: u64,
) -> Result<Contents, DataError> {
    let mut random = Random::new(seed, STREAM);
    let parts = ["train", "test"].map(|part| folder.join(part));
    let mut contents = if parts.iter().all(|part| part.is_dir()) {
        if test_split.is_some() {
            let fault = format!("--test-split: the pictures to test with are those in {}", parts[1].display());
            return Err(DataError::Conflict(fault));
        }
        if let Some(other) = entries(folder)?.into_iter().find(|entry| entry.is_dir() && !parts.contains(entry)) {
            return Err(DataError::file(&other, "beside the folders train and test, no other can hold pictures"));
        }
        scan_parts(&parts)?
    } else {
        let share = test_split.or((default == DefaultTest::Share).then_some(TEST_SPLIT));
        scan_classes(folder, share, &mut random)?
    };
    random.shuffle(&mut contents.train);
    random.shuffle(&mut contents.test);
    if contents.test.is_empty() && !contents.all_tested {
        return Err(DataError::file(folder, "no pictures for the test; some class must have two or more"));
    }
    Ok(contents)
}

fn scan_parts([train, test]: &[PathBuf; 2]) -> Result<Contents, DataError> {
    let classes = classes(train)?;
    let mut contents = Contents { train: Vec::new(), test: Vec::new(), all_tested: false, classes };
    for (label, class) in (0..).zip(&contents.classes) {
        contents.train.extend(pictures(&train.join(class))?.into_iter().map(|path| (path, label)));
    }
    for path in entries(test)?.into_iter().filter(|path| path.is_dir()) {
        let name = class_name(&path)?;
        let label = contents.classes.iter().position(|class| *class == name);
        let label = label.ok_or_else(|| DataError::file(&path, "a class that is not in the folder train"))? as u8;
        contents.test.extend(pictures(&path)?.into_iter().map(|path| (path, label)));
    }
    Ok(contents)
}

/// Without a share, all are for the test.
fn scan_classes(folder: &Path, share: Option<f64>, random: &mut Random) -> Result<Contents, DataError> {
    let classes = classes(folder)?;
    let mut contents = Contents { train: Vec::new(), test: Vec::new(), all_tested: share.is_none(), classes };
    for (label, class) in (0..).zip(&contents.classes) {
        let mut pictures = pictures(&folder.join(class))?;
        random.shuffle(&mut pictures);
        let for_test = share.map_or(0, |share| held_back(pictures.len(), share));
        let mut pictures = pictures.into_iter().map(|path| (path, label));
        contents.test.extend(pictures.by_ref().take(for_test));
        contents.train.extend(pictures);
    }
    Ok(contents)
}

/// The names of the folders in a folder, sorted.
fn classes(folder: &Path) -> Result<Vec<String>, DataError> {
    let folders = entries(folder)?.into_iter().filter(|path| path.is_dir());
    let classes = folders.map(|path| class_name(&path)).collect::<Result<Vec<String>, _>>()?;
    match classes.len() {
        2..=MAX_CLASSES => Ok(classes),
        found => {
            let fault = format!("{found} folders of classes in it, 2 to {MAX_CLASSES} wanted");
            Err(DataError::file(folder, fault))
        }
    }
}

/// The name of a folder, if it can be the name of a class in `classes.txt`.
fn class_name(path: &Path) -> Result<String, DataError> {
    let name = path.file_name().and_then(OsStr::to_str);
    let fault = "not the name of a class: it has control characters, spaces around it, or is not UTF-8";
    name.filter(|name| name.trim() == *name && names::check(name).is_ok())
        .map(String::from)
        .ok_or_else(|| DataError::file(path, fault))
}

/// The pictures of a class, one at least, sorted. Whatever else is there will turn out to be no picture.
fn pictures(folder: &Path) -> Result<Vec<PathBuf>, DataError> {
    let pictures = entries(folder)?;
    if pictures.is_empty() { Err(DataError::file(folder, "no pictures in it")) } else { Ok(pictures) }
}

/// The paths of a folder's entries, sorted by name, without those whose names begin with a dot.
fn entries(folder: &Path) -> Result<Vec<PathBuf>, DataError> {
    let failed = |error| DataError::file(folder, format!("cannot read the folder: {error}"));
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

    fn labels(samples: &[Picture], classes: usize) -> Vec<usize> {
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
            let contents = scan(folder.path(), share, DefaultTest::Share, 0).unwrap();
            assert_eq!(contents.classes, ["a", "b", "c"]);
            assert_eq!(
                (labels(&contents.train, 3), labels(&contents.test, 3)),
                (train.into(), test.into()),
                "{share:?}"
            );
            assert_eq!(contents, scan(folder.path(), share, DefaultTest::Share, 0).unwrap(), "the same again");
            assert_ne!(contents, scan(folder.path(), share, DefaultTest::Share, 1).unwrap(), "another seed");
            let mut all: Vec<_> = contents.train.into_iter().chain(contents.test).collect();
            all.sort();
            all.dedup();
            assert_eq!(all.len(), 26, "each picture once");
        }
    }

    #[test]
    fn all_are_for_the_test_where_nothing_else_says() {
        let of_classes = folder(&["a/1", "a/2", "b/1"]);
        let of_parts = folder(&["train/a/1", "train/b/1", "test/a/2"]);
        for (folder, share, train, test, all_tested) in [
            (&of_classes, None, [2, 1], [0, 0], true),
            (&of_classes, Some(0.5), [1, 1], [1, 0], false),
            (&of_parts, None, [1, 1], [1, 0], false),
        ] {
            let contents = scan(folder.path(), share, DefaultTest::All, 0).unwrap();
            let found = (labels(&contents.train, 2), labels(&contents.test, 2), contents.all_tested);
            assert_eq!(found, (train.into(), test.into(), all_tested), "{share:?}");
        }
    }

    #[test]
    fn folders_for_training_and_test_are_taken_as_they_are() {
        let folder = folder(&["train/b/1", "train/a/1", "train/a/2", "test/b/1", "test/b/2"]);
        let contents = scan(folder.path(), None, DefaultTest::Share, 0).unwrap();
        assert_eq!(contents.classes, ["a", "b"]);
        assert_eq!((labels(&contents.train, 2), labels(&contents.test, 2)), (vec![2, 1], vec![0, 2]));
    }

    #[test]
    fn other_folders_are_refused_with_what_is_wrong() {
        let many: Vec<String> = (0..257).map(|class| format!("{class}/1")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        for (files, share, wanted) in [
            (&[][..], None, "0 folders"),
            (&["a/1", "train/1"], None, "the test"),
            (&["a/1", "b"], None, "1 folders of classes in it, 2 to 256 wanted"),
            (&many, None, "257 folders of classes in it, 2 to 256 wanted"),
            (&["train/a/1", "train/b/1", "test/a/1"], Some(0.1), "--test-split"),
            (&["train/a/1", "train/b/1", "test/a/1", "c/1"], None, "c: beside the folders train and test"),
            (&["train/a/1", "train/b/1", "test/c/1"], None, "c: a class that is not in"),
            (&["a/1", "b\u{7}/1"], None, "not the name of a class"),
            (&["a/1", "b/.hidden"], None, "b: no pictures in it"),
        ] {
            let folder = folder(files);
            let message = scan(folder.path(), share, DefaultTest::Share, 0).unwrap_err().to_string();
            assert!(message.contains(wanted), "{files:?}: {message}");
        }
        assert!(
            scan(Path::new("no such folder"), None, DefaultTest::Share, 0)
                .unwrap_err()
                .to_string()
                .contains("no such folder")
        );
    }
}
