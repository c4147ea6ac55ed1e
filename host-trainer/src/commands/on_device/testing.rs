//! Tests on the device: its answers for all samples, counted.

use dense_core::argmax;
use dense_protocol::messages::Input;
use indicatif::ProgressBar;

use formats::four_digits;

use crate::confusion::Confusion;
use crate::data::{Samples, Targets};
use crate::device::stream::stream;
use crate::device::{Device, DeviceError, Inference, Reference, Sample};
use crate::terminal::bar::bar;

/// The results of a test on the device.
pub(crate) struct Tested {
    /// The confusion matrix of a classifier.
    pub(crate) confusion: Option<Confusion>,
    /// The accuracy or, of a regression, the mean absolute error.
    pub(crate) metric: f64,
    pub(crate) samples: usize,
    /// Mean clock cycles of an inference.
    pub(crate) cycles: f64,
}

/// A test on the device under way.
struct Tally<'a> {
    reference: Option<&'a Reference>,
    bar: ProgressBar,
    confusion: Option<Confusion>,
    sum: f64,
    cycles: f64,
    samples: usize,
}

impl<'a> Tally<'a> {
    fn new(reference: Option<&'a Reference>, count: usize, targets: &Targets, classes: usize) -> Self {
        let confusion = matches!(targets, Targets::Labels(_)).then(|| Confusion::new(classes));
        Self { reference, bar: bar("infer", count), confusion, sum: 0.0, cycles: 0.0, samples: 0 }
    }

    /// Adds what the device found for sample `index` of `samples`, and compares it with the reference, if any.
    fn add(&mut self, samples: &Samples, index: usize, found: &Inference) -> Result<(), DeviceError> {
        let one = samples.select(&[index]);
        if let Some(reference) = self.reference {
            reference.check_inferred(&format!("sample {index}"), &one, found)?;
        }
        match &one.targets {
            Targets::Labels(labels) => {
                let class = class_of(&found.outputs);
                if let Some(confusion) = &mut self.confusion {
                    confusion.add(labels[0], class);
                }
                self.sum += f64::from(u8::from(labels[0] == class));
            }
            Targets::Numbers { values, .. } => {
                let errors = found.outputs.iter().zip(values).map(|(found, wanted)| f64::from((found - wanted).abs()));
                self.sum += errors.sum::<f64>() / values.len() as f64;
            }
        }
        self.samples += 1;
        self.cycles += f64::from(found.cycles);
        let name = metric_name(self.confusion.is_none());
        self.bar.set_message(format!("{name} {}", four_digits(self.sum / self.samples as f64)));
        self.bar.inc(1);
        Ok(())
    }

    fn finish(self) -> Tested {
        self.bar.finish_and_clear();
        let count = self.samples.max(1) as f64;
        let (metric, cycles) = (self.sum / count, self.cycles / count);
        Tested { confusion: self.confusion, metric, samples: self.samples, cycles }
    }
}

/// Infers the first `limit` samples on the device, and compares each answer with that of `reference`, if any.
///
/// # Errors
/// The device refuses, does not answer, or computes other bits than the reference.
pub(crate) fn test(
    device: &mut Device,
    reference: Option<&Reference>,
    samples: &Samples,
    limit: usize,
    classes: usize,
) -> Result<Tested, DeviceError> {
    let count = samples.len().min(limit);
    let mut tally = Tally::new(reference, count, &samples.targets, classes);
    for index in 0..count {
        let Some(sample) = Sample::of(samples, index) else { break };
        let found = device.infer(sample.input())?;
        tally.add(samples, index, &found)?;
    }
    Ok(tally.finish())
}

/// The same for windows that the device cuts itself, from `recordings` that are sent to it sample by sample. `samples` are
/// all their windows.
///
/// # Errors
/// Those of [`test`].
pub(crate) fn test_recordings(
    device: &mut Device,
    reference: Option<&Reference>,
    recordings: &[&[f32]],
    samples: &Samples,
    classes: usize,
) -> Result<Tested, DeviceError> {
    let mut tally = Tally::new(reference, samples.len(), &samples.targets, classes);
    for values in recordings {
        stream(device, values, |device, _| {
            let found = device.infer(Input::Window)?;
            tally.add(samples, tally.samples, &found)
        })?;
    }
    Ok(tally.finish())
}

/// The name of the test metric: mean absolute error of a regression, accuracy of a classifier.
pub(crate) const fn metric_name(regression: bool) -> &'static str {
    if regression { "mean absolute error" } else { "accuracy" }
}

/// The class that a classifier decides for; of one output, whether it is more than a half.
pub(crate) fn class_of(outputs: &[f32]) -> u8 {
    match outputs {
        [probability] => u8::from(*probability > 0.5),
        outputs => argmax(outputs) as u8,
    }
}
