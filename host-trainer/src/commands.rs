//! The commands, one file each, and what they share.

pub mod adapt;
pub(crate) mod compare;
pub(crate) mod completions;
pub(crate) mod cross_validate;
mod describe;
pub(crate) mod device;
pub(crate) mod ending;
pub(crate) mod evaluate;
pub(crate) mod export;
mod factory;
pub(crate) mod import;
mod on_device;
pub(crate) mod pack;
pub(crate) mod page;
pub(crate) mod predict;
pub mod shared;
pub(crate) mod show;
pub(crate) mod sweep;
pub(crate) mod testing;
pub(crate) mod train;
