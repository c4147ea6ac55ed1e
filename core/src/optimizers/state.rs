//! Optimizer state: saving and loading.

use crate::error::{check_finite, check_length};
use crate::memory::Memory;
use crate::{Dense, Error, math};

/// The state of an optimizer between steps, for a layer or for all layers of a network.
///
/// Together with the parameters of the network and the number of steps, it is enough to resume training:
///
/// ```
/// use dense_core::optimizers::{Optimizer, State};
/// use dense_core::{Adam, Layers, Mse, Output, Trainer};
/// # let (samples, targets) = ([[1.0_f32, 2.0], [0.5, 1.0]], [[1.0], [0.0]]);
///
/// type Line = Output<2, 1, Mse>;
/// let (mut network, mut trainer) = (Line::ZERO, Trainer::<Line, _, 2>::new(Adam::new(0.01)?));
/// trainer.step(&mut network, &samples, &targets)?;
/// let (parameters, state): (Vec<f32>, Vec<f32>) = (network.parameters().collect(), trainer.state().values().collect());
///
/// let mut adam = Adam::new(0.01)?;
/// adam.advance();
/// let (mut resumed, mut trainer) = (Line::ZERO, Trainer::<Line, _, 2>::new(adam));
/// resumed.set_parameters(&parameters)?;
/// trainer.state_mut().set_values(&state)?;
/// # assert_eq!(resumed, network);
/// # Ok::<(), dense_core::Error>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no optimizer state",
    note = "an optimizer's state for a layer is `()`, a `Dense` layer of one number for each parameter, `AdamState`, or a \
            type of your own that implements `State`"
)]
pub trait State: Memory {
    /// Number of values.
    const LEN: usize;

    /// All values, layer after layer; in each layer those of the weights, output after output, and then of the biases;
    /// of [`Adam`](crate::Adam) first all first moments of the layer, then its second moments.
    fn values(&self) -> impl Iterator<Item = f32>;

    /// Refuses finite values that no step can have produced.
    ///
    /// # Errors
    /// [`Error::Setting`] for negative second moments.
    fn check(values: &[f32]) -> Result<(), Error> {
        let _ = values;
        Ok(())
    }

    /// Loads up to `LEN` values that [`check`](Self::check) has accepted.
    fn load(&mut self, values: &[f32]);

    /// Loads values in the order of [`values`](Self::values).
    ///
    /// # Errors
    /// [`Error::Length`] where there are not [`LEN`](Self::LEN) values, [`Error::NotFinite`], and those of
    /// [`check`](Self::check); nothing has changed then.
    fn set_values(&mut self, values: &[f32]) -> Result<(), Error> {
        check_length("optimizer state", values.len(), Self::LEN)?;
        check_finite("optimizer state", values)?;
        Self::check(values)?;
        self.load(values);
        Ok(())
    }
}

impl State for () {
    const LEN: usize = 0;

    fn values(&self) -> impl Iterator<Item = f32> {
        core::iter::empty()
    }

    fn load(&mut self, _: &[f32]) {}
}

/// Velocities, mean squares and recorded gradients. Below [`SMALLEST_FIRST_MOMENT`](math::SMALLEST_FIRST_MOMENT) they
/// become +0.0, as after a step with momentum.
impl<const IN: usize, const OUT: usize> State for Dense<IN, OUT> {
    const LEN: usize = Self::PARAMETERS;

    fn values(&self) -> impl Iterator<Item = f32> {
        self.parameters()
    }

    fn load(&mut self, values: &[f32]) {
        self.load(values, math::SMALLEST_FIRST_MOMENT);
    }
}
