//! A look-up table for pixels, applied before the first layer.

use crate::kernels::look_up;

/// A new value for each of the 256 values of a pixel.
///
/// A curve that brings out dark pixels makes a small network better and costs a device one look-up a pixel: pixels stay
/// bytes, so every kernel takes them, those on int8 too. A linear transformation of the pixels, such as to standardise
/// them, belongs into the weights.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PixelTable([u8; 256]);

impl PixelTable {
    /// Every pixel stays as it is.
    pub const IDENTITY: Self = {
        let mut values = [0; 256];
        let mut pixel = 0;
        while pixel < 256 {
            values[pixel] = pixel as u8;
            pixel += 1;
        }
        Self(values)
    };

    /// The table of these values, that of pixel 0 first.
    #[must_use]
    pub const fn new(values: [u8; 256]) -> Self {
        Self(values)
    }

    /// 255 · (pixel / 255)^exponent, rounded: below 1, dark pixels become brighter. From an exponent that is no number
    /// or negative comes a table of 255 or 0, never a panic.
    #[must_use]
    pub fn power(exponent: f64) -> Self {
        Self(core::array::from_fn(|pixel| libm::round(255.0 * libm::pow(pixel as f64 / 255.0, exponent)) as u8))
    }

    /// The values, that of pixel 0 first.
    #[must_use]
    pub const fn values(&self) -> &[u8; 256] {
        &self.0
    }

    /// Whether every pixel stays as it is; known to the compiler where the table is.
    #[must_use]
    pub const fn is_identity(&self) -> bool {
        let mut pixel = 0;
        while pixel < 256 {
            if self.0[pixel] as usize != pixel {
                return false;
            }
            pixel += 1;
        }
        true
    }

    /// The table, where it changes any pixel.
    #[must_use]
    pub const fn unless_identity(&self) -> Option<&Self> {
        if self.is_identity() { None } else { Some(self) }
    }

    /// Replaces the pixels of an image, of whatever size.
    pub fn apply(&self, image: &mut [u8]) {
        look_up(&self.0, image);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_curves_from_black_to_white() {
        for (exponent, dark, middle) in [(1.0, 1, 128), (0.5, 16, 181), (2.0, 0, 64)] {
            let table = PixelTable::power(exponent);
            let mut image = [0, 1, 128, 255];
            table.apply(&mut image);
            assert_eq!(image, [0, dark, middle, 255], "{exponent}");
            assert_eq!(table.is_identity(), exponent == 1.0);
            assert_eq!(table.unless_identity(), (exponent != 1.0).then_some(&table));
        }
        assert_eq!(PixelTable::power(1.0), PixelTable::IDENTITY);
        assert!(PixelTable::IDENTITY.is_identity());
    }
}
