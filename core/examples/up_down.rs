//! Guessing a number by "up" and "down" is gradient descent.
//!
//! `cargo run -p dense-core --example up_down 37`. The guess is the only parameter. The loss is its distance from the
//! number, so the derivative is just a sign: up or down. The learning rate is the length of a step, and it is halved
//! each time.

use dense_core::optimizers::{Optimizer, Schedule};
use dense_core::{Mae, Output, Sgd, Trainer};

/// One input, which is always 0, so that the weight stays 0 and the output is the bias: the guess.
type Guess = Output<1, 1, Mae>;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let number: u8 = std::env::args().nth(1).unwrap_or_else(|| "37".into()).parse()?;
    if number > 100 {
        return Err("a number from 0 to 100, please".into());
    }
    let mut guess = Guess::ZERO;
    guess.layer.bias_mut()[0] = 50.0;
    let halving = Sgd::new(25.0)?.with_schedule(Schedule::Step { every: 1, factor: 0.5 })?;
    let mut trainer = Trainer::<_, _, 1>::new(halving);

    println!("guess   answer  loss   step");
    loop {
        let before = guess.layer.bias()[0];
        let score = trainer.step(&mut guess, &[[0.0]], &[[f32::from(number)]])?;
        let step = guess.layer.bias()[0] - before;
        if score.loss() < 0.5 {
            println!("{before:5.1}   right!  {:4.1}", score.loss());
            return Ok(());
        }
        let answer = if step > 0.0 { "up" } else { "down" };
        println!("{before:5.1}   {answer:<6}  {:4.1}  {step:+5.1}", score.loss());
    }
}
