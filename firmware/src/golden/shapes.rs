//! Every loop over weights at all shapes of a small layer, from one input and output to 40 of each, alone and in batches.

use super::Witness;
use super::kernels::Values;
use core::array;
use dense_core::kernels::updates::{AdamUpdate, MomentumUpdate, SgdUpdate, StoreGradient};
use dense_core::kernels::{self, Element, Rows, weight_index};
use dense_core::math::{SMALLEST_WEIGHT, flush_below};
use dense_core::{Error, Kernel, PixelTable, Random};
use dense_protocol::checksum::Checksum;

/// The most inputs, and the most outputs but for one larger number of them.
const MOST: usize = 40;
const MOST_OUTPUTS: usize = 64;
const MOST_WEIGHTS: usize = MOST * MOST_OUTPUTS;
/// The most outputs that some kernel takes at a time.
const LARGEST_BLOCK: usize = 12;
/// Besides the batch of one: one of these for each shape.
const BATCHES: [usize; 3] = [2, 3, 8];
const LARGEST_BATCH: usize = 8;

const LEARNING_RATE: f32 = 0.01;
const ADAM: AdamUpdate = AdamUpdate { step_size: 0.001, first_share: 0.1, second_share: 0.001, epsilon: 1e-7 };

/// Room for the largest shape: parts of what the larger layers of `kernels` need. The weights that every update starts
/// from are kept apart.
struct Work<'a> {
    original: &'a mut [f32],
    weights: &'a mut [f32],
    first_moments: &'a mut [f32],
    second_moments: &'a mut [f32],
    bias: &'a mut [f32],
    pixels: &'a mut [u8],
    floats: &'a mut [f32],
    deltas: &'a mut [f32],
    /// Outputs, and gradients of inputs.
    results: &'a mut [f32],
}

impl<'a> Work<'a> {
    fn new(weights: &'a mut [f32], pixels: &'a mut [u8], floats: &'a mut [f32]) -> Self {
        let (original, weights) = weights.split_at_mut(MOST_WEIGHTS);
        let (first_moments, weights) = weights.split_at_mut(MOST_WEIGHTS);
        let (second_moments, weights) = weights.split_at_mut(MOST_WEIGHTS);
        let (bias, floats) = floats.split_at_mut(MOST_OUTPUTS);
        let (deltas, floats) = floats.split_at_mut(LARGEST_BATCH * MOST_OUTPUTS);
        let (results, floats) = floats.split_at_mut(LARGEST_BATCH * MOST_OUTPUTS);
        Self { original, weights, first_moments, second_moments, bias, pixels, floats, deltas, results }
    }
}

/// The part of it that a shape takes.
struct Room<'a> {
    original: &'a [f32],
    weights: &'a mut [f32],
    first_moments: &'a mut [f32],
    second_moments: &'a mut [f32],
    bias: &'a [f32],
    deltas: &'a [f32],
    outputs: &'a mut [f32],
}

/// One checksum for each kind of work and number of outputs, over all numbers of inputs and batches.
#[derive(Default)]
struct Checksums {
    forward: [Checksum; 2],
    input_gradient: Checksum,
    gradient: [Checksum; 2],
    sgd: [Checksum; 2],
    momentum: [Checksum; 2],
    adam: [Checksum; 2],
}

#[inline(never)]
pub(super) fn run(kernel: Kernel, room: &mut super::kernels::Work, witness: &mut impl Witness) -> Result<(), Error> {
    let mut work = Work::new(&mut room.weights, &mut room.pixels, &mut room.floats);
    let mut random = Random::new(2026, 13);
    for units in (1..=MOST).chain([MOST_OUTPUTS]) {
        let mut checksums = Checksums::default();
        // More than a block of outputs: every third number of inputs is enough.
        let (fewest, apart) = if units <= LARGEST_BLOCK { (1, 1) } else { (1 + units % 3, 3) };
        for width in (fewest..=MOST).step_by(apart) {
            // Kinds of numbers and batches take turns.
            let [kinds, batches] = [Values::ALL.len(), BATCHES.len()];
            let values = Values::ALL.get((2 * units + width) % kinds).copied().unwrap_or(Values::Ordinary);
            let batch = BATCHES.get((units + width) % batches).copied().unwrap_or(1);
            draw(&mut work, values, &mut random);
            for samples in [1, batch] {
                Case { kernel, width, units, samples }.run(&mut work, &mut checksums)?;
            }
        }
        let Checksums { forward, input_gradient, gradient, sgd, momentum, adam } = checksums;
        witness.see(format_args!("input gradient of {units} outputs"), input_gradient.finish());
        let of_two =
            [("forward", forward), ("gradient", gradient), ("SGD", sgd), ("momentum", momentum), ("Adam", adam)];
        for (work, checksums) in of_two {
            for (inputs, checksum) in ["pixels", "floats"].into_iter().zip(checksums) {
                witness.see(format_args!("{work} of {inputs} to {units} outputs"), checksum.finish());
            }
        }
    }
    look_up(&mut work, &mut random, witness);
    Ok(())
}

fn draw(work: &mut Work<'_>, values: Values, random: &mut Random) {
    // Huge samples with huge weights would only ever give NaN, and so would the squares of huge deltas.
    let others = if matches!(values, Values::Huge) { Values::Ordinary } else { values };
    work.original.fill_with(|| flush_below(values.draw(random), SMALLEST_WEIGHT));
    work.bias.fill_with(|| values.draw(random));
    work.pixels.fill_with(|| values.draw_pixel(random));
    work.floats.fill_with(|| others.draw(random));
    work.deltas.fill_with(|| others.draw(random));
}

/// A shape.
#[derive(Clone, Copy, Debug)]
struct Case {
    kernel: Kernel,
    width: usize,
    units: usize,
    samples: usize,
}

impl Case {
    fn run(self, work: &mut Work<'_>, checksums: &mut Checksums) -> Result<(), Error> {
        let Self { kernel, width, units, samples } = self;
        let Work { original, weights, first_moments, second_moments, bias, pixels, floats, deltas, results } = work;
        let deltas = deltas.split_at(samples * units).0;
        let parameters = width * units;
        let (original, weights) = (original.split_at(parameters).0, weights.split_at_mut(parameters).0);
        self.place(original, weights);
        let input_deltas = results.split_at_mut(samples * width).0;
        kernels::input_gradient(kernel, deltas, weights, units, input_deltas)?;
        add(&mut checksums.input_gradient, input_deltas.iter().copied());

        let mut room = Room {
            original,
            weights,
            first_moments: first_moments.split_at_mut(parameters).0,
            second_moments: second_moments.split_at_mut(parameters).0,
            bias: bias.split_at(units).0,
            deltas,
            outputs: results.split_at_mut(samples * units).0,
        };
        self.run_with(0, Rows::contiguous(pixels, width, samples), &mut room, checksums)?;
        self.run_with(1, Rows::contiguous(floats, width, samples), &mut room, checksums)
    }

    /// The cases for one type of inputs, u8 or f32.
    fn run_with<T: Element>(
        self,
        kind: usize,
        rows: Rows<'_, T>,
        room: &mut Room<'_>,
        checksums: &mut Checksums,
    ) -> Result<(), Error> {
        let kernel = self.kernel;
        let Room { original, weights, first_moments, second_moments, bias, deltas, outputs } = room;
        let Checksums { forward, gradient, sgd, momentum, adam, .. } = checksums;
        let scale = T::SCALE / self.samples as f32;

        self.place(original, weights);
        kernels::forward(kernel, rows, weights, bias, T::SCALE, outputs)?;
        add(&mut forward[kind], outputs.iter().copied());

        kernels::weight_gradient_update(kernel, rows, deltas, scale, &StoreGradient, [weights])?;
        add(&mut gradient[kind], self.in_order(weights));

        self.place(original, weights);
        kernels::weight_gradient_update(
            kernel,
            rows,
            deltas,
            scale,
            &SgdUpdate { learning_rate: LEARNING_RATE },
            [weights],
        )?;
        add(&mut sgd[kind], self.in_order(weights));

        // Two steps each, so that the second finds moments.
        self.place(original, weights);
        first_moments.fill(0.0);
        let step =
            MomentumUpdate { learning_rate: LEARNING_RATE, momentum: 0.9, nesterov: self.units.is_multiple_of(2) };
        for _ in 0..2 {
            kernels::weight_gradient_update(kernel, rows, deltas, scale, &step, [weights, first_moments])?;
        }
        add(&mut momentum[kind], self.in_order(weights).chain(self.in_order(first_moments)));

        self.place(original, weights);
        first_moments.fill(0.0);
        second_moments.fill(0.0);
        for _ in 0..2 {
            let parameters = [&mut **weights, &mut **first_moments, &mut **second_moments];
            kernels::weight_gradient_update(kernel, rows, deltas, scale, &ADAM, parameters)?;
        }
        let moments = self.in_order(first_moments).chain(self.in_order(second_moments));
        add(&mut adam[kind], self.in_order(weights).chain(moments));
        Ok(())
    }

    /// Puts the original weights, which are unit after unit, where the machine wants them.
    fn place(self, original: &[f32], weights: &mut [f32]) {
        for (place, &weight) in self.places().zip(original) {
            if let Some(to) = weights.get_mut(place) {
                *to = weight;
            }
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

/// Tables of pixels that leave zero as it is and that do not, for images of every length at every alignment.
fn look_up(work: &mut Work<'_>, random: &mut Random, witness: &mut impl Witness) {
    let brighter = PixelTable::new(array::from_fn(|pixel| (255 - (255 - pixel) * (255 - pixel) / 255) as u8));
    let negative = PixelTable::new(array::from_fn(|pixel| 255 - pixel as u8));
    for (name, table) in [("brighter", brighter), ("negative", negative)] {
        let mut checksum = Checksum::default();
        for length in 0..=2 * MOST {
            work.pixels.fill_with(|| Values::Ordinary.draw_pixel(random));
            if let Some(image) = work.pixels.get_mut(length % 4..).and_then(|pixels| pixels.get_mut(..length)) {
                table.apply(image);
            }
            checksum.update(work.pixels);
        }
        witness.see(format_args!("table {name}"), checksum.finish());
    }
}

fn add(checksum: &mut Checksum, values: impl Iterator<Item = f32>) {
    for value in values {
        checksum.update(&value.to_bits().to_le_bytes());
    }
}
