//! Tests of the JSON Lines that `--json` prints for other programs, and of shell completion.

use std::fs;

use serde_json::{Value, json};

use super::{fashion_mnist, files, history, model, run, succeed, train, write_data_set};

fn events(printed: &str) -> Vec<Value> {
    printed.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn kinds(events: &[Value]) -> Vec<&str> {
    events.iter().map(|event| event["event"].as_str().unwrap()).collect()
}

#[test]
fn a_training_is_told_in_events() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let data = write_data_set(folder, 50, 20);
    let options = "--model mlp32 --epochs 3 --batch-size 7 --validation-split 0.2 --early-stopping 9 --seed 5";
    let events = events(&train(folder, &data, &format!("{options} --json")));
    let written = ["written"; 11];
    let expected =
        [&["start", "epoch", "epoch", "epoch", "best_weights_restored", "test", "int8"][..], &written].concat();
    assert_eq!(kinds(&events), expected);

    let start = json!({
        "event": "start",
        "command": "train",
        "widths": [784, 32, 10],
        "parameters": 25_450,
        "data": "data",
        "names": ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"],
        "train_samples": 40,
        "validation_samples": 10,
        "test_samples": 20,
        "batch_size": 7,
        "steps_per_epoch": 6,
        "epochs": 3,
        "epochs_done": 0,
        "steps_done": 0,
        "preset": "recipe",
        "hidden": [32],
        "schedule": "cosine",
        "validation_split": 0.2,
        "early_stopping": 9,
        "seed": 5,
        "threads": 1,
    });
    for (key, wanted) in start.as_object().unwrap() {
        assert_eq!(&events[0][key], wanted, "{key}");
    }
    let history = history(folder);
    for (index, wanted) in history["epochs"].as_array().unwrap().iter().enumerate() {
        let mut event = events[1 + index].as_object().unwrap().clone();
        event.retain(|key, _| key != "event");
        assert_eq!((event.remove("epoch"), event.remove("epochs")), (Some((index + 1).into()), Some(3.into())));
        assert_eq!(&Value::from(event), wanted);
        assert!(wanted["val_loss"].is_f64() && wanted["test_accuracy"].is_f64(), "{wanted}");
    }
    assert_eq!(events[4]["best_epoch"], history["best_epoch"]);
    assert_eq!((&events[4]["epoch"], &events[4]["stopped_early"]), (&3.into(), &false.into()));
    assert_eq!((&events[5]["loss"], &events[5]["samples"]), (&history["test"]["loss"], &20.into()));
    assert_eq!(events[0]["optimizer"]["name"], "adam");
    assert_eq!(events[6]["accuracy"], history["int8_test"]["accuracy"]);
    for event in &events[7..] {
        let path = folder.join(event["path"].as_str().unwrap());
        assert_eq!(event["bytes"], fs::metadata(path).unwrap().len());
    }
}

#[test]
fn a_test_is_told_in_events() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let data = write_data_set(folder, 50, 20);
    train(folder, &data, "--epochs 1");
    let events = events(&succeed(folder, &data, "evaluate --weights out/model.safetensors --json"));
    assert_eq!(kinds(&events), ["start", "test", "int8"]);
    for (key, wanted) in [("command", "evaluate"), ("weights", "out/model.safetensors")] {
        assert_eq!(events[0][key], wanted);
    }
    assert_eq!(events[0]["widths"], json!([784, 10]));
}

#[test]
fn faults_stay_off_standard_output() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let data = write_data_set(folder, 50, 20);
    for (line, code) in
        [("--json --verbose 1", 2), ("--json --resume none", 2), ("--json --optimizer sgd --learning-rate 1e38", 1)]
    {
        let output = run(folder, &data, &format!("train --out out {line}"));
        assert_eq!(output.status.code(), Some(code), "{line}");
        let printed = String::from_utf8(output.stdout).unwrap();
        assert!(printed.is_empty() || kinds(&events(&printed)) == ["start"], "{line}: {printed}");
        assert!(String::from_utf8_lossy(&output.stderr).starts_with("error: "));
        assert!(!folder.join("out").exists() || files(&folder.join("out")).is_empty(), "{line} leaves a file");
    }
}

/// Validation is shown by Keras's names, and never trained on.
#[test]
fn validation_is_held_back_from_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let printed = train(folder, &fashion_mnist(), "--limit 1000 --validation-split 0.1 --epochs 2");
    assert!(printed.contains("\n900 samples in batches of 32: 29 iterations an epoch, 58 in 2 epochs\n"), "{printed}");
    assert!(printed.contains("\n100 samples held back for validation\n"), "{printed}");
    let lines: Vec<&str> = printed.lines().filter(|line| line.starts_with("Epoch ")).collect();
    assert_eq!(lines.len(), 2);
    assert!(lines.iter().all(|line| line.contains(" - val_loss: ") && line.contains(" - val_accuracy: ")), "{printed}");
    let held_back = model(folder).layers;
    train(folder, &fashion_mnist(), "--limit 900 --epochs 2");
    assert!(model(folder).layers == held_back);
}

#[test]
fn one_of_a_kind_is_counted_as_one() {
    let folder = tempfile::tempdir().unwrap();
    let data = write_data_set(folder.path(), 50, 20);
    let printed = train(folder.path(), &data, "--limit 1 --epochs 1");
    assert!(printed.contains("\n1 sample in batches of 32: 1 iteration an epoch, 1 in 1 epoch\n"), "{printed}");
}

#[test]
fn shells_learn_to_complete() {
    let folder = tempfile::tempdir().unwrap();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_host-trainer"))
            .args(["completions", shell])
            .current_dir(folder.path())
            .output()
            .unwrap();
        assert!(output.status.success() && output.stderr.is_empty(), "{shell}");
        let script = String::from_utf8(output.stdout).unwrap();
        for wanted in ["host-trainer", "learning-rate-schedule", "evaluate"] {
            assert!(script.contains(wanted), "{shell} does not know {wanted}");
        }
        // The others complete no values.
        assert_eq!(script.contains("mlp128-64"), ["bash", "zsh", "fish"].contains(&shell), "{shell}");
    }
}
