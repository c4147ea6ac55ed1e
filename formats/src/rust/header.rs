//! The comment at the start of generated Rust: what the model is and how it came about.

use std::collections::BTreeMap;

use dense_core::math::BACKEND;

use crate::{Loss, Model, Optimizer, Provenance, Recipe, Schedule, four_digits};

/// How generated Rust begins.
pub const TITLE: &str = "//! The trained model. Generated: edit the recipe, not this file.";

/// The comment of `weights.rs`.
pub(super) fn of_weights(model: &Model) -> String {
    let mut lines = origin(&model.provenance);
    lines.push(format!("model: `{}`", model.description()));
    lines.push(format!("backend: {}", BACKEND.name()));
    match &model.provenance {
        Provenance::Trained { samples, recipe, best_epoch, .. } => {
            lines.extend(deviations(recipe));
            lines.extend(training(recipe, *samples, *best_epoch));
        }
        Provenance::Imported { .. } => lines.push(identity(&model.provenance)),
    }
    lines.extend(metrics(&model.test, ""));
    comment(&lines)
}

/// The comment of `quantized.rs`; `test` are the metrics of the int8 model.
pub(super) fn of_quantized(model: &Model, test: &BTreeMap<String, f64>) -> String {
    let mut lines = origin(&model.provenance);
    lines.push(format!("model: `{}`, in int8", model.description()));
    if let Provenance::Trained { recipe, .. } = &model.provenance {
        lines.extend(deviations(recipe));
    }
    lines.push(identity(&model.provenance));
    lines.extend(metrics(test, ""));
    lines.extend(metrics(&model.test, " in f32"));
    comment(&lines)
}

/// The comment of `factory_set.rs`.
pub(super) fn of_factory_set(model: &Model, samples: usize, bits: usize) -> String {
    let mut lines = vec!["made by: `host-trainer export --format factory-set`".to_owned()];
    if let Provenance::Trained { data_set, .. } = &model.provenance {
        lines.push(format!("data set: {}", data_set.escape_debug()));
    }
    lines.push(format!("model: `{}`", model.description()));
    lines.push(format!("samples: {samples}, {bits} bits a value"));
    titled("//! Training samples to practise. Generated: export them anew, do not edit.", &lines)
}

fn comment(lines: &[String]) -> String {
    titled(TITLE, lines)
}

fn titled(title: &str, lines: &[String]) -> String {
    let lines: String = lines.iter().map(|line| format!("//! - {line}\n")).collect();
    format!("{title}\n//!\n{lines}")
}

fn origin(provenance: &Provenance) -> Vec<String> {
    match provenance {
        // Escaped, as the name of a folder can be anything.
        Provenance::Trained { data_set, .. } => {
            vec!["made by: `host-trainer train`".into(), format!("data set: {}", data_set.escape_debug())]
        }
        Provenance::Imported { .. } => vec!["made by: `host-trainer import`".into()],
    }
}

/// The seed of a trained model, or the file and format of an imported one.
fn identity(provenance: &Provenance) -> String {
    match provenance {
        Provenance::Trained { recipe, .. } => format!("seed: {}", recipe.seed),
        Provenance::Imported { file, format } => {
            format!("imported from: {} ({})", file.escape_debug(), format.escape_debug())
        }
    }
}

/// The deviations from the preset `recipe`: preset, inputs and loss, a line each.
fn deviations(recipe: &Recipe) -> Vec<String> {
    let mut lines = Vec::new();
    if recipe.preset != "recipe" {
        lines.push(format!("preset: {}", recipe.preset.escape_debug()));
    }
    let curve = (recipe.pixel_exponent != 1.0).then(|| format!("255 · (pixel / 255)^{}", recipe.pixel_exponent));
    let standardized =
        recipe.smallest_deviation.map(|least| format!("standardised by a deviation of at least {least}"));
    let shifted = (recipe.shift > 0).then(|| format!("shifted at random by up to {} pixels", recipe.shift));
    let inputs: Vec<String> = [curve, shifted, standardized].into_iter().flatten().collect();
    if !inputs.is_empty() {
        lines.push(format!("inputs: {}", inputs.join(", ")));
    }
    if recipe.loss != Loss::SparseCategoricalCrossentropy {
        lines.push(format!("loss: {}", recipe.loss.name()));
    }
    lines
}

fn training(recipe: &Recipe, samples: usize, best_epoch: Option<usize>) -> [String; 6] {
    let Optimizer { name, learning_rate, momentum, nesterov, weight_decay } = recipe.optimizer;
    let mut optimizer = name.name().to_owned();
    if momentum != 0.0 {
        optimizer += &format!(", momentum {momentum}{}", if nesterov { ", nesterov" } else { "" });
    }
    if weight_decay != 0.0 {
        optimizer += &format!(", weight decay {weight_decay}");
    }
    let schedule = match recipe.schedule {
        Schedule::Constant => String::new(),
        schedule => format!(", {schedule} schedule"),
    };
    let best = best_epoch.map_or_else(String::new, |best| format!(", the best after {best}"));
    [
        format!("optimizer: {optimizer}"),
        format!("learning rate: {learning_rate}{schedule}"),
        format!("batch size: {}", recipe.batch_size),
        format!("epochs: {}{best}", recipe.epochs),
        format!("training samples: {samples}"),
        format!("seed: {}", recipe.seed),
    ]
}

fn metrics(test: &BTreeMap<String, f64>, what: &str) -> Vec<String> {
    test.iter().map(|(name, value)| format!("test {}{what}: {}", name.escape_debug(), four_digits(*value))).collect()
}
