//! The network on the host: makes the same steps as the device, and must get the same bits.

mod checks;
mod step;

use std::collections::VecDeque;
use std::fmt::Display;

use dense_core::{Error, Kernel, PixelTable};
use dense_protocol::checksum;
use dense_protocol::messages::Step;
use dense_replay::{Sampler, Source};
use formats::{Int8Network, Layer, Loss, Model};
use training::{FitError, Network, Parameters, evaluate, int8, metrics};

use super::DeviceError;
use crate::data::{Inputs, Samples};
use crate::factory_samples::FactorySamples;
use crate::parallel::all_threads;

/// A network that must have the bits of the device's.
#[derive(Clone, Debug)]
pub struct Reference {
    form: Form,
    model: Model,
    kernel: Kernel,
    memory: Option<Memory>,
}

/// The samples that the device practises on.
#[derive(Clone, Debug)]
struct Memory {
    factory: FactorySamples,
    /// The last lessons, as bytes.
    lessons: VecDeque<Vec<u8>>,
    capacity: usize,
    /// A sample of the kind that they are.
    like: Samples,
}

/// The velocities of each layer. As long as there are none, they are 0.
type Velocities = Vec<Vec<Parameters>>;

/// The network and the state of its training, by the number format of the weights.
#[derive(Clone, Debug)]
enum Form {
    /// f32 weights, which all learn.
    F32 { network: Network, momentum: f32, velocities: Option<Velocities> },
    /// int8 weights. Logit j is scale j · (logit j of the weights) + offset j, and those learn.
    Int8 { network: Int8Network, scales: Vec<f32>, offsets: Vec<f32> },
}

impl Reference {
    /// The network of a model with f32 weights.
    ///
    /// # Errors
    /// [`DeviceError::Host`] where its layers do not fit together.
    pub fn new(model: &Model, kernel: Kernel) -> Result<Self, DeviceError> {
        let network = Network::new(model.layers.clone(), model.loss).map_err(|error| host("the model", error))?;
        let form = Form::F32 { network, momentum: 0.0, velocities: None };
        Ok(Self { form, model: model.clone(), kernel, memory: None })
    }

    /// The network of a model with int8 weights.
    pub fn int8(model: &Model, network: Int8Network, kernel: Kernel) -> Self {
        let outputs = model.layers.last().map_or(0, Layer::units);
        let form = Form::Int8 { network, scales: vec![1.0; outputs], offsets: vec![0.0; outputs] };
        Self { form, model: model.clone(), kernel, memory: None }
    }

    /// The same network with this momentum of gradient descent, and velocities of 0. That of int8 weights has none.
    #[must_use]
    pub fn with_momentum(mut self, momentum: f32) -> Self {
        if let Form::F32 { momentum: own, velocities, .. } = &mut self.form {
            (*own, *velocities) = (momentum, None);
        }
        self
    }

    /// Resets the state that the device loses when it restarts or loads weights: the velocities are 0.
    pub fn restart(&mut self) {
        if let Form::F32 { velocities, .. } = &mut self.form {
            *velocities = None;
        }
    }

    /// The same network with a memory of samples: those of a factory set, and the last `capacity` lessons, of which there
    /// is none yet. `train` are samples of their kind.
    #[must_use]
    pub fn with_memory(self, factory: FactorySamples, capacity: usize, train: &Samples) -> Self {
        let memory = Memory { factory, lessons: VecDeque::new(), capacity, like: train.select(&[0]) };
        Self { memory: Some(memory), ..self }
    }

    /// The parameters that learn, in the order of the device.
    pub fn parameters(&self) -> Vec<f32> {
        match &self.form {
            Form::F32 { network, .. } => {
                network.layers().iter().flat_map(|layer| layer.weights.iter().chain(&layer.bias).copied()).collect()
            }
            Form::Int8 { scales, offsets, .. } => [&**scales, offsets].concat(),
        }
    }

    /// Sets the parameters that learn, in the order of [`parameters`](Self::parameters). The velocities are 0 then.
    ///
    /// # Errors
    /// [`DeviceError::Host`] for more or fewer than there are.
    pub fn set_parameters(&mut self, parameters: &[f32]) -> Result<(), DeviceError> {
        let expected = self.parameters().len();
        if parameters.len() != expected {
            let fault = format!("{} of them, and the network has {expected}", parameters.len());
            return Err(host("the parameters", fault));
        }
        self.restart();
        match &mut self.form {
            Form::F32 { network, .. } => {
                let (mut layers, mut left) = (network.layers().to_vec(), parameters);
                for layer in &mut layers {
                    for values in [&mut layer.weights, &mut layer.bias] {
                        let (of_layer, rest) = left.split_at(values.len());
                        values.copy_from_slice(of_layer);
                        left = rest;
                    }
                }
                *network = Network::new(layers, network.loss()).map_err(|error| host("the parameters", error))?;
            }
            Form::Int8 { scales, offsets, .. } => {
                let (first, second) = parameters.split_at(scales.len());
                scales.copy_from_slice(first);
                offsets.copy_from_slice(second);
            }
        }
        Ok(())
    }

    /// The model with the parameters that it has now, where its weights are f32.
    pub fn model(&self) -> Model {
        let mut model = self.model.clone();
        if let Form::F32 { network, .. } = &self.form {
            model.layers = network.layers().to_vec();
        }
        model
    }

    /// The checksum of its parameters and its pixel table, as the device has it.
    pub fn weights_checksum(&self) -> u32 {
        checksum::of_parameters(self.model.input.pixel_table().map(PixelTable::values), self.parameters())
    }

    /// The samples as the first layer sees them.
    fn prepared(&self, samples: &Samples) -> Samples {
        let samples = samples.clone();
        Samples { inputs: samples.inputs.through(self.model.input.pixel_table()), ..samples }
    }

    /// The logits of one sample, as the first layer sees it.
    fn logits(&self, inputs: &Inputs) -> Result<Vec<f32>, Error> {
        match &self.form {
            Form::F32 { network, .. } => evaluate::logits(network, inputs, self.kernel, 1),
            Form::Int8 { network, scales, offsets } => {
                let below = below(network, inputs, self.kernel)?;
                Ok(scaled(&below, scales, offsets))
            }
        }
    }

    /// One step of gradient descent on one sample, of the layers from `step.first_trained` on; a memory keeps the sample.
    /// Returns the loss of the sample, which errors call `name`, before and after it.
    ///
    /// # Errors
    /// [`DeviceError::Host`] for a label that is no class, a learning rate out of range, or logits that are not finite.
    pub fn learn(&mut self, name: &str, sample: &Samples, step: Step) -> Result<[f32; 2], DeviceError> {
        let sample = self.prepared(sample);
        let losses = self.step(name, &sample, step)?;
        if let Some(memory) = &mut self.memory {
            let bytes = memory.factory.encode(&sample, 0).map_err(|error| host(name, error))?;
            memory.lessons.push_back(bytes);
            if memory.lessons.len() > memory.capacity {
                memory.lessons.pop_front();
            }
        }
        Ok(losses)
    }

    /// So many steps on samples of the memory, drawn by `seed`. Returns how many of them were on lessons, and the mean
    /// loss of the samples, each before its step.
    ///
    /// # Errors
    /// [`DeviceError::Host`] where there is no sample, and those of [`learn`](Self::learn).
    pub fn practise(&mut self, name: &str, steps: u16, seed: u32, step: Step) -> Result<(u16, f32), DeviceError> {
        let (mut sampler, mut lessons, mut loss) = (Sampler::new(seed.into()), 0, 0.0);
        for _ in 0..steps {
            let sample = self.memory.as_ref().and_then(|memory| memory.draw(&mut sampler));
            let Some((source, sample)) = sample else { return Err(host(name, "there are no samples to practise")) };
            loss += self.step(name, &sample, step)?[0];
            lessons += u16::from(matches!(source, Source::Lesson(_)));
        }
        Ok((lessons, loss / f32::from(steps.max(1))))
    }

    /// One step on a sample as the first layer sees it.
    fn step(&mut self, name: &str, sample: &Samples, step: Step) -> Result<[f32; 2], DeviceError> {
        let (loss, kernel) = (self.model.loss, self.kernel);
        let step = match &mut self.form {
            Form::F32 { network, momentum, velocities } => {
                step::learn(network, *momentum, velocities, sample, step, kernel)
            }
            Form::Int8 { network, scales, offsets } => below(network, &sample.inputs, kernel)
                .and_then(|below| {
                    let mut deltas = scaled(&below, scales, offsets);
                    let before = evaluate::loss_gradient(loss, &mut deltas, &sample.targets, kernel)?;
                    for ((scale, offset), (delta, below)) in
                        scales.iter_mut().zip(&mut *offsets).zip(deltas.iter().zip(&below))
                    {
                        *scale = (-step.learning_rate).mul_add(delta * below, *scale);
                        *offset = (-step.learning_rate).mul_add(*delta, *offset);
                    }
                    let mut logits = scaled(&below, scales, offsets);
                    Ok([before, evaluate::loss_gradient(loss, &mut logits, &sample.targets, kernel)?])
                })
                .map_err(FitError::from),
        };
        step.map_err(|error| host(name, error))
    }

    /// The accuracy on the samples or, of a regression, the mean absolute error.
    ///
    /// # Errors
    /// [`DeviceError::Host`] for logits that are not finite.
    pub fn metric(&self, samples: &Samples) -> Result<f64, DeviceError> {
        let failed = |error| host("evaluate", error);
        match &self.form {
            Form::F32 { network, .. } => {
                let metrics = evaluate::evaluate(network, &self.prepared(samples), self.kernel, all_threads());
                Ok(metrics.map_err(failed)?.metric)
            }
            Form::Int8 { network, scales, offsets } => {
                let samples = self.prepared(samples);
                let mut predictions = below(network, &samples.inputs, self.kernel).map_err(failed)?;
                for row in predictions.chunks_mut(scales.len()) {
                    row.copy_from_slice(&scaled(row, scales, offsets));
                    evaluate::activate_outputs(self.model.loss, row, self.kernel).map_err(failed)?;
                }
                let metrics = metrics::named(&predictions, scales.len(), &samples.targets);
                Ok(["accuracy", "mae"].iter().find_map(|name| metrics.get(*name)).copied().unwrap_or(f64::NAN))
            }
        }
    }
}

impl Memory {
    /// The next sample that `sampler` draws.
    fn draw(&self, sampler: &mut Sampler) -> Option<(Source, Samples)> {
        let set = self.factory.set();
        let source = sampler.next(self.lessons.len(), &set)?;
        let length = set.format().sample_bytes();
        let bytes = match source {
            Source::Lesson(index) => self.lessons.get(index)?,
            Source::Factory(index) => set.bytes().get(index * length..(index + 1) * length)?,
        };
        Some((source, self.factory.decode(bytes, &self.like).ok()?))
    }
}

/// The logits of int8 weights.
fn below(network: &Int8Network, inputs: &Inputs, kernel: Kernel) -> Result<Vec<f32>, Error> {
    // The output of a regression is its logits.
    int8::predict(network, Loss::MeanSquaredError, inputs, kernel)
}

fn scaled(below: &[f32], scales: &[f32], offsets: &[f32]) -> Vec<f32> {
    below
        .iter()
        .zip(scales.iter().zip(offsets))
        .map(|(below, (scale, offset))| scale.mul_add(*below, *offset))
        .collect()
}

fn host(what: &str, fault: impl Display) -> DeviceError {
    DeviceError::Host { what: what.into(), fault: fault.to_string() }
}

#[cfg(test)]
mod tests;
