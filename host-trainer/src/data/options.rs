//! Which data to load, and how: what a folder says, and what contradicts.

use formats::DataOptions;
use formats::bounded::{MAX_TEXT, read};

use super::picture::MAX_SIDE;
use super::{DataError, Kind};

/// The optional file of a folder that says which file to load and how: [`DataOptions`] as JSON.
pub const OPTIONS_FILE: &str = "dataset.json";

/// These options, completed by those of the folder's `dataset.json` if there is one.
pub(super) fn completed(options: &DataOptions) -> Result<DataOptions, DataError> {
    let file = options.path.join(OPTIONS_FILE);
    if !file.exists() {
        return Ok(options.clone());
    }
    let fault = |fault: &dyn std::fmt::Display| DataError::file(&file, fault);
    let bytes = read(&file, MAX_TEXT).map_err(|error| fault(&error))?;
    let mut stored: DataOptions = serde_json::from_slice(&bytes).map_err(|error| fault(&error))?;
    if stored.path.as_os_str().is_empty() {
        return Err(fault(&"`file` is missing"));
    }
    stored.path = options.path.join(&stored.path);
    stored.test = stored.test.map(|test| options.path.join(test));
    // A stride that is given is that of all samples.
    stored.train_stride = stored.train_stride.filter(|_| options.stride.is_none());
    Ok(DataOptions { seed: options.seed, ..options.clone().or(stored) })
}

/// Refuses contradictions between options.
pub(super) fn check(options: &DataOptions) -> Result<(), DataError> {
    let refuse = |fault: &str| Err(DataError::Conflict(fault.into()));
    let ways = [options.test.is_some(), options.test_split.is_some(), !options.test_groups.is_empty()];
    if ways.iter().filter(|&&way| way).count() > 1 {
        return refuse("of --test, --test-split and --test-groups, only one can be given");
    }
    if options.test_split.is_some_and(|share| !(share > 0.0 && share < 1.0)) {
        return refuse("--test-split: must be a number between 0 and 1");
    }
    if !options.test_groups.is_empty() && options.group.is_none() {
        return refuse("--test-groups needs --group COLUMN");
    }
    if options.size.is_some_and(|size| size.iter().any(|side| !(1..=MAX_SIDE).contains(side))) {
        return refuse(&format!("--size: each side must be from 1 to {MAX_SIDE}"));
    }
    let numbers = [
        ("--window", options.window),
        ("--stride", options.stride),
        ("--train-stride", options.train_stride),
        ("--downsample", options.downsample),
    ];
    if let Some((name, _)) = numbers.iter().find(|(_, number)| *number == Some(0)) {
        return refuse(&format!("{name}: must be at least 1"));
    }
    let Some(window) = options.window else {
        return match numbers.iter().find(|(_, number)| number.is_some()) {
            Some((name, _)) => refuse(&format!("{name} needs --window")),
            None => Ok(()),
        };
    };
    let downsample = options.downsample.unwrap_or(1);
    if !window.is_multiple_of(downsample) {
        return refuse(&format!("--window {window} is no multiple of --downsample {downsample}"));
    }
    Ok(())
}

/// Refuses options that mean nothing for this kind of data.
pub(super) fn refuse(options: &DataOptions, kind: &Kind) -> Result<(), DataError> {
    let (name, applying) = applying(kind);
    let given = [
        ("--target", options.target.is_some()),
        ("--group", options.group.is_some()),
        ("--ignore", !options.ignore.is_empty()),
        ("--test", options.test.is_some()),
        ("--test-split", options.test_split.is_some()),
        ("--window", options.window.is_some()),
        ("--size", options.size.is_some()),
    ];
    match given.iter().find(|(option, given)| *given && !applying.contains(option)) {
        Some((option, _)) => {
            Err(DataError::Conflict(format!("{option} does not apply to {}, {name}", options.path.display())))
        }
        None => Ok(()),
    }
}

/// The name of a kind of data, and the options that mean something for it.
const fn applying(kind: &Kind) -> (&'static str, &'static [&'static str]) {
    match kind {
        Kind::Idx => ("a folder of IDX files", &[]),
        Kind::Pictures => ("a folder of pictures", &["--test-split", "--size"]),
        Kind::Csv => ("a file of rows", &["--target", "--group", "--ignore", "--test", "--test-split", "--window"]),
        Kind::Npz => ("a file of arrays", &["--test", "--test-split"]),
    }
}

/// The options without those that mean nothing for this kind of data.
pub(super) fn only_applying(options: DataOptions, kind: &Kind) -> DataOptions {
    let (_, applying) = applying(kind);
    let applies = |option: &str| applying.contains(&option);
    let [groups, windows] = [applies("--group"), applies("--window")];
    DataOptions {
        target: options.target.filter(|_| applies("--target")),
        group: options.group.filter(|_| groups),
        ignore: if applies("--ignore") { options.ignore } else { Vec::new() },
        test_groups: if groups { options.test_groups } else { Vec::new() },
        window: options.window.filter(|_| windows),
        stride: options.stride.filter(|_| windows),
        train_stride: options.train_stride.filter(|_| windows),
        downsample: options.downsample.filter(|_| windows),
        size: options.size.filter(|_| applies("--size")),
        ..options
    }
}
