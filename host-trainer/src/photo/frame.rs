//! From greys of any size to an object on black in the middle of 28 × 28.

use image::GrayImage;
use image::imageops::{self, FilterType};

use super::{Invert, PIXELS, PhotoError, Preparation, SIDE, Step};

/// The darkest grey that counts as light.
const LIGHT: u8 = 128;
/// How far from the background a pixel is at least that belongs to the object: more than 5 % of all greys.
const TOLERANCE: u8 = 13;
/// The object's edges are looked for in a copy of at most so many pixels along each side, in which the grain of a
/// photograph averages out.
const OVERVIEW: u32 = 10 * SIDE as u32;

/// Frames the object, and says how.
pub(super) fn frame(
    mut greys: GrayImage,
    preparation: &Preparation,
    steps: &mut Vec<Step>,
) -> Result<[u8; PIXELS], PhotoError> {
    let mut background = Background::of(&greys);
    let invert = match preparation.invert {
        Invert::Auto => background.is_light(),
        Invert::Always => true,
        Invert::Never => false,
    };
    if invert {
        imageops::invert(&mut greys);
        background.grey = u8::MAX - background.grey;
        steps.push(Step::Inverted);
    }
    let mut image = [0; PIXELS];
    if greys.dimensions() == (SIDE as u32, SIDE as u32) {
        image.copy_from_slice(&greys);
        return Ok(image);
    }
    if (1..LIGHT).contains(&background.grey) {
        steps.push(Step::Blackened(background.grey));
        background.blacken(&mut greys);
    }
    let (left, top, width, height) = object(&greys, background.grey).ok_or(PhotoError::Blank)?;
    if (width, height) != greys.dimensions() {
        greys = imageops::crop_imm(&greys, left, top, width, height).to_image();
        steps.push(Step::Cut { width, height });
    }
    let (width, height) = fit(width, height, SIDE as u32 - 2 * preparation.margin);
    if (width, height) != greys.dimensions() {
        greys = imageops::resize(&greys, width, height, FilterType::Triangle);
        steps.push(Step::Scaled { width, height });
    }
    if (width, height) != (SIDE as u32, SIDE as u32) {
        steps.push(Step::Centred);
    }
    let [left, top] = [width, height].map(|length| (SIDE - length as usize) / 2);
    for (row, greys) in greys.chunks_exact(width as usize).enumerate() {
        image[(top + row) * SIDE + left..][..greys.len()].copy_from_slice(greys);
    }
    Ok(image)
}

/// What is behind the object, as the edge of the picture shows it.
struct Background {
    grey: u8,
}

impl Background {
    /// Light where two thirds of the edge are. Of the 70,000 images of Fashion-MNIST, all on black but many as large as
    /// their frame, none is taken for light by that: in the lightest, it is 57 % of the edge. The background's grey is
    /// the median of the greys of its kind.
    fn of(greys: &GrayImage) -> Self {
        let (right, bottom) = (greys.width() - 1, greys.height() - 1);
        let edge = greys.enumerate_pixels().filter(|&(x, y, _)| x == 0 || y == 0 || x == right || y == bottom);
        let mut edge: Vec<u8> = edge.map(|(_, _, grey)| grey.0[0]).collect();
        edge.sort_unstable();
        let (dark, light) = edge.split_at(edge.partition_point(|&grey| grey < LIGHT));
        let kind = if 3 * light.len() >= 2 * edge.len() { light } else { dark };
        Self { grey: kind[kind.len() / 2] }
    }

    const fn is_light(&self) -> bool {
        self.grey >= LIGHT
    }

    /// Stretches the greys so that the background becomes 0 and white stays white.
    fn blacken(&mut self, greys: &mut GrayImage) {
        let span = u32::from(u8::MAX - self.grey);
        for grey in greys.iter_mut() {
            *grey = ((u32::from(grey.saturating_sub(self.grey)) * 255 + span / 2) / span) as u8;
        }
        self.grey = 0;
    }
}

/// Left, top, width and height of what differs from the background; nothing if all is alike.
fn object(greys: &GrayImage, background: u8) -> Option<(u32, u32, u32, u32)> {
    let (width, height) = greys.dimensions();
    let longest = width.max(height);
    if longest > OVERVIEW {
        let (small_width, small_height) = fit(width, height, OVERVIEW);
        let small = imageops::thumbnail(greys, small_width, small_height);
        let (left, top, object_width, object_height) = object(&small, background)?;
        let scale = |place: u32, from: u32, to: u32| (u64::from(place) * u64::from(to) / u64::from(from)) as u32;
        let scale_up =
            |place: u32, from: u32, to: u32| (u64::from(place) * u64::from(to)).div_ceil(u64::from(from)) as u32;
        let (left, right) = (scale(left, small_width, width), scale_up(left + object_width, small_width, width));
        let (top, bottom) = (scale(top, small_height, height), scale_up(top + object_height, small_height, height));
        return Some((left, top, right - left, bottom - top));
    }
    let differs = |grey: u8| grey.abs_diff(background) >= TOLERANCE;
    let places = || greys.enumerate_pixels().filter(|(_, _, grey)| differs(grey.0[0]));
    let (left, right) = (places().map(|place| place.0).min()?, places().map(|place| place.0).max()?);
    let (top, bottom) = (places().map(|place| place.1).min()?, places().map(|place| place.1).max()?);
    Some((left, top, right - left + 1, bottom - top + 1))
}

/// The size of the same shape whose longer side is `longest`; no side is less than 1.
fn fit(width: u32, height: u32, longest: u32) -> (u32, u32) {
    let side = u64::from(width.max(height));
    let scale = |length: u32| ((u64::from(length) * u64::from(longest) + side / 2) / side).max(1) as u32;
    (scale(width), scale(height))
}
