//! Planted faults: the comparison finds each kind of a wrong result.

use dense_core::{Kernel, kernels};

use super::{Case, Function, adam, compare, forward, forward_int8, input_gradient, search};

/// The same comparison finds what a faulty kernel would do.
#[test]
fn planted_faults_are_found() {
    /// Changes the outputs of a function that has been asked for the second time, as a faulty kernel would.
    fn plant(function: Function, fault: impl Fn(Case, &mut [f32])) -> Result<(), String> {
        let calls = std::cell::Cell::new(0);
        search(2028, 10, |case| {
            calls.set(0);
            compare("planted", case, Kernel::PORTABLE, |kernel, case| {
                let mut outputs = function(kernel, case);
                if calls.replace(1) == 1 {
                    fault(case, &mut outputs);
                }
                outputs
            })
        })
    }
    let last = |outputs: &[f32]| outputs.len() - 1;
    plant(forward::<f32>, |_, _| ()).unwrap();
    // One lane is off by a unit in the last place, zero has the other sign, or the last sample is left out.
    plant(forward::<u8>, |_, outputs| outputs[0] = f32::from_bits(outputs[0].to_bits() ^ 1)).unwrap_err();
    plant(adam::<f32>, |_, outputs| outputs[last(outputs)] = -outputs[last(outputs)]).unwrap_err();
    plant(input_gradient, |case, outputs| outputs[(case.batch - 1) * case.width..].fill(7.0)).unwrap_err();
    plant(forward_int8, |_, outputs| outputs[last(outputs)] += 1.0).unwrap_err();
    // A dot product with one accumulator in place of sixteen.
    plant(forward::<f32>, |case, outputs| outputs.copy_from_slice(&forward_in_one_sum(case))).unwrap_err();
}

fn forward_in_one_sum(case: Case) -> Vec<f32> {
    let mut inputs = case.inputs();
    let samples = inputs.samples::<f32>();
    let (weights, bias) = (inputs.floats(case.units * case.width), inputs.floats(case.units));
    let rows = samples.rows();
    let places = (0..case.batch).flat_map(|row| (0..case.units).map(move |unit| (row, unit)));
    places
        .map(|(row, unit)| {
            let products =
                rows.row(row).iter().enumerate().map(|(input, &value)| {
                    (value, weights[kernels::weight_index(unit, input, case.units, case.width)])
                });
            products.fold(0.0, |sum, (value, weight)| weight.mul_add(value, sum)) + bias[unit]
        })
        .collect()
}
