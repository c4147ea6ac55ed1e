//! A training that has ended, or was stopped by its patience, goes on to the same last bit, as if it had not been.

use std::fs;

use super::{history, train, write_data_set};

#[test]
fn a_finished_training_goes_on_to_more_epochs() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let data = write_data_set(folder, 50, 20);
    for model in ["linear", "mlp32"] {
        let options = format!("--model {model} --learning-rate-schedule constant --batch-size 7 --verbose 0");
        train(folder, &data, &format!("{options} --epochs 5"));
        let wanted = fs::read(folder.join("out/weights.rs")).unwrap();
        train(folder, &data, &format!("{options} --epochs 2"));
        assert!(fs::read(folder.join("out/weights.rs")).unwrap() != wanted);
        let printed =
            train(folder, &data, &format!("{options} --epochs 5 --resume --verbose 2").replace("--verbose 0 ", ""));
        assert!(fs::read(folder.join("out/weights.rs")).unwrap() == wanted, "{model}");
        assert!(
            printed.contains("resumed from out/checkpoint.safetensors, epochs done: 2, steps of the next: 0\n"),
            "{printed}"
        );
        assert!(printed.contains("\nEpoch 3/5 - ") && !printed.contains("\nEpoch 2/5 - "), "{printed}");
        assert_eq!(history(folder)["epochs"].as_array().unwrap().len(), 5);
    }
}

#[test]
fn a_training_that_stopped_early_goes_on_with_more_patience() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let data = write_data_set(folder, 50, 20);
    // Labels by chance cannot be learned.
    let options = "--epochs 60 --validation-split 0.2 --batch-size 7 --verbose 2 --early-stopping";
    train(folder, &data, &format!("{options} 3"));
    let wanted = (fs::read(folder.join("out/weights.rs")).unwrap(), history(folder)["best_epoch"].clone());
    let printed = train(folder, &data, &format!("{options} 1"));
    let epochs = history(folder)["epochs"].as_array().unwrap().len();
    assert_eq!(Some(epochs as u64 - 1), history(folder)["best_epoch"].as_u64(), "{printed}");
    train(folder, &data, &format!("{options} 3 --resume"));
    assert!((fs::read(folder.join("out/weights.rs")).unwrap(), history(folder)["best_epoch"].clone()) == wanted);
    // A training that its patience has ended is nothing to keep.
    train(folder, &data, "--epochs 1");
    assert!(!folder.join("out/checkpoint-1.safetensors").exists());
}
