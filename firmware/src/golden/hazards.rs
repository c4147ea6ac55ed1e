//! Hazards that the other parts do not cover: inputs and deltas that are not finite, deltas that are zero between
//! others, batches whose samples do not follow each other, and gradients that overflow. Weights are finite before.

use super::Witness;
use core::array;
use dense_core::activations::{Activation, Relu};
use dense_core::kernels::updates::{AdamUpdate, MomentumUpdate, RmspropUpdate, SgdUpdate, Update};
use dense_core::kernels::{self, Element, Rows, weight_index};
use dense_core::math::{LARGEST_GRADIENT, NAN, SMALLEST_SIGNAL};
use dense_core::{Error, Kernel};

/// More than two groups of four inputs, more than a block of outputs, neither a multiple of four.
const WIDTH: usize = 9;
const UNITS: usize = 7;
const SAMPLES: usize = 3;

const NOT_FINITE: [f32; 3] = [NAN, f32::INFINITY, f32::NEG_INFINITY];

type Weights = [f32; WIDTH * UNITS];

#[inline(never)]
pub(super) fn run(kernel: Kernel, witness: &mut impl Witness) -> Result<(), Error> {
    relu(kernel, witness)?;
    for value in NOT_FINITE {
        for index in 0..WIDTH {
            let mut case = Case::ordinary(kernel);
            case.floats[index] = value;
            case.run(format_args!("input {index} is {value}"), witness)?;
        }
        for index in 0..UNITS {
            let mut case = Case::ordinary(kernel);
            case.deltas[index] = value;
            case.run(format_args!("delta {index} is {value}"), witness)?;
        }
    }
    let mut case = Case::ordinary(kernel);
    case.weights[UNITS] = f32::MAX;
    case.run(format_args!("a weight is huge"), witness)?;
    // Each subset of outputs without a delta, or with one that is the negative zero.
    for subset in 0..1 << UNITS {
        let mut case = Case::ordinary(kernel);
        for (unit, delta) in case.deltas.iter_mut().enumerate() {
            if subset >> (unit % UNITS) & 1 == 0 {
                *delta = 0.0_f32.copysign(*delta);
            }
        }
        case.run(format_args!("deltas of the outputs {subset:07b}"), witness)?;
    }
    overflow(kernel, witness)?;
    for value in NOT_FINITE {
        let mut case = Case::ordinary(kernel);
        case.floats[UNITS] = value;
        case.deltas = array::from_fn(|index| if index % UNITS < 2 { 0.5 } else { 0.0 });
        case.run(format_args!("an input is {value}, most deltas are zero"), witness)?;
    }
    Ok(())
}

/// Gradients that overflow, for each rule with a state.
#[inline(never)]
fn overflow(kernel: Kernel, witness: &mut impl Witness) -> Result<(), Error> {
    let case = Case::overflowing(kernel);
    for scale in [1.0, 4.0] {
        case.run_rules(&case.pixels, scale, format_args!("pixels, gradients overflow, scale {scale}"), witness)?;
        case.run_rules(&case.floats, scale, format_args!("floats, gradients overflow, scale {scale}"), witness)?;
    }
    Ok(())
}

fn relu(kernel: Kernel, witness: &mut impl Witness) -> Result<(), Error> {
    const LIMIT: f32 = SMALLEST_SIGNAL;
    let numbers = [NAN, f32::INFINITY, LIMIT, LIMIT.next_down(), 0.0, -0.0, -LIMIT, f32::NEG_INFINITY, 1.0];
    for length in 0..=numbers.len() {
        let outputs = numbers.split_at(length).0;
        let mut values = numbers;
        Relu::forward_with(kernel, values.split_at_mut(length).0);
        witness.see_checksum(format_args!("ReLU of {length}"), values);
        let mut deltas = [-2.0; 9];
        Relu::backward_with(kernel, outputs, deltas.split_at_mut(length).0)?;
        witness.see_checksum(format_args!("gradient of ReLU of {length}"), deltas);
    }
    Ok(())
}

struct Case {
    kernel: Kernel,
    pixels: [u8; SAMPLES * WIDTH],
    floats: [f32; SAMPLES * WIDTH],
    deltas: [f32; SAMPLES * UNITS],
    weights: Weights,
}

impl Case {
    fn ordinary(kernel: Kernel) -> Self {
        // Some pixels of each sample are zero, four neighbouring ones of the first.
        Self {
            kernel,
            pixels: array::from_fn(|index| if index < 4 { 0 } else { (index * 37 % 5 * 51) as u8 }),
            floats: array::from_fn(|index| (index * 29 % 17) as f32 * 0.125 - 1.0),
            deltas: array::from_fn(|index| (index * 31 % 19) as f32 * 0.0625 + 0.03),
            weights: array::from_fn(|index| (index * 41 % 23) as f32 * 0.05 - 0.52),
        }
    }

    /// Sums beyond [`LARGEST_GRADIENT`], infinite, NaN, finite until they are scaled, and ordinary.
    fn overflowing(kernel: Kernel) -> Self {
        const BEYOND: f32 = 4.0 * LARGEST_GRADIENT;
        let deltas = [BEYOND, -BEYOND, f32::MAX, -f32::MAX, NAN, f32::MAX / 4096.0, 0.5];
        Self { deltas: array::from_fn(|index| deltas[index % UNITS]), ..Self::ordinary(kernel) }
    }

    /// Two steps by each rule with a state.
    fn run_rules<T: Element>(
        &self,
        samples: &[T],
        scale: f32,
        case: core::fmt::Arguments<'_>,
        witness: &mut impl Witness,
    ) -> Result<(), Error> {
        let adam = AdamUpdate { step_size: 0.01, first_share: 0.1, second_share: 0.001, epsilon: 1e-7 };
        let rmsprop = RmspropUpdate { learning_rate: 0.01, share: 0.1, epsilon: 1e-7 };
        for len in [1, SAMPLES] {
            let rows = Rows::contiguous(samples, WIDTH, len);
            self.run_rule(rows, scale, &adam, format_args!("Adam by {len}, {case}"), witness)?;
            self.run_rule(rows, scale, &rmsprop, format_args!("RMSprop by {len}, {case}"), witness)?;
            for nesterov in [false, true] {
                let momentum = MomentumUpdate { learning_rate: 0.01, momentum: 0.9, nesterov };
                let case = format_args!("momentum by {len}, Nesterov {nesterov}, {case}");
                self.run_rule(rows, scale, &momentum, case, witness)?;
            }
        }
        Ok(())
    }

    #[inline(never)]
    fn run_rule<T: Element, U: Update<N>, const N: usize>(
        &self,
        rows: Rows<'_, T>,
        scale: f32,
        rule: &U,
        case: core::fmt::Arguments<'_>,
        witness: &mut impl Witness,
    ) -> Result<(), Error> {
        let deltas = self.deltas.split_at(rows.len() * UNITS).0;
        // Weights, and a state that could be one of any rule: nothing in it is negative.
        let mut arrays = [self.placed(); N];
        for state in arrays.iter_mut().skip(1) {
            *state = state.map(f32::abs);
        }
        for step in 0..2 {
            let parameters = arrays.each_mut().map(|array| array.as_mut_slice());
            kernels::weight_gradient_update(self.kernel, rows, deltas, scale, rule, parameters)?;
            for array in &arrays {
                witness.see_checksum(format_args!("step {step} of {case}"), places().map(|place| array[place]));
            }
        }
        Ok(())
    }

    fn run(&self, case: core::fmt::Arguments<'_>, witness: &mut impl Witness) -> Result<(), Error> {
        self.run_with(&self.pixels, format_args!("pixels, {case}"), witness)?;
        self.run_with(&self.floats, format_args!("floats, {case}"), witness)?;
        let mut input_deltas = [0.0; SAMPLES * WIDTH];
        kernels::input_gradient(self.kernel, &self.deltas, &self.placed(), UNITS, &mut input_deltas)?;
        witness.see_checksum(format_args!("input gradient, {case}"), input_deltas);
        Ok(())
    }

    fn run_with<T: Element>(
        &self,
        samples: &[T],
        case: core::fmt::Arguments<'_>,
        witness: &mut impl Witness,
    ) -> Result<(), Error> {
        let batches = [
            ("one", Rows::contiguous(samples, WIDTH, 1)),
            ("in order", Rows::contiguous(samples, WIDTH, SAMPLES)),
            ("reversed", Rows::indexed(samples, WIDTH, &[2, 1, 0])?),
            ("shuffled", Rows::indexed(samples, WIDTH, &[0, 2, 1])?),
            ("repeated", Rows::repeated(samples.split_at(WIDTH).0, SAMPLES)),
        ];
        for (order, rows) in batches {
            let deltas = self.deltas.split_at(rows.len() * UNITS).0;
            let mut outputs = [0.0; SAMPLES * UNITS];
            let bias = [0.25; UNITS];
            let results = outputs.split_at_mut(rows.len() * UNITS).0;
            kernels::forward(self.kernel, rows, &self.placed(), &bias, T::SCALE, results)?;
            witness.see_checksum(format_args!("forward of {order}, {case}"), outputs);
            let mut weights = self.placed();
            kernels::weight_gradient_update(
                self.kernel,
                rows,
                deltas,
                T::SCALE,
                &SgdUpdate { learning_rate: 0.01 },
                [&mut weights],
            )?;
            witness.see_checksum(format_args!("SGD by {order}, {case}"), places().map(|place| weights[place]));
        }
        Ok(())
    }

    /// The weights, which are unit after unit, where the machine wants them.
    fn placed(&self) -> Weights {
        let mut placed = [0.0; WIDTH * UNITS];
        for (place, weight) in places().zip(self.weights) {
            placed[place] = weight;
        }
        placed
    }
}

fn places() -> impl Iterator<Item = usize> {
    (0..UNITS).flat_map(|unit| (0..WIDTH).map(move |column| weight_index(unit, column, UNITS, WIDTH)))
}
