//! The command `evaluate`: tests a model file on the test samples of its data, or of others.

use std::path::PathBuf;

use clap::Args;

use super::ending::{self, Ending};
use super::shared::{load_model, shown, test_data_of};
use super::testing;
use crate::data::{DefaultTest, Loaded};
use crate::events::{Event, Start};
use crate::failure::Failure;
use crate::options::{CommonArgs, DataArgs, MODEL, in_workspace};
use crate::report::{noun, widths};
use crate::terminal::summary::thousands;
use crate::terminal::{Verbosity, wrap};

pub(crate) const EXAMPLES: &str = "\
Examples:
  host-trainer evaluate
      Test out/model.safetensors in f32 and in int8 on the test samples of its data
  host-trainer evaluate --weights out/cars/model.safetensors --data new-cars.csv
      Test on other data: on all of their samples, unless --test-split, --test-groups or --test says on which
  host-trainer evaluate --verbose 2
      Show for which classes int8 and f32 differ";

/// Options of `evaluate`.
#[derive(Args, Debug)]
pub struct EvaluateArgs {
    /// Model file to test [default: out/model.safetensors]
    #[arg(long, value_name = "FILE", default_value_os_t = in_workspace(MODEL), hide_default_value = true)]
    weights: PathBuf,

    /// Print events for other programs to read: a JSON object on each line, and nothing else
    #[arg(long, conflicts_with = "verbose")]
    json: bool,

    #[command(flatten)]
    data: DataArgs,
    #[command(flatten)]
    common: CommonArgs,
}

/// Tests a model in f32 and in int8.
///
/// # Errors
/// The model, the data or the kernel cannot be used.
pub(crate) fn evaluate(arguments: &EvaluateArgs) -> Result<(), Failure> {
    let verbosity = Verbosity::new(arguments.common.verbose, arguments.json);
    let kernel = arguments.common.kernel.kernel()?;
    let model = load_model(&arguments.weights)?;
    let (Loaded { dataset, all_tested, .. }, options) = test_data_of(&model, &arguments.data, DefaultTest::All)?;
    let (file, data) = (shown(&arguments.weights), shown(&options.path));
    let (samples, output) = (dataset.test.len(), dataset.output.clone());
    verbosity.text(|| {
        let (count, noun) = (thousands(samples), noun(&model.input));
        let tested = if all_tested { format!("all {count} {noun}") } else { format!("the {count} test {noun}") };
        wrap(&format!("{file}, {}, on {tested} of {data}\n", widths(&model)), 2)
    });
    verbosity.event(&Event::Start(Start::Evaluate {
        widths: model.widths(),
        weights: file.clone(),
        data,
        test_samples: samples,
        all_tested,
        kernel: kernel.name(),
    }));
    let failed = |error| Failure::about(&file, error);
    let (metrics, int8) = testing::test_model(&model, dataset, kernel, verbosity, failed)?;
    Ending {
        result: Some(ending::result(&metrics, samples, &model.input, &output)),
        note: int8.err().map(|no_int8| no_int8.note()),
        open: None,
        next: Some(ending::with_model("export --format c", &arguments.weights)),
    }
    .tell(verbosity);
    Ok(())
}
