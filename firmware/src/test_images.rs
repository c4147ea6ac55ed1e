//! The first images of Fashion-MNIST's test set with their labels, for the binaries that test and measure.

use dense_protocol::messages::INPUTS;

/// How many there are.
pub const COUNT: usize = 100;

static IMAGES: [u8; COUNT * INPUTS] = *include_bytes!("../vectors/images");
static LABELS: [u8; COUNT] = *include_bytes!("../vectors/labels");

/// The images.
#[must_use]
pub fn images() -> &'static [[u8; INPUTS]] {
    IMAGES.as_chunks().0
}

/// The class of each image.
#[must_use]
pub fn labels() -> &'static [u8] {
    &LABELS
}
