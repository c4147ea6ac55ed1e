//! Gradient descent over all samples, over one at a time, and over mini-batches, side by side.
//!
//! `cargo run -p dense-core --example batch_sizes`. Small batches make more steps out of the same samples, and their
//! losses wobble: each is the loss of other samples. Large batches are faster a sample.

mod table;

use std::error::Error;
use std::ops::ControlFlow;
use std::time::Instant;

use dense_core::fit::{Course, Event};
use dense_core::samples::Shuffled;
use dense_core::{BinaryCrossEntropy, Kernel, Network, Output, Random, Sgd, Trainer};

const INPUTS: usize = 10;
const SAMPLES: usize = 569;

fn main() -> Result<(), Box<dyn Error>> {
    let rows = table::read::<11>(include_str!("data/breast_cancer.csv"))?;
    let (mut cells, malignant) = table::shuffled(rows, 0, 1);
    table::standardize(&mut cells, 0);
    let labels: Vec<u8> = malignant.into_iter().map(|malignant| u8::from(malignant > 0.5)).collect();

    println!("20 epochs            batch  iterations     time    loss  wobble  last batches");
    for (name, batch_size) in [("gradient descent", SAMPLES), ("mini-batches", 32), ("stochastic", 1)] {
        let mut network = Output::<INPUTS, 1, BinaryCrossEntropy>::ZERO;
        let mut trainer = Trainer::<_, _, INPUTS, SAMPLES>::new(Sgd::new(0.1)?);
        let mut order = vec![0; SAMPLES];
        let random = Random::new(0, Random::SHUFFLE);
        let mut samples = Shuffled::<_, _, INPUTS, SAMPLES>::new(&cells, &labels, &mut order, random)?;
        let course = Course { epochs: 20, batch_size };
        let mut losses = Vec::new();
        let start = Instant::now();
        let end = trainer.fit(Kernel::best(), &mut network, &mut samples, course, |event, _| {
            if let Event::Batch(progress) = event {
                losses.push(progress.batch_loss);
            }
            ControlFlow::Continue(())
        })?;
        let time = start.elapsed();
        let last = &losses[losses.len().saturating_sub(18)..];
        println!(
            "{name:<20} {batch_size:5}  {:10}  {:>7.1?}  {:.4}  {:.4}  {}",
            end.iterations,
            time,
            end.loss,
            deviation(last),
            draw(last)
        );
    }
    Ok(())
}

/// The standard deviation: how far the losses lie from their mean.
fn deviation(losses: &[f64]) -> f64 {
    let mean = losses.iter().sum::<f64>() / losses.len() as f64;
    (losses.iter().map(|loss| (loss - mean).powi(2)).sum::<f64>() / losses.len() as f64).sqrt()
}

/// The losses as bars.
fn draw(losses: &[f64]) -> String {
    let bars = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    losses.iter().map(|loss| bars[((loss * 16.0) as usize).min(bars.len() - 1)]).collect()
}
