//! Guessing a number by "up" and "down" is gradient descent.
//!
//! `cargo run -p dense-core --example up_down -- play` has a number, and you guess; `up_down 37` lets gradient descent guess
//! the 37. The guess is the only parameter. The loss is its distance from the number, so the derivative is just a sign: up
//! or down. The learning rate is the length of a step, and it is halved each time.

use std::cmp::Ordering;
use std::error::Error;
use std::io::{self, BufRead, Write};
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use dense_core::optimizers::{Optimizer, Schedule};
use dense_core::{Mae, Output, Sgd, Trainer};

/// One input, which is always 0, so that the weight stays 0 and the output is the bias: the guess.
type Guess = Output<1, 1, Mae>;

const GREATEST: u8 = 100;
const RIGHT: &str = "right!";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("up_down: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => descend(37),
        ["play"] => {
            let clock = SystemTime::now().duration_since(UNIX_EPOCH)?.subsec_nanos();
            play((clock % (u32::from(GREATEST) + 1)) as u8)
        }
        ["play", number] => play(parse(number)?),
        [number] => descend(parse(number)?),
        _ => Err("usage: up_down [NUMBER], or up_down play [NUMBER]".into()),
    }
}

fn parse(text: &str) -> Result<u8, String> {
    let number = text.trim().parse().ok().filter(|number| *number <= GREATEST);
    number.ok_or_else(|| format!("{:?} is no whole number from 0 to {GREATEST}", text.trim()))
}

/// You guess, until the number is found or the input ends; then the losses of your guesses, and those of gradient descent.
fn play(number: u8) -> Result<(), Box<dyn Error>> {
    println!("I have a whole number from 0 to {GREATEST}. Your guess, and I say up or down.");
    let mut guesses = Vec::new();
    let mut lines = io::stdin().lock().lines();
    while guesses.last() != Some(&number) {
        print!("guess {}: ", guesses.len() + 1);
        io::stdout().flush()?;
        let Some(line) = lines.next() else {
            println!("no more guesses; it was {number}");
            break;
        };
        match parse(&line?) {
            Ok(guess) => {
                println!("{}", answer(guess, number));
                guesses.push(guess);
            }
            Err(problem) => println!("{problem}; try again"),
        }
    }
    println!("\nyours\nguess   answer  loss   step");
    for (index, &guess) in guesses.iter().enumerate() {
        let step = guesses.get(index + 1).map(|next| f32::from(*next) - f32::from(guess));
        row(f32::from(guess), answer(guess, number), f32::from(number.abs_diff(guess)), step);
    }
    println!("\ngradient descent's, whose learning rate is halved each time");
    descend(number)
}

fn answer(guess: u8, number: u8) -> &'static str {
    match guess.cmp(&number) {
        Ordering::Less => "up",
        Ordering::Equal => RIGHT,
        Ordering::Greater => "down",
    }
}

/// Gradient descent guesses.
fn descend(number: u8) -> Result<(), Box<dyn Error>> {
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
            row(before, RIGHT, score.loss(), None);
            return Ok(());
        }
        row(before, if step > 0.0 { "up" } else { "down" }, score.loss(), Some(step));
    }
}

fn row(guess: f32, answer: &str, loss: f32, step: Option<f32>) {
    let step = step.map_or(String::new(), |step| format!("  {step:+5.1}"));
    println!("{guess:5.1}   {answer:<6}  {loss:4.1}{step}");
}
