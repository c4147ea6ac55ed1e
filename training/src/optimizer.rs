//! Optimizers by name.

use std::ops::Range;

use dense_core::kernels::updates::Update;
use dense_core::kernels::{self, Element, Rows, elementwise};
use dense_core::optimizers::{self, Optimizer as _, Scheduled};
use dense_core::{Adam, Error, Kernel, Momentum, Rmsprop, Sgd};
use formats::OptimizerName;

use super::buffer::Buffer;

/// An optimizer, with its schedule and its weight decay.
#[derive(Clone, Debug)]
pub(super) struct Optimizer {
    rule: Rule,
    weight_decay: f32,
}

#[derive(Clone, Debug)]
enum Rule {
    Sgd(Scheduled<Sgd>),
    Momentum(Scheduled<Momentum>),
    Rmsprop(Scheduled<Rmsprop>),
    Adam(Scheduled<Adam>),
}

/// Weights `[units][inputs]` and biases `[units]` of a layer, or a number of an optimizer's state for each of them.
#[derive(Debug)]
pub(super) struct Array {
    pub(super) weights: Buffer,
    pub(super) bias: Buffer,
}

impl Array {
    /// Copies those of the units `own` from the numbers of all units.
    pub(super) fn set(
        &mut self,
        own: &Range<usize>,
        inputs: usize,
        weights: &[f32],
        bias: &[f32],
    ) -> Result<(), Error> {
        let too_few = |what, found, expected| Error::Length { what, found, expected };
        let rows = weights.get(own.start * inputs..own.end * inputs);
        let rows = rows.ok_or(too_few("weights", weights.len(), own.end * inputs))?;
        self.weights.copy_from_slice(rows);
        self.bias.copy_from_slice(bias.get(own.clone()).ok_or(too_few("bias", bias.len(), own.end))?);
        Ok(())
    }
}

impl Optimizer {
    /// # Errors
    ///
    /// [`Error::Setting`] where a setting is out of its range, or momentum is given to an optimizer that takes none.
    pub(super) fn new(settings: &formats::Optimizer, schedule: optimizers::Schedule) -> Result<Self, Error> {
        let &formats::Optimizer { name, learning_rate, momentum, nesterov, weight_decay } = settings;
        let sgd = Sgd::new(learning_rate)?;
        // For its check.
        sgd.with_weight_decay(weight_decay)?;
        if momentum != 0.0 && name != OptimizerName::Sgd {
            return Err(Error::Setting {
                what: "momentum of an optimizer without it",
                found: momentum,
                least: 0.0,
                most: 0.0,
            });
        }
        let rule = match name {
            OptimizerName::Sgd if momentum == 0.0 => Rule::Sgd(sgd.with_schedule(schedule)?),
            OptimizerName::Sgd => {
                let momentum = Momentum::new(learning_rate, momentum)?;
                let momentum = if nesterov { momentum.with_nesterov() } else { momentum };
                Rule::Momentum(momentum.with_schedule(schedule)?)
            }
            OptimizerName::Rmsprop => Rule::Rmsprop(Rmsprop::new(learning_rate)?.with_schedule(schedule)?),
            OptimizerName::Adam => Rule::Adam(Adam::new(learning_rate)?.with_schedule(schedule)?),
        };
        Ok(Self { rule, weight_decay })
    }

    /// Arrays of state for each layer.
    pub(super) const fn states(&self) -> usize {
        match self.rule {
            Rule::Sgd(_) => 0,
            Rule::Momentum(_) | Rule::Rmsprop(_) => 1,
            Rule::Adam(_) => 2,
        }
    }

    /// Counts one more step: once a batch, before any layer's update.
    pub(super) fn advance(&mut self) {
        match &mut self.rule {
            Rule::Sgd(rule) => rule.advance(),
            Rule::Momentum(rule) => rule.advance(),
            Rule::Rmsprop(rule) => rule.advance(),
            Rule::Adam(rule) => rule.advance(),
        }
    }

    fn learning_rate(&self) -> f32 {
        match &self.rule {
            Rule::Sgd(rule) => rule.learning_rate(),
            Rule::Momentum(rule) => rule.learning_rate(),
            Rule::Rmsprop(rule) => rule.learning_rate(),
            Rule::Adam(rule) => rule.learning_rate(),
        }
    }

    /// Weight gradient and update of a layer. `rows`: its inputs, `[batch][inputs]`; `deltas`: `[batch][units]`;
    /// `arrays`: its parameters, then the state for them.
    pub(super) fn update<T: Element>(
        &self,
        kernel: Kernel,
        rows: Rows<'_, T>,
        deltas: &[f32],
        arrays: &mut [Array],
    ) -> Result<(), Error> {
        let share = self.weight_decay * self.learning_rate();
        if share > 0.0
            && let [Array { weights, bias }, ..] = arrays
        {
            elementwise::decay(kernel, weights, share);
            elementwise::decay(kernel, bias, share);
        }
        match &self.rule {
            Rule::Sgd(rule) => update(kernel, rows, deltas, &rule.optimizer().rule(), arrays),
            Rule::Momentum(rule) => update(kernel, rows, deltas, rule.optimizer().rule(), arrays),
            Rule::Rmsprop(rule) => update(kernel, rows, deltas, rule.optimizer().rule(), arrays),
            Rule::Adam(rule) => update(kernel, rows, deltas, rule.optimizer().rule(), arrays),
        }
    }
}

fn update<T: Element, U: Update<N>, const N: usize>(
    kernel: Kernel,
    rows: Rows<'_, T>,
    deltas: &[f32],
    rule: &U,
    arrays: &mut [Array],
) -> Result<(), Error> {
    let found = arrays.len();
    let wrong = Error::Length { what: "arrays of a layer", found, expected: N };
    let arrays: &mut [Array; N] = arrays.try_into().map_err(|_| wrong)?;
    let samples = rows.len();
    let weights = arrays.each_mut().map(|array| &mut *array.weights);
    kernels::weight_gradient_update(kernel, rows, deltas, T::SCALE / samples as f32, rule, weights)?;
    // A bias is the weight of an input that is always 1.
    let biases = arrays.each_mut().map(|array| &mut *array.bias);
    kernels::weight_gradient_update(
        kernel,
        Rows::repeated(&[1_u8], samples),
        deltas,
        1.0 / samples as f32,
        rule,
        biases,
    )
}
