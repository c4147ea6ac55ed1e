//! Exclusive-or: why a hidden layer is needed.
//!
//! `cargo run -p dense-core --example xor`. The four points are not linearly separable, so a single layer does not
//! learn them; with a hidden layer of four units they are.

use dense_core::activations::Tanh;
use dense_core::{Adam, BinaryCrossEntropy, Error, Hidden, Network, Output, Random, Trainer};

const POINTS: [[f32; 2]; 4] = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]];
const LABELS: [u8; 4] = [0, 1, 1, 0];

fn main() -> Result<(), Error> {
    learn::<Output<2, 1, BinaryCrossEntropy>>("no hidden layer")?;
    learn::<Hidden<2, 4, Tanh, Output<4, 1, BinaryCrossEntropy>>>("4 hidden units")
}

fn learn<N: Network<2, Target = u8, Output = [f32; 1]>>(name: &str) -> Result<(), Error> {
    let mut network = N::ZERO;
    network.glorot_uniform(&mut Random::new(0, Random::INITIAL_WEIGHTS));
    let mut trainer = Trainer::<N, _, 4>::new(Adam::new(0.05)?);
    println!("{name}, {} parameters", N::PARAMETERS);
    for step in 0..=500 {
        let score = trainer.step(&mut network, &POINTS, &LABELS)?;
        if step % 100 == 0 {
            println!("  step {step:3}: loss {:.3}, {} of 4 right", score.loss(), score.correct);
        }
    }
    let outputs = trainer.predict(&network, &POINTS)?;
    for ([a, b], [yes]) in POINTS.iter().zip(outputs) {
        println!("  {a} xor {b}: {:3.0} % yes", 100.0 * yes);
    }
    println!();
    Ok(())
}
