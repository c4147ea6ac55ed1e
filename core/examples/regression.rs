//! Regression: a car's miles per gallon, by linear regression and with a hidden layer.
//!
//! `cargo run -p dense-core --example regression`. The loss is the mean squared error; the metric is the mean
//! absolute error in miles per gallon.

mod table;

use std::error::Error;

use dense_core::activations::Relu;
use dense_core::{Adam, Hidden, Mse, Network, Output, Random, Score, Trainer};

const INPUTS: usize = 6;
const TESTED: usize = 92;
const BATCH: usize = 16;
const EPOCHS: u32 = 200;

type Line = Output<INPUTS, 1, Mse>;
type Curve = Hidden<INPUTS, 16, Relu, Output<16, 1, Mse>>;

fn main() -> Result<(), Box<dyn Error>> {
    let rows = table::read::<7>(include_str!("data/auto_mpg.csv"))?;
    let (mut cars, miles) = table::shuffled(rows, 0, 1);
    table::standardize(&mut cars, TESTED);
    let miles: Vec<[f32; 1]> = miles.into_iter().map(|miles| [miles]).collect();
    learn::<Line>("a line", &cars, &miles)?;
    learn::<Curve>("with 16 hidden units", &cars, &miles)
}

fn learn<N: Network<INPUTS, Target = [f32; 1]>>(
    name: &str,
    cars: &[[f32; INPUTS]],
    miles: &[[f32; 1]],
) -> Result<(), Box<dyn Error>> {
    let (test_cars, train_cars) = cars.split_at(TESTED);
    let (test_miles, train_miles) = miles.split_at(TESTED);
    let mut network = N::ZERO;
    network.glorot_uniform(&mut Random::new(0, Random::INITIAL_WEIGHTS));

    println!("{name}, {} parameters\nepoch   squared error   absolute error (miles)", N::PARAMETERS);
    let mut trainer = Trainer::<N, _, BATCH>::new(Adam::new(0.02)?);
    let mut order: Vec<u32> = (0..train_cars.len() as u32).collect();
    let mut random = Random::new(0, Random::SHUFFLE);
    for epoch in 1..=EPOCHS {
        random.shuffle(&mut order);
        let mut score = Score::default();
        for batch in order.chunks(BATCH) {
            score += trainer.step_indexed(&mut network, train_cars, train_miles, batch)?;
        }
        if epoch.is_power_of_two() || epoch == EPOCHS {
            println!("{epoch:5} {:15.1} {:16.2}", score.loss(), score.mean_absolute_error());
        }
    }

    let score = trainer.evaluate(&network, test_cars, test_miles)?;
    let (squared, absolute) = (score.loss(), score.mean_absolute_error());
    println!("Test set of {TESTED} cars: {squared:.1}, {absolute:.2} miles\n");
    Ok(())
}
