//! The program as a user meets it: each test runs the real binary in a folder of its own.

mod checkpoints;
mod compare;
mod completions;
mod determinism;
mod events;
mod export;
mod faults;
mod groups;
mod import;
mod json;
mod limits;
mod models;
mod outputs;
mod pack;
mod pictures;
mod resuming;
mod show;
mod signals;
mod streams;
mod sweep;
mod tables;
mod terminal;
mod transcript;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use dense_core::Random;
use formats::{Model, safetensors};
use serde_json::Value;

const PIXELS: usize = 784;

/// The data set of the repository.
fn fashion_mnist() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/fashion-mnist")
}

/// Runs the program in `folder`. Should it forget an option, its defaults lie there too.
fn run(folder: &Path, data: &Path, line: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_host-trainer"))
        .current_dir(folder)
        .env_remove("CARGO_MANIFEST_DIR")
        .env("NO_COLOR", "1")
        .env_remove("COLUMNS")
        .args(line.split_whitespace())
        .arg("--data")
        .arg(data)
        .output()
        .unwrap()
}

/// The same for a line that must succeed and complain about nothing. Returns what it printed.
fn succeed(folder: &Path, data: &Path, line: &str) -> String {
    let output = run(folder, data, line);
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && complaints.is_empty(), "{line}: {}\n{complaints}", output.status);
    String::from_utf8(output.stdout).unwrap()
}

/// Trains and leaves `out` in `folder`. Returns what was printed.
fn train(folder: &Path, data: &Path, options: &str) -> String {
    succeed(folder, data, &format!("train --out out {options}"))
}

/// The model that a training has left in `folder`.
fn model(folder: &Path) -> Model {
    safetensors::from_safetensors(&fs::read(folder.join("out/model.safetensors")).unwrap()).unwrap()
}

/// The history that a training has left in `folder`.
fn history(folder: &Path) -> Value {
    serde_json::from_slice(&fs::read(folder.join("out/history.json")).unwrap()).unwrap()
}

/// The names of the files in `folder` but for those that the program keeps its books in.
fn files(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.filter(|name| !name.starts_with(".host-trainer")).collect();
    names.sort();
    names
}

/// Runs a line that must fail with `code` and name all of `wanted`.
fn fail(folder: &Path, data: &Path, line: &str, code: i32, wanted: &[&str]) {
    let output = run(folder, data, line);
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{line}\n{complaint}");
    for wanted in wanted {
        assert!(complaint.contains(wanted), "{line} does not say {wanted:?} but\n{complaint}");
    }
}

/// Writes a data set of random images with random labels, plain and without class names, and returns its folder.
fn write_data_set(folder: &Path, train: usize, test: usize) -> PathBuf {
    let data = folder.join("data");
    fs::create_dir(&data).unwrap();
    let mut random = Random::new(2026, 5);
    for (split, samples) in [("train", train), ("t10k", test)] {
        let labels: Vec<u8> = (0..samples).map(|_| random.below(10) as u8).collect();
        // Half of the pixels are 0, as in photographs of clothes.
        let images: Vec<u8> = (0..samples * PIXELS).map(|_| random.below(511).saturating_sub(255) as u8).collect();
        let count = samples as u32;
        fs::write(data.join(format!("{split}-labels-idx1-ubyte")), idx(&[0x801, count], &labels)).unwrap();
        fs::write(data.join(format!("{split}-images-idx3-ubyte")), idx(&[0x803, count, 28, 28], &images)).unwrap();
    }
    data
}

/// The bytes of an IDX file.
fn idx(header: &[u32], samples: &[u8]) -> Vec<u8> {
    let header = header.iter().flat_map(|word| word.to_be_bytes());
    header.chain(samples.iter().copied()).collect()
}
