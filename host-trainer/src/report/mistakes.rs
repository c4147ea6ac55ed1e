//! The mistakes with the largest probabilities.

use formats::{Output, PixelInput};

use super::Report;
use super::text::confidence;
use super::tiles::{Caption, Tile, Tiles};
use crate::data::Inputs;
use crate::plot::palette::Hue;

/// Introduction of the section: the choice of pictures, and their captions.
pub(super) const EXPLANATION: &str = "Wrong predictions with the largest probabilities: the label, the predicted class, and \
                                      its probability.";

/// How many are shown, at most.
pub(super) const SHOWN: usize = 24;

/// A sample of which a wrong class was predicted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Mistake {
    /// Its number in the test set, from 0.
    pub(super) sample: usize,
    /// The label, its true class.
    pub(super) label: u8,
    pub(super) class: u8,
    /// The probability of that class.
    pub(super) probability: f32,
}

/// The mistakes, the most probable first; of equal ones, the first sample.
pub(super) fn mistakes(report: &Report, labels: &[u8]) -> Vec<Mistake> {
    let width = report.model.output.width();
    let probability = |sample: usize, class: u8| match report.model.output {
        Output::Binary { .. } if class == 0 => 1.0 - report.outputs[sample],
        Output::Binary { .. } => report.outputs[sample],
        _ => report.outputs[sample * width + usize::from(class)],
    };
    let predicted = report.classes();
    let wrong = labels.iter().zip(&predicted).enumerate().filter(|(_, (label, class))| label != class);
    let mut mistakes: Vec<Mistake> = wrong
        .map(|(sample, (&label, &class))| Mistake { sample, label, class, probability: probability(sample, class) })
        .collect();
    mistakes.sort_by(|one, other| other.probability.total_cmp(&one.probability));
    mistakes.truncate(SHOWN);
    mistakes
}

/// The pictures of the mistakes, as they are in the data set.
pub(super) fn tiles(report: &Report, size: &PixelInput, labels: &[u8]) -> Tiles {
    let names = report.names();
    let tile = |Mistake { sample, label, class, probability }: Mistake| {
        let name = |class: u8, hue| Caption {
            text: names[usize::from(class)].clone(),
            substitute: format!("class {class}"),
            hue,
        };
        let probability = confidence(probability);
        Tile {
            pixels: pixels(&report.samples.inputs, sample),
            description: format!("Test sample {sample}"),
            captions: vec![
                name(label, Hue::Ink),
                name(class, Hue::Orange),
                Caption { text: probability, substitute: String::new(), hue: Hue::Muted },
            ],
        }
    };
    Tiles {
        width: size.width,
        height: size.height,
        tiles: mistakes(report, labels).into_iter().map(tile).collect(),
        note: "Bold: the label; below it: the predicted class and its probability.".into(),
    }
}

fn pixels(inputs: &Inputs, sample: usize) -> Vec<[u8; 4]> {
    let opaque = |grey: u8| [grey, grey, grey, 255];
    match inputs {
        Inputs::Bytes { width, values } => {
            values[sample * width..][..*width].iter().map(|&grey| opaque(grey)).collect()
        }
        Inputs::Numbers { width, values } => {
            let numbers = &values[sample * width..][..*width];
            numbers.iter().map(|&value| opaque((255.0 * value.clamp(0.0, 1.0)) as u8)).collect()
        }
    }
}
