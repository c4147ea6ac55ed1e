//! Images of 28 × 28 pixels as part of the page.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use crate::idx::SIDE;
use crate::pictures;

/// An address that holds the image itself, as a PNG.
///
/// # Errors
///
/// Whatever the encoder reports, such as that the pixels are not as many.
pub(super) fn address(colours: png::ColorType, pixels: &[u8]) -> Result<String, png::EncodingError> {
    let bytes = pictures::encode([SIDE as u32; 2], colours, pixels)?;
    Ok(format!("data:image/png;base64,{}", BASE64_STANDARD.encode(bytes)))
}
