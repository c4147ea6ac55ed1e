//! A step of gradient descent in C, in the order of dense-core's `Trainer` with `Sgd`.

use std::fmt::Write;

use super::layers::{element, initial, scale};
use super::text::input;
use crate::{Activation, Layer, Loss, Model, Task};

/// The type of the parameters, and the trained ones.
pub(super) fn parameters(model: &Model) -> String {
    let field = |(index, layer): (usize, &Layer)| {
        let (weights, units) = (layer.weights.len(), layer.units());
        format!("    float kernel_{index}[{weights}];\n    float bias_{index}[{units}];\n")
    };
    let fields: String = model.layers.iter().enumerate().map(field).collect();
    format!(
        "/* The parameters. Kernels have a row for each unit. */\ntypedef struct {{\n{fields}}} model_network;\n\n\
         /* The trained parameters: copy them to memory, where the network learns. */\n\
         static const model_network MODEL_TRAINED = {{\n{}}};\n\n\
         /* The most samples of a step. */\n#ifndef MODEL_BATCH\n#define MODEL_BATCH 32\n#endif\n\n\
         /* Outputs and deltas of the samples of a step. */\ntypedef struct {{\n{}}} model_workspace;\n\n",
        initial(model),
        workspace(model),
    )
}

fn workspace(model: &Model) -> String {
    let mut fields = String::new();
    for (index, layer) in model.layers.iter().enumerate() {
        let units = layer.units();
        // The derivative of GELU is a function of its input.
        let parts: &[&str] = match layer.activation {
            _ if index + 1 == model.layers.len() => &["deltas"],
            Activation::Gelu => &["sums", "outputs", "deltas"],
            _ => &["outputs", "deltas"],
        };
        for part in parts {
            _ = writeln!(fields, "    float {part}_{index}[MODEL_BATCH][{units}];");
        }
    }
    fields
}

/// Functions for the step's own use.
pub(super) fn functions(model: &Model) -> String {
    let mut text = include_str!("templates/learn.h").to_owned();
    let hidden = &model.layers[..model.layers.len() - 1];
    for activation in Activation::ALL {
        if hidden.iter().any(|layer| layer.activation == activation) {
            let name = activation.name();
            _ = write!(
                text,
                "\nstatic inline float model_{name}_backward(float y, float delta)\n{{\n{}}}\n",
                backward(activation)
            );
        }
    }
    if !hidden.is_empty() {
        text += "\n";
        text += include_str!("templates/backward.h");
    }
    if model.loss.task() == Task::Multiclass {
        text += "\n";
        text += include_str!("templates/softmax.h");
    }
    text + "\n"
}

/// The body of the function from ∂L/∂y to ∂L/∂z; y is z for GELU.
const fn backward(activation: Activation) -> &'static str {
    match activation {
        Activation::Linear => "    (void)y;\n    return delta;\n",
        Activation::Relu => "    return y > 0.0f ? delta : 0.0f;\n",
        Activation::LeakyRelu => "    return model_flush(y < 0.0f ? 0.3f * delta : delta);\n",
        Activation::Elu => "    return model_flush(delta * (y < 0.0f ? y + 1.0f : 1.0f));\n",
        Activation::Gelu => {
            "    float density;\n    const float distribution = model_normal(y, &density);\n    \
             const float factor = y < -7.0f ? -7.0f : y > 7.0f ? 7.0f : y;\n    \
             return model_flush(delta * fmaf(factor, density, distribution));\n"
        }
        Activation::Sigmoid => "    return model_flush(delta * fmaf(-y, y, y));\n",
        Activation::Tanh => "    return model_flush(delta * fmaf(-y, y, 1.0f));\n",
    }
}

/// The function that makes a step.
pub(super) fn step(model: &Model) -> String {
    let element = element(model);
    let regression = model.loss.task() == Task::Regression;
    let (targets, kind, targets_are) = if regression {
        ("targets", "float", "a row of MODEL_OUTPUTS numbers a sample")
    } else {
        ("labels", "uint8_t", "the class of each sample")
    };
    format!(
        "
/* One step of gradient descent on count samples, MODEL_INPUTS inputs each; {targets}: {targets_are}.
 * Returns 0; or -1 where count is 0 or more than MODEL_BATCH, a label is no class, or a number on the way is not finite:
 * then the network is as it was. */
static inline int model_learn(model_network *network, model_workspace *workspace, const {element} *samples,
                              const {kind} *{targets}, size_t count, float learning_rate)
{{
    if (count == 0 || count > MODEL_BATCH) {{
        return -1;
    }}
    for (size_t sample = 0; sample < count; sample++) {{
{}{}{}    }}
{}    return 0;
}}
",
        forward(model),
        deltas(model),
        hidden_deltas(model),
        updates(model),
    )
}

/// The inputs of a sample as floats, and the outputs of all layers.
fn forward(model: &Model) -> String {
    let last = model.layers.len() - 1;
    let mut text = format!("        const {} *inputs = samples + sample * MODEL_INPUTS;\n", element(model));
    let mut source = "inputs".to_owned();
    if element(model) == "uint8_t" {
        source = "values".into();
        _ = write!(
            text,
            "        float values[MODEL_INPUTS];\n        for (size_t input = 0; input < MODEL_INPUTS; input++) {{\n            \
             values[input] = (float){};\n        }}\n",
            input(model)
        );
    } else {
        text += &refuse("inputs", "MODEL_INPUTS");
    }
    for (index, layer) in model.layers.iter().enumerate() {
        let (inputs, units) = (layer.inputs, layer.units());
        let target = match (index == last, layer.activation) {
            (true, _) => format!("workspace->deltas_{index}[sample]"),
            (false, Activation::Gelu) => format!("workspace->sums_{index}[sample]"),
            (false, _) => format!("workspace->outputs_{index}[sample]"),
        };
        _ = writeln!(
            text,
            "        model_dense(network->kernel_{index}, network->bias_{index}, {source}, {inputs}, {units}, {}, {target});",
            scale(model, index)
        );
        text += &refuse(&target, &units.to_string());
        if index < last {
            source = format!("workspace->outputs_{index}[sample]");
            _ = write!(
                text,
                "        for (size_t unit = 0; unit < {units}; unit++) {{\n            \
                 {source}[unit] = model_{}({target}[unit]);\n        }}\n",
                layer.activation.name()
            );
        }
    }
    text
}

/// Returns where a number is not finite.
fn refuse(values: &str, count: &str) -> String {
    format!("        if (!model_all_finite({values}, {count})) {{\n            return -1;\n        }}\n")
}

/// Turns the logits of a sample into their deltas.
fn deltas(model: &Model) -> String {
    let last = model.layers.len() - 1;
    let start = format!("        float *deltas = workspace->deltas_{last}[sample];\n");
    let label = "        if (labels[sample] >= MODEL_OUTPUTS) {\n            return -1;\n        }\n";
    let each = |body: &str| {
        "        for (size_t output = 0; output < MODEL_OUTPUTS; output++) {\n            \
         const float target = targets[sample * MODEL_OUTPUTS + output];\n            \
         const float distance = model_flush(deltas[output] - target);\n            \
         const float share = 1.0f / (float)MODEL_OUTPUTS;\n"
            .to_owned()
            + &refuse("&target", "1").replace("        ", "            ")
            + body
            + "        }\n"
    };
    let body = match model.loss {
        Loss::SparseCategoricalCrossentropy => {
            format!("{label}        model_softmax(deltas);\n        deltas[labels[sample]] -= 1.0f;\n")
        }
        Loss::GeneralizedCrossentropy => format!(
            "{label}        const float miss = model_exp(0.25f * (deltas[labels[sample]] - model_largest(deltas)));\n        \
             const float root = miss / sqrtf(sqrtf(model_softmax(deltas)));\n        \
             deltas[labels[sample]] -= 1.0f;\n        \
             for (size_t output = 0; output < MODEL_OUTPUTS; output++) {{\n            \
             deltas[output] = model_flush(root * deltas[output]);\n        }}\n"
        ),
        Loss::BinaryCrossentropy => "        if (labels[sample] > 1) {\n            return -1;\n        }\n        \
             const float slope = model_sigmoid(labels[sample] ? -deltas[0] : deltas[0]);\n        \
             deltas[0] = labels[sample] ? 0.0f - slope : slope;\n"
            .into(),
        Loss::MeanSquaredError => each(
            "            const float delta = 2.0f * share * distance;\n            \
             deltas[output] = model_flush(delta > FLT_MAX ? FLT_MAX : delta < -FLT_MAX ? -FLT_MAX : delta);\n",
        ),
        Loss::MeanAbsoluteError => {
            each("            deltas[output] = model_flush(distance == 0.0f ? 0.0f : copysignf(share, distance));\n")
        }
        Loss::Huber => each(
            "            const float clamped = distance < -1.0f ? -1.0f : distance > 1.0f ? 1.0f : distance;\n            \
             deltas[output] = model_flush(share * clamped);\n",
        ),
    };
    start + &body
}

/// The deltas of hidden layers, from the last to the first.
fn hidden_deltas(model: &Model) -> String {
    let mut text = String::new();
    for (index, layer) in model.layers.iter().enumerate().rev().skip(1) {
        let (units, next, above) = (layer.units(), index + 1, model.layers[index + 1].units());
        let y = if layer.activation == Activation::Gelu { "sums" } else { "outputs" };
        let deltas = format!("workspace->deltas_{index}[sample]");
        _ = write!(
            text,
            "        model_input_gradient(workspace->deltas_{next}[sample], network->kernel_{next}, {above}, {units}, {deltas});\n        \
             for (size_t unit = 0; unit < {units}; unit++) {{\n            \
             {deltas}[unit] = model_{}_backward(workspace->{y}_{index}[sample][unit], {deltas}[unit]);\n        }}\n",
            layer.activation.name()
        );
        text += &refuse(&deltas, &units.to_string());
    }
    text
}

/// The updates of all layers: the sum of delta · input over the samples, in order, then one fused step.
fn updates(model: &Model) -> String {
    let mut text = String::new();
    for (index, layer) in model.layers.iter().enumerate() {
        let (inputs, units) = (layer.inputs, layer.units());
        let input = match index {
            0 if element(model) == "uint8_t" => {
                format!("(float){}", input(model).replace("inputs[input]", "samples[sample * MODEL_INPUTS + input]"))
            }
            0 => "samples[sample * MODEL_INPUTS + input]".into(),
            _ => format!("workspace->outputs_{}[sample][input]", index - 1),
        };
        let scale = scale(model, index);
        _ = write!(
            text,
            "    for (size_t unit = 0; unit < {units}; unit++) {{
        for (size_t input = 0; input < {inputs}; input++) {{
            float sum = 0.0f;
            for (size_t sample = 0; sample < count; sample++) {{
                sum = fmaf(workspace->deltas_{index}[sample][unit], {input}, sum);
            }}
            float *weight = &network->kernel_{index}[unit * {inputs} + input];
            *weight = model_descend(*weight, sum, learning_rate * ({scale} / (float)count));
        }}
        float sum = 0.0f;
        for (size_t sample = 0; sample < count; sample++) {{
            sum += workspace->deltas_{index}[sample][unit];
        }}
        network->bias_{index}[unit] = model_descend(network->bias_{index}[unit], sum, learning_rate * (1.0f / (float)count));
    }}
"
        );
    }
    text
}
