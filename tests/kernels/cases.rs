//! Test cases of the kernels: shapes and values by hazard.

use dense_core::Random;
use dense_core::kernels::{Element, Rows};

/// Shapes by hazard: around one vector, around the 784 of an image, and what is left over of a block of units.
const WIDTHS: [usize; 9] = [1, 7, 15, 16, 17, 64, 783, 784, 785];
pub(crate) const UNITS: [usize; 8] = [1, 2, 3, 4, 5, 7, 10, 17];
pub(crate) const BATCHES: [usize; 4] = [1, 3, 7, 32];

/// Kinds of values by hazard.
const VALUES: [Values; 6] =
    [Values::Ordinary, Values::Zeros, Values::NegativeZeros, Values::Denormal, Values::Huge, Values::Ties];

#[derive(Clone, Copy, Debug)]
pub(crate) enum Values {
    /// Between −1 and 1.
    Ordinary,
    Zeros,
    NegativeZeros,
    /// Too small to be normal.
    Denormal,
    /// Some of the products and sums overflow.
    Huge,
    /// Few distinct values, so that sums cancel and maxima tie.
    Ties,
    /// Finite, with any sign, exponent and mantissa.
    AnyExponent,
    /// NaN with either sign and another payload, infinities, and the largest numbers among ordinary ones.
    NotFinite,
}

const NOT_FINITE: [f32; 7] =
    [f32::NAN, -f32::NAN, f32::from_bits(0x7fc1_2345), f32::INFINITY, f32::NEG_INFINITY, f32::MAX, f32::MIN];

impl Values {
    pub(crate) fn fill(self, random: &mut Random, count: usize) -> Vec<f32> {
        (0..count)
            .map(|_| {
                let ordinary = 2.0 * random.uniform() - 1.0;
                match self {
                    Self::Ordinary => ordinary,
                    Self::Zeros => 0.0,
                    Self::NegativeZeros => -0.0,
                    Self::Denormal => f32::from_bits(random.next_u32() & 0x807f_ffff),
                    Self::Huge => ordinary * f32::MAX,
                    Self::Ties => [-1.0, 0.0, 1.0, 0.5][random.below(4) as usize],
                    // Of the exponents, the highest belongs to infinity and NaN.
                    Self::AnyExponent => f32::from_bits(random.next_u32() & 0x807f_ffff | random.below(255) << 23),
                    Self::NotFinite => NOT_FINITE.get(random.below(12) as usize).copied().unwrap_or(ordinary),
                }
            })
            .collect()
    }
}

/// The element type of the samples: u8 or f32.
pub(crate) trait Samples: Element {
    fn fill(values: Values, random: &mut Random, count: usize) -> Vec<Self>;
}

impl Samples for u8 {
    fn fill(values: Values, random: &mut Random, count: usize) -> Vec<Self> {
        let zeros = matches!(values, Values::Zeros | Values::NegativeZeros);
        (0..count).map(|_| if zeros || random.below(2) == 0 { 0 } else { random.next_u32() as u8 }).collect()
    }
}

impl Samples for f32 {
    fn fill(values: Values, random: &mut Random, count: usize) -> Vec<Self> {
        // Huge samples with huge weights would only ever give NaN.
        let values = if matches!(values, Values::Huge) { Values::Ordinary } else { values };
        values.fill(random, count)
    }
}

/// Runs `check` for every shape and kind of values.
pub(crate) fn for_each_case<T: Samples>(check: impl Fn(&str, &mut Random, Values, Rows<'_, T>, usize)) {
    let mut random = Random::new(2026, 3);
    for width in WIDTHS {
        for units in UNITS {
            for batch in BATCHES {
                for values in VALUES {
                    let stored = batch + 2;
                    let samples = T::fill(values, &mut random, stored * width);
                    let order: Vec<u32> = (0..batch).map(|_| random.below(stored as u32)).collect();
                    let rows = match random.below(3) {
                        0 => Rows::contiguous(&samples, width, batch),
                        1 => Rows::indexed(&samples, width, &order).unwrap(),
                        _ => Rows::indexed(&samples, width, &order).unwrap().followed_by(&order).unwrap(),
                    };
                    let case =
                        format!("{} inputs, {units} units, batch {batch}, {values:?}", std::any::type_name::<T>());
                    let case = format!("width {width}, {case}");
                    check(&case, &mut random, values, rows, units);
                }
            }
        }
    }
}

/// The 65 floats around a positive `value`, each with either sign.
pub(crate) fn around(value: f32) -> Vec<f32> {
    let bits = value.to_bits();
    (bits - 32..=bits + 32).map(f32::from_bits).flat_map(|value| [value, -value]).collect()
}

/// Whether some of the values were flushed to zero and one is exactly `limit`.
pub(crate) fn straddle(values: &[f32], limit: f32) -> bool {
    values.contains(&0.0) && values.contains(&limit)
}
