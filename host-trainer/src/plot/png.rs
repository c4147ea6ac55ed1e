//! PNG, as a file or as an address inside a page.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, ImageEncoder, ImageResult};

/// Encodes pixels of 8 bits a channel, row after row.
pub(crate) fn encode(pixels: &[u8], width: usize, height: usize, colours: ExtendedColorType) -> ImageResult<Vec<u8>> {
    let mut bytes = Vec::new();
    let encoder = PngEncoder::new_with_quality(&mut bytes, CompressionType::Default, FilterType::Adaptive);
    encoder.write_image(pixels, width as u32, height as u32, colours)?;
    Ok(bytes)
}

/// The `data:` URL of a PNG.
pub(crate) fn data_url(bytes: &[u8]) -> String {
    format!("data:image/png;base64,{}", BASE64_STANDARD.encode(bytes))
}
