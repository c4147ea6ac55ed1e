//! Trains the networks of `dense-core` on a computer and writes them as Rust for a microcontroller.

pub mod cli;
pub mod comparison;
pub mod confusion;
pub mod dataset;
pub mod device;
pub mod evaluate;
pub mod exchange;
pub mod files;
pub mod fit;
pub mod history;
pub mod idx;
pub mod model;
pub mod model_files;
pub mod overview;
pub mod pictures;
pub mod progress;
pub mod quantized;
pub mod report;
pub mod run;
pub mod summary;
pub mod terminal;
