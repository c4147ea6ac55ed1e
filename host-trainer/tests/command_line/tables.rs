//! From a table of numbers to a model, for each task.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use dense_core::Random;
use serde_json::Value;

use super::{fail, files, history, model, succeed, train};

/// Writes a table of two features and a target that follows from them.
fn write_table(folder: &Path, name: &str, rows: usize, target: impl Fn(f32, f32) -> String) -> PathBuf {
    let mut random = Random::new(5, 5);
    let mut text = "width,height,kind\n".to_owned();
    for _ in 0..rows {
        let [width, height] = [(); 2].map(|()| 20.0 * random.uniform() - 10.0);
        writeln!(text, "{width},{height},{}", target(width, height)).unwrap();
    }
    let path = folder.join(name);
    fs::write(&path, text).unwrap();
    path
}

/// The metrics of the `test` event in JSON Lines.
fn test_event(printed: &str) -> Value {
    let mut events = printed.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let mut event = events.find(|event| event["event"] == "test").unwrap();
    let event = event.as_object_mut().unwrap();
    event.retain(|key, _| !["event", "samples", "seconds", "accuracy_interval"].contains(&key.as_str()));
    Value::Object(event.clone())
}

/// Trains on a table, and evaluates the model that was written on the samples that it was tested on.
fn train_and_evaluate(folder: &Path, table: &Path, options: &str) -> Value {
    let trained = test_event(&train(folder, table, &format!("--json {options}")));
    assert_eq!(trained, history(folder)["test"]);
    let evaluated = succeed(folder, table, "evaluate --json");
    assert_eq!(test_event(&evaluated), trained, "{options}");
    trained
}

const FILES: [&str; 6] = [
    "checkpoint.safetensors",
    "history.json",
    "learning-curves.png",
    "model.safetensors",
    "quantized.rs",
    "report.html",
];

#[test]
fn several_classes() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let class = |width: f32, height: f32| {
        let name = if width > 3.0 {
            "wide"
        } else if height > 0.0 {
            "tall"
        } else {
            "small"
        };
        name.to_owned()
    };
    let table = write_table(folder, "things.csv", 600, class);
    let test = train_and_evaluate(folder, &table, "--hidden 16 --epochs 30 --learning-rate 0.01");
    assert!(test["accuracy"].as_f64().unwrap() > 0.9, "{test}");
    let mut wanted = [&FILES[..], &["confusion.png", "weights.rs"]].concat();
    wanted.sort_unstable();
    assert_eq!(files(&folder.join("out")), wanted);
    let model = model(folder);
    assert_eq!(model.description(), "Input(2) -> Dense(16, relu) -> Dense(3, softmax)");
    assert_eq!(model.output.names(), ["small", "tall", "wide"]);
    let history = history(folder);
    let [train_samples, test_samples] = ["samples", "test_samples"].map(|name| history[name].as_u64().unwrap());
    assert!(train_samples + test_samples == 600 && (119..=121).contains(&test_samples), "{history}");
    let printed = train(folder, &table, "--epochs 1");
    assert!(printed.contains("task: multi-class classification, 3 classes\n"), "{printed}");
}

#[test]
fn two_classes() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let class = |width: f32, height: f32| if width + height > 0.0 { "yes".to_owned() } else { "no".to_owned() };
    let table = write_table(folder, "things.csv", 500, class);
    let test = train_and_evaluate(folder, &table, "--epochs 30 --learning-rate 0.01");
    assert!(test["accuracy"].as_f64().unwrap() > 0.9 && test["auc"].as_f64().unwrap() > 0.95, "{test}");
    let names: Vec<&str> = test.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(names, ["accuracy", "auc", "f1_score", "loss", "precision", "recall"]);
    let mut wanted = [&FILES[..], &["confusion.png", "roc.png", "weights.rs"]].concat();
    wanted.sort_unstable();
    assert_eq!(files(&folder.join("out")), wanted);
    assert_eq!(model(folder).description(), "Input(2) -> Dense(1, sigmoid)");
    let page = fs::read_to_string(folder.join("out/report.html")).unwrap();
    assert!(page.contains("ROC curve") && page.contains(&format!("{:.4}", test["auc"].as_f64().unwrap())));
}

#[test]
fn numbers() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let table = write_table(folder, "things.csv", 500, |width, height| (3.0 * width - height + 5.0).to_string());
    let test = train_and_evaluate(folder, &table, "--epochs 60 --learning-rate 0.05 --batch-size 16");
    assert!(test["r2"].as_f64().unwrap() > 0.95, "{test}");
    let names: Vec<&str> = test.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(names, ["loss", "mae", "mse", "r2"]);
    let mut wanted = [&FILES[..], &["predictions.png", "weights.rs"]].concat();
    wanted.sort_unstable();
    assert_eq!(files(&folder.join("out")), wanted);
    // Standardised for the training, the inputs are raw for the model: its weights are those of the formula.
    let layer = &model(folder).layers[0];
    for (found, wanted) in layer.weights.iter().chain(&layer.bias).zip([3.0, -1.0, 5.0]) {
        assert!((found - wanted).abs() < 0.5, "{layer:?}");
    }
}

#[test]
fn other_data_than_those_of_the_model_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let class = |width: f32, _: f32| if width > 0.0 { "yes".to_owned() } else { "no".to_owned() };
    let table = write_table(folder, "things.csv", 100, class);
    train(folder, &table, "--epochs 1");
    let text = fs::read_to_string(&table).unwrap();
    for (name, contents, wanted) in [
        (
            "columns.csv",
            text.replace("height", "depth"),
            "--data: columns.csv: the feature `depth`, but the model takes `height` in its place",
        ),
        (
            "classes.csv",
            text.replace("yes", "maybe"),
            "--data: classes.csv: the targets are maybe, no, but the model predicts no, yes",
        ),
        ("gap.csv", text.replacen(",no\n", ",\n", 1), "column `kind`: "),
        (
            "text.csv",
            text.replacen("width,height,kind\n", "width,height,kind\nx,1,no\n", 1),
            "line 2, column `width`: ",
        ),
    ] {
        let path = folder.join(name);
        fs::write(&path, contents).unwrap();
        fail(folder, &path, "evaluate", 2, &[wanted]);
    }
    let classes = folder.join("classes.csv");
    let import = "import out/model.safetensors --out imported";
    fail(folder, &classes, import, 2, &["--data: classes.csv: the targets are maybe, no"]);
    fail(folder, &table, "evaluate --test-split 0.9", 2, &["would test on samples that the model was trained on"]);
    let model_file = fs::read(folder.join("out/model.safetensors")).unwrap();
    fail(folder, &table, "train --out out --weights out/model.safetensors", 2, &["which ends in .rs"]);
    assert!(fs::read(folder.join("out/model.safetensors")).unwrap() == model_file);
    fail(folder, &table, "cross-validate --group height --test-split 0.5", 2, &["tests on each group in turn"]);
    fail(folder, &table, "train --out out --preset best", 2, &["--preset best: is for pictures"]);
    fail(folder, &table, "train --out out --loss huber", 2, &["--loss huber: is for regression, not binary"]);
    fail(folder, &table, "train --out out --target none", 2, &["none"]);
    fail(folder, &table, "show", 2, &["the data are numbers, not images"]);
}

/// Whatever is wrong with the version in int8, the network in f32 is written, and all say why there is no other.
#[test]
fn a_model_that_cannot_be_quantised_is_written_in_f32() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let number = |width: f32, height: f32| (1e6 * (3.0 * width - height)).to_string();
    let class = |width: f32, _: f32| if width > 0.0 { "yes".to_owned() } else { "no".to_owned() };
    let wide = folder.join("wide.csv");
    let row = |row: usize| (0..=33_155).map(|column| ((row + column) % 5).to_string()).collect::<Vec<_>>().join(",");
    let names = (0..=33_155).map(|column| format!("c{column}")).collect::<Vec<_>>().join(",");
    let rows: Vec<String> = (0..20).map(|index| format!("{},{}", row(index), index % 2)).collect();
    fs::write(&wide, format!("{names},y\n{}\n", rows.join("\n"))).unwrap();
    let small = write_table(folder, "small.csv", 100, class);
    for (table, options, wanted) in [
        (&write_table(folder, "numbers.csv", 100, number), "", "expected 9.094947e-13 to 128; divide the targets by"),
        (&small, "--optimizer sgd --learning-rate 1e12 --standardize off", "to 128; try a smaller learning rate"),
        (&wide, "", "33156 inputs of an int8 layer, at most 33155, as more could overflow its sums"),
    ] {
        // What an earlier training has left is of another network.
        train(folder, &small, "--epochs 1");
        assert!(folder.join("out/quantized.rs").exists());
        let printed = train(folder, table, &format!("--epochs 1 {options}")).replace("\n  ", " ");
        let reason = printed.split("\nno int8 version: ").nth(1).unwrap().lines().next().unwrap();
        assert!(reason.starts_with("the model cannot be quantised: ") && reason.contains(wanted), "{printed}");
        assert!(!folder.join("out/quantized.rs").exists() && folder.join("out/weights.rs").exists(), "{options}");
        let history = history(folder);
        assert_eq!((&history["int8_test"], &history["int8_error"]), (&Value::Null, &reason.into()));
        let page = fs::read_to_string(folder.join("out/report.html")).unwrap();
        assert!(page.contains(&format!("<p>There is none: {reason}.</p>")) && !page.contains("quantized.rs"));
        let printed = succeed(folder, table, "evaluate --json");
        assert!(printed.contains(&format!(r#"{{"event":"int8","error":"{reason}"}}"#)), "{printed}");
        let import = "import out/model.safetensors --out imported --loss";
        let printed = succeed(folder, table, &format!("{import} {}", history["recipe"]["loss"].as_str().unwrap()));
        assert!(printed.contains("no int8 version: ") && !folder.join("imported/quantized.rs").exists(), "{printed}");
        fail(folder, table, "export --format tflite-int8", 2, &["cannot be quantised: "]);
        fail(folder, table, "export --format c-int8", 2, &["cannot be quantised: "]);
        succeed(folder, table, "export --format c");
    }
}

#[test]
fn all_samples_are_tested_of_data_that_the_model_was_not_trained_on() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let number = |width: f32, height: f32| (3.0 * width - height).to_string();
    let table = write_table(folder, "things.csv", 100, number);
    write_table(folder, "copy.csv", 100, number);
    write_table(folder, "other.csv", 120, number);
    for (training, data, options, samples, all_tested) in [
        ("", "things.csv", "", 20, false),
        ("", "copy.csv", "", 20, false),
        ("", "other.csv", "", 120, true),
        ("", "other.csv", "--test-split 0.5", 60, false),
        ("--test-split 0.3", "copy.csv", "", 30, false),
        ("--test-split 0.3", "other.csv", "", 120, true),
    ] {
        train(folder, &table, &format!("--epochs 1 {training}"));
        let data = folder.join(data);
        let printed = succeed(folder, &data, &format!("evaluate --json {options}"));
        let start: Value = serde_json::from_str(printed.lines().next().unwrap()).unwrap();
        let found = (&start["test_samples"], &start["all_tested"]);
        assert_eq!(found, (&samples.into(), &all_tested.into()), "{training} {options}: {start}");
        let printed = succeed(folder, &data, &format!("evaluate {options}"));
        let printed = printed.split_whitespace().collect::<Vec<_>>().join(" ");
        let wanted = if all_tested {
            format!("on all {samples} samples of ")
        } else {
            format!("on the {samples} test samples of ")
        };
        assert!(printed.contains(&wanted), "{printed} does not say {wanted}");
        if options.is_empty() {
            // Before it connects to a device.
            let line = "device --port tcp:127.0.0.1:1 evaluate --learned 0..9999 --weights out/model.safetensors";
            fail(folder, &data, line, 2, &[&format!("the data set has {samples} test samples")]);
        }
    }
}
