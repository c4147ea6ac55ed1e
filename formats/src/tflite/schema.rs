//! Tensors and operators of a TensorFlow Lite file, as far as a model of dense layers needs them: a subset of `schema.fbs`
//! at <https://github.com/tensorflow/tensorflow/tree/master/tensorflow/compiler/mlir/lite/schema>, with its numbers.

use flatbuffers::{FlatBufferBuilder, TableFinishedWIPOffset, VOffsetT, WIPOffset};

pub(super) type Builder = FlatBufferBuilder<'static>;
pub(super) type Table = WIPOffset<TableFinishedWIPOffset>;

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
    pub(super) const fn code(self) -> (i32, i32) {
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
    pub(super) fn options(self, builder: &mut Builder) -> (u8, Table) {
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

/// Where a table keeps the place of its field with this number.
pub(super) const fn slot(field: VOffsetT) -> VOffsetT {
    4 + 2 * field
}
