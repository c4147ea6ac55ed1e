//! The colours of the report and the pictures, for light and for dark paper. Blue and orange stay apart for colour-blind
//! eyes.

use std::fmt::Write as _;

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
    /// The class of the style sheet.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Ink => "ink",
            Self::Muted => "muted",
            Self::Rule => "rule",
            Self::Blue => "blue",
            Self::Green => "green",
            Self::Orange => "orange",
            Self::Purple => "purple",
            Self::Pink => "pink",
            Self::Olive => "olive",
        }
    }
}

/// All colours of one kind of paper.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Palette {
    pub paper: Colour,
    pub ink: Colour,
    pub muted: Colour,
    pub rule: Colour,
    blue: Colour,
    green: Colour,
    orange: Colour,
    purple: Colour,
    pink: Colour,
    olive: Colour,
}

impl Palette {
    /// Light paper, also that of the pictures.
    pub(crate) const LIGHT: Self = Self {
        paper: Colour([255, 255, 255]),
        ink: Colour([27, 30, 35]),
        muted: Colour([94, 101, 111]),
        rule: Colour([224, 227, 231]),
        blue: Colour([32, 98, 173]),
        green: Colour([13, 112, 88]),
        orange: Colour([186, 74, 6]),
        purple: Colour([116, 58, 168]),
        pink: Colour([176, 36, 108]),
        olive: Colour([104, 92, 0]),
    };

    /// Dark paper.
    pub(crate) const DARK: Self = Self {
        paper: Colour([20, 22, 26]),
        ink: Colour([229, 232, 236]),
        muted: Colour([154, 162, 173]),
        rule: Colour([50, 54, 61]),
        blue: Colour([116, 174, 240]),
        green: Colour([88, 199, 165]),
        orange: Colour([243, 151, 84]),
        purple: Colour([190, 150, 240]),
        pink: Colour([240, 130, 185]),
        olive: Colour([205, 190, 90]),
    };

    /// Weights below zero, in maps. Like that above it, a mid-tone that stands out from light and dark paper alike.
    pub(crate) const AGAINST: Colour = Colour([38, 112, 196]);
    /// Weights above zero, in maps.
    pub(crate) const FAVOUR: Colour = Colour([221, 96, 18]);

    /// How opaque a hue may be, at most, where ink is written on it.
    pub(crate) const DARKEST_SHADE: f64 = 0.5;

    /// The colour of a hue.
    pub(crate) const fn hue(&self, hue: Hue) -> Colour {
        match hue {
            Hue::Ink => self.ink,
            Hue::Muted => self.muted,
            Hue::Rule => self.rule,
            Hue::Blue => self.blue,
            Hue::Green => self.green,
            Hue::Orange => self.orange,
            Hue::Purple => self.purple,
            Hue::Pink => self.pink,
            Hue::Olive => self.olive,
        }
    }

    /// The variables of the style sheet: `--ink:27 30 35;`, to be used as `rgb(var(--ink))`.
    pub(crate) fn variables(&self) -> String {
        let Self { paper, ink, muted, rule, blue, green, orange, purple, pink, olive } = self;
        let mut text = String::new();
        for (name, Colour([red, green, blue])) in [
            ("paper", paper),
            ("ink", ink),
            ("muted", muted),
            ("rule", rule),
            (Hue::Blue.name(), blue),
            (Hue::Green.name(), green),
            (Hue::Orange.name(), orange),
            (Hue::Purple.name(), purple),
            (Hue::Pink.name(), pink),
            (Hue::Olive.name(), olive),
            ("against", &Self::AGAINST),
            ("favour", &Self::FAVOUR),
        ] {
            let _ = write!(text, "--{name}:{red} {green} {blue};");
        }
        text
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
        for palette in [Palette::LIGHT, Palette::DARK] {
            let Palette { paper, ink, muted, blue, green, orange, purple, pink, olive, .. } = palette;
            for colour in [ink, muted, blue, green, orange, purple, pink, olive] {
                assert!(contrast(colour, paper) >= 4.5, "{colour:?} on {paper:?}");
            }
            for hue in [blue, orange] {
                let shade = hue.over(Palette::DARKEST_SHADE, paper);
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
