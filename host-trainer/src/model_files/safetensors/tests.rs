//! Tests of the model as safetensors.

use proptest::prelude::*;

use clap::ValueEnum;

use super::super::tests::{class_names, trained, weights};
use super::*;
use crate::idx::{CLASSES as OUTPUTS, PIXELS as INPUTS};
use crate::model::ModelName;

const KERNEL: &str = "dense.kernel";
const BIAS: &str = "dense.bias";

type Tensor = (&'static str, Dtype, Vec<usize>, Vec<u8>);

fn file(tensors: &[Tensor]) -> Vec<u8> {
    let tensors =
        tensors.iter().map(|(name, dtype, shape, data)| (*name, TensorView::new(*dtype, shape.clone(), data).unwrap()));
    safetensors::serialize(tensors, None).unwrap()
}

#[test]
fn every_bit_survives() {
    for &model in ModelName::value_variants() {
        let weights = weights(model);
        let bytes = to_safetensors(&trained(&weights, &class_names())).unwrap();
        assert_eq!(from_safetensors(&bytes).unwrap(), weights);
    }
}

#[test]
fn the_same_model_gives_the_same_bytes() {
    let weights = weights(ModelName::Linear);
    let first = to_safetensors(&trained(&weights, &class_names())).unwrap();
    for _ in 0..20 {
        assert!(to_safetensors(&trained(&weights, &class_names())).unwrap() == first);
    }
}

#[test]
fn metadata_tells_how_the_model_was_made() {
    let weights = weights(ModelName::Linear);
    let bytes = to_safetensors(&trained(&weights, &class_names())).unwrap();
    let (_, header) = SafeTensors::read_metadata(&bytes).unwrap();
    let metadata = header.metadata().as_ref().unwrap();
    let recipe: serde_json::Value = serde_json::from_str(&metadata["recipe"]).unwrap();
    let wanted = serde_json::json!({
        "format": "host-trainer/1",
        "data_set": "fashion-mnist",
        "model": "Flatten(28, 28) -> Dense(10, softmax)",
        "backend": "polynomial",
        "class_names": class_names(),
        "preset": "recipe",
        "pixel_exponent": 1.0,
        "smallest_deviation": null,
        "loss": "cross-entropy",
        "optimizer": "adam",
        "learning_rate": 0.001,
        "schedule": "constant",
        "batch_size": 32,
        "epochs": 10,
        "samples": 60_000,
        "seed": 7,
        "test_accuracy": 0.843_75,
        "test_loss": 0.451_25,
    });
    assert_eq!(recipe, wanted);
}

#[test]
fn weights_of_another_backend_are_refused() {
    let zeros = vec![0; 4 * INPUTS * OUTPUTS];
    for (recipe, refused) in [
        (r#"{"backend": "another"}"#, true),
        (r#"{"backend": 1}"#, false),
        (r#"{"learning_rate": 0.1}"#, false),
        ("by hand", false),
    ] {
        let kernel = TensorView::new(Dtype::F32, vec![OUTPUTS, INPUTS], &zeros).unwrap();
        let bias = TensorView::new(Dtype::F32, vec![OUTPUTS], &zeros[..4 * OUTPUTS]).unwrap();
        let metadata = HashMap::from([("recipe".to_owned(), recipe.to_owned())]);
        let bytes = safetensors::serialize([(KERNEL, kernel), (BIAS, bias)], Some(metadata)).unwrap();
        match from_safetensors(&bytes) {
            Ok(found) => assert!(!refused && found == Weights::zero(ModelName::Linear), "{recipe}"),
            Err(error) => {
                let wanted = format!("trained with backend another, and this program has {}", BACKEND.name());
                assert!(refused && error.to_string() == wanted, "{recipe}: {error}");
            }
        }
    }
}

#[test]
fn a_kernel_laid_out_as_in_keras_is_transposed() {
    let weights = weights(ModelName::Linear);
    let layer = &weights.layers[0];
    let mut transposed = Vec::new();
    for input in 0..INPUTS {
        for output in 0..OUTPUTS {
            transposed.extend(layer.weights[output * INPUTS + input].to_le_bytes());
        }
    }
    let bytes = file(&[
        (KERNEL, Dtype::F32, vec![INPUTS, OUTPUTS], transposed),
        (BIAS, Dtype::F32, vec![OUTPUTS], to_bytes(&layer.bias)),
    ]);
    assert_eq!(from_safetensors(&bytes).unwrap(), weights);
}

#[test]
fn faults_name_the_tensor() {
    let kernel = || (KERNEL, Dtype::F32, vec![10, 784], vec![0; 31_360]);
    let bias = || (BIAS, Dtype::F32, vec![10], vec![0; 40]);
    let mut infinite = to_bytes(&[0.0; 10]);
    infinite[12..16].copy_from_slice(&f32::INFINITY.to_le_bytes());
    let table = |dtype, shape: &[usize], bytes| ("pixel_table", dtype, shape.to_vec(), vec![7; bytes]);
    let cases: [(&[Tensor], &str); 9] = [
        (&[bias()], "tensor `dense.kernel`: missing"),
        (&[kernel()], "tensor `dense.bias`: missing"),
        (&[kernel(), (BIAS, Dtype::F16, vec![10], vec![0; 20])], "tensor `dense.bias`: type F16, wanted F32"),
        (
            &[(KERNEL, Dtype::F32, vec![7840], vec![0; 31_360]), bias()],
            "tensor `dense.kernel`: shape [7840], wanted [10, 784] or [784, 10]",
        ),
        (&[kernel(), (BIAS, Dtype::F32, vec![9], vec![0; 36])], "tensor `dense.bias`: shape [9], wanted [10]"),
        (&[kernel(), (BIAS, Dtype::F32, vec![10], infinite)], "tensor `dense.bias`: value 3 is inf"),
        (&[kernel(), bias(), table(Dtype::I8, &[256], 256)], "tensor `pixel_table`: type I8, wanted U8"),
        (&[kernel(), bias(), table(Dtype::U8, &[255], 255)], "tensor `pixel_table`: shape [255], wanted [256]"),
        (&[kernel(), bias(), table(Dtype::U8, &[16, 16], 256)], "tensor `pixel_table`: shape [16, 16], wanted [256]"),
    ];
    for (tensors, wanted) in cases {
        assert_eq!(from_safetensors(&file(tensors)).unwrap_err().to_string(), wanted);
    }
}

#[test]
fn tensors_of_other_layers_are_named_too() {
    let weights = weights(ModelName::Mlp128x64);
    let tensors: Vec<Tensor> = [
        ("dense.kernel", vec![128, 784], 0),
        ("dense.bias", vec![128], 0),
        ("dense_1.kernel", vec![64, 128], 1),
        ("dense_1.bias", vec![64], 1),
        ("dense_2.kernel", vec![10, 64], 2),
        ("dense_2.bias", vec![10], 2),
        ("dense_3.bias", vec![10], 2),
    ]
    .map(|(name, shape, layer)| {
        let layer = &weights.layers[layer];
        let values = if shape.len() == 2 { &layer.weights } else { &layer.bias };
        (name, Dtype::F32, shape, to_bytes(values))
    })
    .into();
    assert_eq!(from_safetensors(&file(&tensors[..6])).unwrap(), weights);
    let without = |place: usize, count: usize| {
        let mut tensors = tensors[..count].to_vec();
        tensors.remove(place);
        from_safetensors(&file(&tensors)).unwrap_err().to_string()
    };
    assert_eq!(without(3, 6), "tensor `dense_1.bias`: missing");
    assert_eq!(without(4, 6), "tensor `dense_2.kernel`: missing");
    assert_eq!(without(0, 7), "4 dense layers, but no model has more than 3");
    // Two layers are mlp32.
    let text = from_safetensors(&file(&tensors[..4])).unwrap_err().to_string();
    assert_eq!(text, "tensor `dense.kernel`: shape [128, 784], wanted [32, 784] or [784, 32]");
}

#[test]
fn a_file_cut_short_is_refused() {
    let weights = weights(ModelName::Linear);
    let bytes = to_safetensors(&trained(&weights, &class_names())).unwrap();
    for length in [0, 7, 8, 9, 100, bytes.len() - 1] {
        let error = from_safetensors(&bytes[..length]).unwrap_err();
        assert!(matches!(error, ModelFileError::Container(_)), "{length}: {error}");
    }
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(
        length in 0..64_u64,
        header in r#"\{("[a-z_.]{0,12}"|[0-9]{1,20}|[:,\[\]{}]|"dtype":"F32"){0,20}\}?"#,
        rest in prop::collection::vec(any::<u8>(), 0..64),
    ) {
        let bytes = [&length.to_le_bytes(), header.as_bytes(), &rest].concat();
        prop_assert!(from_safetensors(&bytes).is_err());
    }

    #[test]
    fn a_damaged_header_never_panics(place in 0..400_usize, byte: u8) {
        let weights = weights(ModelName::Linear);
        let mut bytes = to_safetensors(&trained(&weights, &class_names())).unwrap();
        bytes[place] = byte;
        let _ = from_safetensors(&bytes);
    }
}
