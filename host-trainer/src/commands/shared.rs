//! Functions of several commands: reading a model, the data that it is for, and saying what was written.

use std::env;
use std::fmt::Display;
use std::path::Path;

use formats::bounded::{self, MAX_MODEL};
use formats::isolation::{TIME_LIMIT, isolated};
use formats::{DataOptions, Input, Model, Output, Provenance, safetensors};
use training::Network;

use crate::data::{self, Dataset, DefaultTest, Loaded, Samples};
use crate::events::Event;
use crate::failure::Failure;
use crate::options::{DataArgs, locate};
use crate::outputs::Written;
pub use crate::parallel::all_threads;
use crate::program::program;
use crate::terminal::summary::thousands;
use crate::terminal::{Verbosity, complain, printable, wrap};

/// Reads the model file at `path`.
///
/// # Errors
/// There is none, it cannot be read, or it is no model.
pub(crate) fn load_model(path: &Path) -> Result<Model, Failure> {
    if !path.exists() {
        return Err(Failure::about(path.display(), format!("no such file; run `{} train` first", program())));
    }
    let failed = |error: &dyn Display| Failure::about(path.display(), error);
    let bytes = bounded::read(path, MAX_MODEL).map_err(|error| failed(&error))?;
    let model = isolated(TIME_LIMIT, move || safetensors::from_safetensors(&bytes)).map_err(|fault| failed(&fault))?;
    let model = model.map_err(|error| failed(&error))?;
    check_names(&model).map_err(|failure| failed(&failure))?;
    Ok(model)
}

/// Refuses names that a terminal would obey.
///
/// # Errors
/// A name has control characters.
pub(crate) fn check_names(model: &Model) -> Result<(), Failure> {
    match model.unprintable_name() {
        Some(name) => Err(Failure::new(format!("control characters in the name `{}`", name.escape_debug()))),
        None => Ok(()),
    }
}

/// The network of a model, to compute with.
///
/// # Errors
/// Those of [`Network::new`].
pub(crate) fn network(model: &Model) -> Result<Network, Failure> {
    Ok(Network::new(model.layers.clone(), model.loss)?)
}

/// The data that a model was trained on, or those that `arguments` name, checked to be what the model takes. Returns
/// the options they were loaded by as well.
///
/// # Errors
/// The data cannot be loaded, or are others than the model takes.
pub(crate) fn data_of(model: &Model, arguments: &DataArgs) -> Result<(Dataset, DataOptions), Failure> {
    let stored = match &model.provenance {
        Provenance::Trained { data, .. } => Some(&**data),
        Provenance::Imported { .. } => None,
    };
    if stored.is_none() && !arguments.is_given() {
        return Err(Failure::new("an imported model does not say which data it is for: give --data"));
    }
    let options = arguments.options_of(stored);
    if let Some(stored) = stored.filter(|stored| stored.path == options.path && resplits(stored, &options)) {
        let path = stored.path.display();
        return Err(Failure::new(format!(
            "another split of {path} would test on samples that the model was trained on; leave --test-split, \
             --test-groups and --test away"
        )));
    }
    let Loaded { dataset, .. } = load(&options)?;
    check_data(model, &dataset)?;
    if stored == Some(&options) && trained_on(&model.provenance, &dataset.train) == Some(false) {
        complain(&format!(
            "warning: {}: the training samples are others than the model was trained on; it may have seen what it is \
             tested on",
            shown(&options.path)
        ));
    }
    Ok((dataset, options))
}

/// The data to test a model on. Of data that it was not trained on, `default` says which samples are for the test, unless
/// `arguments` or the data do.
///
/// # Errors
/// Those of [`data_of`].
pub(crate) fn test_data_of(
    model: &Model,
    arguments: &DataArgs,
    default: DefaultTest,
) -> Result<(Loaded, DataOptions), Failure> {
    let copy = match &model.provenance {
        Provenance::Trained { data, .. } => arguments.options_of_copy(data),
        Provenance::Imported { .. } => None,
    };
    let Some(copy) = copy else {
        let (dataset, options) = data_of(model, arguments)?;
        return Ok((Loaded { dataset, groups: Vec::new(), all_tested: false }, options));
    };
    let loaded = load(&copy).ok().filter(|loaded| trained_on(&model.provenance, &loaded.dataset.train) == Some(true));
    let (loaded, options) = match loaded {
        Some(loaded) => (loaded, copy),
        None => {
            let options = DataOptions { test: None, test_split: None, test_groups: Vec::new(), ..copy };
            (data::load_by(&located(&options), default)?, options)
        }
    };
    check_data(model, &loaded.dataset)?;
    Ok((loaded, options))
}

/// Whether a model was trained on the first of these samples, by their checksum; `None` where that is not known.
fn trained_on(provenance: &Provenance, train: &Samples) -> Option<bool> {
    let Provenance::Trained { data_checksum, samples, recipe, .. } = provenance else { return None };
    if *data_checksum == 0 {
        return None;
    }
    // The checksum covers what was held back for validation as well, of which only the share is known.
    let kept = 1.0 - recipe.validation_split.unwrap_or(0.0);
    let held_back_of = |all: usize| (all as f64 * kept) as usize == *samples;
    let least = (*samples as f64 / kept) as usize;
    let candidates = (least.saturating_sub(2)..).take_while(|&all| (all as f64 * kept) as usize <= *samples);
    let mut candidates = candidates.take_while(|&all| all <= train.len()).filter(|&all| held_back_of(all));
    Some(candidates.any(|all| train.checksum_of_first(all) == *data_checksum))
}

/// Refuses a folder for outputs that holds a data set: what is written there would be taken for a part of it.
///
/// # Errors
/// It holds one.
pub(crate) fn check_out(out: &Path, data: &Path) -> Result<(), Failure> {
    // Anything but a folder is refused where it is opened.
    if !out.is_dir() {
        return Ok(());
    }
    let canonical = |path: &Path| std::fs::canonicalize(path).ok();
    let data = locate(data);
    let is_data =
        canonical(out).is_some_and(|out| data.is_dir() && canonical(&data).is_some_and(|data| out.starts_with(data)));
    if is_data || data::find_file(out).is_some() || out.join(data::OPTIONS_FILE).exists() {
        return Err(Failure::about(
            format_args!("--out {}", out.display()),
            "a folder of a data set; results need a folder of their own",
        ));
    }
    Ok(())
}

/// Whether two options for the same data choose other test samples.
fn resplits(one: &DataOptions, other: &DataOptions) -> bool {
    (&one.test, one.test_split, &one.test_groups) != (&other.test, other.test_split, &other.test_groups)
}

/// Loads data from where they lie.
///
/// # Errors
/// Those of [`data::load`].
pub fn load(options: &DataOptions) -> Result<Loaded, Failure> {
    Ok(data::load(&located(options))?)
}

fn located(options: &DataOptions) -> DataOptions {
    DataOptions { path: locate(&options.path), ..options.clone() }
}

/// Refuses data whose inputs or outputs are others than those of the model.
///
/// # Errors
/// They are; the first difference is named.
pub(crate) fn check_data(model: &Model, dataset: &Dataset) -> Result<(), Failure> {
    let differ = |what: &str, found: String, wanted: String| {
        Err(Failure::new(format!("--data: {}: {what} {found}, but the model takes {wanted}", dataset.name)))
    };
    match (&model.input, &dataset.input) {
        (Input::Pixels(wanted), Input::Pixels(found)) => {
            if (wanted.height, wanted.width) != (found.height, found.width) {
                let of = |height, width| format!("{height} x {width} pixels");
                return differ("pictures of", of(found.height, found.width), of(wanted.height, wanted.width));
            }
        }
        (Input::Features { names: wanted, window, .. }, Input::Features { names: found, window: found_window, .. }) => {
            if wanted.len() != found.len() {
                return differ("features,", found.len().to_string(), wanted.len().to_string());
            }
            if let Some((wanted, found)) = wanted.iter().zip(found).find(|(wanted, found)| wanted != found) {
                return differ("the feature", format!("`{found}`"), format!("`{wanted}` in its place"));
            }
            let shape = |window: &formats::Window| (window.length, window.downsample);
            if window.as_ref().map(shape) != found_window.as_ref().map(shape) {
                let of = |window: &Option<formats::Window>| match window {
                    Some(window) => format!("windows of {} rows, {} to one", window.length, window.downsample),
                    None => "rows".into(),
                };
                return differ("samples are", of(found_window), of(window));
            }
        }
        (Input::Pixels(_), Input::Features { .. }) => {
            return differ("samples are", "numbers".into(), "pictures".into());
        }
        (Input::Features { .. }, Input::Pixels(_)) => {
            return differ("samples are", "pictures".into(), "numbers".into());
        }
    }
    let list = |output: &Output| output.names().join(", ");
    if model.output != dataset.output {
        return Err(Failure::new(format!(
            "--data: {}: the targets are {}, but the model predicts {}",
            dataset.name,
            list(&dataset.output),
            list(&model.output)
        )));
    }
    Ok(())
}

/// A path as short as the current folder allows, to be printed.
pub(crate) fn shown(path: &Path) -> String {
    printable(&relative(path))
}

fn relative(path: &Path) -> String {
    let current = env::current_dir().ok();
    let relative = current.and_then(|current| path.strip_prefix(current).ok());
    relative.unwrap_or(path).display().to_string()
}

/// Files of one folder that are told on a line each; of more, the names.
const TOLD_ALONE: usize = 2;

/// Says what was written, and where.
pub(crate) fn tell_written(verbosity: Verbosity, written: Vec<Written>) {
    verbosity.text(|| {
        let mut folders: Vec<(Option<&Path>, Vec<&Written>)> = Vec::new();
        for file in &written {
            let folder = file.path.parent();
            match folders.iter_mut().find(|(found, _)| *found == folder) {
                Some((_, files)) => files.push(file),
                None => folders.push((folder, vec![file])),
            }
        }
        folders.iter().map(|(folder, files)| written_text(*folder, files)).collect()
    });
    for Written { path, bytes } in written {
        verbosity.event(&Event::Written { path: relative(&path), bytes });
    }
}

fn written_text(folder: Option<&Path>, files: &[&Written]) -> String {
    if files.len() <= TOLD_ALONE {
        let line =
            |file: &&Written| format!("wrote {} ({} bytes)\n", shown(&file.path), thousands(file.bytes as usize));
        return wrap(&files.iter().map(line).collect::<String>(), 2);
    }
    let names: Vec<_> = files.iter().filter_map(|file| Some(file.path.file_name()?.to_string_lossy())).collect();
    let folder = folder.map_or_else(String::new, shown);
    let folder = if folder.is_empty() { "." } else { &folder };
    let bytes = files.iter().map(|file| file.bytes).sum::<u64>() as usize;
    let text = format!("wrote to {folder} ({} bytes): {}", thousands(bytes), names.join(", "));
    wrap(&text, 2) + "\n"
}
