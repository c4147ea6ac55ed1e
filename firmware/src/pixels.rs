//! What becomes of the pixels of an image before the model sees them.

use crate::weights::PIXEL_TABLE;
use dense_core::PixelTable;

/// The table of the weights, where it changes any pixel. The compiler knows, so a table that changes nothing takes
/// nothing.
pub const TABLE: Option<&PixelTable> = PIXEL_TABLE.unless_identity();

/// Makes an image what the model is to see, in place. To be done once.
#[inline]
pub fn prepare(image: &mut [u8]) {
    if let Some(table) = TABLE {
        table.apply(image);
    }
}
