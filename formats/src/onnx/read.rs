//! Reads a chain of dense layers from ONNX.

mod tensors;

use std::collections::HashMap;

use dense_core::PixelTable;
use dense_core::activations::LeakyRelu;
use prost::Message;

use self::tensors::numbers;
use super::messages::{Attribute, Graph, Model, Node, Tensor, data_type, dimension};
use crate::arrays::Array;
use crate::chain::{Chain, Step, transposed};
use crate::{Activation, Error};

const FORMAT: &str = "ONNX";
/// More operators than a chain of the most layers has.
const MAX_NODES: usize = 1024;

/// The most bytes of a file besides the numbers of its tensors: a decoder makes many times as many of them.
const MAX_STRUCTURE: usize = 1 << 22;

/// A message that holds numbers, or one that does.
#[derive(Clone, Copy)]
enum Level {
    Model,
    Graph,
    Tensor,
}

/// The bytes of a message besides the numbers of its tensors; none where it is damaged.
fn structure(mut bytes: &[u8], level: Level) -> Option<usize> {
    let mut total = 0_usize;
    while !bytes.is_empty() {
        let key = prost::decode_length_delimiter(&mut bytes).ok()?;
        let length = match key & 7 {
            0 => {
                prost::decode_length_delimiter(&mut bytes).ok()?;
                0
            }
            1 => 8,
            2 => prost::decode_length_delimiter(&mut bytes).ok()?,
            5 => 4,
            _ => return None,
        };
        let (field, rest) = bytes.split_at_checked(length)?;
        bytes = rest;
        total += 1 + match (level, key >> 3) {
            (Level::Model, 7) => structure(field, Level::Graph)?,
            (Level::Graph, 5) => structure(field, Level::Tensor)?,
            (Level::Tensor, 4 | 9 | 10) => 0,
            _ => length,
        };
    }
    Some(total)
}

/// The chain of a file.
pub(crate) fn from_onnx(bytes: &[u8]) -> Result<Chain, Error> {
    if structure(bytes, Level::Model).is_none_or(|bytes| bytes > MAX_STRUCTURE) {
        return Err(Error::format(FORMAT, "damaged, or far more than a chain of dense layers"));
    }
    let model = Model::decode(bytes).map_err(|error| Error::format(FORMAT, error))?;
    let graph = model.graph.ok_or_else(|| Error::format(FORMAT, "no graph"))?;
    if graph.node.len() > MAX_NODES {
        return Err(Error::format(FORMAT, format!("{} operators, at most {MAX_NODES}", graph.node.len())));
    }
    let mut walk = Walk::new(&graph)?;
    for node in &graph.node {
        walk.step(node)?;
    }
    let mut chain = walk.chain;
    for property in &model.metadata_props {
        let [key, text] = [&property.key, &property.value].map(|text| text.as_deref().unwrap_or_default());
        chain.set_names(key, serde_json::from_str(text).ok());
    }
    Ok(chain)
}

/// The way along the operators.
struct Walk<'a> {
    constants: HashMap<&'a str, &'a Tensor>,
    /// The value that the next operator has to take.
    current: &'a str,
    chain: Chain,
}

impl<'a> Walk<'a> {
    fn new(graph: &'a Graph) -> Result<Self, Error> {
        let constants: HashMap<&str, &Tensor> =
            graph.initializer.iter().map(|tensor| (tensor.name.as_deref().unwrap_or_default(), tensor)).collect();
        // Older files list constants among the inputs.
        let is_input = |name: &Option<String>| !constants.contains_key(name.as_deref().unwrap_or_default());
        let inputs: Vec<_> = graph.input.iter().filter(|input| is_input(&input.name)).collect();
        let [input] = inputs[..] else {
            return Err(Error::format(FORMAT, format!("{} inputs, wanted one", inputs.len())));
        };
        let kind = input.kind.as_ref().and_then(|kind| kind.tensor_type.as_ref());
        let bytes = kind.is_some_and(|kind| kind.elem_type == Some(data_type::UINT8));
        let shape = kind.and_then(|kind| kind.shape.as_ref()).and_then(|shape| {
            let sizes = shape.dim.get(1..)?.iter().map(|size| match size.length {
                Some(dimension::Length::Value(size)) => usize::try_from(size).ok(),
                _ => None,
            });
            sizes.collect()
        });
        let chain = Chain { bytes, input_shape: shape, ..Chain::default() };
        Ok(Self { constants, current: input.name.as_deref().unwrap_or_default(), chain })
    }

    fn step(&mut self, node: &'a Node) -> Result<(), Error> {
        let operator = node.op_type.as_deref().unwrap_or_default();
        let name = node.name.as_deref().unwrap_or_default();
        let fault = |fault: String| Error::layer(operator, name, fault);
        let [output] = node.output.as_slice() else { return Err(fault("has several outputs".into())) };
        if operator == "Constant" {
            let value = node.attribute.iter().find_map(|attribute| attribute.t.as_ref());
            let value = value.ok_or_else(|| fault("is no tensor".into()))?;
            self.constants.insert(output, value);
            return Ok(());
        }
        let inputs: Vec<&str> = node.input.iter().map(String::as_str).filter(|input| !input.is_empty()).collect();
        let others: Vec<&Tensor> = inputs.iter().filter_map(|input| self.constants.get(input).copied()).collect();
        if others.len() + 1 != inputs.len() || !inputs.contains(&self.current) {
            return Err(fault("does not take the operator before it: wanted a chain".into()));
        }
        let first = inputs.first() == Some(&self.current);
        let domain = node.domain.as_deref().unwrap_or_default();
        match operator {
            _ if !matches!(domain, "" | "ai.onnx") => {
                return Err(fault(format!("of domain {}", domain.escape_debug())));
            }
            "Gemm" if first => self.gemm(node, &others)?,
            "MatMul" if first => self.chain.push(dense(name, &numbers(others[0]), false, None)?)?,
            "Add" | "Sub" | "Mul" | "Div" => self.affine(node, operator, others[0], first)?,
            "Softmax" => self.chain.push(Step::Softmax)?,
            "Flatten" | "Reshape" | "Identity" | "Dropout" | "Squeeze" | "Unsqueeze" => {}
            "Cast" if self.chain.bytes || integer(node, "to") == Some(data_type::FLOAT.into()) => {}
            "Gather" if self.chain.bytes && !first && self.chain.steps.is_empty() => {
                let table = pixel_table(others[0]).ok_or_else(|| fault("has no table of 256 pixels".into()))?;
                self.chain.pixel_table = Some(table);
            }
            _ => {
                let activation = activation(node, operator)?;
                self.chain.push(Step::Activation(activation))?;
            }
        }
        self.current = output;
        Ok(())
    }

    /// α · x · B + β · C.
    fn gemm(&mut self, node: &Node, constants: &[&Tensor]) -> Result<(), Error> {
        let name = node.name.clone().unwrap_or_default();
        let fault = |text: &str| Error::layer("Gemm", &name, text);
        if integer(node, "transA").unwrap_or(0) != 0 {
            return Err(fault("transposes its input"));
        }
        let kernel = numbers(constants.first().ok_or_else(|| fault("has no weights"))?);
        let dense = dense(&name, &kernel, integer(node, "transB") == Some(1), constants.get(1).copied())?;
        let (alpha, beta) = (float(node, "alpha").unwrap_or(1.0), float(node, "beta").unwrap_or(1.0));
        if beta != 1.0 {
            return Err(fault("scales its bias"));
        }
        // A scale of its own, so that folding can cancel it against another before it rounds.
        if alpha != 1.0 {
            self.chain.push(Step::Affine { name, scale: vec![alpha.into()], offset: vec![0.0] })?;
        }
        self.chain.push(dense)
    }

    /// x + c, x − c, x · c or x / c; after a MatMul, its bias.
    fn affine(&mut self, node: &Node, operator: &str, constant: &Tensor, first: bool) -> Result<(), Error> {
        let name = node.name.clone().unwrap_or_default();
        let values = numbers(constant);
        let values = values.exact()?.to_vec();
        let (scale, offset) = match (operator, first) {
            ("Add", _) => (vec![1.0], values),
            ("Sub", true) => (vec![1.0], values.iter().map(|value| -value).collect()),
            ("Sub", false) => (vec![-1.0], values),
            ("Mul", _) => (values, vec![0.0]),
            ("Div", true) => (values.iter().map(|value| 1.0 / value).collect(), vec![0.0]),
            _ => return Err(Error::layer(operator, &name, "divides a constant")),
        };
        self.chain.push(Step::Affine { name, scale, offset })
    }
}

/// A dense layer; the kernel is `[inputs, units]` unless it is transposed.
fn dense(name: &str, kernel: &Array, transposed_kernel: bool, bias: Option<&Tensor>) -> Result<Step, Error> {
    let &[rows, columns] = kernel.shape.as_slice() else {
        return Err(Error::tensor(&kernel.name, format!("shape {:?}, wanted two dimensions", kernel.shape)));
    };
    let numbers_of_kernel = kernel.numbers()?;
    let (inputs, units, weights) = if transposed_kernel {
        (columns, rows, numbers_of_kernel)
    } else {
        (rows, columns, transposed(&numbers_of_kernel, rows, columns))
    };
    let bias = match bias {
        None => vec![0.0; units],
        Some(bias) => {
            let bias = numbers(bias);
            let values = bias.numbers()?;
            match values[..] {
                [value] => vec![value; units],
                _ if values.len() == units => values,
                _ => return Err(Error::tensor(&bias.name, format!("shape {:?}, wanted [{units}]", bias.shape))),
            }
        }
    };
    Ok(Step::Dense { name: name.into(), inputs, weights, bias })
}

fn activation(node: &Node, operator: &str) -> Result<Activation, Error> {
    let fault = |text: String| Err(Error::layer(operator, node.name.as_deref().unwrap_or_default(), text));
    Ok(match operator {
        "Relu" => Activation::Relu,
        "Sigmoid" => Activation::Sigmoid,
        "Tanh" => Activation::Tanh,
        "Elu" if float(node, "alpha").unwrap_or(1.0) == 1.0 => Activation::Elu,
        "Elu" => return fault("has another alpha than 1".into()),
        "LeakyRelu" => match float(node, "alpha").unwrap_or(0.01) {
            LeakyRelu::NEGATIVE_SLOPE => Activation::LeakyRelu,
            slope => return fault(format!("has a slope of {slope}, wanted {}", LeakyRelu::NEGATIVE_SLOPE)),
        },
        "Gelu" => {
            match attribute(node, "approximate").and_then(|attribute| attribute.s.as_deref()).unwrap_or(b"none") {
                b"none" => Activation::Gelu,
                _ => return fault("approximates GELU by tanh".into()),
            }
        }
        _ => return fault("is not part of a dense network".into()),
    })
}

/// The table of pixels: 256 whole numbers from 0 to 255.
fn pixel_table(tensor: &Tensor) -> Option<PixelTable> {
    let array = numbers(tensor);
    let values = array.exact().ok()?;
    let bytes: Option<Vec<u8>> = values
        .iter()
        .map(|&value| (value == value.trunc() && (0.0..256.0).contains(&value)).then_some(value as u8))
        .collect();
    Some(PixelTable::new(bytes?.try_into().ok()?))
}

fn attribute<'a>(node: &'a Node, name: &str) -> Option<&'a Attribute> {
    node.attribute.iter().find(|attribute| attribute.name.as_deref() == Some(name))
}

fn integer(node: &Node, name: &str) -> Option<i64> {
    attribute(node, name)?.i
}

fn float(node: &Node, name: &str) -> Option<f32> {
    attribute(node, name)?.f
}
