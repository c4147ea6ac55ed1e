//! Is a tumour malignant? Yes or no, from ten measurements of its cells.
//!
//! `cargo run -p dense-core --example binary`. One output, a sigmoid and binary cross-entropy: logistic regression.

mod table;

use std::error::Error;
use std::ops::ControlFlow;

use dense_core::fit::{Course, Event};
use dense_core::samples::Shuffled;
use dense_core::{Batch, BinaryCrossEntropy, Kernel, Momentum, Network, Output, Random, Trainer, Workspace};

const INPUTS: usize = 10;
const TESTED: usize = 169;
const BATCH: usize = 32;

type Doctor = Output<INPUTS, 1, BinaryCrossEntropy>;

fn main() -> Result<(), Box<dyn Error>> {
    let rows = table::read::<11>(include_str!("data/breast_cancer.csv"))?;
    let (mut cells, malignant) = table::shuffled(rows, 0, 1);
    table::standardize(&mut cells, TESTED);
    let labels: Vec<u8> = malignant.into_iter().map(|malignant| u8::from(malignant > 0.5)).collect();
    let (test_cells, train_cells) = cells.split_at(TESTED);
    let (test_labels, train_labels) = labels.split_at(TESTED);

    let kernel = Kernel::best();
    let mut doctor = Doctor::ZERO;
    let mut order = vec![0; train_cells.len()];
    let random = Random::new(0, Random::SHUFFLE);
    let mut samples = Shuffled::<_, _, INPUTS, BATCH>::new(train_cells, train_labels, &mut order, random)?;
    let mut trainer = Trainer::<_, _, INPUTS, BATCH>::new(Momentum::new(0.05, 0.9)?);
    println!("epoch   loss   accuracy");
    let course = Course { epochs: 32, batch_size: BATCH };
    trainer.fit(kernel, &mut doctor, &mut samples, course, |event, _| {
        if let Event::Epoch(progress) = event
            && progress.epoch.is_power_of_two()
        {
            println!("{:5}  {:.3}      {:.3}", progress.epoch, progress.loss, progress.metric);
        }
        ControlFlow::Continue(())
    })?;

    let mut workspace = Workspace::<Doctor, INPUTS, TESTED>::ZERO;
    let probabilities = workspace.predict(kernel, &doctor, Batch::new(test_cells)?)?;
    let mut counts = [[0; 2]; 2];
    for (&[probability], &label) in probabilities.iter().zip(test_labels) {
        counts[usize::from(label)][usize::from(probability > 0.5)] += 1;
    }
    let [[benign, alarms], [missed, found]] = counts;
    println!("\n{TESTED} tumours it has not seen:");
    println!("  {found} malignant ones found, {missed} missed");
    println!("  {benign} benign ones let be, {alarms} false alarms");
    Ok(())
}
