//! What pictures with numbers in them are made of: paper, colours and axes.

pub(crate) mod axis;
pub(crate) mod canvas;
pub(crate) mod palette;
