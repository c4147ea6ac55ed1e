//! The command `export`: writes a model for other programs.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use dense_core::quant::Range;
use dense_replay::Bits;
use formats::{Input, Int8Network, Loss, Model, c, npz, onnx, rust, tflite};

use super::shared::{data_of, load_model, network, shown, tell_written};
use crate::factory_samples::FactorySamples;
use crate::failure::Failure;
use crate::learning::int8;
use crate::options::{CommonArgs, DataArgs, MODEL, in_workspace, room};
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
      Write training samples for a device to practise, as Rust";

/// Bytes of the samples that a device practises, unless options say otherwise: with two sectors of 4 KB for lessons, 64 KB
/// in all.
const ROOM: usize = 56 * 1024;

/// Options of `export`.
#[derive(Args, Debug)]
pub struct ExportArgs {
    /// Kind of file to write
    #[arg(long, value_enum)]
    format: Format,

    /// Model file [default: out/model.safetensors]
    #[arg(long, value_name = "FILE", default_value_os_t = in_workspace(MODEL))]
    #[arg(hide_default_value = true)]
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

    /// Most bytes of the samples to practise; 24K is 24,576 [default: 56K]
    #[arg(long, value_name = "BYTES", allow_negative_numbers = true, value_parser = room)]
    room: Option<usize>,

    /// Bits of a value of a sample to practise [default: 2 for pictures, 8 for features]
    #[arg(long, value_enum)]
    bits: Option<BitsChoice>,

    /// Replace a file that this program has not written
    #[arg(long)]
    force: bool,

    /// Print events for other programs to read: a JSON object on each line, and nothing else
    #[arg(long, conflicts_with = "verbose")]
    json: bool,

    /// The data, whose training samples say how large the numbers in an int8 network become.
    #[command(flatten)]
    data: DataArgs,

    /// Options shared with other subcommands.
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
    /// Rust with training samples that a device practises, so that it does not forget them
    FactorySet,
}

/// How many bits a value takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum BitsChoice {
    /// 2 levels
    #[value(name = "1")]
    One,
    /// 4 levels
    #[value(name = "2")]
    Two,
    /// 16 levels
    #[value(name = "4")]
    Four,
    /// 256 levels
    #[value(name = "8")]
    Eight,
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
///
/// The model, or for int8 its data, cannot be used, or the file not be written; it has not changed then.
pub fn export(arguments: &ExportArgs) -> Result<(), Failure> {
    let verbosity = Verbosity::new(arguments.common.verbose, arguments.json);
    let format = arguments.format;
    if arguments.learn && format != Format::C {
        return Err(Failure::about("--learn", "only with --format c"));
    }
    if arguments.prefix.is_some() && !matches!(format, Format::C | Format::CInt8) {
        return Err(Failure::about("--prefix", "only with --format c or c-int8"));
    }
    if format != Format::FactorySet {
        for (option, is_given) in [("--room", arguments.room.is_some()), ("--bits", arguments.bits.is_some())] {
            if is_given {
                return Err(Failure::about(option, "only with --format factory-set"));
            }
        }
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
            let samples = factory_samples(&model, arguments)?;
            rust::to_factory_set(&model, &samples.set())?.into_bytes()
        }
    };
    outputs.stage(&output, &bytes)?;
    tell_written(verbosity, outputs.commit()?);
    Ok(())
}

/// Training samples as the first layer sees them.
fn factory_samples(model: &Model, arguments: &ExportArgs) -> Result<FactorySamples, Failure> {
    let (dataset, _) = data_of(model, &arguments.data)?;
    let mut train = dataset.train;
    if let Some(table) = model.input.pixel_table() {
        train.inputs.look_up(table);
    }
    let bits = match (arguments.bits, &model.input) {
        (Some(BitsChoice::One), _) => Bits::One,
        (Some(BitsChoice::Two), _) | (None, Input::Pixels(_)) => Bits::Two,
        (Some(BitsChoice::Four), _) => Bits::Four,
        (Some(BitsChoice::Eight), _) | (None, Input::Features { .. }) => Bits::Eight,
    };
    let (room, kernel) = (arguments.room.unwrap_or(ROOM), arguments.common.kernel()?);
    let chosen = FactorySamples::choose(&train, &model.input, bits, room, kernel);
    chosen.map_err(|error| Failure::about("--room", error))
}

/// The model in int8, calibrated by its training samples, and the range of its logits over them.
fn quantized(model: &Model, arguments: &ExportArgs) -> Result<(Int8Network, Range), Failure> {
    let kernel = arguments.common.kernel()?;
    let failed = |error| Failure::about(shown(&arguments.weights), format!("cannot be quantised: {error}"));
    let (dataset, _) = data_of(model, &arguments.data)?;
    let mut inputs = dataset.train.inputs;
    if let Some(table) = model.input.pixel_table() {
        inputs.look_up(table);
    }
    let calibration = inputs.first(int8::CALIBRATION_SAMPLES);
    let network = int8::quantize(&network(model)?, &calibration, kernel).map_err(failed)?;
    // The output of a regression is its logits.
    let logits = int8::predict(&network, Loss::MeanSquaredError, &inputs, kernel).map_err(failed)?;
    let mut range = Range::EMPTY;
    range.include(&logits).map_err(failed)?;
    Ok((network, range))
}
