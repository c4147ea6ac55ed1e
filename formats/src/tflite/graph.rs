//! Builder of the graph of a TensorFlow Lite file.

use super::file;
use super::schema::{Kind, Operation, Operator, Tensor};
use crate::Model;

/// Affine quantisation: real = (q − zero) · step.
#[derive(Clone, Copy, Debug)]
pub(super) struct Quantization<'a> {
    /// One for all, or one for each output of a layer.
    pub(super) steps: &'a [f32],
    /// The number that stands for 0.
    pub(super) zero: i64,
}

/// The place of a tensor in the file's list.
pub(super) type Index = i32;

/// The tensors and the operations so far.
#[derive(Debug, Default)]
pub(super) struct Graph {
    tensors: Vec<Tensor>,
    operators: Vec<Operator>,
}

impl Graph {
    /// The image, whose bytes less 128 have this quantisation: whatever is done with it begins with its bytes.
    pub(super) fn image(&mut self, pixels: usize, signed: Quantization<'_>) -> Index {
        let quantization = Quantization { zero: signed.zero + 128, ..signed };
        self.result("image", Kind::Uint8, pixels, Some(quantization))
    }

    /// The features, as floats.
    pub(super) fn features(&mut self, count: usize) -> Index {
        self.result("features", Kind::Float32, count, None)
    }

    /// The pixels as int8: the bytes less 128.
    pub(super) fn signed(&mut self, image: Index, pixels: usize, signed: Quantization<'_>) -> Index {
        self.apply(Operation::Quantize, &[image], "signed", Kind::Int8, pixels, Some(signed))
    }

    /// The pixels as indices into a table. TensorFlow Lite for Microcontrollers casts int8 to int32 but not uint8, so they
    /// take a way around.
    pub(super) fn indices(&mut self, image: Index, pixels: usize, signed: Quantization<'_>) -> Index {
        let signed = self.signed(image, pixels, signed);
        let cast = self.apply(Operation::Cast, &[signed], "signed_indices", Kind::Int32, pixels, None);
        let offset = self.constant("offset", Kind::Int32, &[1], 128_i32.to_le_bytes().to_vec(), None);
        self.apply(Operation::Add, &[cast, offset], "indices", Kind::Int32, pixels, None)
    }

    /// Constant floats.
    pub(super) fn floats(&mut self, name: &str, shape: &[usize], values: &[f32]) -> Index {
        let data = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.constant(name, Kind::Float32, shape, data, None)
    }

    /// Constant numbers, whose bytes are `data`.
    pub(super) fn constant(
        &mut self,
        name: &str,
        kind: Kind,
        shape: &[usize],
        data: Vec<u8>,
        quantization: Option<Quantization<'_>>,
    ) -> Index {
        let shape = shape.iter().map(|&length| length as i32).collect();
        self.push(name, kind, shape, Some(data), quantization)
    }

    /// An operation, and what comes out of it: `width` numbers for each image.
    pub(super) fn apply(
        &mut self,
        operation: Operation,
        inputs: &[Index],
        name: &str,
        kind: Kind,
        width: usize,
        quantization: Option<Quantization<'_>>,
    ) -> Index {
        let output = self.result(name, kind, width, quantization);
        self.operators.push(Operator { operation, inputs: inputs.to_vec(), output });
        output
    }

    /// The file, with these outputs. Its input is the first tensor.
    pub(super) fn to_bytes(&self, outputs: &[(&str, Index)], model: &Model) -> Vec<u8> {
        let input = self.tensors.first().map_or("", |tensor| tensor.name.as_str());
        file::to_bytes(&self.tensors, &self.operators, (input, 0), outputs, model)
    }

    fn result(&mut self, name: &str, kind: Kind, width: usize, quantization: Option<Quantization<'_>>) -> Index {
        self.push(name, kind, vec![1, width as i32], None, quantization)
    }

    fn push(
        &mut self,
        name: &str,
        kind: Kind,
        shape: Vec<i32>,
        data: Option<Vec<u8>>,
        quantization: Option<Quantization<'_>>,
    ) -> Index {
        let (steps, zero) =
            quantization.map_or((Vec::new(), 0), |quantization| (quantization.steps.to_vec(), quantization.zero));
        self.tensors.push(Tensor { name: name.into(), kind, shape, data, steps, zero });
        self.tensors.len() as Index - 1
    }
}
