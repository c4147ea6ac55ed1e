//! Reads a chain of dense layers from a TensorFlow Lite file, in f32 or in int8.

mod layers;
mod tensors;

use dense_core::PixelTable;
use dense_core::activations::LeakyRelu;

use self::layers::fully_connected;
use self::tensors::{Tensor, tensors};
use super::table::Table;
use crate::chain::{Chain, Step};
use crate::{Activation, Error, QuantizedLayer};

const FORMAT: &str = "TensorFlow Lite";
/// More operators than a chain of the most layers has.
const MAX_OPERATORS: usize = 1024;

/// The most entries of the metadata that are looked at, and the most bytes of one.
const MAX_METADATA: usize = 16;
const MAX_NAMES: usize = 1 << 24;

/// `TensorType`.
const FLOAT32: u8 = 0;
const INT32: u8 = 2;
const UINT8: u8 = 3;
const INT8: u8 = 9;

/// The chain of a file's only subgraph.
pub(crate) fn from_tflite(bytes: &[u8]) -> Result<Chain, Error> {
    let damaged = |fault: &str| Error::format(FORMAT, fault);
    let model = Table::root(bytes).ok_or_else(|| damaged("cut short"))?;
    let graphs = model.tables(2);
    let [graph] = graphs[..] else { return Err(damaged(&format!("{} subgraphs, wanted one", graphs.len()))) };
    let buffers = model.tables(4);
    let tensors = tensors(&graph, &buffers)?;
    let (inputs, operators) = (graph.numbers(1, i32::from_le_bytes), graph.tables(3));
    let [input] = inputs[..] else { return Err(damaged(&format!("{} inputs, wanted one", inputs.len()))) };
    if operators.len() > MAX_OPERATORS {
        return Err(damaged(&format!("{} operators, at most {MAX_OPERATORS}", operators.len())));
    }
    let codes: Vec<u32> = model.tables(1).iter().map(|code| code.u32(3).max(u32::from(code.byte(0)))).collect();
    let mut walk = Walk { tensors: &tensors, current: input, chain: Chain::default(), layers: Some(Vec::new()) };
    walk.input()?;
    for operator in operators {
        let code = codes.get(operator.u32(0) as usize).copied().ok_or_else(|| damaged("an operator of no kind"))?;
        walk.step(code, &operator)?;
    }
    let mut chain = walk.chain;
    let bytes = chain.bytes.then_some(&tensors[usize::try_from(input).unwrap_or_default()]);
    chain.quantized = walk.layers.filter(|layers| fits(layers, bytes));
    for entry in model.tables(6).into_iter().take(MAX_METADATA) {
        let buffer = buffers.get(entry.u32(1) as usize);
        let names = buffer.map(|buffer| buffer.bytes(0)).filter(|text| text.len() <= MAX_NAMES);
        let names = names.and_then(|text| serde_json::from_slice(text).ok());
        chain.set_names(&entry.text(0), names);
    }
    Ok(chain)
}

/// Whether each layer's outputs are the next one's inputs, and bytes of the input, less 128, those of the first.
fn fits(layers: &[QuantizedLayer], bytes: Option<&Tensor<'_>>) -> bool {
    let Some(first) = layers.first() else { return false };
    let of_input = bytes.is_none_or(|bytes| {
        bytes.scales == [first.input.scale] && bytes.zeros == [i64::from(first.input.zero_point) + 128]
    });
    of_input && layers.windows(2).all(|pair| pair[0].output == pair[1].input)
}

/// The way along the operators.
struct Walk<'a> {
    tensors: &'a [Tensor<'a>],
    /// The tensor that the next operator has to take.
    current: i32,
    chain: Chain,
    /// The layers in int8, as long as there is nothing else.
    layers: Option<Vec<QuantizedLayer>>,
}

impl<'a> Walk<'a> {
    fn tensor(&self, index: i32) -> Result<&'a Tensor<'a>, Error> {
        let tensor = usize::try_from(index).ok().and_then(|index| self.tensors.get(index));
        tensor.ok_or_else(|| Error::format(FORMAT, format!("no tensor {index}")))
    }

    /// The input: bytes stand for scale · (byte − zero point).
    fn input(&mut self) -> Result<(), Error> {
        let tensor = self.tensor(self.current)?;
        self.chain.input_shape = Some(tensor.shape.get(1..).unwrap_or_default().to_vec());
        self.chain.bytes = tensor.kind == UINT8;
        if let (true, &[scale], &[zero]) = (self.chain.bytes, tensor.scales.as_slice(), tensor.zeros.as_slice()) {
            self.affine("input", vec![scale.into()], vec![-f64::from(scale) * zero as f64])?;
        }
        Ok(())
    }

    fn affine(&mut self, name: &str, scale: Vec<f64>, offset: Vec<f64>) -> Result<(), Error> {
        self.chain.push(Step::Affine { name: name.into(), scale, offset })
    }

    fn step(&mut self, code: u32, operator: &Table<'_>) -> Result<(), Error> {
        let (inputs, outputs) = (operator.numbers(1, i32::from_le_bytes), operator.numbers(2, i32::from_le_bytes));
        let [output] = outputs[..] else { return Err(Error::layer("operator", "", "has several outputs")) };
        let name = self.tensor(output)?.name.as_str();
        let fault = |fault: &str| Error::layer(&format!("operator {}", operator_name(code)), name, fault);
        let mut constants = Vec::new();
        let mut takes = 0;
        for &input in inputs.iter().filter(|&&input| input >= 0) {
            match self.tensor(input)? {
                _ if input == self.current => takes += 1,
                tensor if tensor.data.is_some() => constants.push(tensor),
                _ => return Err(fault("does not take the operator before it: wanted a chain")),
            }
        }
        if takes != 1 {
            return Err(fault("does not take the operator before it: wanted a chain"));
        }
        let (before, after) = (self.tensor(self.current)?, self.tensor(output)?);
        let options = operator.table(4);
        let first = inputs.first() == Some(&self.current);
        match code {
            // CAST ignores what bytes stand for.
            53 if before.kind == UINT8 && after.kind == FLOAT32 => self.chain.steps.clear(),
            // Indices into the pixel table: the byte, or a byte less 128 and then 128 more.
            53 if self.chain.bytes && after.kind == INT32 => {}
            0 if self.chain.bytes && before.kind == INT32 => {}
            36 if self.chain.bytes && before.kind == INT32 => {
                let [table] = constants[..] else { return Err(fault("has no table")) };
                self.chain.pixel_table = Some(pixel_table(table).ok_or_else(|| fault("has no table of pixels"))?);
            }
            9 => {
                let (dense, layer) = fully_connected(before, after, &constants)?;
                self.chain.push(dense)?;
                let fused = match options.map_or(0, |options| options.byte(0)) {
                    0 => Activation::Linear,
                    1 => Activation::Relu,
                    4 => Activation::Tanh,
                    _ => return Err(fault("has a built-in activation that is neither ReLU nor tanh")),
                };
                self.layers = match (self.layers.take(), layer) {
                    (Some(mut layers), Some(layer)) if fused != Activation::Tanh => {
                        layers.push(QuantizedLayer { activation: fused, ..layer });
                        Some(layers)
                    }
                    _ => None,
                };
                self.activation(fused)?;
            }
            // RESHAPE keeps the order; QUANTIZE and DEQUANTIZE the numbers.
            22 | 114 | 6 => {}
            0 | 18 | 41 | 42 => {
                let [constant] = constants[..] else { return Err(fault("takes two tensors")) };
                let fused = options.map_or(0, |options| options.byte(0));
                let (scale, offset) = constant.affine(code, first).ok_or_else(|| fault("is not affine"))?;
                if fused != 0 || before.kind != FLOAT32 {
                    return Err(fault("is not affine in f32"));
                }
                self.affine(name, scale, offset)?;
            }
            25 => self.chain.push(Step::Softmax)?,
            14 => self.hidden(Activation::Sigmoid)?,
            28 => self.hidden(Activation::Tanh)?,
            19 => self.hidden(Activation::Relu)?,
            111 => self.hidden(Activation::Elu)?,
            98 => {
                let slope = options.map_or(0.0, |options| options.f32(0));
                if slope != LeakyRelu::NEGATIVE_SLOPE {
                    return Err(fault(&format!("has a slope of {slope}, wanted {}", LeakyRelu::NEGATIVE_SLOPE)));
                }
                self.hidden(Activation::LeakyRelu)?;
            }
            150 if options.is_some_and(|options| options.byte(0) != 0) => {
                return Err(fault("approximates GELU by tanh"));
            }
            150 => self.hidden(Activation::Gelu)?,
            _ => return Err(fault("is not part of a dense network")),
        }
        self.current = output;
        Ok(())
    }

    fn activation(&mut self, activation: Activation) -> Result<(), Error> {
        if activation == Activation::Linear { Ok(()) } else { self.chain.push(Step::Activation(activation)) }
    }

    /// An activation by itself: not the built-in ReLU of [`QuantizedLayer`].
    fn hidden(&mut self, activation: Activation) -> Result<(), Error> {
        // A sigmoid at the output leaves the logits as they are; before another layer `fits` finds other scales.
        if activation != Activation::Sigmoid {
            self.layers = None;
        }
        self.activation(activation)
    }
}

/// The table of pixels in f32 from 0 to 1, or in int8.
fn pixel_table(table: &Tensor<'_>) -> Option<PixelTable> {
    let values: Vec<u8> = match table.kind {
        INT8 => table.data?.iter().map(|byte| byte ^ 0x80).collect(),
        _ => {
            let values = table.floats().ok()?;
            let bytes: Vec<f32> = values.iter().map(|value| (value * 255.0).round()).collect();
            let exact = bytes.iter().zip(&values).all(|(byte, value)| (byte - value * 255.0).abs() < 1e-3);
            bytes.iter().filter(|_| exact).map(|&byte| byte as u8).collect()
        }
    };
    Some(PixelTable::new(values.try_into().ok()?))
}

/// The name of an operator in `BuiltinOperator`, or its number.
fn operator_name(code: u32) -> String {
    let name = match code {
        0 => "ADD",
        1 => "AVERAGE_POOL_2D",
        2 => "CONCATENATION",
        3 => "CONV_2D",
        4 => "DEPTHWISE_CONV_2D",
        6 => "DEQUANTIZE",
        9 => "FULLY_CONNECTED",
        14 => "LOGISTIC",
        17 => "MAX_POOL_2D",
        18 => "MUL",
        19 => "RELU",
        21 => "RELU6",
        22 => "RESHAPE",
        25 => "SOFTMAX",
        28 => "TANH",
        36 => "GATHER",
        39 => "TRANSPOSE",
        40 => "MEAN",
        41 => "SUB",
        42 => "DIV",
        53 => "CAST",
        98 => "LEAKY_RELU",
        111 => "ELU",
        114 => "QUANTIZE",
        150 => "GELU",
        _ => return code.to_string(),
    };
    name.into()
}
