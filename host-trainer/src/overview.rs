//! The overview before a training: the data, the steps and the model.

use formats::{Input, Layer, Output, Recipe, four_digits, layer_name};

use crate::data::Targets;
use crate::terminal::summary::{LayerSummary, summary, thousands};
use crate::terminal::table::{Heading, table};
use crate::terminal::width;

/// The shape of so many samples, as NumPy writes it.
pub(crate) fn describe_shape(input: &Input, samples: usize) -> String {
    match input {
        Input::Pixels(pixels) => format!("({samples}, {}, {})", pixels.height, pixels.width),
        Input::Features { names, .. } => format!("({samples}, {})", names.len()),
    }
}

/// The targets that are trained on, the task, and the steps; so many more samples are held back for validation.
pub(crate) fn describe_data(output: &Output, targets: &Targets, recipe: &Recipe, validation: usize) -> String {
    let (mut text, task) = match targets {
        Targets::Labels(labels) => (describe_labels(output, labels), describe_task(output)),
        Targets::Numbers { width, values } => (describe_numbers(output, *width, values), describe_task(output)),
    };
    let samples = targets.len();
    let steps = samples.div_ceil(recipe.batch_size.max(1));
    text += &format!(
        "\ntask: {task}\n{} in batches of {}: {} an epoch, {} in {}\n",
        counted(samples, "sample"),
        thousands(recipe.batch_size),
        counted(steps, "iteration"),
        thousands(steps * recipe.epochs),
        counted(recipe.epochs, "epoch"),
    );
    if validation > 0 {
        text += &format!("{} held back for validation\n", counted(validation, "sample"));
    }
    text
}

fn describe_task(output: &Output) -> String {
    match output {
        Output::Classes { names } => format!("multi-class classification, {} classes", names.len()),
        Output::Binary { names: [_, positive] } => format!("binary classification, the probability of {positive}"),
        Output::Values { names } => format!("regression, {}", counted(names.len(), "number")),
    }
}

fn describe_labels(output: &Output, labels: &[u8]) -> String {
    let names = output.names();
    let mut counts = vec![0; names.len()];
    labels.iter().for_each(|&label| counts[usize::from(label)] += 1);
    let row =
        |(label, (name, &count)): (usize, (&String, &usize))| vec![label.to_string(), name.clone(), thousands(count)];
    let rows: Vec<_> = names.iter().zip(&counts).enumerate().map(row).collect();
    table(&[Heading::Right("label"), Heading::Left("class", 13), Heading::Right("training samples")], &rows)
}

/// The range and the mean of each of the first targets.
fn describe_numbers(output: &Output, width: usize, values: &[f32]) -> String {
    const SHOWN: usize = 10;
    let row = |(target, name): (usize, &String)| {
        let column = || values.iter().skip(target).step_by(width);
        let mean = column().map(|&value| f64::from(value)).sum::<f64>() / column().len().max(1) as f64;
        let least = column().copied().fold(f32::INFINITY, f32::min);
        let greatest = column().copied().fold(f32::NEG_INFINITY, f32::max);
        vec![name.clone(), least.to_string(), four_digits(mean), greatest.to_string()]
    };
    let rows: Vec<_> = output.names().iter().enumerate().take(SHOWN).map(row).collect();
    let headings =
        [Heading::Left("target", 13), Heading::Right("least"), Heading::Right("mean"), Heading::Right("greatest")];
    let left = width.saturating_sub(SHOWN);
    table(&headings, &rows) + &if left > 0 { format!("and {left} more\n") } else { String::new() }
}

/// So many of a thing.
fn counted(count: usize, thing: &str) -> String {
    format!("{} {thing}{}", thousands(count), if count == 1 { "" } else { "s" })
}

/// The table of the layers of a model that goes by the name.
pub(crate) fn describe_model(name: &str, input: &Input, layers: &[Layer]) -> String {
    let flatten = matches!(input, Input::Pixels(_)).then(|| LayerSummary {
        name: "flatten".into(),
        kind: "Flatten",
        output_shape: format!("(None, {})", input.width()),
        parameters: 0,
        trainable: true,
    });
    let dense = layers.iter().enumerate().map(|(index, layer)| LayerSummary {
        name: layer_name(index),
        kind: "Dense",
        output_shape: format!("(None, {})", layer.units()),
        parameters: layer.parameters(),
        trainable: true,
    });
    summary(name, &flatten.into_iter().chain(dense).collect::<Vec<_>>(), width())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::tests::recipe;

    #[test]
    fn data_is_described_by_its_task() {
        let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
        let labels = Targets::Labels(vec![0, 1, 1]);
        let numbers = Targets::Numbers { width: 2, values: vec![1.0, 5.0, 2.0, 6.5, 6.0, -1.0] };
        let recipe = recipe();
        for (output, targets, wanted) in [
            (
                Output::Classes { names: names(&["cat", "고양이"]) },
                &labels,
                "label  class          training samples\n    0  cat                           1\n    1  고양이                        2\n\n\
                 task: multi-class classification, 2 classes\n3 samples in batches of 32: 1 iteration an epoch, 10 in 10 \
                 epochs\n1 sample held back for validation\n",
            ),
            (
                Output::Binary { names: ["no".into(), "yes".into()] },
                &labels,
                "\ntask: binary classification, the probability of yes\n",
            ),
            (
                Output::Values { names: names(&["x", "y"]) },
                &numbers,
                "target         least    mean  greatest\nx                  1  3.0000         6\ny                 -1  3.5000       6.5\n\n\
                 task: regression, 2 numbers\n",
            ),
        ] {
            let found = describe_data(&output, targets, &recipe, 1);
            assert!(found.contains(wanted), "{found}");
        }
    }
}
