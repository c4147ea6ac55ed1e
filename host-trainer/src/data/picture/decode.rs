//! Decoding of PNG, JPEG and raw pixels to greyscale, upright and opaque.

use std::io::Cursor;
use std::sync::{Mutex, PoisonError};

use formats::isolation::{TIME_LIMIT, isolated};

use image::metadata::Orientation;
use image::{DynamicImage, GrayImage, ImageDecoder, ImageFormat, ImageReader, Luma, Rgba, RgbaImage};

use super::{MAX_PIXELS, PictureError, Step};

/// Pictures of more pixels are decoded one at a time, whatever number of threads there is.
const LARGE: u64 = 4_000_000;
static LARGE_ONE: Mutex<()> = Mutex::new(());

/// Weights of red, green and blue in the luminance of sRGB (ITU-R BT.709), in ten-thousandths.
const LUMINANCE: [u32; 3] = [2126, 7152, 722];

/// A picture as greys.
pub(super) struct Decoded {
    pub(super) greys: GrayImage,
    /// Description of the file: format, size and, of a PNG or JPEG, colours.
    pub(super) source: String,
    /// How it became grey.
    pub(super) steps: Vec<Step>,
}

/// Decodes a PNG, a JPEG, or the bare pixels of an image of the data set.
pub(super) fn decode(bytes: &[u8], [height, width]: [usize; 2]) -> Result<Decoded, PictureError> {
    let pixels = height * width;
    match image::guess_format(bytes) {
        Ok(ImageFormat::Png) => guarded(bytes, ImageFormat::Png, "PNG"),
        Ok(ImageFormat::Jpeg) => guarded(bytes, ImageFormat::Jpeg, "JPEG"),
        _ if bytes.len() == pixels => {
            let at = |x: u32, y: u32| Luma([bytes[y as usize * width + x as usize]]);
            let greys = GrayImage::from_fn(width as u32, height as u32, at);
            Ok(Decoded { greys, source: format!("{width} x {height} raw pixels"), steps: Vec::new() })
        }
        Ok(other) => Err(PictureError::OtherFormat(format!("{other:?}"))),
        Err(_) => Err(PictureError::Unknown { bytes: bytes.len(), pixels }),
    }
}

/// A panic of a decoder, such as that of `png` on a palette whose length is no multiple of 3, is an error of the file.
fn guarded(bytes: &[u8], format: ImageFormat, name: &'static str) -> Result<Decoded, PictureError> {
    let bytes = bytes.to_vec();
    let decoded = isolated(TIME_LIMIT, move || decode_file(&bytes, format, name));
    decoded.unwrap_or_else(|fault| Err(PictureError::Decoder { format: name, fault }))
}

fn decode_file(bytes: &[u8], format: ImageFormat, name: &'static str) -> Result<Decoded, PictureError> {
    let damaged = |error| PictureError::Damaged { format: name, error };
    // The reader's own limits on memory stay as they are; they also hold for what a PNG has besides its pixels.
    let mut decoder = ImageReader::with_format(Cursor::new(bytes), format).into_decoder().map_err(damaged)?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > MAX_PIXELS {
        return Err(PictureError::TooManyPixels { width, height });
    }
    let is_large = u64::from(width) * u64::from(height) > LARGE;
    let _alone = is_large.then(|| LARGE_ONE.lock().unwrap_or_else(PoisonError::into_inner));
    if format == ImageFormat::Jpeg && !is_complete_jpeg(bytes) {
        return Err(PictureError::CutShort(name));
    }
    let orientation = decoder.orientation().map_err(damaged)?;
    let mut image = DynamicImage::from_decoder(decoder).map_err(damaged)?;
    let mut steps = Vec::new();
    if orientation != Orientation::NoTransforms {
        image.apply_orientation(orientation);
        steps.push(Step::Upright);
    }
    let source = format!("{name}, {width} x {height} pixels, {}", describe_colours(&image));
    Ok(Decoded { greys: to_greys(image, &mut steps), source, steps })
}

/// Whether the picture's end follows its data. The decoder would fill up what is missing, in grey.
///
/// Neither marker can appear within the data, where each byte FF is followed by 00 or the number of a restart.
fn is_complete_jpeg(bytes: &[u8]) -> bool {
    let last = |marker: u8| bytes.windows(2).rposition(|pair| pair == [0xff, marker]);
    let [start_of_scan, end_of_image] = [last(0xda), last(0xd9)];
    end_of_image > start_of_scan
}

fn describe_colours(image: &DynamicImage) -> String {
    let color = image.color();
    let colours = if color.has_color() { "in colours" } else { "grey" };
    let transparency = if color.has_alpha() { " with transparency" } else { "" };
    let depth = if color.bytes_per_pixel() / color.channel_count() > 1 { ", 16 bits" } else { "" };
    format!("{colours}{transparency}{depth}")
}

fn to_greys(image: DynamicImage, steps: &mut Vec<Step>) -> GrayImage {
    let color = image.color();
    if color.has_color() {
        steps.push(Step::Grey);
    }
    if color.has_alpha() {
        return lay_over(&image.into_rgba8(), steps);
    }
    if !color.has_color() {
        return image.into_luma8();
    }
    let colours = image.into_rgb8();
    GrayImage::from_fn(colours.width(), colours.height(), |x, y| Luma([luminance(colours.get_pixel(x, y).0)]))
}

/// The grey of a colour, rounded; that of a grey is itself.
fn luminance(colour: [u8; 3]) -> u8 {
    let sum: u32 = LUMINANCE.iter().zip(colour).map(|(weight, part)| weight * u32::from(part)).sum();
    ((sum + 5_000) / 10_000) as u8
}

/// Lays a picture over white, as a browser would, or over black if it is light itself and would vanish.
fn lay_over(image: &RgbaImage, steps: &mut Vec<Step>) -> GrayImage {
    let grey_and_opacity = |&Rgba([red, green, blue, opacity]): &Rgba<u8>| (luminance([red, green, blue]), opacity);
    let (mut greys, mut opacities) = (0, 0);
    let mut opaque = true;
    for (grey, opacity) in image.pixels().map(grey_and_opacity) {
        greys += u64::from(grey) * u64::from(opacity);
        opacities += u64::from(opacity);
        opaque &= opacity == u8::MAX;
    }
    let ground = if greys < 128 * opacities { u8::MAX } else { 0 };
    if !opaque {
        steps.push(Step::LaidOver(ground));
    }
    GrayImage::from_fn(image.width(), image.height(), |x, y| {
        let (grey, opacity) = grey_and_opacity(image.get_pixel(x, y));
        let sum = u32::from(grey) * u32::from(opacity) + u32::from(ground) * u32::from(u8::MAX - opacity);
        Luma([((sum + 127) / 255) as u8])
    })
}
