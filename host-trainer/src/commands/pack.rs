//! `pack`: makes a data set, as `--data` reads it, of a folder of pictures for each class.

mod folder;
mod report;

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::{fs, io, panic, thread};

use clap::Args;
use indicatif::ProgressBar;

use self::folder::Sample;
use self::report::Report;
use crate::dataset::{Dataset, Split};
use crate::files::{Outputs, check_targets};
use crate::idx::CLASSES;
use crate::photo::{self, PhotoError, Preparation, Prepared};
use crate::run::{RunError, shown, tell_written};
use crate::terminal::bar::bar;
use crate::terminal::{Verbosity, print};

/// What a class is called that the network has an output for and the folder no pictures.
const UNUSED: &str = "(unused)";

/// Options of `pack`.
#[derive(Args, Debug)]
pub struct PackArgs {
    /// Folder that holds 2 to 10 folders, one for each class, with PNG or JPEG files or raw pixels; or the folders train
    /// and test that hold those
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,

    /// Folder to write the data set to [default: DIR-idx]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,

    /// Share of each class's pictures to test with [default: 0.1]
    #[arg(long, value_name = "X", allow_negative_numbers = true, value_parser = share)]
    pub test_share: Option<f64>,

    /// Seed of the choice of those pictures, and of the order of all
    #[arg(long, value_name = "N", default_value_t = 0, allow_negative_numbers = true)]
    pub seed: u64,

    /// Leave out files that are no pictures
    #[arg(long)]
    pub skip_bad: bool,

    /// How the pictures are prepared.
    #[command(flatten)]
    pub preparation: Preparation,
}

fn share(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(share) if (0.01..=0.9).contains(&share) => Ok(share),
        _ => Err("must be a number from 0.01 to 0.9".into()),
    }
}

/// Why pictures do not make a data set.
#[derive(Debug, thiserror::Error)]
pub enum PackError {
    /// A folder cannot be read.
    #[error("cannot read the folder {}: {error}", folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// There are too few classes to tell apart, or more than a network has outputs.
    #[error("{}: {found} folder{} in it, wanted 2 to {CLASSES}", folder.display(), if *found == 1 { " of a class" } else { "s of classes" })]
    Classes {
        /// The folder.
        folder: PathBuf,
        /// Folders in it.
        found: usize,
    },
    /// A folder's name is empty, not Unicode, or would move the cursor of a terminal.
    #[error("{}: not the name of a class: it has control characters, spaces around it, or is not UTF-8", .0.display())]
    ClassName(PathBuf),
    /// A folder of a class holds no files.
    #[error("{}: no pictures in it", .0.display())]
    Empty(PathBuf),
    /// A share for the test, where the test has its own folder.
    #[error("--test-share: the pictures to test with are those in {}", .0.join("test").display())]
    TestShare(PathBuf),
    /// A folder that belongs to neither split.
    #[error("{}: beside the folders train and test, no other can hold pictures", .0.display())]
    Beside(PathBuf),
    /// A class that cannot be learnt.
    #[error("{}: a class that is not in the folder train", .0.display())]
    OnlyInTest(PathBuf),
    /// There is nothing to test with.
    #[error("{}: no pictures for the test; some class must have two or more", .0.display())]
    NoTest(PathBuf),
    /// Files are no pictures; each has been named.
    #[error("{bad} of {files} files cannot be used, and nothing was written; leave them out with --skip-bad")]
    Bad {
        /// How many are no pictures.
        bad: usize,
        /// How many there are.
        files: usize,
    },
    /// All files of a class, or of the test, are no pictures.
    #[error("no picture is left of {0}")]
    NoneLeft(String),
    /// A data set is there already.
    #[error("{} is there already; remove the data set, or choose another folder with --out", .0.display())]
    Exists(PathBuf),
    /// The folder has no name to make another of.
    #[error("{}: name the folder for the data set with --out", .0.display())]
    Nameless(PathBuf),
}

/// Makes the data set.
///
/// # Errors
///
/// [`RunError`] where the folder is not as described, a file is no picture, or a file cannot be written. Nothing has
/// been written then; see [`Outputs`] for the exception.
pub fn pack(arguments: &PackArgs) -> Result<(), RunError> {
    let out = out(arguments)?;
    if let Some(path) = Dataset::find_file(&out) {
        return Err(PackError::Exists(path).into());
    }
    let contents = folder::scan(&arguments.folder, arguments.test_share, arguments.seed)?;
    check_targets(&Dataset::paths(&out).each_ref().map(PathBuf::as_path))?;
    let mut report = Report::default();
    let mut bad = 0;
    let progress = bar("prepare", contents.train.len() + contents.test.len());
    let [train, test] = [&contents.train, &contents.test].map(|samples| {
        let mut split = Split { images: Vec::new(), labels: Vec::new() };
        for ((path, label), prepared) in samples.iter().zip(prepare(samples, &arguments.preparation, &progress)) {
            match prepared {
                Ok(prepared) => {
                    report.add(&prepared);
                    split.images.push(prepared.image);
                    split.labels.push(*label);
                }
                Err(error) => {
                    bad += 1;
                    let what = if arguments.skip_bad { "left out" } else { "error" };
                    progress.suspend(|| eprintln!("{what}: {}: {error}", path.display()));
                }
            }
        }
        split
    });
    progress.finish_and_clear();
    if bad > 0 && !arguments.skip_bad {
        return Err(PackError::Bad { bad, files: contents.train.len() + contents.test.len() }.into());
    }
    let mut classes = contents.classes.iter().zip(train.label_counts());
    if let Some((class, _)) = classes.find(|(_, count)| *count == 0) {
        return Err(PackError::NoneLeft(format!("class {class} to learn from")).into());
    }
    if test.is_empty() {
        return Err(PackError::NoneLeft("the test".into()).into());
    }
    let used = contents.classes.len();
    let mut names = contents.classes.into_iter();
    let class_names = std::array::from_fn(|_| names.next().unwrap_or_else(|| UNUSED.into()));
    let dataset = Dataset { train, test, class_names };
    let mut outputs = Outputs::new();
    dataset.stage(&out, &mut outputs)?;
    let written = outputs.commit()?;
    print(&report.text(&dataset, used));
    tell_written(Verbosity::Lines, written);
    print(&format!("to train on it: host-trainer --data {}\n", shown(&out)));
    Ok(())
}

/// Where the data set goes.
fn out(arguments: &PackArgs) -> Result<PathBuf, PackError> {
    if let Some(out) = &arguments.out {
        return Ok(out.clone());
    }
    let folder = &arguments.folder;
    let folder_itself =
        fs::canonicalize(folder).map_err(|error| PackError::Folder { folder: folder.clone(), error })?;
    let name = folder_itself.file_name().ok_or_else(|| PackError::Nameless(folder.clone()))?;
    let mut name = name.to_owned();
    name.push("-idx");
    // Beside the folder as it was named, so that what is printed stays as short.
    let beside = folder.file_name().and(folder.parent());
    Ok(beside.map_or_else(|| folder_itself.with_file_name(&name), |parent| parent.join(&name)))
}

/// Prepares the pictures, on all processors.
fn prepare(samples: &[Sample], preparation: &Preparation, progress: &ProgressBar) -> Vec<Result<Prepared, PhotoError>> {
    let threads = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let prepare = |(path, _): &Sample| {
        let prepared = photo::read(path).and_then(|bytes| photo::prepare(&bytes, preparation));
        progress.inc(1);
        prepared
    };
    thread::scope(|scope| {
        let parts = samples.chunks(samples.len().div_ceil(threads).max(1));
        let parts: Vec<_> =
            parts.map(|part| scope.spawn(move || part.iter().map(prepare).collect::<Vec<_>>())).collect();
        let results =
            parts.into_iter().flat_map(|part| part.join().unwrap_or_else(|payload| panic::resume_unwind(payload)));
        results.collect()
    })
}
