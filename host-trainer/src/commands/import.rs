//! The command `import`: takes over a model of another program.

use std::path::PathBuf;

use clap::Args;
use formats::bounded::{self, MAX_IMPORT};
use formats::{Activation, ImportOptions, Loss, Model, PixelRange, rust, safetensors};

use super::ending::{self, Ending};
use super::shared::{check_data, check_names, load, shown, tell_written};
use super::testing::{self, NoInt8};
use crate::data::{Dataset, name_of};
use crate::events::{Event, Start};
use crate::failure::Failure;
use crate::options::{CommonArgs, DataArgs, activation, by_name, listed, loss};
use crate::outputs::Outputs;
use crate::terminal::{Verbosity, wrap};

pub(crate) const DETAILS: &str = "\
FILE is .keras, .h5 or .weights.h5 of Keras, .npz of NumPy, safetensors, ONNX or TensorFlow Lite; its contents tell which. It
holds a chain of dense layers. Rescaling, Normalization and BatchNormalization become part of them. .npz, .weights.h5 and
safetensors hold bare weights, which --activation and --loss complete.

Examples:
  host-trainer import mnist.keras --out imported --data mnist
      Take over a model of Keras, name its classes and test it
  host-trainer import weights.npz --activation relu --loss sparse_categorical_crossentropy --out imported
      Take over bare weights";

/// Options of `import`.
#[derive(Args, Debug)]
pub struct ImportArgs {
    /// File of the other program
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// Folder for model.safetensors, weights.rs and, in int8, quantized.rs
    #[arg(long, value_name = "DIR")]
    out: PathBuf,

    /// Activation of the hidden layers, where the file does not say
    #[arg(long, value_name = "NAME", hide_possible_values = true)]
    #[arg(value_parser = listed(activation, Activation::ALL.map(Activation::name)))]
    activation: Option<Activation>,

    /// Loss, which says whether a linear output is logits or values, where the file does not
    #[arg(long, value_name = "NAME", hide_possible_values = true)]
    #[arg(value_parser = listed(loss, Loss::ALL.map(Loss::name)))]
    loss: Option<Loss>,

    /// For pictures, what the model takes: pixel / 255 (0..1), the pixel itself (0..255) or pixel / 127.5 - 1 (-1..1)
    /// [default: 0..255 where the file takes bytes or rescales, else 0..1]
    #[arg(long, value_name = "RANGE", allow_hyphen_values = true, hide_possible_values = true)]
    #[arg(value_parser = listed(pixel_range, PixelRange::ALL.map(PixelRange::name)))]
    pixels: Option<PixelRange>,

    /// Replace files in DIR that this program has not written
    #[arg(long)]
    force: bool,

    /// Print events for other programs to read: a JSON object on each line, and nothing else
    #[arg(long, conflicts_with = "verbose")]
    json: bool,

    /// The data that the model is for: where --data is given, they say what inputs and outputs are, and test the model.
    #[command(flatten)]
    data: DataArgs,
    #[command(flatten)]
    common: CommonArgs,
}

fn pixel_range(text: &str) -> Result<PixelRange, String> {
    by_name(text, &PixelRange::ALL, PixelRange::name)
}

/// Reads the model, tests it where there are data, and writes it.
///
/// # Errors
/// The file or the data cannot be used, or contradict each other. No output has changed then, unless all were written and
/// one could not be put in place, for which see [`Outputs`].
pub(crate) fn import(arguments: &ImportArgs) -> Result<(), Failure> {
    let verbosity = Verbosity::new(arguments.common.verbose, arguments.json);
    let out = |name: &str| arguments.out.join(name);
    let [model_file, weights, quantized] = ["model.safetensors", "weights.rs", "quantized.rs"].map(out);
    let mut outputs = Outputs::new(arguments.force);
    outputs.check(&[&model_file, &weights, &quantized], &[&arguments.file])?;
    let file = shown(&arguments.file);
    let failed = |error: &dyn std::fmt::Display| Failure::about(&file, error);

    if !arguments.data.is_given() {
        arguments.data.refuse("says how to load data, but there is no --data")?;
    }
    let dataset = if arguments.data.is_given() { Some(load(&arguments.data.options(0))?.dataset) } else { None };
    let options = ImportOptions {
        activation: arguments.activation,
        loss: arguments.loss,
        pixels: arguments.pixels,
        input: dataset.as_ref().map(|dataset| dataset.input.clone()),
        output: dataset.as_ref().map(|dataset| dataset.output.clone()),
    };
    let bytes = bounded::read(&arguments.file, MAX_IMPORT).map_err(|error| failed(&error))?;
    let mut model = formats::import(&bytes, &name_of(&arguments.file), &options).map_err(|error| failed(&error))?;
    check_names(&model).map_err(|failure| failed(&failure))?;
    if let Some(dataset) = &dataset {
        check_data(&model, dataset)?;
    }
    verbosity.text(|| wrap(&format!("{file}: {}\n", model.description()), 2));
    verbosity.event(&Event::Start(Start::Import { file: &file, description: model.description() }));
    let tested = dataset.as_ref().map(|dataset| dataset.test.len());
    let mut note = None;
    let int8_source = match dataset {
        Some(dataset) => match test(&mut model, dataset, arguments, verbosity).map_err(|failure| failed(&failure))? {
            Ok(source) => Some(source),
            Err(no_int8) => {
                note = Some(no_int8.note());
                None
            }
        },
        None if model.quantized.is_some() => Some(rust::imported_to_quantized_rust(&model, &model.test)?),
        None => None,
    };
    outputs.stage(&model_file, &safetensors::to_safetensors(&model)?)?;
    outputs.stage(&weights, rust::to_rust(&model)?.as_bytes())?;
    outputs.stage_or_remove(&quantized, int8_source.as_deref().map(str::as_bytes))?;
    tell_written(verbosity, outputs.commit()?);
    Ending {
        result: tested.map(|samples| ending::result(&model.test, samples, &model.input, &model.output)),
        note,
        open: None,
        next: Some(ending::with_model("export --format c", &model_file)),
    }
    .tell(verbosity);
    Ok(())
}

/// Tests the model in f32 and in int8, and returns the latter as Rust, or why there is none.
fn test(
    model: &mut Model,
    dataset: Dataset,
    arguments: &ImportArgs,
    verbosity: Verbosity,
) -> Result<Result<String, NoInt8>, Failure> {
    let kernel = arguments.common.kernel.kernel()?;
    let (metrics, int8) = testing::test_model(model, dataset, kernel, verbosity, Failure::new)?;
    model.test = metrics;
    let source = int8.map(|int8| match model.quantized {
        Some(_) => rust::imported_to_quantized_rust(model, &int8.metrics),
        None => rust::to_quantized_rust(model, &int8.network, &int8.metrics),
    });
    Ok(match source {
        Ok(source) => Ok(source?),
        Err(no_int8) => Err(no_int8),
    })
}
