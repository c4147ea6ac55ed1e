//! Activations, their derivatives and weight decay.

use dense_core::activations::{Activation, Elu, Gelu, LeakyRelu, Linear, Relu, Sigmoid, Tanh};
use dense_core::kernels::elementwise;
use dense_core::math::{SMALLEST_SIGNAL, SMALLEST_WEIGHT};
use dense_core::{Kernel, Random};

use crate::assert_same_bits;
use crate::cases::around;

/// Values of every kind, and those around the thresholds and the seams of the functions.
fn values() -> Vec<f32> {
    let mut random = Random::new(2026, 7);
    let mut values: Vec<f32> = (0..20_003).map(|_| f32::from_bits(random.next_u32())).collect();
    values.extend((0..20_001).map(|number| number as f32 * 0.002 - 20.0));
    for seam in [SMALLEST_SIGNAL, SMALLEST_WEIGHT, 0.625, 1.0, 20.794_415, 10.397_208] {
        values.extend(around(seam));
    }
    values.extend([0.0, -0.0, f32::MAX, f32::MIN, f32::INFINITY, f32::NEG_INFINITY]);
    values.retain(|value| !value.is_nan());
    values
}

pub(crate) type Function = fn(Kernel, &mut [f32]);
pub(crate) const FUNCTIONS: [(&str, Function); 8] = [
    (Linear::NAME, Linear::forward_with),
    (Relu::NAME, Relu::forward_with),
    (LeakyRelu::NAME, LeakyRelu::forward_with),
    (Elu::NAME, Elu::forward_with),
    (Gelu::NAME, Gelu::forward_with),
    (Sigmoid::NAME, Sigmoid::forward_with),
    (Tanh::NAME, Tanh::forward_with),
    ("decay", |kernel, values| elementwise::decay(kernel, values, 0.01)),
];

pub(crate) type Derivative = fn(Kernel, &[f32], &mut [f32]) -> Result<(), dense_core::Error>;
pub(crate) const DERIVATIVES: [(&str, Derivative); 7] = [
    (Linear::NAME, Linear::backward_with),
    (Relu::NAME, Relu::backward_with),
    (LeakyRelu::NAME, LeakyRelu::backward_with),
    (Elu::NAME, Elu::backward_with),
    (Gelu::NAME, Gelu::backward_with),
    (Sigmoid::NAME, Sigmoid::backward_with),
    (Tanh::NAME, Tanh::backward_with),
];

pub(crate) fn functions(kernel: Kernel) {
    for (name, function) in FUNCTIONS {
        let compute = |kernel| {
            let mut values = values();
            function(kernel, &mut values);
            values
        };
        assert_same_bits(&compute(Kernel::PORTABLE), &compute(kernel), name);
    }
}

pub(crate) fn derivatives(kernel: Kernel) {
    let outputs: Vec<f32> = values().into_iter().map(|value| if value.abs() <= 1.0 { value } else { 0.5 }).collect();
    let mut random = Random::new(2026, 8);
    let deltas: Vec<f32> = outputs.iter().map(|_| 4.0 * random.uniform() - 2.0).collect();
    for (name, derivative) in DERIVATIVES {
        let compute = |kernel| {
            let mut deltas = deltas.clone();
            derivative(kernel, &outputs, &mut deltas).unwrap();
            deltas
        };
        assert_same_bits(&compute(Kernel::PORTABLE), &compute(kernel), name);
        derivative(kernel, &outputs, &mut deltas.clone()[1..]).unwrap_err();
    }
}
