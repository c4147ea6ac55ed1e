//! How RAM is used: by what is there for good, and by the stack, which is measured by painting it first.
#![allow(unsafe_code)]

use super::stack_pointer;

/// Bytes of RAM beside the stack, as the memory map has them.
const BYTES: usize = number(env!("RAM_BYTES"));
/// Bytes of the stack, as the memory map has them.
pub const STACK: usize = number(env!("STACK_BYTES"));

const fn number(text: &str) -> usize {
    match usize::from_str_radix(text, 10) {
        Ok(number) => number,
        Err(_) => panic!("a length of the memory map is not a number"),
    }
}

/// Whether a static of so many bytes fits, with 2 KB for all the others.
#[must_use]
pub const fn has_room_for(bytes: usize) -> bool {
    bytes + 2048 <= BYTES
}

/// Fill pattern of unused words of the stack.
const PAINT: u32 = 0x57AC_57AC;
/// Bytes just below the stack pointer that are left alone: painting needs a few itself.
const MARGIN: usize = 128;

unsafe extern "C" {
    /// The lowest address of the stack.
    static _stack_end: u8;
    /// The address above the stack.
    static _stack_start: u8;
    /// The lowest address of the statics.
    static _ram_start: u8;
    /// The address above the statics.
    static __sheap: u8;
}

/// Bytes that are taken for good, by everything but the stack.
#[must_use]
pub fn static_bytes() -> usize {
    (&raw const __sheap).addr() - (&raw const _ram_start).addr()
}

/// Bytes of the stack. Below is no memory, so that an overflow faults.
#[must_use]
pub fn stack_bytes() -> usize {
    (&raw const _stack_start).addr() - stack_end()
}

/// The lowest address of the stack.
pub(super) fn stack_end() -> usize {
    (&raw const _stack_end).addr()
}

/// Runs `code` and returns what it returns, with how many bytes of the stack it took, calls and interrupts included.
/// Fewer than 128 bytes cannot be told from none.
#[inline(never)]
pub fn measure_stack<R>(code: impl FnOnce() -> R) -> (R, usize) {
    let top = stack_pointer();
    paint(top - MARGIN);
    let result = call(code);
    (result, top - lowest_used())
}

/// Keeps what `code` takes out of the caller's frame, which lies above where it is measured from.
#[inline(never)]
fn call<R>(code: impl FnOnce() -> R) -> R {
    code()
}

/// Paints the stack below `top`.
fn paint(top: usize) {
    let mut word = (&raw const _stack_end).cast_mut().cast::<u32>();
    while word.addr() < top {
        // SAFETY: from the end of the stack to below the stack pointer there is memory that nobody uses.
        unsafe { word.write_volatile(PAINT) };
        word = word.wrapping_add(1);
    }
}

/// The lowest address that is not as [`paint`] left it.
fn lowest_used() -> usize {
    let mut word = (&raw const _stack_end).cast::<u32>();
    // SAFETY: the stack in use ends the loop at the latest.
    while unsafe { word.read_volatile() } == PAINT {
        word = word.wrapping_add(1);
    }
    word.addr()
}
