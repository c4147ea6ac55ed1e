//! Which files a training goes on from, and which it refuses.

use std::fs;
use std::path::Path;

use host_trainer::checkpoint::{Checkpoint, Identity};
use host_trainer::fit::{Data, Fit, Settings};
use host_trainer::model::ModelName;
use safetensors::SafeTensors;
use serde_json::Value;

use super::resuming::{SAMPLES, SETTINGS, STEPS, fit, split};
use super::{run, train, write_data_set};

/// Runs a line that must fail as something it was given is wrong, and leave the files as they are.
fn assert_refused(folder: &Path, data: &Path, options: &str, wanted: &[&str]) {
    let before = fs::read(folder.join("weights.rs")).unwrap();
    let output = run(folder, data, &format!("train --out out --weights weights.rs {options}"));
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{options}\n{complaint}");
    for wanted in wanted {
        assert!(complaint.contains(wanted), "{options} does not name {wanted:?} but says\n{complaint}");
    }
    assert!(fs::read(folder.join("weights.rs")).unwrap() == before);
}

#[test]
fn another_training_is_refused_with_what_differs() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let data = write_data_set(folder, 50, 20);
    train(folder, &data, "--epochs 3");
    fs::copy(folder.join("out/checkpoint.safetensors"), folder.join("constant")).unwrap();
    train(folder, &data, "--epochs 3 --learning-rate-schedule cosine --validation-split 0.2 --early-stopping 9");
    fs::copy(folder.join("out/checkpoint.safetensors"), folder.join("cosine")).unwrap();
    let others = folder.join("others");
    fs::create_dir(&others).unwrap();
    let other_data = write_data_set(&others, 50, 20);
    let labels = other_data.join("train-labels-idx1-ubyte");
    let mut bytes = fs::read(&labels).unwrap();
    bytes[8] = (bytes[8] + 1) % 10;
    fs::write(labels, bytes).unwrap();

    let cosine = "--resume cosine --learning-rate-schedule cosine --validation-split 0.2";
    for (options, wanted) in [
        ("--resume constant --epochs 3 --model mlp32", &["--model linear in the file, mlp32 here"][..]),
        ("--resume constant --epochs 3 --seed 1", &["--seed 0 in the file, 1 here"]),
        (
            "--resume constant --epochs 3 --optimizer sgd --batch-size 31",
            &[
                "--optimizer adam in the file, sgd here",
                "--learning-rate 0.001 in the file, 0.01 here",
                "--batch-size 32",
            ],
        ),
        ("--resume constant --epochs 3 --limit 49", &["training samples 50 in the file, 49 here", "checksum"]),
        ("--resume constant --epochs 3 --validation-split 0.1", &["validation samples 0 in the file, 5 here"]),
        ("--resume constant --epochs 2", &["is in epoch 3 already, and --epochs says 2"]),
        (
            "--resume constant --epochs 3 --learning-rate-schedule step:1:0.5",
            &["constant in the file, step:1:0.5 here"],
        ),
        (
            &format!("{cosine} --early-stopping 9 --epochs 4"),
            &["--epochs, which cosine depends on, 3 in the file, 4 here"],
        ),
        (&format!("{cosine} --epochs 3"), &["--early-stopping is in the file, is not here"]),
        ("--resume out/model.safetensors", &["out/model.safetensors: not a checkpoint"]),
        ("--resume weights.rs", &["weights.rs: not a valid safetensors file"]),
        ("--resume out", &["--resume: out: "]),
    ] {
        assert_refused(folder, &data, options, wanted);
    }
    assert_refused(folder, &other_data, "--resume constant --epochs 3", &["checksum of the training samples"]);
    // What decides nothing may change.
    train(folder, &data, "--resume constant --epochs 3 --threads 2 --kernel portable");
    train(folder, &data, &format!("{cosine} --early-stopping 2 --epochs 3"));
}

#[test]
fn a_model_is_not_read_from_a_checkpoint() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let data = write_data_set(folder, 50, 20);
    train(folder, &data, "--epochs 1");
    let output = run(folder, &data, "evaluate --weights out/checkpoint.safetensors");
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("`dense.kernel`: missing"));
}

#[test]
fn an_unfinished_training_is_kept_when_another_begins() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let data = write_data_set(folder, 50, 20);
    let aside = folder.join("out/previous-checkpoint.safetensors");
    train(folder, &data, "--epochs 2");
    train(folder, &data, "--epochs 1");
    assert!(!aside.exists(), "a finished training is nothing to keep");

    let split = split(1, SAMPLES);
    let (Fit { state, .. }, _) = fit(ModelName::Linear, &Data::new(&split), &SETTINGS, None, STEPS + 2);
    let identity = Identity::new(ModelName::Linear, 1.0, &SETTINGS, &Data::new(&split), 0);
    let unfinished = Checkpoint { identity, state }.to_bytes().unwrap();
    fs::write(folder.join("out/checkpoint.safetensors"), &unfinished).unwrap();
    let printed = train(folder, &data, "--epochs 1");
    assert!(printed.contains("--resume out/previous-checkpoint.safetensors goes on with it"), "{printed}");
    assert_eq!(fs::read(aside).unwrap(), unfinished);
}

/// Changes the metadata or the tensors of a checkpoint.
type Damage = fn(&mut Value, &mut Vec<(String, safetensors::Dtype, Vec<usize>, Vec<u8>)>);

#[test]
fn damaged_checkpoints_are_refused() {
    let [train, validation] = [split(1, SAMPLES), split(2, 10)];
    let data = Data { train: &train, validation: Some(&validation), test: None };
    let settings = Settings { early_stopping: Some(9), ..SETTINGS };
    let (Fit { state, .. }, _) = fit(ModelName::Mlp32, &data, &settings, None, STEPS + 2);
    let identity = Identity::new(ModelName::Mlp32, 1.0, &settings, &data, 0);
    let bytes = Checkpoint { identity, state }.to_bytes().unwrap();
    for length in [0, 7, 8, 100, bytes.len() / 2, bytes.len() - 1] {
        let fault = Checkpoint::from_bytes(&bytes[..length]).unwrap_err();
        assert!(fault.starts_with("not a valid safetensors file: "), "{length}: {fault}");
    }
    let damages: [(Damage, &str); 13] = [
        (|metadata, _| metadata["format"] = "other".into(), "metadata: format other, wanted host-trainer/checkpoint/1"),
        (|metadata, _| metadata["identity"]["model"] = "other".into(), "metadata: no model other"),
        (|metadata, _| metadata["identity"]["seed"] = (-1).into(), "metadata: invalid value"),
        (|metadata, _| metadata["identity"]["batch_size"] = 0.into(), "metadata: the batch size is 0"),
        (|metadata, _| metadata["running"]["steps"] = 6.into(), "metadata: 6 steps of an epoch of 6"),
        (
            |metadata, _| metadata["running"]["correct"] = u32::MAX.into(),
            "metadata: 4294967295 samples right after 2 steps",
        ),
        (|metadata, _| metadata["best_epoch"] = 2.into(), "metadata: the best epoch is not among those"),
        (|metadata, _| metadata["best_epoch"] = Value::Null, "metadata: the best epoch is not among those"),
        (|metadata, _| metadata["epochs_done"][0]["loss"] = Value::Null, "metadata: invalid type: null"),
        (|_, tensors| tensors.retain(|tensor| tensor.0 != "best.dense.kernel"), "`best.dense.kernel`: missing"),
        (
            |_, tensors| tensors.retain(|tensor| tensor.0 != "second_moments.dense_1.bias"),
            "`second_moments.dense_1.bias`",
        ),
        (
            |_, tensors| tensors.iter_mut().for_each(|tensor| tensor.3[..4].copy_from_slice(&[0, 0, 0xc0, 0x7f])),
            "is NaN",
        ),
        (
            |_, tensors| {
                let squares = tensors.iter_mut().find(|tensor| tensor.0 == "second_moments.dense.kernel").unwrap();
                squares.3[..4].copy_from_slice(&(-1.0_f32).to_le_bytes());
            },
            "a mean of squares is negative",
        ),
    ];
    for (damage, wanted) in damages {
        let file = SafeTensors::deserialize(&bytes).unwrap();
        let mut tensors = file
            .tensors()
            .into_iter()
            .map(|(name, tensor)| (name, tensor.dtype(), tensor.shape().to_vec(), tensor.data().to_vec()))
            .collect();
        let (_, header) = SafeTensors::read_metadata(&bytes).unwrap();
        let mut metadata: Value = serde_json::from_str(&header.metadata().as_ref().unwrap()["checkpoint"]).unwrap();
        damage(&mut metadata, &mut tensors);
        let views = tensors.iter().map(|(name, dtype, shape, bytes)| {
            (name, safetensors::tensor::TensorView::new(*dtype, shape.clone(), bytes).unwrap())
        });
        let metadata = [("checkpoint".to_owned(), metadata.to_string())].into();
        let damaged = safetensors::serialize(views, Some(metadata)).unwrap();
        let fault = Checkpoint::from_bytes(&damaged).unwrap_err();
        assert!(fault.contains(wanted), "{fault} does not say {wanted}");
    }
}
