//! The dense layer, and views of one with its shape at run time.

mod dense;
mod view;

pub use dense::Dense;
pub use view::{LayerMut, LayerRef};
