//! Draws images in a grid, as text for the terminal or as a PNG.

use crate::idx::{PIXELS, SIDE};
use std::fmt::Write as _;

/// Images beside each other, and rows of them.
const COLUMNS: usize = 3;
/// The greys of text without colour, from 0 up to 255.
const RAMP: &[u8] = b" .:-=+*#%@";
/// Blank columns between two images of text.
const GAP: &str = "  ";
/// Pixels of a PNG along each side of an image's pixel.
const SCALE: usize = 4;
/// White pixels of a PNG around each image.
const BORDER: usize = 8;

/// The first nine images and their captions as text, 88 columns wide at most.
///
/// Each image takes 28 columns and 14 lines, each character two pixels, one above the other,
/// and a line below for its caption, of which the first 28 characters are shown. With `colour`
/// the text has the ANSI escape codes of 24-bit colour; without it a character stands for the
/// mean of its two pixels, blank for 0.
pub fn terminal_grid(images: &[[u8; PIXELS]], captions: &[&str], colour: bool) -> String {
    let images = &images[..images.len().min(COLUMNS * COLUMNS)];
    let captions = captions.iter().copied().chain(std::iter::repeat(""));
    let captions: Vec<&str> = captions.take(images.len()).collect();
    let mut text = String::new();
    for (images, captions) in images.chunks(COLUMNS).zip(captions.chunks(COLUMNS)) {
        for line in 0..SIDE / 2 {
            let images = images.iter().map(|image| image_line(image, line, colour));
            push_line(&mut text, images);
        }
        push_line(&mut text, captions.iter().map(|caption| format!("{caption:<SIDE$.SIDE$}")));
    }
    text
}

fn push_line(text: &mut String, cells: impl Iterator<Item = String>) {
    let cells: Vec<String> = cells.collect();
    text.push_str(cells.join(GAP).trim_end());
    text.push('\n');
}

/// Two rows of the pixels of an image as one line of text.
fn image_line(image: &[u8; PIXELS], line: usize, colour: bool) -> String {
    let (upper, lower) = image[2 * line * SIDE..][..2 * SIDE].split_at(SIDE);
    let pairs = upper.iter().zip(lower);
    if !colour {
        return pairs
            .map(|(&upper, &lower)| {
                let sum = usize::from(upper) + usize::from(lower);
                char::from(RAMP[(sum * (RAMP.len() - 1) + 255) / 510])
            })
            .collect();
    }
    let mut text = String::new();
    let mut last = None;
    for pair in pairs {
        if last != Some(pair) {
            let (upper, lower) = pair;
            let _ = write!(text, "\x1b[38;2;{upper};{upper};{upper};48;2;{lower};{lower};{lower}m");
            last = Some(pair);
        }
        text.push('▀');
    }
    text + "\x1b[0m"
}

/// The first nine images as a PNG in greys: three beside each other, each pixel enlarged to
/// 4 x 4, with white borders of 8 pixels around and between.
///
/// # Errors
///
/// Whatever the encoder reports.
pub fn png_grid(images: &[[u8; PIXELS]]) -> Result<Vec<u8>, png::EncodingError> {
    let images = &images[..images.len().min(COLUMNS * COLUMNS)];
    let pitch = SIDE * SCALE + BORDER;
    let width = COLUMNS * pitch + BORDER;
    let height = images.len().div_ceil(COLUMNS) * pitch + BORDER;
    let mut greys = vec![u8::MAX; width * height];
    for (index, image) in images.iter().enumerate() {
        let top = index / COLUMNS * pitch + BORDER;
        let left = index % COLUMNS * pitch + BORDER;
        for row in 0..SIDE * SCALE {
            let pixels = &image[row / SCALE * SIDE..][..SIDE];
            let target = &mut greys[(top + row) * width + left..][..SIDE * SCALE];
            for (target, &pixel) in target.chunks_mut(SCALE).zip(pixels) {
                target.fill(pixel);
            }
        }
    }
    encode([width as u32, height as u32], png::ColorType::Grayscale, &greys)
}

/// Pixels of 8 bits a channel, row after row, as a PNG.
///
/// # Errors
///
/// Whatever the encoder reports, such as that their number does not fit the size.
pub fn encode(
    [width, height]: [u32; 2],
    colours: png::ColorType,
    pixels: &[u8],
) -> Result<Vec<u8>, png::EncodingError> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(colours);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(pixels)?;
    writer.finish()?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each image has its own index in every pixel, times ten.
    fn images(count: usize) -> Vec<[u8; PIXELS]> {
        (0..count).map(|image| [10 * image as u8; PIXELS]).collect()
    }

    fn decode(bytes: &[u8]) -> (u32, u32, Vec<u8>) {
        let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().unwrap();
        let mut greys = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut greys).unwrap();
        assert_eq!(info.color_type, png::ColorType::Grayscale);
        (info.width, info.height, greys)
    }

    #[test]
    fn a_png_has_as_many_rows_as_its_images_need() {
        for (count, height) in [(0, 8), (1, 128), (3, 128), (4, 248), (9, 368), (12, 368)] {
            let (width, found, _) = decode(&png_grid(&images(count)).unwrap());
            assert_eq!((width, found), (368, height), "{count} images");
        }
    }

    #[test]
    fn a_png_shows_each_pixel_in_its_place() {
        let mut images = images(5);
        images[4][SIDE + 2] = 255;
        let (width, _, greys) = decode(&png_grid(&images).unwrap());
        let grey = |x: usize, y: usize| greys[y * width as usize + x];
        for (x, y, wanted) in [
            (0, 0, 255),     // corner of the border
            (8, 8, 0),       // first pixel of the first image
            (119, 119, 0),   // last of it
            (120, 119, 255), // border between two images
            (128, 8, 10),    // second image
            (248, 8, 20),    // third
            (8, 128, 30),    // fourth, below the first
            (135, 132, 40),  // fifth, left of its changed pixel
            (136, 132, 255), // the changed pixel, enlarged
            (139, 135, 255),
            (140, 135, 40),  // right of it
            (300, 200, 255), // no sixth image
        ] {
            assert_eq!(grey(x, y), wanted, "at {x}, {y}");
        }
    }

    #[test]
    fn text_without_colour_is_a_ramp() {
        let mut image = [0; PIXELS];
        for (column, (upper, lower)) in [(255, 255), (255, 0), (0, 255), (29, 0), (28, 0)].into_iter().enumerate() {
            image[column] = upper;
            image[SIDE + column] = lower;
        }
        let text = terminal_grid(&[image, [255; PIXELS]], &["Bag"], false);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 15);
        assert_eq!(lines[0], format!("@++.{:26}{}", "", "@".repeat(28)));
        assert_eq!(lines[13], format!("{:30}{}", "", "@".repeat(28)));
        assert_eq!(lines[14], "Bag");
    }

    #[test]
    fn colour_changes_only_where_the_greys_do() {
        let mut image = [7; PIXELS];
        image[SIDE + 27] = 200;
        let text = terminal_grid(&[image], &[], true);
        let blocks = "▀".repeat(27);
        assert_eq!(
            text.lines().next(),
            Some(&*format!("\x1b[38;2;7;7;7;48;2;7;7;7m{blocks}\x1b[38;2;7;7;7;48;2;200;200;200m▀\x1b[0m"))
        );
    }

    #[test]
    fn text_is_88_columns_wide_and_nine_images_long() {
        let bright = vec![[255; PIXELS]; 10];
        let caption = "é".repeat(40);
        let captions = [&*caption; 10];
        for (count, lines) in [(0, 0), (1, 15), (3, 15), (4, 30), (9, 45), (10, 45)] {
            let text = terminal_grid(&bright[..count], &captions, false);
            assert_eq!(text.lines().count(), lines, "{count} images");
            let width = text.lines().map(|line| line.chars().count()).max();
            assert_eq!(width.unwrap_or(0), count.min(3) * 30 - 2 * usize::from(count > 0));
        }
    }
}
