//! Figures as SVG and PNG.

pub(crate) mod axis;
pub(crate) mod canvas;
pub(crate) mod chart;
pub(crate) mod figure;
pub(crate) mod palette;
pub(crate) mod png;
