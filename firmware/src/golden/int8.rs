//! Int8 sums at the shapes and numbers where one goes wrong, and the quantised model on real images.

use super::Witness;
use crate::lesson::{self, QUANTIZED};
use core::array;
use dense_core::kernels::{self, Rows, int8::ORDER};
use dense_core::quant::{self, Multiplier};
use dense_core::{Batch, Error, Kernel, Random};

/// Around four inputs, a vector of 16, and the 256 after which the DSP extension takes sums apart.
const WIDTHS: [usize; 10] = [1, 3, 4, 5, 15, 16, 17, 63, 65, 257];
/// Around the groups of outputs that kernels take at a time.
const UNITS: [usize; 8] = [1, 2, 3, 5, 8, 10, 13, 16];

const MOST_UNITS: usize = 16;
const WIDEST: usize = 257;

/// Kinds of pixels and weights by hazard.
#[derive(Clone, Copy, Debug)]
enum Values {
    /// Half of the pixels are zero.
    Ordinary,
    /// No pixel but the last.
    Last,
    /// All pixels 255, all weights 127.
    Highest,
    /// All pixels 255, all weights -127.
    Lowest,
}

impl Values {
    const ALL: [Self; 4] = [Self::Ordinary, Self::Last, Self::Highest, Self::Lowest];

    fn draw_pixel(self, random: &mut Random, is_last: bool) -> u8 {
        match self {
            Self::Ordinary if random.below(2) == 0 => 0,
            Self::Ordinary => random.next_u32() as u8,
            Self::Last => u8::from(is_last) * u8::MAX,
            Self::Highest | Self::Lowest => u8::MAX,
        }
    }

    fn draw_weight(self, random: &mut Random) -> i8 {
        match self {
            Self::Ordinary | Self::Last => (random.below(255).cast_signed() - 127) as i8,
            Self::Highest => 127,
            Self::Lowest => -127,
        }
    }
}

/// Room for one case, on the stack: 4.5 KB.
struct Work {
    weights: [i8; WIDEST * MOST_UNITS],
    pixels: [u8; WIDEST],
    bias: [i32; MOST_UNITS],
    sums: [i32; MOST_UNITS],
}

impl Work {
    const NEW: Self =
        Self { weights: [0; WIDEST * MOST_UNITS], pixels: [0; WIDEST], bias: [0; MOST_UNITS], sums: [0; MOST_UNITS] };
}

#[inline(never)]
pub(super) fn run(kernel: Kernel, witness: &mut impl Witness) -> Result<(), Error> {
    shapes(kernel, witness)?;
    images(kernel, witness)
}

fn shapes(kernel: Kernel, witness: &mut impl Witness) -> Result<(), Error> {
    let mut work = Work::NEW;
    let mut random = Random::new(2026, 8);
    for width in WIDTHS {
        for units in UNITS {
            for values in Values::ALL {
                let (Some(weights), Some(pixels), Some(bias), Some(sums)) = (
                    work.weights.get_mut(..width * units),
                    work.pixels.get_mut(..width),
                    work.bias.get_mut(..units),
                    work.sums.get_mut(..units),
                ) else {
                    continue;
                };
                // Anything is a weight in every order, once all are set.
                weights.fill(0);
                for (unit, input) in (0..units).flat_map(|unit| (0..width).map(move |input| (unit, input))) {
                    ORDER.set_weight(weights, unit, input, units, width, values.draw_weight(&mut random));
                }
                for (at, pixel) in pixels.iter_mut().enumerate() {
                    *pixel = values.draw_pixel(&mut random, at + 1 == width);
                }
                bias.fill_with(|| random.next_u32().cast_signed() >> 1);
                kernels::forward_int8(kernel, Rows::contiguous(pixels, width, 1), weights, bias, sums)?;
                for (unit, &sum) in sums.iter().enumerate() {
                    witness.see(
                        format_args!("int8 sum {unit}, {width} inputs, {units} units, {values:?}"),
                        sum.cast_unsigned(),
                    );
                }
            }
        }
    }
    Ok(())
}

/// Inference results, from sums to classes, for the test images, the darkest image and the brightest.
fn images(kernel: Kernel, witness: &mut impl Witness) -> Result<(), Error> {
    for (number, image) in lesson::images().iter().chain([&[0; _], &[u8::MAX; _]]).enumerate() {
        let mut sums = [[0; _]];
        QUANTIZED.forward_with(kernel, Batch::new(array::from_ref(image))?, &mut sums)?;
        let [sums] = sums;
        let logits = QUANTIZED.fixed_logits(&sums);
        for (output, (&sum, &logit)) in sums.iter().zip(&logits).enumerate() {
            witness.see(format_args!("int8 sum {output} of image {number}"), sum.cast_unsigned());
            witness.see(format_args!("int8 logit {output} of image {number}"), logit.cast_unsigned());
        }
        for (output, probability) in quant::softmax(&logits).into_iter().enumerate() {
            witness.see(format_args!("int8 probability {output} of image {number}"), probability.into());
        }
        witness.see_all(format_args!("int8 logit of image {number} in f32"), QUANTIZED.logits(&sums));
        for ((output, sum), scale) in sums.into_iter().enumerate().zip(QUANTIZED.scale()) {
            let byte = Multiplier::new(f64::from(*scale)).multiply(sum).clamp(0, 255);
            witness.see(format_args!("int8 activation {output} of image {number}"), byte.cast_unsigned());
        }
        witness.see(format_args!("int8 class of image {number}"), quant::argmax(&logits) as u32);
    }
    Ok(())
}
