//! Look-up tables for pixels.

use crate::kernels::look_up;

/// A look-up table for pixels: an output byte for each input byte.
///
/// A gamma curve that brightens dark pixels makes a small network more accurate, at one look-up a pixel. Pixels stay
/// bytes, so every kernel takes them, the int8 ones too. A linear preprocessing step, such as standardisation, is
/// better folded into the weights of the first layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PixelTable([u8; 256]);

impl PixelTable {
    /// The table that leaves every pixel as it is.
    pub const IDENTITY: Self = {
        let mut values = [0; 256];
        let mut pixel = 0;
        while pixel < 256 {
            values[pixel] = pixel as u8;
            pixel += 1;
        }
        Self(values)
    };

    /// A table of these values, by pixel.
    #[must_use]
    pub const fn new(values: [u8; 256]) -> Self {
        Self(values)
    }

    /// The gamma curve 255 · (pixel / 255)^`exponent`, rounded. An exponent below 1 brightens dark pixels. One that is
    /// NaN or negative gives values of 0 or 255.
    #[must_use]
    pub fn power(exponent: f64) -> Self {
        Self(core::array::from_fn(|pixel| libm::round(255.0 * libm::pow(pixel as f64 / 255.0, exponent)) as u8))
    }

    /// The values, by pixel.
    #[must_use]
    pub const fn values(&self) -> &[u8; 256] {
        &self.0
    }

    /// Whether this is the identity; a constant where the table is one.
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

    /// The table, or `None` for the identity.
    #[must_use]
    pub const fn unless_identity(&self) -> Option<&Self> {
        if self.is_identity() { None } else { Some(self) }
    }

    /// Replaces each pixel of `image` by its entry.
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
