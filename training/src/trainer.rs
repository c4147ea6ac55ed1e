//! Training steps of a network, shared by threads.

use std::ops::ControlFlow;
use std::panic;
use std::thread;

use dense_core::{Error, Score};
use formats::Layer;

use super::Network;
use super::all_gather::AllGather;
use super::batches::Batches;
use super::functions::check_length;
use super::optimizer::Optimizer;
use super::settings::Settings;
use super::state::{Parameters, Variables};
use super::worker::{Failure, Worker};

/// The parameters of a network while it is trained, with the optimizer's state.
pub(super) struct Trainer {
    workers: Vec<Worker>,
    layers: Vec<Layer>,
}

impl Trainer {
    /// For the network as it is, before the first step.
    pub(super) fn new(network: &Network, settings: &Settings, optimizer: &Optimizer) -> Self {
        let layers = network.layers();
        let threads = settings.threads.clamp(1, layers[0].units());
        let worker = |thread| Worker::new(thread, threads, settings.kernel, network.loss(), layers, optimizer);
        Self { workers: (0..threads).map(worker).collect(), layers: layers.to_vec() }
    }

    /// Goes on from these variables, after so many steps.
    ///
    /// # Errors
    /// [`Error::Length`] where they are of another network or optimizer.
    pub(super) fn resume(&mut self, variables: &Variables, steps: usize) -> Result<(), Error> {
        self.set_layers(&variables.layers)?;
        check_length("layers of state", variables.states.len(), self.layers.len())?;
        for worker in &mut self.workers {
            worker.advance(steps);
            for (layer, states) in worker.layers.iter_mut().zip(&variables.states) {
                let arrays = &mut layer.arrays[1..];
                check_length("arrays of state", states.len(), arrays.len())?;
                for (array, Parameters { weights, bias }) in arrays.iter_mut().zip(states) {
                    array.set(&layer.own, layer.inputs, weights, bias)?;
                }
            }
        }
        Ok(())
    }

    /// Replaces the parameters.
    ///
    /// # Errors
    /// [`Error::Length`] where they are of another network.
    pub(super) fn set_layers(&mut self, layers: &[Layer]) -> Result<(), Error> {
        check_length("layers", layers.len(), self.layers.len())?;
        for worker in &mut self.workers {
            for (place, layer) in worker.layers.iter_mut().zip(layers) {
                check_length("units of a layer", layer.units(), place.units)?;
                place.arrays[0].set(&place.own, place.inputs, &layer.weights, &layer.bias)?;
            }
        }
        Ok(())
    }

    /// Makes a step with each of the batches, until `after`, which is told the score of each, breaks it off.
    ///
    /// # Errors
    /// The first step that fails, and why.
    pub(super) fn run(
        &mut self,
        batches: Batches<'_>,
        after: &mut dyn FnMut(Score) -> ControlFlow<()>,
    ) -> Result<(), Failure> {
        let threads = self.workers.len();
        let widest = self.layers.iter().map(Layer::units).max().unwrap_or(0);
        let all_gather = &AllGather::new(threads, batches.largest() * widest.div_ceil(threads));
        let mut workers = self.workers.iter_mut();
        let Some(first) = workers.next() else { return Ok(()) };
        thread::scope(|scope| {
            let others: Vec<_> = workers
                .map(|worker| scope.spawn(move || worker.run(batches, all_gather, &mut |_| ControlFlow::Continue(()))))
                .collect();
            let mut result = first.run(batches, all_gather, after);
            for other in others {
                let other = other.join().unwrap_or_else(|payload| panic::resume_unwind(payload));
                if let Err(failure) = other
                    && result.as_ref().err().is_none_or(|known| failure.step < known.step)
                {
                    result = Err(failure);
                }
            }
            result
        })
    }

    /// The parameters.
    pub(super) fn layers(&self) -> Vec<Layer> {
        let mut layers = self.layers.clone();
        for (index, layer) in layers.iter_mut().enumerate() {
            self.gather(index, 0, &mut layer.weights, &mut layer.bias);
        }
        layers
    }

    /// The parameters and the optimizer's state.
    pub(super) fn variables(&self) -> Variables {
        let states = self.layers.iter().enumerate().map(|(index, layer)| {
            let arrays = self.workers[0].layers[index].arrays.len();
            let state = |array| {
                let (mut weights, mut bias) = (vec![0.0; layer.weights.len()], vec![0.0; layer.units()]);
                self.gather(index, array, &mut weights, &mut bias);
                Parameters { weights, bias }
            };
            (1..arrays).map(state).collect()
        });
        Variables { layers: self.layers(), states: states.collect() }
    }

    /// Copies an array of a layer, of each unit from a thread that keeps it.
    fn gather(&self, layer: usize, array: usize, weights: &mut [f32], bias: &mut [f32]) {
        let inputs = self.layers[layer].inputs;
        for worker in &self.workers {
            let layer = &worker.layers[layer];
            let (own, array) = (&layer.own, &layer.arrays[array]);
            weights[own.start * inputs..own.end * inputs].copy_from_slice(&array.weights);
            bias[own.clone()].copy_from_slice(&array.bias);
        }
    }
}
