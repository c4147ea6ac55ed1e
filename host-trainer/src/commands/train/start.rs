//! The output of `train` before the first epoch: data, images, network.

use formats::{Input, Layer};
use training::{Network, Settings, TrainingProgress};

use super::arguments::TrainArgs;
use crate::commands::shared::shown;
use crate::data::{Inputs, Samples, Targets};
use crate::events::{Event, Start};
use crate::options::model_name;
use crate::overview::{describe_data, describe_model, describe_shape};
use crate::pictures::Pictures;
use crate::prepared::Prepared;
use crate::terminal::{ColourChoice, Palette, Verbosity, columns, wrap};

/// Of the nine images that are shown before a training, as many stand beside each other.
pub(super) const PICTURE_COLUMNS: usize = 3;
/// Number of images shown.
const PICTURES: usize = 9;

/// The first training images, where samples are pictures.
pub(super) fn first_pictures(prepared: &Prepared) -> Option<Pictures<'_>> {
    match (&prepared.input, &prepared.first) {
        (Input::Pixels(size), Inputs::Bytes { values, .. }) => {
            Some(Pictures { height: size.height, width: size.width, pixels: values })
        }
        _ => None,
    }
}

/// Tells what is trained, on what.
pub(super) fn tell(
    arguments: &TrainArgs,
    prepared: &Prepared,
    settings: &Settings,
    network: &Network,
    start: &TrainingProgress,
    verbosity: Verbosity,
) {
    let Prepared { input, output, recipe, train, test, validation, .. } = prepared;
    let validation_samples = validation.as_ref().map_or(0, Samples::len);
    verbosity.text(|| {
        let [all, test] = [prepared.loaded_samples, test.len()].map(|samples| describe_shape(input, samples));
        let about = describe_data(output, &train.targets, recipe, validation_samples);
        let grid = match (first_pictures(prepared), &train.targets) {
            (Some(pictures), Targets::Labels(labels)) => {
                let names = output.names();
                let captions = labels.iter().map(|&label| names[usize::from(label)].clone());
                let captions: Vec<_> = captions.take(PICTURES).collect();
                let across = pictures.across(columns()).min(PICTURE_COLUMNS);
                pictures.text(&captions, across, Palette::of_standard_output(ColourChoice::Auto))
            }
            _ => String::new(),
        };
        let name = match (&recipe.hidden[..], output) {
            ([], formats::Output::Classes { .. }) => "softmax_regression".into(),
            (hidden, _) => model_name(hidden),
        };
        let model = describe_model(&name, input, network.layers());
        let resumed = arguments.resume().map_or_else(String::new, |path| {
            let (epochs, steps) = (start.epochs.len(), start.current.steps);
            format!("resumed from {}, epochs done: {epochs}, steps of the next: {steps}\n", shown(&path))
        });
        format!("{all} {test}\n\n{}\n{grid}\n{model}\n{}", wrap(&about, 2), wrap(&resumed, 2))
    });
    let widths = std::iter::once(network.inputs()).chain(network.layers().iter().map(Layer::units));
    verbosity.event(&Event::Start(Start::Train {
        widths: widths.collect(),
        parameters: network.layers().iter().map(Layer::parameters).sum(),
        data: shown(&arguments.data.options(0).path),
        names: output.names(),
        train_samples: train.len(),
        validation_samples,
        test_samples: test.len(),
        steps_per_epoch: settings.steps_per_epoch(train.len()),
        epochs_done: start.epochs.len(),
        steps_done: start.current.steps,
        recipe,
        threads: settings.threads,
        kernel: settings.kernel.name(),
    }));
}
