//! The command `export`: writes a model for other programs.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use dense_core::quant::Range;
use formats::{Int8Network, Loss, Model, c, npz, onnx, rust, tflite};
use training::int8;

use super::factory::{FactoryArgs, default_lessons};
use super::shared::{data_of, load_model, network, shown, tell_written};
use crate::failure::Failure;
use crate::options::{CommonArgs, DataArgs, MODEL, in_workspace, refuse_given, whole_number};
use crate::outputs::Outputs;
use crate::terminal::Verbosity;

pub(crate) const EXAMPLES: &str = "\
Examples:
  host-trainer export --format onnx
      Write out/model.onnx
  host-trainer export --format c --learn --prefix boots --output boots.h
      Write C that infers and learns, its names beginning with boots
  host-trainer export --format tflite-int8 --weights out/watch/model.safetensors
      Write 8-bit TensorFlow Lite, its ranges those of the training samples
  host-trainer export --format factory-set --room 24K
      Write training samples for a device to practise on, as Rust";

/// Most lessons that a device keeps.
const MAX_LESSONS: usize = 1 << 16;

/// Options of `export`.
#[derive(Args, Debug)]
pub struct ExportArgs {
    /// Kind of file to write
    #[arg(long, value_enum)]
    format: Format,

    /// Model file [default: out/model.safetensors]
    #[arg(long, value_name = "FILE", default_value_os_t = in_workspace(MODEL), hide_default_value = true)]
    weights: PathBuf,

    /// File to write [default: beside the model file, named after the format, such as model.onnx]
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Prefix of the names in a C header [default: model]
    #[arg(long, value_name = "NAME")]
    prefix: Option<String>,

    /// Write a C function for a step of gradient descent, too
    #[arg(long)]
    learn: bool,

    /// Lessons that a device keeps to practise on: the last ones [default: those that fit twice into 16 KB]
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = whole_number(MAX_LESSONS))]
    lessons: Option<usize>,

    #[command(flatten)]
    factory: FactoryArgs,

    /// Replace a file that this program has not written
    #[arg(long)]
    force: bool,

    /// Print events for other programs to read: a JSON object on each line, and nothing else
    #[arg(long, conflicts_with = "verbose")]
    json: bool,

    /// The data, whose training samples say how large the numbers in an int8 network become.
    #[command(flatten)]
    data: DataArgs,
    #[command(flatten)]
    common: CommonArgs,
}

/// A kind of file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// NumPy's arrays, for Keras's `set_weights`
    Npz,
    /// ONNX, for onnxruntime and others
    Onnx,
    /// TensorFlow Lite in f32
    Tflite,
    /// TensorFlow Lite in int8, also for microcontrollers
    TfliteInt8,
    /// C99 in f32, a header without dependencies
    C,
    /// C99 in int8
    CInt8,
    /// Rust with training samples that a device practises on, so that it does not forget them
    FactorySet,
}

impl Format {
    const fn file_name(self) -> &'static str {
        match self {
            Self::Npz => "weights.npz",
            Self::Onnx => "model.onnx",
            Self::Tflite => "model.tflite",
            Self::TfliteInt8 => "model-int8.tflite",
            Self::C => "model.h",
            Self::CInt8 => "model-int8.h",
            Self::FactorySet => "factory_set.rs",
        }
    }
}

/// Writes a model for other programs.
///
/// # Errors
/// The model, or for int8 its data, cannot be used, or the file not be written; it has not changed then.
pub(crate) fn export(arguments: &ExportArgs) -> Result<(), Failure> {
    let verbosity = Verbosity::new(arguments.common.verbose, arguments.json);
    let format = arguments.format;
    if format != Format::C {
        refuse_given(&[("--learn", arguments.learn)], "only with --format c")?;
    }
    if !matches!(format, Format::C | Format::CInt8) {
        refuse_given(&[("--prefix", arguments.prefix.is_some())], "only with --format c or c-int8")?;
    }
    if format != Format::FactorySet {
        let given = [
            ("--room", arguments.factory.room.is_some()),
            ("--bits", arguments.factory.bits.is_some()),
            ("--lessons", arguments.lessons.is_some()),
        ];
        refuse_given(&given, "only with --format factory-set")?;
    }
    let beside = || arguments.weights.with_file_name(arguments.format.file_name());
    let output = arguments.output.clone().unwrap_or_else(beside);
    let mut outputs = Outputs::new(arguments.force);
    outputs.check(&[&output], &[&arguments.weights])?;
    let model = load_model(&arguments.weights)?;
    let prefix = arguments.prefix.as_deref().unwrap_or("model");
    let bytes = match arguments.format {
        Format::Npz => npz::to_npz(&model)?,
        Format::Onnx => onnx::to_onnx(&model)?,
        Format::Tflite => tflite::to_tflite(&model)?,
        Format::TfliteInt8 if model.quantized.is_some() => tflite::imported_to_tflite_int8(&model)?,
        Format::TfliteInt8 => {
            let (network, logits) = quantized(&model, arguments)?;
            tflite::to_tflite_int8(&model, &network, &logits)?
        }
        Format::C => c::to_c(&model, prefix, arguments.learn)?.into_bytes(),
        Format::CInt8 => {
            let network = match Int8Network::imported(&model)? {
                Some(network) => network,
                None => quantized(&model, arguments)?.0,
            };
            c::to_c_int8(&model, &network, prefix)?.into_bytes()
        }
        Format::FactorySet => {
            let (dataset, _) = data_of(&model, &arguments.data)?;
            let samples = arguments.factory.choose(&model, &dataset.train, arguments.common.kernel.kernel()?)?;
            let set = samples.set();
            let lessons = arguments.lessons.unwrap_or_else(|| default_lessons(&set.format()));
            rust::to_factory_set(&model, &set, lessons)?.into_bytes()
        }
    };
    outputs.stage(&output, &bytes)?;
    tell_written(verbosity, outputs.commit()?);
    Ok(())
}

/// The model in int8, calibrated by its training samples, and the range of its logits over them.
fn quantized(model: &Model, arguments: &ExportArgs) -> Result<(Int8Network, Range), Failure> {
    let kernel = arguments.common.kernel.kernel()?;
    let failed = |error| Failure::about(shown(&arguments.weights), format!("cannot be quantised: {error}"));
    let (dataset, _) = data_of(model, &arguments.data)?;
    let inputs = dataset.train.inputs.through(model.input.pixel_table());
    let calibration = inputs.first(int8::CALIBRATION_SAMPLES);
    let network = int8::quantize(&network(model)?, &calibration, kernel).map_err(failed)?;
    // The output of a regression is its logits.
    let logits = int8::predict(&network, Loss::MeanSquaredError, &inputs, kernel).map_err(failed)?;
    let mut range = Range::EMPTY;
    range.include(&logits).map_err(failed)?;
    Ok((network, range))
}
