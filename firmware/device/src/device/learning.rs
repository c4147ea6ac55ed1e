//! Steps on a lesson and on samples of the memory.

use super::Device;
use crate::Model;
use crate::samples::Samples;
use dense_protocol::messages::{Counters, Input, Learned, Practised, Refusal, Reply, Step, Target};
use dense_replay::{Sampler, Source};
use embedded_storage::nor_flash::NorFlash;

impl<M: Model, F: NorFlash, S: Samples> Device<'_, M, F, S> {
    #[inline(never)]
    pub(super) fn learn(
        &mut self,
        input: Input<'_>,
        target: Target<'_>,
        step: Step,
        expected: Option<u32>,
        counters: &mut Counters,
    ) -> Result<Reply<'_>, Refusal> {
        self.set_input(input)?;
        if let Some(expected) = expected {
            let found = self.checksum();
            if found != expected {
                return Err(Refusal::Checksum { found });
            }
        }
        let start = (self.machine.cycles)();
        let learned = self.model.learn(target, step);
        let cycles = (self.machine.cycles)().wrapping_sub(start);
        if learned == Err(Refusal::Diverged) {
            self.go_back();
        }
        let [loss_before, loss_after] = learned?;
        self.checksum = None;
        counters.learned = counters.learned.wrapping_add(1);
        let lessons = self.samples.keep(&mut self.flash, self.model.input(), target);
        Ok(Reply::Learned(Learned { loss_before, loss_after, cycles, lessons }))
    }

    /// Takes steps on samples of the memory, drawn by `seed`, and counts them.
    ///
    /// # Errors
    /// [`Refusal::NoMemory`] or [`Refusal::NoSamples`] where there is none, [`Refusal::Flash`] where not even the first
    /// can be read, and [`Refusal::Diverged`] where a step cannot be taken or what it gives is not finite: the weights are
    /// those saved last then, or those of the firmware. The first step may be refused as that of a
    /// [`Command::Learn`](dense_protocol::messages::Command::Learn).
    #[inline(never)]
    pub fn practise(
        &mut self,
        steps: u16,
        seed: u32,
        step: Step,
        counters: &mut Counters,
    ) -> Result<Practised, Refusal> {
        self.check_complete()?;
        let mut sampler = Sampler::new(seed.into());
        let mut practised = Practised { steps: 0, lessons: 0, loss: 0.0, cycles: 0 };
        while practised.steps < steps {
            let is_first = practised.steps == 0;
            let drawn = self.samples.read_next(&mut self.flash, &mut sampler, self.model.input_mut());
            let (source, target) = match drawn {
                Ok(Some(drawn)) => drawn,
                Ok(None) => return Err(self.without_samples()),
                Err(fault) if is_first => return Err(Refusal::Flash(fault)),
                Err(_) => break,
            };
            let start = (self.machine.cycles)();
            let learned = self.model.learn(target, step);
            practised.cycles = practised.cycles.wrapping_add((self.machine.cycles)().wrapping_sub(start));
            match learned {
                Ok([before, _]) => practised.loss += before,
                Err(refusal) if is_first && refusal != Refusal::Diverged => return Err(refusal),
                Err(_) => {
                    self.go_back();
                    return Err(Refusal::Diverged);
                }
            }
            self.checksum = None;
            practised.steps += 1;
            (self.machine.feed_watchdog)();
            practised.lessons += u16::from(matches!(source, Source::Lesson(_)));
        }
        counters.practised = counters.practised.wrapping_add(practised.steps.into());
        practised.loss /= f32::from(practised.steps.max(1));
        Ok(practised)
    }

    fn without_samples(&self) -> Refusal {
        if self.samples.description().is_some() { Refusal::NoSamples } else { Refusal::NoMemory }
    }
}
