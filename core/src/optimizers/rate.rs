//! Learning rates, and how they change from step to step.

use crate::Error;

/// The smallest learning rate, 2⁻⁴⁰: far below any that learns, and large enough for the arithmetic of
/// [`math`](crate::math).
pub const SMALLEST_LEARNING_RATE: f32 = 1.0 / (1_u64 << 40) as f32;
/// The largest learning rate.
pub const LARGEST_LEARNING_RATE: f32 = f32::MAX;

/// What becomes of the learning rate. A rate never falls below [`SMALLEST_LEARNING_RATE`].
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Schedule {
    /// It stays.
    Constant,
    /// It falls along half a cosine, in so many steps, to a part of itself, and stays there (Loshchilov and Hutter,
    /// arXiv 1608.03983; Keras's `CosineDecay`): rate · ((1 − rest) · (1 + cos(π · step / steps)) / 2 + rest).
    Cosine {
        /// Steps until it is at its lowest; at least 1.
        steps: u32,
        /// The part that is left then, from 0 to 1.
        rest: f32,
    },
    /// It is multiplied by a factor after every so many steps (Keras's `ExponentialDecay` with `staircase`):
    /// rate · factorᵏ with k = ⌊step / every⌋.
    Step {
        /// Steps from one fall to the next; at least 1.
        every: u32,
        /// The factor, from 0 to 1.
        factor: f32,
    },
}

impl Schedule {
    /// The rate of a step, counted from 0, where the first is `initial`.
    #[must_use]
    pub fn rate(self, initial: f32, step: u32) -> f32 {
        let part = match self {
            Self::Constant => return initial,
            Self::Cosine { steps, rest } => {
                let done = f64::from(step.min(steps)) / f64::from(steps.max(1));
                let rest = f64::from(rest);
                (1.0 - rest) * 0.5 * (1.0 + libm::cos(core::f64::consts::PI * done)) + rest
            }
            Self::Step { every, factor } => libm::pow(factor.into(), (step / every.max(1)).into()),
        };
        ((f64::from(initial) * part) as f32).max(SMALLEST_LEARNING_RATE)
    }

    const fn check(self) -> Result<(), Error> {
        match self {
            Self::Constant => Ok(()),
            Self::Cosine { steps, rest } => match check_count("steps of a schedule", steps) {
                Ok(()) => check("rest of a learning rate", rest, 0.0, 1.0),
                error => error,
            },
            Self::Step { every, factor } => match check_count("steps of a schedule", every) {
                Ok(()) => check("factor of a learning rate", factor, 0.0, 1.0),
                error => error,
            },
        }
    }
}

/// A learning rate with its schedule, and the weight decay that is measured in it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Rate {
    current: f32,
    initial: f32,
    schedule: Schedule,
    weight_decay: f32,
    steps: u32,
}

impl Rate {
    pub(super) const fn new(initial: f32) -> Result<Self, Error> {
        match check("learning rate", initial, SMALLEST_LEARNING_RATE, LARGEST_LEARNING_RATE) {
            Ok(()) => Ok(Self { current: initial, initial, schedule: Schedule::Constant, weight_decay: 0.0, steps: 0 }),
            Err(error) => Err(error),
        }
    }

    pub(super) const fn with_schedule(self, schedule: Schedule) -> Result<Self, Error> {
        match schedule.check() {
            Ok(()) => Ok(Self { schedule, ..self }),
            Err(error) => Err(error),
        }
    }

    pub(super) const fn with_weight_decay(self, weight_decay: f32) -> Result<Self, Error> {
        match check("weight decay", weight_decay, 0.0, 1.0) {
            Ok(()) => Ok(Self { weight_decay, ..self }),
            Err(error) => Err(error),
        }
    }

    /// The rate of the step that was counted last, or of the first one.
    pub(super) const fn current(&self) -> f32 {
        self.current
    }

    /// What each parameter loses of itself before a step.
    pub(super) fn decay(&self) -> f32 {
        self.weight_decay * self.current
    }

    pub(super) fn advance(&mut self) {
        self.current = self.schedule.rate(self.initial, self.steps);
        self.steps = self.steps.saturating_add(1);
    }
}

pub(super) const fn check(what: &'static str, found: f32, least: f32, most: f32) -> Result<(), Error> {
    if found >= least && found <= most {
        return Ok(());
    }
    Err(Error::Setting { what, found, least, most })
}

const fn check_count(what: &'static str, found: u32) -> Result<(), Error> {
    if found > 0 {
        return Ok(());
    }
    Err(Error::Setting { what, found: 0.0, least: 1.0, most: u32::MAX as f32 })
}
