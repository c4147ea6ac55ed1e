//! A model in words: what it takes, how good it is, where it comes from, and what it takes on a device.

use std::path::Path;

use formats::{Model, Provenance, four_digits};

use super::shared::{load_model, shown};
use crate::estimate::{Shape, estimates};
use crate::events::{Event, ModelEvent};
use crate::failure::Failure;
use crate::report::device;
use crate::terminal::progress::ordered;
use crate::terminal::summary::thousands;
use crate::terminal::table::{Heading, table};
use crate::terminal::{Verbosity, wrap};

/// Describes the model file at `path`.
pub(super) fn describe(path: &Path, verbosity: Verbosity) -> Result<(), Failure> {
    let model = load_model(path)?;
    let file = shown(path);
    verbosity.text(|| text(&file, &model));
    verbosity.event(&Event::Model(ModelEvent {
        file: &file,
        description: model.description(),
        widths: model.widths(),
        parameters: model.parameters(),
        loss: model.loss.name(),
        names: model.output.names(),
        metrics: &model.test,
        provenance: &model.provenance,
        boards: estimates(&Shape::of(&model)),
    }));
    Ok(())
}

fn text(file: &str, model: &Model) -> String {
    let origin = match &model.provenance {
        Provenance::Trained { data_set, samples, recipe, .. } => {
            let samples = thousands(*samples);
            format!("trained on {samples} samples of {data_set}, preset {}, seed {}", recipe.preset, recipe.seed)
        }
        Provenance::Imported { file, format } => format!("imported from {file}, {format}"),
    };
    let metrics: Vec<String> =
        ordered(&model.test).map(|(name, value)| format!("{name} {}", four_digits(value))).collect();
    let tested = if metrics.is_empty() { "not tested".into() } else { metrics.join(", ") };
    let lines = [
        format!("{file}: {}", model.description()),
        format!("parameters  {}", thousands(model.parameters())),
        format!("loss        {}", model.loss.name()),
        format!("outputs     {}", model.output.names().join(", ")),
        format!("origin      {origin}"),
        format!("test        {tested}"),
    ];
    let about: String = lines.iter().map(|line| wrap(&format!("{line}\n"), 12)).collect();
    let headings = [
        Heading::Left("board", 0),
        Heading::Left("fits", 0),
        Heading::Right("flash"),
        Heading::Right("RAM"),
        Heading::Right("inference"),
        Heading::Right("SGD step"),
        Heading::Right("int8 inference"),
    ];
    let boards = table(&headings, &device::rows(model));
    let verdicts: String = estimates(&Shape::of(model))
        .iter()
        .filter(|estimate| !estimate.program().fits || estimate.f32.as_ref().is_some_and(|program| !program.fits))
        .map(|estimate| wrap(&format!("{}: {}\n", estimate.board, estimate.verdict()), 2))
        .collect();
    let title = "on a device, estimated for inputs without zeros; RAM with weights that learn, and the stack:\n";
    format!("{about}\n{}{boards}{verdicts}", wrap(title, 2))
}
