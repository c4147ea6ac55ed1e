//! The colours of the report and the pictures, for light and for dark paper. Blue and orange stay apart for colour-blind
//! eyes.

/// A colour: red, green and blue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Colour(pub [u8; 3]);

impl Colour {
    /// The alpha compositing of this colour, at an opacity from 0 to 1, over paper of another.
    pub(crate) fn over(self, opacity: f64, paper: Self) -> Self {
        let mix = |index: usize| {
            let (above, below) = (f64::from(self.0[index]), f64::from(paper.0[index]));
            (below + (above - below) * opacity.clamp(0.0, 1.0)).round() as u8
        };
        Self([mix(0), mix(1), mix(2)])
    }
}

/// A colour by its meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hue {
    /// Text.
    Ink,
    /// Text of less weight.
    Muted,
    /// Grid lines.
    Rule,
    /// Training, and what is right.
    Blue,
    /// Validation.
    Green,
    /// The test, and what is wrong.
    Orange,
    /// One of several runs, and so below.
    Purple,
    Pink,
    Olive,
}

impl Hue {
    /// Each, in order, its class in the style sheet, and its colour on light and on dark paper.
    const ALL: [(Self, &'static str, [u8; 3], [u8; 3]); 9] = [
        (Self::Ink, "ink", [27, 30, 35], [229, 232, 236]),
        (Self::Muted, "muted", [94, 101, 111], [154, 162, 173]),
        (Self::Rule, "rule", [224, 227, 231], [50, 54, 61]),
        (Self::Blue, "blue", [32, 98, 173], [116, 174, 240]),
        (Self::Green, "green", [13, 112, 88], [88, 199, 165]),
        (Self::Orange, "orange", [186, 74, 6], [243, 151, 84]),
        (Self::Purple, "purple", [116, 58, 168], [190, 150, 240]),
        (Self::Pink, "pink", [176, 36, 108], [240, 130, 185]),
        (Self::Olive, "olive", [104, 92, 0], [205, 190, 90]),
    ];

    /// The class of the style sheet.
    pub(crate) const fn name(self) -> &'static str {
        Self::ALL[self as usize].1
    }
}

/// The colours of one kind of paper.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Palette {
    /// Also that of the pictures.
    Light,
    Dark,
}

impl Palette {
    /// Weights below zero, in maps. Like that above it, a mid-tone that stands out from light and dark paper alike.
    pub(crate) const AGAINST: Colour = Colour([38, 112, 196]);
    /// Weights above zero, in maps.
    pub(crate) const FAVOUR: Colour = Colour([221, 96, 18]);

    /// How opaque a hue may be, at most, where ink is written on it.
    pub(crate) const DARKEST_SHADE: f64 = 0.5;

    pub(crate) const fn paper(self) -> Colour {
        match self {
            Self::Light => Colour([255, 255, 255]),
            Self::Dark => Colour([20, 22, 26]),
        }
    }

    pub(crate) const fn hue(self, hue: Hue) -> Colour {
        let (_, _, light, dark) = Hue::ALL[hue as usize];
        match self {
            Self::Light => Colour(light),
            Self::Dark => Colour(dark),
        }
    }

    /// The variables of the style sheet: `--ink:27 30 35;`, to be used as `rgb(var(--ink))`.
    pub(crate) fn variables(self) -> String {
        let hues = Hue::ALL.map(|(hue, name, ..)| (name, self.hue(hue)));
        let others = [("against", Self::AGAINST), ("favour", Self::FAVOUR)];
        let colours = [("paper", self.paper())].into_iter().chain(hues).chain(others);
        colours.map(|(name, Colour([red, green, blue]))| format!("--{name}:{red} {green} {blue};")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Relative luminance and contrast as WCAG 2 defines them.
    fn contrast(one: Colour, other: Colour) -> f64 {
        let luminance = |colour: Colour| {
            let linear = colour.0.map(|part| {
                let part = f64::from(part) / 255.0;
                if part <= 0.040_45 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
            });
            0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] + 0.05
        };
        let (one, other) = (luminance(one), luminance(other));
        one.max(other) / one.min(other)
    }

    #[test]
    fn whatever_is_written_can_be_read() {
        for palette in [Palette::Light, Palette::Dark] {
            let (paper, ink) = (palette.paper(), palette.hue(Hue::Ink));
            for (place, (hue, ..)) in Hue::ALL.into_iter().enumerate() {
                assert_eq!(hue as usize, place);
                let colour = palette.hue(hue);
                assert!(hue == Hue::Rule || contrast(colour, paper) >= 4.5, "{colour:?} on {paper:?}");
            }
            for hue in [Hue::Blue, Hue::Orange] {
                let shade = palette.hue(hue).over(Palette::DARKEST_SHADE, paper);
                assert!(contrast(ink, shade) >= 4.5, "{ink:?} on {shade:?}");
            }
        }
    }

    #[test]
    fn colours_mix_from_paper_to_ink() {
        let (white, colour) = (Colour([255; 3]), Colour([0, 100, 255]));
        for (opacity, wanted) in
            [(0.0, [255; 3]), (0.5, [128, 178, 255]), (1.0, [0, 100, 255]), (7.0, [0, 100, 255]), (-1.0, [255; 3])]
        {
            assert_eq!(colour.over(opacity, white), Colour(wanted));
        }
    }
}
