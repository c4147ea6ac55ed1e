//! The command `evaluate`: tests a model file on the test samples of its data, or of others.

use std::path::PathBuf;

use clap::Args;
use formats::Int8Network;

use super::ending::{self, Ending};
use super::shared::{all_threads, data_of, load_model, network, shown};
use super::testing::{self, Int8Test};
use crate::data::Dataset;
use crate::events::{Event, Start};
use crate::failure::Failure;
use crate::options::{CommonArgs, DataArgs, MODEL, in_workspace};
use crate::report::widths;
use crate::terminal::{Verbosity, wrap};

pub(crate) const EXAMPLES: &str = "\
Examples:
  host-trainer evaluate
      Test out/model.safetensors in f32 and in int8 on the test samples of its data
  host-trainer evaluate --weights out/cars/model.safetensors --data new-cars.csv --test-split 0.9
      Test on other data
  host-trainer evaluate --verbose 2
      Show for which classes int8 and f32 differ";

/// Options of `evaluate`.
#[derive(Args, Debug)]
pub struct EvaluateArgs {
    /// Model file to test [default: out/model.safetensors]
    #[arg(long, value_name = "FILE", default_value_os_t = in_workspace(MODEL))]
    #[arg(hide_default_value = true)]
    weights: PathBuf,

    /// Print events for other programs to read: a JSON object on each line, and nothing else
    #[arg(long, conflicts_with = "verbose")]
    json: bool,

    /// The data.
    #[command(flatten)]
    data: DataArgs,

    /// Options shared with other subcommands.
    #[command(flatten)]
    common: CommonArgs,
}

/// Tests a model in f32 and in int8.
///
/// # Errors
///
/// The model, the data or the kernel cannot be used.
pub fn evaluate(arguments: &EvaluateArgs) -> Result<(), Failure> {
    let verbosity = Verbosity::new(arguments.common.verbose, arguments.json);
    let kernel = arguments.common.kernel()?;
    let model = load_model(&arguments.weights)?;
    let (Dataset { train, test, output, .. }, options) = data_of(&model, &arguments.data)?;
    let (file, data) = (shown(&arguments.weights), shown(&options.path));
    let name = widths(&model);
    verbosity.text(|| wrap(&format!("{file}, {name}, on {data}\n"), 2));
    verbosity.event(&Event::Start(Start::Evaluate {
        widths: std::iter::once(model.input.width()).chain(model.layers.iter().map(formats::Layer::units)).collect(),
        weights: file.clone(),
        data,
        test_samples: test.len(),
        kernel: kernel.name(),
    }));
    let failed = |error: &dyn std::fmt::Display| Failure::about(&file, error);
    let network = network(&model)?;
    let table = model.input.pixel_table();
    let [calibration, inputs] = [train.inputs.first(crate::learning::int8::CALIBRATION_SAMPLES), test.inputs.clone()]
        .map(|mut inputs| {
            if let Some(table) = table {
                inputs.look_up(table);
            }
            inputs
        });
    let seen = crate::data::Samples { inputs, ..test };
    let (metrics, predictions) =
        testing::test(&network, &seen, kernel, all_threads(), verbosity).map_err(|e| failed(&e))?;
    let int8 = match Int8Network::imported(&model)? {
        Some(int8) => Int8Test::of(int8, &network, &seen, &predictions, &output, kernel),
        None => Int8Test::run(&network, &calibration, &seen, &predictions, &output, kernel),
    };
    let int8 = int8.map_err(|e| failed(&e))?;
    int8.tell(&output, verbosity);
    Ending {
        result: Some(ending::result(&metrics, seen.len(), &model.input, &output)),
        open: None,
        next: Some(ending::with_model("export --format c", &arguments.weights)),
    }
    .tell(verbosity);
    Ok(())
}
