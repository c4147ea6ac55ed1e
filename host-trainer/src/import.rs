//! The command `import`: takes over a model that another tool has trained.

use std::fs;
use std::path::PathBuf;

use clap::Args;

use crate::cli::{CommonArgs, in_workspace, weights_path};
use crate::dataset::Dataset;
use crate::files::{FileError, Outputs, check_targets};
use crate::model_files::{self, Foreign, Import, Origin, PixelRange, TrainedModel};
use crate::quantized::{calibration_images, quantize};
use crate::run::{RunError, check_firmware, compare, name_of, shown, tell_written, test};
use crate::terminal::Voice;

const DETAILS: &str = "\
FILE is .weights.h5, .keras or .h5 of Keras, .npz of NumPy, such as np.savez(\"m.npz\", *model.get_weights()), or
safetensors, such as of a PyTorch nn.Sequential; its contents tell which. It holds a kernel and a bias for each dense
layer and nothing else but the state of an optimizer; which model it is, their shapes tell. Numbers may be float16,
bfloat16, float32 or float64. Such a file does not say what is between the layers: that is taken to be ReLU, and softmax
at the end.";

/// Options of `import`.
#[derive(Args, Debug)]
#[command(after_help = DETAILS)]
pub struct ImportArgs {
    /// The other tool's file
    #[arg(value_name = "FILE")]
    pub file: PathBuf,

    /// What the model was trained on: pixel / 255, the pixel itself, or pixel / 127.5 - 1
    #[arg(long, value_enum, value_name = "RANGE", default_value_t = PixelRange::Unit, allow_hyphen_values = true)]
    #[arg(hide_possible_values = true)]
    pub pixels: PixelRange,

    /// Folder for the safetensors file and the model in whole numbers [default: out]
    #[arg(long, value_name = "DIR", default_value_os_t = in_workspace("out"))]
    #[arg(hide_default_value = true)]
    pub out: PathBuf,

    /// Rust file to write the weights to [default: firmware/src/weights.rs for linear, DIR/weights.rs for others]
    #[arg(long, value_name = "FILE")]
    weights: Option<PathBuf>,

    /// Options shared with `train` and `evaluate`.
    #[command(flatten)]
    pub common: CommonArgs,
}

/// Reads the model, tests it in floats and in whole numbers, and writes what `train` writes of a model.
///
/// # Errors
///
/// Any [`RunError`] but those of a fit. No output file has changed then, unless all were written and one could not be put
/// in place: see [`Outputs`].
pub fn import(arguments: &ImportArgs) -> Result<(), RunError> {
    let common = &arguments.common;
    let kernel = common.kernel.kernel()?;
    let voice = Voice::new(common.verbose, false);
    let Foreign { weights, format, order } = model_files::load_foreign(&arguments.file, arguments.pixels)?;
    let weights_path = weights_path(arguments.weights.as_deref(), weights.model, &arguments.out);
    check_firmware(weights.model, &weights_path)?;
    let [model_path, quantized_path] = ["model.safetensors", "quantized.rs"].map(|name| arguments.out.join(name));
    check_targets(&[&model_path, &quantized_path, &weights_path])?;
    let input = fs::canonicalize(&arguments.file).ok();
    if let Some(path) =
        [&model_path, &quantized_path, &weights_path].iter().find(|path| fs::canonicalize(path).ok() == input)
    {
        return Err(FileError::Input(path.to_path_buf()).into());
    }
    model_files::check_replaceable_safetensors(&model_path)?;
    model_files::check_replaceable(&quantized_path)?;
    model_files::check_replaceable(&weights_path)?;
    let dataset = Dataset::load(&common.data)?;
    let dataset = dataset.through(&weights.pixel_table);
    voice.text(|| {
        let (file, model) = (shown(&arguments.file), weights.model.name());
        format!("{file}: {}, {model}, kernels {}\n", format.name(), order.description())
    });

    let failed = |error| RunError::Weights { path: arguments.file.clone(), error };
    let network = weights.network();
    let metrics = test(&*network, &dataset, kernel, voice).map_err(failed)?;
    let calibration = calibration_images(&dataset.train);
    let quantized = quantize(weights.model, &weights.layers, calibration, kernel).map_err(failed)?;
    let classes = network.classes(&dataset.test, kernel).map_err(failed)?;
    let comparison = compare(&classes, &*quantized, &dataset, kernel, voice).map_err(failed)?;

    let model = TrainedModel {
        weights: &weights,
        class_names: &dataset.class_names,
        origin: Origin::Imported(Import {
            data_set: name_of(&common.data),
            imported_from: name_of(&arguments.file),
            format_of_import: format.name(),
            pixels: arguments.pixels.name(),
        }),
        test_accuracy: metrics.accuracy,
        test_loss: metrics.loss,
    };
    let mut outputs = Outputs::new();
    outputs.stage(&model_path, &model_files::to_safetensors(&model)?)?;
    let source = model_files::to_quantized_source(&model, &quantized.layers(), comparison.int8_accuracy());
    outputs.stage(&quantized_path, source.as_bytes())?;
    outputs.stage(&weights_path, model_files::to_rust_source(&model).as_bytes())?;
    tell_written(voice, outputs.commit()?);
    Ok(())
}
