//! Tests of the model file.

use proptest::prelude::*;

use super::*;
use crate::fixtures::{self, all, imported_int8, pixel_mlp, windows};
use crate::{Activation, Loss, Output};

fn models() -> impl Iterator<Item = Model> {
    all().into_iter().map(|(_, model)| model).chain([imported_int8()])
}

#[test]
fn every_bit_survives_and_the_same_model_gives_the_same_bytes() {
    for mut model in models() {
        model.layers[0].weights[0] = f32::from_bits(0x3f80_0001);
        let bytes = to_safetensors(&model).unwrap();
        assert!(is_own(&bytes));
        assert_eq!(from_safetensors(&bytes).unwrap(), model);
        (0..20).for_each(|_| assert!(to_safetensors(&model).unwrap() == bytes));
    }
}

#[test]
fn what_is_too_small_for_a_weight_is_zero() {
    let mut model = windows();
    model.layers[1].bias[0] = 1e-30;
    let read = from_safetensors(&to_safetensors(&model).unwrap()).unwrap();
    assert_eq!(read.layers[1].bias[0], 0.0);
}

#[test]
fn a_model_whose_parts_do_not_fit_is_refused() {
    type Change = fn(&mut Model);
    let cases: [(Change, &str); 18] = [
        (|model| model.layers.clear(), "0 layers, must be 1 to 64"),
        (|model| model.layers[1].inputs = 8, "layer 1 takes 8 inputs, and layer 0 has 9"),
        (|model| model.layers[0].inputs = 0, "layer 0 has 0 inputs, must be 1 to 65536"),
        (|model| model.layers[1].weights.truncate(1), "layer 1 has 1 weights for 5 x 9"),
        (|model| model.layers[1].bias[2] = f32::NAN, "parameter 47 of layer 1 is not finite"),
        (|model| model.layers[2].activation = Activation::Relu, "the last layer has activation relu, wanted linear"),
        (|model| model.loss = Loss::Huber, "the outputs are of a multiclass task, and the loss huber is not"),
        (
            |model| model.output = Output::Classes { names: vec!["one".into()] },
            "the last layer has 3 outputs, and there are names of 1",
        ),
        (|model| model.input = fixtures::pixels(4, 4, None), "layer 0 takes 20 inputs, and the input has 16"),
        (|model| window(model).stride = 0, "a window of 20 samples, stride 0, by 2"),
        (|model| window(model).downsample = 3, "a window of 20 samples, stride 10, by 3"),
        (|model| window(model).length = 10, "20 features for 5 rows of 2 channels"),
        (|model| _ = model.test.insert("a\nb".into(), f64::NAN), "the test's a\\nb is NaN"),
        (|model| model.quantized = Some(Vec::new()), "0 layers in int8, and 3 in f32"),
        (|model| int8(model, |layer| layer.inputs = 1), "layer 0 in int8 has another shape than 4 x 3"),
        (|model| int8(model, |layer| layer.weight_scales.push(1.0)), "layer 0 in int8 has 5 scales for 4 units"),
        (|model| int8(model, |layer| layer.input.scale = -1.0), "layer 0 in int8 has a scale of -1e0"),
        (
            |model| int8(model, |layer| layer.output.zero_point = 128),
            "layer 0 in int8 has a zero point of 128, must be -128 to 127",
        ),
    ];
    for (change, wanted) in cases {
        let mut model = windows();
        change(&mut model);
        assert_eq!(to_safetensors(&model).unwrap_err().to_string(), wanted);
    }
}

fn window(model: &mut Model) -> &mut crate::Window {
    match &mut model.input {
        Input::Features { window: Some(window), .. } => window,
        _ => panic!("a window"),
    }
}

fn int8(model: &mut Model, change: fn(&mut QuantizedLayer)) {
    *model = imported_int8();
    model.quantized.as_mut().unwrap().iter_mut().take(1).for_each(change);
}

/// Another file with this text in the place of that of the model.
fn with_text(bytes: &[u8], change: impl Fn(String) -> String) -> Vec<u8> {
    let file = SafeTensors::deserialize(bytes).unwrap();
    let (_, header) = SafeTensors::read_metadata(bytes).unwrap();
    let mut metadata = header.metadata().clone().unwrap();
    let text = metadata.remove(MODEL).unwrap();
    metadata.insert(MODEL.into(), change(text));
    safetensors::serialize(file.tensors(), Some(metadata)).unwrap()
}

#[test]
fn a_text_that_does_not_fit_the_tensors_is_refused() {
    let bytes = to_safetensors(&windows()).unwrap();
    for (old, new, wanted) in [
        ("host-trainer/2", "host-trainer/3", "not a valid safetensors file: version host-trainer/3, and this program"),
        ("polynomial", "other\\u001b", "trained with backend other\\u{1b}, and this program has polynomial"),
        ("\"units\":9", "\"units\":8", "tensor `dense.kernel`: shape [9, 20], wanted [8, 20]"),
        ("\"units\":9", "\"units\":99999999999", "a layer of width 99999999999, must be 1 to 65536"),
        ("\"gelu\"", "\"swish\"", "not a valid safetensors file: unknown variant `swish`"),
        ("\"input\":{", "\"other\":{", "not a valid safetensors file: missing field `input`"),
        ("\"walk\"", "\"walk\",\"fly\"", "the last layer has 3 outputs, and there are names of 4"),
    ] {
        let changed = with_text(&bytes, |text| {
            assert_eq!(text.matches(old).count(), 1, "{old}");
            text.replace(old, new)
        });
        let error = from_safetensors(&changed).unwrap_err().to_string();
        assert!(error.starts_with(wanted), "{error}");
        assert!(is_own(&changed));
    }
}

#[test]
fn faulty_tensors_are_named() {
    let bytes = to_safetensors(&pixel_mlp()).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let (_, header) = SafeTensors::read_metadata(&bytes).unwrap();
    let zeros = [0; 1024];
    for (name, tensor, wanted) in [
        ("dense.bias", None, "tensor `dense.bias`: missing"),
        ("dense.bias", Some((Dtype::F16, vec![7])), "tensor `dense.bias`: type F16, wanted F32"),
        ("dense_1.kernel", Some((Dtype::F32, vec![7, 3])), "tensor `dense_1.kernel`: shape [7, 3], wanted [3, 7]"),
        ("pixel_table", Some((Dtype::U8, vec![255])), "tensor `pixel_table`: shape [255], wanted [256]"),
    ] {
        let mut tensors: Vec<_> = file.tensors().into_iter().filter(|(found, _)| found != name).collect();
        if let Some((dtype, shape)) = tensor {
            let length = shape.iter().product::<usize>() * dtype.bitsize() / 8;
            tensors.push((name.into(), TensorView::new(dtype, shape, &zeros[..length]).unwrap()));
        }
        let changed = safetensors::serialize(tensors, header.metadata().clone()).unwrap();
        assert_eq!(from_safetensors(&changed).unwrap_err().to_string(), wanted);
    }
}

#[test]
fn a_file_of_another_program_is_none() {
    let tensor = TensorView::new(Dtype::F32, vec![1], &[0; 4]).unwrap();
    for metadata in [None, Some((MODEL, "{}")), Some((MODEL, "no JSON")), Some(("format", "pt"))] {
        let metadata = metadata.map(|(key, text)| HashMap::from([(key.into(), text.into())]));
        let bytes = safetensors::serialize([("dense.kernel", &tensor)], metadata).unwrap();
        assert!(!is_own(&bytes));
        assert!(matches!(from_safetensors(&bytes), Err(Error::Unknown(_))));
    }
}

#[test]
fn a_file_cut_short_is_refused() {
    let bytes = to_safetensors(&windows()).unwrap();
    for length in [0, 7, 8, 9, 100, bytes.len() - 1] {
        assert!(matches!(from_safetensors(&bytes[..length]), Err(Error::Format { .. })), "{length}");
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
    fn a_damaged_header_never_panics(place in 0..2000_usize, byte: u8) {
        let mut bytes = to_safetensors(&imported_int8()).unwrap();
        bytes[place] = byte;
        let _ = from_safetensors(&bytes);
    }
}
