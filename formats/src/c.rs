//! C99: one header without dependencies, for programs that are not in Rust.
//!
//! In f32 it follows dense-core's portable specification, sum by sum, so that it has the same bits; it needs `fmaf` of the
//! standard library, so link with `-lm`. In int8 it has the same integers and needs no library at all.

mod floats;
mod int8;
mod layers;
mod learn;
mod text;

pub use self::floats::to_c;
pub use self::int8::to_c_int8;

#[cfg(test)]
mod tests;
