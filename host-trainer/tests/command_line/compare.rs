//! Trainings beside each other, and models described.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

use super::{files, history, succeed, train, write_data_set};

/// Runs a line that takes no data.
fn run(folder: &Path, line: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_host-trainer"))
        .current_dir(folder)
        .env_remove("CARGO_MANIFEST_DIR")
        .env_remove("COLUMNS")
        .env("NO_COLOR", "1")
        .args(line.split_whitespace())
        .output()
        .unwrap()
}

fn printed(folder: &Path, line: &str) -> String {
    let output = run(folder, line);
    assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn events(printed: &str) -> Vec<Value> {
    printed.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn runs_are_compared_by_what_tells_them_apart() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let data = write_data_set(folder, 60, 20);
    train(folder, &data, "--epochs 3");
    let accuracy = history(folder)["test"]["accuracy"].clone();
    fs::rename(folder.join("out"), folder.join("linear")).unwrap();
    succeed(folder, &data, "train --out hidden --epochs 2 --hidden 8 --validation-split 0.2 --early-stopping 1");

    let text = printed(folder, "compare linear hidden --out compared");
    for wanted in [
        "test accuracy",
        " (",
        "784-10",
        "784-8-10",
        "validation",
        "early stopping",
        "7,850",
        "best test accuracy",
        "last of 3",
    ] {
        assert!(text.contains(wanted), "{wanted:?} is not in\n{text}");
    }
    // The same in both, so no column.
    assert!(!text.contains("optimizer") && !text.contains("batch size"), "{text}");
    // The same data, of which one held back a part.
    assert!(!text.contains("note: "), "{text}");
    assert_eq!(files(&folder.join("compared")), ["comparison.html", "comparison.png"]);
    let page = fs::read_to_string(folder.join("compared/comparison.html")).unwrap();
    assert!(page.contains("784-8-10") && page.contains("line blue") && page.contains("line orange"), "{page}");
    let picture = image::open(folder.join("compared/comparison.png")).unwrap();
    assert!(picture.width() > 700);

    let found = events(&printed(folder, "compare linear hidden/history.json --out compared --json"));
    let kinds: Vec<&str> = found.iter().map(|event| event["event"].as_str().unwrap()).collect();
    assert_eq!(kinds[..3], ["start", "run", "run"]);
    assert_eq!(kinds[kinds.len() - 2..], ["written", "written"]);
    assert_eq!(found[1]["accuracy"], accuracy);
    assert_eq!((&found[1]["run"], &found[2]["run"]), (&"linear".into(), &"hidden/history.json".into()));
    assert_eq!((&found[1]["best_epoch"], &found[1]["parameters"]), (&Value::Null, &7_850.into()));
    assert_eq!(found[2]["differences"]["early stopping"], "patience of 1 epochs");
    assert!(found[1]["accuracy_interval"][0].as_f64() < accuracy.as_f64());
}

#[test]
fn other_data_are_compared_and_that_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let data = write_data_set(folder, 60, 20);
    succeed(folder, &data, "train --epochs 1 --out pictures");
    let table = folder.join("table.csv");
    let rows: String = (0..60).map(|row| format!("{row},{}\n", 3 * row + 1)).collect();
    fs::write(&table, format!("x,y\n{rows}")).unwrap();
    succeed(folder, &table, "train --epochs 1 --task regression --out numbers");
    let text = printed(folder, "compare pictures numbers --out compared");
    for wanted in ["note: the tasks differ: pictures multiclass, numbers regression", "note: the data sets differ", "–"]
    {
        assert!(text.contains(wanted), "{wanted:?} is not in\n{text}");
    }
    assert!(!text.contains("best test"), "{text}");
    let cautions = events(&printed(folder, "compare pictures numbers --out compared --json"));
    assert!(cautions.iter().any(|event| event["event"] == "caution"));

    fs::write(folder.join("other.json"), "{\"epochs\": []}").unwrap();
    fs::create_dir(folder.join("empty")).unwrap();
    for (line, wanted) in [
        ("compare pictures", "2 values required"),
        ("compare pictures none", "error: none: no such file or folder"),
        ("compare pictures empty", "error: empty: holds no history.json"),
        ("compare pictures other.json", "error: other.json: not a history.json of `train`: missing field"),
        ("compare pictures numbers pictures/", "pictures/: is given twice"),
    ] {
        let output = run(folder, &format!("{line} --out failed"));
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{line}");
        assert!(complaint.contains(wanted), "{line}: {complaint}");
        assert!(!folder.join("failed").exists());
    }
}

#[test]
fn a_model_is_described_with_the_boards_that_it_fits() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let data = write_data_set(folder, 60, 20);
    train(folder, &data, "--epochs 1");
    let text = printed(folder, "show out/model.safetensors");
    for wanted in ["Flatten(28, 28) -> Dense(10, softmax)", "parameters  7,850", "STM32F405", "micro:bit    in int8 "] {
        assert!(text.contains(wanted), "{wanted:?} is not in\n{text}");
    }
    let found = events(&printed(folder, "show out/model.safetensors --json"));
    assert_eq!((found.len(), &found[0]["event"]), (1, &"model".into()));
    assert_eq!(found[0]["widths"], serde_json::json!([784, 10]));
    assert_eq!(found[0]["test"]["loss"], history(folder)["test"]["loss"]);
    let boards = found[0]["boards"].as_array().unwrap();
    let board = |name: &str| boards.iter().find(|board| board["board"] == name).unwrap();
    assert_eq!(board("STM32F405")["f32"]["fits"], true);
    assert!(board("micro:bit")["f32"].is_null());
    let time = board("STM32F405")["f32"]["sgd_step"]["milliseconds"].as_f64().unwrap();
    assert!((0.1..10.0).contains(&time), "{time}");
    let output = run(folder, "show out/model.safetensors --label Bag");
    assert_eq!(output.status.code(), Some(2));
}
