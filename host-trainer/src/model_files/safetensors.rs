//! Writes and reads a model as safetensors, a format that Python and most other tools read.

use std::collections::HashMap;

use dense_core::Dense;
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensorError, SafeTensors};
use serde::Serialize;

use super::{INPUTS, MODEL, ModelFileError, OUTPUTS, Recipe, TrainedModel};

const KERNEL: &str = "dense.kernel";
const BIAS: &str = "dense.bias";

/// Who wrote the file and, by its number, how.
const FORMAT: &str = "host-trainer/1";

#[derive(Serialize)]
struct Metadata<'a> {
    format: &'a str,
    model: &'a str,
    class_names: &'a [String; 10],
    #[serde(flatten)]
    recipe: &'a Recipe,
    test_accuracy: f64,
    test_loss: f64,
}

/// The model as a safetensors file: `dense.kernel` of shape `[10, 784]`, `dense.bias` of shape
/// `[10]`, and as metadata a JSON text under `recipe`. The same model gives the same bytes.
///
/// # Errors
///
/// If the format cannot hold the model.
pub fn to_safetensors(model: &TrainedModel<'_>) -> Result<Vec<u8>, ModelFileError> {
    let metadata = Metadata {
        format: FORMAT,
        model: MODEL,
        class_names: model.class_names,
        recipe: &model.recipe,
        test_accuracy: model.test_accuracy,
        test_loss: model.test_loss,
    };
    // All in one entry: the order in which the entries of a hash map are written is left to chance.
    let recipe = serde_json::to_string(&metadata).map_err(SafeTensorError::from)?;
    let metadata = HashMap::from([("recipe".to_owned(), recipe)]);

    let kernel = to_bytes(model.layer.weights());
    let bias = to_bytes(*model.layer.bias());
    let tensors = [
        (KERNEL, TensorView::new(Dtype::F32, vec![OUTPUTS, INPUTS], &kernel)?),
        (BIAS, TensorView::new(Dtype::F32, vec![OUTPUTS], &bias)?),
    ];
    Ok(safetensors::serialize(tensors, Some(metadata))?)
}

/// The model in a safetensors file. The kernel may also have the shape `[784, 10]`, as Keras lays
/// it out; other tensors and the metadata are not looked at.
///
/// # Errors
///
/// If the file is damaged, lacks a tensor, or a tensor has another type or shape or a number that
/// is not finite.
pub fn from_safetensors(bytes: &[u8]) -> Result<Dense<784, 10>, ModelFileError> {
    let file = SafeTensors::deserialize(bytes)?;
    let (kernel_shape, kernel) = tensor(&file, KERNEL, &[&[OUTPUTS, INPUTS], &[INPUTS, OUTPUTS]])?;
    let (_, bias) = tensor(&file, BIAS, &[&[OUTPUTS]])?;

    let mut layer = Dense::ZERO;
    for (index, value) in kernel.into_iter().enumerate() {
        if kernel_shape == [OUTPUTS, INPUTS] {
            layer.set_weight(index / INPUTS, index % INPUTS, value);
        } else {
            layer.set_weight(index % OUTPUTS, index / OUTPUTS, value);
        }
    }
    for (place, value) in layer.bias_mut().iter_mut().zip(bias) {
        *place = value;
    }
    Ok(layer)
}

/// The shape and the numbers of the tensor `name`, if it is of one of the `shapes`.
fn tensor(
    file: &SafeTensors<'_>,
    name: &'static str,
    shapes: &[&[usize]],
) -> Result<(Vec<usize>, Vec<f32>), ModelFileError> {
    let fault = |fault| ModelFileError::Tensor { name, fault };
    let Ok(tensor) = file.tensor(name) else {
        return Err(fault("missing".into()));
    };
    if tensor.dtype() != Dtype::F32 {
        return Err(fault(format!("type {}, wanted F32", tensor.dtype())));
    }
    if !shapes.contains(&tensor.shape()) {
        let wanted: Vec<String> = shapes.iter().map(|shape| format!("{shape:?}")).collect();
        let wanted = wanted.join(" or ");
        return Err(fault(format!("shape {:?}, wanted {wanted}", tensor.shape())));
    }
    let (values, _) = tensor.data().as_chunks();
    let values: Vec<f32> = values.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
    match values.iter().position(|value| !value.is_finite()) {
        Some(index) => Err(fault(format!("value {index} is {}", values[index]))),
        None => Ok((tensor.shape().to_vec(), values)),
    }
}

fn to_bytes(values: impl IntoIterator<Item = f32>) -> Vec<u8> {
    values.into_iter().flat_map(f32::to_le_bytes).collect()
}

impl From<SafeTensorError> for ModelFileError {
    fn from(error: SafeTensorError) -> Self {
        Self::Container(error)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::tests::{class_names, layer, model};
    use super::*;

    type Tensor = (&'static str, Dtype, Vec<usize>, Vec<u8>);

    fn file(tensors: &[Tensor]) -> Vec<u8> {
        let tensors = tensors
            .iter()
            .map(|(name, dtype, shape, data)| (*name, TensorView::new(*dtype, shape.clone(), data).unwrap()));
        safetensors::serialize(tensors, None).unwrap()
    }

    #[test]
    fn every_bit_survives() {
        let layer = layer();
        let bytes = to_safetensors(&model(&layer, &class_names())).unwrap();
        assert_eq!(from_safetensors(&bytes).unwrap(), layer);
    }

    #[test]
    fn the_same_model_gives_the_same_bytes() {
        let layer = layer();
        let first = to_safetensors(&model(&layer, &class_names())).unwrap();
        for _ in 0..20 {
            assert!(to_safetensors(&model(&layer, &class_names())).unwrap() == first);
        }
    }

    #[test]
    fn metadata_tells_how_the_model_was_made() {
        let layer = layer();
        let bytes = to_safetensors(&model(&layer, &class_names())).unwrap();
        let (_, header) = SafeTensors::read_metadata(&bytes).unwrap();
        let metadata = header.metadata().as_ref().unwrap();
        let recipe: serde_json::Value = serde_json::from_str(&metadata["recipe"]).unwrap();
        let wanted = serde_json::json!({
            "format": "host-trainer/1",
            "data_set": "fashion-mnist",
            "model": "Flatten(28, 28) -> Dense(10, softmax)",
            "class_names": class_names(),
            "optimizer": "adam",
            "learning_rate": 0.001,
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
    fn a_kernel_laid_out_as_in_keras_is_transposed() {
        let layer = layer();
        let mut transposed = Vec::new();
        for input in 0..INPUTS {
            for output in 0..OUTPUTS {
                transposed.extend(layer.weight(output, input).to_le_bytes());
            }
        }
        let bytes = file(&[
            (KERNEL, Dtype::F32, vec![INPUTS, OUTPUTS], transposed),
            (BIAS, Dtype::F32, vec![OUTPUTS], to_bytes(*layer.bias())),
        ]);
        assert_eq!(from_safetensors(&bytes).unwrap(), layer);
    }

    #[test]
    fn faults_name_the_tensor() {
        let kernel = || (KERNEL, Dtype::F32, vec![10, 784], vec![0; 31_360]);
        let bias = || (BIAS, Dtype::F32, vec![10], vec![0; 40]);
        let mut infinite = to_bytes([0.0; 10]);
        infinite[12..16].copy_from_slice(&f32::INFINITY.to_le_bytes());
        let cases: [(&[Tensor], &str); 6] = [
            (&[bias()], "tensor `dense.kernel`: missing"),
            (&[kernel()], "tensor `dense.bias`: missing"),
            (&[kernel(), (BIAS, Dtype::F16, vec![10], vec![0; 20])], "tensor `dense.bias`: type F16, wanted F32"),
            (
                &[(KERNEL, Dtype::F32, vec![7840], vec![0; 31_360]), bias()],
                "tensor `dense.kernel`: shape [7840], wanted [10, 784] or [784, 10]",
            ),
            (&[kernel(), (BIAS, Dtype::F32, vec![9], vec![0; 36])], "tensor `dense.bias`: shape [9], wanted [10]"),
            (&[kernel(), (BIAS, Dtype::F32, vec![10], infinite)], "tensor `dense.bias`: value 3 is inf"),
        ];
        for (tensors, wanted) in cases {
            assert_eq!(from_safetensors(&file(tensors)).unwrap_err().to_string(), wanted);
        }
    }

    #[test]
    fn a_file_cut_short_is_refused() {
        let layer = layer();
        let bytes = to_safetensors(&model(&layer, &class_names())).unwrap();
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
            let layer = layer();
            let mut bytes = to_safetensors(&model(&layer, &class_names())).unwrap();
            bytes[place] = byte;
            let _ = from_safetensors(&bytes);
        }
    }
}
