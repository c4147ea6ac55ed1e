//! Fused multiply-add of operands for which rounding twice, or losing the product's last bits, gives another result.

use dense_core::Kernel;
use dense_core::kernels::updates::StoreGradient;
use dense_core::kernels::{Rows, forward, weight_gradient_update};
use dense_core::math::{self, canonical};

/// Random triples beside the combinations of [`VALUES`].
const RANDOM: usize = 200_000;

/// Around the ends of the range, and with last bits that make ties of products and sums.
#[rustfmt::skip]
const VALUES: [u32; 32] = [
    0x0000_0000, 0x8000_0000, 0x0000_0001, 0x8000_0001, 0x0000_0003, 0x007f_ffff, 0x0080_0000, 0x8080_0000,
    0x0080_0001, 0x0100_0000, 0x1a00_0001, 0x2000_0001, 0x2040_0000, 0x3300_0000, 0xb300_0000, 0x337f_ffff,
    0x3380_0000, 0xb380_0001, 0x3400_0001, 0x3f00_0001, 0x3f7f_ffff, 0x3f80_0000, 0xbf80_0000, 0x3f80_0001,
    0x3f80_0800, 0xbf80_1000, 0x4380_0000, 0x4b80_0001, 0x5f00_0001, 0x7f7f_ffff, 0xff7f_ffff, 0x7f80_0000,
];

/// The gradient of two rows is fma(second input, second delta, first input) where the first delta is 1.
fn multiply_add(kernel: Kernel, factors: &[f32], other: f32, summands: &[f32]) -> Vec<f32> {
    let rows = [summands, factors].concat();
    let mut gradient = vec![0.0; factors.len()];
    let rows = Rows::contiguous(&rows, factors.len(), 2);
    weight_gradient_update(kernel, rows, &[1.0, other], 1.0, &StoreGradient, [&mut gradient]).unwrap();
    gradient
}

/// So are the outputs of one unit, of which the other input of each row has the weight 1, since inputs that are 16 apart
/// are added first.
fn dot(kernel: Kernel, factors: &[f32], other: f32, summands: &[f32]) -> Vec<f32> {
    let apart = |first, last| {
        let mut values = [0.0; 17];
        (values[0], values[16]) = (first, last);
        values
    };
    let rows: Vec<_> = summands.iter().zip(factors).map(|(&summand, &factor)| apart(summand, factor)).collect();
    let rows = Rows::contiguous(rows.as_flattened(), 17, factors.len());
    let mut outputs = vec![0.0; factors.len()];
    forward(kernel, rows, &apart(1.0, other), &[0.0], 1.0, &mut outputs).unwrap();
    outputs
}

fn check(kernel: Kernel, factors: &[f32], other: f32, summands: &[f32]) {
    let gradients = multiply_add(kernel, factors, other, summands);
    let outputs = dot(kernel, factors, other, summands);
    for (index, (&factor, &summand)) in factors.iter().zip(summands).enumerate() {
        // As a sum that begins with +0.0. By `math`, since `f32::mul_add` of WebAssembly rounds a subnormal twice.
        let expected = math::fused_multiply_add(factor, other, 0.0 + summand);
        // The bias is +0.0.
        for (found, expected) in [(gradients[index], expected), (outputs[index], expected + 0.0)] {
            assert_eq!(
                canonical(found).to_bits(),
                canonical(expected).to_bits(),
                "{factor:e} * {other:e} + {summand:e}: {found:e} instead of {expected:e}"
            );
        }
    }
}

pub(crate) fn hard_cases(kernel: Kernel) {
    let values = VALUES.map(f32::from_bits);
    for other in values {
        for factor in values {
            check(kernel, &[factor; VALUES.len()], other, &values);
        }
    }
    // Products next to a tie between two neighbours of the sum, from above and from below.
    let mut bits = 0x9e37_79b9_u32;
    let mut random = move || {
        bits ^= bits << 13;
        bits ^= bits >> 17;
        bits ^= bits << 5;
        bits
    };
    let count = if cfg!(miri) { 64 } else { RANDOM };
    for _ in 0..count / 32 {
        let other = f32::from_bits(0x3f80_0000 | random() & 0x007f_ffff & !(0xffff_ffff << (random() % 24)));
        let factors: Vec<f32> = (0..32).map(|_| f32::from_bits(0x3f80_0000 | random() & 0x007f_ffff)).collect();
        let near = |(index, factor): (usize, &f32)| {
            let product = factor * other;
            // As many places above the product as make its last bits half of the sum's last one, or less.
            let scale = f32::from_bits(0x3f80_0000 + ((index as u32 % 28) << 23));
            f32::from_bits((product * scale).to_bits() ^ (random() & 0x8000_0003))
        };
        let summands: Vec<f32> = factors.iter().enumerate().map(near).collect();
        check(kernel, &factors, other, &summands);
    }
}

/// 2⁵³ + 59 · 9,099,507 is 2⁵³ + 2²⁹ + 1, just above the middle of two neighbours; as an f64 it is that middle.
pub(crate) fn pixels_next_to_a_tie(kernel: Kernel) {
    const LARGE: f32 = (1_u64 << 53) as f32;
    const NEXT: f32 = ((1_u64 << 53) + (1 << 30)) as f32;
    let mut gradient = [0.0; 5];
    let pixels = [[1; 5], [59; 5]];
    let rows = Rows::contiguous(pixels.as_flattened(), 5, 2);
    weight_gradient_update(kernel, rows, &[LARGE, 9_099_507.0], 1.0, &StoreGradient, [&mut gradient]).unwrap();
    assert_eq!(gradient, [NEXT; 5]);

    let (mut row, mut weights, mut output) = ([0_u8; 17], [0.0; 17], [0.0]);
    ([row[0], row[16]], [weights[0], weights[16]]) = ([1, 59], [LARGE, 9_099_507.0]);
    forward(kernel, Rows::contiguous(&row, 17, 1), &weights, &[0.0], 1.0, &mut output).unwrap();
    assert_eq!(output, [NEXT]);
}
