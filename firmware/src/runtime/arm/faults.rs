//! The HardFault handler: steps over the question to a host that is not there, and resets after everything else.

use crate::log;
use crate::runtime::{ram, semihosting};
use core::arch::naked_asm;
use cortex_m::peripheral::SCB;

/// Configurable Fault Status Register, all zero where a breakpoint led here, and always on Armv6-M, which has none.
const CFSR: u32 = 0xE000_ED28;
/// The bit in it that says that the stack's limit was reached, on Armv8-M.
const STACK_OVERFLOW: u32 = 20;
/// `bkpt #0xab`, the question to a host.
const BREAKPOINT: u32 = 0xBEAB;

/// Where nobody answers a semihosting call, its breakpoint is a fault. This one lets it return -1, which means failure.
///
/// Everything else goes to [`fatal`], on an empty stack, since the old one may be what is at fault. It is written in the
/// few instructions that Armv6-M has.
#[allow(unsafe_code)]
// SAFETY: it is the handler that the vector table asks for, and keeps to what the processor expects of one.
#[unsafe(export_name = "HardFault")]
#[unsafe(link_section = ".HardFault.user")]
#[unsafe(naked)]
extern "C" fn hard_fault() {
    naked_asm!(
        "ldr r0, ={cfsr}",
        "ldr r0, [r0]",
        // Below the stack is no memory, or a limit: the registers could not be saved there.
        "mrs r3, msp",
        "ldr r1, =_stack_end",
        "lsls r2, r0, #{overflow}",
        "bmi 2f",
        "cmp r3, r1",
        "blo 2f",
        // The registers that the processor saved: r0 first, the return address in the seventh place.
        "ldr r1, [r3, #24]",
        "cmp r0, #0",
        "bne 2f",
        // What is not the program may not be read either, and a fault in here is the end.
        "ldr r2, =__stext",
        "cmp r1, r2",
        "blo 2f",
        "ldr r2, =__etext",
        "cmp r1, r2",
        "bhs 2f",
        "ldrh r0, [r1]",
        "ldr r2, ={breakpoint}",
        "cmp r0, r2",
        "bne 1f",
        "adds r1, #2",
        "str r1, [r3, #24]",
        "movs r0, #0",
        "mvns r0, r0",
        "str r0, [r3]",
        "bx lr",
        "1: movs r0, #0",
        "2: ldr r2, =_stack_start",
        "msr msp, r2",
        "ldr r2, ={fatal}",
        "bx r2",
        ".ltorg",
        cfsr = const CFSR,
        overflow = const 31 - STACK_OVERFLOW,
        breakpoint = const BREAKPOINT,
        fatal = sym fatal,
    )
}

/// Says what happened and starts anew; where the stack overflowed, the address is lost, and is that of the stack's end. A probe
/// that listens halts before this, at the fault itself.
extern "C" fn fatal(status: u32, address: u32) -> ! {
    let cause = if address as usize == ram::stack_end() { "stack overflow" } else { "fault" };
    log::error!("{=str} at {=u32:#010x}, CFSR {=u32:#010x}", cause, address, status);
    semihosting::print(format_args!("{cause} at {address:#010x}, CFSR {status:#010x}"));
    semihosting::exit(false);
    SCB::sys_reset()
}
