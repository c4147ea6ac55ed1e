//! Every loop over weights at the shapes and numbers where one goes wrong.

use super::Witness;
use core::fmt;
use dense_core::kernels::updates::{SgdUpdate, StoreGradient};
use dense_core::kernels::{self, Element, Rows, weight_index};
use dense_core::math::{SMALLEST_WEIGHT, flush_below};
use dense_core::optimizers::Optimizer;
use dense_core::{Adam, Error, Kernel, Random};

/// Around one vector, around the 784 of an image, and what is left over of four pixels.
const WIDTHS: [usize; 7] = [1, 15, 16, 17, 783, 784, 785];
/// Around ten outputs.
const UNITS: [usize; 4] = [1, 3, 10, 17];
/// Samples of a batch.
const SAMPLES: usize = 3;
/// Adam keeps two more numbers for each weight, so it has small shapes only.
const MOST_FOR_ADAM: usize = 17 * 17;

const MOST_UNITS: usize = 17;
const WIDEST: usize = 785;
const MOST_WEIGHTS: usize = WIDEST * MOST_UNITS;

/// Kinds of numbers by hazard.
#[derive(Clone, Copy, Debug)]
pub(super) enum Values {
    /// Between -1 and 1; half of the pixels are zero.
    Ordinary,
    /// Few different ones, so that sums cancel.
    Ties,
    /// All zero, half of them with a minus.
    Zeros,
    /// Some sums overflow, and some of those to NaN.
    Huge,
    /// Deltas so small that weights nearly vanish.
    Tiny,
}

impl Values {
    pub(super) const ALL: [Self; 5] = [Self::Ordinary, Self::Ties, Self::Zeros, Self::Huge, Self::Tiny];

    pub(super) fn draw(self, random: &mut Random) -> f32 {
        let ordinary = 2.0 * random.uniform() - 1.0;
        match self {
            Self::Ordinary => ordinary,
            Self::Ties => [-1.0, 0.0, 1.0, 0.5].get(random.below(4) as usize).copied().unwrap_or_default(),
            Self::Zeros => 0.0_f32.copysign(ordinary),
            Self::Huge => ordinary * f32::MAX,
            Self::Tiny => ordinary * 1e-6,
        }
    }

    pub(super) fn draw_pixel(self, random: &mut Random) -> u8 {
        match self {
            Self::Zeros => 0,
            _ if random.below(2) == 0 => 0,
            _ => random.next_u32() as u8,
        }
    }
}

/// Room for one case.
#[derive(Debug)]
pub(super) struct Work {
    pub(super) weights: [f32; MOST_WEIGHTS],
    bias: [f32; MOST_UNITS],
    pub(super) pixels: [u8; SAMPLES * WIDEST],
    pub(super) floats: [f32; SAMPLES * WIDEST],
    deltas: [f32; SAMPLES * MOST_UNITS],
    outputs: [f32; SAMPLES * MOST_UNITS],
    input_deltas: [f32; SAMPLES * WIDEST],
    first_moments: [f32; MOST_FOR_ADAM],
    second_moments: [f32; MOST_FOR_ADAM],
}

impl Work {
    pub(super) const NEW: Self = Self {
        weights: [0.0; MOST_WEIGHTS],
        bias: [0.0; MOST_UNITS],
        pixels: [0; SAMPLES * WIDEST],
        floats: [0.0; SAMPLES * WIDEST],
        deltas: [0.0; SAMPLES * MOST_UNITS],
        outputs: [0.0; SAMPLES * MOST_UNITS],
        input_deltas: [0.0; SAMPLES * WIDEST],
        first_moments: [0.0; MOST_FOR_ADAM],
        second_moments: [0.0; MOST_FOR_ADAM],
    };
}

#[inline(never)]
pub(super) fn run(kernel: Kernel, work: &mut Work, witness: &mut impl Witness) -> Result<(), Error> {
    let mut random = Random::new(2026, 7);
    for width in WIDTHS {
        for units in UNITS {
            for values in Values::ALL {
                Case { kernel, width, units, values }.run(work, &mut random, witness)?;
            }
        }
    }
    for units in UNITS {
        lone_small_weight(kernel, units, work, witness)?;
    }
    Ok(())
}

/// A shape and a kind of numbers.
#[derive(Clone, Copy, Debug)]
struct Case {
    kernel: Kernel,
    width: usize,
    units: usize,
    values: Values,
}

impl Case {
    fn run(self, work: &mut Work, random: &mut Random, witness: &mut impl Witness) -> Result<(), Error> {
        let values = self.values;
        // Huge samples with huge weights would only ever give NaN.
        let sample_values = if matches!(values, Values::Huge) { Values::Ordinary } else { values };
        work.pixels.fill_with(|| values.draw_pixel(random));
        work.floats.fill_with(|| sample_values.draw(random));
        work.bias.fill_with(|| values.draw(random));
        work.deltas.fill_with(|| values.draw(random));
        self.draw_weights(values, work, random);
        self.compute(work, witness)?;
        for samples in [1, SAMPLES] {
            self.descend(samples, work, random, witness)?;
        }
        if self.width * self.units <= MOST_FOR_ADAM {
            self.adapt(work, random, witness)?;
        }
        Ok(())
    }

    /// Everything that changes no weight.
    fn compute(self, work: &mut Work, witness: &mut impl Witness) -> Result<(), Error> {
        let Self { kernel, width, units, .. } = self;
        let Work { weights, bias, pixels, floats, deltas, outputs, input_deltas, .. } = work;
        let pixels = Rows::contiguous(pixels.as_slice(), width, SAMPLES);
        let floats = Rows::contiguous(floats.as_slice(), width, SAMPLES);
        let weights = weights.split_at_mut(width * units).0;
        let bias = bias.split_at(units).0;
        let deltas = deltas.split_at(SAMPLES * units).0;
        let outputs = outputs.split_at_mut(SAMPLES * units).0;
        let input_deltas = input_deltas.split_at_mut(SAMPLES * width).0;

        kernels::forward(kernel, pixels, weights, bias, u8::SCALE, outputs)?;
        witness.see_checksum(format_args!("forward of pixels, {self}"), outputs.iter().copied());
        kernels::forward(kernel, floats, weights, bias, f32::SCALE, outputs)?;
        witness.see_checksum(format_args!("forward of floats, {self}"), outputs.iter().copied());
        kernels::input_gradient(kernel, deltas, weights, units, input_deltas)?;
        witness.see_checksum(format_args!("forward transposed, {self}"), input_deltas.iter().copied());
        kernels::weight_gradient_update(kernel, pixels, deltas, u8::SCALE / SAMPLES as f32, &StoreGradient, [weights])?;
        witness.see_checksum(format_args!("outer product of pixels, {self}"), self.in_order(weights));
        kernels::weight_gradient_update(
            kernel,
            floats,
            deltas,
            f32::SCALE / SAMPLES as f32,
            &StoreGradient,
            [weights],
        )?;
        witness.see_checksum(format_args!("outer product of floats, {self}"), self.in_order(weights));
        Ok(())
    }

    /// A step of gradient descent from pixels, and one from floats.
    fn descend(
        self,
        samples: usize,
        work: &mut Work,
        random: &mut Random,
        witness: &mut impl Witness,
    ) -> Result<(), Error> {
        let Self { kernel, width, units, values } = self;
        // Without a step, what an overflowed sum leaves of a weight is NaN.
        let learning_rate = if matches!(values, Values::Huge) && samples == 1 { 0.0 } else { 0.01 };
        let scale = u8::SCALE / samples as f32;
        self.draw_weights(Values::Ordinary, work, random);
        if matches!(values, Values::Tiny) {
            self.aim_at_zero(learning_rate * scale, work);
        }
        let deltas = work.deltas.split_at(samples * units).0;
        let rows = Rows::contiguous(work.pixels.as_slice(), width, samples);
        let weights = work.weights.split_at_mut(width * units).0;
        kernels::weight_gradient_update(kernel, rows, deltas, scale, &SgdUpdate { learning_rate }, [weights])?;
        witness.see_checksum(format_args!("descent by {samples} of pixels, {self}"), self.in_order(weights));

        self.draw_weights(Values::Ordinary, work, random);
        let deltas = work.deltas.split_at(samples * units).0;
        let rows = Rows::contiguous(work.floats.as_slice(), width, samples);
        let weights = work.weights.split_at_mut(width * units).0;
        kernels::weight_gradient_update(
            kernel,
            rows,
            deltas,
            1.0 / samples as f32,
            &SgdUpdate { learning_rate },
            [weights],
        )?;
        witness.see_checksum(format_args!("descent by {samples} of floats, {self}"), self.in_order(weights));
        Ok(())
    }

    /// Three steps of Adam.
    fn adapt(self, work: &mut Work, random: &mut Random, witness: &mut impl Witness) -> Result<(), Error> {
        let Self { kernel, width, units, .. } = self;
        self.draw_weights(Values::Ordinary, work, random);
        let parameters = width * units;
        let deltas = work.deltas.split_at(SAMPLES * units).0;
        let rows = Rows::contiguous(work.pixels.as_slice(), width, SAMPLES);
        let values = work.weights.split_at_mut(parameters).0;
        let first_moments = work.first_moments.split_at_mut(parameters).0;
        let second_moments = work.second_moments.split_at_mut(parameters).0;
        first_moments.fill(0.0);
        second_moments.fill(0.0);
        // The squares of huge gradients are none of its business.
        if matches!(self.values, Values::Huge) {
            return Ok(());
        }
        let mut adam = Adam::new(Adam::DEFAULT_LEARNING_RATE)?;
        for step in 1..=3 {
            let scale = u8::SCALE / SAMPLES as f32;
            let parameters = [&mut *values, &mut *first_moments, &mut *second_moments];
            adam.advance();
            kernels::weight_gradient_update(kernel, rows, deltas, scale, adam.rule(), parameters)?;
            let all = self.in_order(values).chain(self.in_order(first_moments)).chain(self.in_order(second_moments));
            witness.see_checksum(format_args!("step {step} of Adam, {self}"), all);
        }
        Ok(())
    }

    fn draw_weights(self, values: Values, work: &mut Work, random: &mut Random) {
        for place in self.places() {
            if let Some(weight) = work.weights.get_mut(place) {
                *weight = flush_below(values.draw(random), SMALLEST_WEIGHT);
            }
        }
    }

    /// Gives every weight the size of its coming change, so that all that is left of it is what was rounded.
    fn aim_at_zero(self, rate: f32, work: &mut Work) {
        for (index, place) in self.places().enumerate() {
            let (unit, column) = (index / self.width, index % self.width);
            let (Some(weight), Some(&delta), Some(&pixel)) =
                (work.weights.get_mut(place), work.deltas.get(unit), work.pixels.get(column))
            else {
                continue;
            };
            *weight = flush_below(delta * f32::from(pixel) * rate, SMALLEST_WEIGHT);
        }
    }

    /// The numbers of `weights`, unit after unit, wherever they lie.
    fn in_order(self, weights: &[f32]) -> impl Iterator<Item = f32> {
        self.places().map(|place| weights.get(place).copied().unwrap_or_default())
    }

    fn places(self) -> impl Iterator<Item = usize> + use<> {
        let Self { width, units, .. } = self;
        (0..units).flat_map(move |unit| (0..width).map(move |column| weight_index(unit, column, units, width)))
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} inputs, {} outputs, {:?}", self.width, self.units, self.values)
    }
}

/// One weight alone moves, from zero to about where it has to be flushed: to either side of the limit and far below.
fn lone_small_weight(kernel: Kernel, units: usize, work: &mut Work, witness: &mut impl Witness) -> Result<(), Error> {
    const INPUTS: usize = 5;
    const LIMIT: f32 = SMALLEST_WEIGHT;
    let sizes =
        [LIMIT.next_up(), LIMIT, LIMIT.next_down(), LIMIT / 2.0, LIMIT / 4.0, LIMIT * LIMIT, f32::MIN_POSITIVE / 2.0];
    let weights = work.weights.split_at_mut(INPUTS * units).0;
    let deltas = work.deltas.split_at_mut(units).0;
    for moved in [0, units - 1] {
        for column in 0..INPUTS {
            for size in sizes {
                weights.fill(0.5);
                deltas.fill(0.0);
                let mut pixels = [0_u8; INPUTS];
                let lone = weight_index(moved, column, units, INPUTS);
                if let (Some(weight), Some(delta), Some(pixel)) =
                    (weights.get_mut(lone), deltas.get_mut(moved), pixels.get_mut(column))
                {
                    (*weight, *delta, *pixel) = (0.0, size, 1);
                }
                let rows = Rows::contiguous(pixels.as_slice(), INPUTS, 1);
                kernels::weight_gradient_update(
                    kernel,
                    rows,
                    deltas,
                    1.0,
                    &SgdUpdate { learning_rate: 1.0 },
                    [weights],
                )?;
                let found = weights.get(lone).copied().unwrap_or_default();
                let case = format_args!("input {column} to output {moved} of {units}, {size:e}");
                witness.see(case, found.to_bits());
            }
        }
    }
    Ok(())
}
