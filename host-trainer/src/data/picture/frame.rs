//! Cropping, scaling and centring of the object on a black background.

use image::GrayImage;
use image::imageops::{self, FilterType};

use super::{Invert, PictureError, Preparation, Step};

/// The darkest grey that counts as light.
const LIGHT: u8 = 128;
/// How far from the background a pixel is at least that belongs to the object: more than 5 % of all greys.
const TOLERANCE: u8 = 13;
/// The object's edges are looked for in a copy whose sides are so many times the longer side of the image at most, in
/// which the grain of a photograph averages out.
const OVERVIEW: u32 = 10;

/// Frames the object, and says how.
pub(super) fn frame(
    mut greys: GrayImage,
    preparation: &Preparation,
    [rows, columns]: [usize; 2],
    steps: &mut Vec<Step>,
) -> Result<Vec<u8>, PictureError> {
    if greys.iter().all(|grey| Some(grey) == greys.first()) {
        return Err(PictureError::Blank);
    }
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
    let size = (columns as u32, rows as u32);
    if greys.dimensions() == size {
        return Ok(greys.into_raw());
    }
    if (1..LIGHT).contains(&background.grey) {
        steps.push(Step::Blackened(background.grey));
        background.blacken(&mut greys);
    }
    let (left, top, width, height) =
        object(&greys, background.grey, OVERVIEW * size.0.max(size.1)).ok_or(PictureError::Blank)?;
    if (width, height) != greys.dimensions() {
        greys = imageops::crop_imm(&greys, left, top, width, height).to_image();
        steps.push(Step::Cut { width, height });
    }
    let (width, height) = fit((width, height), (size.0 - 2 * preparation.margin, size.1 - 2 * preparation.margin));
    if (width, height) != greys.dimensions() {
        greys = imageops::resize(&greys, width, height, FilterType::Triangle);
        steps.push(Step::Scaled { width, height });
    }
    if (width, height) != size {
        steps.push(Step::Centred);
    }
    let [left, top] = [(columns, width), (rows, height)].map(|(side, length)| (side - length as usize) / 2);
    let mut image = vec![0; rows * columns];
    for (row, greys) in greys.chunks_exact(width as usize).enumerate() {
        image[(top + row) * columns + left..][..greys.len()].copy_from_slice(greys);
    }
    Ok(image)
}

/// The background of the object, estimated from the edge of the picture.
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

/// Left, top, width and height of what differs from the background; nothing if all is alike. It is looked for in a copy
/// whose sides are `overview` at most.
fn object(greys: &GrayImage, background: u8, overview: u32) -> Option<(u32, u32, u32, u32)> {
    let (width, height) = greys.dimensions();
    let longest = width.max(height);
    if longest > overview {
        let (small_width, small_height) = fit((width, height), (overview, overview));
        let small = imageops::thumbnail(greys, small_width, small_height);
        let (left, top, object_width, object_height) = object(&small, background, overview)?;
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

/// The largest size of the same shape within `room`; no side is less than 1.
fn fit((width, height): (u32, u32), room: (u32, u32)) -> (u32, u32) {
    let [width, height] = [width, height].map(u64::from);
    let [across, down] = [room.0, room.1].map(u64::from);
    // The side that fills the room, and how long it becomes.
    let (side, longest) = if width * down >= height * across { (width, across) } else { (height, down) };
    let scale = |length: u64| ((length * longest + side / 2) / side).max(1) as u32;
    (scale(width), scale(height))
}
