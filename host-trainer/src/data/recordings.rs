//! Recordings of a time series: what windows are cut from.

use std::ops::Range;

use formats::Window;

use super::windows;
use super::{Inputs, Samples, Targets};

/// A run of consecutive samples of one group and one class.
#[derive(Clone, Debug, PartialEq)]
pub struct Recording {
    /// Index of the group.
    pub group: u32,
    /// The class.
    pub label: u8,
    /// The samples, `[sample][channel]`.
    pub values: Vec<f32>,
}

/// The recordings of a file, in its order.
#[derive(Clone, Debug, PartialEq)]
pub struct Recordings {
    /// The windows that a network sees.
    pub window: Window,
    /// The names of the groups.
    pub groups: Vec<String>,
    /// The recordings.
    pub recordings: Vec<Recording>,
}

impl Recordings {
    /// The numbers of some samples of a recording.
    pub fn samples<'a>(&self, recording: &'a Recording, samples: Range<usize>) -> &'a [f32] {
        let channels = self.window.channels.len();
        &recording.values[samples.start * channels..samples.end * channels]
    }

    /// The number of samples of a recording.
    pub fn len(&self, recording: &Recording) -> usize {
        recording.values.len() / self.window.channels.len()
    }

    /// The windows in parts of recordings, one every `stride` samples of each part.
    pub fn windows<'a>(
        &self,
        parts: impl IntoIterator<Item = (&'a Recording, Range<usize>)>,
        stride: usize,
    ) -> Samples {
        let (mut inputs, mut labels, mut groups) = (Vec::new(), Vec::new(), Vec::new());
        for (recording, samples) in parts {
            let places = windows::places(samples.len(), |_| Some(()), self.window.length, stride);
            inputs.extend(windows::cut(self.samples(recording, samples), &self.window, &places));
            labels.extend(places.iter().map(|_| recording.label));
            groups.extend(places.iter().map(|_| recording.group));
        }
        let inputs = Inputs::Numbers { width: self.window.features(), values: inputs };
        Samples { inputs, targets: Targets::Labels(labels), groups }
    }
}
