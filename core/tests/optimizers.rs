//! Optimizers against their formulas, written out in float64.

use dense_core::optimizers::{Optimizer, SMALLEST_LEARNING_RATE, SMALLEST_MOMENTUM, Schedule};
use dense_core::{Adam, Batch, Error, Kernel, Momentum, Mse, Network, Output, Rmsprop, Sgd, Trainer};

const STEPS: usize = 20;
/// float32 rounds each step.
const TOLERANCE: f64 = 2e-6;

type Line = Output<1, 1, Mse>;

/// What a rule makes of a weight and a bias: the parameter, its gradient, the learning rate, what it has kept, the step.
type Rule = fn(&mut f64, f64, f64, &mut [f64; 2], i32);

/// Runs both on y = wx + b for the samples (1, 3) and (2, 5), and compares after every step.
fn check<O: Optimizer>(optimizer: O, rate: fn(usize) -> f64, rule: Rule) -> Result<(), Error> {
    let (samples, targets) = ([[1.0], [2.0]], [[3.0], [5.0]]);
    let mut line = Line::ZERO;
    line.layer.set_weight(0, 0, 0.5);
    line.layer.bias_mut()[0] = -1.0;
    let mut trainer = Trainer::<_, _, 1, 2>::new(optimizer);
    let (mut weight, mut bias, mut kept) = (0.5_f64, -1.0_f64, [[0.0; 2]; 2]);
    for step in 0..STEPS {
        trainer.step(Kernel::best(), &mut line, Batch::new(&samples)?, &targets)?;
        let misses = [weight + bias - 3.0, 2.0 * weight + bias - 5.0];
        let gradients = [misses[0] + 2.0 * misses[1], misses[0] + misses[1]];
        rule(&mut weight, gradients[0], rate(step), &mut kept[0], step as i32 + 1);
        rule(&mut bias, gradients[1], rate(step), &mut kept[1], step as i32 + 1);
        for (found, expected) in [(line.layer.weight(0, 0), weight), (line.layer.bias()[0], bias)] {
            assert!((f64::from(found) - expected).abs() < TOLERANCE, "step {step}: {found}, not {expected}");
        }
    }
    Ok(())
}

#[test]
fn plain() -> Result<(), Error> {
    check(Sgd::new(0.05)?, |_| 0.05, |value, gradient, rate, _, _| *value -= rate * gradient)
}

#[test]
fn momentum() -> Result<(), Error> {
    check(
        Momentum::new(0.02, 0.9)?,
        |_| 0.02,
        |value, gradient, rate, [velocity, _], _| {
            *velocity = 0.9 * *velocity - rate * gradient;
            *value += *velocity;
        },
    )
}

#[test]
fn nesterov() -> Result<(), Error> {
    check(
        Momentum::new(0.02, 0.9)?.with_nesterov(),
        |_| 0.02,
        |value, gradient, rate, [velocity, _], _| {
            *velocity = 0.9 * *velocity - rate * gradient;
            *value += 0.9 * *velocity - rate * gradient;
        },
    )
}

fn adam(value: &mut f64, gradient: f64, rate: f64, [mean, square]: &mut [f64; 2], step: i32) {
    *mean += (1.0 - 0.9) * (gradient - *mean);
    *square += (1.0 - 0.999) * (gradient * gradient - *square);
    let correction = (1.0 - 0.999_f64.powi(step)).sqrt() / (1.0 - 0.9_f64.powi(step));
    *value -= rate * correction * *mean / (square.sqrt() + 1e-7);
}

#[test]
fn adam_plain() -> Result<(), Error> {
    check(Adam::new(0.1)?, |_| 0.1, adam)
}

#[test]
fn rmsprop() -> Result<(), Error> {
    check(
        Rmsprop::new(0.01)?,
        |_| 0.01,
        |value, gradient, rate, [square, _], _| {
            *square = 0.9 * *square + (1.0 - 0.9) * gradient * gradient;
            *value -= rate * gradient / (*square + 1e-7).sqrt();
        },
    )
}

/// A gradient whose square would overflow, from finite numbers, moves the parameters and leaves them finite.
#[test]
fn adaptive_optimizers_stay_finite() -> Result<(), Error> {
    fn check<O: Optimizer>(optimizer: O) -> Result<(), Error> {
        let mut line = Line::ZERO;
        let mut trainer = Trainer::<_, _, 1, 1>::new(optimizer);
        for target in [1.0, 2e19, 1.0, -1e38, 1.0] {
            trainer.step(Kernel::best(), &mut line, Batch::new(&[[1.0]])?, &[[target]])?;
            assert!(line.layer.weight(0, 0).is_finite() && line.layer.bias()[0].is_finite(), "target {target}");
        }
        assert!(line.layer.bias()[0] != 0.0);
        Ok(())
    }
    check(Adam::new(0.001)?)?;
    check(Rmsprop::new(0.001)?)
}

#[test]
fn weight_decay() -> Result<(), Error> {
    check(
        Sgd::new(0.05)?.with_weight_decay(0.1)?,
        |_| 0.05,
        |value, gradient, rate, _, _| {
            *value -= 0.1 * rate * *value;
            *value -= rate * gradient;
        },
    )?;
    check(
        Momentum::new(0.02, 0.9)?.with_weight_decay(0.1)?,
        |_| 0.02,
        |value, gradient, rate, [velocity, _], _| {
            *value -= 0.1 * rate * *value;
            *velocity = 0.9 * *velocity - rate * gradient;
            *value += *velocity;
        },
    )?;
    check(
        Adam::new(0.1)?.with_weight_decay(0.1)?,
        |_| 0.1,
        |value, gradient, rate, kept, step| {
            *value -= 0.1 * rate * *value;
            adam(value, gradient, rate, kept, step);
        },
    )
}

fn cosine(step: usize) -> f64 {
    let done = step.min(10) as f64 / 10.0;
    0.1 * (0.8 * 0.5 * (1.0 + (std::f64::consts::PI * done).cos()) + 0.2)
}

fn staircase(step: usize) -> f64 {
    0.1 * 0.5_f64.powi(step as i32 / 3)
}

#[test]
fn schedules() -> Result<(), Error> {
    let plain: Rule = |value, gradient, rate, _, _| *value -= rate * gradient;
    check(Sgd::new(0.1)?.with_schedule(Schedule::Constant)?, |_| 0.1, plain)?;
    check(Sgd::new(0.1)?.with_schedule(Schedule::Cosine { steps: 10, rest: 0.2 })?, cosine, plain)?;
    check(Sgd::new(0.1)?.with_schedule(Schedule::Step { every: 3, factor: 0.5 })?, staircase, plain)?;
    check(Adam::new(0.1)?.with_schedule(Schedule::Step { every: 3, factor: 0.5 })?, staircase, adam)?;
    check(
        Momentum::new(0.1, 0.5)?.with_schedule(Schedule::Cosine { steps: 10, rest: 0.2 })?,
        cosine,
        |value, gradient, rate, [velocity, _], _| {
            *velocity = 0.5 * *velocity - rate * gradient;
            *value += *velocity;
        },
    )
}

#[test]
fn a_rate_that_would_be_zero_is_the_smallest() {
    assert_eq!(Schedule::Cosine { steps: 10, rest: 0.0 }.rate(0.1, 1_000_000), SMALLEST_LEARNING_RATE);
    assert_eq!(Schedule::Step { every: 1, factor: 0.0 }.rate(0.1, 1), SMALLEST_LEARNING_RATE);
    assert_eq!(Schedule::Step { every: 1, factor: 0.0 }.rate(0.1, 0), 0.1);
    assert_eq!(Schedule::Constant.rate(0.1, u32::MAX), 0.1);
}

#[test]
fn settings_out_of_range_are_refused() -> Result<(), Error> {
    let (sgd, adam, momentum) = (Sgd::new(0.1)?, Adam::new(0.1)?, Momentum::new(0.1, 0.9)?);
    let mut refused = Vec::new();
    for rate in [0.0, -0.1, SMALLEST_LEARNING_RATE.next_down(), f32::NAN, f32::INFINITY] {
        refused.extend([Sgd::new(rate).err(), Adam::new(rate).err(), Momentum::new(rate, 0.9).err()]);
    }
    for rate in [0.0, SMALLEST_MOMENTUM.next_down(), 1.0_f32.next_up(), f32::NAN, -0.5] {
        refused.push(Momentum::new(0.1, rate).err());
    }
    for decay in [-0.1, 1.1, f32::NAN] {
        refused.extend([sgd.with_weight_decay(decay).err(), momentum.with_weight_decay(decay).err()]);
        refused.push(adam.clone().with_weight_decay(decay).err());
    }
    for schedule in [
        Schedule::Cosine { steps: 0, rest: 0.5 },
        Schedule::Cosine { steps: 1, rest: 1.5 },
        Schedule::Step { every: 0, factor: 0.5 },
        Schedule::Step { every: 1, factor: f32::NAN },
    ] {
        refused.extend([sgd.with_schedule(schedule).err(), momentum.with_schedule(schedule).err()]);
        refused.push(adam.clone().with_schedule(schedule).err());
    }
    for (number, error) in refused.iter().enumerate() {
        assert!(matches!(error, Some(Error::Setting { .. })), "case {number}: {error:?}");
    }
    Ok(())
}

/// Weights, running means and the number of steps are all that it takes.
#[test]
fn adam_goes_on_from_what_it_kept() -> Result<(), Error> {
    type Line = Output<3, 2, Mse>;
    let samples = [[1.0, 2.0, -1.0], [0.5, 0.0, 3.0]];
    let targets = [[1.0, 0.0], [0.0, -1.0]];
    let kernel = Kernel::best();
    let adam = Adam::new(0.01)?.with_schedule(Schedule::Step { every: 3, factor: 0.5 })?;
    let (mut network, mut trainer) = (Line::ZERO, Trainer::<Line, Adam, 3, 2>::new(adam.clone()));
    for steps in 0..8 {
        let mut counted = adam.clone();
        (0..steps).for_each(|_| counted.advance());
        let mut other = Trainer::<Line, Adam, 3, 2>::new(counted);
        let moments: Vec<[f32; 2]> = trainer.state().moments().collect();
        assert_eq!(moments.len(), Line::PARAMETERS);
        other.state_mut().set_moments(&moments);
        assert_eq!(other.state(), trainer.state());
        let mut gone_on = network.clone();
        trainer.step(kernel, &mut network, Batch::new(&samples)?, &targets)?;
        other.step(kernel, &mut gone_on, Batch::new(&samples)?, &targets)?;
        assert_eq!((&gone_on, other.state(), other.optimizer()), (&network, trainer.state(), trainer.optimizer()));
    }
    // Too small ones become +0.0, as in a step; where there are none, nothing changes.
    let state = trainer.state_mut();
    let before: Vec<[f32; 2]> = state.moments().collect();
    state.set_moments(&[[1e-13, 1e-25], [-1e-13, 1e-5]]);
    let after: Vec<[f32; 2]> = state.moments().collect();
    assert_eq!(
        after[..2].as_flattened().iter().map(|mean| mean.to_bits()).collect::<Vec<_>>(),
        [0, 0, 0, 1e-5_f32.to_bits()]
    );
    assert_eq!(after[2..], before[2..]);
    Ok(())
}
