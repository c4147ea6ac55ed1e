//! A smartwatch that learns its wearer, on the host alone: a device takes the same steps, as `firmware/end-to-end` shows.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{fs, thread};

use dense_core::Kernel;
use dense_protocol::messages::Step;
use dense_replay::Bits;
use formats::{DataOptions, Model, safetensors};
use host_trainer::commands::adapt::person::{LEARNING_RATE, Parts, parts};
use host_trainer::commands::adapt::{decayed, practice_seed};
use host_trainer::data::{self, Recordings};
use host_trainer::device::Reference;
use host_trainer::factory_samples::FactorySamples;

/// Default values of the options of `adapt` and of `export --format factory-set`.
const PRACTICE_STEPS: u16 = 32;
const PRACTICE_RATE: f32 = 0.01;
const ROOM: usize = 32 << 10;
const LESSONS: usize = 51;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/watch")
}

/// A network that was trained with all but one person.
fn trained_without(name: &str) -> Model {
    let out = tempfile::tempdir().unwrap();
    let recipe = "--stride 25 --train-stride 10 --hidden 32 --epochs 16 --learning-rate 0.01 --weight-decay 0.1 --json";
    let status = Command::new(env!("CARGO_BIN_EXE_host-trainer"))
        .args(["train", "--test-groups", name])
        .args(recipe.split_whitespace())
        .arg("--data")
        .arg(folder())
        .arg("--out")
        .arg(out.path())
        .stdout(Stdio::null())
        .status();
    assert!(status.unwrap().success());
    safetensors::from_safetensors(&fs::read(out.path().join("model.safetensors")).unwrap()).unwrap()
}

/// Teaches the network the person, and returns the accuracies on the later recordings of the person before and after, and
/// on those of the others after.
fn taught(recordings: &Recordings, name: &str) -> [f64; 3] {
    let model = trained_without(name);
    let options = DataOptions { path: folder(), test_groups: vec![name.to_owned()], ..DataOptions::default() };
    let train = data::load(&options).unwrap().dataset.train;
    let factory = FactorySamples::choose(&train, &model.input, Bits::Eight, ROOM, Kernel::best()).unwrap();
    let mut reference = Reference::new(&model, Kernel::best()).unwrap().with_memory(factory, LESSONS, &train);

    let Parts { taught, later, others } = parts(recordings, name);
    let [lessons, later, others] = [taught, later, others].map(|parts| recordings.windows(parts, 25));
    let before = reference.metric(&later).unwrap();
    for index in 0..lessons.len() {
        let step = |initial| Step { learning_rate: decayed(initial, index, lessons.len()), first_trained: 0 };
        reference.learn("lesson", &lessons.select(&[index]), step(LEARNING_RATE)).unwrap();
        reference.practise("practice", PRACTICE_STEPS, practice_seed(0, index), step(PRACTICE_RATE)).unwrap();
    }
    [before, reference.metric(&later).unwrap(), reference.metric(&others).unwrap()]
}

#[test]
#[ignore = "trains ten networks, and prints a table: run it with --ignored --nocapture"]
fn every_person_is_learnt_and_the_others_are_kept() {
    let options = DataOptions { path: folder(), stride: Some(25), ..DataOptions::default() };
    let recordings = data::load_recordings(&options).unwrap();
    let names = &recordings.groups;
    let half = names.len().div_ceil(2);
    let recordings = &recordings;
    let results: Vec<[f64; 3]> = thread::scope(|scope| {
        let halves: Vec<_> = names
            .chunks(half)
            .map(|names| scope.spawn(|| names.iter().map(|name| taught(recordings, name)).collect::<Vec<_>>()))
            .collect();
        halves.into_iter().flat_map(|half| half.join().unwrap()).collect()
    });
    println!("| person | before | after | others after |\n|---|---:|---:|---:|");
    for (name, [before, after, others]) in names.iter().zip(&results) {
        println!("| {name} | {before:.3} | {after:.3} | {others:.3} |");
    }
    let mean = |part: usize| results.iter().map(|result| result[part]).sum::<f64>() / results.len() as f64;
    let [before, after, others] = [0, 1, 2].map(mean);
    println!("| mean | {before:.3} | {after:.3} | {others:.3} |");
    assert!(before >= 0.80 && after >= 0.86 && others >= 0.92, "{before} {after} {others}");
}
