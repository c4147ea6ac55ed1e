//! `--json`: every line is an event, and all that is in it is documented.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use super::{fashion_mnist, run, succeed, train, write_data_set};

const DOCUMENTATION: &str = include_str!("../../../docs/json.md");
/// Members of a recipe, which the documentation names as one.
const RECIPE: [&str; 14] = [
    "preset",
    "hidden",
    "activation",
    "loss",
    "optimizer",
    "schedule",
    "batch_size",
    "epochs",
    "seed",
    "pixel_exponent",
    "shift",
    "smallest_deviation",
    "validation_split",
    "early_stopping",
];

/// The events of a command, whose kinds are these, equal ones that follow each other counted once.
fn events(printed: &str, kinds: &[&str]) -> Vec<Value> {
    let events: Vec<Value> = printed.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let mut found: Vec<&str> = events.iter().map(|event| event["event"].as_str().unwrap()).collect();
    for (event, kind) in events.iter().zip(&found) {
        let row = DOCUMENTATION.lines().find(|line| line.starts_with(&format!("| `{kind}` |")));
        let row = row.unwrap_or_else(|| panic!("{kind} is not documented"));
        for name in event.as_object().unwrap().keys().filter(|name| *name != "event") {
            let is_documented = row.contains(&format!("`{name}`")) || RECIPE.contains(&name.as_str());
            let is_metric = matches!(name.as_str(), "loss" | "accuracy" | "val_accuracy" | "val_loss")
                || matches!(name.as_str(), "test_accuracy" | "test_loss");
            assert!(is_documented || is_metric, "{name} of {kind} is not documented");
        }
    }
    found.dedup();
    assert_eq!(found, kinds, "{printed}");
    events
}

#[test]
fn each_command_has_json() {
    let help = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_host-trainer")).args(arguments).arg("--help").output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let commands = help(&[]).split("Commands:\n").nth(1).unwrap().split("\n\n").next().unwrap().to_owned();
    // Other lines go on with a description.
    let names = commands.lines().filter(|line| !line.starts_with("   "));
    let names: Vec<&str> = names.filter_map(|line| line.split_whitespace().next()).collect();
    assert!(names.len() > 12 && names.contains(&"adapt"), "{names:?}");
    for name in names.into_iter().filter(|name| !["completions", "help"].contains(name)) {
        assert!(help(&[name]).contains("--json"), "{name}");
    }
}

#[test]
fn all_commands_speak_in_documented_events() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let data = write_data_set(folder, 60, 20);
    let printed = train(folder, &data, "--epochs 2 --validation-split 0.2 --early-stopping 5 --json");
    let trained = events(&printed, &["start", "epoch", "best_weights_restored", "test", "int8", "written"]);
    let test = &trained[4];
    let [low, accuracy, high] = [&test["accuracy_interval"][0], &test["accuracy"], &test["accuracy_interval"][1]]
        .map(|number| number.as_f64().unwrap());
    assert!(low < accuracy && accuracy < high, "{test}");

    let line = "sweep --learning-rates 0.01,0.1 --batch-sizes 8 --seeds 2 --epochs 1 --out swept --json";
    let swept = events(&succeed(folder, &data, line), &["start", "trial", "written", "best"]);
    assert_eq!((&swept[0]["command"], &swept[0]["trials"], swept.len()), (&"sweep".into(), &4.into(), 8));
    let command = swept[7]["command"].as_str().unwrap();
    assert!(command.contains(" train --learning-rate 0.") && !command.contains("--json"), "{command}");

    let exported = events(&succeed(folder, &data, "export --format npz --json"), &["written"]);
    assert_eq!(exported[0]["path"], "out/weights.npz");
    let line = "import out/weights.npz --loss sparse_categorical_crossentropy --out imported --json";
    let imported = events(&succeed(folder, &data, line), &["start", "test", "int8", "written"]);
    assert_eq!(imported[0]["description"], "Flatten(28, 28) -> Dense(10, softmax)");
    assert_eq!(imported[1]["accuracy"], test["accuracy"]);

    let shown = events(&succeed(folder, &fashion_mnist(), "show --label Bag --count 2 --json"), &["image"]);
    assert_eq!((&shown[1]["class"], &shown[1]["name"]), (&8.into(), &"Bag".into()));

    let table = folder.join("table.csv");
    let rows: String = (0..40).map(|row| format!("{},{},{}\n", row % 7, ["a", "b"][row % 2], row % 3)).collect();
    fs::write(&table, format!("x,who,y\n{rows}")).unwrap();
    let line = "cross-validate --group who --epochs 1 --out groups --json";
    let validated = events(&succeed(folder, &table, line), &["start", "group", "cross_validation", "written"]);
    assert_eq!(validated[0]["groups"], json!(["a", "b"]));
}

#[test]
fn a_folder_of_pictures_is_packed_in_events() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    for (class, grey) in [("dark", 40), ("light", 200)] {
        fs::create_dir_all(folder.join("photos").join(class)).unwrap();
        for number in 0..5_u8 {
            let path = folder.join("photos").join(class).join(format!("{number}.png"));
            let mut pixels = [0; 784];
            pixels[28 * 10..28 * 18].fill(grey + number);
            image::save_buffer(path, &pixels, 28, 28, image::ExtendedColorType::L8).unwrap();
        }
    }
    let program = |line: &str| {
        let program = env!("CARGO_BIN_EXE_host-trainer");
        std::process::Command::new(program).current_dir(folder).args(line.split_whitespace()).output().unwrap()
    };
    let output = program("pack photos --json");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let packed = events(&String::from_utf8(output.stdout).unwrap(), &["packed", "written"]);
    assert_eq!((&packed[0]["pictures"], &packed[0]["names"]), (&10.into(), &json!(["dark", "light"])));
    assert_eq!((&packed[0]["train_samples"], &packed[0]["test_samples"]), (&json!([4, 4]), &json!([1, 1])));

    fs::write(folder.join("photos/dark/9.png"), "no picture").unwrap();
    let output = program("train --data photos --out out");
    let complaint = String::from_utf8(output.stderr).unwrap();
    assert!(complaint.contains("`pack --skip-bad` makes a data set without them"), "{complaint}");
}

#[test]
fn options_without_effect_are_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let data = write_data_set(folder, 60, 20);
    train(folder, &data, "--epochs 1");
    let table = folder.join("table.csv");
    let rows: String = (0..40).map(|row| format!("{row},{}\n", 3 * row)).collect();
    fs::write(&table, format!("x,y\n{rows}")).unwrap();
    succeed(folder, &table, "train --task regression --epochs 1 --out numbers");
    let refused = |line: &str, wanted: &str| {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_host-trainer"))
            .current_dir(folder)
            .env_remove("CARGO_MANIFEST_DIR")
            .args(line.split_whitespace())
            .output()
            .unwrap();
        let complaint = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{line}: {complaint}");
        assert!(complaint.contains(wanted), "{line}: {complaint}");
    };
    for option in ["--margin 4", "--invert always", "--top 2", "--show", "--png x.png"] {
        let name = option.split(' ').next().unwrap();
        let line = format!("predict table.csv --weights numbers/model.safetensors {option}");
        refused(&line, &format!("error: {name} is for pictures"));
    }
    for (line, wanted) in [
        ("predict x.png --force", "--png <FILE>"),
        ("show --force", "--png <FILE>"),
        ("export --format onnx --prefix boots", "--prefix: only with --format c or c-int8"),
        (
            "import out/model.safetensors --out new --target y",
            "--target: says how to load data, but there is no --data",
        ),
        ("import out/model.safetensors --out new --size 8x8", "--size: says how to load data, but there is no --data"),
        ("train --data data --out data", "--out data: a folder of a data set"),
        ("train --data table.csv --out data", "--out data: a folder of a data set"),
        ("sweep --data data --out data/swept", "--out data/swept: a folder of a data set"),
        ("train --data . --out new", "holds data sets, and is none: --data ./data"),
    ] {
        if line.contains("data/swept") {
            fs::create_dir(folder.join("data/swept")).unwrap();
        }
        refused(line, wanted);
    }
}

#[test]
fn a_model_whose_data_have_changed_is_tested_with_a_warning() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let data = write_data_set(folder, 60, 20);
    for options in ["", "--validation-split 0.3", "--limit 50"] {
        train(folder, &data, &format!("--epochs 1 {options}"));
        // Complains about nothing.
        succeed(folder, &data, "evaluate");
        change_a_label(&data);
        let output = run(folder, &data, "evaluate");
        let complaint = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{complaint}");
        assert!(complaint.starts_with("warning: data: the training samples are others than"), "{options}: {complaint}");
    }
}

/// Gives the first training sample another label.
fn change_a_label(data: &Path) {
    let path = data.join("train-labels-idx1-ubyte");
    let mut bytes = fs::read(&path).unwrap();
    bytes[8] = (bytes[8] + 1) % 10;
    fs::write(path, bytes).unwrap();
}
