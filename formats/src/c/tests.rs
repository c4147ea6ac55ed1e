//! Compiles the headers with the C compiler that links Rust, and compares what they compute with dense-core, bit for bit.

mod learning;

use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};

use dense_core::argmax;
use dense_core::quant::{self, LARGEST_SCALE, Multiplier, SMALLEST_SCALE};

use super::int8::{logit_scale, parts};
use super::text::string_literal;
use super::*;
use crate::fixtures::{self, all, int8};
use crate::{Input, InputScaling, Int8Network, Model, Task};

/// Flags of a strict compiler; the second time it may fuse a product and a sum where it likes.
const FLAGS: [&[&str]; 2] = [&["-std=c99", "-O2"], &["-std=gnu17", "-O3", "-march=native"]];

/// The samples of a model, as bytes of its elements.
fn samples(model: &Model) -> Vec<u8> {
    let width = model.input.width();
    match model.input {
        Input::Pixels(_) => int8::bytes(width).concat(),
        Input::Features { .. } => int8::numbers(width).concat().iter().flat_map(|value| value.to_ne_bytes()).collect(),
    }
}

/// Output of a program with these headers and this `main` for an input, as words of 32 bits.
fn run(headers: &[(&str, &str)], main: &str, flags: &[&str], input: &[u8]) -> Vec<u32> {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let mut source = String::from("#include <stdio.h>\n");
    for (name, header) in headers {
        fs::write(path(name), header).unwrap();
        source += &format!("#include \"{name}\"\n");
    }
    fs::write(path("main.c"), source + main).unwrap();
    let mut compiler = Command::new("cc");
    compiler.args(flags).args(["-Wall", "-Wextra", "-Wpedantic", "-Werror"]);
    compiler.arg(path("main.c")).arg("-o").arg(path("main")).arg("-lm");
    let compiled = compiler.output().unwrap();
    assert!(compiled.status.success(), "{}", String::from_utf8_lossy(&compiled.stderr));
    let mut child = Command::new(path("main")).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap().stdout;
    output.as_chunks().0.iter().map(|bytes| u32::from_ne_bytes(*bytes)).collect()
}

/// Prints the logits of each sample, then its class, if it has one.
fn main(model: &Model, element: &str, logit: &str, network: &str) -> String {
    let class =
        if model.loss.task() == Task::Regression { "0".into() } else { format!("model_class({network}inputs)") };
    format!(
        "
int main(void)
{{
    {element} inputs[MODEL_INPUTS];
    {logit} logits[MODEL_OUTPUTS];
    while (fread(inputs, sizeof inputs, 1, stdin) == 1) {{
        const int32_t label = {class};
        model_logits({network}inputs, logits);
        fwrite(logits, sizeof logits, 1, stdout);
        fwrite(&label, sizeof label, 1, stdout);
    }}
    return 0;
}}
"
    )
}

/// Each sample's logits and class by core, as the program prints them.
fn wanted(model: &Model) -> Vec<u32> {
    let width = model.input.width();
    let logits: Vec<Vec<f32>> = match &model.input {
        Input::Pixels(pixels) => {
            let mut samples = int8::bytes(width);
            samples.iter_mut().for_each(|row| pixels.table.iter().for_each(|table| table.apply(row)));
            samples.iter().map(|row| fixtures::logits(model, row)).collect()
        }
        Input::Features { .. } => int8::numbers(width).iter().map(|row| fixtures::logits(model, row)).collect(),
    };
    let words = logits.iter().flat_map(|logits| {
        let class = match model.loss.task() {
            Task::Multiclass => argmax(logits) as u32,
            Task::Binary => u32::from(logits[0] > 0.0),
            Task::Regression => 0,
        };
        logits.iter().map(|logit| logit.to_bits()).chain([class]).collect::<Vec<_>>()
    });
    words.collect()
}

#[test]
fn floats_have_the_same_bits() {
    for (name, model) in all() {
        let element = if matches!(model.input, Input::Pixels(_)) { "uint8_t" } else { "float" };
        for flags in FLAGS {
            for (learn, network) in [(false, ""), (true, "&MODEL_TRAINED, ")] {
                let header = to_c(&model, "model", learn).unwrap();
                let mut program = main(&model, element, "float", network);
                if learn {
                    program = format!("model_workspace unused;\n{program}");
                }
                let found = run(&[("model.h", &header)], &program, flags, &samples(&model));
                assert_eq!(found, wanted(&model), "{name} {flags:?} {learn}");
            }
        }
    }
}

#[test]
fn integers_are_the_same() {
    let standardized = |(name, model): (&'static str, Model)| {
        let network = int8::quantized(&model);
        let width = model.input.width();
        let scaling = InputScaling { mean: vec![0.25; width], scale: vec![1.5; width] };
        let with_scaling = Int8Network { standardization: Some(scaling), ..network.clone() };
        let is_pixels = matches!(model.input, Input::Pixels(_));
        let other = (!is_pixels).then(|| (name, model.clone(), with_scaling));
        [Some((name, model, network)), other].into_iter().flatten()
    };
    for (name, model, network) in all().into_iter().flat_map(standardized) {
        let header = to_c_int8(&model, &network, "model").unwrap();
        let element = if matches!(model.input, Input::Pixels(_)) { "uint8_t" } else { "float" };
        let program = main(&model, element, "int32_t", "");
        let found = run(&[("model.h", &header)], &program, FLAGS[0], &samples(&model));
        let width = model.input.width();
        let bytes: Vec<Vec<u8>> = match &model.input {
            Input::Pixels(pixels) => {
                let mut samples = int8::bytes(width);
                samples.iter_mut().for_each(|row| pixels.table.iter().for_each(|table| table.apply(row)));
                samples
            }
            Input::Features { .. } => int8::numbers(width).iter().map(|row| network.quantize_inputs(row)).collect(),
        };
        let wanted = bytes.iter().flat_map(|sample| {
            let logits = int8::fixed_logits(&network, sample);
            let class = match model.loss.task() {
                Task::Multiclass => quant::argmax(&logits) as u32,
                Task::Binary => u32::from(logits[0] > 0),
                Task::Regression => 0,
            };
            logits.into_iter().map(i32::cast_unsigned).chain([class])
        });
        assert_eq!(found, wanted.collect::<Vec<_>>(), "{name}");
    }
}

#[test]
fn inputs_become_the_bytes_that_core_makes_of_them() {
    let model = fixtures::linear_regression();
    let network = int8::quantized(&model);
    let header = to_c_int8(&model, &network, "model").unwrap();
    let step = network.input.scale();
    let values: Vec<f32> =
        (-700..700).map(|half| half as f32 * 0.5 * step).chain([f32::NAN, f32::INFINITY, -1e30]).collect();
    let program = "
int main(void)
{
    float value;
    while (fread(&value, sizeof value, 1, stdin) == 1) {
        const uint32_t byte = model_quantize(value);
        fwrite(&byte, sizeof byte, 1, stdout);
    }
    return 0;
}
";
    let input: Vec<u8> = values.iter().flat_map(|value| value.to_ne_bytes()).collect();
    let found = run(&[("model.h", &header)], program, FLAGS[0], &input);
    let wanted: Vec<u32> = values.iter().map(|&value| network.input.quantize(value).into()).collect();
    assert_eq!(found, wanted);
}

#[test]
fn two_models_share_a_program() {
    let (one, two) = (fixtures::binary(), fixtures::windows());
    let headers = [to_c(&one, "Gate", false).unwrap(), to_c(&two, "activity_2", true).unwrap()];
    assert!(headers.iter().all(|header| !header.contains("model_") && !header.contains("MODEL_")));
    let program = "
int main(void)
{
    const float gate[GATE_INPUTS] = {0};
    const float activity[ACTIVITY_2_INPUTS] = {0};
    const int32_t classes[2] = {gate_class(gate), activity_2_class(&ACTIVITY_2_TRAINED, activity)};
    fwrite(classes, sizeof classes, 1, stdout);
    return 0;
}
";
    let found = run(&[("gate.h", &headers[0]), ("activity.h", &headers[1])], program, FLAGS[0], &[]);
    let wanted =
        [u32::from(fixtures::logits(&one, &[0.0; 2])[0] > 0.0), argmax(&fixtures::logits(&two, &[0.0; 20])) as u32];
    assert_eq!(found, wanted);
    for prefix in ["", "2b", "a-b", "\u{e4}", "a b"] {
        let text = to_c(&one, prefix, false).unwrap_err().to_string();
        assert_eq!(text, format!("prefix `{prefix}`: must be a letter, then letters, digits and underscores"));
    }
}

#[test]
fn names_become_literals_whatever_they_hold() {
    for (name, literal) in [
        ("T-shirt/top", r#""T-shirt/top""#),
        ("\"a\\b\"", r#""\"a\\b\"""#),
        ("what??/", r#""what\?\?/""#),
        ("gr\u{f6}\u{df}er 1", r#""gr\303\266\303\237er 1""#),
        ("model_x", r#""model_x""#),
    ] {
        assert_eq!(string_literal(name), literal);
    }
    let mut model = fixtures::softmax_regression();
    model.output = crate::Output::Classes { names: ["model_a", "MODEL_B", "c"].map(String::from).to_vec() };
    let header = to_c(&model, "other", false).unwrap();
    assert!(header.contains("    \"model_a\",\n    \"MODEL_B\",\n"), "{header}");
}

#[test]
fn a_scale_is_exactly_its_mantissa_and_shift() {
    let exact = |(mantissa, shift)| f64::from(mantissa) * 0.5_f64.powi(u32::cast_signed(shift));
    for scale in [SMALLEST_SCALE, 1.3e-5, 0.1, 1.0, 127.99, LARGEST_SCALE] {
        assert_eq!(exact(logit_scale(scale)), f64::from(scale) * 65_536.0, "{scale}");
        // A multiplier below 2⁻³² is 0.
        let multiplier = if scale < 0.5_f32.powi(32) { 0.0 } else { f64::from(scale) };
        assert_eq!(exact(parts(Multiplier::new(scale.into()))), multiplier, "{scale}");
    }
}
