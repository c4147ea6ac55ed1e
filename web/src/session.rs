//! A training, some steps at a time, so that the page can be told and can stop it.

use dense_core::Kernel;
use formats::{Recipe, Task};
use training::{Callbacks, Data, End, Inputs, Network, Samples, Settings, Silent, State, Targets, fit};

use crate::engine::split;
use crate::networks::Entry;

pub(crate) struct Session {
    /// With the weights of the last step.
    pub(crate) network: Network,
    train: Samples,
    test: Samples,
    picture: Option<[usize; 2]>,
    settings: Settings,
    state: Option<State>,
    is_done: bool,
}

impl Session {
    /// Of `bytes`: pictures, their labels, pictures for the test, their labels; so many as `origin`, a model, takes.
    pub(crate) fn new(bytes: &[u8], origin: &Entry, counts: [usize; 2], recipe: Recipe) -> Result<Self, String> {
        if recipe.validation_split.is_some() || recipe.loss.task() == Task::Regression || origin.picture.is_none() {
            return Err("the page trains on pictures with classes, without a validation set".into());
        }
        let (inputs, outputs) = (origin.network.inputs(), origin.network.outputs());
        let network = Network::initial(inputs, outputs, &recipe).map_err(|error| error.to_string())?;
        let mut rest = bytes;
        let mut samples = counts.map(|_| None);
        for (samples, count) in samples.iter_mut().zip(counts) {
            let (pixels, others) = split(rest, count.saturating_mul(inputs))?;
            let (labels, others) = split(others, count)?;
            let mut inputs = Inputs::Bytes { width: inputs, values: pixels.to_vec() };
            if let Some(table) = &origin.pixel_table {
                inputs.look_up(table);
            }
            *samples = Some(Samples { inputs, targets: Targets::Labels(labels.to_vec()), groups: Vec::new() });
            rest = others;
        }
        let ([Some(train), Some(test)], []) = (samples, rest) else {
            return Err(format!("{} bytes more than the samples have", rest.len()));
        };
        let settings = Settings { recipe, threads: 1, kernel: Kernel::best() };
        Ok(Self { network, train, test, picture: origin.picture, settings, state: None, is_done: false })
    }

    /// Makes so many steps more, and says how it stands.
    pub(crate) fn train(&mut self, steps: usize) -> Result<Vec<f64>, String> {
        if !self.is_done {
            let mut left = steps.max(1);
            let mut stop = || {
                left -= 1;
                left == 0
            };
            let mut callbacks = Callbacks { progress: &mut Silent, stop: &mut stop, checkpoints: None };
            let data = Data { test: Some(&self.test), picture: self.picture, ..Data::new(&self.train) };
            let fitted = fit(&mut self.network, &data, &self.settings, self.state.as_ref(), &mut callbacks)
                .map_err(|error| error.to_string())?;
            self.is_done = fitted.end != End::Interrupted;
            self.state = Some(fitted.state);
        }
        let Some(State { progress, .. }) = &self.state else { return Err("no step was made".into()) };
        let samples = progress.current.steps * self.settings.recipe.batch_size;
        let current = progress.current.metrics(samples.clamp(1, self.train.len()));
        let mut numbers =
            vec![f64::from(u8::from(self.is_done)), progress.current.steps as f64, current.loss, current.metric];
        for epoch in &progress.epochs {
            let test = epoch.test.map_or([f64::NAN; 2], |test| [test.loss, test.metric]);
            numbers.extend([epoch.train.loss, epoch.train.metric]);
            numbers.extend(test);
        }
        Ok(numbers)
    }
}
