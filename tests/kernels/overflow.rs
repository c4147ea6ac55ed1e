//! Gradients so large that a square, a product with the rate or a sum overflows.

use dense_core::Kernel;
use dense_core::kernels::updates::{AdamUpdate, MomentumUpdate, RmspropUpdate, SgdUpdate, StoreGradient, Update};
use dense_core::kernels::{self, Rows};
use dense_core::math::{LARGEST_GRADIENT, NAN};

use crate::assert_same_bits;

/// Deltas of two samples: gradients on both sides of the limit, sums that overflow, and sums that are zero.
const DELTAS: [[f32; 8]; 2] = [
    [LARGEST_GRADIENT, 1.0e19, -2.0e19, 1.0e38, f32::MAX, f32::MAX, f32::MIN, 1.0],
    [0.0, 1.0e19, -2.0e19, 1.0e38, f32::MAX, f32::MIN, f32::MIN, 0.0],
];
/// Inputs of the samples, of one sign or of both.
const INPUTS: [[f32; 4]; 2] = [[1.0, -1.0, 2.0, 2.0], [1.0, 1.0, 2.0, -2.0]];

/// Makes consecutive steps with both kernels, and compares; returns the final values.
fn steps<U: Update<N>, const N: usize>(kernel: Kernel, scale: f32, update: &U) -> [Vec<f32>; N] {
    let run = |kernel, wide: bool| {
        // The inputs repeated, so that each case is in a full vector and in a remainder.
        let width = if wide { 39 } else { 1 };
        let samples: Vec<f32> = INPUTS.iter().flat_map(|row| row.iter().copied().cycle().take(width)).collect();
        let mut arrays: [Vec<f32>; N] = std::array::from_fn(|_| vec![0.5; 8 * width]);
        for _ in 0..2 {
            let parameters = arrays.each_mut().map(Vec::as_mut_slice);
            let rows = Rows::contiguous(&samples, width, 2);
            kernels::weight_gradient_update(kernel, rows, DELTAS.as_flattened(), scale, update, parameters).unwrap();
        }
        arrays
    };
    for wide in [false, true] {
        for (array, (expected, found)) in run(Kernel::PORTABLE, wide).iter().zip(run(kernel, wide)).enumerate() {
            let case = format!("{}, array {array}, wide {wide}", std::any::type_name::<U>());
            assert_same_bits(expected, &found, &case);
            assert!(found.iter().all(|value| !value.is_nan() || value.to_bits() == NAN.to_bits()), "{case}: {found:?}");
        }
    }
    run(kernel, true)
}

/// Adam and RMSprop clamp, so that all numbers stay finite. Where the scale is infinite too, a sum of zero makes NaN,
/// which is the same on every kernel.
pub(crate) fn adaptive_updates_stay_finite(kernel: Kernel) {
    let [gradients] = steps(kernel, 1.0, &StoreGradient);
    assert!(gradients.contains(&f32::INFINITY) && gradients.contains(&f32::NEG_INFINITY) && gradients.contains(&0.0));
    let adam = AdamUpdate { step_size: 0.001, first_share: 0.1, second_share: 0.001, epsilon: 1e-7 };
    let rmsprop = RmspropUpdate { learning_rate: 0.001, share: 0.1, epsilon: 1e-7 };
    let finite = |numbers: &Vec<f32>| numbers.iter().all(|number| number.is_finite());
    assert!(steps(kernel, 1.0, &adam).iter().all(finite) && steps(kernel, 1.0, &rmsprop).iter().all(finite));
    assert!(!steps(kernel, f32::INFINITY, &adam).iter().any(finite));
    assert!(!steps(kernel, f32::INFINITY, &rmsprop).iter().any(finite));
}

/// Where rate · scale overflows and the sum is zero, momentum computes ∞ · 0; the NaN of every kernel has the same bits.
pub(crate) fn rates_overflow_alike(kernel: Kernel) {
    for nesterov in [false, true] {
        let update = MomentumUpdate { learning_rate: f32::MAX, momentum: 0.9, nesterov };
        let [weights, velocities] = steps(kernel, 2.0, &update);
        assert!(weights.iter().chain(&velocities).any(|value| value.is_nan()));
    }
    let [weights] = steps(kernel, 2.0, &SgdUpdate { learning_rate: f32::MAX });
    assert!(weights.iter().any(|value| value.is_nan()));
}
