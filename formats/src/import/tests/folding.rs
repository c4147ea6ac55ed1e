//! Tests of affine steps that become part of dense layers.

use crate::chain::{Chain, Step};
use crate::import::{ImportOptions, PixelRange, finish};
use crate::{Activation, Loss, fixtures};

fn dense(weights: &[f32], bias: &[f32]) -> Step {
    let inputs = weights.len() / bias.len();
    Step::Dense { name: "dense".into(), inputs, weights: weights.to_vec(), bias: bias.to_vec() }
}

fn affine(scale: &[f64], offset: &[f64]) -> Step {
    Step::Affine { name: "rescaling".into(), scale: scale.to_vec(), offset: offset.to_vec() }
}

/// The weights and the biases of each layer.
type Layers = Vec<(Vec<f32>, Vec<f32>)>;

fn folded(steps: &[Step], options: &ImportOptions) -> Result<Layers, String> {
    let chain = Chain { steps: steps.to_vec(), ..Chain::default() };
    let model = finish::model(chain, "none", "file", options).map_err(|error| error.to_string())?;
    Ok(model.layers.into_iter().map(|layer| (layer.weights, layer.bias)).collect())
}

#[test]
fn steps_fold_into_the_layer_behind_them_or_before_them() {
    let relu = Step::Activation(Activation::Relu);
    let options = ImportOptions { loss: Some(Loss::MeanSquaredError), ..ImportOptions::default() };
    let layer = || dense(&[1.0, 2.0, 3.0, 4.0], &[0.5, -0.5]);
    type Layer = (&'static [f32], &'static [f32]);
    let cases: [(&[Step], &[Layer]); 5] = [
        (&[layer()], &[(&[1.0, 2.0, 3.0, 4.0], &[0.5, -0.5])]),
        (&[affine(&[2.0], &[1.0]), layer()], &[(&[2.0, 4.0, 6.0, 8.0], &[3.5, 6.5])]),
        // Two steps: 3 · (2x + 1) − 1.
        (&[affine(&[2.0], &[1.0]), affine(&[3.0, 3.0], &[-1.0]), layer()], &[(&[6.0, 12.0, 18.0, 24.0], &[6.5, 13.5])]),
        (&[layer(), affine(&[2.0, 3.0], &[1.0, 0.0])], &[(&[2.0, 4.0, 9.0, 12.0], &[2.0, -1.5])]),
        (
            &[layer(), relu.clone(), affine(&[2.0, 1.0], &[0.0, 1.0]), dense(&[1.0, 1.0], &[0.0])],
            &[(&[1.0, 2.0, 3.0, 4.0], &[0.5, -0.5]), (&[2.0, 1.0], &[1.0])],
        ),
    ];
    for (steps, wanted) in cases {
        let wanted: Vec<_> = wanted.iter().map(|(weights, bias)| (weights.to_vec(), bias.to_vec())).collect();
        assert_eq!(folded(steps, &options).unwrap(), wanted);
    }
    for (steps, wanted) in [
        (vec![], "it has no dense layer"),
        (vec![layer(), relu.clone()], "activation: relu at the output: wanted softmax, sigmoid or linear"),
        (
            vec![layer(), relu.clone(), affine(&[2.0], &[0.0])],
            "affine step `rescaling`: stands behind the last activation",
        ),
        (vec![layer(), Step::Softmax, layer()], "Softmax: stands before a dense layer"),
        (vec![relu.clone(), layer()], "activation: stands before the first dense layer"),
        (vec![layer(), relu.clone(), relu.clone()], "activation: does not follow a dense layer directly"),
        (vec![layer(), dense(&[1.0; 3], &[0.0])], "Dense `dense`: takes 3 inputs, not 2"),
        (vec![affine(&[1.0; 3], &[0.0]), layer()], "affine step `rescaling`: has 3 numbers for 2"),
        (vec![affine(&[1e39], &[0.0]), layer()], "affine step `rescaling`: too large to be part of a dense layer"),
        (
            vec![layer(), Step::Activation(Activation::Sigmoid)],
            "activation: sigmoid of 2 outputs: wanted one, or softmax",
        ),
    ] {
        assert_eq!(folded(&steps, &options).unwrap_err(), wanted);
    }
}

#[test]
fn weights_for_other_pixels_are_rescaled() {
    let layer = dense(&[1.0; 40], &[0.5, 0.5]);
    for (pixels, steps, weight, bias) in [
        (None, vec![layer.clone()], 1.0, 0.5),
        (Some(PixelRange::Unit), vec![layer.clone()], 1.0, 0.5),
        (Some(PixelRange::Byte), vec![layer.clone()], 255.0, 0.5),
        (Some(PixelRange::Symmetric), vec![layer.clone()], 2.0, 0.5 - 20.0),
        // A network that rescales by itself takes bytes; its factor and ours cancel exactly.
        (None, vec![affine(&[f64::from(1.0_f32 / 255.0)], &[0.0]), layer.clone()], 1.0, 0.5),
    ] {
        let options = ImportOptions {
            pixels,
            input: Some(fixtures::pixels(5, 4, None)),
            loss: Some(Loss::SparseCategoricalCrossentropy),
            ..ImportOptions::default()
        };
        assert_eq!(folded(&steps, &options).unwrap(), [(vec![weight; 40], vec![bias; 2])], "{pixels:?}");
    }
}
