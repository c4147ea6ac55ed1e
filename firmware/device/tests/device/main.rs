//! The device on a simulated flash and a simulated line, with networks of every kind.
//!
//! One program, for each kind of network takes its time to compile.

#[macro_use]
mod common;

mod authentication;
mod bit_flips;
mod boots;
mod commands;
mod faulty_line;
mod faulty_line_changes;
mod flash_faults;
mod foreign_records;
mod frame_lengths;
mod line;
mod parameters;
mod power_cuts;
mod refusals;
mod samples;
mod session;
mod store;
mod time_series;
