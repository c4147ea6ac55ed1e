//! The requests of a client: one method each.

use dense_protocol::messages::{Command, Counters, Floats, Input, Learned, Practised, Reply, Saved, Step, Target};

use super::{Device, DeviceError, Inference, NOT_FINITE, OTHER_KIND};
use crate::device::sample::bytes;

/// An answer with more or fewer numbers than the network has.
const OTHER_COUNT: &str = "has another number of outputs than the network";
/// Parameters in a request.
const PARAMETERS_WRITTEN: usize = 40;

impl Device {
    /// The outputs for an input.
    pub fn infer(&mut self, input: Input<'_>) -> Result<Inference, DeviceError> {
        let outputs = self.info.outputs();
        self.request(Command::Infer { input }, |reply| match reply {
            Reply::Inferred(found) if [found.logits, found.outputs].iter().any(|values| values.len() != outputs) => {
                Err(OTHER_COUNT)
            }
            Reply::Inferred(found) => {
                let [logits, outputs] = [found.logits, found.outputs].map(|values| values.values().collect::<Vec<_>>());
                let finite = logits.iter().chain(&outputs).all(|value| value.is_finite());
                if finite { Ok(Inference { logits, outputs, cycles: found.cycles }) } else { Err(NOT_FINITE) }
            }
            _ => Err(OTHER_KIND),
        })
    }

    /// Appends samples to the time series, `[sample][channel]`, and returns how many are missing to the next window.
    pub fn series(&mut self, restart: bool, samples: &[f32]) -> Result<usize, DeviceError> {
        let samples = bytes(samples);
        self.request(Command::Series { restart, samples: Floats::from_bytes(&samples) }, |reply| match reply {
            Reply::Series { missing } => Ok(missing.into()),
            _ => Err(OTHER_KIND),
        })
    }

    /// One step of gradient descent, executed once however often it has to be sent. Where the weights must have a
    /// checksum before it, `expected` says which.
    pub fn learn(
        &mut self,
        input: Input<'_>,
        target: Target<'_>,
        step: Step,
        expected: Option<u32>,
    ) -> Result<Learned, DeviceError> {
        self.request(Command::Learn { input, target, step, expected }, |reply| match reply {
            Reply::Learned(learned) if !(learned.loss_before.is_finite() && learned.loss_after.is_finite()) => {
                Err(NOT_FINITE)
            }
            Reply::Learned(learned) => Ok(learned),
            _ => Err(OTHER_KIND),
        })
    }

    /// Steps of gradient descent on samples of the device's memory, drawn by `seed`.
    pub fn practise(&mut self, steps: u16, seed: u32, step: Step) -> Result<Practised, DeviceError> {
        self.request(Command::Practise { steps, seed, step }, |reply| match reply {
            Reply::Practised(practised) if !practised.loss.is_finite() => Err(NOT_FINITE),
            Reply::Practised(practised) if practised.steps > steps || practised.lessons > practised.steps => {
                Err("has more steps than were asked for")
            }
            Reply::Practised(practised) => Ok(practised),
            _ => Err(OTHER_KIND),
        })
    }

    /// The checksum of the weights in RAM.
    pub fn checksum(&mut self) -> Result<u32, DeviceError> {
        self.request(Command::Checksum, |reply| {
            if let Reply::Checksum(checksum) = reply { Ok(checksum) } else { Err(OTHER_KIND) }
        })
    }

    /// The parameters in RAM; `progress` is called with how many have arrived.
    pub fn read_parameters(&mut self, mut progress: impl FnMut(usize)) -> Result<Vec<f32>, DeviceError> {
        let count = self.info.parameters;
        let mut parameters = Vec::new();
        while parameters.len() < count {
            let (first, left) = (parameters.len() as u32, count - parameters.len());
            let piece = self.request(Command::ReadParameters { first }, |reply| match reply {
                Reply::Parameters(values) if !(1..=left).contains(&values.len()) => {
                    Err("has more parameters than the network, or none")
                }
                Reply::Parameters(values) if !values.values().all(f32::is_finite) => Err(NOT_FINITE),
                Reply::Parameters(values) => Ok(values.values().collect::<Vec<_>>()),
                _ => Err(OTHER_KIND),
            })?;
            parameters.extend(piece);
            progress(parameters.len());
        }
        Ok(parameters)
    }

    /// Writes the parameters in RAM, which must then have this checksum; `progress` is called with how many are there.
    pub fn write_parameters(
        &mut self,
        parameters: &[f32],
        checksum: u32,
        mut progress: impl FnMut(usize),
    ) -> Result<(), DeviceError> {
        for (piece, first) in parameters.chunks(PARAMETERS_WRITTEN).zip((0..).step_by(PARAMETERS_WRITTEN)) {
            let values = bytes(piece);
            let values = Floats::from_bytes(&values);
            self.request(Command::WriteParameters { first, values }, |reply| {
                if let Reply::Written { .. } = reply { Ok(()) } else { Err(OTHER_KIND) }
            })?;
            progress(first as usize + piece.len());
        }
        self.request(Command::UseParameters { checksum }, |reply| {
            if let Reply::Used = reply { Ok(()) } else { Err(OTHER_KIND) }
        })
    }

    /// The counters since the device's start.
    pub fn counters(&mut self) -> Result<Counters, DeviceError> {
        self.request(Command::Counters, |reply| {
            if let Reply::Counters(counters) = reply { Ok(counters) } else { Err(OTHER_KIND) }
        })
    }

    /// Saves the weights in flash.
    pub fn save(&mut self) -> Result<Saved, DeviceError> {
        self.request(Command::Save, |reply| if let Reply::Saved(saved) = reply { Ok(saved) } else { Err(OTHER_KIND) })
    }

    /// Loads the weights saved last, and returns the number of that save.
    pub fn load(&mut self) -> Result<u32, DeviceError> {
        self.request(Command::Load, |reply| if let Reply::Loaded { save } = reply { Ok(save) } else { Err(OTHER_KIND) })
    }

    /// Restores the weights compiled into the firmware, and erases the saved ones.
    pub fn reset(&mut self) -> Result<(), DeviceError> {
        self.request(Command::Reset, |reply| if let Reply::Reset = reply { Ok(()) } else { Err(OTHER_KIND) })
    }
}
