//! Preprocessing of photographs and drawings: greyscale, inversion, cropping, scaling and centring on black.
//!
//! Fashion-MNIST was made so (Xiao, Rasul and Vollgraf, arXiv 1708.07747, section 2): edges that are within 5 % of the
//! colour of the background are trimmed, the longer side becomes 28 pixels, the object is put in the middle, and the
//! intensities are negated. Where they skipped rows and columns and then sharpened, pixels are averaged here.

mod decode;
mod frame;

use std::fmt::{self, Display, Formatter};
use std::io::{self, Read};
use std::path::Path;

use clap::{Args, ValueEnum};
use formats::bounded::{self, MAX_PICTURE};
use image::ImageError;

/// Height and width of an image, unless told otherwise: those of MNIST.
pub const DEFAULT_SIZE: [usize; 2] = [28, 28];
/// No image for a network here has a longer side.
pub const MAX_SIDE: usize = 1024;
/// A decoded picture takes up to 12 bytes a pixel: 600 MB.
const MAX_PIXELS: u64 = 50_000_000;

/// How pictures are prepared.
#[derive(Args, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Preparation {
    /// Whether to turn light into dark; auto does so where the background is light
    #[arg(long, value_enum, value_name = "WHEN", default_value_t = Invert::Auto)]
    pub invert: Invert,

    /// Black pixels to leave on each side of the object: 0 as in Fashion-MNIST, 4 as in MNIST
    #[arg(long, value_name = "PIXELS", default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=12))]
    pub margin: u32,
}

/// When a picture is inverted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Invert {
    /// Where most of the picture's edge is light
    #[default]
    Auto,
    /// Every picture
    Always,
    /// No picture
    Never,
}

/// A picture that is ready for a network, and how it became so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prepared {
    /// `[height][width]`, greys; the network's own table of pixels is yet to be applied.
    pub image: Vec<u8>,
    /// Description of the file: `PNG, 200 x 100 pixels, in colours`.
    pub source: String,
    /// The steps of its preparation, in their order.
    pub steps: Vec<Step>,
}

impl Display for Prepared {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.source)?;
        if self.steps.is_empty() {
            return write!(formatter, "; taken as it is");
        }
        self.steps.iter().try_for_each(|step| write!(formatter, "; {step}"))
    }
}

/// Something that was done to a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "a width and a height need none")]
pub enum Step {
    /// It was turned or mirrored, as its EXIF data wanted.
    Upright,
    /// Its colours became greys, by the luminance of sRGB.
    Grey,
    /// The background of transparent parts became black or white, whichever is further from the rest.
    LaidOver(u8),
    /// Light became dark.
    Inverted,
    /// Greys were stretched so that the background, which was this, became 0.
    Blackened(u8),
    /// The surroundings of the object were cut off, and this is left.
    Cut { width: u32, height: u32 },
    /// The object became larger or smaller, and now is this.
    Scaled { width: u32, height: u32 },
    /// It was put in the middle.
    Centred,
}

impl Step {
    /// The step without its numbers.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Upright => "turned upright",
            Self::Grey => "made grey",
            Self::LaidOver(0) => "laid over black",
            Self::LaidOver(_) => "laid over white",
            Self::Inverted => "inverted",
            Self::Blackened(_) => "background made black",
            Self::Cut { .. } => "cut to the object",
            Self::Scaled { .. } => "scaled",
            Self::Centred => "centred",
        }
    }
}

impl Display for Step {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        let name = self.name();
        match self {
            Self::Blackened(grey) => write!(formatter, "background of {grey} made black"),
            Self::Cut { width, height } => write!(formatter, "{name}, {width} x {height}"),
            Self::Scaled { width, height } => write!(formatter, "{name} to {width} x {height}"),
            _ => write!(formatter, "{name}"),
        }
    }
}

/// Why a file is no picture for a network.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "the messages say what the fields are")]
pub enum PictureError {
    /// It could not be read.
    #[error("cannot read: {0}")]
    Io(#[from] io::Error),
    /// It is neither of the formats.
    #[error("neither PNG nor JPEG, and not {pixels} raw pixels either: {bytes} bytes")]
    Unknown { bytes: usize, pixels: usize },
    /// It is a picture, but in another format.
    #[error("a picture of the format {0}; PNG or JPEG wanted")]
    OtherFormat(String),
    /// It has more pixels than can be decoded in decent memory.
    #[error("{width} x {height} pixels, more than the {} million that are accepted", MAX_PIXELS / 1_000_000)]
    TooManyPixels { width: u32, height: u32 },
    /// Its data is damaged, or uses something that the decoder lacks.
    #[error("not a readable {format}: {error}")]
    Damaged { format: &'static str, error: ImageError },
    /// Its data ends before the picture does.
    #[error("not a readable {0}: it ends before the picture does")]
    CutShort(&'static str),
    /// The decoder failed.
    #[error("not a readable {format}: {fault}")]
    Decoder { format: &'static str, fault: String },
    /// The margin leaves no room.
    #[error("a margin of {margin} pixels leaves nothing of {height} x {width}")]
    Margin { margin: u32, height: usize, width: usize },
    /// There is nothing in it.
    #[error("nothing to be seen: all pixels are alike")]
    Blank,
}

/// Reads a whole file.
///
/// # Errors
/// It cannot be read, or is too long.
pub fn read(path: &Path) -> Result<Vec<u8>, PictureError> {
    read_from(bounded::open(path, MAX_PICTURE)?)
}

/// Reads all there is, such as from standard input.
///
/// # Errors
/// Those of [`read`].
pub fn read_from(source: impl Read) -> Result<Vec<u8>, PictureError> {
    Ok(bounded::read_all(source, MAX_PICTURE)?)
}

/// Prepares a PNG, a JPEG, or the bytes of an image of the data set; the contents tell which it is. `size` is the height
/// and the width of the image, each from 1 to [`MAX_SIDE`].
///
/// Greys of just that size are taken to be prepared already: they stay as they are, but for a light background.
///
/// # Errors
/// The bytes are no such thing, or nothing can be seen in it.
pub fn prepare(bytes: &[u8], preparation: &Preparation, size: [usize; 2]) -> Result<Prepared, PictureError> {
    let [height, width] = size;
    if 2 * preparation.margin as usize >= height.min(width) {
        return Err(PictureError::Margin { margin: preparation.margin, height, width });
    }
    let decode::Decoded { greys, source, mut steps } = decode::decode(bytes, size)?;
    let image = frame::frame(greys, preparation, size, &mut steps)?;
    Ok(Prepared { image, source, steps })
}

#[cfg(test)]
mod tests;
