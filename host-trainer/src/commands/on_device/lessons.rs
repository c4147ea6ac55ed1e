//! Lessons: samples that the device learns from, and practice after them.

use dense_protocol::messages::{FlashFault, Input, Practised, Step};
use indicatif::ProgressBar;

use formats::four_digits;

use crate::data::Samples;
use crate::device::{Device, DeviceError, Reference, Sample};
use crate::terminal::bar::bar;

/// A sample to learn from.
pub(crate) struct Lesson {
    pub(crate) index: usize,
    pub(crate) sample: Samples,
    pub(crate) step: Step,
    /// The practice after it, if any.
    pub(crate) practice: Option<Practice>,
}

/// Steps on samples of the device's memory.
#[derive(Clone, Copy)]
pub(crate) struct Practice {
    pub(crate) steps: u16,
    /// Seed of the draw.
    pub(crate) seed: u32,
    pub(crate) step: Step,
}

/// Means over lessons.
pub(crate) struct Taught {
    pub(crate) loss_before: f64,
    pub(crate) loss_after: f64,
    pub(crate) cycles: f64,
}

/// Lessons under way.
pub(crate) struct Teacher<'a> {
    reference: Option<&'a mut Reference>,
    bar: ProgressBar,
    sums: [f64; 3],
    lessons: usize,
}

impl<'a> Teacher<'a> {
    /// Before the first of `count` lessons. Each is compared with `reference`, if any.
    pub(crate) fn new(reference: Option<&'a mut Reference>, count: usize) -> Self {
        Self { reference, bar: bar("learn", count), sums: [0.0; 3], lessons: 0 }
    }

    /// The network on the host, as it is now.
    pub(crate) fn reference(&self) -> Option<&Reference> {
        self.reference.as_deref()
    }

    /// Makes the step of a lesson on the device, with the sample or, where `is_window`, with the same window that the
    /// device has cut, and takes the practice that follows it.
    ///
    /// # Errors
    /// The device refuses, keeps no lesson where it should, does not answer, or computes other bits than the reference.
    pub(crate) fn teach(&mut self, device: &mut Device, lesson: &Lesson, is_window: bool) -> Result<(), DeviceError> {
        let Lesson { index, sample, step, practice } = lesson;
        let Some(message) = Sample::of(sample, 0) else { return Ok(()) };
        let what = format!("sample {index}");
        let input = if is_window { Input::Window } else { message.input() };
        let keeps = device.info().memory.is_some_and(|memory| memory.lessons != Err(FlashFault::None));
        let learned = device.learn(input, message.target(), *step, None)?;
        if let (true, Err(fault)) = (keeps, learned.lessons) {
            let fault = format!("the flash failed to {fault}");
            return Err(DeviceError::NotKept { port: device.port().into(), what, fault });
        }
        if let Some(reference) = &mut self.reference {
            reference.check_learned(&what, sample, *step, &learned)?;
        }
        if let Some(practice) = practice {
            practise(device, self.reference.as_deref_mut(), &format!("practice after {what}"), *practice)?;
        }
        let found = [learned.loss_before, learned.loss_after].map(f64::from);
        for (sum, found) in self.sums.iter_mut().zip(found.into_iter().chain([f64::from(learned.cycles)])) {
            *sum += found;
        }
        self.lessons += 1;
        self.bar.set_message(format!("loss {}", four_digits(learned.loss_before)));
        self.bar.inc(1);
        Ok(())
    }

    /// Compares the weights after the last lesson with those of the reference.
    ///
    /// # Errors
    /// They differ, or the device does not answer.
    pub(crate) fn finish(self, device: &mut Device) -> Result<Taught, DeviceError> {
        self.bar.finish_and_clear();
        if let Some(reference) = self.reference {
            reference.check_weights("weights after the last step", device.checksum()?)?;
        }
        let [loss_before, loss_after, cycles] = self.sums.map(|sum| sum / self.lessons.max(1) as f64);
        Ok(Taught { loss_before, loss_after, cycles })
    }
}

/// Makes a step for each lesson on the device, and compares each with `reference`, if any, and the weights after the last.
///
/// # Errors
/// Those of [`Teacher::teach`] and [`Teacher::finish`].
pub(crate) fn teach(
    device: &mut Device,
    reference: Option<&mut Reference>,
    lessons: &[Lesson],
) -> Result<Taught, DeviceError> {
    let mut teacher = Teacher::new(reference, lessons.len());
    for lesson in lessons {
        teacher.teach(device, lesson, false)?;
    }
    teacher.finish(device)
}

/// Has the device practise, and compares what it did with `reference`, if any; errors call it `what`.
pub(crate) fn practise(
    device: &mut Device,
    reference: Option<&mut Reference>,
    what: &str,
    Practice { steps, seed, step }: Practice,
) -> Result<Practised, DeviceError> {
    let practised = device.practise(steps, seed, step)?;
    if practised.steps < steps {
        let fault = format!("{} of {steps} steps, then a lesson could not be read", practised.steps);
        return Err(DeviceError::NotKept { port: device.port().into(), what: what.into(), fault });
    }
    if let Some(reference) = reference {
        reference.check_practised(what, steps, seed, step, &practised)?;
    }
    Ok(practised)
}
