//! The command `export`: writes a model for other programs.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use formats::{Model, c, npz, onnx, tflite};

use super::shared::{data_of, load_model, network, shown, tell_written};
use crate::failure::Failure;
use crate::learning::int8;
use crate::options::{CommonArgs, DataArgs, MODEL, in_workspace};
use crate::outputs::Outputs;
use crate::terminal::Verbosity;

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

    /// File to write [default: in out, a file named after the format, such as model.onnx]
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,

    /// What the names in a C header begin with
    #[arg(long, value_name = "NAME", default_value = "model")]
    prefix: String,

    /// Write a C function for a step of gradient descent, too
    #[arg(long)]
    learn: bool,

    /// Replace a file that this program has not written
    #[arg(long)]
    force: bool,

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
        }
    }
}
