//! Every model: what is shown and written, that it reads back, and what only softmax regression can do.

use std::fs;
use std::path::Path;
use std::process::Command;

use dense_core::Kernel;
use host_trainer::model_files;
use host_trainer::quantized::{QuantizedLayer, quantize};
use safetensors::SafeTensors;
use serde_json::Value;

use super::{run, succeed, train, write_data_set};

/// A model, the lines of its summary, its description and the type of its static.
struct Case {
    model: &'static str,
    layers: &'static [(usize, usize, &'static str)],
    summary: &'static str,
    description: &'static str,
    declaration: &'static str,
}

const CASES: [Case; 3] = [
    Case {
        model: "linear",
        layers: &[(784, 10, "7,850")],
        summary: "Model: \"softmax_regression\"\n",
        description: "Flatten(28, 28) -> Dense(10, softmax)",
        declaration: "\npub static MODEL: Dense<784, 10> = ",
    },
    Case {
        model: "mlp32",
        layers: &[(784, 32, "25,120"), (32, 10, "330")],
        summary: "Model: \"mlp32\"\n",
        description: "Flatten(28, 28) -> Dense(32, relu) -> Dense(10, softmax)",
        declaration: "\npub static MODEL: Hidden<784, 32, Relu, Output<32, 10, SparseCategoricalCrossEntropy>> = ",
    },
    Case {
        model: "mlp128-64",
        layers: &[(784, 128, "100,480"), (128, 64, "8,256"), (64, 10, "650")],
        summary: "Model: \"mlp128-64\"\n",
        description: "Flatten(28, 28) -> Dense(128, relu) -> Dense(64, relu) -> Dense(10, softmax)",
        declaration: "\npub static MODEL: Hidden<784, 128, Relu, Hidden<128, 64, Relu, Output<64, 10, SparseCategoricalCrossEntropy>>> = ",
    },
];

fn layer_name(before: usize) -> String {
    if before == 0 { "dense".into() } else { format!("dense_{before}") }
}

#[test]
fn every_model_is_shown_written_and_read_back() {
    for Case { model, layers, summary, description, declaration } in CASES {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let data = write_data_set(folder, 50, 20);
        let printed = train(folder, &data, &format!("--model {model} --epochs 2"));
        assert!(printed.contains(summary), "{printed}");
        for (before, (_, outputs, parameters)) in layers.iter().enumerate() {
            let (name, shape) = (format!("{} (Dense)", layer_name(before)), format!("(None, {outputs})"));
            let row = format!("\n│ {name:31} │ {shape:22} │ {parameters:>13} │\n");
            assert!(printed.contains(&row), "{row} is missing in\n{printed}");
        }
        assert_eq!(printed.lines().filter(|line| line.starts_with("Epoch ")).count(), 2, "{printed}");

        let history: Value = serde_json::from_slice(&fs::read(folder.join("out/history.json")).unwrap()).unwrap();
        assert_eq!((&history["model"], &history["threads"]), (&model.into(), &1.into()));

        let bytes = fs::read(folder.join("out/model.safetensors")).unwrap();
        let file = SafeTensors::deserialize(&bytes).unwrap();
        assert_eq!(file.len(), 2 * layers.len());
        for (before, &(inputs, outputs, _)) in layers.iter().enumerate() {
            let shape = |tensor| file.tensor(&format!("{}.{tensor}", layer_name(before))).unwrap().shape().to_vec();
            assert_eq!((shape("kernel"), shape("bias")), (vec![outputs, inputs], vec![outputs]));
        }
        let (_, metadata) = SafeTensors::read_metadata(&bytes).unwrap();
        let recipe: Value = serde_json::from_str(&metadata.metadata().as_ref().unwrap()["recipe"]).unwrap();
        assert_eq!(recipe["model"], description);
        let source = fs::read_to_string(folder.join("weights.rs")).unwrap();
        assert!(source.contains(declaration) && source.contains(&format!("\n//! - model: `{description}`\n")));

        let [rust, other] =
            ["weights.rs", "out/model.safetensors"].map(|name| model_files::load(&folder.join(name)).unwrap());
        assert!(rust == other && rust.model.name() == model);
        let loss = |printed: &str| {
            let line = printed.lines().find(|line| line.starts_with("1/1 - loss: ")).unwrap();
            line.rsplit_once(" - ").unwrap().0.to_owned()
        };
        for file in ["weights.rs", "out/model.safetensors --kernel portable"] {
            let tested = succeed(folder, &data, &format!("evaluate --weights {file}"));
            assert_eq!(loss(&tested), loss(&printed), "{file}");
            assert!(tested.contains(&format!(", {model}, on ")), "{tested}");
        }
    }
}

#[test]
fn the_best_preset_is_written_with_its_table_and_tested_through_it() {
    for model in ["linear", "mlp32"] {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let data = write_data_set(folder, 50, 20);
        let printed = train(folder, &data, &format!("--preset best --model {model} --epochs 2"));
        let result = |text: &str| {
            let lines = text.lines().filter(|line| line.contains("loss") || line.starts_with("accuracy in"));
            let mut lines: Vec<String> = lines.map(str::to_owned).collect();
            lines.split_off(lines.len() - 2)
        };
        for file in ["weights.rs", "out/model.safetensors"] {
            let weights = model_files::load(&folder.join(file)).unwrap();
            assert!(!weights.pixel_table.is_identity(), "{file}");
            let tested = succeed(folder, &data, &format!("evaluate --weights {file}"));
            assert_eq!(untimed(&result(&tested)[0]), untimed(&result(&printed)[0]), "{file}");
            assert_eq!(result(&tested)[1], result(&printed)[1], "{file}");
        }
        let history: Value = serde_json::from_slice(&fs::read(folder.join("out/history.json")).unwrap()).unwrap();
        assert_eq!(history["preset"], "best");
        let header = fs::read_to_string(folder.join("weights.rs")).unwrap();
        assert!(header.contains("\n//! - preset: best\n//! - pixels: 255 · (pixel / 255)^"), "{}", &header[..400]);
    }
}

/// What comes after the time in a line of progress.
fn untimed(line: &str) -> &str {
    line.rsplit_once(" - ").map_or(line, |(rest, _)| rest)
}

#[test]
fn hidden_layers_stay_away_from_the_firmware() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let data = write_data_set(folder, 50, 20);
    let firmware = "firmware/src/weights.rs";
    succeed(folder, &data, "--epochs 1");
    let before = fs::read(folder.join(firmware)).unwrap();
    succeed(folder, &data, "--model mlp32 --epochs 1 --out other");
    assert!(folder.join("other/weights.rs").exists(), "the default is beside the other outputs");

    for path in [firmware, "./firmware/../firmware/src/weights.rs"] {
        let line = format!("--model mlp128-64 --epochs 1 --weights {path}");
        let wanted = format!("error: --weights {path}: the firmware runs linear, not mlp128-64; choose another file\n");
        assert_refused(folder, &data, &line, &wanted);
    }
    assert_eq!(fs::read(folder.join(firmware)).unwrap(), before);
    // A fresh one is just as little for another model.
    fs::remove_file(folder.join(firmware)).unwrap();
    let line = format!("--model mlp32 --weights {firmware}");
    assert_refused(folder, &data, &line, "the firmware runs linear, not mlp32");
}

#[test]
fn only_softmax_regression_takes_threads_and_devices() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let data = write_data_set(folder, 50, 20);
    let wanted = "error: --threads 2: mlp32 trains with one thread, only linear can use more\n";
    assert_refused(folder, &data, "--model mlp32 --threads 2", wanted);
    let wanted = "error: --threads 2: --preset best trains with one thread\n";
    assert_refused(folder, &data, "--preset best --threads 2", wanted);

    train(folder, &data, "--model mlp32 --epochs 1");
    for file in ["weights.rs", "out/model.safetensors"] {
        for command in ["device --port tcp:127.0.0.1:1 evaluate", "adapt --port tcp:127.0.0.1:1"] {
            let wanted = format!("error: {file}: holds the model mlp32, wanted linear\n");
            assert_refused(folder, &data, &format!("{command} --weights {file}"), &wanted);
        }
    }
}

#[test]
fn a_diverging_model_says_where() {
    let folder = tempfile::tempdir().unwrap();
    let data = write_data_set(folder.path(), 50, 20);
    for Case { model, .. } in CASES {
        let line = format!("--model {model} --optimizer sgd --learning-rate 3e38 --out out --weights weights.rs");
        let output = run(folder.path(), &data, &line);
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{complaint}");
        assert!(complaint.starts_with("error: training diverged at epoch 1, step"), "{complaint}");
        assert!(!folder.path().join("weights.rs").exists());
    }
}

/// Runs a line that must fail as something it was given is wrong.
fn assert_refused(folder: &Path, data: &Path, line: &str, wanted: &str) {
    let output = run(folder, data, line);
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{line}\n{complaint}");
    assert!(complaint.contains(wanted), "{line} does not say {wanted:?} but\n{complaint}");
}

/// Prints every number: of floats and scales the bits, weights, biases and scales of each layer in turn.
const PRINT: &str = "
mod quantized;
mod weights;
use weights::{MODEL, PIXEL_TABLE};

fn print<const IN: usize, const OUT: usize>(layer: &dense_core::Dense<IN, OUT>) {
    layer.weights().chain(*layer.bias()).for_each(|number| println!(\"{:08x}\", number.to_bits()));
}

fn print_int8<const IN: usize, const OUT: usize>(layer: &dense_core::QuantizedDense<IN, OUT>) {
    (0..OUT).for_each(|output| (0..IN).for_each(|input| println!(\"{}\", layer.weight(output, input))));
    layer.bias().iter().for_each(|bias| println!(\"{bias}\"));
    layer.scale().iter().for_each(|scale| println!(\"{:08x}\", scale.to_bits()));
}

fn main() {
    assert_eq!(PIXEL_TABLE, quantized::PIXEL_TABLE);
    PIXEL_TABLE.values().iter().for_each(|value| println!(\"{value}\"));
";

#[test]
fn the_rust_files_compile_to_the_weights() {
    let core = Path::new(env!("CARGO_MANIFEST_DIR")).join("../core");
    let lock = Path::new(env!("CARGO_MANIFEST_DIR")).join("../Cargo.lock");
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let data = write_data_set(folder, 50, 20);
    fs::create_dir(folder.join("src")).unwrap();
    fs::copy(lock, folder.join("Cargo.lock")).unwrap();
    let manifest = format!(
        "[package]\nname = \"generated\"\nedition = \"2024\"\n\n[workspace]\n\n[dependencies]\ndense-core = {{ path = {core:?} }}\n"
    );
    fs::write(folder.join("Cargo.toml"), manifest).unwrap();
    let train_images = fs::read(data.join("train-images-idx3-ubyte")).unwrap();
    let train_images = host_trainer::idx::read_images(&train_images[..]).unwrap();
    for (Case { model, layers, .. }, preset) in CASES.into_iter().zip(["best", "recipe", "best"]) {
        train(folder, &data, &format!("--model {model} --preset {preset} --epochs 1"));
        fs::copy(folder.join("weights.rs"), folder.join("src/weights.rs")).unwrap();
        fs::copy(folder.join("out/quantized.rs"), folder.join("src/quantized.rs")).unwrap();
        // The layers are nested, `MODEL.next.next.layer`; in int8, the last one is a layer itself.
        let nested = |before| format!("MODEL{}", ".next".repeat(before));
        let floats = (0..layers.len()).map(|before| format!("    print(&{}.layer);\n", nested(before)));
        let int8 = (0..layers.len()).map(|before| {
            let field = if before + 1 < layers.len() { ".layer.layer" } else { "" };
            format!("    print_int8(&quantized::{}{field});\n", nested(before))
        });
        let calls: String = floats.chain(int8).collect();
        let calls = if model == "linear" { calls.replace("print(&MODEL.layer)", "print(&MODEL)") } else { calls };
        fs::write(folder.join("src/main.rs"), format!("{PRINT}{calls}}}\n")).unwrap();
        let output = Command::new(env!("CARGO"))
            .args(["run", "--quiet", "--offline"])
            .current_dir(folder)
            .env("CARGO_TARGET_DIR", Path::new(env!("CARGO_TARGET_TMPDIR")).join("generated"))
            .output()
            .unwrap();
        let complaints = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && complaints.is_empty(), "{model}: {complaints}");

        let weights = model_files::load(&folder.join("weights.rs")).unwrap();
        let mut expected: String = weights.pixel_table.values().iter().map(|value| format!("{value}\n")).collect();
        let numbers = weights.layers.iter().flat_map(|layer| layer.weights.iter().chain(&layer.bias));
        expected.extend(numbers.map(|number| format!("{:08x}\n", number.to_bits())));
        let mut seen = train_images.clone();
        weights.pixel_table.apply(seen.as_flattened_mut());
        let quantized = quantize(weights.model, &weights.layers, &seen, Kernel::best()).unwrap();
        for QuantizedLayer { weights, bias, scale, .. } in quantized.layers() {
            expected.extend(weights.iter().map(|weight| format!("{weight}\n")));
            expected.extend(bias.iter().map(|bias| format!("{bias}\n")));
            expected.extend(scale.iter().map(|scale| format!("{:08x}\n", scale.to_bits())));
        }
        assert!(String::from_utf8(output.stdout).unwrap() == expected, "{model}: other numbers");
    }
}
