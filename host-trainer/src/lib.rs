//! Trains the networks of `dense-core` on a computer and writes them as Rust for a microcontroller.

pub mod checkpoint;
pub mod cli;
pub mod commands;
pub mod comparison;
pub mod confusion;
pub mod data;
pub mod device;
pub mod estimate;
pub mod events;
pub mod factory_samples;
pub mod failure;
pub mod history;
pub mod interrupt;
pub mod interval;
pub mod lock;
pub mod options;
pub mod outputs;
pub mod overview;
mod parallel;
pub mod pictures;
mod plot;
pub mod prepared;
pub mod presets;
pub mod program;
pub mod report;
pub mod runs;
pub mod terminal;

pub use training as learning;
