//! Cost of a network on the boards known to the firmware: flash, RAM, stack, instructions and time, estimated from its
//! shape and from what `firmware/measure` has measured.

mod boards;
mod costs;

use formats::{Input, Model};
use serde::Serialize;

use self::boards::{BOARDS, Board};
pub(crate) use self::costs::Work;
use self::costs::{Costs, figure};

/// The alignment of a dense layer of dense-core.
const LAYER_ALIGNMENT: usize = 64;

/// The shape of a network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Shape {
    /// Inputs, units of each hidden layer, and outputs.
    pub widths: Vec<usize>,
    /// Bytes of a number of the input: 1 of a pixel, 4 of a feature.
    pub input_bytes: usize,
}

/// A program's use of a memory, and the size of that memory, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Memory {
    pub needed: usize,
    pub available: usize,
}

/// A program with the network, on a board.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Program {
    /// Code, constants and weights.
    pub flash: Memory,
    /// Weights that learn, buffers, and the stack.
    pub ram: Memory,
    /// The deepest stack, which is part of `ram`.
    pub stack: usize,
    pub fits: bool,
    /// An inference, none of its inputs zero.
    pub inference: Work,
    /// A step of gradient descent on one sample, for a program that learns.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sgd_step: Option<Work>,
}

/// The estimated cost of a network on a board.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Estimate {
    pub board: &'static str,
    pub processor: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub megahertz: Option<u32>,
    /// The program that infers and learns in f32, where there is an FPU.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub f32: Option<Program>,
    pub int8: Program,
    /// Whether learned weights can be saved in flash.
    pub saves: bool,
}

impl Shape {
    pub(crate) fn of(model: &Model) -> Self {
        let input_bytes = if matches!(model.input, Input::Pixels(_)) { 1 } else { size_of::<f32>() };
        Self { widths: model.widths(), input_bytes }
    }

    fn layers(&self) -> usize {
        self.widths.len() - 1
    }

    /// Multiply-adds of an inference, which is also the number of weights.
    fn products(&self) -> usize {
        self.widths.windows(2).map(|pair| pair[0] * pair[1]).sum()
    }

    fn units(&self) -> usize {
        self.widths[1..].iter().sum()
    }

    fn hidden_units(&self) -> usize {
        self.widths[1..self.layers()].iter().sum()
    }

    /// Bytes of weights and biases in f32, each layer a multiple of its alignment.
    fn f32_bytes(&self) -> usize {
        let layer = |pair: &[usize]| (size_of::<f32>() * (pair[0] + 1) * pair[1]).next_multiple_of(LAYER_ALIGNMENT);
        self.widths.windows(2).map(layer).sum()
    }

    /// Bytes of weights in int8, and of a bias and a scale for each unit.
    fn int8_bytes(&self) -> usize {
        self.products() + 8 * self.units()
    }

    /// Bytes of the inputs as they are in memory.
    fn inputs_bytes(&self) -> usize {
        self.widths[0] * self.input_bytes
    }
}

/// The network whose programs were measured.
fn measured_shape() -> Shape {
    Shape { widths: vec![784, 10], input_bytes: 1 }
}

/// The estimated cost of a network on each board.
pub(crate) fn estimates(shape: &Shape) -> Vec<Estimate> {
    BOARDS.iter().map(|board| estimate(shape, board)).collect()
}

fn estimate(shape: &Shape, board: &Board) -> Estimate {
    let costs = Costs::of(board.processor);
    Estimate {
        board: board.name,
        processor: board.processor.name(),
        megahertz: board.megahertz,
        f32: costs.f32.map(|f32| {
            let [inference, step] = f32.map(|cost| cost.of(shape, board.megahertz));
            Program { sgd_step: Some(step), ..f32_program(shape, board, inference) }
        }),
        int8: int8_program(shape, board, costs.int8.of(shape, board.megahertz)),
        saves: shape.f32_bytes() + boards::RECORD_BYTES <= board.slot,
    }
}

/// The firmware's `serve`.
fn f32_program(shape: &Shape, board: &Board, inference: Work) -> Program {
    let (flash, ram, stack) = f32_memory(shape);
    program(board, flash, ram, stack, inference)
}

/// Bytes of flash, of RAM and, among these, of stack that the firmware's `serve` takes.
fn f32_memory(shape: &Shape) -> (usize, usize, usize) {
    let stack = ["hello", "infer", "learn", "save", "load", "reset"]
        .map(|request| figure(&format!("stack of {request}, bytes")))
        .into_iter()
        .max()
        .unwrap_or(0);
    // An input is there twice: as it arrives, and as the network sees it.
    let inputs = |shape: &Shape| 2 * shape.inputs_bytes();
    let buffers = figure("RAM for good without the weights, bytes") - inputs(&measured_shape());
    // Outputs and deltas of hidden layers.
    let workspace = 2 * size_of::<f32>() * shape.hidden_units();
    let flash = figure("flash of serve without the weights, bytes") + shape.f32_bytes();
    let ram = buffers + inputs(shape) + shape.f32_bytes() + workspace + stack;
    (flash, ram, stack)
}

/// The firmware's package `classify`.
fn int8_program(shape: &Shape, board: &Board, inference: Work) -> Program {
    let measured = measured_shape();
    let code = figure("flash of package classify, bytes") - measured.int8_bytes();
    let ram = figure("RAM of package classify and stack, bytes") - measured.inputs_bytes();
    // The largest part of it; the rest is on the stack, too.
    let stack = ram;
    let ram = ram + shape.inputs_bytes() + shape.hidden_units();
    program(board, code + shape.int8_bytes(), ram, stack, inference)
}

fn program(board: &Board, flash: usize, ram: usize, stack: usize, inference: Work) -> Program {
    let flash = Memory { needed: flash, available: board.flash };
    let ram = Memory { needed: ram, available: board.ram };
    let fits = flash.needed <= flash.available && ram.needed <= ram.available;
    Program { flash, ram, stack, fits, inference, sgd_step: None }
}

impl Program {
    /// The memories that are too small, as text: bytes needed of bytes available; empty where both suffice.
    fn lacks(&self) -> String {
        let lack = |what: &str, memory: Memory| {
            (memory.needed > memory.available)
                .then(|| format!("{} of {} {what}", kilobytes(memory.needed), kilobytes(memory.available)))
        };
        let lacks = [lack("flash", self.flash), lack("RAM", self.ram)];
        lacks.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }
}

impl Estimate {
    /// The most that fits: the program that learns, or else that which only infers; where none does, the latter.
    pub(crate) fn program(&self) -> &Program {
        self.f32.as_ref().filter(|program| program.fits).unwrap_or(&self.int8)
    }

    /// The verdict, as text: whether the network fits, and which of inference, learning and saving are possible.
    pub(crate) fn verdict(&self) -> String {
        match &self.f32 {
            Some(f32) if f32.fits && self.saves => "fits: infers, learns and saves".into(),
            Some(f32) if f32.fits => "fits: infers and learns, cannot save".into(),
            Some(f32) if self.int8.fits => format!("fits in int8: infers; learning needs {}", f32.lacks()),
            None if self.int8.fits => "fits in int8: infers".into(),
            _ => format!("does not fit: needs {}", self.int8.lacks()),
        }
    }
}

/// A number of bytes as data sheets have it.
pub(crate) fn kilobytes(bytes: usize) -> String {
    format!("{} KB", bytes.div_ceil(1024))
}

#[cfg(test)]
mod table;
#[cfg(test)]
mod tests;
