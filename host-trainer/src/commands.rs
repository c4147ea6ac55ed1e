//! The commands, one file each, and what they share.

pub mod completions;
pub mod cross_validate;
pub mod evaluate;
pub mod export;
pub mod import;


pub mod shared;
pub mod show;
pub mod sweep;
pub mod testing;
pub mod train;
