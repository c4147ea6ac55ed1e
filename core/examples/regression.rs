//! How many miles does a car go on a gallon? Regression on a real table, first with a line, then with a hidden layer.
//!
//! `cargo run -p dense-core --example regression`. The loss is the mean squared error; the mean absolute error says the
//! same in miles.

mod table;

use std::error::Error;
use std::ops::ControlFlow;

use dense_core::activations::Relu;
use dense_core::fit::{Course, Event};
use dense_core::samples::Shuffled;
use dense_core::{Adam, Batch, Hidden, Kernel, Mse, Network, Output, Random, Trainer, Workspace};

const INPUTS: usize = 6;
const TESTED: usize = 92;
const BATCH: usize = 16;

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
    let kernel = Kernel::best();
    let mut network = N::ZERO;
    network.glorot_uniform(&mut Random::new(0, Random::INITIAL_WEIGHTS));

    println!("{name}, {} parameters\nepoch   squared error   absolute error (miles)", N::PARAMETERS);
    let mut order = vec![0; train_cars.len()];
    let random = Random::new(0, Random::SHUFFLE);
    let mut samples = Shuffled::<_, _, INPUTS, BATCH>::new(train_cars, train_miles, &mut order, random)?;
    let mut trainer = Trainer::<N, _, INPUTS, BATCH>::new(Adam::new(0.02)?);
    let course = Course { epochs: 200, batch_size: BATCH };
    trainer.fit(kernel, &mut network, &mut samples, course, |event, _| {
        if let Event::Epoch(progress) = event
            && (progress.epoch.is_power_of_two() || progress.epoch == course.epochs)
        {
            println!("{:5} {:15.1} {:16.2}", progress.epoch, progress.loss, progress.metric);
        }
        ControlFlow::Continue(())
    })?;

    let mut workspace = Workspace::<N, INPUTS, TESTED>::ZERO;
    let score = workspace.score(kernel, &network, Batch::new(test_cars)?, test_miles)?;
    let (squared, absolute) = (score.loss / TESTED as f32, N::metric(&score) / TESTED as f64);
    println!("{TESTED} cars it has not seen: {squared:.1}, {absolute:.2} miles\n");
    Ok(())
}
