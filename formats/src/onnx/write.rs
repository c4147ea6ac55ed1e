//! Writes a model as ONNX.

use prost::Message;

use super::messages::{
    Attribute, Dimension, Graph, Model as File, Node, OperatorSet, Property, Shape, Tensor, TensorType, Type,
    ValueInfo, attribute_kind, data_type, dimension,
};
use crate::chain::names;
use crate::{Activation, Error, Input, Model, Task};

/// The version of the file format, and the set of operators that came with it.
const VERSIONS: (i64, i64) = (8, 17);
/// Those of the operator `Gelu`.
const GELU_VERSIONS: (i64, i64) = (9, 20);

/// Writes `model` as ONNX. The same model gives the same bytes.
///
/// | what | name | type and shape |
/// |---|---|---|
/// | input | `image` | uint8 `[N, pixels]`, before the pixel table |
/// | or | `features` | float `[N, features]` |
/// | output | `logits` | float `[N, outputs]` |
/// | output | `probabilities` | the same |
/// | or, of a regression | `values` | the same |
///
/// The metadata hold the names of classes, outputs and features, each a list in JSON.
///
/// # Errors
/// [`Error::Model`] where its parts do not fit together.
pub fn to_onnx(model: &Model) -> Result<Vec<u8>, Error> {
    model.check()?;
    let gelu = model.layers.iter().any(|layer| layer.activation == Activation::Gelu);
    let (format, operators) = if gelu { GELU_VERSIONS } else { VERSIONS };
    let property = |(key, names): (&str, &[String])| Property {
        key: Some(key.into()),
        value: Some(serde_json::Value::from(names).to_string()),
    };
    let file = File {
        ir_version: Some(format),
        producer_name: Some("host-trainer".into()),
        producer_version: Some(env!("CARGO_PKG_VERSION").into()),
        doc_string: Some(model.description()),
        graph: Some(graph(model)),
        opset_import: vec![OperatorSet { domain: Some(String::new()), version: Some(operators) }],
        metadata_props: names(model).into_iter().map(property).collect(),
    };
    Ok(file.encode_to_vec())
}

fn graph(model: &Model) -> Graph {
    let mut graph = Graph { name: Some("dense".into()), ..Graph::default() };
    let (mut values, scale) = input(model, &mut graph);
    for (index, layer) in model.layers.iter().enumerate() {
        let last = index + 1 == model.layers.len();
        let [kernel, bias] = ["kernel", "bias"].map(|part| format!("dense_{index}.{part}"));
        graph.initializer.push(tensor(&kernel, &[layer.units(), layer.inputs], &layer.weights));
        graph.initializer.push(tensor(&bias, &[layer.units()], &layer.bias));
        let sums = match (last, model.loss.task()) {
            (false, _) => format!("dense_{index}"),
            (true, Task::Regression) => "values".into(),
            (true, _) => "logits".into(),
        };
        // As in dense-core, the first layer's sums are over whole pixels, and scaled afterwards.
        let attributes = vec![float("alpha", if index == 0 { scale } else { 1.0 }), integer("transB", 1)];
        graph.node.push(node("Gemm", &[&values, &kernel, &bias], &sums, attributes));
        values = if last { sums } else { activation(layer.activation, sums, &mut graph) };
    }
    let width = model.output.width();
    graph.output.push(value(&values, data_type::FLOAT, width));
    let probabilities = match model.loss.task() {
        Task::Multiclass => node("Softmax", &[&values], "probabilities", vec![integer("axis", -1)]),
        Task::Binary => node("Sigmoid", &[&values], "probabilities", Vec::new()),
        Task::Regression => return graph,
    };
    graph.node.push(probabilities);
    graph.output.push(value("probabilities", data_type::FLOAT, width));
    graph
}

/// Adds the input, and for pixels what makes floats of them; returns its name, and the scale of the first layer's sums.
fn input(model: &Model, graph: &mut Graph) -> (String, f32) {
    let width = model.input.width();
    if matches!(model.input, Input::Features { .. }) {
        graph.input.push(value("features", data_type::FLOAT, width));
        return ("features".into(), 1.0);
    }
    graph.input.push(value("image", data_type::UINT8, width));
    match model.input.pixel_table() {
        None => graph.node.push(node("Cast", &["image"], "pixels", vec![integer("to", data_type::FLOAT.into())])),
        Some(table) => {
            let values: Vec<f32> = table.values().iter().map(|&value| value.into()).collect();
            graph.initializer.push(tensor("pixel_table", &[values.len()], &values));
            graph.node.push(node("Cast", &["image"], "indices", vec![integer("to", data_type::INT32.into())]));
            graph.node.push(node("Gather", &["pixel_table", "indices"], "pixels", Vec::new()));
        }
    }
    ("pixels".into(), dense_core::quant::PIXEL_STEP)
}

/// Adds an activation; returns the name of its output.
fn activation(activation: Activation, sums: String, graph: &mut Graph) -> String {
    let (operator, attributes) = match activation {
        Activation::Linear => return sums,
        Activation::Relu => ("Relu", Vec::new()),
        Activation::LeakyRelu => {
            ("LeakyRelu", vec![float("alpha", dense_core::activations::LeakyRelu::NEGATIVE_SLOPE)])
        }
        Activation::Elu => ("Elu", vec![float("alpha", 1.0)]),
        Activation::Gelu => ("Gelu", Vec::new()),
        Activation::Sigmoid => ("Sigmoid", Vec::new()),
        Activation::Tanh => ("Tanh", Vec::new()),
    };
    let output = format!("{sums}.{}", activation.name());
    graph.node.push(node(operator, &[&sums], &output, attributes));
    output
}

/// A node named after its output.
fn node(operator: &str, inputs: &[&str], output: &str, attributes: Vec<Attribute>) -> Node {
    Node {
        input: inputs.iter().map(|&input| input.into()).collect(),
        output: vec![output.into()],
        name: Some(output.into()),
        op_type: Some(operator.into()),
        attribute: attributes,
        domain: None,
    }
}

fn integer(name: &str, value: i64) -> Attribute {
    Attribute { name: Some(name.into()), i: Some(value), kind: Some(attribute_kind::INT), ..Attribute::default() }
}

fn float(name: &str, value: f32) -> Attribute {
    Attribute { name: Some(name.into()), f: Some(value), kind: Some(attribute_kind::FLOAT), ..Attribute::default() }
}

fn tensor(name: &str, shape: &[usize], values: &[f32]) -> Tensor {
    Tensor {
        dims: shape.iter().map(|&length| length as i64).collect(),
        data_type: Some(data_type::FLOAT),
        name: Some(name.into()),
        raw_data: Some(values.iter().flat_map(|value| value.to_le_bytes()).collect()),
        ..Tensor::default()
    }
}

/// An input or output of `width` numbers for each of N samples.
fn value(name: &str, element: i32, width: usize) -> ValueInfo {
    let lengths = [dimension::Length::Parameter("N".into()), dimension::Length::Value(width as i64)];
    let dim = lengths.map(|length| Dimension { length: Some(length) }).into();
    let tensor = TensorType { elem_type: Some(element), shape: Some(Shape { dim }) };
    ValueInfo { name: Some(name.into()), kind: Some(Type { tensor_type: Some(tensor) }) }
}
