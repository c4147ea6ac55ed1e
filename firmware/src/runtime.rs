//! Runtime of every machine: start, faults, panics, RAM, and the host where there is one.
//!
//! An architecture is one module with the same names in it.

#[cfg(target_arch = "arm")]
mod arm;
pub mod host_flash;
mod panic;
pub mod ram;
#[cfg(target_arch = "riscv32")]
mod riscv;
pub mod semihosting;

#[cfg(target_arch = "arm")]
pub use arm::{asm, entry, singleton};
#[cfg(target_arch = "riscv32")]
pub use riscv::{asm, entry, singleton};

#[cfg(target_arch = "arm")]
use arm::{ask_host, is_debugger_attached, stack_pointer};
#[cfg(target_arch = "riscv32")]
use riscv::{ask_host, is_debugger_attached, stack_pointer};

/// Prepares what the rest of the runtime relies on. To be called first.
pub fn start() {
    #[cfg(target_arch = "arm")]
    arm::limit_stack();
    semihosting::connect();
}
