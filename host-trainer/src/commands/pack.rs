//! The command `pack`: makes a folder of IDX files, as `--data` reads it, of a folder of pictures for each class.

use std::fs;
use std::path::PathBuf;

use clap::Args;
use formats::{DataOptions, Task};

use super::ending::Ending;
use super::shared::{shown, tell_written};
use crate::data::picture::{Preparation, Step};
use crate::data::{Bad, DataError, Pictures, load_pictures, paths, to_files};
use crate::events::Event;
use crate::failure::Failure;
use crate::options::size;
use crate::outputs::Outputs;
use crate::program::quoted;
use crate::terminal::bar::bar;
use crate::terminal::summary::thousands;
use crate::terminal::{Verbosity, complain, wrap};

pub(crate) const EXAMPLES: &str = "\
Examples:
  host-trainer pack photos
      Make photos-idx of photos/CLASS/*.png and *.jpg, a tenth of each class to test with
  host-trainer pack photos --size 32x32 --skip-bad --out photos-32
      Larger images, without the files that are no pictures";

/// Options of `pack`.
#[derive(Args, Debug)]
pub struct PackArgs {
    /// Folder that holds 2 to 256 folders, one for each class, with PNG or JPEG files or raw pixels; or the folders train
    /// and test that hold those
    #[arg(value_name = "DIR")]
    folder: PathBuf,

    /// Folder to write the data set to [default: DIR-idx]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,

    /// Replace files in it that this program has not written
    #[arg(long)]
    force: bool,

    /// Height and width of the images [default: 28x28]
    #[arg(long, value_name = "HxW", value_parser = size)]
    size: Option<[usize; 2]>,

    /// Share of each class's pictures to test with [default: 0.1]
    #[arg(long, value_name = "X", allow_negative_numbers = true, value_parser = share)]
    test_split: Option<f64>,

    /// Seed of the choice of those pictures, and of the order of all
    #[arg(long, value_name = "N", default_value_t = 0, allow_negative_numbers = true)]
    seed: u64,

    /// Leave out files that are no pictures
    #[arg(long)]
    skip_bad: bool,

    /// Print events for other programs to read: a JSON object on each line, and nothing else
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    preparation: Preparation,
}

fn share(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(share) if (0.01..=0.9).contains(&share) => Ok(share),
        _ => Err("must be a number from 0.01 to 0.9".into()),
    }
}

/// Makes the data set.
///
/// # Errors
/// The folder is not as described, a file is no picture, or a file cannot be written. Nothing has been written then; see
/// [`Outputs`] for the exception.
pub(crate) fn pack(arguments: &PackArgs) -> Result<(), Failure> {
    let out = out(arguments)?;
    let mut outputs = Outputs::new(arguments.force);
    outputs.check(&paths(&out).each_ref().map(PathBuf::as_path), &[])?;
    let options = DataOptions {
        path: arguments.folder.clone(),
        // Two classes are packed as any other number of them.
        task: Some(Task::Multiclass),
        test_split: arguments.test_split,
        size: arguments.size,
        seed: arguments.seed,
        ..DataOptions::default()
    };
    let progress = bar("prepare", 0);
    let pictures = load_pictures(&options, &arguments.preparation, |files| {
        progress.set_length(files as u64);
        progress.inc(1);
    });
    progress.finish_and_clear();
    let pictures = pictures?;
    for Bad { path, error } in &pictures.bad {
        let what = if arguments.skip_bad { "left out" } else { "error" };
        complain(&format!("{what}: {}: {error}", path.display()));
    }
    let (bad, files) = (pictures.bad.len(), pictures.bad.len() + pictures.steps.len());
    if bad > 0 && !arguments.skip_bad {
        let fault =
            format!("{bad} of {files} files cannot be used, and nothing was written; leave them out with --skip-bad");
        return Err(Failure::new(fault));
    }
    pictures.refuse_empty()?;
    let files = to_files(&out, &pictures.dataset).map_err(|error| Failure::about(out.display(), error))?;
    for (path, bytes) in &files {
        outputs.stage(path, bytes)?;
    }
    let written = outputs.commit()?;
    let verbosity = Verbosity::new(2, arguments.json);
    verbosity.text(|| wrap(&summary(&pictures), 2));
    let names = pictures.dataset.output.names();
    let [train_samples, test_samples] =
        [&pictures.dataset.train, &pictures.dataset.test].map(|samples| samples.label_counts(names.len()));
    let (packed, left_out) = (pictures.steps.len(), pictures.bad.len());
    verbosity.event(&Event::Packed { pictures: packed, left_out, names, train_samples, test_samples });
    tell_written(verbosity, written);
    let next = Some(format!("train --data {}", quoted(&shown(&out))));
    Ending { next, ..Ending::default() }.tell(verbosity);
    Ok(())
}

/// Where the data set goes.
fn out(arguments: &PackArgs) -> Result<PathBuf, Failure> {
    if let Some(out) = &arguments.out {
        return Ok(out.clone());
    }
    let folder = &arguments.folder;
    let failed = |fault: String| DataError::File { path: folder.clone(), fault };
    let folder_itself = fs::canonicalize(folder).map_err(|error| failed(format!("cannot open: {error}")))?;
    let name = folder_itself.file_name().ok_or_else(|| failed("name the folder for the data set with --out".into()))?;
    let mut name = name.to_owned();
    name.push("-idx");
    // Beside the folder as it was named, so that what is printed stays as short.
    let beside = folder.file_name().and(folder.parent());
    Ok(beside.map_or_else(|| folder_itself.with_file_name(&name), |parent| parent.join(&name)))
}

/// The table of the classes, and how many pictures each step was taken with.
fn summary(Pictures { dataset, steps, .. }: &Pictures) -> String {
    let names = dataset.output.names();
    let width = names.iter().map(|name| name.chars().count()).max().unwrap_or(0).max("class".len());
    let mut text = format!("label  {:<width$}  training  test\n", "class");
    let [train, test] = [&dataset.train, &dataset.test].map(|samples| samples.label_counts(names.len()));
    for (label, ((name, train), test)) in names.iter().zip(train).zip(test).enumerate() {
        text += &format!("{label:>5}  {name:<width$}  {:>8}  {:>4}\n", thousands(train), thousands(test));
    }
    text += &format!("{} pictures", thousands(steps.len()));
    let untouched = steps.iter().filter(|steps| steps.is_empty()).count();
    let mut counts = vec![("taken as they are", untouched)];
    for name in steps.iter().flatten().map(|step: &Step| step.name()) {
        match counts.iter_mut().find(|(other, _)| *other == name) {
            Some((_, count)) => *count += 1,
            None => counts.push((name, 1)),
        }
    }
    for (name, count) in counts.iter().filter(|(_, count)| *count > 0) {
        text += &format!(", {} {name}", thousands(*count));
    }
    text + "\n"
}
