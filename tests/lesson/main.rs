//! The lesson, `docs/learn.md`: its derivatives by hand are right, and its pictures are those that this code draws.
//!
//! `UPDATE_FIGURES=1 cargo test -p golden --test lesson` draws the pictures anew. `docs/check` runs the commands of the
//! lesson and compares what they print with what it says.

#[path = "../../core/examples/by_hand/mod.rs"]
mod by_hand;
mod drawing;
mod figures;
#[path = "../../firmware/weights/weights.rs"]
#[allow(dead_code, unreachable_pub)]
mod weights;

use dense_core::activations::Sigmoid;
use dense_core::{Dense, Hidden, Layers, Mse, Output, Sgd, Trainer};
use golden::Result;
use std::path::Path;
use std::{env, fs};

/// The nine parameters in the order of [`Layers::parameters`].
fn flat(parameters: &by_hand::Parameters) -> [f64; 9] {
    let [[w11, w12], [w21, w22]] = parameters.hidden_weights;
    let ([b1, b2], [v1, v2]) = (parameters.hidden_biases, parameters.output_weights);
    [w11, w12, w21, w22, b1, b2, v1, v2, parameters.output_bias]
}

fn from_flat([w11, w12, w21, w22, b1, b2, v1, v2, output_bias]: [f64; 9]) -> by_hand::Parameters {
    by_hand::Parameters {
        hidden_weights: [[w11, w12], [w21, w22]],
        hidden_biases: [b1, b2],
        output_weights: [v1, v2],
        output_bias,
    }
}

#[test]
fn derivatives_by_hand_are_finite_differences_and_those_of_dense_core() -> Result<()> {
    let network = by_hand::NETWORK;
    let gradient = flat(&by_hand::backward(&network, &by_hand::forward(&network)).gradient);

    let to_f32 = |row: [f64; 2]| row.map(|value| value as f32);
    let mut own = Hidden::<2, 2, Sigmoid, Output<2, 1, Mse>>::new(
        Dense::new(network.hidden_weights.map(to_f32), to_f32(network.hidden_biases)),
        Output::new(Dense::new([to_f32(network.output_weights)], [network.output_bias as f32])),
    );
    let mut trainer = Trainer::<_, _, 1>::new(Sgd::new(by_hand::LEARNING_RATE as f32)?);
    trainer.step(&mut own, &[to_f32(by_hand::INPUTS)], &[[by_hand::TARGET as f32]])?;
    let own: Vec<f64> = own.parameters().map(f64::from).collect();
    let after = flat(&by_hand::descend(&network, &by_hand::backward(&network, &by_hand::forward(&network)).gradient));

    let names = ["w11", "w12", "w21", "w22", "b1", "b2", "v1", "v2", "c"];
    for (index, name) in names.into_iter().enumerate() {
        const STEP: f64 = 1e-5;
        let loss = |step: f64| {
            let mut moved = flat(&network);
            moved[index] += step;
            by_hand::forward(&from_flat(moved)).loss
        };
        let difference = (loss(STEP) - loss(-STEP)) / (2.0 * STEP);
        let hand = gradient[index];
        assert!((difference - hand).abs() < 1e-8, "{name}: {hand} by hand, {difference} by finite differences");
        let (hand, own) = (after[index], own[index]);
        assert!((own - hand).abs() < 1e-6, "{name} after the step: {hand} by hand, {own} by dense-core");
    }
    Ok(())
}

#[test]
fn pictures_are_as_drawn() -> Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/figures");
    for (name, drawn) in figures::all()? {
        let path = folder.join(name).with_extension("svg");
        if env::var_os("UPDATE_FIGURES").is_some() {
            fs::write(&path, &drawn)?;
        }
        let committed = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        assert!(committed == drawn, "docs/figures/{name}.svg is stale: UPDATE_FIGURES=1 draws it anew");
    }
    Ok(())
}
