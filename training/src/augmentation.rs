//! Augmentation of pictures: random shifts.

use dense_core::kernels::Rows;
use dense_core::{Error, Random};

use super::settings::{Data, Settings};
use crate::samples::Inputs;

/// The first of the streams of [`Random`] that shifts are drawn from, one a step, four apart.
const STREAM: u64 = 3;

/// Random translation of every second picture on average, drawn anew at each step; what moves in is black.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shifts {
    height: usize,
    width: usize,
    /// Of rows and of columns, in either direction.
    largest: usize,
    seed: u64,
}

impl Shifts {
    /// Those of the recipe, where it has any.
    ///
    /// # Errors
    /// [`Error::Setting`] where inputs are no pictures, or smaller than a shift.
    pub(super) fn new(settings: &Settings, data: &Data<'_>) -> Result<Option<Self>, Error> {
        let (largest, seed) = (settings.recipe.shift, settings.recipe.seed);
        if largest == 0 {
            return Ok(None);
        }
        let refused = |most: usize| Error::Setting {
            what: "shift of pictures",
            found: largest as f32,
            least: 0.0,
            most: most as f32,
        };
        match (&data.train.inputs, data.picture) {
            (Inputs::Bytes { width: inputs, .. }, Some([height, width])) if height * width == *inputs => {
                let most = height.min(width) - 1;
                if largest <= most { Ok(Some(Self { height, width, largest, seed })) } else { Err(refused(most)) }
            }
            _ => Err(refused(0)),
        }
    }

    /// The pictures of a step, counted from the first one of the training, shifted.
    pub(super) fn apply(&self, step: usize, pictures: Rows<'_, u8>, shifted: &mut Vec<u8>) {
        let Self { height, width, largest, seed } = *self;
        shifted.clear();
        shifted.resize(pictures.len() * pictures.width(), 0);
        let mut random = Random::new(seed, STREAM + 4 * step as u64);
        for (sample, shifted) in shifted.chunks_exact_mut(height * width).enumerate() {
            let picture = pictures.row(sample);
            if random.below(2) == 0 {
                shifted.copy_from_slice(picture);
                continue;
            }
            // From 0, the largest to the top or to the left, to twice the largest.
            let mut draw = || random.below(2 * largest as u32 + 1) as usize;
            let (down, right) = (draw(), draw());
            let (from, to) = (largest.saturating_sub(right), right.saturating_sub(largest));
            let columns = width - from - to;
            for row in largest.saturating_sub(down)..height - down.saturating_sub(largest) {
                let source = &picture[row * width + from..][..columns];
                shifted[(row + down - largest) * width + to..][..columns].copy_from_slice(source);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shift_is_drawn_and_moves_black_in() {
        let (height, width, largest) = (4, 5, 2_usize);
        let shifts = Shifts { height, width, largest, seed: 1 };
        let picture: Vec<u8> = (1..=20).collect();
        let mut found = [[0; 5]; 5];
        let (draws, rows) = (100, 10);
        let mut shifted = Vec::new();
        for step in 0..draws {
            shifts.apply(step, Rows::repeated(&picture, rows), &mut shifted);
            for shifted in shifted.chunks_exact(20) {
                let pixel = |row: isize, column: isize| {
                    let inside = (0..4).contains(&row) && (0..5).contains(&column);
                    if inside { picture[(row * 5 + column) as usize] } else { 0 }
                };
                let is = |down: isize, right: isize| {
                    (0..20).all(|at| shifted[at as usize] == pixel(at / 5 - down, at % 5 - right))
                };
                let all = (-2..=2).flat_map(|down| (-2..=2).map(move |right| (down, right)));
                let matching: Vec<_> = all.filter(|&(down, right)| is(down, right)).collect();
                let [(down, right)] = matching[..] else { panic!("{shifted:?}") };
                found[(down + 2) as usize][(right + 2) as usize] += 1;
            }
        }
        // Half of all, and one in 25 of the others.
        assert!((450..=590).contains(&found[2][2]), "{found:?}");
        found[2][2] = 20;
        assert!(found.as_flattened().iter().all(|count| (8..=35).contains(count)), "{found:?}");
    }
}
