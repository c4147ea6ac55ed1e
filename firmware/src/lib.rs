//! A microcontroller that classifies images, learns from corrections, and keeps what it learned through power cuts.
//!
//! This library is the application without the machine, so that it builds and is tested on a host as well:
//! [`session`] receives the frames of [`dense_protocol`] and does every request once, [`device`] knows how, and [`store`]
//! keeps the weights in flash. The machines are in the binaries.

#![no_std]

use dense_protocol::messages::{INPUTS, OUTPUTS};

#[cfg(target_os = "none")]
pub mod boards;
pub mod device;
pub mod golden;
pub mod packed_model;
pub mod parameters;
pub mod pixels;
pub mod quantized;
#[cfg(target_os = "none")]
pub mod runtime;
#[cfg(target_os = "none")]
pub mod self_test;
pub mod session;
pub mod store;
pub mod test_images;

// `pub mod weights`, from the file that the build script has chosen.
include!(concat!(env!("OUT_DIR"), "/weights.rs"));

/// The model that is served: softmax regression on images of 28 × 28 pixels in ten classes.
pub type Model = dense_core::Dense<INPUTS, OUTPUTS>;
