//! Talks to a device that runs the firmware, and holds it to the same bits.

pub mod adapt;
pub mod answers;
pub mod args;
pub mod client;
pub mod commands;
pub mod error;
pub mod mirror;
pub mod transport;
pub mod world;

pub use client::{Device, Patience};
pub use error::DeviceError;
pub use mirror::Mirror;
pub use transport::{Address, Transport};
