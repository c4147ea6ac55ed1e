//! Writes a model as ONNX, the format that onnxruntime and many other programs run.
//!
//! | what | name | type and shape |
//! |---|---|---|
//! | input | `image` | uint8 `[N, 784]`, the pixels as the camera or the data set has them |
//! | output | `logits` | float `[N, 10]` |
//! | output | `probabilities` | float `[N, 10]` |
//!
//! The metadata hold the names of the classes, a list in JSON under `class_names`.

mod messages;

use prost::Message;

use self::messages::{
    Attribute, Dimension, Graph, Model, Node, OperatorSet, Property, Shape, Tensor, TensorType, Type, ValueInfo,
    attribute_kind, data_type, dimension,
};
use super::{Export, MARK};
use crate::idx::{CLASSES, PIXELS};

/// The version of the file format that came with the set of operators below.
const IR_VERSION: i64 = 8;
/// The set of operators.
const OPERATOR_SET: i64 = 17;

/// The model as an ONNX file. The same model gives the same bytes.
#[must_use]
pub fn to_onnx(export: &Export<'_>) -> Vec<u8> {
    let class_names = serde_json::Value::from(export.class_names.as_slice());
    let model = Model {
        ir_version: Some(IR_VERSION),
        producer_name: Some("host-trainer".into()),
        producer_version: Some(env!("CARGO_PKG_VERSION").into()),
        doc_string: Some(format!("{MARK}: {}", export.weights.description())),
        graph: Some(graph(export)),
        opset_import: vec![OperatorSet { domain: Some(String::new()), version: Some(OPERATOR_SET) }],
        metadata_props: vec![Property { key: Some("class_names".into()), value: Some(class_names.to_string()) }],
    };
    model.encode_to_vec()
}

fn graph(export: &Export<'_>) -> Graph {
    let mut graph = Graph {
        name: Some(export.weights.model.name().into()),
        input: vec![value("image", data_type::UINT8, PIXELS)],
        output: vec![value("logits", data_type::FLOAT, CLASSES), value("probabilities", data_type::FLOAT, CLASSES)],
        ..Graph::default()
    };
    let table = &export.weights.pixel_table;
    if table.is_identity() {
        graph.node.push(node("Cast", &["image"], "pixels", vec![integer("to", data_type::FLOAT.into())]));
    } else {
        let values: Vec<f32> = table.values().iter().map(|&value| value.into()).collect();
        graph.initializer.push(tensor("pixel_table", &[values.len()], &values));
        graph.node.push(node("Cast", &["image"], "indices", vec![integer("to", data_type::INT32.into())]));
        graph.node.push(node("Gather", &["pixel_table", "indices"], "pixels", Vec::new()));
    }
    let mut inputs = "pixels".to_owned();
    for (index, layer) in export.weights.layers.iter().enumerate() {
        let last = index + 1 == export.weights.layers.len();
        let [kernel, bias] = ["kernel", "bias"].map(|part| format!("dense_{index}.{part}"));
        graph.initializer.push(tensor(&kernel, &[layer.outputs(), layer.inputs], &layer.weights));
        graph.initializer.push(tensor(&bias, &[layer.outputs()], &layer.bias));
        // As in dense-core, the first layer's sums are over whole pixels, and scaled afterwards.
        let scale = if index == 0 { dense_core::quant::PIXEL_STEP } else { 1.0 };
        let sums = if last { "logits".to_owned() } else { format!("dense_{index}") };
        let attributes = vec![float("alpha", scale), integer("transB", 1)];
        graph.node.push(node("Gemm", &[&inputs, &kernel, &bias], &sums, attributes));
        inputs = sums;
        if !last {
            let activations = format!("{inputs}.relu");
            graph.node.push(node("Relu", &[&inputs], &activations, Vec::new()));
            inputs = activations;
        }
    }
    graph.node.push(node("Softmax", &["logits"], "probabilities", vec![integer("axis", -1)]));
    graph
}

/// A node named after its output.
fn node(operator: &str, inputs: &[&str], output: &str, attributes: Vec<Attribute>) -> Node {
    Node {
        input: inputs.iter().map(|&input| input.into()).collect(),
        output: vec![output.into()],
        name: Some(output.into()),
        op_type: Some(operator.into()),
        attribute: attributes,
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
    }
}

/// An input or output of `width` numbers for each of N images.
fn value(name: &str, element: i32, width: usize) -> ValueInfo {
    let lengths = [dimension::Length::Parameter("N".into()), dimension::Length::Value(width as i64)];
    let dim = lengths.map(|length| Dimension { length: Some(length) }).into();
    let tensor = TensorType { elem_type: Some(element), shape: Some(Shape { dim }) };
    ValueInfo { name: Some(name.into()), kind: Some(Type { tensor_type: Some(tensor) }) }
}

#[cfg(test)]
mod tests;
