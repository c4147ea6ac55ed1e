//! Elementwise operations.

use dense_core::activations::{Activation, Elu, Gelu, LeakyRelu, Linear, Relu, Sigmoid, Tanh};
use dense_core::kernels::elementwise;
use dense_core::math::{SMALLEST_SIGNAL, SMALLEST_WEIGHT};
use dense_core::{Kernel, Random};

use crate::assert_same_bits;
use crate::cases::around;

/// Numbers of every kind, and those around the limits and the seams of the functions.
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

pub(crate) fn functions(kernel: Kernel) {
    type Function = fn(Kernel, &mut [f32]);
    let functions: [(&str, Function); 8] = [
        (Linear::NAME, Linear::forward),
        (Relu::NAME, Relu::forward),
        (LeakyRelu::NAME, LeakyRelu::forward),
        (Elu::NAME, Elu::forward),
        (Gelu::NAME, Gelu::forward),
        (Sigmoid::NAME, Sigmoid::forward),
        (Tanh::NAME, Tanh::forward),
        ("decay", |kernel, values| elementwise::decay(kernel, values, 0.01)),
    ];
    for (name, function) in functions {
        let compute = |kernel| {
            let mut values = values();
            function(kernel, &mut values);
            values
        };
        assert_same_bits(&compute(Kernel::PORTABLE), &compute(kernel), name);
    }
}

pub(crate) fn derivatives(kernel: Kernel) {
    type Derivative = fn(Kernel, &[f32], &mut [f32]) -> Result<(), dense_core::Error>;
    let derivatives: [(&str, Derivative); 7] = [
        (Linear::NAME, Linear::backward),
        (Relu::NAME, Relu::backward),
        (LeakyRelu::NAME, LeakyRelu::backward),
        (Elu::NAME, Elu::backward),
        (Gelu::NAME, Gelu::backward),
        (Sigmoid::NAME, Sigmoid::backward),
        (Tanh::NAME, Tanh::backward),
    ];
    let outputs: Vec<f32> = values().into_iter().map(|value| if value.abs() <= 1.0 { value } else { 0.5 }).collect();
    let mut random = Random::new(2026, 8);
    let deltas: Vec<f32> = outputs.iter().map(|_| 4.0 * random.uniform() - 2.0).collect();
    for (name, derivative) in derivatives {
        let compute = |kernel| {
            let mut deltas = deltas.clone();
            derivative(kernel, &outputs, &mut deltas).unwrap();
            deltas
        };
        assert_same_bits(&compute(Kernel::PORTABLE), &compute(kernel), name);
        derivative(kernel, &outputs, &mut deltas.clone()[1..]).unwrap_err();
    }
}
