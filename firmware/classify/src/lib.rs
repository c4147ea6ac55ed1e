//! Classifies images where there is little room and no FPU: 8-bit weights in flash, whole numbers all the way, and a
//! serial line. It does not learn; `serve` does.
//!
//! This library is the program without the machine, so that it is tested on a host as well.

#![no_std]

use protocol::{INPUTS, OUTPUTS};

pub mod classifier;
#[path = "../../src/pixels.rs"]
pub mod pixels;
pub mod protocol;
#[path = "../../src/quantized.rs"]
pub mod quantized;

// `pub mod weights`, from the file that the build script has chosen.
include!(concat!(env!("OUT_DIR"), "/weights.rs"));
