//! The command `page`: writes a page for a browser that classifies, learns and trains with a model of pictures.

use std::io::Write as _;
use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clap::Args;
use flate2::Compression;
use flate2::write::GzEncoder;
use formats::bounded::{self, MAX_MODEL};
use formats::{Input, Output, Provenance};

use super::ending::Ending;
use super::shared::{check_out, data_of, load_model, shown, tell_written};
use crate::data::{Inputs, Samples, Targets};
use crate::failure::Failure;
use crate::options::{DataArgs, MODEL, in_workspace};
use crate::outputs::Outputs;
use crate::terminal::Verbosity;

pub(crate) const EXAMPLES: &str = "\
Examples:
  host-trainer page --out out
      Write out/page.html, for the model in out and the data that it was trained on
  host-trainer page --weights out/plants/model.safetensors --out plants-page
      Write plants-page/page.html for pictures of your own";

/// The page without a model and data: `web/build` makes it.
const PAGE: &str = include_str!("../../../web/dist/index.html");
/// The file in the folder that `--out` names.
const FILE: &str = "page.html";

/// Options of `page`.
#[derive(Args, Debug)]
pub struct PageArgs {
    /// Model file [default: out/model.safetensors]
    #[arg(long, value_name = "FILE", default_value_os_t = in_workspace(MODEL), hide_default_value = true)]
    weights: PathBuf,

    /// Folder to write page.html to
    #[arg(long, value_name = "DIR")]
    out: PathBuf,

    /// Replace a file that this program has not written
    #[arg(long)]
    force: bool,

    /// Print events for other programs to read: a JSON object on each line, and nothing else
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    data: DataArgs,
}

/// Writes the page.
///
/// # Errors
/// The model takes no pictures or has no classes, its data cannot be loaded, or the file cannot be written.
pub(crate) fn page(arguments: &PageArgs) -> Result<(), Failure> {
    let model = load_model(&arguments.weights)?;
    let failed = |what: &str| Failure::about(arguments.weights.display(), what);
    let (Input::Pixels(_), Output::Classes { .. } | Output::Binary { .. }) = (&model.input, &model.output) else {
        return Err(failed("the page is for pictures with classes"));
    };
    let Provenance::Trained { samples, .. } = model.provenance else {
        return Err(failed("the page trains by the recipe of the model, and an imported one has none"));
    };
    let target = arguments.out.join(FILE);
    let mut outputs = Outputs::new(arguments.force);
    outputs.check(&[&target], &[&arguments.weights])?;
    let (mut dataset, options) = data_of(&model, &arguments.data)?;
    check_out(&arguments.out, &options.path)?;
    dataset.train.truncate(samples);
    let file = bounded::read(&arguments.weights, MAX_MODEL).map_err(|error| failed(&error.to_string()))?;
    let page = fill(&[
        ("@MODEL@", packed(&[&file])),
        ("@TRAINING_SET@", packed_samples(&dataset.train)),
        ("@TEST_SET@", packed_samples(&dataset.test)),
    ]);
    outputs.stage(&target, page.as_bytes())?;
    let verbosity = Verbosity::new(2, arguments.json);
    tell_written(verbosity, outputs.commit()?);
    Ending { open: Some(shown(&target)), ..Ending::default() }.tell(verbosity);
    Ok(())
}

/// The page with texts in their places.
fn fill(places: &[(&str, String)]) -> String {
    let mut page = String::with_capacity(PAGE.len() + places.iter().map(|(_, text)| text.len()).sum::<usize>());
    let mut rest = PAGE;
    for (place, text) in places {
        let (before, after) = rest.split_once(place).unwrap_or((rest, ""));
        page += before;
        page += text;
        rest = after;
    }
    page + rest
}

/// Pictures, one after the other, and then a label for each.
fn packed_samples(samples: &Samples) -> String {
    match (&samples.inputs, &samples.targets) {
        (Inputs::Bytes { values, .. }, Targets::Labels(labels)) => packed(&[values, labels]),
        // A model of pictures and classes has no other samples.
        _ => String::new(),
    }
}

/// The parts, compressed by gzip, in base64.
fn packed(parts: &[&[u8]]) -> String {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    // Writing to memory does not fail.
    let written = parts.iter().try_for_each(|part| encoder.write_all(part)).and_then(|()| encoder.finish());
    STANDARD.encode(written.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_has_each_place_once_and_in_order() {
        let places = ["@MODEL@", "@TRAINING_SET@", "@TEST_SET@"];
        let mut last = 0;
        for place in places {
            assert_eq!(PAGE.matches(place).count(), 1, "{place}");
            let at = PAGE.find(place).unwrap();
            assert!(at > last, "{place}");
            last = at;
        }
        let filled = fill(&places.map(|place| (place, place.to_lowercase())));
        assert_eq!(filled.len(), PAGE.len());
        assert_eq!(filled.to_uppercase(), PAGE.to_uppercase());
    }
}
