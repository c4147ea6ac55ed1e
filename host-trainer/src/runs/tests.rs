use serde_json::{Value, json};

use super::*;

fn history(changes: &[(&str, Value)]) -> Run {
    let epoch = |loss: f64| json!({ "loss": loss, "accuracy": 0.5, "test_loss": null, "seconds": 0.1 });
    let mut history = json!({
        "epochs": [epoch(0.7), epoch(0.6)],
        "test": { "accuracy": 0.8, "loss": 0.5 },
        "int8_test": {},
        "best_epoch": 1,
        "fit_seconds": 0.2,
        "widths": [784, 10],
        "parameters": 7_850,
        "data_set": "clothes",
        "data_checksum": 7,
        "samples": 100,
        "validation_samples": 0,
        "test_samples": 10,
        "recipe": crate::report::tests::recipe(),
        "threads": 1,
        "kernel": "portable",
    });
    for (path, value) in changes {
        *history.pointer_mut(path).unwrap() = value.clone();
    }
    serde_json::from_value(history).unwrap()
}

#[test]
fn runs_differ_in_what_is_not_the_same_in_all() {
    let runs = [
        history(&[]),
        history(&[("/recipe/hidden", json!([32])), ("/recipe/batch_size", json!(64))]),
        history(&[("/samples", json!(50))]),
    ];
    let names = |runs: &[Run]| differences(runs).into_iter().map(|(name, _)| name).collect::<Vec<_>>();
    assert_eq!(names(&runs[..1]), [""; 0]);
    assert_eq!(names(&runs[..2]), ["batch size", "activation of hidden layers"]);
    let found = differences(&runs);
    assert_eq!(found[0], ("batch size".to_owned(), ["32", "64", "32"].map(String::from).to_vec()));
    assert_eq!(found[1].1, ["100", "100", "50"]);
}

#[test]
fn what_should_not_be_compared_is_said() {
    let regression = json!("mean_squared_error");
    for (changes, wanted) in [
        (vec![], vec![]),
        (vec![("/data_set", json!("shoes"))], vec!["the data sets differ:  clothes,  shoes"]),
        (vec![("/data_checksum", json!(8))], vec!["the training samples differ:  CRC 00000007,  CRC 00000008"]),
        (vec![("/test_samples", json!(11))], vec!["the numbers of test samples differ:  10,  11"]),
        (
            vec![("/recipe/loss", regression)],
            vec![
                "the tasks differ:  multiclass,  regression",
                "the losses are different functions: compare metrics, not losses",
            ],
        ),
    ] {
        assert_eq!(cautions(&[history(&[]), history(&changes)]), wanted);
    }
}

#[test]
fn curves_leave_out_what_is_not_finite() {
    let run = history(&[]);
    assert_eq!(run.curve("loss"), [(1.0, 0.7), (2.0, 0.6)]);
    assert!(run.curve("test_loss").is_empty() && run.curve("mae").is_empty());
    let [low, high] = run.accuracy_interval().unwrap();
    assert!((low, high) > (0.49, 0.94) && low < 0.5);
}
