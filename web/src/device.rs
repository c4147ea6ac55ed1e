//! A device at the other end of a serial line, and a network of the page that takes the same steps.
//!
//! Bytes to send are made here, and bytes that arrive are understood here; the page moves them and waits.

mod request;
#[cfg(test)]
mod tests;

use dense_protocol::frames::{self, Decoder, MAX_FRAME};
use dense_protocol::messages::{
    Answer, ClockSource, Element, Floats, Form, Hello, Inferred, Learned, NO_SESSION, Origin, Refusal, Reply, Task,
};
use formats::Layer;
use serde_json::{Value, json};

use crate::engine::{self, numbers};
use crate::networks::Entry;
pub(crate) use request::Command;

/// Ends a frame; in front of one, it ends what another program may have left unfinished.
const FRAME_END: u8 = 0;

pub(crate) struct Device {
    session: u32,
    sequence: u16,
    decoder: Box<Decoder<MAX_FRAME>>,
    /// The command that waits for its answer.
    waiting: Option<Command>,
    /// Damaged frames since the last request.
    broken_frames: u32,
    /// The network of the page.
    twin: Entry,
    /// Checksum of the device's weights, as it was told last.
    checksum: u32,
    /// Those of the device's parameters that have been read.
    parameters: Vec<f32>,
}

impl Device {
    /// A device that is to have the network of `twin`. `session` and `sequence` are random numbers.
    pub(crate) fn new(twin: Entry, session: u32, sequence: u16) -> Self {
        Self {
            session: session.max(NO_SESSION + 1),
            sequence,
            decoder: Box::new(Decoder::new()),
            waiting: None,
            broken_frames: 0,
            twin,
            checksum: 0,
            parameters: Vec::new(),
        }
    }

    /// The bytes of a request, to be sent until there is an answer.
    pub(crate) fn request(&mut self, command: Command) -> engine::Answer {
        self.sequence = self.sequence.wrapping_add(1);
        self.broken_frames = 0;
        let mut frame = heapless::Vec::<u8, MAX_FRAME>::new();
        let (expected, first) = (self.twin.checksum(), self.parameters.len() as u32);
        let request = command.request(self.sequence, self.session, expected, first);
        frames::encode(&request, &mut frame).map_err(|error| format!("{} cannot be sent: {error}", command.name()))?;
        self.waiting = Some(command);
        Ok([&[FRAME_END], &*frame].concat())
    }

    /// Takes bytes that arrived. Nothing, or what the answer says, in JSON.
    ///
    /// Damaged frames, other messages and answers to earlier requests are passed over: the request is sent again.
    pub(crate) fn receive(&mut self, bytes: &[u8]) -> engine::Answer {
        let mut result = Ok(Vec::new());
        for &byte in bytes {
            let message = match self.decoder.push(byte) {
                None => continue,
                Some(Err(_)) => {
                    self.broken_frames = self.broken_frames.saturating_add(1);
                    continue;
                }
                Some(Ok(message)) => message.to_vec(),
            };
            if let Ok(answer) = Answer::from_message(&message)
                && answer.sequence == self.sequence
                && let Some(command) = self.waiting.take()
            {
                result = self.take(command, answer).map(|value| value.to_string().into_bytes());
            }
        }
        result
    }

    /// The error message for a request without an answer in `tries` tries of `seconds` each.
    pub(crate) fn silence(&self, tries: u32, seconds: f32) -> String {
        let request = self.waiting.as_ref().map_or("a request", Command::name);
        format!(
            "There is no answer to {request} in {tries} tries of {seconds} s, and {} damaged frames came. Does the board \
             run the firmware, at this rate, and of the same version as this page?",
            self.broken_frames
        )
    }

    fn take(&mut self, command: Command, answer: Answer<'_>) -> Result<Value, String> {
        let name = command.name();
        let reply = match answer.result {
            Err(Refusal::Session { device }) => return Err(restarted(device)),
            Ok(_) if answer.session != self.session => return Err(restarted(answer.session)),
            Err(refusal) => return Err(format!("The device refused {name}: {refusal}.")),
            Ok(reply) => reply,
        };
        match (command, reply) {
            (Command::Hello, Reply::Hello(hello)) => self.meet(&hello),
            (Command::Checksum, Reply::Checksum(checksum)) => {
                self.checksum = checksum;
                let page = self.twin.checksum();
                Ok(json!({ "device": hex(checksum), "page": hex(page), "same": checksum == page }))
            }
            (Command::ReadParameters, Reply::Parameters(values)) => self.read(values),
            (Command::Infer { input }, Reply::Inferred(inferred)) => self.inferred(&input, &inferred),
            (Command::Learn { input, label, learning_rate }, Reply::Learned(learned)) => {
                self.learned(&input, label, learning_rate, &learned)
            }
            _ => Err(format!("The answer to {name} is of another kind.")),
        }
    }

    /// Refuses a device with another network, and describes it otherwise.
    fn meet(&mut self, hello: &Hello<'_>) -> Result<Value, String> {
        let network = &hello.network;
        let joined = |widths: Vec<usize>| widths.iter().map(usize::to_string).collect::<Vec<_>>().join("-");
        let layers = self.twin.network.layers();
        let widths = layers.first().map(|layer| layer.inputs).into_iter().chain(layers.iter().map(Layer::units));
        let element = if self.twin.picture.is_some() { Element::U8 } else { Element::F32 };
        let task = match self.twin.network.loss().task() {
            formats::Task::Multiclass => Task::Classes,
            formats::Task::Binary => Task::Binary,
            formats::Task::Regression => Task::Values,
        };
        let shape = joined(network.shape().map(usize::from).collect());
        for (what, device, page) in [
            ("shape", shape.clone(), joined(widths.collect())),
            ("kind of input", format!("{:?}", network.element), format!("{element:?}")),
            ("task", format!("{:?}", network.task), format!("{task:?}")),
            ("form of weights", format!("{:?}", network.form), format!("{:?}", Form::F32)),
            ("number of parameters", network.parameters.to_string(), self.twin.parameters().count().to_string()),
            ("momentum", hello.momentum.to_string(), "0".into()),
            ("checksum of names", hex(network.names_checksum), hex(self.twin.names_checksum)),
        ] {
            if device != page {
                return Err(format!("The device has another network: its {what} is {device}, the page’s {page}."));
            }
        }
        self.parameters.clear();
        Ok(json!({
            "board": hello.board,
            "kernel": hello.kernel,
            "shape": shape,
            "parameters": network.parameters,
            "weights": origin(hello.origin),
            "clock_hz": hello.clock_hz,
            "clock": match hello.clock_source {
                ClockSource::Crystal => "from the crystal",
                ClockSource::Internal => "from the chip’s own oscillator",
                ClockSource::Host => "of a simulation",
            },
            "has_key": !hello.authentication.is_empty(),
            "session": hex(self.session),
        }))
    }

    /// Takes parameters. With the last of them the network of the page is that of the device.
    fn read(&mut self, values: Floats<'_>) -> Result<Value, String> {
        let count = self.twin.parameters().count();
        let left = count - self.parameters.len();
        if values.is_empty() || values.len() > left || !values.is_whole() || !values.values().all(f32::is_finite) {
            return Err(format!("The device sent {} parameters where {left} are missing.", values.len()));
        }
        self.parameters.extend(values.values());
        let read = self.parameters.len();
        if read == count {
            let parameters = std::mem::take(&mut self.parameters);
            self.twin.set_parameters(&engine::bytes(parameters))?;
            let (found, expected) = (self.twin.checksum(), self.checksum);
            if found != expected {
                let (found, expected) = (hex(found), hex(expected));
                return Err(format!(
                    "The weights that were read have checksum {found}, those of the device {expected}."
                ));
            }
        }
        Ok(json!({ "read": read, "count": count }))
    }

    fn inferred(&self, input: &[u8], inferred: &Inferred<'_>) -> Result<Value, String> {
        let page = numbers(&self.twin.predict(input)?)?;
        let device: Vec<f32> = inferred.logits.values().chain(inferred.outputs.values()).collect();
        let outputs = self.twin.network.outputs();
        if [inferred.logits, inferred.outputs].iter().any(|values| values.len() != outputs || !values.is_whole())
            || !device.iter().all(|value| value.is_finite())
        {
            return Err(
                "The answer to infer has another number of outputs than the network, or one that is none.".into()
            );
        }
        let bits = |values: &[f32]| values.iter().map(|value| hex(value.to_bits())).collect::<Vec<_>>();
        Ok(json!({
            "logits": device[..outputs],
            "outputs": device[outputs..],
            "device": bits(&device[..outputs]),
            "page": bits(&page[..outputs]),
            "same": bits(&device) == bits(&page),
            "cycles": inferred.cycles,
        }))
    }

    /// The page takes the step as well.
    fn learned(&mut self, input: &[u8], label: u8, learning_rate: f32, learned: &Learned) -> Result<Value, String> {
        if !(learned.loss_before.is_finite() && learned.loss_after.is_finite()) {
            return Err("The answer to learn has a loss that is not finite.".into());
        }
        let sample = [input, &[label]].concat();
        let before = self.twin.loss(&sample)?;
        self.twin.learn(&sample, 1, learning_rate)?;
        let page = [before, self.twin.loss(&sample)?];
        let device = [learned.loss_before, learned.loss_after];
        Ok(json!({
            "before": device[0],
            "after": device[1],
            "same": device.map(f32::to_bits) == page.map(f32::to_bits),
            "cycles": learned.cycles,
        }))
    }
}

fn hex(bits: u32) -> String {
    format!("{bits:08x}")
}

fn origin(origin: Origin) -> String {
    match origin {
        Origin::Factory => "from the firmware".into(),
        Origin::Unreadable => "from the firmware, since the flash could not be read".into(),
        Origin::Save(save) => format!("from save number {save}"),
        Origin::Host => "from a host".into(),
    }
}

/// The error message where the device is in another session, `device`.
fn restarted(device: u32) -> String {
    let lost = if device == NO_SESSION { "gone" } else { "that program's" };
    let session = Refusal::Session { device };
    format!("In the meantime {session}; what it had learnt and not saved is {lost}. Connect again.")
}
