//! Images of 28 × 28 pixels as part of the page.

use ::image::{ExtendedColorType, ImageResult};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use crate::idx::SIDE;
use crate::pictures;

/// An address that holds the image itself, as a PNG.
///
/// # Errors
///
/// Whatever the encoder reports.
pub(super) fn address(colours: ExtendedColorType, pixels: &[u8]) -> ImageResult<String> {
    let bytes = pictures::encode_png(pixels, SIDE, SIDE, colours)?;
    Ok(format!("data:image/png;base64,{}", BASE64_STANDARD.encode(bytes)))
}
