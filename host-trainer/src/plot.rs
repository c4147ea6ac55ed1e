//! Figures: what they are drawn of, as SVG and as PNG.

pub(crate) mod axis;
pub(crate) mod canvas;
pub(crate) mod chart;
pub(crate) mod figure;
pub(crate) mod palette;
pub(crate) mod png;
