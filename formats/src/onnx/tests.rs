//! Tests of ONNX files; whole models round-trip in the tests of `import`, other programs run them in `tests/interchange`.

use prost::Message;

use super::messages::{Attribute, Graph, Model, Node, Tensor, ValueInfo, data_type};
use super::*;
use crate::chain::{Chain, Step};
use crate::fixtures::{all, regression, windows};
use crate::{Activation, Error};

#[test]
fn the_same_model_gives_the_same_bytes() {
    for (name, model) in all() {
        assert!(to_onnx(&model).unwrap() == to_onnx(&model).unwrap(), "{name}");
    }
}

#[test]
fn only_gelu_needs_a_newer_set_of_operators() {
    for (model, version) in [(windows(), 20), (regression(), 17)] {
        let file = Model::decode(&to_onnx(&model).unwrap()[..]).unwrap();
        assert_eq!(file.opset_import[0].version, Some(version));
    }
}

fn node(operator: &str, inputs: &[&str], output: &str, attribute: Vec<Attribute>) -> Node {
    Node {
        op_type: Some(operator.into()),
        name: Some(output.into()),
        input: inputs.iter().map(|&input| input.into()).collect(),
        output: vec![output.into()],
        attribute,
        ..Node::default()
    }
}

fn tensor(name: &str, dims: &[i64], values: &[f32]) -> Tensor {
    Tensor {
        name: Some(name.into()),
        dims: dims.to_vec(),
        data_type: Some(data_type::FLOAT),
        float_data: values.to_vec(),
        ..Tensor::default()
    }
}

/// The chain of a graph of these operators on `x`.
fn chain(nodes: &[Node]) -> Result<Chain, Error> {
    let constants = [
        ("w", &[2_i64, 1][..], &[1.0_f32, 2.0][..]),
        ("b", &[1], &[0.5]),
        ("two", &[1], &[2.0]),
        ("cube", &[1, 1, 1], &[1.0]),
    ];
    let input = ValueInfo { name: Some("x".into()), kind: None };
    let graph = Graph {
        node: nodes.to_vec(),
        initializer: constants.map(|(name, dims, values)| tensor(name, dims, values)).to_vec(),
        input: vec![input],
        ..Graph::default()
    };
    from_onnx(&Model { graph: Some(graph), ..Model::default() }.encode_to_vec())
}

#[test]
fn chains_of_other_programs_are_read() {
    let nodes = [
        node("Sub", &["x", "two"], "centered", vec![]),
        node("Div", &["centered", "two"], "scaled", vec![]),
        node("Flatten", &["scaled"], "flat", vec![]),
        node("MatMul", &["flat", "w"], "product", vec![]),
        node("Add", &["b", "product"], "sum", vec![]),
        node("Elu", &["sum"], "y", vec![]),
    ];
    let affine = |name: &str, scale: f64, offset: f64| Step::Affine {
        name: name.into(),
        scale: vec![scale],
        offset: vec![offset],
    };
    let dense = Step::Dense { name: "product".into(), inputs: 2, weights: vec![1.0, 2.0], bias: vec![0.0] };
    let wanted = [
        affine("centered", 1.0, -2.0),
        affine("scaled", 0.5, 0.0),
        dense,
        affine("sum", 1.0, 0.5),
        Step::Activation(Activation::Elu),
    ];
    assert_eq!(chain(&nodes).unwrap().steps, wanted);
}

#[test]
fn what_is_no_chain_of_dense_layers_is_named() {
    let float = |name: &str, value| Attribute { name: Some(name.into()), f: Some(value), ..Attribute::default() };
    let integer = |name: &str, value| Attribute { name: Some(name.into()), i: Some(value), ..Attribute::default() };
    let tanh = Attribute { name: Some("approximate".into()), s: Some(b"tanh".to_vec()), ..Attribute::default() };
    for (node, wanted) in [
        (node("Conv", &["x", "w"], "y", vec![]), "Conv `y`: is not part of a dense network"),
        (node("Gemm", &["z", "w"], "y", vec![]), "Gemm `y`: does not take the operator before it: wanted a chain"),
        (node("Add", &["x", "x"], "y", vec![]), "Add `y`: does not take the operator before it: wanted a chain"),
        (node("Gemm", &["x", "w"], "y", vec![integer("transA", 1)]), "Gemm `y`: transposes its input"),
        (node("Gemm", &["x", "w", "b"], "y", vec![float("beta", 2.0)]), "Gemm `y`: scales its bias"),
        (node("MatMul", &["x", "cube"], "y", vec![]), "tensor `cube`: shape [1, 1, 1], wanted two dimensions"),
        (node("Div", &["two", "x"], "y", vec![]), "Div `y`: divides a constant"),
        (node("LeakyRelu", &["x"], "y", vec![]), "LeakyRelu `y`: has a slope of 0.01, wanted 0.3"),
        (node("Elu", &["x"], "y", vec![float("alpha", 0.5)]), "Elu `y`: has another alpha than 1"),
        (node("Gelu", &["x"], "y", vec![tanh]), "Gelu `y`: approximates GELU by tanh"),
    ] {
        assert_eq!(chain(&[node]).unwrap_err().to_string(), wanted);
    }
}
