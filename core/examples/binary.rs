//! Binary classification: malignant and benign tumours, from ten measurements of their cells.
//!
//! `cargo run -p dense-core --example binary`. One output, a sigmoid and binary cross-entropy: logistic regression.

mod table;

use std::error::Error;

use dense_core::{BinaryCrossEntropy, Momentum, Network, Output, Random, Score, Trainer};

const INPUTS: usize = 10;
const TESTED: usize = 169;
const BATCH: usize = 32;

fn main() -> Result<(), Box<dyn Error>> {
    let rows = table::read::<11>(include_str!("data/breast_cancer.csv"))?;
    let (mut cells, malignant) = table::shuffled(rows, 0, 1);
    table::standardize(&mut cells, TESTED);
    let labels: Vec<u8> = malignant.into_iter().map(|malignant| u8::from(malignant > 0.5)).collect();
    let (test_cells, train_cells) = cells.split_at(TESTED);
    let (test_labels, train_labels) = labels.split_at(TESTED);

    let mut network = Output::<INPUTS, 1, BinaryCrossEntropy>::ZERO;
    let mut trainer = Trainer::<_, _, BATCH>::new(Momentum::new(0.05, 0.9)?);
    let mut order: Vec<u32> = (0..train_cells.len() as u32).collect();
    let mut random = Random::new(0, Random::SHUFFLE);
    println!("epoch   loss   accuracy");
    for epoch in 1_u32..=32 {
        random.shuffle(&mut order);
        let mut score = Score::default();
        for batch in order.chunks(BATCH) {
            score += trainer.step_indexed(&mut network, train_cells, train_labels, batch)?;
        }
        if epoch.is_power_of_two() {
            println!("{epoch:5}  {:.3}      {:.3}", score.loss(), score.accuracy());
        }
    }

    let mut counts = [[0; 2]; 2];
    for (cells, &label) in test_cells.iter().zip(test_labels) {
        let [probability] = network.predict(cells)?;
        counts[usize::from(label)][usize::from(probability > 0.5)] += 1;
    }
    let [[benign, alarms], [missed, found]] = counts;
    println!("\nTest set of {TESTED} tumours:");
    println!("  {found} malignant ones found, {missed} missed");
    println!("  {benign} benign ones recognised, {alarms} false alarms");
    Ok(())
}
