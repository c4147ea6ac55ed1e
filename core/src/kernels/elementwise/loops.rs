//! The loops, and how they are compiled for the instructions of a kernel.

use crate::math::{self, SMALLEST_SIGNAL, SMALLEST_WEIGHT, canonical, flush_below, fused_multiply_add};

#[inline(always)]
pub(in crate::kernels) fn flush(values: &mut [f32]) {
    for value in values {
        *value = flush_below(*value, SMALLEST_SIGNAL);
    }
}

#[inline(always)]
pub(in crate::kernels) fn relu(values: &mut [f32]) {
    for value in values {
        *value = if *value < SMALLEST_SIGNAL { 0.0 } else { *value };
    }
}

#[inline(always)]
pub(in crate::kernels) fn sigmoid(values: &mut [f32]) {
    for value in values {
        *value = math::sigmoid(*value);
    }
}

#[inline(always)]
pub(in crate::kernels) fn tanh(values: &mut [f32]) {
    for value in values {
        *value = math::tanh(*value);
    }
}

#[inline(always)]
pub(in crate::kernels) fn relu_backward(outputs: &[f32], deltas: &mut [f32]) {
    for (&output, delta) in outputs.iter().zip(deltas) {
        *delta = if output > 0.0 { *delta } else { 0.0 };
    }
}

#[inline(always)]
pub(in crate::kernels) fn sigmoid_backward(outputs: &[f32], deltas: &mut [f32]) {
    for (&output, delta) in outputs.iter().zip(deltas) {
        *delta = flush_below(*delta * fused_multiply_add(-output, output, output), SMALLEST_SIGNAL);
    }
}

#[inline(always)]
pub(in crate::kernels) fn tanh_backward(outputs: &[f32], deltas: &mut [f32]) {
    for (&output, delta) in outputs.iter().zip(deltas) {
        *delta = flush_below(*delta * fused_multiply_add(-output, output, 1.0), SMALLEST_SIGNAL);
    }
}

#[inline(always)]
pub(in crate::kernels) fn decay(parameters: &mut [f32], share: f32) {
    for parameter in parameters {
        let kept = fused_multiply_add(-share, *parameter, *parameter);
        *parameter = canonical(flush_below(kept, SMALLEST_WEIGHT));
    }
}

/// The loops as functions of a kernel's file, with the features of its machine.
#[cfg(any(target_arch = "aarch64", target_arch = "x86_64"))]
macro_rules! compile_loops {
    ($features:literal) => {
        crate::kernels::elementwise::loops::compile_loops!($features,
            flush(values: &mut [f32]),
            relu(values: &mut [f32]),
            sigmoid(values: &mut [f32]),
            tanh(values: &mut [f32]),
            relu_backward(outputs: &[f32], deltas: &mut [f32]),
            sigmoid_backward(outputs: &[f32], deltas: &mut [f32]),
            tanh_backward(outputs: &[f32], deltas: &mut [f32]),
            decay(parameters: &mut [f32], share: f32)
        );
    };
    ($features:literal, $($function:ident($($argument:ident: $type:ty),+)),+) => {$(
        /// # Safety
        /// The machine has the features.
        #[target_feature(enable = $features)]
        pub(in crate::kernels) unsafe fn $function($($argument: $type),+) {
            crate::kernels::elementwise::loops::$function($($argument),+);
        }
    )+};
}
#[cfg(any(target_arch = "aarch64", target_arch = "x86_64"))]
pub(in crate::kernels) use compile_loops;
