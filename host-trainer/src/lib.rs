//! Trains the networks of `dense-core` on a computer and writes them as Rust for a microcontroller.

pub mod checkpoint;
pub mod cli;
pub mod comparison;
pub mod completions;
pub mod confusion;
pub mod data;
pub mod dataset;
pub mod device;
pub mod evaluate;
pub mod events;
pub mod exchange;
pub mod export;
pub mod files;
pub mod fit;
pub mod history;
pub mod idx;
pub mod import;
pub mod interrupt;
pub mod learning;
pub mod model;
pub mod model_files;
pub mod outputs;
pub mod overview;
pub mod pack;
pub mod photo;
pub mod pictures;
mod plot;
pub mod predict;
pub mod presets;
pub mod quantized;
pub mod report;
pub mod run;
pub mod show;
pub mod sweep;
pub mod terminal;

pub(crate) use terminal::{bar, summary};
