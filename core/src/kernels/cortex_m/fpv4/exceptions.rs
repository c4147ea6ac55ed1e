//! The cumulative exceptions of the FPU: whether any of many results was out of the ordinary, without a look at each.

use core::arch::asm;

/// The bits of FPSCR that say that some result was invalid or too small, since they were last zeroed.
pub(super) const INVALID_OR_UNDERFLOW: u32 = 1 << 0 | 1 << 3;

/// From here on exceptions are collected.
pub(super) struct Exceptions(());

impl Exceptions {
    /// Forgets those that were.
    #[inline]
    pub(super) fn collect() -> Self {
        // SAFETY: changes no bit of FPSCR but those that say what has been.
        unsafe {
            asm!(
                "vmrs {fpscr}, fpscr",
                "bic {fpscr}, {fpscr}, #{mask}",
                "vmsr fpscr, {fpscr}",
                fpscr = out(reg) _,
                mask = const INVALID_OR_UNDERFLOW,
                options(nomem, nostack),
            );
        }
        Self(())
    }

    /// Whether the assembly since then has made a NaN, compared one by `vcmpe`, or underflowed.
    #[inline]
    pub(super) fn any(self) -> bool {
        let fpscr: u32;
        // SAFETY: reads a register.
        unsafe { asm!("vmrs {fpscr}, fpscr", fpscr = out(reg) fpscr, options(nomem, nostack)) };
        fpscr & INVALID_OR_UNDERFLOW != 0
    }
}

/// A factor for numbers of which those below `limit`, a power of two, have to be found: the largest number below the
/// quotient of the smallest normal number and the limit, an odd number of units in the last place. The product is too
/// small to be normal where the number is below the limit and not zero, and is then never exact, so that the FPU takes
/// note.
pub(super) const fn probe(limit: f32) -> f32 {
    f32::from_bits((f32::MIN_POSITIVE / limit).to_bits() - 1)
}
