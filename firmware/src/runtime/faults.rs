//! The HardFault handler: steps over the question to a host that is not there, and resets after everything else.

use super::semihosting;
use core::arch::naked_asm;
use cortex_m::peripheral::SCB;

/// Configurable Fault Status Register, all zero where a breakpoint led here.
const CFSR: u32 = 0xE000_ED28;
/// In [`CFSR`]: the registers of the interrupted code could not be put on the stack.
const STACKING_FAILED: u32 = 1 << 12 | 1 << 4;
/// `bkpt #0xab`, the question to a host.
const BREAKPOINT: u32 = 0xBEAB;

/// Where nobody answers a semihosting call, its breakpoint is a fault. This one lets it return -1, which means failure.
///
/// Everything else goes to [`fatal`], on an empty stack, since the old one may be what is at fault.
#[allow(unsafe_code)]
// SAFETY: it is the handler that the vector table asks for, and keeps to what the processor expects of one.
#[unsafe(export_name = "HardFault")]
#[unsafe(link_section = ".HardFault.user")]
#[unsafe(naked)]
extern "C" fn hard_fault() {
    naked_asm!(
        "ldr r0, ={cfsr}",
        "ldr r0, [r0]",
        "movs r1, #0",
        "movw r2, #{stacking_failed}",
        "tst r0, r2",
        "bne 2f",
        // The registers that the processor saved: r0 first, the return address in the seventh place.
        "mrs r3, msp",
        "ldr r1, [r3, #24]",
        "cmp r0, #0",
        "bne 2f",
        "ldrh r0, [r1]",
        "movw r2, #{breakpoint}",
        "cmp r0, r2",
        "bne 1f",
        "adds r1, #2",
        "str r1, [r3, #24]",
        "mov r0, #-1",
        "str r0, [r3]",
        "bx lr",
        "1: movs r0, #0",
        "2: ldr r2, =_stack_start",
        "msr msp, r2",
        "b {fatal}",
        ".ltorg",
        cfsr = const CFSR,
        stacking_failed = const STACKING_FAILED,
        breakpoint = const BREAKPOINT,
        fatal = sym fatal,
    )
}

/// Says what happened and starts anew. A probe that listens halts before this, at the fault itself.
extern "C" fn fatal(status: u32, address: u32) -> ! {
    let cause = if status & STACKING_FAILED == 0 { "fault" } else { "stack overflow" };
    defmt::error!("{=str} at {=u32:#010x}, CFSR {=u32:#010x}", cause, address, status);
    semihosting::print(format_args!("{cause} at {address:#010x}, CFSR {status:#010x}"));
    semihosting::exit(false);
    SCB::sys_reset()
}
