//! Trains the networks of `dense-core` on a computer and writes them as Rust for a microcontroller.

pub mod checkpoint;
pub mod cli;
pub mod commands;
mod comparison;
mod confusion;
pub mod data;
pub mod device;
mod estimate;
mod events;
pub mod factory_samples;
pub mod failure;
mod history;
mod interrupt;
mod interval;
mod lock;
mod options;
mod outputs;
mod overview;
mod parallel;
mod pictures;
mod plot;
pub mod prepared;
mod presets;
mod program;
pub mod report;
mod runs;
pub mod terminal;
