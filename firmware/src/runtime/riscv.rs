//! RISC-V: what of the runtime is written in its instructions. There are only simulated machines of it, so that a host
//! answers always.
#![allow(unsafe_code)]

pub use riscv::{asm, singleton};
pub use riscv_rt::entry;

use super::semihosting;
use core::arch::asm;
use riscv::register::{mcause, mepc};

/// Asks the host for `operation`, with a number or the address of what the operation wants.
///
/// # Safety
/// `argument` must be what the operation takes.
pub(super) unsafe fn ask_host(operation: usize, argument: usize) -> usize {
    let mut result = operation;
    // The host knows the breakpoint by the two instructions around it, of four bytes each and within one page.
    // SAFETY: a host does no more than the operation says.
    unsafe {
        asm!(
            ".balign 16",
            ".option push",
            ".option norvc",
            "slli zero, zero, 0x1f",
            "ebreak",
            "srai zero, zero, 7",
            ".option pop",
            inout("a0") result,
            in("a1") argument,
            options(nostack, preserves_flags),
        );
    }
    result
}

/// Whether a probe listens.
pub(super) fn is_debugger_attached() -> bool {
    false
}

/// Where the stack ends now.
pub(super) fn stack_pointer() -> usize {
    let pointer: usize;
    // SAFETY: it reads a register.
    unsafe { asm!("mv {}, sp", out(reg) pointer, options(nomem, nostack, preserves_flags)) };
    pointer
}

/// Says what happened and ends the simulation.
// SAFETY: it is the handler that the trap code calls, of the type that it expects.
#[unsafe(export_name = "ExceptionHandler")]
extern "C" fn exception(_registers: &riscv_rt::TrapFrame) -> ! {
    semihosting::print(format_args!("fault at {:#010x}, cause {}", mepc::read(), mcause::read().code()));
    semihosting::exit(false);
    loop {
        asm::wfi();
    }
}
