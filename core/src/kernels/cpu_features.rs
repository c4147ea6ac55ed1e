//! Run-time detection of x86-64 features by CPUID, without `std`; the result is cached.

#![allow(unsafe_code)]

use core::arch::x86_64::{__cpuid, __cpuid_count, _xgetbv};
use core::sync::atomic::{AtomicU8, Ordering};

const DETECTED: u8 = 1 << 0;
const AVX2: u8 = 1 << 1;
const AVX512: u8 = 1 << 2;
const VNNI: u8 = 1 << 3;

/// AVX2 and FMA.
pub(super) fn has_avx2() -> bool {
    features() & AVX2 != 0
}

/// AVX-512 F, BW, DQ and VL, AVX2 and FMA.
pub(super) fn has_avx512() -> bool {
    features() & AVX512 != 0
}

/// AVX-512 VNNI beside those of [`has_avx512`].
pub(super) fn has_vnni() -> bool {
    features() & VNNI != 0
}

fn features() -> u8 {
    static FEATURES: AtomicU8 = AtomicU8::new(0);
    let known = FEATURES.load(Ordering::Relaxed);
    if known != 0 {
        return known;
    }
    let found = DETECTED | detect();
    FEATURES.store(found, Ordering::Relaxed);
    found
}

/// Detects the features by CPUID, and by XGETBV which registers the operating system saves (Intel's manual, volume 1, 14.3
/// and 15.2).
fn detect() -> u8 {
    // Miri cannot run CPUID.
    if cfg!(miri) {
        return if cfg!(all(target_feature = "avx2", target_feature = "fma")) { AVX2 } else { 0 };
    }
    let has_all = |register: u32, bits: &[u32]| bits.iter().all(|bit| register & 1 << bit != 0);
    #[allow(unused_unsafe, reason = "safe from Rust 1.94 on")]
    // SAFETY: every x86-64 has the instruction.
    let (basic, extended) = unsafe {
        if __cpuid(0).eax < 7 {
            return 0;
        }
        (__cpuid(1), __cpuid_count(7, 0))
    };
    // OSXSAVE, AVX and FMA.
    if !has_all(basic.ecx, &[27, 28, 12]) {
        return 0;
    }
    // SAFETY: OSXSAVE says that there is such an instruction.
    let saved = unsafe { _xgetbv(0) } as u32;
    // The registers xmm and ymm.
    if !(has_all(saved, &[1, 2]) && has_all(extended.ebx, &[5])) {
        return 0;
    }
    // The masks and both parts of the registers zmm; F, DQ, BW and VL.
    if !(has_all(saved, &[5, 6, 7]) && has_all(extended.ebx, &[16, 17, 30, 31])) {
        return AVX2;
    }
    if has_all(extended.ecx, &[11]) { AVX2 | AVX512 | VNNI } else { AVX2 | AVX512 }
}

#[cfg(all(test, feature = "std"))]
mod tests {
    use super::*;

    #[test]
    fn the_standard_library_finds_the_same() {
        use std::is_x86_feature_detected as has;
        let avx2 = has!("avx2") && has!("fma");
        let avx512 = avx2 && has!("avx512f") && has!("avx512bw") && has!("avx512dq") && has!("avx512vl");
        let expected = (avx2, avx512, avx512 && has!("avx512vnni"));
        assert_eq!((has_avx2(), has_avx512(), has_vnni()), expected);
    }
}
