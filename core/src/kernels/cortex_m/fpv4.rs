//! FPv4-SP, the scalar FPU of Cortex-M4F, and its successors in M7 and M33: 32 registers, one number at a time.
//!
//! Weights are `[inputs][outputs]` ([`weight_index`](crate::kernels::weight_index)), so that one instruction loads those
//! of a block of outputs, whose sums or deltas stay in registers, and an input that is zero is skipped with all of its
//! weights. Softmax is that of `portable`.

/// Assembly for each register of a list. (With the assembler's own loops, the compiler would
/// underestimate the length of the code.)
macro_rules! each {
    ([$($number:literal)+] $before:literal, $after:literal) => {
        concat!($($before, $number, $after, "\n"),+)
    };
    ([$($number:literal)+] $before:literal, $between:literal, $after:literal) => {
        concat!($($before, $number, $between, $number, $after, "\n"),+)
    };
}

mod exceptions;
mod finite;
mod forward;
mod forward_f32;
mod forward_u8;
mod gradient;
mod input_gradient;
mod relu;
mod sgd;
mod sgd_block;
pub(in crate::kernels) mod update;

pub(in crate::kernels) use crate::kernels::elementwise::loops::{map, zip};
pub(in crate::kernels) use crate::kernels::portable::{softmax, softmax_cross_entropy};
pub(in crate::kernels) use finite::all_finite;
pub(in crate::kernels) use forward::forward;
pub(in crate::kernels) use gradient::weight_gradient_update;
pub(in crate::kernels) use input_gradient::input_gradient;
pub(in crate::kernels) use relu::{relu, relu_backward};

/// Operations of this kernel on the elements of a sample.
pub trait Load: forward::Load + sgd_block::Load {}
impl Load for u8 {}
impl Load for f32 {}
