//! The dense layer, and views of one whose shape is known at run time only.

mod dense;
mod view;

pub use dense::Dense;
pub use view::{LayerMut, LayerRef};
