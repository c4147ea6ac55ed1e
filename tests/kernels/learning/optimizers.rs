//! Each optimizer along given gradients, with and without weight decay, and with each schedule.

use dense_core::optimizers::{Momentum, Optimizer, Schedule};
use dense_core::{Adam, Batch, Dense, Kernel, Memory, Rmsprop, Sgd};
use golden::Result;
use golden::comparison::check_precisions;
use golden::reference::Layer;
use golden::tolerances::{LEARNING_RATES, OPTIMIZER_PARAMETERS};
use golden::vectors::Vectors;

/// The steps after which the vectors have the parameters.
pub(crate) const KEPT: [usize; 3] = [1, 5, 20];
const STEPS: u32 = 20;
const COLUMNS: usize = 11;
const WEIGHT_DECAY: f32 = 0.25;
const SCHEDULES: [(&str, Schedule); 3] = [
    ("", Schedule::Constant),
    ("_cosine", Schedule::Cosine { steps: 15, alpha: 0.1 }),
    ("_step", Schedule::Step { every: 6, factor: 0.5 }),
];

/// A check to run with every optimizer.
pub(crate) trait Check {
    fn check<O: Optimizer>(&self, name: &str, optimizer: O) -> Result<()>;
}

/// All optimizers of `vectors/optimizers.py`, under their names there.
pub(crate) fn check_all(check: &impl Check) -> Result<()> {
    let momentum = Momentum::new(0.02, 0.9)?;
    check_kind(check, "sgd", Sgd::new(0.05)?)?;
    check_kind(check, "momentum", momentum)?;
    check_kind(check, "nesterov", momentum.with_nesterov())?;
    check_kind(check, "adam", Adam::new(0.01)?)?;
    check_kind(check, "rmsprop", Rmsprop::new(0.01)?)
}

fn check_kind<O: Optimizer + Clone>(check: &impl Check, kind: &str, optimizer: O) -> Result<()> {
    check.check(kind, optimizer.clone())?;
    for (suffix, schedule) in SCHEDULES {
        let decay = format!("{kind}{suffix}_decay");
        let scheduled = optimizer.clone().with_schedule(schedule)?;
        check.check(&format!("{kind}{suffix}"), scheduled.clone())?;
        check.check(&decay, scheduled.with_weight_decay(WEIGHT_DECAY)?)?;
        check.check(&decay, optimizer.clone().with_weight_decay(WEIGHT_DECAY)?.with_schedule(schedule)?)?;
    }
    Ok(())
}

struct GivenGradients {
    vectors: Vectors,
    kernel: Kernel,
}

impl Check for GivenGradients {
    /// One sample of one input, which is 1: the deltas are the gradients of weights and bias.
    fn check<O: Optimizer>(&self, name: &str, mut optimizer: O) -> Result<()> {
        let mut layer: Dense<1, COLUMNS> = self.vectors.dense("initial")?;
        let mut state = O::State::<1, COLUMNS>::ZERO;
        let mut found = Vec::new();
        for (step, gradients) in (1..).zip(self.vectors.rows::<COLUMNS>("gradients")?) {
            optimizer.advance();
            let batch = Batch::new(&[[1.0_f32]])?;
            optimizer.update(self.kernel, &mut layer, batch, &[gradients], &mut state)?;
            if KEPT.contains(&step) {
                found.extend(Layer::new(&layer).parameters);
            }
        }
        let case = format!("{}, {name}", self.kernel.name());
        check_precisions(&OPTIMIZER_PARAMETERS, &case, &found, &self.vectors.precisions(name, "parameters")?, 1.0)
    }
}

#[test]
fn optimizers() -> Result<()> {
    for kernel in Kernel::available() {
        check_all(&GivenGradients { vectors: Vectors::open("optimizers.safetensors")?, kernel })?;
    }
    Ok(())
}

#[test]
fn schedules() -> Result<()> {
    let vectors = Vectors::open("optimizers.safetensors")?;
    for (name, (_, schedule)) in ["cosine", "step"].into_iter().zip(&SCHEDULES[1..]) {
        let rates: Vec<f64> = (0..STEPS).map(|step| schedule.rate(0.1, step).into()).collect();
        check_precisions(&LEARNING_RATES, name, &rates, &vectors.precisions(name, "learning_rates")?, 1.0)?;
    }
    Ok(())
}
