//! A device that infers with a dense network, learns from single samples, and keeps what it learnt through power cuts.
//!
//! [`serve`] answers on a serial port that has the traits of `embedded-io`; for any other line, [`Session::receive`] takes
//! the bytes and returns the answers. Both are generic over the network and the flash. The network is a [`Model`]: a
//! [`Learner`] of f32 weights in RAM, or [`Quantized`] for int8 weights in flash. What the machine is, which serial port and
//! which flash, is the caller's.
//!
//! ```no_run
//! # use dense_core::{Output, Sgd, SparseCategoricalCrossEntropy};
//! # use dense_device::{Device, Learner, LearnerMemory, Machine, Session, Store};
//! # use embedded_io::{Read, Write};
//! # use embedded_storage::nor_flash::NorFlash;
//! type Network = Output<784, 10, SparseCategoricalCrossEntropy>;
//! static FACTORY: Network = Network::ZERO;
//!
//! fn run(flash: impl NorFlash, machine: Machine, line: &mut (impl Read + Write)) {
//!     let mut memory = LearnerMemory::<Network, u8, 784, 10, Sgd>::NEW;
//!     let optimizer = Sgd::new(0.01).unwrap();
//!     let model = Learner::new(&mut memory, &FACTORY, optimizer);
//!     let device = Device::new(model, flash, 0..256 * 1024, machine).unwrap();
//!     let mut session = Session::<_, _, 1024, 256>::new(device);
//!     dense_device::serve(&mut session, line, || ());
//! }
//! ```
//!
//! # Modules
//!
//! - [`mod@line`]: the loop that reads requests from a serial port and writes the answers
//! - [`session`]: bytes in, answers out; every request done once
//! - [`device`]: what each command does
//! - [`model`]: what is asked of a network; [`learner`] and [`quantized`] are networks
//! - [`samples`]: what it practises on, so that it does not forget what it knew
//! - [`store`]: weights in flash
//! - [`boots`]: the number of a start, for message authentication codes
//! - [`window`]: windows of a time series

#![no_std]

#[cfg(feature = "authentication")]
mod authenticator;
#[cfg(feature = "authentication")]
pub mod boots;
pub mod device;
pub mod learner;
pub mod line;
pub mod model;
mod no_flash;
pub mod quantized;
pub mod samples;
pub mod session;
pub mod store;
pub mod window;

pub use device::{Device, Machine};
pub use learner::{Learner, LearnerMemory};
pub use line::{Blocking, serve, serve_received};
pub use model::Model;
pub use no_flash::NoFlash;
pub use quantized::{Quantized, QuantizedMemory};
pub use samples::{NoSamples, ReplaySamples, Samples};
pub use session::Session;
pub use store::{Store, StoreError};
pub use window::Window;
