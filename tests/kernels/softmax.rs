//! Softmax and cross-entropy, and the exponential and the logarithm within them.

use dense_core::kernels;
use dense_core::math::exp_nonpositive;
use dense_core::{Kernel, Random, Score};

use crate::assert_same_bits;
use crate::cases::around;

/// Logits by hazard: ordinary ones, ties, a range beyond any exponent, and the ends of f32.
fn logits(random: &mut Random, kind: u32, count: usize) -> Vec<f32> {
    (0..count)
        .map(|_| {
            let ordinary = 2.0 * random.uniform() - 1.0;
            match kind {
                0 => 8.0 * ordinary,
                1 => [0.0, 1.0, -0.0][random.below(3) as usize],
                2 => 100.0 * ordinary,
                3 => [f32::MAX, f32::MIN, 0.0][random.below(3) as usize],
                4 => f32::from_bits(random.next_u32() & 0x807f_ffff),
                _ => 22.0 * ordinary,
            }
        })
        .collect()
}

pub(crate) fn softmax(kernel: Kernel) {
    let mut random = Random::new(2026, 4);
    for classes in [1, 2, 3, 10, 16, 17, 100] {
        for batch in [1, 7, 8, 9, 15, 16, 17, 32] {
            for kind in 0..6 {
                let case = format!("{classes} classes, batch {batch}, logits of kind {kind}");
                let logits = logits(&mut random, kind, batch * classes);
                let labels: Vec<u8> = (0..batch).map(|_| random.below(classes as u32) as u8).collect();

                let probabilities = |kernel| {
                    let mut values = logits.clone();
                    kernels::softmax(kernel, &mut values, classes).unwrap();
                    values
                };
                let expected = probabilities(Kernel::PORTABLE);
                assert_same_bits(&expected, &probabilities(kernel), &case);
                for row in expected.chunks(classes) {
                    let sum: f64 = row.iter().copied().map(f64::from).sum();
                    assert!((sum - 1.0).abs() < 1e-6, "{case}: probabilities add up to {sum}");
                }

                let deltas = |kernel| -> (Vec<f32>, Score) {
                    let mut values = logits.clone();
                    let score = kernels::softmax_cross_entropy(kernel, &mut values, classes, &labels).unwrap();
                    (values, score)
                };
                let ((expected, expected_score), (found, score)) = (deltas(Kernel::PORTABLE), deltas(kernel));
                assert_same_bits(&expected, &found, &case);
                assert_same_bits(&[expected_score.loss_sum], &[score.loss_sum], &format!("loss, {case}"));
                assert_eq!(expected_score.correct, score.correct, "{case}");
                assert!(expected_score.loss_sum.is_finite(), "{case}");
            }
        }
    }
}

/// Of a row 0, x with x below −24 · ln 2, the sum is 1, and the second probability is the exponential of x itself.
pub(crate) fn exponentials_to_the_last_bit(kernel: Kernel) {
    let arguments = (-16.7_f32).to_bits()..=(-20.8_f32).to_bits();
    let logits: Vec<f32> = arguments.flat_map(|bits| [0.0, f32::from_bits(bits)]).collect();
    let expected: Vec<f32> = logits.iter().map(|&logit| exp_nonpositive(logit)).collect();
    let mut found = logits;
    kernels::softmax(kernel, &mut found, 2).unwrap();
    assert_same_bits(&expected, &found, "exponentials");
}

/// Of a row 0, x, x … with the label 0, the loss is the logarithm of the sum, which goes from 1 to the number of
/// classes.
pub(crate) fn logarithms_to_the_last_bit(kernel: Kernel) {
    const STEPS: u16 = u16::MAX;
    let evenly = (0..STEPS).map(|step| -16.0 * f32::from(step) / f32::from(STEPS));
    // With two classes, the exponential of this and 1 add up to √2, where the reduction goes over to another exponent.
    let at_the_seam = around(0.881_373_6);
    let arguments: Vec<f32> = evenly.chain(at_the_seam).collect();
    for classes in [2, 10, 17] {
        for &x in &arguments {
            let mut row = vec![x; classes];
            row[0] = 0.0;
            let loss =
                |kernel| kernels::softmax_cross_entropy(kernel, &mut row.clone(), classes, &[0]).unwrap().loss_sum;
            let (expected, found) = (loss(Kernel::PORTABLE), loss(kernel));
            assert_same_bits(&[expected], &[found], &format!("loss of {row:?}"));
        }
    }
}
