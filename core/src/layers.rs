//! Layers: the weights, and how a signal goes through them in both directions.

mod dense;
mod units;

pub use dense::Dense;
pub(crate) use units::step;
pub use units::{MomentsMut, UnitsMut};
