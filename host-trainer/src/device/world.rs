//! Worlds that differ from the one the model was trained in: every image changed in the same way.

use clap::ValueEnum;
use dense_core::Random;

use crate::dataset::Split;
use crate::idx::{PIXELS, SIDE};

/// What happens to the images of a shifted world.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum World {
    /// Dark becomes bright; the amount is how far, from 0 to 1
    Inverted,
    /// The camera is turned; the amount is in degrees, clockwise
    Rotated,
    /// The camera is moved; the amount is in pixels, to the right and down
    Translated,
    /// The sensor is noisy; the amount is the standard deviation in greys
    Noisy,
}

impl World {
    /// The name as `--world` takes it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Inverted => "inverted",
            Self::Rotated => "rotated",
            Self::Translated => "translated",
            Self::Noisy => "noisy",
        }
    }

    /// An amount at which the trained model fails, and at which one layer can learn to do better.
    #[must_use]
    pub const fn default_amount(self) -> f64 {
        match self {
            Self::Inverted => 1.0,
            Self::Rotated => 30.0,
            Self::Translated => 3.0,
            Self::Noisy => 96.0,
        }
    }

    /// The smallest and the largest amount that make sense.
    #[must_use]
    pub const fn amounts(self) -> (f64, f64) {
        match self {
            Self::Inverted => (0.0, 1.0),
            Self::Rotated => (-180.0, 180.0),
            Self::Translated => (-(SIDE as f64), SIDE as f64),
            Self::Noisy => (0.0, 255.0),
        }
    }

    /// The images of `split` as this world shows them; labels stay. The same seed gives the same images.
    #[must_use]
    pub fn shift(self, split: &Split, amount: f64, random: &mut Random) -> Split {
        let (sin, cos) = (libm::sin(amount.to_radians()), libm::cos(amount.to_radians()));
        let images = split.images.iter().map(|image| match self {
            Self::Inverted => image.map(|grey| to_grey(f64::from(grey) + amount * (255.0 - 2.0 * f64::from(grey)))),
            Self::Rotated => resample(image, |x, y| (cos * x + sin * y, cos * y - sin * x)),
            Self::Translated => resample(image, |x, y| (x - amount, y - amount)),
            Self::Noisy => image.map(|grey| to_grey(f64::from(grey) + amount * gaussian(random))),
        });
        Split { images: images.collect(), labels: split.labels.clone() }
    }
}

/// An image of which each pixel comes from another place, black where that is outside. Places are counted from the
/// middle of the image; between pixels, the four neighbours are mixed.
fn resample(image: &[u8; PIXELS], source: impl Fn(f64, f64) -> (f64, f64)) -> [u8; PIXELS] {
    const MIDDLE: f64 = (SIDE - 1) as f64 / 2.0;
    let grey = |column: f64, row: f64| {
        let inside = 0.0..SIDE as f64;
        if !inside.contains(&column) || !inside.contains(&row) {
            return 0.0;
        }
        f64::from(image[row as usize * SIDE + column as usize])
    };
    std::array::from_fn(|pixel| {
        let (column, row) = ((pixel % SIDE) as f64, (pixel / SIDE) as f64);
        let (x, y) = source(column - MIDDLE, row - MIDDLE);
        let (x, y) = (x + MIDDLE, y + MIDDLE);
        let (left, top) = (x.floor(), y.floor());
        let (right_share, bottom_share) = (x - left, y - top);
        let upper = grey(left, top) * (1.0 - right_share) + grey(left + 1.0, top) * right_share;
        let lower = grey(left, top + 1.0) * (1.0 - right_share) + grey(left + 1.0, top + 1.0) * right_share;
        to_grey(upper * (1.0 - bottom_share) + lower * bottom_share)
    })
}

fn to_grey(value: f64) -> u8 {
    value.round().clamp(0.0, 255.0) as u8
}

/// A number of mean 0 and standard deviation 1, nearly normal: twelve uniform ones have the variance 1 together, and
/// a sum has the same bits on every machine.
fn gaussian(random: &mut Random) -> f64 {
    (0..12).map(|_| f64::from(random.uniform())).sum::<f64>() - 6.0
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One image: black but for a few pixels `(column, row, grey)`.
    fn split(pixels: &[(usize, usize, u8)]) -> Split {
        let mut image = [0; PIXELS];
        for &(column, row, grey) in pixels {
            image[row * SIDE + column] = grey;
        }
        Split { images: vec![image], labels: vec![3] }
    }

    fn shifted(world: World, amount: f64, pixels: &[(usize, usize, u8)]) -> Split {
        world.shift(&split(pixels), amount, &mut Random::new(0, 0))
    }

    #[test]
    fn amount_0_changes_nothing() {
        let pixels = [(0, 0, 1), (27, 27, 255), (13, 14, 77)];
        for world in World::value_variants() {
            assert_eq!(shifted(*world, 0.0, &pixels), split(&pixels), "{world:?}");
        }
    }

    #[test]
    fn pixels_go_where_they_should() {
        let cases: &[(World, f64, &[_], &[_])] = &[
            (World::Translated, 3.0, &[(0, 0, 9), (24, 24, 8), (25, 0, 7)], &[(3, 3, 9), (27, 27, 8)]),
            (World::Translated, -2.0, &[(2, 5, 9), (1, 1, 8)], &[(0, 3, 9)]),
            (World::Translated, 0.5, &[(4, 4, 100)], &[(4, 4, 25), (5, 4, 25), (4, 5, 25), (5, 5, 25)]),
            (World::Rotated, 180.0, &[(0, 0, 9), (27, 3, 8)], &[(27, 27, 9), (0, 24, 8)]),
            // Clockwise: the upper left corner goes to the upper right.
            (World::Rotated, 90.0, &[(0, 0, 9)], &[(27, 0, 9)]),
        ];
        for &(world, amount, before, after) in cases {
            assert_eq!(shifted(world, amount, before), split(after), "{world:?} {amount}");
        }
        let inverted = shifted(World::Inverted, 1.0, &[(1, 0, 255), (2, 0, 55)]);
        assert_eq!(inverted.images[0][..4], [255, 0, 200, 255]);
        assert_eq!(shifted(World::Inverted, 0.5, &[(0, 0, 9)]).images[0], [128; PIXELS]);
    }

    #[test]
    fn noise_follows_the_seed_and_has_its_deviation() {
        let grey = Split { images: vec![[128; PIXELS]; 20], labels: vec![0; 20] };
        let noisy = |seed| World::Noisy.shift(&grey, 20.0, &mut Random::new(seed, 0));
        assert_eq!(noisy(1), noisy(1));
        assert_ne!(noisy(1), noisy(2));
        let noisy = noisy(1);
        let errors = noisy.images.as_flattened().iter().map(|&grey| f64::from(grey) - 128.0);
        let (sum, squares) = errors.fold((0.0, 0.0), |(sum, squares), error| (sum + error, squares + error * error));
        let count = (20 * PIXELS) as f64;
        assert!((sum / count).abs() < 0.5, "mean {}", sum / count);
        assert!(((squares / count).sqrt() - 20.0).abs() < 0.5, "deviation {}", (squares / count).sqrt());
    }
}
