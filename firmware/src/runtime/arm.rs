//! Cortex-M: what of the runtime is written in its instructions.
#![allow(unsafe_code)]

mod faults;

pub use cortex_m::{asm, singleton};
pub use cortex_m_rt::entry;

use core::arch::asm;
use cortex_m::peripheral::DCB;

/// Asks the host for `operation`, with a number or the address of what the operation wants.
///
/// # Safety
/// `argument` must be what the operation takes.
pub(super) unsafe fn ask_host(operation: usize, argument: usize) -> usize {
    let mut result = operation;
    // SAFETY: a host does no more than the operation says; without one, the fault handler gives the answer.
    unsafe { asm!("bkpt #0xab", inout("r0") result, in("r1") argument, options(nostack, preserves_flags)) };
    result
}

/// Whether a probe listens. M0 and M0+ do not tell and are taken for alone.
pub(super) fn is_debugger_attached() -> bool {
    DCB::is_debugger_attached()
}

/// Where the stack ends now.
pub(super) fn stack_pointer() -> usize {
    let pointer: usize;
    // SAFETY: it reads a register.
    unsafe { asm!("mov {}, sp", out(reg) pointer, options(nomem, nostack, preserves_flags)) };
    pointer
}

/// Lets a stack that grows beyond its end fault, whatever is below. Only Armv8-M can; others rely on the memory map.
pub(super) fn limit_stack() {
    #[cfg(armv8m)]
    {
        unsafe extern "C" {
            static _stack_end: u8;
        }
        // SAFETY: it is the end of the stack that is in use.
        unsafe { cortex_m::register::msplim::write((&raw const _stack_end).addr() as u32) };
    }
}
