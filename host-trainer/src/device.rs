//! The client of a device that runs the firmware, and the network on the host that must have the same bits.

pub mod client;
pub mod error;
pub mod info;
pub mod reference;
pub mod sample;
pub mod shift;
pub mod stream;
pub mod transport;

pub use client::{Device, Inference, RetryPolicy};
pub use error::DeviceError;
pub use info::DeviceInfo;
pub use reference::Reference;
pub use sample::Sample;
pub use transport::{Address, Transport};
