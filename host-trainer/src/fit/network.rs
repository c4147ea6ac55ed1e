//! Trains any network, on pixels as they are or prepared, on one thread.

use std::ops::ControlFlow;

use dense_core::optimizers::{Optimizer as Rule, State as _};
use dense_core::{Adam, Batch, Error, Network, Score, Sgd, Trainer};

use super::epochs::{self, Batches, Steps};
use super::prepared::{Prepared, Standardisation};
use super::{Data, Fit, FitError, Numbers, Settings, State, Watch, moments};
use crate::cli::Optimizer;
use crate::idx::PIXELS;
use crate::model::{Layer, Model};

/// Trains `network` on the samples: see [`Model::fit`].
///
/// # Errors
///
/// As there.
pub fn fit<N>(
    network: &mut N,
    data: &Data<'_>,
    settings: &Settings,
    from: Option<&State>,
    watch: &mut Watch<'_>,
) -> Result<Fit, FitError>
where
    N: Network<PIXELS, Target = u8> + Model,
{
    settings.check(data)?;
    let run = Run { network, data, settings, from, watch };
    let (rate, schedule) = (settings.learning_rate, settings.schedule(data.train.len()));
    match settings.optimizer {
        Optimizer::Sgd => run.with(Sgd::new(rate)?.with_schedule(schedule)?),
        Optimizer::Adam => run.with(Adam::new(rate)?.with_schedule(schedule)?),
    }
}

/// What [`fit`] was given.
struct Run<'a, 'w, N> {
    network: &'a mut N,
    data: &'a Data<'a>,
    settings: &'a Settings,
    from: Option<&'a State>,
    watch: &'a mut Watch<'w>,
}

impl<N: Network<PIXELS, Target = u8> + Model> Run<'_, '_, N> {
    /// Memory for a batch is an array, so its size is one of a few.
    fn with<O: Rule>(self, optimizer: O) -> Result<Fit, FitError> {
        match self.settings.batch_size.min(self.data.train.len()) {
            0..=32 => self.with_memory::<O, 32>(optimizer),
            33..=1024 => self.with_memory::<O, 1024>(optimizer),
            _ => self.with_memory::<O, 65_536>(optimizer),
        }
    }

    fn with_memory<O: Rule, const BATCH: usize>(self, mut optimizer: O) -> Result<Fit, FitError> {
        let Self { network, data, settings, from, watch } = self;
        for _ in 0..from.map_or(0, |state| state.position.steps(settings.steps_per_epoch(data.train.len()))) {
            optimizer.advance();
        }
        let mut place = Box::new_uninit();
        let trainer = Trainer::<N, O, BATCH>::new_in(&mut place, optimizer);
        trainer.workspace().set_kernel(settings.kernel);
        if let Some(State { numbers, .. }) = from {
            network.set_layers(&numbers.layers);
            trainer.state_mut().set_values(&moments::to_values(&numbers.moments))?;
        }
        let standardise = |smallest| Prepared::new(Standardisation::measure(&data.train.images, smallest));
        let mut steps = Layered {
            trainer,
            network,
            tested: Box::new(N::ZERO),
            prepared: settings.smallest_deviation.map(standardise),
            labels: Vec::new(),
        };
        let fit = epochs::run(&mut steps, data, settings, from, watch)?;
        // What the network is asked from now on are pixels as they are.
        let layers = steps.network().layers();
        network.set_layers(&layers);
        Ok(fit)
    }
}

/// A network, all of which is trained at once.
struct Layered<'a, N: Network<PIXELS> + Model, O: Rule, const BATCH: usize> {
    trainer: &'a mut Trainer<N, O, BATCH>,
    network: &'a mut N,
    /// The same network for pixels as they are.
    tested: Box<N>,
    /// What is done to pixels before a step.
    prepared: Option<Prepared>,
    labels: Vec<u8>,
}

impl<N, O: Rule, const BATCH: usize> Steps for Layered<'_, N, O, BATCH>
where
    N: Network<PIXELS, Target = u8> + Model,
{
    fn run(&mut self, batches: Batches<'_>, after: &mut dyn FnMut(Score) -> ControlFlow<()>) -> Result<(), Error> {
        for (order, next) in batches.iter() {
            batches.read_labels(order, &mut self.labels);
            let score = match &mut self.prepared {
                None => {
                    let batch = Batch::indexed(&batches.split.images, order)?.followed_by(next)?;
                    self.trainer.step_batch(self.network, batch, &self.labels)?
                }
                Some(prepared) => {
                    let batch = Batch::new(prepared.images(batches.split, order))?;
                    self.trainer.step_batch(self.network, batch, &self.labels)?
                }
            };
            if after(score).is_break() {
                break;
            }
        }
        Ok(())
    }

    fn network(&mut self) -> &dyn Model {
        let Some(prepared) = &self.prepared else { return self.network };
        let mut layers = self.network.layers();
        if let Some(first) = layers.first_mut() {
            prepared.standardisation().fold(first);
        }
        self.tested.set_layers(&layers);
        &*self.tested
    }

    fn numbers(&mut self) -> Numbers {
        let layers = self.network.layers();
        let moments = moments::from_values(self.trainer.state().values(), layers.iter().map(Layer::parameters));
        Numbers { layers, moments }
    }

    fn set_layers(&mut self, layers: &[Layer]) {
        self.network.set_layers(layers);
    }
}
