//! Optimizers against their formulas, written out in float64.

use dense_core::activations::Tanh;
use dense_core::optimizers::{Optimizer, SMALLEST_LEARNING_RATE, SMALLEST_MOMENTUM, Schedule, State};
use dense_core::{Adam, Error, Gradients, Hidden, Layers, Momentum, Mse, Output, Random, Rmsprop, Sgd, Trainer};

const STEPS: usize = 20;
/// float32 rounds each step.
const TOLERANCE: f64 = 2e-6;

type Line = Output<1, 1, Mse>;

/// An update rule in float64: the parameter, its gradient, the learning rate, the state, the step from 1.
type Rule = fn(&mut f64, f64, f64, &mut [f64; 2], i32);

/// Runs both on y = wx + b for the samples (1, 3) and (2, 5), and compares after every step.
fn check<O: Optimizer>(optimizer: O, rate: fn(usize) -> f64, rule: Rule) -> Result<(), Error> {
    let (samples, targets) = ([[1.0], [2.0]], [[3.0], [5.0]]);
    let mut line = Line::ZERO;
    line.layer.set_weight(0, 0, 0.5);
    line.layer.bias_mut()[0] = -1.0;
    let mut trainer = Trainer::<_, _, 2>::new(optimizer);
    let (mut weight, mut bias, mut kept) = (0.5_f64, -1.0_f64, [[0.0; 2]; 2]);
    for step in 0..STEPS {
        trainer.step(&mut line, &samples, &targets)?;
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
        let mut trainer = Trainer::<_, _, 1>::new(optimizer);
        for target in [1.0, 2e19, 1.0, -1e38, 1.0] {
            trainer.step(&mut line, &[[1.0]], &[[target]])?;
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
    check(Sgd::new(0.1)?.with_schedule(Schedule::Cosine { steps: 10, alpha: 0.2 })?, cosine, plain)?;
    check(Sgd::new(0.1)?.with_schedule(Schedule::Step { every: 3, factor: 0.5 })?, staircase, plain)?;
    check(Adam::new(0.1)?.with_schedule(Schedule::Step { every: 3, factor: 0.5 })?, staircase, adam)?;
    check(
        Momentum::new(0.1, 0.5)?.with_schedule(Schedule::Cosine { steps: 10, alpha: 0.2 })?,
        cosine,
        |value, gradient, rate, [velocity, _], _| {
            *velocity = 0.5 * *velocity - rate * gradient;
            *value += *velocity;
        },
    )
}

#[test]
fn a_rate_that_would_be_zero_is_the_smallest() {
    assert_eq!(Schedule::Cosine { steps: 10, alpha: 0.0 }.rate(0.1, 1_000_000), SMALLEST_LEARNING_RATE);
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
        Schedule::Cosine { steps: 0, alpha: 0.5 },
        Schedule::Cosine { steps: 1, alpha: 1.5 },
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

#[test]
fn a_learning_rate_can_be_set_and_is_what_weight_decay_is_measured_in() -> Result<(), Error> {
    fn check<O: Optimizer>(mut optimizer: O) -> Result<(), Error> {
        optimizer.set_learning_rate(0.25)?;
        assert_eq!(optimizer.learning_rate(), 0.25);
        let refused = optimizer.set_learning_rate(f32::NAN);
        assert!(matches!(refused, Err(Error::Setting { what: "learning rate", .. })), "{refused:?}");
        assert_eq!(optimizer.learning_rate(), 0.25);
        Ok(())
    }
    check(Sgd::new(0.1)?)?;
    check(Momentum::new(0.1, 0.9)?)?;
    check(Adam::new(0.1)?)?;
    check(Sgd::new(0.1)?.with_weight_decay(0.1)?.with_schedule(Schedule::Constant)?)?;
    assert!(Gradients.set_learning_rate(0.1).is_err());

    // The initial rate of a schedule; the step count stays.
    let mut halved = Sgd::new(0.1)?.with_schedule(Schedule::Step { every: 1, factor: 0.5 })?;
    (0..3).for_each(|_| halved.advance());
    halved.set_learning_rate(1.0)?;
    assert_eq!(halved.learning_rate(), 0.25);
    halved.advance();
    assert_eq!(halved.learning_rate(), 0.125);
    Ok(())
}

/// Parameters, state and the number of steps are enough to resume.
fn check_resuming<O: Optimizer + Clone>(optimizer: O, kept: usize) -> Result<(), Error> {
    type Network = Hidden<3, 4, Tanh, Output<4, 2, Mse>>;
    let samples = [[1.0, 2.0, -1.0], [0.5, 0.0, 3.0]];
    let targets = [[1.0, 0.0], [0.0, -1.0]];
    let mut network = Network::ZERO;
    network.glorot_uniform(&mut Random::new(1, 1));
    let mut trainer = Trainer::<Network, O, 2>::new(optimizer.clone());
    for steps in 0..8 {
        let parameters: Vec<f32> = network.parameters().collect();
        let state: Vec<f32> = trainer.state().values().collect();
        assert_eq!((parameters.len(), state.len()), (Network::PARAMETERS, kept * Network::PARAMETERS));
        let mut counted = optimizer.clone();
        (0..steps).for_each(|_| counted.advance());
        let (mut resumed, mut other) = (Network::ZERO, Trainer::<Network, O, 2>::new(counted));
        resumed.set_parameters(&parameters)?;
        other.state_mut().set_values(&state)?;
        trainer.step(&mut network, &samples, &targets)?;
        other.step(&mut resumed, &samples, &targets)?;
        assert_eq!(resumed, network, "step {steps}");
        assert!(other.state().values().eq(trainer.state().values()), "step {steps}");
    }
    Ok(())
}

#[test]
fn a_training_resumes_from_what_it_kept() -> Result<(), Error> {
    let halving = Schedule::Step { every: 3, factor: 0.5 };
    check_resuming(Sgd::new(0.01)?, 0)?;
    check_resuming(Momentum::new(0.01, 0.9)?, 1)?;
    check_resuming(Adam::new(0.01)?.with_schedule(halving)?.with_weight_decay(0.1)?, 2)
}

#[test]
fn a_wrong_state_is_named_and_changes_nothing() -> Result<(), Error> {
    type Line = Output<3, 2, Mse>;
    let mut trainer = Trainer::<Line, Adam, 1>::new(Adam::new(0.01)?);
    let values = [0.5; 2 * Line::PARAMETERS];
    trainer.state_mut().set_values(&values)?;
    let (mut negative, mut nan) = (values, values);
    negative[Line::PARAMETERS + 1] = -0.5;
    nan[3] = f32::NAN;
    let negative_square = Error::Setting { what: "second moment", found: -0.5, least: 0.0, most: f32::MAX };
    for (wrong, expected) in [
        (&values[1..], Error::Length { what: "optimizer state", found: 15, expected: 16 }),
        (&nan, Error::NotFinite { what: "optimizer state", index: 3 }),
        (&negative, negative_square),
    ] {
        assert_eq!(trainer.state_mut().set_values(wrong), Err(expected));
        assert!(trainer.state().values().eq(values));
    }
    // Magnitudes below the threshold become +0.0, as in a step.
    let mut small = values;
    (small[0], small[1], small[8], small[9]) = (1e-13, -1e-13, 1e-25, 1e-5);
    trainer.state_mut().set_values(&small)?;
    let found: Vec<u32> = trainer.state().values().map(f32::to_bits).collect();
    assert_eq!([found[0], found[1], found[8], found[9]], [0, 0, 0, 1e-5_f32.to_bits()]);
    Ok(())
}
