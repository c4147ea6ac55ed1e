//! Wrong lengths are refused by every kernel function.

use dense_core::Kernel;
use dense_core::kernels::updates::{MomentumUpdate, SgdUpdate, StoreGradient};
use dense_core::kernels::{self, Rows};

use crate::weight_gradient::step_of_adam;

/// Lengths that do not fit are refused, and nothing is written.
pub(crate) fn refuses_wrong_lengths(kernel: Kernel) {
    let samples = [1_u8; 34];
    let rows = Rows::contiguous(&samples, 17, 2);
    let numbers = [1.0_f32; 64];
    let mut written = [7.0_f32; 64];
    // Right would be 51 weights, 3 biases and 6 outputs.
    for (weights, bias, outputs) in [(50, 3, 6), (52, 3, 6), (51, 2, 6), (51, 4, 6), (51, 3, 5), (51, 3, 7), (0, 0, 0)]
    {
        kernels::forward(kernel, rows, &numbers[..weights], &numbers[..bias], 1.0, &mut written[..outputs])
            .unwrap_err();
    }
    // 6 deltas, 51 weights, 3 units and 34 outputs.
    for (deltas, weights, units, outputs) in [(5, 51, 3, 34), (6, 50, 3, 34), (6, 51, 3, 33), (6, 51, 0, 34)] {
        let (deltas, weights) = (&numbers[..deltas], &numbers[..weights]);
        kernels::input_gradient(kernel, deltas, weights, units, &mut written[..outputs]).unwrap_err();
    }
    // 6 deltas and 51 parameters.
    for (deltas, parameters) in [(5, 51), (7, 51), (6, 50), (6, 52), (0, 0)] {
        let deltas = &numbers[..deltas];
        kernels::weight_gradient_update(kernel, rows, deltas, 1.0, &StoreGradient, [&mut written[..parameters]])
            .unwrap_err();
        kernels::weight_gradient_update(
            kernel,
            rows,
            deltas,
            1.0,
            &SgdUpdate { learning_rate: 0.1 },
            [&mut written[..parameters]],
        )
        .unwrap_err();
    }
    for (first, second) in [(50, 51), (51, 52)] {
        let (mut first_moments, mut second_moments) = (written, written);
        let parameters = [&mut written[..51], &mut first_moments[..first], &mut second_moments[..second]];
        kernels::weight_gradient_update(kernel, rows, &numbers[..6], 1.0, &step_of_adam(), parameters).unwrap_err();
    }
    for (deltas, weights, velocities) in [(5, 51, 51), (6, 50, 51), (6, 51, 50), (6, 51, 52)] {
        let mut moved = written;
        let step = MomentumUpdate { learning_rate: 0.1, momentum: 0.9, nesterov: false };
        let (weights, velocities) = (&mut written[..weights], &mut moved[..velocities]);
        kernels::weight_gradient_update(kernel, rows, &numbers[..deltas], 1.0, &step, [weights, velocities])
            .unwrap_err();
        assert_eq!(moved, [7.0; 64]);
    }
    // 3 classes, 2 labels, 6 logits.
    for (logits, classes) in [(5, 3), (7, 3), (6, 0)] {
        kernels::softmax(kernel, &mut written[..logits], classes).unwrap_err();
        kernels::softmax_cross_entropy(kernel, &mut written[..logits], classes, &[0, 1]).unwrap_err();
    }
    assert_eq!(written, [7.0; 64]);
}
