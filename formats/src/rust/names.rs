//! The items of generated Rust that say what inputs and outputs are.

use dense_core::PixelTable;

use super::literals::{lines, texts};
use crate::{Input, Model, Output};

/// `PIXEL_TABLE`, which is there even where it is the identity, so that firmware need not know.
pub(super) fn pixel_table(table: Option<&PixelTable>) -> String {
    let start = "/// What becomes of each pixel before the first layer.\n";
    let Some(table) = table.and_then(PixelTable::unless_identity) else {
        return format!("{start}pub static PIXEL_TABLE: PixelTable = PixelTable::IDENTITY;\n");
    };
    let values = lines(table.values(), 16, 4);
    format!("{start}#[rustfmt::skip]\npub static PIXEL_TABLE: PixelTable = PixelTable::new([\n{values}]);\n")
}

/// The names of the outputs, unless there is one output for two classes.
pub(super) fn output_names(model: &Model) -> Option<&[String]> {
    Some(model.output.names()).filter(|_| !matches!(model.output, Output::Binary { .. }))
}

/// The names of inputs and outputs, and the shape of a window or picture.
pub(super) fn names(model: &Model) -> String {
    let input = match &model.input {
        Input::Pixels(pixels) => format!(
            "/// Rows of a picture.\npub const HEIGHT: usize = {};\n/// Columns of a picture.\npub const WIDTH: usize = {};\n",
            pixels.height, pixels.width
        ),
        Input::Features { window: Some(window), .. } => format!(
            "{}\
/// Samples of the series in a window.
pub const WINDOW_LENGTH: usize = {};
/// Samples from the start of one window to that of the next.
pub const STRIDE: usize = {};
/// Consecutive samples that are averaged into one row of the window.
pub const DOWNSAMPLE: usize = {};
",
            texts("The channels of the time series, in the order of a row.", "CHANNELS", &window.channels),
            window.length,
            window.stride,
            window.downsample,
        ),
        Input::Features { names, .. } => texts("The inputs, in order.", "FEATURE_NAMES", names),
    };
    let output = match &model.output {
        Output::Values { names } => texts("The outputs, in order.", "OUTPUT_NAMES", names),
        output => texts("The classes, in order.", "CLASS_NAMES", output.names()),
    };
    format!("{input}\n{output}")
}
