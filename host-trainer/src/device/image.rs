//! Reads an image for the model from a PNG file.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use png::{ColorType, Decoder, Transformations};

use super::error::DeviceError;
use crate::idx::{PIXELS, SIDE};

/// Reads a grey image of 28 × 28 pixels, an object on black as in the data set. Other depths than 8 bits are
/// converted, a palette or colours are not.
///
/// # Errors
///
/// [`DeviceError::Image`] where the file is unreadable, no PNG, not grey, or of another size.
pub fn read_png(path: &Path) -> Result<[u8; PIXELS], DeviceError> {
    let fault = |fault: String| DeviceError::Image { path: path.to_owned(), fault };
    let file = File::open(path).map_err(|error| fault(error.to_string()))?;
    let mut decoder = Decoder::new(BufReader::new(file));
    decoder.set_transformations(Transformations::EXPAND | Transformations::STRIP_16);
    let mut reader = decoder.read_info().map_err(|error| fault(format!("not a readable PNG: {error}")))?;
    let (width, height) = reader.info().size();
    if (width as usize, height as usize) != (SIDE, SIDE) {
        return Err(fault(format!("the image is {width} x {height} pixels, wanted {SIDE} x {SIDE}")));
    }
    let (color, _) = reader.output_color_type();
    if color != ColorType::Grayscale {
        return Err(fault(format!("the image is {}, wanted grey without transparency", colour_name(color))));
    }
    let mut image = [0; PIXELS];
    reader.next_frame(&mut image).map_err(|error| fault(format!("not a readable PNG: {error}")))?;
    Ok(image)
}

const fn colour_name(color: ColorType) -> &'static str {
    match color {
        ColorType::Grayscale => "grey",
        ColorType::GrayscaleAlpha => "grey with transparency",
        ColorType::Indexed | ColorType::Rgb => "in colours",
        ColorType::Rgba => "in colours with transparency",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use png::{BitDepth, Encoder};
    use std::fs;

    fn png(width: u32, height: u32, color: ColorType, depth: BitDepth, data: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut encoder = Encoder::new(&mut bytes, width, height);
        encoder.set_color(color);
        encoder.set_depth(depth);
        encoder.write_header().unwrap().write_image_data(data).unwrap();
        bytes
    }

    fn read(bytes: &[u8]) -> Result<[u8; PIXELS], String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("image.png");
        fs::write(&path, bytes).unwrap();
        read_png(&path).map_err(|error| {
            let text = error.to_string();
            assert!(text.starts_with(&path.display().to_string()), "{text}");
            text
        })
    }

    #[test]
    fn grey_images_of_any_depth_are_read() {
        let greys: [u8; PIXELS] = std::array::from_fn(|pixel| pixel as u8);
        let deep: Vec<u8> = greys.iter().flat_map(|&grey| [grey, 77]).collect();
        assert_eq!(read(&png(28, 28, ColorType::Grayscale, BitDepth::Eight, &greys)), Ok(greys));
        assert_eq!(read(&png(28, 28, ColorType::Grayscale, BitDepth::Sixteen, &deep)), Ok(greys));
        // 28 pixels of one bit take four bytes, of which four bits are left over.
        let stripes = read(&png(28, 28, ColorType::Grayscale, BitDepth::One, &[0b1010_1010; 4 * 28])).unwrap();
        assert_eq!(stripes[..4], [255, 0, 255, 0]);
    }

    #[test]
    fn other_files_are_refused_with_the_fault() {
        let good = png(28, 28, ColorType::Grayscale, BitDepth::Eight, &[7; PIXELS]);
        for (bytes, wanted) in [
            (&b""[..], "not a readable PNG"),
            (&b"no picture at all"[..], "not a readable PNG"),
            (&good[..good.len() / 2], "not a readable PNG"),
            (&png(32, 28, ColorType::Grayscale, BitDepth::Eight, &[7; 32 * 28]), "is 32 x 28 pixels, wanted 28 x 28"),
            (&png(1, 1, ColorType::Grayscale, BitDepth::Eight, &[7]), "is 1 x 1 pixels, wanted 28 x 28"),
            (&png(28, 28, ColorType::Rgb, BitDepth::Eight, &[7; 3 * PIXELS]), "is in colours, wanted grey"),
            (&png(28, 28, ColorType::GrayscaleAlpha, BitDepth::Eight, &[7; 2 * PIXELS]), "grey with transparency"),
        ] {
            let text = read(bytes).unwrap_err();
            assert!(text.contains(wanted), "{text}");
        }
        assert!(read_png(Path::new("no such file.png")).is_err());
    }
}
