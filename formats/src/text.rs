//! Texts from files, which go to terminals, reports and source code.

use crate::{Input, Model, Provenance};

/// Whether a character moves the cursor or changes the direction of a text.
pub fn is_unprintable(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// A metric: with four decimals, or where it is tiny or huge, in scientific notation with four significant digits.
pub fn four_digits<T: Into<f64>>(value: T) -> String {
    let value = value.into();
    let is_usual = value == 0.0 || !value.is_finite() || (1e-3..1e6).contains(&value.abs());
    if is_usual { format!("{value:.4}") } else { format!("{value:.3e}") }
}

impl Model {
    /// A name in it that has an unprintable character, if one has.
    pub fn unprintable_name(&self) -> Option<&str> {
        let (features, channels, group) = match &self.input {
            Input::Features { names, window: Some(window), .. } => {
                (&names[..], &window.channels[..], window.group.as_ref())
            }
            Input::Features { names, window: None, .. } => (&names[..], &[][..], None),
            Input::Pixels(_) => (&[][..], &[][..], None),
        };
        let provenance = match &self.provenance {
            Provenance::Trained { data_set, .. } => [data_set, ""],
            Provenance::Imported { file, format } => [file.as_str(), format.as_str()],
        };
        let names = features.iter().chain(channels).chain(group).chain(self.output.names()).chain(self.test.keys());
        names.map(String::as_str).chain(provenance).find(|text| text.contains(is_unprintable))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_metric_has_four_digits_whatever_its_size() {
        for (value, wanted) in [
            (0.0, "0.0000"),
            (0.482_34, "0.4823"),
            (-1.5, "-1.5000"),
            (0.001, "0.0010"),
            (0.000_999_94, "9.999e-4"),
            (1e-12, "1.000e-12"),
            (-2e-7, "-2.000e-7"),
            (999_999.0, "999999.0000"),
            (2_477_412_782_732_790_784.0, "2.477e18"),
            (f64::NAN, "NaN"),
            (f64::INFINITY, "inf"),
        ] {
            assert_eq!(four_digits(value), wanted);
        }
    }
}
