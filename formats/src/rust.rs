//! A model as generated Rust, for firmware: `weights.rs` in f32 and `quantized.rs` in int8; and `factory_set.rs`, samples
//! to practise.
//!
//! | item | where |
//! |---|---|
//! | `static MODEL`, `type Model` | always |
//! | `type Loss`, `const UNITS`, the units of each layer | in int8 |
//! | `static PIXEL_TABLE` | for pixels |
//! | `static INPUT`, the quantisation of the input | for features, in int8 |
//! | `const FEATURE_NAMES` | for features |
//! | `const CHANNELS`, `WINDOW_LENGTH`, `STRIDE`, `DOWNSAMPLE` | for windows of a time series |
//! | `const HEIGHT`, `WIDTH` | for pixels |
//! | `const CLASS_NAMES` or `OUTPUT_NAMES` | always |

mod factory_set;
mod header;
mod literals;
mod names;
mod quantized;
mod weights;

pub use self::factory_set::to_factory_set;
pub use self::header::TITLE;
pub use self::quantized::{imported_to_quantized_rust, to_quantized_rust};
pub use self::weights::to_rust;

#[cfg(test)]
pub(crate) mod tests;
