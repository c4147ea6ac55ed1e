//! Tests of what both formats have in common.

use super::*;
use crate::fit::Loss;

#[test]
fn only_generated_files_are_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("weights.rs");
    check_replaceable(&path).unwrap();
    for (contents, replaceable) in [
        (to_rust_source(&trained(&weights(ModelName::Linear), &class_names())).into_bytes(), true),
        (Vec::new(), true),
        (b"//! By hand.".to_vec(), false),
        (b"\xff\xfe and more than the title is long, so that it is read whole".to_vec(), false),
    ] {
        fs::write(&path, &contents).unwrap();
        assert_eq!(check_replaceable(&path).is_ok(), replaceable, "{contents:?}");
    }
}

/// A network whose every number is another, of both signs and far apart in size.
pub(super) fn weights(model: ModelName) -> Weights {
    let mut weights = Weights::zero(model);
    let mut number = 1.0e-15_f32;
    let mut next = || {
        number *= -1.007;
        number = if number.abs() > 1.0e15 { number * 1.0e-30 } else { number };
        number
    };
    for layer in &mut weights.layers {
        layer.weights.fill_with(&mut next);
        layer.bias.fill_with(&mut next);
    }
    weights
}

pub(super) fn class_names() -> [String; 10] {
    ["T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"]
        .map(String::from)
}

pub(super) fn trained<'a>(weights: &'a Weights, class_names: &'a [String; 10]) -> TrainedModel<'a> {
    TrainedModel {
        weights,
        class_names,
        origin: Origin::Trained(Recipe {
            data_set: "fashion-mnist".into(),
            preset: "recipe".into(),
            pixel_exponent: 1.0,
            smallest_deviation: None,
            loss: Loss::CrossEntropy,
            optimizer: "adam".into(),
            learning_rate: 0.001,
            schedule: "constant".into(),
            batch_size: 32,
            epochs: 10,
            samples: 60_000,
            seed: 7,
            best_epoch: None,
        }),
        test_accuracy: 0.843_75,
        test_loss: 0.451_25,
    }
}

#[test]
fn load_tells_formats_and_models_apart_by_their_contents() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model");
    let class_names = class_names();
    for &model in ModelName::value_variants() {
        for pixel_table in [PixelTable::IDENTITY, PixelTable::power(0.4)] {
            let weights = Weights { pixel_table, ..weights(model) };
            let trained = trained(&weights, &class_names);
            for contents in [to_rust_source(&trained).into_bytes(), to_safetensors(&trained).unwrap()] {
                fs::write(&path, contents).unwrap();
                assert_eq!(load(&path).unwrap(), weights);
                match load_linear(&path) {
                    Ok((network, pixel_table)) => {
                        assert_eq!((model, network.layers()), (ModelName::Linear, weights.layers.clone()));
                        assert_eq!(pixel_table, weights.pixel_table);
                    }
                    Err(error) => {
                        let wanted = format!("{}: holds the model {}, wanted linear", path.display(), model.name());
                        assert_eq!(error.to_string(), wanted);
                    }
                }
            }
        }
    }
}

#[test]
fn a_network_keeps_every_bit_of_its_weights() {
    for &model in ModelName::value_variants() {
        let weights = weights(model);
        assert_eq!(weights.network().layers(), weights.layers);
    }
}

#[test]
fn load_names_the_file_and_the_fault() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model");
    let name = path.display().to_string();

    let missing = load(&path).unwrap_err().to_string();
    assert_eq!(missing, format!("{name}: no such file; run `host-trainer train` first"));

    for (contents, wanted) in [
        (&b""[..], "line 1: the file ends"),
        (&b"fn main() {}\n"[..], "line 1: found `fn main() {}`, wanted `use"),
        (&b"\xff\xfe\x00"[..], "neither a .safetensors file nor a .rs file"),
        (&b"\x02\0\0\0\0\0\0\0{}"[..], "tensor `dense.kernel`: missing"),
        (&b"\xff\0\0\0\0\0\0\0{}"[..], "not a valid safetensors file: "),
    ] {
        fs::write(&path, contents).unwrap();
        let text = load(&path).unwrap_err().to_string();
        assert!(text.starts_with(&name) && text.contains(wanted), "{text}");
    }
    assert!(matches!(load(folder.path()), Err(ModelFileError::Unreadable { .. })));
}

#[test]
fn numbers_too_small_for_weights_are_read_as_zero() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model");
    let mut small = Weights::zero(ModelName::Linear);
    (small.layers[0].weights[0], small.layers[0].bias[0]) = (1e-42, -1e-42);
    let class_names = class_names();
    for contents in [
        to_rust_source(&trained(&small, &class_names)).into_bytes(),
        to_safetensors(&trained(&small, &class_names)).unwrap(),
    ] {
        fs::write(&path, contents).unwrap();
        let loaded = load(&path).unwrap();
        let bits = loaded.layers[0].weights.iter().chain(&loaded.layers[0].bias).map(|number| number.to_bits());
        assert_eq!(bits.fold(0, |all, bits| all | bits), 0);
    }
}
