//! Loads of a sample's numbers.

use super::lanes::{LANES, Vector};

/// Numbers that a sample can be made of, as vectors load them. Seals [`Element`](crate::kernels::Element).
pub trait Load: Copy {
    /// Whether they are integers, which take so long to load that it is worth being done once for many uses.
    const CONVERTED: bool;

    /// The first `count` lanes, or all; the others are +0.0.
    ///
    /// # Safety
    /// That of [`Vector`].
    unsafe fn load_up_to<V: Vector>(count: usize, from: *const Self) -> V;
}

impl Load for u8 {
    const CONVERTED: bool = true;

    #[inline(always)]
    unsafe fn load_up_to<V: Vector>(count: usize, from: *const Self) -> V {
        let mut bytes = [0; LANES];
        // SAFETY: the caller's; `bytes` has room for 16.
        unsafe {
            if count >= V::LANES {
                return V::load_u8(from);
            }
            from.copy_to_nonoverlapping(bytes.as_mut_ptr(), count);
            V::load_u8(bytes.as_ptr())
        }
    }
}

impl Load for f32 {
    const CONVERTED: bool = false;

    #[inline(always)]
    unsafe fn load_up_to<V: Vector>(count: usize, from: *const Self) -> V {
        // SAFETY: the caller's.
        unsafe { if count >= V::LANES { V::load(from) } else { V::load_first(count, from, 0.0) } }
    }
}

/// Fetches a cache line to be read, of which the address need not be valid. Stable Rust has none on AArch64.
#[cfg(vector)]
#[inline(always)]
pub(super) fn prefetch<T>(from: *const T) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: a prefetch reads nothing that could be seen.
    unsafe {
        core::arch::x86_64::_mm_prefetch::<{ core::arch::x86_64::_MM_HINT_T0 }>(from.cast());
    }
    let _ = from;
}
