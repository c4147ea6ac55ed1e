//! The test of a network in f32 and in int8, as it is told.

use std::collections::BTreeMap;
use std::time::Instant;

use dense_core::{Error, Kernel};
use formats::{Int8Network, Model, Output, Task, four_digits};
use training::{Network, evaluate, int8, metrics};

use super::shared::{all_threads, network};
use crate::comparison::Comparison;
use crate::data::{Dataset, Inputs, Samples, Targets};
use crate::events::Event;
use crate::failure::Failure;
use crate::interval::wilson;
use crate::report::classes;
use crate::terminal::progress::evaluation_text;
use crate::terminal::{Verbosity, wrap};

/// Tests the network, tells how good it is, and returns loss, metrics and predictions.
///
/// # Errors
/// Those of [`evaluate::predict`] and [`evaluate::test`].
pub(crate) fn test(
    network: &Network,
    samples: &Samples,
    kernel: Kernel,
    threads: usize,
    verbosity: Verbosity,
) -> Result<(BTreeMap<String, f64>, Vec<f32>), Error> {
    let start = Instant::now();
    let predictions = evaluate::predict(network, &samples.inputs, kernel, threads)?;
    let metrics = evaluate::test(network, samples, &predictions, kernel, threads)?;
    let seconds = start.elapsed().as_secs_f64();
    let steps = samples.len().div_ceil(evaluate::BATCH_SIZE);
    verbosity.text(|| wrap(&evaluation_text(&metrics, seconds, steps), 2));
    let accuracy_interval = metrics.get("accuracy").map(|&accuracy| wilson(accuracy, samples.len()));
    verbosity.event(&Event::Test { samples: samples.len(), metrics: &metrics, accuracy_interval, seconds });
    Ok((metrics, predictions))
}

/// Tests a model on the test samples of `dataset` in f32 and in int8, and tells how good both are. `failed` makes a failure
/// of an error of the tests.
///
/// # Errors
/// The samples do not fit the model.
pub(super) fn test_model(
    model: &Model,
    dataset: Dataset,
    kernel: Kernel,
    verbosity: Verbosity,
    failed: impl Fn(Error) -> Failure,
) -> Result<(BTreeMap<String, f64>, Int8Outcome), Failure> {
    let Dataset { train, test: tested, output, .. } = dataset;
    let table = model.input.pixel_table();
    let calibration = train.inputs.first(int8::CALIBRATION_SAMPLES).through(table);
    let seen = Samples { inputs: tested.inputs.through(table), ..tested };
    let network = network(model)?;
    let (metrics, predictions) = test(&network, &seen, kernel, all_threads(), verbosity).map_err(&failed)?;
    let int8 = match Int8Network::imported(model)? {
        Some(int8) => Ok(Int8Test::of(int8, &network, &seen, &predictions, &output, kernel).map_err(&failed)?),
        None => Int8Test::run(&network, &calibration, &seen, &predictions, &output, kernel),
    };
    tell_int8(&int8, &output, verbosity);
    Ok((metrics, int8))
}

/// Tells how good the network in int8 is, or why there is none.
pub(super) fn tell_int8(int8: &Int8Outcome, output: &Output, verbosity: Verbosity) {
    match int8 {
        Ok(int8) => int8.tell(output, verbosity),
        // Told in text at the end.
        Err(NoInt8 { reason }) => verbosity.event(&Event::NoInt8 { error: reason }),
    }
}

/// The network in int8 and its test, or why there is none.
pub(crate) type Int8Outcome = Result<Int8Test, NoInt8>;

/// Why a network has no version in int8.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NoInt8 {
    /// The reason, and the remedy.
    pub reason: String,
}

impl NoInt8 {
    fn new(error: Error, task: Task) -> Self {
        let why = match (error, task) {
            (Error::Length { what, found, expected }, _) => {
                format!("{found} {what}, at most {expected}, as more could overflow its sums")
            }
            (_, Task::Regression) => format!("{error}; divide the targets by a power of ten"),
            _ => format!("{error}; try a smaller learning rate"),
        };
        Self { reason: format!("the model cannot be quantised: {why}") }
    }

    /// The same for the last lines of a command's output.
    pub(super) fn note(&self) -> String {
        format!("no int8 version: {}", self.reason)
    }
}

/// The network in int8, and its test.
#[derive(Clone, Debug)]
pub(crate) struct Int8Test {
    pub network: Int8Network,
    /// Its metrics on the test samples, by Keras's names.
    pub metrics: BTreeMap<String, f64>,
    /// Beside the network in f32, where both classify.
    pub comparison: Option<Comparison>,
}

impl Int8Test {
    /// Quantises the network by the `calibration` inputs and tests it; `predictions` are those in f32.
    ///
    /// # Errors
    /// The network cannot be quantised, or a sample does not fit.
    pub(crate) fn run(
        network: &Network,
        calibration: &Inputs,
        samples: &Samples,
        predictions: &[f32],
        output: &Output,
        kernel: Kernel,
    ) -> Result<Self, NoInt8> {
        let quantized = int8::quantize(network, calibration, kernel);
        let tested = quantized.and_then(|int8| Self::of(int8, network, samples, predictions, output, kernel));
        tested.map_err(|error| NoInt8::new(error, output.task()))
    }

    /// Tests a network that is in int8 already.
    ///
    /// # Errors
    /// Those of [`int8::predict`].
    pub(crate) fn of(
        quantized: Int8Network,
        network: &Network,
        samples: &Samples,
        predictions: &[f32],
        output: &Output,
        kernel: Kernel,
    ) -> Result<Self, Error> {
        let int8_predictions = int8::predict(&quantized, network.loss(), &samples.inputs, kernel)?;
        let metrics = metrics::named(&int8_predictions, network.outputs(), &samples.targets);
        let comparison = match &samples.targets {
            Targets::Labels(labels) => {
                let [float, int8] = [predictions, &int8_predictions].map(|predictions| classes(output, predictions));
                Some(Comparison::new(output.names().len(), labels, &float, &int8))
            }
            Targets::Numbers { .. } => None,
        };
        Ok(Self { network: quantized, metrics, comparison })
    }

    /// Tells how good it is: a line; with a verbosity of lines, the classes about which it differs from f32 as well.
    fn tell(&self, output: &Output, verbosity: Verbosity) {
        verbosity.text(|| match &self.comparison {
            Some(comparison) if verbosity == Verbosity::Lines => {
                wrap(&comparison.text(), 2) + &comparison.table(output.names())
            }
            Some(comparison) => wrap(&comparison.text(), 2),
            None => {
                let metrics = self.metrics.iter().map(|(name, value)| format!(" - {name}: {}", four_digits(*value)));
                wrap(&format!("int8{}\n", metrics.collect::<String>()), 2)
            }
        });
        let different = self.comparison.as_ref().map(|comparison| comparison.total().different);
        verbosity.event(&Event::Int8 { metrics: &self.metrics, different });
    }

    /// Size of weights, biases and scales.
    pub(crate) fn bytes(&self) -> usize {
        self.network.layers.iter().map(formats::Int8Layer::bytes).sum()
    }
}
