//! The table of pixels in generated Rust.

use dense_core::PixelTable;

/// Numbers on a line.
const LINE_LENGTH: usize = 16;

/// The line of a table that leaves pixels as they are.
pub(super) const IDENTITY: &str = "pub static PIXEL_TABLE: PixelTable = PixelTable::IDENTITY;";
/// The lines around the numbers of another.
pub(super) const START: [&str; 2] = ["#[rustfmt::skip]", "pub static PIXEL_TABLE: PixelTable = PixelTable::new(["];
pub(super) const END: &str = "]);";

/// The table as a `pub static PIXEL_TABLE`, which is there even where it changes nothing, so that firmware need not know.
pub(super) fn to_source(table: &PixelTable) -> String {
    let mut text = String::from("/// What becomes of each pixel before the first layer.\n");
    let Some(table) = table.unless_identity() else { return text + IDENTITY + "\n" };
    text += &format!("{}\n", START.join("\n"));
    for line in table.values().chunks(LINE_LENGTH) {
        let line: Vec<String> = line.iter().map(|value| format!("{value},")).collect();
        text += &format!("    {}\n", line.join(" "));
    }
    text + END + "\n"
}
