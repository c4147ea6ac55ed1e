//! Generated modules are those in `tests/`, which are compiled in and run.
//!
//! `BLESS=1 cargo test -p formats rust` writes them anew.

// Each item is there for some firmware.
#[allow(dead_code, missing_docs, unreachable_pub)]
pub(crate) mod generated {
    pub(crate) mod binary;
    pub(crate) mod binary_int8;
    pub(crate) mod factory_set;
    pub(crate) mod imported_int8;
    pub(crate) mod linear_regression;
    pub(crate) mod pixels;
    pub(crate) mod pixels_int8;
    pub(crate) mod regression;
    pub(crate) mod regression_int8;
    pub(crate) mod softmax_regression;
    pub(crate) mod softmax_regression_int8;
    pub(crate) mod windows;
    pub(crate) mod windows_int8;
}

use std::collections::BTreeMap;
use std::path::Path;
use std::{env, fs};

use dense_core::kernels::Element;
use dense_core::quant::QuantizedNetwork;
use dense_core::{Batch, Network, Workspace};

use super::*;
use crate::fixtures::{self, int8};
use crate::{Model, Provenance};

fn test_metrics() -> BTreeMap<String, f64> {
    BTreeMap::from([("accuracy".into(), 0.8425)])
}

/// Compares a generated module with the one that is compiled in.
fn assert_generated(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/rust/tests/generated").join(name).with_extension("rs");
    if env::var_os("BLESS").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
    }
    assert!(fs::read_to_string(&path).unwrap() == text, "{} is not what is generated now", path.display());
}

#[test]
fn factory_set_is_that_compiled_in() {
    use dense_replay::{Bits, FactorySet, Quantization, SampleFormat, TargetFormat};
    let model = fixtures::all().into_iter().find(|(name, _)| *name == "windows").unwrap().1;
    let quantizations = [Quantization::new(-1.5, 1.5, Bits::Four), Quantization::new(0.0, 1e-3, Bits::Four)];
    let format = SampleFormat::new(model.input.width(), TargetFormat::Class, Bits::Four, &quantizations);
    let bytes: Vec<u8> = (0..5 * format.sample_bytes()).map(|index| (index as u8).wrapping_mul(29)).collect();
    let set = FactorySet::new(format, &[1, 8, 9, 500, 70_000], &bytes);
    assert_generated("factory_set", &to_factory_set(&model, &set, 40).unwrap());
    assert_eq!((generated::factory_set::SAMPLE_FORMAT, generated::factory_set::LESSONS), (format, 40));
    assert_eq!(generated::factory_set::FACTORY_SET.checksum(), set.checksum());

    let format = SampleFormat::new(1, TargetFormat::Class, Bits::Four, &quantizations);
    let error = to_factory_set(&model, &FactorySet::new(format, &[], &[]), 40).unwrap_err().to_string();
    assert!(error.contains("samples of 1 values, the model has "), "{error}");
}

#[test]
fn modules_are_those_compiled_in() {
    for (name, model) in fixtures::all() {
        let name = name.replace(' ', "_");
        assert_generated(&name, &to_rust(&model).unwrap());
        if name != "linear_regression" {
            let text = to_quantized_rust(&model, &int8::quantized(&model), &test_metrics()).unwrap();
            assert_generated(&format!("{name}_int8"), &text);
        }
    }
    let text = imported_to_quantized_rust(&fixtures::imported_int8(), &BTreeMap::new()).unwrap();
    assert_generated("imported_int8", &text);
}

/// Compares the logits of a generated network with those of the model, bit for bit.
fn assert_logits<N, T: Element, const IN: usize, const OUT: usize>(network: &N, model: &Model, samples: &[Vec<T>])
where
    N: Network<IN, Output = [f32; OUT]>,
{
    let rows: Vec<[T; IN]> = samples.iter().map(|row| row.as_slice().try_into().ok().unwrap()).collect();
    let mut workspace = Workspace::<N, 30>::ZERO;
    let found = workspace.forward(network, Batch::new(&rows).unwrap()).unwrap();
    for (found, sample) in found.iter().zip(samples) {
        assert_eq!(found.as_slice(), fixtures::logits(model, sample));
    }
}

#[test]
fn networks_in_f32_have_the_same_logits() {
    use generated::{binary, linear_regression, pixels, regression, softmax_regression, windows};
    let bytes = int8::bytes(20);
    assert_logits(&softmax_regression::MODEL, &fixtures::softmax_regression(), &bytes);
    assert_logits(&pixels::MODEL, &fixtures::pixel_mlp(), &int8::bytes(18));
    assert_logits(&windows::MODEL, &fixtures::windows(), &int8::numbers(20));
    assert_logits(&binary::MODEL, &fixtures::binary(), &int8::numbers(2));
    assert_logits(&regression::MODEL, &fixtures::regression(), &int8::numbers(3));
    assert_logits(&linear_regression::MODEL, &fixtures::linear_regression(), &int8::numbers(2));
}

/// Compares the logits of a generated network with those of the model in int8.
fn assert_int8<const IN: usize, const OUT: usize>(
    network: &impl QuantizedNetwork<IN, Output = [i32; OUT]>,
    model: &Model,
) {
    let wanted = int8::quantized(model);
    for sample in int8::bytes(IN) {
        let found = network.infer(sample.as_slice().try_into().unwrap()).unwrap();
        assert_eq!(found.to_vec(), int8::fixed_logits(&wanted, &sample));
    }
}

#[test]
fn networks_in_int8_have_the_same_logits() {
    use generated::{binary_int8, pixels_int8, regression_int8, softmax_regression_int8, windows_int8};
    assert_int8(&softmax_regression_int8::MODEL, &fixtures::softmax_regression());
    assert_int8(&pixels_int8::MODEL, &fixtures::pixel_mlp());
    assert_int8(&windows_int8::MODEL, &fixtures::windows());
    assert_int8(&binary_int8::MODEL, &fixtures::binary());
    assert_int8(&regression_int8::MODEL, &fixtures::regression());
    assert_eq!(windows_int8::INPUT, int8::quantized(&fixtures::windows()).input);
}

#[test]
fn an_imported_int8_network_is_near_its_float_form() {
    use generated::imported_int8::{INPUT, MODEL, OUTPUT};
    let model = fixtures::imported_int8();
    for sample in int8::numbers(3) {
        let found = MODEL.infer(&INPUT.quantize_all(sample.as_slice().try_into().unwrap())).unwrap();
        for (found, wanted) in found.iter().zip(fixtures::logits(&model, &sample)) {
            let found = OUTPUT.dequantize(*found);
            assert!((found - wanted).abs() < 0.1, "{found} {wanted}");
        }
    }
}

#[test]
fn names_and_windows_are_constants() {
    use generated::{binary, linear_regression, pixels, windows};
    assert_eq!((windows::WINDOW_LENGTH, windows::STRIDE, windows::DOWNSAMPLE), (20, 10, 2));
    assert_eq!((windows::CHANNELS, windows::CLASS_NAMES), (["acc x", "acc y"], ["rest", "walk", "run"]));
    assert_eq!((binary::FEATURE_NAMES, binary::CLASS_NAMES), (["age", "height"], ["no", "yes"]));
    assert_eq!(linear_regression::OUTPUT_NAMES, ["c"]);
    assert_eq!((pixels::HEIGHT, pixels::WIDTH), (3, 6));
    assert_eq!(Some(&pixels::PIXEL_TABLE), fixtures::pixel_mlp().input.pixel_table());
}

/// The text of names is escaped in comments and literals alike.
#[test]
fn a_name_can_hold_anything() {
    let mut model = fixtures::pixel_mlp();
    let wanted = "a\"b\\\n\u{202e}".to_owned();
    model.output = crate::Output::Classes { names: vec![wanted.clone(), wanted.clone(), wanted] };
    let text = to_rust(&model).unwrap();
    assert!(text.is_ascii() || !text.contains('\u{202e}'));
    assert_eq!(text.matches(r#"    "a\"b\\\n\u{202e}","#).count(), 3, "{text}");
    assert_eq!(text.matches(r#"    // a\"b\\\n\u{202e}"#).count(), 3, "{text}");
}

/// The firmware's own module, which `train` writes without options, byte for byte.
#[test]
fn the_firmware_has_this_text() {
    let text =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../firmware/weights/weights.rs")).unwrap();
    let words = text.split_whitespace().filter_map(|word| word.strip_prefix("0x")?.strip_suffix(','));
    let numbers: Vec<f32> = words.map(|bits| f32::from_bits(u32::from_str_radix(bits, 16).unwrap())).collect();
    let mut names = text.lines().filter_map(|line| line.trim().strip_prefix("// ")).map(String::from);
    let mut model = fixtures::softmax_regression();
    model.input = fixtures::pixels(28, 28, None);
    model.output = crate::Output::Classes { names: names.by_ref().take(10).collect() };
    model.layers = vec![crate::Layer {
        inputs: 784,
        weights: numbers[..7840].to_vec(),
        bias: numbers[7840..].to_vec(),
        activation: crate::Activation::Linear,
    }];
    assert!(to_rust(&model).unwrap() == text);
}

#[test]
fn a_comment_says_what_is_not_usual() {
    let mut model = fixtures::pixel_mlp();
    let Provenance::Trained { recipe, best_epoch, data_set, .. } = &mut model.provenance else { panic!("trained") };
    (*best_epoch, *data_set) = (Some(7), "my\ndata".into());
    recipe.preset = "best".into();
    recipe.pixel_exponent = 0.5;
    recipe.smallest_deviation = Some(0.05);
    recipe.schedule = crate::Schedule::Cosine;
    recipe.optimizer.momentum = 0.9;
    recipe.optimizer.nesterov = true;
    recipe.optimizer.weight_decay = 0.01;
    let text = to_rust(&model).unwrap();
    let wanted = "\
//! The trained model. Generated: edit the recipe, not this file.
//!
//! - made by: `host-trainer train`
//! - data set: my\\ndata
//! - model: `Flatten(3, 6) -> Dense(7, relu) -> Dense(3, softmax)`
//! - backend: polynomial
//! - preset: best
//! - inputs: 255 · (pixel / 255)^0.5, standardised by a deviation of at least 0.05
//! - loss: generalized_crossentropy
//! - optimizer: adam, momentum 0.9, nesterov, weight decay 0.01
//! - learning rate: 0.001, cosine schedule
//! - batch size: 32
//! - epochs: 10, the best after 7
//! - training samples: 60000
//! - seed: 0
//! - test accuracy: 0.8428
//! - test loss: 0.4521
";
    assert_eq!(&text[..wanted.len()], wanted);
}
