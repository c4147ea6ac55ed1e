//! Tests of the output files of a training, and of `evaluate` on them.

use std::fs;
use std::path::Path;
use std::process::Command;

use formats::{Output, Provenance};
use safetensors::{Dtype, SafeTensors};
use serde_json::{Value, json};

use super::{fashion_mnist, files, history, model, succeed, train, write_data_set};

/// The line of a test result, without its time.
fn evaluation_line(printed: &str) -> String {
    let line = printed.lines().find(|line| line.contains("/313 - loss: ")).unwrap();
    let (line, seconds) = line.rsplit_once(" - ").unwrap();
    assert!(seconds.ends_with('s'), "{printed}");
    line.to_owned()
}

/// The line of the result in int8.
fn int8_line(printed: &str) -> &str {
    printed.lines().find(|line| line.starts_with("int8 - accuracy: ")).unwrap()
}

#[test]
fn evaluate_finds_what_training_found() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let printed = train(folder, &fashion_mnist(), "--limit 1000 --epochs 2");
    let (trained, int8) = (evaluation_line(&printed), int8_line(&printed));
    let result = printed.lines().rev().nth(2).unwrap();
    assert!(result.starts_with("test accuracy "), "{printed}");
    for options in
        ["", "--weights out/model.safetensors --verbose 2", "--weights out/model.safetensors --kernel portable"]
    {
        let printed = succeed(folder, &fashion_mnist(), &format!("evaluate {options}"));
        assert_eq!(evaluation_line(&printed), trained, "{options}");
        assert_eq!(int8_line(&printed), int8, "{options}");
        assert_eq!(printed.lines().rev().nth(1), Some(result), "{options}");
        let classes = printed.contains("\nlabel  class          different  right in f32  right in int8\n");
        assert_eq!(classes, options.contains("--verbose 2"), "{printed}");
    }
}

/// Trains with none of the defaults.
fn train_otherwise(folder: &Path) {
    let data = write_data_set(folder, 50, 20);
    let options = "--optimizer sgd --learning-rate 0.1 --learning-rate-schedule cosine --batch-size 7 --limit 48 --epochs 3 \
                   --seed 18446744073709551615 --threads 64 --kernel portable";
    train(folder, &data, options);
}

fn is_metrics(value: &Value, keys: &[&str]) -> bool {
    let object = value.as_object().unwrap();
    let loss = value["loss"].as_f64().unwrap();
    let accuracy = value["accuracy"].as_f64().unwrap();
    object.keys().eq(keys) && loss > 0.0 && loss.is_finite() && (0.0..=1.0).contains(&accuracy)
}

#[test]
fn history_is_as_documented() {
    let folder = tempfile::tempdir().unwrap();
    train_otherwise(folder.path());
    let mut history = history(folder.path());
    let history = history.as_object_mut().unwrap();

    let epochs = history.remove("epochs").unwrap();
    let epochs = epochs.as_array().unwrap();
    assert_eq!(epochs.len(), 3);
    let mut seconds = 0.0;
    for epoch in epochs {
        assert!(is_metrics(epoch, &["accuracy", "loss", "seconds", "test_accuracy", "test_loss"]), "{epoch}");
        seconds += epoch["seconds"].as_f64().unwrap();
    }
    let test = history.remove("test").unwrap();
    assert!(is_metrics(&test, &["accuracy", "loss"]), "{test}");
    let int8 = history.remove("int8_test").unwrap();
    assert!((0.0..=1.0).contains(&int8["accuracy"].as_f64().unwrap()), "{int8}");
    assert_eq!(epochs[2]["test_loss"], test["loss"]);
    assert_eq!(history.remove("fit_seconds").unwrap().as_f64().unwrap(), seconds);
    assert!(seconds > 0.0);
    let Provenance::Trained { data_checksum, .. } = model(folder.path()).provenance else { panic!("not trained") };
    let settings = json!({
        "best_epoch": null,
        "widths": [784, 10],
        "parameters": 7_850,
        "data_set": "data",
        "data_checksum": data_checksum,
        "samples": 48,
        "validation_samples": 0,
        "test_samples": 20,
        "recipe": {
            "preset": "recipe",
            "hidden": [],
            "activation": "relu",
            "loss": "sparse_categorical_crossentropy",
            "optimizer":
                { "name": "sgd", "learning_rate": 0.1, "momentum": 0.0, "nesterov": false, "weight_decay": 0.0 },
            "schedule": "cosine",
            "batch_size": 7,
            "epochs": 3,
            "seed": u64::MAX,
            "pixel_exponent": 1.0,
            "shift": 0,
        },
        "threads": 64,
        "kernel": "portable",
    });
    assert_eq!(Value::Object(history.clone()), settings);
}

#[test]
fn the_model_file_describes_itself() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    train_otherwise(folder);
    let bytes = fs::read(folder.join("out/model.safetensors")).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let mut tensors: Vec<_> =
        file.tensors().into_iter().map(|(name, tensor)| (name, tensor.dtype(), tensor.shape().to_vec())).collect();
    tensors.sort_by(|one, other| one.0.cmp(&other.0));
    let expected = [("dense.bias", vec![10]), ("dense.kernel", vec![10, 784])];
    assert_eq!(tensors, expected.map(|(name, shape)| (name.to_owned(), Dtype::F32, shape)));

    let layer = &model(folder).layers[0];
    let numbers = |name| {
        let (numbers, rest) = file.tensor(name).unwrap().data().as_chunks();
        assert!(rest.is_empty());
        numbers.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect::<Vec<_>>()
    };
    assert_eq!(numbers("dense.kernel"), layer.weights);
    assert_eq!(numbers("dense.bias"), layer.bias);
    assert!(numbers("dense.bias").iter().all(|&bias| bias != 0.0 && bias.is_finite()));

    let (_, metadata) = SafeTensors::read_metadata(&bytes).unwrap();
    let text: Value = serde_json::from_str(&metadata.metadata().as_ref().unwrap()["model"]).unwrap();
    assert_eq!(text["format"], "host-trainer/2");
    assert_eq!(text["layers"], json!([{ "inputs": 784, "units": 10, "activation": "linear" }]));
    let names: Vec<String> = (0..10).map(|class| class.to_string()).collect();
    assert_eq!(model(folder).output, Output::Classes { names });
    assert_eq!(text["provenance"].to_string().matches("\"data_set\":\"data\"").count(), 1, "{text}");
    assert_eq!(text["test"], history(folder)["test"]);
}

#[test]
fn the_picture_shows_the_first_images() {
    for (limit, height) in [(1, 128), (5, 248), (50, 368)] {
        let folder = tempfile::tempdir().unwrap();
        let data = write_data_set(folder.path(), 50, 20);
        train(folder.path(), &data, &format!("--epochs 1 --limit {limit}"));
        let picture = image::open(folder.path().join("out/images.png")).unwrap();
        let greys = picture.as_luma8().expect("greys of 8 bits");
        assert_eq!(greys.dimensions(), (368, height), "{limit} images");

        let images = fs::read(data.join("train-images-idx3-ubyte")).unwrap();
        for (pixel, &grey) in images[16..16 + 784].iter().enumerate() {
            // Each pixel is 4 x 4, below and right of a border of 8.
            let (x, y) = (8 + pixel as u32 % 28 * 4, 8 + pixel as u32 / 28 * 4);
            assert_eq!(greys.get_pixel(x, y).0, [grey], "pixel {pixel}");
        }
    }
}

#[test]
fn the_report_tells_of_this_run() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let data = write_data_set(folder, 50, 20);
    let names: String = (0..10).map(|class| format!("<i>{class}</i>\n")).collect();
    fs::write(data.join("classes.txt"), names).unwrap();
    for (model, widths) in [("linear", "784-10"), ("mlp32", "784-32-10")] {
        train(folder, &data, &format!("--model {model} --epochs 3 --limit 48"));
        let page = fs::read_to_string(folder.join("out/report.html")).unwrap();
        let history = history(folder);
        let percent = |share: &Value| format!("{:.2}\u{a0}%", 100.0 * share.as_f64().unwrap());
        for text in [
            format!("<strong>{}</strong> test accuracy", percent(&history["test"]["accuracy"])),
            format!("<dd>{}</dd>", percent(&history["int8_test"]["accuracy"])),
            format!("<td>{:.4}</td>", history["epochs"][2]["loss"].as_f64().unwrap()),
            format!("<dt>network</dt><dd>{widths}</dd>"),
            "<dt>training images</dt><dd>48</dd>".into(),
            "&lt;i&gt;7&lt;/i&gt;".into(),
        ] {
            assert!(page.contains(&text), "{text} is not in the report of {model}");
        }
        assert!(!page.contains("http") && !page.contains("<i>"));
        for name in ["learning-curves.png", "confusion.png", "weights.png", "mistakes.png"] {
            let picture = image::open(folder.join("out").join(name)).unwrap();
            assert!(picture.width() > 1_000, "{name}");
        }
    }
}

#[test]
fn a_training_leaves_these_files() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let data = write_data_set(folder, 50, 20);
    train(folder, &data, "--epochs 1");
    assert_eq!(files(folder), ["data", "out"], "nothing is written elsewhere");
    let wanted = [
        "checkpoint.safetensors",
        "confusion.png",
        "history.json",
        "images.png",
        "learning-curves.png",
        "mistakes.png",
        "model.safetensors",
        "quantized.rs",
        "report.html",
        "weights.png",
        "weights.rs",
    ];
    assert_eq!(files(&folder.join("out")), wanted);
    let before = fs::read(folder.join("out/weights.rs")).unwrap();
    train(folder, &data, "--epochs 1 --weights elsewhere/mine.rs --seed 1");
    assert_eq!(fs::read(folder.join("out/weights.rs")).unwrap(), before, "--weights goes elsewhere");
    assert!(fs::read(folder.join("elsewhere/mine.rs")).unwrap() != before);
}

/// The default paths are those of the workspace that Cargo names, and so are the firmware's weights.
#[test]
fn only_install_writes_into_the_firmware_and_never_over_a_foreign_file() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let data = write_data_set(folder, 50, 20);
    let workspace = folder.join("workspace");
    fs::create_dir_all(workspace.join("firmware/weights")).unwrap();
    let firmware = workspace.join("firmware/weights/weights.rs");
    let train = |options: &str| {
        let output = Command::new(env!("CARGO_BIN_EXE_host-trainer"))
            .current_dir(folder)
            .env("CARGO_MANIFEST_DIR", workspace.join("host-trainer"))
            .args(["train", "--epochs", "1", "--data"])
            .arg(&data)
            .args(options.split_whitespace())
            .output()
            .unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    assert_eq!(train(""), (Some(0), String::new()));
    assert!(workspace.join("out/weights.rs").exists() && !firmware.exists());
    assert_eq!(train("--install"), (Some(0), String::new()));
    let installed = fs::read(&firmware).unwrap();
    assert_eq!(installed, fs::read(workspace.join("out/weights.rs")).unwrap());
    assert_eq!(train("--seed 1"), (Some(0), String::new()));
    assert_eq!(fs::read(&firmware).unwrap(), installed);
    // That of another program, once there, stays.
    fs::write(&firmware, "pub static MINE: u8 = 0;\n").unwrap();
    let (code, complaint) = train("--install");
    assert_eq!(code, Some(2), "{complaint}");
    assert!(complaint.contains("firmware/weights/weights.rs is there already and is not"), "{complaint}");
    assert_eq!(fs::read(&firmware).unwrap(), b"pub static MINE: u8 = 0;\n");
    assert_eq!(train("--install --force"), (Some(0), String::new()));
    assert_eq!(fs::read(&firmware).unwrap(), fs::read(workspace.join("out/weights.rs")).unwrap());
}
