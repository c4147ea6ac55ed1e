//! The commands, one file each, and what they share.

pub mod adapt;
pub mod compare;
pub mod completions;
pub mod cross_validate;
mod describe;
pub mod device;
pub mod ending;
pub mod evaluate;
pub mod export;
mod factory;
pub mod import;
mod on_device;
pub mod pack;
pub mod page;
pub mod predict;
pub mod shared;
pub mod show;
pub mod sweep;
pub mod testing;
pub mod train;
