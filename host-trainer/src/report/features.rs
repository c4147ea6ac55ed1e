//! How much the first layer weighs each feature, for inputs that are no pictures.

use super::Report;
use super::page::{bar_cell, table};
use crate::data::Inputs;
use crate::plot::figure::escape;

/// What the table shows, in a sentence.
pub(super) const EXPLANATION: &str = "The features that the first layer weighs most: the root mean square of the weights of a \
                                      feature times its standard deviation among the test samples.";

/// Features that are listed.
const LISTED: usize = 20;

/// The features of the largest weights.
pub(super) fn html(report: &Report) -> String {
    let layer = &report.model.layers[0];
    let names = match &report.model.input {
        formats::Input::Features { names, .. } => names.as_slice(),
        formats::Input::Pixels(_) => &[],
    };
    let square = |feature: usize| -> f64 {
        let weights = layer.weights.iter().skip(feature).step_by(layer.inputs);
        weights.map(|&weight| f64::from(weight).powi(2)).sum::<f64>() / layer.units() as f64
    };
    let mut sizes: Vec<(f64, &String)> = names
        .iter()
        .enumerate()
        .map(|(feature, name)| (square(feature).sqrt() * deviation(&report.samples.inputs, feature), name))
        .collect();
    sizes.sort_by(|one, other| other.0.total_cmp(&one.0));
    let largest = sizes.first().map_or(1.0, |size| size.0).max(f64::MIN_POSITIVE);
    let rows: Vec<_> = sizes
        .iter()
        .take(LISTED)
        .map(|(size, name)| vec![escape(name), bar_cell(size / largest, &format!("{size:.3}"))])
        .collect();
    table("scores", "Features by their weight", &["Feature", "Standardised weight"], &rows)
}

/// The standard deviation of a feature.
fn deviation(inputs: &Inputs, feature: usize) -> f64 {
    let samples = inputs.len().max(1) as f64;
    let (mut sum, mut squares) = (0.0, 0.0);
    let mut add = |value: f64| {
        sum += value;
        squares += value * value;
    };
    match inputs {
        Inputs::Bytes { width, values } => {
            values.iter().skip(feature).step_by(*width).for_each(|&value| add(f64::from(value) / 255.0));
        }
        Inputs::Numbers { width, values } => {
            values.iter().skip(feature).step_by(*width).for_each(|&value| add(value.into()));
        }
    }
    (squares / samples - (sum / samples).powi(2)).max(0.0).sqrt()
}
