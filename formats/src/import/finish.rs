//! Makes a model of a chain, with what the options say.

use std::collections::BTreeMap;

use super::fold::{Head, layers};
use super::{ImportOptions, PixelRange, contradiction};
use crate::chain::{Chain, Step};
use crate::{Error, Input, Layer, Loss, Model, Output, PixelInput, Provenance, Task};

/// The model of `chain`, read from `file`.
pub(super) fn model(chain: Chain, format: &str, file: &str, options: &ImportOptions) -> Result<Model, Error> {
    let inputs = chain.steps.iter().find_map(|step| match step {
        Step::Dense { inputs, .. } => Some(*inputs),
        _ => None,
    });
    let Some(inputs) = inputs else { return Err(Error::Model("it has no dense layer".into())) };
    let input = input(&chain, inputs, options)?;
    let (factor, offset) = match (&input, options.pixels) {
        (Input::Features { .. }, _) => (1.0, 0.0),
        (Input::Pixels(_), Some(range)) => range.factor_and_offset(),
        (Input::Pixels(_), None) if chain.bytes || rescales(&chain) => PixelRange::Byte.factor_and_offset(),
        (Input::Pixels(_), None) => PixelRange::Unit.factor_and_offset(),
    };
    let (layers, head) = layers(&chain.steps, factor, offset)?;
    let outputs = layers.last().map_or(0, Layer::units);
    let (loss, output) = output(&chain, head, outputs, options)?;
    let model = Model {
        layers,
        loss,
        input,
        output,
        quantized: chain.quantized,
        test: BTreeMap::new(),
        provenance: Provenance::Imported { file: file.into(), format: format.into() },
    };
    model.check()?;
    Ok(model.flushed())
}

fn input(chain: &Chain, inputs: usize, options: &ImportOptions) -> Result<Input, Error> {
    let rank = chain.input_shape.as_ref().map_or(1, Vec::len);
    let mut input = match (&options.input, options.pixels) {
        (Some(input), _) => input.clone(),
        (None, Some(_)) => pixels(chain, inputs)?,
        (None, None) if chain.bytes || rank > 1 && rescales(chain) => pixels(chain, inputs)?,
        // Either a picture or a window of a time series.
        (None, None) if rank > 1 => {
            let what = "whether the inputs are pixels, and of which range, or a time series is";
            return Err(Error::Needed { what, option: "--data or --pixels" });
        }
        (None, None) => features(chain, inputs),
    };
    if input.width() != inputs {
        let found = format!("{inputs} inputs");
        return Err(contradiction("the input", &found, &input.width().to_string()));
    }
    if let (Input::Features { names, .. }, Some(found)) = (&input, &chain.feature_names)
        && found.len() == names.len()
        && let Some((found, name)) = found.iter().zip(names).find(|(found, name)| found != name)
    {
        return Err(contradiction("the name of a feature", found, name));
    }
    match &mut input {
        Input::Pixels(pixels) => pixels.table = chain.pixel_table.clone().map(Box::new),
        Input::Features { .. } if chain.bytes => {
            return Err(contradiction("the input", "bytes", "features"));
        }
        // What the data set says of another model.
        Input::Features { standardized, .. } => *standardized = false,
    }
    if let Input::Pixels(pixels) = &mut input {
        pixels.standardized = false;
    }
    Ok(input)
}

/// Whether the network itself brings its input to another range.
fn rescales(chain: &Chain) -> bool {
    matches!(chain.steps.first(), Some(Step::Affine { .. }))
}

fn features(chain: &Chain, inputs: usize) -> Input {
    let names = chain.feature_names.clone().filter(|names| names.len() == inputs);
    let names = names.unwrap_or_else(|| (0..inputs).map(|index| format!("x{index}")).collect());
    Input::Features { names, window: None, standardized: false }
}

/// The shape of the picture: that of the file, or a square.
fn pixels(chain: &Chain, inputs: usize) -> Result<Input, Error> {
    let side = inputs.isqrt();
    let (height, width) = match chain.input_shape.as_deref() {
        Some(&[height, width] | &[height, width, 1]) => (height, width),
        _ if side * side == inputs => (side, side),
        _ => return Err(Error::Needed { what: "the height and width of the picture are", option: "the data set" }),
    };
    Ok(Input::Pixels(PixelInput { height, width, table: None, standardized: false }))
}

fn output(chain: &Chain, head: Head, outputs: usize, options: &ImportOptions) -> Result<(Loss, Output), Error> {
    let asked = options.loss.or_else(|| options.output.as_ref().map(|output| output.task().default_loss()));
    let loss = match (head, asked) {
        (Head::Softmax, asked) => checked("softmax", Task::Multiclass, asked)?,
        (Head::Sigmoid, asked) if outputs == 1 => checked("sigmoid", Task::Binary, asked)?,
        (Head::Sigmoid, _) => {
            return Err(Error::layer(
                "activation",
                "",
                format!("sigmoid of {outputs} outputs: wanted one, or softmax"),
            ));
        }
        (Head::Linear, Some(loss)) => match chain.loss {
            Some(found) if found.task() != loss.task() => {
                return Err(contradiction("the loss", found.name(), loss.name()));
            }
            _ => loss,
        },
        (Head::Linear, None) => {
            let what = "whether the outputs are logits or values is";
            chain.loss.ok_or(Error::Needed { what, option: "--loss" })?
        }
    };
    if let Some(output) = &options.output {
        if output.task() != loss.task() {
            return Err(contradiction("the output", loss.task().name(), output.task().name()));
        }
        if let Some(found) = chain.output_names.as_ref().filter(|found| found.len() == output.names().len())
            && let Some((found, name)) = found.iter().zip(output.names()).find(|(found, name)| found != name)
        {
            return Err(contradiction("the name of an output", found, name));
        }
        return Ok((loss, output.clone()));
    }
    let wanted = if loss.task() == Task::Binary { 2 } else { outputs };
    let names = chain.output_names.clone().filter(|names| names.len() == wanted);
    let numbered = || (0..wanted).map(|index| index.to_string()).collect();
    let names: Vec<String> = names.unwrap_or_else(numbered);
    let output = match loss.task() {
        Task::Multiclass => Output::Classes { names },
        Task::Regression => Output::Values { names },
        Task::Binary => match names.try_into() {
            Ok(names) => Output::Binary { names },
            Err(names) => return Err(Error::Model(format!("{} names for two classes", Vec::len(&names)))),
        },
    };
    Ok((loss, output))
}

/// The loss asked for, if the activation of the output is its own; else the usual one.
fn checked(activation: &str, task: Task, asked: Option<Loss>) -> Result<Loss, Error> {
    match asked {
        Some(loss) if loss.output_activation() != activation => Err(contradiction(
            "the loss",
            activation,
            &format!("{}, whose output is {}", loss.name(), loss.output_activation()),
        )),
        Some(loss) => Ok(loss),
        None => Ok(task.default_loss()),
    }
}
