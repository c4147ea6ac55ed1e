//! Back-propagation by hand: the chain rule with numbers, beside what dense-core computes.
//!
//! `cargo run -p dense-core --example chain_rule`. A network of two inputs, two hidden units with sigmoid and one output
//! takes one step of gradient descent. Every line is arithmetic that can be followed with pen and paper.

mod by_hand;

use by_hand::{INPUTS, LEARNING_RATE, NETWORK, Parameters, TARGET};
use dense_core::activations::Sigmoid;
use dense_core::{Dense, Hidden, Layers, Mse, Output, Sgd, Trainer};

type Network = Hidden<2, 2, Sigmoid, Output<2, 1, Mse>>;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let forward = by_hand::forward(&NETWORK);
    let ([x1, x2], [z1, z2], [h1, h2]) = (INPUTS, forward.sums, forward.hidden);
    let ([[w11, w12], [w21, w22]], [b1, b2]) = (NETWORK.hidden_weights, NETWORK.hidden_biases);
    let ([v1, v2], c) = (NETWORK.output_weights, NETWORK.output_bias);
    let (y, loss) = (forward.output, forward.loss);
    println!("forward pass");
    println!("  z1 = {w11} · {x1} + {w12} · {x2} + {b1} = {z1:.4}    h1 = σ(z1) = {h1:.4}");
    println!("  z2 = {w21} · {x1} + {w22} · {x2} + {b2} = {z2:.4}    h2 = σ(z2) = {h2:.4}");
    println!("  y  = {v1} · {h1:.4} + {v2} · {h2:.4} + {c} = {y:.4}");
    println!("loss");
    println!("  L = (y − t)² = ({y:.4} − {TARGET})² = {loss:.4}");

    let backward = by_hand::backward(&NETWORK, &forward);
    let (dy, [dh1, dh2], [dz1, dz2]) = (backward.output, backward.hidden, backward.sums);
    let Parameters { hidden_weights: [[g11, g12], [g21, g22]], output_weights: [gv1, gv2], .. } = backward.gradient;
    println!("backward pass: the chain rule, from the loss to each weight");
    println!("  ∂L/∂y  = 2 (y − t) = 2 · ({y:.4} − {TARGET}) = {dy:.4}");
    println!("  ∂L/∂v1 = ∂L/∂y · h1 = {dy:.4} · {h1:.4} = {gv1:.4}");
    println!("  ∂L/∂v2 = ∂L/∂y · h2 = {dy:.4} · {h2:.4} = {gv2:.4}");
    println!("  ∂L/∂h1 = ∂L/∂y · v1 = {dy:.4} · {v1} = {dh1:.4}");
    println!("  ∂L/∂h2 = ∂L/∂y · v2 = {dy:.4} · {v2} = {dh2:.4}");
    println!("  ∂L/∂z1 = ∂L/∂h1 · h1 (1 − h1) = {dh1:.4} · {:.4} = {dz1:.4}", h1 * (1.0 - h1));
    println!("  ∂L/∂z2 = ∂L/∂h2 · h2 (1 − h2) = {dh2:.4} · {:.4} = {dz2:.4}", h2 * (1.0 - h2));
    println!("  ∂L/∂w11 = ∂L/∂z1 · x1 = {g11:.4}    ∂L/∂w12 = ∂L/∂z1 · x2 = {g12:.4}");
    println!("  ∂L/∂w21 = ∂L/∂z2 · x1 = {g21:.4}    ∂L/∂w22 = ∂L/∂z2 · x2 = {g22:.4}");

    let after = by_hand::descend(&NETWORK, &backward.gradient);
    let [[new11, _], _] = after.hidden_weights;
    println!("gradient descent");
    println!("  w11 ← w11 − rate · ∂L/∂w11 = {w11} − {LEARNING_RATE} · {g11:.4} = {new11:.4}, and so every parameter");
    let loss_after = by_hand::forward(&after).loss;
    println!("  L = {loss_after:.4}, before {loss:.4}");

    let (mut network, sgd) = (network(&NETWORK), Sgd::new(LEARNING_RATE as f32)?);
    let mut trainer = Trainer::<_, _, 1>::new(sgd);
    let (inputs, target) = ([INPUTS.map(|input| input as f32)], [[TARGET as f32]]);
    let before = trainer.step(&mut network, &inputs, &target)?.loss();
    let left = trainer.evaluate(&network, &inputs, &target)?.loss();
    println!("dense-core\n  the same step: L = {left:.4}, before {before:.4}");
    let farthest = network.parameters().zip(parameters(&after)).map(|(own, hand)| (f64::from(own) - hand).abs());
    let farthest = farthest.fold(0.0, f64::max);
    if farthest > 1e-6 {
        return Err(format!("a parameter is off by {farthest}").into());
    }
    println!("  all nine parameters agree to 1e-6");
    Ok(())
}

fn network(values: &Parameters) -> Network {
    let to_f32 = |row: [f64; 2]| row.map(|value| value as f32);
    Hidden::new(
        Dense::new(values.hidden_weights.map(to_f32), to_f32(values.hidden_biases)),
        Output::new(Dense::new([to_f32(values.output_weights)], [values.output_bias as f32])),
    )
}

/// In the order of [`Layers::parameters`].
fn parameters(values: &Parameters) -> impl Iterator<Item = f64> {
    let hidden = values.hidden_weights.into_iter().flatten().chain(values.hidden_biases);
    hidden.chain(values.output_weights).chain([values.output_bias])
}
