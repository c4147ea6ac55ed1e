//! An inertial measurement unit on I2C, sampled at 50 Hz, whose faults are reported.
//!
//! The sensor is Bosch's BMI160, by the driver crate `bmi160`, on any bus with the `I2c` trait of `embedded-hal`. Its
//! samples have the units and the order of `data/watch`: acceleration in g, then angular velocity in rad/s, each along x,
//! y and z. [`Sampler::poll`] is called with the time as often as the program likes; it never waits for the sensor.
//!
//! ```
//! # use dense_sensor::{CHANNELS, Fault, Sampler};
//! # use embedded_hal::i2c::I2c;
//! # fn push(_: [f32; CHANNELS]) {}
//! # fn restart(_: Fault) {}
//! fn work(sampler: &mut Sampler<impl I2c>, now_us: u32) {
//!     match sampler.poll(now_us) {
//!         Ok(Some(sample)) => push(sample),
//!         Ok(None) => {}
//!         // The samples before and after it are not one series.
//!         Err(fault) => restart(fault),
//!     }
//! }
//! ```
//!
//! # Modules
//!
//! - [`imu`]: the sensor: its start, its readings and their units
//! - [`sampler`]: when it is started and read, and what is a fault
//! - [`fault`]: the faults

#![no_std]

pub mod fault;
pub mod imu;
pub mod sampler;

pub use fault::Fault;
pub use imu::{CHANNELS, Imu, Reading};
pub use sampler::{PERIOD_US, Sampler};
