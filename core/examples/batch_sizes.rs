//! Batch sizes: full-batch, mini-batch and stochastic gradient descent compared.
//!
//! `cargo run -p dense-core --example batch_sizes`. Small batches make more steps out of the same samples, so the loss
//! falls further in as many epochs. But each step sees the loss of other samples, so from step to step it is noisy: the
//! loss over all samples falls smoothly.

mod table;

use std::error::Error;
use std::time::Instant;

use dense_core::{BinaryCrossEntropy, Output, Random, Score, Sgd, Trainer};

const INPUTS: usize = 10;
const SAMPLES: usize = 569;
const EPOCHS: u32 = 20;
/// Steps that are drawn, the last ones.
const SHOWN: usize = 18;

fn main() -> Result<(), Box<dyn Error>> {
    let rows = table::read::<11>(include_str!("data/breast_cancer.csv"))?;
    let (mut cells, malignant) = table::shuffled(rows, 0, 1);
    table::standardize(&mut cells, 0);
    let labels: Vec<u8> = malignant.into_iter().map(|malignant| u8::from(malignant > 0.5)).collect();

    println!("{EPOCHS} epochs            batch  steps     time  loss of the last epoch  change a step  last steps");
    for (name, batch_size) in [("full batch", SAMPLES), ("mini-batches", 32), ("stochastic", 1)] {
        let mut network = Output::<INPUTS, 1, BinaryCrossEntropy>::ZERO;
        let mut trainer = Trainer::<_, _, SAMPLES>::new(Sgd::new(0.1)?);
        let mut order: Vec<u32> = (0..SAMPLES as u32).collect();
        let mut random = Random::new(0, Random::SHUFFLE);
        let (mut losses, mut epoch) = (Vec::new(), Score::default());
        let start = Instant::now();
        for _ in 0..EPOCHS {
            random.shuffle(&mut order);
            epoch = Score::default();
            for batch in order.chunks(batch_size) {
                let score = trainer.step_indexed(&mut network, &cells, &labels, batch)?;
                losses.push(score.loss());
                epoch += score;
            }
        }
        let (time, steps) = (start.elapsed(), losses.len());
        let measured = &losses[steps - SHOWN.max(SAMPLES / batch_size)..];
        let changes: Vec<f32> = measured.windows(2).map(|pair| pair[1] - pair[0]).collect();
        println!(
            "{name:<20} {batch_size:5}  {steps:5}  {time:>7.1?}  {:22.4}        ±{:.4}  {}",
            epoch.loss(),
            standard_deviation(&changes),
            draw(&losses[steps - SHOWN..])
        );
    }
    println!(
        "\n± is the standard deviation of the change of the loss from one step to the next, in the last {SHOWN} steps"
    );
    println!("or, where it has more, in the last epoch.");
    println!("A bar is a step's loss, as a part of the largest in its row.");
    Ok(())
}

fn standard_deviation(values: &[f32]) -> f32 {
    let mean = values.iter().sum::<f32>() / values.len() as f32;
    (values.iter().map(|value| (value - mean).powi(2)).sum::<f32>() / values.len() as f32).sqrt()
}

/// The losses as bars, the largest of them the highest.
fn draw(losses: &[f32]) -> String {
    let bars = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let largest = losses.iter().copied().fold(f32::MIN_POSITIVE, f32::max);
    losses.iter().map(|loss| bars[(loss / largest * (bars.len() - 1) as f32).round() as usize]).collect()
}
