//! Models of any shape: what is shown and written, and that it reads back.

use std::fs;
use std::path::Path;
use std::process::Command;

use dense_core::Kernel;
use formats::{Int8Layer, Output};
use host_trainer::data::Inputs;
use safetensors::SafeTensors;
use training::{Network, int8};

use super::{fail, history, model, succeed, train, write_data_set};

/// A model, the lines of its summary, its description and the type of its static.
struct Case {
    options: &'static str,
    model: &'static str,
    layers: &'static [(usize, usize, &'static str)],
    summary: &'static str,
    description: &'static str,
    declaration: &'static str,
}

const CASES: [Case; 4] = [
    Case {
        options: "--model linear",
        model: "linear",
        layers: &[(784, 10, "7,850")],
        summary: "Model: \"softmax_regression\"\n",
        description: "Flatten(28, 28) -> Dense(10, softmax)",
        declaration: "\npub type Model = Output<784, 10, SparseCategoricalCrossEntropy>;\n",
    },
    Case {
        options: "--model mlp32",
        model: "mlp32",
        layers: &[(784, 32, "25,120"), (32, 10, "330")],
        summary: "Model: \"mlp32\"\n",
        description: "Flatten(28, 28) -> Dense(32, relu) -> Dense(10, softmax)",
        declaration: "\npub type Model = Hidden<784, 32, Relu, Output<32, 10, SparseCategoricalCrossEntropy>>;\n",
    },
    Case {
        options: "--model mlp128-64",
        model: "mlp128-64",
        layers: &[(784, 128, "100,480"), (128, 64, "8,256"), (64, 10, "650")],
        summary: "Model: \"mlp128-64\"\n",
        description: "Flatten(28, 28) -> Dense(128, relu) -> Dense(64, relu) -> Dense(10, softmax)",
        declaration: "\npub type Model = Hidden<784, 128, Relu, Hidden<128, 64, Relu, Output<64, 10, SparseCategoricalCrossEntropy>>>;\n",
    },
    Case {
        options: "--hidden 5 --activation tanh --loss generalized_crossentropy",
        model: "mlp5",
        layers: &[(784, 5, "3,925"), (5, 10, "60")],
        summary: "Model: \"mlp5\"\n",
        description: "Flatten(28, 28) -> Dense(5, tanh) -> Dense(10, softmax)",
        declaration: "\npub type Model = Hidden<784, 5, Tanh, Output<5, 10, GeneralizedCrossEntropy>>;\n",
    },
];

fn layer_name(before: usize) -> String {
    if before == 0 { "dense".into() } else { format!("dense_{before}") }
}

#[test]
fn every_model_is_shown_written_and_read_back() {
    for Case { options, model: name, layers, summary, description, declaration } in CASES {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let data = write_data_set(folder, 50, 20);
        let printed = train(folder, &data, &format!("{options} --epochs 2"));
        assert!(printed.contains(summary), "{printed}");
        for (before, (_, outputs, parameters)) in layers.iter().enumerate() {
            let (name, shape) = (format!("{} (Dense)", layer_name(before)), format!("(None, {outputs})"));
            let row = format!("\n│ {name:31} │ {shape:22} │ {parameters:>13} │\n");
            assert!(printed.contains(&row), "{row} is missing in\n{printed}");
        }
        assert_eq!(printed.lines().filter(|line| line.starts_with("Epoch ")).count(), 2, "{printed}");

        let recipe = &history(folder)["recipe"];
        assert_eq!(recipe["hidden"].as_array().unwrap().len(), layers.len() - 1);

        let bytes = fs::read(folder.join("out/model.safetensors")).unwrap();
        let file = SafeTensors::deserialize(&bytes).unwrap();
        assert_eq!(file.len(), 2 * layers.len());
        for (before, &(inputs, outputs, _)) in layers.iter().enumerate() {
            let shape = |tensor| file.tensor(&format!("{}.{tensor}", layer_name(before))).unwrap().shape().to_vec();
            assert_eq!((shape("kernel"), shape("bias")), (vec![outputs, inputs], vec![outputs]));
        }
        assert_eq!(model(folder).description(), description);
        let source = fs::read_to_string(folder.join("out/weights.rs")).unwrap();
        assert!(
            source.contains(declaration) && source.contains(&format!("\n//! - model: `{description}`\n")),
            "{name}"
        );

        let loss = |printed: &str| {
            let line = printed.lines().find(|line| line.starts_with("1/1 - loss: ")).unwrap();
            line.rsplit_once(" - ").unwrap().0.to_owned()
        };
        let widths = layers.iter().fold("784".to_owned(), |text, (_, outputs, _)| format!("{text}-{outputs}"));
        for kernel in ["auto", "portable"] {
            let tested = succeed(folder, &data, &format!("evaluate --kernel {kernel}"));
            assert_eq!(loss(&tested), loss(&printed), "{kernel}");
            assert!(tested.contains(&format!(", {widths}, on ")), "{tested}");
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
            let lines = text.lines().filter(|line| line.contains("loss") || line.starts_with("int8 - accuracy: "));
            let mut lines: Vec<String> = lines.map(str::to_owned).collect();
            lines.split_off(lines.len() - 2)
        };
        assert!(super::model(folder).input.pixel_table().is_some());
        let tested = succeed(folder, &data, "evaluate");
        assert_eq!(untimed(&result(&tested)[0]), untimed(&result(&printed)[0]));
        assert_eq!(result(&tested)[1], result(&printed)[1]);
        assert_eq!(history(folder)["recipe"]["preset"], "best");
        let header = fs::read_to_string(folder.join("out/weights.rs")).unwrap();
        assert!(header.contains("\n//! - preset: best\n//! - inputs: 255 · (pixel / 255)^"), "{}", &header[..400]);
    }
}

/// A line of progress without its last field, the time.
fn untimed(line: &str) -> &str {
    line.rsplit_once(" - ").map_or(line, |(rest, _)| rest)
}

#[test]
fn a_diverging_model_says_where() {
    let folder = tempfile::tempdir().unwrap();
    let data = write_data_set(folder.path(), 50, 20);
    for Case { options, .. } in CASES {
        let line = format!("train {options} --optimizer sgd --learning-rate 3e38 --out out");
        fail(folder.path(), &data, &line, 1, &["error: training diverged at epoch 1, step"]);
        assert!(!folder.path().join("out/weights.rs").exists());
    }
}

/// Prints every number: of floats and scales the bits, weights, biases and scales of each layer in turn.
const PRINT: &str = "
#[allow(dead_code)]
mod quantized;
#[allow(dead_code)]
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
    let values = fs::read(data.join("train-images-idx3-ubyte")).unwrap().split_off(16);
    let images = Inputs::Bytes { width: 784, values };
    for (Case { options, layers, .. }, preset) in CASES.into_iter().zip(["best", "recipe", "best", "recipe"]) {
        train(folder, &data, &format!("{options} --preset {preset} --epochs 1"));
        fs::copy(folder.join("out/weights.rs"), folder.join("src/weights.rs")).unwrap();
        fs::copy(folder.join("out/quantized.rs"), folder.join("src/quantized.rs")).unwrap();
        // The layers are nested, `MODEL.next.next.layer`; in int8, the last one is a layer itself.
        let nested = |before| format!("MODEL{}", ".next".repeat(before));
        let floats = (0..layers.len()).map(|before| format!("    print(&{}.layer);\n", nested(before)));
        let int8 = (0..layers.len()).map(|before| {
            let field = if before + 1 < layers.len() { ".layer.layer" } else { "" };
            format!("    print_int8(&quantized::{}{field});\n", nested(before))
        });
        let calls: String = floats.chain(int8).collect();
        fs::write(folder.join("src/main.rs"), format!("{PRINT}{calls}}}\n")).unwrap();
        let output = Command::new(env!("CARGO"))
            .args(["run", "--quiet", "--offline"])
            .current_dir(folder)
            .env("CARGO_TARGET_DIR", Path::new(env!("CARGO_TARGET_TMPDIR")).join("generated"))
            .output()
            .unwrap();
        let complaints = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && complaints.is_empty(), "{options}: {complaints}");

        let model = model(folder);
        let mut expected = String::new();
        for value in 0..=255_u8 {
            expected +=
                &format!("{}\n", model.input.pixel_table().map_or(value, |table| table.values()[usize::from(value)]));
        }
        let numbers = model.layers.iter().flat_map(|layer| layer.weights.iter().chain(&layer.bias));
        expected.extend(numbers.map(|number| format!("{:08x}\n", number.to_bits())));
        let mut seen = images.clone();
        if let Some(table) = model.input.pixel_table() {
            seen.look_up(table);
        }
        let network = Network::new(model.layers, model.loss).unwrap();
        let quantized = int8::quantize(&network, &seen, Kernel::best()).unwrap();
        for Int8Layer { weights, bias, scale, .. } in &quantized.layers {
            expected.extend(weights.iter().map(|weight| format!("{weight}\n")));
            expected.extend(bias.iter().map(|bias| format!("{bias}\n")));
            expected.extend(scale.iter().map(|scale| format!("{:08x}\n", scale.to_bits())));
        }
        assert!(String::from_utf8(output.stdout).unwrap() == expected, "{options}: other numbers");
    }
}

#[test]
fn a_name_that_a_terminal_would_obey_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let data = write_data_set(folder, 50, 20);
    train(folder, &data, "--epochs 1");
    let mut evil = model(folder);
    let Output::Classes { names } = &mut evil.output else { panic!("classes") };
    names[3] = "\x1b[2J\u{202e}Bag".into();
    fs::write(folder.join("evil"), formats::safetensors::to_safetensors(&evil).unwrap()).unwrap();
    let wanted = "evil: control characters in the name `\\u{1b}[2J\\u{202e}Bag`";
    for line in ["evaluate --weights evil", "import evil --out out/other"] {
        fail(folder, &data, line, 2, &[wanted]);
    }
}

/// Options that only the training was given are not what contradicts other data.
#[test]
fn data_of_another_kind_are_refused_for_what_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let images = write_data_set(folder, 50, 20);
    let photos = folder.join("photos");
    for (class, grey) in [("dark", 60), ("light", 200)] {
        fs::create_dir_all(photos.join(class)).unwrap();
        for picture in 0..10 {
            let inside = |pixel| (5..10 + picture / 2).contains(&(pixel % 20)) && (5..15).contains(&(pixel / 20));
            let pixels: Vec<u8> = (0..400).map(|pixel| if inside(pixel) { grey } else { 0 }).collect();
            let path = photos.join(format!("{class}/{picture}.png"));
            image::save_buffer(path, &pixels, 20, 20, image::ExtendedColorType::L8).unwrap();
        }
    }
    let table = folder.join("table.csv");
    let rows: String = (0..40).map(|row| format!("{},{},{row}\n", row % 2, row % 7)).collect();
    fs::write(&table, format!("y,a,b\n{rows}")).unwrap();
    let cases = [
        (&photos, "--size 20x24", &images, "", "pictures of 28 x 28 pixels, but the model takes 20 x 24 pixels"),
        (&photos, "--size 20x24", &table, "", "samples are numbers, but the model takes pictures"),
        (&photos, "--size 20x24", &images, "--size 20x24", "--size does not apply to"),
        (&table, "--target y", &images, "", "samples are pictures, but the model takes numbers"),
    ];
    for (data, training, other, options, wanted) in cases {
        train(folder, data, &format!("--epochs 1 {training}"));
        fail(folder, other, &format!("evaluate {options}"), 2, &[wanted]);
    }
}
