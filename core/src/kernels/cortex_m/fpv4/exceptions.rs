//! The cumulative exception flags of the FPU: whether any of many operations was invalid or underflowed, without a test
//! of each result.

use core::arch::asm;

/// The flags IOC and UFC of FPSCR: some operation since they were cleared was invalid, or its result was too small.
pub(super) const INVALID_OR_UNDERFLOW: u32 = 1 << 0 | 1 << 3;

/// Proof that the flags were cleared.
pub(super) struct Exceptions(());

impl Exceptions {
    /// Clears the flags.
    #[inline]
    pub(super) fn clear() -> Self {
        // SAFETY: changes no bits of FPSCR but these flags.
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

    /// Whether a flag is set: the assembly since then has made a NaN, compared one by `vcmpe`, or underflowed.
    #[inline]
    pub(super) fn any(self) -> bool {
        let fpscr: u32;
        // SAFETY: reads a register.
        unsafe { asm!("vmrs {fpscr}, fpscr", fpscr = out(reg) fpscr, options(nomem, nostack)) };
        fpscr & INVALID_OR_UNDERFLOW != 0
    }
}

/// A factor that detects magnitudes below `limit`, a power of two: the largest number below the quotient of the smallest
/// normal number and the limit. Its product with such a number, unless that is zero, is below the normal range, and
/// inexact because the factor's significand is odd: this is an underflow.
pub(super) const fn probe(limit: f32) -> f32 {
    f32::from_bits((f32::MIN_POSITIVE / limit).to_bits() - 1)
}
