//! All that a page has asked for, by number.

use formats::{Activation, Layer, Loss};

use crate::device::{Command, Device};
use crate::networks::Entry;
use crate::session::Session;

/// Bytes of a result, or a text that says what was wrong.
pub(crate) type Answer = Result<Vec<u8>, String>;

/// Numbers of a layer at most, from outside.
const LARGEST: usize = 1 << 20;

#[derive(Default)]
pub(crate) struct Engine {
    /// The buffer shared with the page: the bytes of a call, then those of its result.
    pub(crate) buffer: Vec<u8>,
    networks: Vec<Entry>,
    session: Option<(usize, Session)>,
    device: Option<Device>,
}

impl Engine {
    pub(crate) fn network(&mut self, index: usize) -> Result<&mut Entry, String> {
        self.networks.get_mut(index).ok_or_else(|| format!("there is no network {index}"))
    }

    fn add(&mut self, entry: Entry) -> usize {
        self.networks.push(entry);
        self.networks.len() - 1
    }

    pub(crate) fn load(&mut self, bytes: &[u8]) -> Answer {
        let model = formats::safetensors::from_safetensors(bytes).map_err(|error| error.to_string())?;
        let mut description = serde_json::json!({
            "description": model.description(),
            "input": model.input,
            "output": model.output,
            "loss": model.loss.name(),
            "pixel_table": model.input.pixel_table().map(|table| table.values().as_slice()),
            "provenance": model.provenance,
        });
        let index = self.add(Entry::of_model(model)?);
        description["network"] = index.into();
        Ok(description.to_string().into_bytes())
    }

    pub(crate) fn create(&mut self, inputs: usize, outputs: usize, loss: &[u8]) -> Answer {
        if inputs.saturating_mul(outputs) > LARGEST {
            return Err(format!("{inputs} inputs and {outputs} outputs are too many"));
        }
        let loss =
            Loss::ALL.into_iter().find(|known| known.name().as_bytes() == loss).ok_or("there is no such loss")?;
        let layer = Layer::zero(inputs, outputs, Activation::Linear);
        let network = training::Network::new(vec![layer], loss).map_err(|error| error.to_string())?;
        let index = self.add(Entry::new(network));
        Ok((index as u32).to_le_bytes().into())
    }

    pub(crate) fn begin(&mut self, model: usize, bytes: &[u8], samples: [usize; 2]) -> Answer {
        let origin = self.network(model)?;
        let recipe = origin.recipe.clone().ok_or("the model was not trained, but imported")?;
        let session = Session::new(bytes, origin, samples, recipe)?;
        let entry = Entry { network: session.network.clone(), ..origin.clone() };
        let index = self.add(entry);
        self.session = Some((index, session));
        Ok((index as u32).to_le_bytes().into())
    }

    /// The request that starts a session with a device, which is to have this network.
    pub(crate) fn meet(&mut self, network: usize, session: u32, sequence: u32) -> Answer {
        let twin = self.network(network)?.clone();
        self.device.insert(Device::new(twin, session, sequence as u16)).request(Command::Hello)
    }

    pub(crate) fn device(&mut self) -> Result<&mut Device, String> {
        self.device.as_mut().ok_or_else(|| "no device is connected".into())
    }

    pub(crate) fn train(&mut self, steps: usize) -> Answer {
        let (index, session) = self.session.as_mut().ok_or("no training was begun")?;
        let progress = session.train(steps)?;
        if let Some(entry) = self.networks.get_mut(*index) {
            entry.network = session.network.clone();
        }
        Ok(progress.into_iter().flat_map(f64::to_le_bytes).collect())
    }
}

/// Little-endian bytes of numbers.
pub(crate) fn bytes(numbers: impl IntoIterator<Item = f32>) -> Vec<u8> {
    numbers.into_iter().flat_map(f32::to_le_bytes).collect()
}

/// Numbers of little-endian bytes.
pub(crate) fn numbers(bytes: &[u8]) -> Result<Vec<f32>, String> {
    let (numbers, []) = bytes.as_chunks() else {
        return Err(format!("{} bytes are no whole numbers of four", bytes.len()));
    };
    Ok(numbers.iter().copied().map(f32::from_le_bytes).collect())
}

/// The two parts of `bytes`, of which the first has `length`.
pub(crate) fn split(bytes: &[u8], length: usize) -> Result<(&[u8], &[u8]), String> {
    bytes.split_at_checked(length).ok_or_else(|| format!("{} bytes where {length} are needed", bytes.len()))
}
