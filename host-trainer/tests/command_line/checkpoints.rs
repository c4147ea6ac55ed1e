//! Which files a training goes on from, and which it refuses.

use std::fs;
use std::path::Path;

use host_trainer::checkpoint::Checkpoint;

use super::{fail, run, train, write_data_set};

/// Runs a line that must fail as something it was given is wrong, and leave the weights as they are.
fn assert_refused(folder: &Path, data: &Path, options: &str, wanted: &[&str]) {
    let before = fs::read(folder.join("out/weights.rs")).unwrap();
    fail(folder, data, &format!("train --out out {options}"), 2, wanted);
    assert!(fs::read(folder.join("out/weights.rs")).unwrap() == before);
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
        ("--resume constant --epochs 3 --hidden 32", &["hidden [] in the file, [32] here"][..]),
        ("--resume constant --epochs 3 --seed 1", &["seed 0 in the file, 1 here"]),
        (
            "--resume constant --epochs 3 --optimizer sgd --batch-size 31",
            &[
                "optimizer adam in the file, sgd here",
                "learning_rate 0.001 in the file, 0.01 here",
                "batch_size 32 in the file, 31 here",
            ],
        ),
        ("--resume constant --epochs 3 --limit 49", &["train_samples 50 in the file, 49 here", "data_checksum"]),
        ("--resume constant --epochs 3 --validation-split 0.1", &["validation_samples 0 in the file, 5 here"]),
        ("--resume constant --epochs 2", &["is in epoch 3 already, and --epochs says 2"]),
        (
            "--resume constant --epochs 3 --learning-rate-schedule step:1:0.5",
            &["schedule constant in the file, step:1:0.5 here"],
        ),
        (&format!("{cosine} --early-stopping 9 --epochs 4"), &["epochs 3 in the file, 4 here"]),
        (&format!("{cosine} --epochs 3"), &["early_stopping 9 in the file, none here"]),
        ("--resume out/model.safetensors", &["out/model.safetensors: not a checkpoint"]),
        ("--resume out/weights.rs", &["weights.rs: not a valid safetensors file"]),
        ("--resume out", &["--resume: out: "]),
    ] {
        assert_refused(folder, &data, options, wanted);
    }
    assert_refused(folder, &other_data, "--resume constant --epochs 3", &["data_checksum"]);
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
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(complaint.starts_with("error: out/checkpoint.safetensors: "), "{complaint}");
}

#[test]
fn an_unfinished_training_is_kept_when_another_begins() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let data = write_data_set(folder, 50, 20);
    let path = folder.join("out/checkpoint.safetensors");
    let aside = |number| folder.join(format!("out/checkpoint-{number}.safetensors"));
    train(folder, &data, "--epochs 2");
    train(folder, &data, "--epochs 1");
    assert!(!aside(1).exists(), "a finished training is nothing to keep");

    for number in 1..=2 {
        let mut checkpoint = Checkpoint::from_bytes(&fs::read(&path).unwrap()).unwrap();
        checkpoint.identity.recipe.epochs = 5;
        let unfinished = checkpoint.to_bytes().unwrap();
        fs::write(&path, &unfinished).unwrap();
        // By force, as no training has written this very file.
        let printed = train(folder, &data, "--epochs 1 --force");
        let wanted = format!("--resume out/checkpoint-{number}.safetensors goes on with it");
        assert!(printed.contains(&wanted), "{printed}");
        assert_eq!(fs::read(aside(number)).unwrap(), unfinished);
    }
    train(folder, &data, "--epochs 5 --resume out/checkpoint-1.safetensors");
}

/// As a signal during the test leaves it.
#[test]
fn a_finished_training_without_its_files_is_kept_when_another_begins() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let data = write_data_set(folder, 50, 20);
    let others = folder.join("others");
    fs::create_dir(&others).unwrap();
    let other_data = write_data_set(&others, 51, 20);
    train(folder, &data, "--epochs 2 --hidden 8");
    let weights = fs::read(folder.join("out/weights.rs")).unwrap();
    let finished = fs::read(folder.join("out/checkpoint.safetensors")).unwrap();
    fs::remove_file(folder.join("out/model.safetensors")).unwrap();
    let aside = folder.join("out/checkpoint-1.safetensors");
    let printed = train(folder, &other_data, "--epochs 1");
    assert!(printed.contains("--resume out/checkpoint-1.safetensors goes on with it"), "{printed}");
    assert!(fs::read(&aside).unwrap() == finished && fs::read(folder.join("out/weights.rs")).unwrap() != weights);
    train(folder, &data, "--epochs 2 --hidden 8 --resume out/checkpoint-1.safetensors");
    assert!(fs::read(folder.join("out/weights.rs")).unwrap() == weights, "it ends as if it had not been set aside");
}
