//! Time series and groups: windows, and cross-validation that leaves one group out at a time.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use dense_core::Random;
use serde_json::Value;

use super::{fail, files, history, model, succeed, train};

const GROUPS: [&str; 4] = ["ada", "bob", "cyd", "dan"];

/// Writes a table in which the class depends on one feature, whoever it was measured on.
fn write_table(path: &Path) {
    let mut random = Random::new(5, 5);
    let mut text = "x,noise,who,state\n".to_owned();
    for row in 0..200 {
        let [x, noise] = [(); 2].map(|()| 2.0 * random.uniform() - 1.0);
        writeln!(text, "{x},{noise},{},{}", GROUPS[row % 4], if x > 0.0 { "on" } else { "off" }).unwrap();
    }
    fs::write(path, text).unwrap();
}

#[test]
fn each_group_is_left_out_once() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let table = folder.join("table.csv");
    write_table(&table);
    let line = "cross-validate --group who --epochs 30 --learning-rate 0.02 --out out";
    let mut results = Vec::new();
    for jobs in [1, 3] {
        let printed = succeed(folder, &table, &format!("{line} --jobs {jobs}"));
        assert!(GROUPS.iter().all(|group| printed.contains(group)), "{printed}");
        assert_eq!(files(&folder.join("out")), ["cross-validation.html", "cross-validation.json"]);
        results.push(fs::read_to_string(folder.join("out/cross-validation.json")).unwrap());
    }
    assert_eq!(results[0], results[1], "the number of jobs changes nothing");
    let result: Value = serde_json::from_str(&results[0]).unwrap();
    let groups = result["groups"].as_array().unwrap();
    assert_eq!(groups.len(), 4);

    let printed = succeed(folder, &table, &format!("{line} --json"));
    let events: Vec<Value> = printed.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let tested: Vec<&Value> = events.iter().filter(|event| event["event"] == "group").collect();
    assert_eq!(tested.len(), 4);
    for event in tested {
        assert_eq!(event["samples"], 50);
        assert!(event["accuracy"].as_f64().unwrap() > 0.8, "{event}");
        // As `train` tests on that group.
        let name = event["name"].as_str().unwrap();
        let options = format!("--group who --test-groups {name} --epochs 30 --learning-rate 0.02");
        train(folder, &table, &options);
        assert_eq!(history(folder)["test_samples"], 50);
    }
    let summary = events.iter().find(|event| event["event"] == "cross_validation").unwrap();
    let summed = [&summary["groups"], &summary["mean"], &summary["standard_deviation"]];
    assert_eq!(summed, [&4.into(), &result["mean"], &result["standard_deviation"]]);
    fail(folder, &table, "cross-validate --out out", 2, &["--group"]);
    fail(folder, &table, "train --out out --group who --test-groups eve", 2, &["no group `eve`; there are ada, bob"]);
}

/// A model knows its groups, be it trained or imported, by options or by the `dataset.json` of a folder.
#[test]
fn predicted_windows_cross_no_border_of_a_group() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let rows: String =
        (0..80).map(|row| format!("{},{},{}\n", row % 7, row / 10, ["on", "off"][row / 20 % 2])).collect();
    fs::create_dir(folder.join("series")).unwrap();
    let table = folder.join("series/series.csv");
    fs::write(&table, format!("x,who,state\n{rows}")).unwrap();
    fs::write(folder.join("series/dataset.json"), r#"{"file": "series.csv", "group": "who", "window": 4}"#).unwrap();
    // A window that crosses from one person to the other would begin in line 10.
    fs::write(folder.join("new.csv"), format!("x,who\n{}", "1,ann\n".repeat(10) + &"2,bob\n".repeat(10))).unwrap();
    for (data, options) in [(table.clone(), "--group who --window 4"), (folder.join("series"), "")] {
        train(folder, &data, &format!("--epochs 1 {options}"));
        succeed(folder, &data, &format!("import out/model.safetensors --out imported {options}"));
        for model in ["out", "imported"] {
            let model = format!("{model}/model.safetensors");
            let output = Command::new(env!("CARGO_BIN_EXE_host-trainer"))
                .current_dir(folder)
                .args(["predict", "new.csv", "--json", "--weights", &model])
                .output()
                .unwrap();
            let printed = String::from_utf8(output.stdout).unwrap();
            let lines = printed.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["line"].clone());
            assert_eq!(lines.collect::<Vec<_>>(), [2, 6, 12, 16], "{model} {options}");
        }
    }
}

/// The recordings of the repository, by the options in their folder; one epoch says that all fits together.
#[test]
fn the_watch_is_trained_by_its_folder_alone() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/watch");
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let printed = train(folder, &data, "--hidden 32 --epochs 1 --train-stride 100 --test-groups 9,10");
    assert!(printed.contains("task: multi-class classification, 7 classes\n"), "{printed}");
    let model = model(folder);
    assert_eq!(model.description(), "Flatten(25, 6) -> Dense(32, relu) -> Dense(7, softmax)");
    assert_eq!((model.input.width(), model.layers.len()), (150, 2));
    let weights = fs::read_to_string(folder.join("out/weights.rs")).unwrap();
    assert!(weights.contains("Hidden<150, 32, Relu, Output<32, 7, "), "{}", &weights[..1500]);
    let tested = succeed(folder, &data, "evaluate --test-groups 9,10 --verbose 2");
    let result = |text: &str| {
        let line = text.lines().find(|line| line.contains(" - loss: ") && !line.starts_with("Epoch")).unwrap();
        line.rsplit_once(" - ").unwrap().0.to_owned()
    };
    assert_eq!(result(&tested), result(&printed));
}
