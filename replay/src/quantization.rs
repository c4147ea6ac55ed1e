//! Values in a few bits.

/// How many bits a value of an input takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bits {
    /// 2 levels; 8 values a byte.
    One,
    /// 4 levels; 4 values a byte.
    Two,
    /// 16 levels; 2 values a byte.
    Four,
    /// 256 levels; a byte each.
    Eight,
}

impl Bits {
    /// The number of bits.
    #[must_use]
    pub const fn count(self) -> usize {
        match self {
            Self::One => 1,
            Self::Two => 2,
            Self::Four => 4,
            Self::Eight => 8,
        }
    }

    /// How many values share a byte.
    pub(crate) const fn values_per_byte(self) -> usize {
        8 / self.count()
    }

    /// The highest level; the lowest is 0.
    pub(crate) const fn highest(self) -> u8 {
        u8::MAX >> (8 - self.count())
    }
}

/// Uniform quantization: a level stands for the value `minimum + level · step`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quantization {
    /// The value of level 0.
    pub minimum: f32,
    /// From one level to the next.
    pub step: f32,
}

impl Quantization {
    /// Levels from `minimum` to `maximum`. Values beyond become the nearest of the two.
    #[must_use]
    pub const fn new(minimum: f32, maximum: f32, bits: Bits) -> Self {
        Self { minimum, step: (maximum - minimum) / bits.highest() as f32 }
    }

    /// The level nearest to `value`. It is 0 for NaN, and where all levels are the same.
    pub(crate) fn level(self, value: f32, bits: Bits) -> u8 {
        rounded((value - self.minimum) / self.step, bits.highest())
    }

    /// The value of a level.
    pub(crate) fn value(self, level: u8) -> f32 {
        self.minimum + f32::from(level) * self.step
    }
}

/// The integer from 0 to `most` that is nearest to `value`, the even one of two; 0 for NaN.
///
/// Added to 2²³, a number has no bits left for a fraction, and the low ones are the integer. There is no conversion that a
/// compiler could turn into a wrong vector instruction, and the rounding is the same everywhere.
fn rounded(value: f32, most: u8) -> u8 {
    const TWO_TO_23: f32 = 8_388_608.0;
    let most = f32::from(most);
    let value = match value {
        value if value >= most => most,
        value if value > 0.0 => value,
        _ => 0.0,
    };
    (value + TWO_TO_23).to_bits() as u8
}

/// A value of an input: a byte of a picture, or a number.
pub trait Value: Copy {
    /// The value as a number.
    fn to_f32(self) -> f32;

    /// The value nearest to a number.
    fn from_f32(number: f32) -> Self;
}

impl Value for u8 {
    fn to_f32(self) -> f32 {
        f32::from(self)
    }

    fn from_f32(number: f32) -> Self {
        rounded(number, Self::MAX)
    }
}

impl Value for f32 {
    fn to_f32(self) -> f32 {
        self
    }

    fn from_f32(number: f32) -> Self {
        number
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Bits; 4] = [Bits::One, Bits::Two, Bits::Four, Bits::Eight];

    #[test]
    fn bytes_go_to_the_nearest_level_and_levels_stay() {
        for bits in ALL {
            let quantization = Quantization::new(0.0, 255.0, bits);
            // 255 is a multiple of 255, 15, 3 and 1.
            let step = 255 / bits.highest();
            for byte in 0..=255_u8 {
                let level = quantization.level(byte.to_f32(), bits);
                let value = u8::from_f32(quantization.value(level));
                assert_eq!(value, level * step, "{bits:?} {byte}");
                assert!(value.abs_diff(byte) <= step.div_ceil(2), "{bits:?} {byte} became {value}");
                assert_eq!(quantization.level(value.to_f32(), bits), level, "{bits:?} {byte}");
            }
        }
    }

    #[test]
    fn numbers_go_to_the_nearest_level_and_no_further() {
        let cases = [
            (-2.0, 0),
            (-1.0, 0),
            (-0.51, 1),
            (-0.34, 1),
            (0.3, 2),
            (0.99, 3),
            (1.0, 3),
            (1e30, 3),
            (f32::INFINITY, 3),
            (f32::NEG_INFINITY, 0),
            (f32::NAN, 0),
        ];
        let quantization = Quantization::new(-1.0, 1.0, Bits::Two);
        for (value, level) in cases {
            assert_eq!(quantization.level(value, Bits::Two), level, "{value}");
        }
        let values = [0, 1, 2, 3].map(|level| quantization.value(level));
        assert_eq!(values[0], -1.0);
        assert!((values[1] + 1.0 / 3.0).abs() < 1e-6 && (values[3] - 1.0).abs() < 1e-6, "{values:?}");
    }

    #[test]
    fn a_constant_has_one_level() {
        for bits in ALL {
            let quantization = Quantization::new(3.5, 3.5, bits);
            assert_eq!(quantization.level(3.5, bits), 0);
            assert_eq!(quantization.value(quantization.level(9.0, bits)), 3.5);
        }
    }

    #[test]
    fn halves_go_to_the_even_integer() {
        let cases = [(0.5, 0), (1.5, 2), (2.5, 2), (254.5, 254), (254.6, 255), (-0.0, 0), (1e-40, 0)];
        for (value, expected) in cases {
            assert_eq!(rounded(value, 255), expected, "{value}");
        }
    }
}
