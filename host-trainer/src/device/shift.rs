//! Covariate shifts of pictures: rotation, inversion, translation and noise.

use clap::ValueEnum;
use dense_core::Random;

use crate::data::{Inputs, Samples};

/// The kind of a covariate shift of pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Shift {
    /// Inverted greys; the amount is how far, from 0 to 1
    Inverted,
    /// Rotated clockwise; the amount is in degrees
    Rotated,
    /// Moved to the right and down; the amount is in pixels
    Translated,
    /// Gaussian noise; the amount is the standard deviation in greys
    Noisy,
}

impl Shift {
    /// The name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Inverted => "inverted",
            Self::Rotated => "rotated",
            Self::Translated => "translated",
            Self::Noisy => "noisy",
        }
    }

    /// An amount at which a classifier of clothes fails, and from which one layer can recover.
    pub const fn default_amount(self) -> f64 {
        match self {
            Self::Inverted => 1.0,
            Self::Rotated => 30.0,
            Self::Translated => 3.0,
            Self::Noisy => 96.0,
        }
    }

    /// The smallest and the largest amount for pictures of `[height, width]`.
    pub fn amounts(self, [height, width]: [usize; 2]) -> (f64, f64) {
        match self {
            Self::Inverted => (0.0, 1.0),
            Self::Rotated => (-180.0, 180.0),
            Self::Translated => (-(height.max(width) as f64), height.max(width) as f64),
            Self::Noisy => (0.0, 255.0),
        }
    }

    /// The samples with every picture, of `[height, width]`, shifted; a function of the samples and the state of
    /// `random`.
    #[must_use]
    pub fn of(self, samples: &Samples, size: [usize; 2], amount: f64, random: &mut Random) -> Samples {
        let mut shifted = samples.clone();
        let Inputs::Bytes { width, values } = &mut shifted.inputs else { return shifted };
        let (sin, cos) = (libm::sin(amount.to_radians()), libm::cos(amount.to_radians()));
        for picture in values.chunks_exact_mut(*width) {
            match self {
                Self::Inverted => map(picture, |grey| grey + amount * (255.0 - 2.0 * grey)),
                Self::Rotated => resample(picture, size, |x, y| (cos * x + sin * y, cos * y - sin * x)),
                Self::Translated => resample(picture, size, |x, y| (x - amount, y - amount)),
                Self::Noisy => map(picture, |grey| grey + amount * gaussian(random)),
            }
        }
        shifted
    }
}

fn map(picture: &mut [u8], mut new: impl FnMut(f64) -> f64) {
    for grey in picture {
        *grey = to_grey(new(f64::from(*grey)));
    }
}

/// Takes each pixel from `source` of its place, counted from the middle, by bilinear interpolation; outside is black.
fn resample(picture: &mut [u8], [height, width]: [usize; 2], source: impl Fn(f64, f64) -> (f64, f64)) {
    let original = picture.to_vec();
    let middle = [(width - 1) as f64 / 2.0, (height - 1) as f64 / 2.0];
    let grey = |column: f64, row: f64| {
        if !(0.0..width as f64).contains(&column) || !(0.0..height as f64).contains(&row) {
            return 0.0;
        }
        f64::from(original[row as usize * width + column as usize])
    };
    for (index, pixel) in picture.iter_mut().enumerate() {
        let (x, y) = source((index % width) as f64 - middle[0], (index / width) as f64 - middle[1]);
        let (x, y) = (x + middle[0], y + middle[1]);
        let (left, top) = (x.floor(), y.floor());
        let (right_share, bottom_share) = (x - left, y - top);
        let upper = grey(left, top) * (1.0 - right_share) + grey(left + 1.0, top) * right_share;
        let lower = grey(left, top + 1.0) * (1.0 - right_share) + grey(left + 1.0, top + 1.0) * right_share;
        *pixel = to_grey(upper * (1.0 - bottom_share) + lower * bottom_share);
    }
}

fn to_grey(value: f64) -> u8 {
    value.round().clamp(0.0, 255.0) as u8
}

/// Nearly normal, of mean 0 and standard deviation 1: twelve uniform numbers together have the variance 1, and a sum has
/// the same bits on every machine.
fn gaussian(random: &mut Random) -> f64 {
    (0..12).map(|_| f64::from(random.uniform())).sum::<f64>() - 6.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Targets;

    const SIDE: usize = 28;

    fn samples(values: Vec<u8>) -> Samples {
        let labels = vec![3; values.len() / (SIDE * SIDE)];
        Samples {
            inputs: Inputs::Bytes { width: SIDE * SIDE, values },
            targets: Targets::Labels(labels),
            groups: Vec::new(),
        }
    }

    /// One picture: black but for a few pixels `(column, row, grey)`.
    fn picture(pixels: &[(usize, usize, u8)]) -> Samples {
        let mut values = vec![0; SIDE * SIDE];
        for &(column, row, grey) in pixels {
            values[row * SIDE + column] = grey;
        }
        samples(values)
    }

    fn shifted(shift: Shift, amount: f64, samples: &Samples, seed: u64) -> Samples {
        shift.of(samples, [SIDE; 2], amount, &mut Random::new(seed, 0))
    }

    fn greys(samples: &Samples) -> &[u8] {
        let Inputs::Bytes { values, .. } = &samples.inputs else { panic!("pictures") };
        values
    }

    #[test]
    fn amount_0_changes_nothing() {
        let samples = picture(&[(0, 0, 1), (27, 27, 255), (13, 14, 77)]);
        for shift in Shift::value_variants() {
            assert_eq!(shifted(*shift, 0.0, &samples, 0), samples, "{shift:?}");
        }
    }

    #[test]
    fn pixels_go_where_they_should() {
        use Shift::{Inverted, Rotated, Translated};
        let cases: &[(_, f64, &[_], &[_])] = &[
            (Translated, 3.0, &[(0, 0, 9), (24, 24, 8), (25, 0, 7)], &[(3, 3, 9), (27, 27, 8)]),
            (Translated, -2.0, &[(2, 5, 9), (1, 1, 8)], &[(0, 3, 9)]),
            (Translated, 0.5, &[(4, 4, 100)], &[(4, 4, 25), (5, 4, 25), (4, 5, 25), (5, 5, 25)]),
            (Rotated, 180.0, &[(0, 0, 9), (27, 3, 8)], &[(27, 27, 9), (0, 24, 8)]),
            // Clockwise: the upper left corner goes to the upper right.
            (Rotated, 90.0, &[(0, 0, 9)], &[(27, 0, 9)]),
        ];
        for &(shift, amount, before, after) in cases {
            let found = shifted(shift, amount, &picture(before), 0);
            assert_eq!(found, picture(after), "{shift:?} {amount}");
        }
        let inverted = shifted(Inverted, 1.0, &picture(&[(1, 0, 255), (2, 0, 55)]), 0);
        assert_eq!(greys(&inverted)[..4], [255, 0, 200, 255]);
        assert_eq!(greys(&shifted(Inverted, 0.5, &picture(&[(0, 0, 9)]), 0)), [128; SIDE * SIDE]);
    }

    #[test]
    fn pictures_may_be_of_any_size() {
        let wide = Samples {
            inputs: Inputs::Bytes { width: 6, values: vec![1, 2, 3, 4, 5, 6] },
            targets: Targets::Labels(vec![0]),
            groups: Vec::new(),
        };
        let of = |shift: Shift, amount| shift.of(&wide, [2, 3], amount, &mut Random::new(0, 0));
        assert_eq!(greys(&of(Shift::Translated, 1.0)), [0, 0, 0, 0, 1, 2]);
        assert_eq!(greys(&of(Shift::Rotated, 180.0)), [6, 5, 4, 3, 2, 1]);
        assert_eq!(Shift::Translated.amounts([2, 3]), (-3.0, 3.0));
    }

    #[test]
    fn noise_follows_the_seed_and_has_its_deviation() {
        let grey = samples(vec![128; 20 * SIDE * SIDE]);
        let noisy = |seed| shifted(Shift::Noisy, 20.0, &grey, seed);
        assert_eq!(noisy(1), noisy(1));
        assert_ne!(noisy(1), noisy(2));
        let noisy = noisy(1);
        let errors = greys(&noisy).iter().map(|&grey| f64::from(grey) - 128.0);
        let (sum, squares) = errors.fold((0.0, 0.0), |(sum, squares), error| (sum + error, squares + error * error));
        let count = greys(&noisy).len() as f64;
        assert!((sum / count).abs() < 0.5, "mean {}", sum / count);
        assert!(((squares / count).sqrt() - 20.0).abs() < 0.5, "deviation {}", (squares / count).sqrt());
    }
}
