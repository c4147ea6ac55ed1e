//! Inputs of the network, and inference.

use super::Device;
use crate::samples::Samples;
use crate::{Model, model::Input as _};
use dense_protocol::messages::{Counters, Floats, Inferred, Input, Refusal, Reply};
use embedded_storage::nor_flash::NorFlash;

impl<M: Model, F: NorFlash, S: Samples> Device<'_, M, F, S> {
    /// Sets the input of the network.
    #[inline(never)]
    pub(super) fn set_input(&mut self, input: Input<'_>) -> Result<(), Refusal> {
        self.check_complete()?;
        match input {
            Input::Values(bytes) => {
                let expected = M::INPUTS * M::Number::ELEMENT.bytes();
                if bytes.len() != expected {
                    return Err(Refusal::WrongLength { found: bytes.len() as u32, expected: expected as u32 });
                }
                let table = self.model.pixel_table();
                M::Number::read(self.model.input_mut(), bytes, table)
            }
            Input::Window => {
                let window = self.window.as_ref().ok_or(Refusal::NoSeries)?;
                for (place, value) in self.model.input_mut().iter_mut().zip(window.inputs_of_window()?) {
                    *place = M::Number::from_feature(value).ok_or(Refusal::NoSeries)?;
                }
                Ok(())
            }
        }
    }

    /// Appends a sample of the device's own sensor to the window, and returns how many are missing to the next one.
    ///
    /// # Errors
    /// [`Refusal::NoSeries`], and those of [`Window::push_measured`](crate::Window::push_measured).
    pub fn push_measured<const CHANNELS: usize>(&mut self, sample: [f32; CHANNELS]) -> Result<u16, Refusal> {
        self.window.as_mut().ok_or(Refusal::NoSeries)?.push_measured(sample)
    }

    /// The sensor has failed, or samples were lost: its series ends, and the host's samples are taken again.
    pub const fn end_measured(&mut self) {
        if let Some(window) = &mut self.window {
            window.end_measured();
        }
    }

    /// The outputs for an input, and counts.
    ///
    /// # Errors
    /// A [`Refusal`] that says what was wrong.
    pub fn infer(&mut self, input: Input<'_>, counters: &mut Counters) -> Result<Inferred<'_>, Refusal> {
        self.set_input(input)?;
        let start = (self.machine.cycles)();
        self.model.infer().map_err(|_| Refusal::Overflow)?;
        let cycles = (self.machine.cycles)().wrapping_sub(start);
        counters.inferred = counters.inferred.wrapping_add(1);
        let [logits, outputs] = [self.model.logits(), self.model.outputs()].map(Floats::from_bytes);
        Ok(Inferred { logits, outputs, cycles })
    }

    /// A function of its own, which the caller can end in: the stack of other commands is given back before it.
    #[inline(never)]
    pub(super) fn answer_infer(&mut self, input: Input<'_>, counters: &mut Counters) -> Result<Reply<'_>, Refusal> {
        Ok(Reply::Inferred(self.infer(input, counters)?))
    }

    pub(super) fn series(&mut self, restart: bool, samples: Floats<'_>) -> Result<Reply<'_>, Refusal> {
        let window = self.window.as_mut().ok_or(Refusal::NoSeries)?;
        Ok(Reply::Series { missing: window.push(restart, samples)? })
    }
}
