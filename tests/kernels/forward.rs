//! Forward pass and input gradient.

use dense_core::Kernel;
use dense_core::kernels::{self, Rows};
use dense_core::math::SMALLEST_SIGNAL;

use crate::assert_same_bits;
use crate::cases::{BATCHES, Samples, UNITS, Values, around, for_each_case, straddle};

pub(crate) fn forward<T: Samples>(kernel: Kernel) {
    for_each_case::<T>(|case, random, values, rows, units| {
        let weights = values.fill(random, units * rows.width());
        let bias = values.fill(random, units);
        let compute = |kernel| {
            let mut outputs = vec![7.0; rows.len() * units];
            kernels::forward(kernel, rows, &weights, &bias, T::SCALE, &mut outputs).unwrap();
            outputs
        };
        assert_same_bits(&compute(Kernel::PORTABLE), &compute(kernel), case);
    });
}

/// Every partial sum is −0.0, and the lanes beyond the end of a row must stay so: adding +0.0 · +0.0 there would not.
pub(crate) fn forward_keeps_negative_zeros(kernel: Kernel) {
    let tiny = f32::from_bits(1);
    for width in [16, 17, 24, 25, 30, 33] {
        for units in UNITS {
            for batch in BATCHES {
                let (samples, weights, bias) =
                    (vec![-tiny; batch * width], vec![tiny; units * width], vec![-0.0; units]);
                let rows = Rows::contiguous(&samples, width, batch);
                let mut outputs = vec![7.0; batch * units];
                kernels::forward(kernel, rows, &weights, &bias, 1.0, &mut outputs).unwrap();
                let case = format!("width {width}, {units} units, batch {batch}");
                assert_same_bits(&vec![-0.0; batch * units], &outputs, &case);
            }
        }
    }
}

pub(crate) fn input_gradient(kernel: Kernel) {
    for_each_case::<u8>(|case, random, values, rows, units| {
        let weights = values.fill(random, units * rows.width());
        let deltas = Values::Ordinary.fill(random, rows.len() * units);
        let compute = |kernel| {
            let mut outputs = vec![7.0; rows.len() * rows.width()];
            kernels::input_gradient(kernel, &deltas, &weights, units, &mut outputs).unwrap();
            outputs
        };
        assert_same_bits(&compute(Kernel::PORTABLE), &compute(kernel), case);
    });
}

pub(crate) fn input_gradient_flushes_at_the_limit(kernel: Kernel) {
    let deltas = around(SMALLEST_SIGNAL);
    for width in [1, 17] {
        let weights = vec![1.0; width];
        let compute = |kernel| {
            let mut outputs = vec![7.0; deltas.len() * width];
            kernels::input_gradient(kernel, &deltas, &weights, 1, &mut outputs).unwrap();
            outputs
        };
        let expected = compute(Kernel::PORTABLE);
        assert!(straddle(&expected, SMALLEST_SIGNAL));
        assert_same_bits(&expected, &compute(kernel), &format!("width {width}"));
    }
}
