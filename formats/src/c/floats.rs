//! A model in f32 as C.

use super::layers::{element, scale};
use super::learn;
use super::text::{Header, Prefix, array, class, floats, input, what};
use crate::{Activation, Error, Layer, Loss, Model, Task};

const DENSE: &str = include_str!("templates/dense.h");
const EXP: &str = include_str!("templates/exp.h");

/// Writes `model` as a header of C99 whose outputs have dense-core's bits. All its names begin with `prefix`. With
/// `learn`, the parameters are a value that the program keeps, and there is a function for a step of gradient descent on
/// all layers, with dense-core's bits too. The same model gives the same text.
///
/// # Errors
/// [`Error::Model`] where the model's parts do not fit together, or the prefix is no identifier.
pub fn to_c(model: &Model, prefix: &str, learn: bool) -> Result<String, Error> {
    model.check()?;
    let prefix = Prefix::new(prefix)?;
    let parameters = if learn { learn::parameters(model) } else { arrays(model) };
    let mut interface = logits(model, learn);
    interface += &class(model, "float", element(model), if learn { NETWORK } else { ["", ""] });
    if learn {
        interface += &learn::step(model);
    }
    let header = Header {
        comment: " * The same bits as dense-core's, where float is IEEE's single precision and the compiler keeps to the standard:\n \
                  * no -ffast-math. Link with -lm.\n"
            .into(),
        includes: &["float.h", "math.h", "stddef.h", "stdint.h", "string.h"],
        arrays: parameters,
        functions: functions(model, learn),
        interface,
    };
    Ok(header.text(model, prefix))
}

/// The parameter of functions that use a network, and its argument.
const NETWORK: [&str; 2] = ["const model_network *network, ", "network, "];

fn arrays(model: &Model) -> String {
    let layer = |(index, layer): (usize, &Layer)| {
        array("float", &format!("MODEL_KERNEL_{index}"), floats(&layer.weights))
            + &array("float", &format!("MODEL_BIAS_{index}"), floats(&layer.bias))
    };
    let arrays: String = model.layers.iter().enumerate().map(layer).collect();
    format!("/* Kernels have a row for each unit. */\n{arrays}")
}

/// Functions for the header's own use, each after those that it calls.
fn functions(model: &Model, learn: bool) -> String {
    let hidden = &model.layers[..model.layers.len() - 1];
    let uses = |activation: Activation| hidden.iter().any(|layer| layer.activation == activation);
    let sigmoid = uses(Activation::Sigmoid) || learn && model.loss == Loss::BinaryCrossentropy;
    let softmax = learn && model.loss.task() == Task::Multiclass;
    let exp = sigmoid || softmax || [Activation::Tanh, Activation::Elu, Activation::Gelu].into_iter().any(uses);
    let parts = [
        (true, DENSE),
        (exp, EXP),
        (uses(Activation::Linear), include_str!("templates/linear.h")),
        (uses(Activation::Relu), include_str!("templates/relu.h")),
        (uses(Activation::LeakyRelu), include_str!("templates/leaky_relu.h")),
        (uses(Activation::Elu), include_str!("templates/elu.h")),
        (uses(Activation::Gelu), include_str!("templates/gelu.h")),
        (sigmoid, include_str!("templates/sigmoid.h")),
        (uses(Activation::Tanh), include_str!("templates/tanh.h")),
    ];
    let mut text: String = parts.iter().filter(|(used, _)| *used).map(|(_, part)| format!("{part}\n")).collect();
    if learn {
        text += &learn::functions(model);
    }
    text
}

/// The function that computes the logits of a sample.
fn logits(model: &Model, learn: bool) -> String {
    let (sample, logits) = what(model);
    let parameter = if learn { NETWORK[0] } else { "" };
    let element = element(model);
    let mut body = String::new();
    let mut source = "inputs".to_owned();
    if element == "uint8_t" {
        source = "values".into();
        body += &format!(
            "    float values[MODEL_INPUTS];\n    for (size_t input = 0; input < MODEL_INPUTS; input++) {{\n        \
             values[input] = (float){};\n    }}\n",
            input(model)
        );
    }
    for (index, layer) in model.layers.iter().enumerate() {
        let (inputs, units) = (layer.inputs, layer.units());
        let last = index + 1 == model.layers.len();
        let target = if last { "logits".to_owned() } else { format!("dense_{index}") };
        if !last {
            body += &format!("    float {target}[{units}];\n");
        }
        let [kernel, bias] = if learn {
            [format!("network->kernel_{index}"), format!("network->bias_{index}")]
        } else {
            [format!("MODEL_KERNEL_{index}"), format!("MODEL_BIAS_{index}")]
        };
        let scale = scale(model, index);
        body += &format!("    model_dense({kernel}, {bias}, {source}, {inputs}, {units}, {scale}, {target});\n");
        if !last {
            body += &apply(layer.activation, &target, units);
        }
        source = target;
    }
    format!(
        "/* The {logits} of {sample}. */\n\
         static inline void model_logits({parameter}const {element} inputs[MODEL_INPUTS], float logits[MODEL_OUTPUTS])\n\
         {{\n{body}}}\n"
    )
}

/// A loop that applies an activation in place.
pub(super) fn apply(activation: Activation, values: &str, units: usize) -> String {
    format!(
        "    for (size_t unit = 0; unit < {units}; unit++) {{\n        {values}[unit] = model_{}({values}[unit]);\n    }}\n",
        activation.name()
    )
}
