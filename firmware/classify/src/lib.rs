//! Classifies images where there is little room and no FPU: 8-bit weights in flash, whole numbers all the way, and a
//! serial line. It does not learn; `serve` does.
//!
//! This library is the program without the machine, so that it is tested on a host as well.

#![no_std]

pub mod classifier;
pub mod protocol;
pub mod quantized;
