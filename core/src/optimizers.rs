//! Optimizers, learning-rate schedules and weight decay.
//!
//! | type | update of a weight w with gradient g and learning rate α | state | Keras |
//! |---|---|---|---|
//! | [`Sgd`] | w ← w − α · g | | `SGD` |
//! | [`Momentum`] | v ← momentum · v − α · g; w ← w + v | v | `SGD(momentum=…)` |
//! | [`Rmsprop`] | v ← ρ · v + (1 − ρ) · g²; w ← w − α · g / √(v + ε) | v | `RMSprop` |
//! | [`Adam`] | m ← β₁ · m + (1 − β₁) · g; v ← β₂ · v + (1 − β₂) · g²; w ← w − αₜ · m / (√v + ε) | m, v | `Adam` |
//! | [`Gradients`] | none: g is recorded | g | |
//!
//! αₜ is α with Adam's bias correction. Each takes a [`Schedule`] ([`with_schedule`](Optimizer::with_schedule)) and decoupled weight decay
//! ([`with_weight_decay`](Optimizer::with_weight_decay)).
//!
//! To train layers by hand, [`advance`](Optimizer::advance) the optimizer once a batch and [`step`](Optimizer::step)
//! each layer; a [`Trainer`](crate::Trainer) does both.

mod adam;
mod gradients;
mod learning_rate;
mod momentum;
mod rmsprop;
mod schedule;
mod sgd;
mod state;
mod weight_decay;

use crate::kernels::updates::Update;
use crate::kernels::{self, Element, Kernel};
use crate::{Batch, Dense, Error, error};

pub use adam::{Adam, AdamState};
pub use gradients::Gradients;
pub use learning_rate::{LARGEST_LEARNING_RATE, SMALLEST_LEARNING_RATE};
pub use momentum::{Momentum, SMALLEST_MOMENTUM, Velocities};
pub use rmsprop::{MeanSquares, Rmsprop};
pub use schedule::{Schedule, Scheduled};
pub use sgd::Sgd;
pub use state::State;
pub use weight_decay::WeightDecay;

/// An optimizer: a rule that updates parameters by their gradients. One value serves all layers of a network.
///
/// Implementers write [`update`](Self::update), which may call the weight-gradient functions of
/// [`kernels`]; users call [`step`](Self::step).
///
/// The constructors check their settings and return a `Result`, which is no optimizer:
///
/// ```compile_fail,E0277
/// # use dense_core::{Mse, Output, Sgd, Trainer};
/// let trainer = Trainer::<Output<2, 1, Mse>, _, 4>::new(Sgd::new(0.1));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no optimizer",
    label = "not an optimizer",
    note = "`Sgd`, `Momentum`, `Rmsprop` and `Adam` are; their constructors return a `Result`, so take the optimizer out \
            with `?`: `Trainer::new(Sgd::new(0.1)?)`"
)]
pub trait Optimizer: Sized {
    /// The state for a layer of this shape, such as moments; `()` where there is none.
    type State<const IN: usize, const OUT: usize>: State;

    /// Counts one more step: once a batch, before any layer's step.
    fn advance(&mut self);

    /// The learning rate of the step that was counted last, or of the first one.
    fn learning_rate(&self) -> f32;

    /// The momentum; 0 where it has none.
    fn momentum(&self) -> f32 {
        0.0
    }

    /// Sets the learning rate of all further steps.
    ///
    /// # Errors
    /// [`Error::Setting`] where it is not from [`SMALLEST_LEARNING_RATE`] to [`LARGEST_LEARNING_RATE`].
    fn set_learning_rate(&mut self, learning_rate: f32) -> Result<(), Error>;

    /// Weight gradient and update of one layer in one pass, by a given kernel. The caller has checked that samples and
    /// deltas are finite.
    ///
    /// # Errors
    /// [`Error::Length`] where `deltas` has not one row a sample; nothing has changed then.
    fn update<T: Element, const IN: usize, const OUT: usize>(
        &self,
        kernel: Kernel,
        layer: &mut Dense<IN, OUT>,
        batch: Batch<'_, T, IN>,
        deltas: &[[f32; OUT]],
        state: &mut Self::State<IN, OUT>,
    ) -> Result<(), Error>;

    /// One step of a layer. `batch`: `[batch][IN]`, the inputs of the layer; `deltas`: `[batch][OUT]`, the derivatives
    /// of each sample's loss with respect to the layer's sums, before the activation, as left by a
    /// [loss](crate::losses) or [`Activation::backward`](crate::activations::Activation::backward).
    ///
    /// # Errors
    /// [`Error::Length`] where `deltas` has not one row a sample, [`Error::NotFinite`] where a number of a sample or a
    /// delta is NaN or infinite. Layer and state are then as they were.
    fn step<T: Element, const IN: usize, const OUT: usize>(
        &self,
        layer: &mut Dense<IN, OUT>,
        batch: Batch<'_, T, IN>,
        deltas: &[[f32; OUT]],
        state: &mut Self::State<IN, OUT>,
    ) -> Result<(), Error> {
        batch.check_finite()?;
        error::check_length("deltas", deltas.len(), batch.len())?;
        error::check_finite("deltas", deltas.as_flattened())?;
        self.update(Kernel::best(), layer, batch, deltas, state)
    }

    /// This optimizer with a learning-rate schedule.
    ///
    /// ```
    /// # use dense_core::{Sgd, optimizers::{Optimizer, Schedule}};
    /// let mut sgd = Sgd::new(0.1)?.with_schedule(Schedule::Step { every: 10, factor: 0.5 })?;
    /// (0..11).for_each(|_| sgd.advance());
    /// assert_eq!(sgd.learning_rate(), 0.05);
    /// # Ok::<(), dense_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Setting`] where a number of the schedule is out of its range.
    fn with_schedule(self, schedule: Schedule) -> Result<Scheduled<Self>, Error> {
        Scheduled::new(self, schedule)
    }

    /// This optimizer with decoupled weight decay (Loshchilov and Hutter, arXiv 1711.05101; with [`Adam`], AdamW):
    /// before each step every parameter, biases too, as in Keras, loses `weight_decay` · learning rate of itself.
    ///
    /// # Errors
    /// [`Error::Setting`] where it is not from 0 to 1.
    fn with_weight_decay(self, weight_decay: f32) -> Result<WeightDecay<Self>, Error> {
        WeightDecay::new(self, weight_decay)
    }
}

/// A step of one layer by a rule. `arrays`: the layer and the optimizer's state for it, in the order of the rule.
fn update_layer<T: Element, U: Update<N>, const N: usize, const IN: usize, const OUT: usize>(
    kernel: Kernel,
    batch: Batch<'_, T, IN>,
    deltas: &[[f32; OUT]],
    rule: &U,
    arrays: [&mut Dense<IN, OUT>; N],
) -> Result<(), Error> {
    let (mut arrays, deltas) = (arrays.map(Dense::as_mut_slices), deltas.as_flattened());
    let weights = arrays.each_mut().map(|(weights, _)| &mut **weights);
    kernels::weight_gradient_update(kernel, batch.rows(), deltas, batch.weight_scale(), rule, weights)?;
    let biases = arrays.map(|(_, bias)| bias);
    kernels::weight_gradient_update(kernel, batch.ones(), deltas, batch.bias_scale(), rule, biases)
}
