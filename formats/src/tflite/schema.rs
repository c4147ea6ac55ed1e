//! Writes the tables of a TensorFlow Lite file, as far as a model of dense layers needs them: a subset of `schema.fbs` at
//! <https://github.com/tensorflow/tensorflow/tree/master/tensorflow/compiler/mlir/lite/schema>, with its numbers.

use flatbuffers::{FlatBufferBuilder, TableFinishedWIPOffset, UnionWIPOffset, VOffsetT, Vector, WIPOffset};

use crate::{Input, Model, Output};

/// The version of the schema.
const VERSION: u32 = 3;
const FILE_IDENTIFIER: &str = "TFL3";
/// Where constants begin in the file, so that a program can use them where they lie.
const ALIGNMENT: usize = 16;

type Builder = FlatBufferBuilder<'static>;
type Table = WIPOffset<TableFinishedWIPOffset>;

/// `TensorType`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Float32 = 0,
    Int32 = 2,
    Uint8 = 3,
    Int8 = 9,
}

/// `ActivationFunctionType`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Activation {
    None = 0,
    Relu = 1,
}

/// An operation, as `BuiltinOperator` lists them, and its options.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    /// Of int32.
    Add,
    Cast,
    Dequantize,
    Elu,
    FullyConnected(Activation),
    Gather,
    Gelu,
    LeakyRelu,
    Logistic,
    /// Of float32.
    Mul,
    Quantize,
    Softmax,
    /// Of float32.
    Sub,
    Tanh,
}

impl Operation {
    /// Its number in `BuiltinOperator`, and the version that takes int8, too.
    const fn code(self) -> (i32, i32) {
        match self {
            Self::Add => (0, 1),
            Self::Dequantize => (6, 2),
            Self::FullyConnected(_) => (9, 4),
            Self::Logistic => (14, 2),
            Self::Mul => (18, 1),
            Self::Softmax => (25, 2),
            Self::Tanh => (28, 2),
            Self::Gather => (36, 2),
            Self::Sub => (41, 1),
            Self::Cast => (53, 1),
            Self::LeakyRelu => (98, 2),
            Self::Elu => (111, 1),
            Self::Quantize => (114, 2),
            Self::Gelu => (150, 2),
        }
    }

    /// The number of its options in `BuiltinOptions`, and their table; 0 where it has none.
    fn options(self, builder: &mut Builder) -> (u8, Table) {
        let start = builder.start_table();
        let kind = match self {
            Self::FullyConnected(activation) => {
                builder.push_slot(slot(0), activation as i8, 0);
                8
            }
            Self::Softmax => {
                builder.push_slot(slot(0), 1.0_f32, 0.0);
                9
            }
            Self::Add => 11,
            Self::Mul => 21,
            Self::Gather => 23,
            Self::Sub => 28,
            Self::Cast => 37,
            Self::Dequantize => 38,
            Self::LeakyRelu => {
                builder.push_slot(slot(0), dense_core::activations::LeakyRelu::NEGATIVE_SLOPE, 0.0);
                75
            }
            Self::Quantize => 89,
            // Not approximate, which is the default.
            Self::Gelu => 121,
            Self::Elu | Self::Logistic | Self::Tanh => 0,
        };
        (kind, builder.end_table(start))
    }
}

/// `Tensor`, with its `Buffer` and `QuantizationParameters`.
#[derive(Debug)]
pub(crate) struct Tensor {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    pub(crate) shape: Vec<i32>,
    /// The bytes of a constant.
    pub(crate) data: Option<Vec<u8>>,
    /// The scales of the quantisation: none, one for all numbers, or one for each row of a matrix.
    pub(crate) steps: Vec<f32>,
    /// The number that stands for 0.
    pub(crate) zero: i64,
}

/// `Operator`; its tensors by their places in the list.
#[derive(Debug)]
pub(crate) struct Operator {
    pub(crate) operation: Operation,
    pub(crate) inputs: Vec<i32>,
    pub(crate) output: i32,
}

/// The file: a `Model` of one `SubGraph`, and a `SignatureDef` that names its input and outputs.
pub(crate) fn to_bytes(
    tensors: &[Tensor],
    operators: &[Operator],
    input: (&str, i32),
    outputs: &[(&str, i32)],
    model: &Model,
) -> Vec<u8> {
    let mut builder = Builder::new();
    // Buffer 0 is that of all tensors without data.
    let mut buffers = vec![buffer(&mut builder, &[])];
    let tensors: Vec<Table> = tensors
        .iter()
        .map(|tensor| {
            let place = tensor.data.as_ref().map_or(0, |data| {
                buffers.push(buffer(&mut builder, data));
                buffers.len() as u32 - 1
            });
            self::tensor(&mut builder, tensor, place)
        })
        .collect();

    let mut codes: Vec<(i32, i32)> = Vec::new();
    let operators: Vec<Table> = operators
        .iter()
        .map(|operator| {
            let code = operator.operation.code();
            let place = codes.iter().position(|&known| known == code).unwrap_or_else(|| {
                codes.push(code);
                codes.len() - 1
            });
            self::operator(&mut builder, operator, place as u32)
        })
        .collect();
    let codes: Vec<Table> = codes.into_iter().map(|code| operator_code(&mut builder, code)).collect();

    let subgraph = subgraph(&mut builder, &tensors, &operators, input.1, outputs);
    let signature = signature(&mut builder, input, outputs);
    let mut metadata = Vec::new();
    for (name, texts) in names(model) {
        let text = serde_json::Value::from(texts).to_string();
        buffers.push(buffer(&mut builder, text.as_bytes()));
        metadata.push(self::metadata(&mut builder, name, buffers.len() as u32 - 1));
    }
    let [codes, subgraphs, buffers, metadata, signatures] =
        [&codes[..], &[subgraph], &buffers, &metadata, &[signature]].map(|tables| builder.create_vector(tables));
    let description = builder.create_string(&model.description());
    let start = builder.start_table();
    builder.push_slot(slot(0), VERSION, 0);
    builder.push_slot_always(slot(1), codes);
    builder.push_slot_always(slot(2), subgraphs);
    builder.push_slot_always(slot(3), description);
    builder.push_slot_always(slot(4), buffers);
    builder.push_slot_always(slot(6), metadata);
    builder.push_slot_always(slot(7), signatures);
    let model = builder.end_table(start);
    // A builder counts from the end of the file. So for constants to be aligned, the file has to be a multiple long, with
    // the 8 bytes that come before all this.
    align(&mut builder, 8);
    builder.finish(model, Some(FILE_IDENTIFIER));
    builder.finished_data().to_vec()
}

/// The metadata: names of classes, outputs and features, each a list in JSON.
pub(crate) fn names(model: &Model) -> Vec<(&'static str, &[String])> {
    let outputs = if matches!(model.output, Output::Values { .. }) { "output_names" } else { "class_names" };
    let mut names = vec![(outputs, model.output.names())];
    if let Input::Features { names: features, .. } = &model.input {
        names.push(("feature_names", features));
    }
    names
}

/// Where a table keeps the place of its field with this number.
const fn slot(field: VOffsetT) -> VOffsetT {
    4 + 2 * field
}

/// Writes zeros until what begins after `length` more bytes is aligned.
fn align(builder: &mut Builder, length: usize) {
    while !(builder.unfinished_data().len() + length).is_multiple_of(ALIGNMENT) {
        builder.push(0_u8);
    }
}

fn buffer(builder: &mut Builder, data: &[u8]) -> Table {
    let data = (!data.is_empty()).then(|| {
        align(builder, data.len());
        builder.create_vector(data)
    });
    let start = builder.start_table();
    if let Some(data) = data {
        builder.push_slot_always(slot(0), data);
    }
    builder.end_table(start)
}

fn tensor(builder: &mut Builder, tensor: &Tensor, buffer: u32) -> Table {
    let name = builder.create_string(&tensor.name);
    let shape = builder.create_vector(&tensor.shape);
    // Those of images take any number of them.
    let signature = tensor.data.is_none().then(|| {
        let any: Vec<i32> = std::iter::once(-1).chain(tensor.shape.iter().skip(1).copied()).collect();
        builder.create_vector(&any)
    });
    let quantization = (!tensor.steps.is_empty()).then(|| {
        let steps = builder.create_vector(&tensor.steps);
        let zeros = builder.create_vector(&vec![tensor.zero; tensor.steps.len()]);
        let start = builder.start_table();
        builder.push_slot_always(slot(2), steps);
        builder.push_slot_always(slot(3), zeros);
        builder.end_table(start)
    });
    let start = builder.start_table();
    builder.push_slot_always(slot(0), shape);
    builder.push_slot(slot(1), tensor.kind as i8, 0);
    builder.push_slot(slot(2), buffer, 0);
    builder.push_slot_always(slot(3), name);
    if let Some(quantization) = quantization {
        builder.push_slot_always(slot(4), quantization);
    }
    if let Some(signature) = signature {
        builder.push_slot_always(slot(7), signature);
    }
    builder.push_slot(slot(8), true, false);
    builder.end_table(start)
}

fn operator_code(builder: &mut Builder, (code, version): (i32, i32)) -> Table {
    let start = builder.start_table();
    // Older programs look for the number in the first field, newer ones in the last.
    builder.push_slot(slot(0), code.min(127) as i8, 0);
    builder.push_slot(slot(2), version, 1);
    builder.push_slot(slot(3), code, 0);
    builder.end_table(start)
}

fn operator(builder: &mut Builder, operator: &Operator, code: u32) -> Table {
    let inputs = builder.create_vector(&operator.inputs);
    let outputs = builder.create_vector(&[operator.output]);
    let (kind, options) = operator.operation.options(builder);
    let start = builder.start_table();
    builder.push_slot(slot(0), code, 0);
    builder.push_slot_always(slot(1), inputs);
    builder.push_slot_always(slot(2), outputs);
    if kind != 0 {
        builder.push_slot(slot(3), kind, 0);
        builder.push_slot_always::<WIPOffset<UnionWIPOffset>>(slot(4), options.as_union_value());
    }
    builder.end_table(start)
}

fn subgraph(
    builder: &mut Builder,
    tensors: &[Table],
    operators: &[Table],
    input: i32,
    outputs: &[(&str, i32)],
) -> Table {
    let [tensors, operators] = [tensors, operators].map(|tables| builder.create_vector(tables));
    let inputs = builder.create_vector(&[input]);
    let outputs: Vec<i32> = outputs.iter().map(|&(_, tensor)| tensor).collect();
    let outputs = builder.create_vector(&outputs);
    let start = builder.start_table();
    builder.push_slot_always(slot(0), tensors);
    builder.push_slot_always(slot(1), inputs);
    builder.push_slot_always(slot(2), outputs);
    builder.push_slot_always(slot(3), operators);
    builder.end_table(start)
}

fn signature(builder: &mut Builder, input: (&str, i32), outputs: &[(&str, i32)]) -> Table {
    let key = builder.create_string("serving_default");
    let [inputs, outputs] = [&[input], outputs].map(|tensors| tensor_map(builder, tensors));
    let start = builder.start_table();
    builder.push_slot_always(slot(0), inputs);
    builder.push_slot_always(slot(1), outputs);
    builder.push_slot_always(slot(2), key);
    builder.end_table(start)
}

/// Names of tensors.
type TensorMap = WIPOffset<Vector<'static, flatbuffers::ForwardsUOffset<TableFinishedWIPOffset>>>;

fn tensor_map(builder: &mut Builder, tensors: &[(&str, i32)]) -> TensorMap {
    let tables: Vec<Table> = tensors
        .iter()
        .map(|&(name, tensor)| {
            let name = builder.create_string(name);
            let start = builder.start_table();
            builder.push_slot_always(slot(0), name);
            builder.push_slot(slot(1), tensor as u32, 0);
            builder.end_table(start)
        })
        .collect();
    builder.create_vector(&tables)
}

fn metadata(builder: &mut Builder, name: &str, buffer: u32) -> Table {
    let name = builder.create_string(name);
    let start = builder.start_table();
    builder.push_slot_always(slot(0), name);
    builder.push_slot(slot(1), buffer, 0);
    builder.end_table(start)
}
