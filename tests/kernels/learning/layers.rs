//! A dense layer with each activation, forward and backward.

use dense_core::activations::{Activation, Elu, Gelu, LeakyRelu, Linear, Relu, Sigmoid, Softmax, Tanh};
use dense_core::losses::{Loss, SparseCategoricalCrossEntropy};
use dense_core::{Batch, Dense, Kernel};
use golden::Result;
use golden::comparison::{check_precisions, largest};
use golden::reference::Layer;
use golden::tolerances::{LAYER_GRADIENTS, LAYER_OUTPUTS};
use golden::vectors::Vectors;

const INPUTS: usize = 17;
const OUTPUTS: usize = 4;
const CASES: [&str; 4] = ["one_sample", "repeats", "saturated", "kinks"];

/// Applies an activation in place: logits become outputs, and upstream gradients become deltas.
type Activate = fn(Kernel, &mut [[f32; OUTPUTS]], &mut [[f32; OUTPUTS]]) -> Result<()>;

/// An activation between layers.
fn between<A: Activation>(kernel: Kernel, outputs: &mut [[f32; OUTPUTS]], deltas: &mut [[f32; OUTPUTS]]) -> Result<()> {
    let inputs = outputs.to_vec();
    A::forward_with(kernel, outputs.as_flattened_mut());
    let known = if A::DERIVATIVE_FROM_INPUT { &inputs } else { &*outputs };
    Ok(A::backward_with(kernel, known.as_flattened(), deltas.as_flattened_mut())?)
}

/// Softmax has no upstream but its loss; the label of sample s is s % OUTPUTS.
fn last(kernel: Kernel, outputs: &mut [[f32; OUTPUTS]], deltas: &mut [[f32; OUTPUTS]]) -> Result<()> {
    let labels: Vec<u8> = (0..outputs.len()).map(|sample| (sample % OUTPUTS) as u8).collect();
    deltas.copy_from_slice(outputs);
    SparseCategoricalCrossEntropy::loss_with(kernel, deltas, &labels)?;
    Ok(Softmax::forward_with(kernel, outputs.as_flattened_mut(), OUTPUTS)?)
}

const ACTIVATIONS: [(&str, Activate); 8] = [
    (Linear::NAME, between::<Linear>),
    (Relu::NAME, between::<Relu>),
    (LeakyRelu::NAME, between::<LeakyRelu>),
    (Elu::NAME, between::<Elu>),
    (Gelu::NAME, between::<Gelu>),
    (Sigmoid::NAME, between::<Sigmoid>),
    (Tanh::NAME, between::<Tanh>),
    (Softmax::NAME, last),
];

fn doubles(rows: &[f32]) -> Vec<f64> {
    rows.iter().copied().map(f64::from).collect()
}

#[test]
fn layers() -> Result<()> {
    let vectors = Vectors::open("layers.safetensors")?;
    for (kernel, case) in Kernel::available().flat_map(|kernel| CASES.map(|case| (kernel, case))) {
        let layer: Dense<INPUTS, OUTPUTS> = vectors.dense(case)?;
        let inputs = vectors.rows(&format!("{case}.inputs"))?;
        let batch = Batch::new(&inputs)?;
        for (activation, activate) in ACTIVATIONS {
            let mut outputs = vec![[0.0; OUTPUTS]; inputs.len()];
            layer.forward_with(kernel, batch, &mut outputs)?;
            let mut deltas = vectors.rows(&format!("{case}.upstream"))?;
            activate(kernel, &mut outputs, &mut deltas)?;
            let mut input_gradients = vec![[0.0; INPUTS]; inputs.len()];
            layer.backward_with(kernel, &deltas, &mut input_gradients)?;
            let gradients = golden::gradients(kernel, batch, &deltas)?;

            let name = format!("{}, {activation}, {case}", kernel.name());
            let expected = |part: &str| vectors.precisions(case, &format!("{activation}.{part}"));
            let found = doubles(outputs.as_flattened());
            let wanted = expected("outputs")?;
            check_precisions(&LAYER_OUTPUTS, &name, &found, &wanted, largest(&wanted[1]))?;

            // dense-core takes means over the samples, the vectors hold sums.
            let mean = Layer::new(&gradients).parameters.into_iter();
            let sums: Vec<f64> = mean.map(|gradient| gradient * inputs.len() as f64).collect();
            let (weights, bias) = sums.split_at(INPUTS * OUTPUTS);
            let by_inputs = doubles(input_gradients.as_flattened());
            for (part, found) in [("inputs", &by_inputs[..]), ("weights", weights), ("bias", bias)] {
                let expected = expected(&format!("gradients.{part}"))?;
                let name = format!("{name}, by {part}");
                check_precisions(&LAYER_GRADIENTS, &name, found, &expected, largest(&expected[1]))?;
            }
        }
    }
    Ok(())
}
