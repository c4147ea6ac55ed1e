//! Replay memory: samples that a device keeps and practises, so that it learns new ones without forgetting the old.
//!
//! A network that takes a step on each new sample forgets what it knew. In between it takes steps on samples that
//! [`Replay::read_next`] draws from two sets: the last lessons, which [`Memory`] keeps in flash, and a [`FactorySet`], which
//! the trainer chose and the program holds. Which ones they are follows from a seed, so a host with the same samples makes
//! the same steps.
//!
//! A value of an input is stored in 8, 4, 2 or 1 [`Bits`]; see [`SampleFormat`].
//!
//! ```
//! use dense_replay::{Bits, FactorySet, Memory, Quantization, RamFlash, Replay, SampleFormat, Sampler, TargetFormat};
//!
//! static FORMAT: SampleFormat =
//!     SampleFormat::new(3, TargetFormat::Class, Bits::Four, &[Quantization::new(0.0, 255.0, Bits::Four)]);
//! // One sample, which stands for 40 of the training set: its class, then its three values.
//! static FACTORY: FactorySet = FactorySet::new(FORMAT, &[40], &[7, 0x10, 0x02]);
//!
//! let mut flash = RamFlash::new([0xff; 64]);
//! let mut memory = Memory::open(&mut flash, 0..64, 1, FORMAT, 0)?;
//! memory.append(&mut flash, &[255_u8, 0, 34], &5_u8)?;
//! let replay = Replay { memory: Some(memory), factory: FACTORY };
//!
//! let (mut sampler, mut drawn) = (Sampler::new(1), Vec::new());
//! for _ in 0..8 {
//!     let (mut input, mut class) = ([0_u8; 3], 0_u8);
//!     replay.read_next(&mut flash, &mut sampler, &mut input, &mut class)?;
//!     drawn.push((input, class));
//! }
//! assert!(drawn.contains(&([255, 0, 34], 5)));
//! assert!(drawn.contains(&([0, 17, 34], 7)));
//! # Ok::<_, dense_replay::MemoryError>(())
//! ```

#![no_std]

mod factory;
mod format;
mod memory;
mod quantization;
mod ram_flash;
mod replay;
mod target;

pub use factory::FactorySet;
pub use format::{SampleFormat, WrongLength};
pub use memory::{Memory, MemoryError, Operation, record_bytes, region_bytes};
pub use quantization::{Bits, Quantization, Value};
pub use ram_flash::RamFlash;
pub use replay::{Replay, Sampler, Source};
pub use target::{Target, TargetFormat};
