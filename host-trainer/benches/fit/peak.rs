//! The most that one core of this machine can do with the registers of a kernel: fused multiply-adds and nothing else.
#![allow(unsafe_code, reason = "a peak that a compiler could optimise away is none, so it is written in assembly")]

use std::arch::asm;
use std::time::Instant;

use dense_core::Kernel;

const ROUNDS: u64 = 200_000;
/// Multiply-adds in a round that do not wait for each other: enough for a latency of 4 at 2 a cycle.
const CHAINS: u64 = 12;
const SAMPLES: usize = 15;

macro_rules! peak {
    ($name:ident, $register:literal) => {
        /// # Safety
        /// The machine has the registers.
        unsafe fn $name() {
            // SAFETY: only registers that are named as clobbered change.
            unsafe {
                asm!(
                    "2:",
                    concat!("vfmadd231ps ", $register, "0, ", $register, "12, ", $register, "13"),
                    concat!("vfmadd231ps ", $register, "1, ", $register, "12, ", $register, "13"),
                    concat!("vfmadd231ps ", $register, "2, ", $register, "12, ", $register, "13"),
                    concat!("vfmadd231ps ", $register, "3, ", $register, "12, ", $register, "13"),
                    concat!("vfmadd231ps ", $register, "4, ", $register, "12, ", $register, "13"),
                    concat!("vfmadd231ps ", $register, "5, ", $register, "12, ", $register, "13"),
                    concat!("vfmadd231ps ", $register, "6, ", $register, "12, ", $register, "13"),
                    concat!("vfmadd231ps ", $register, "7, ", $register, "12, ", $register, "13"),
                    concat!("vfmadd231ps ", $register, "8, ", $register, "12, ", $register, "13"),
                    concat!("vfmadd231ps ", $register, "9, ", $register, "12, ", $register, "13"),
                    concat!("vfmadd231ps ", $register, "10, ", $register, "12, ", $register, "13"),
                    concat!("vfmadd231ps ", $register, "11, ", $register, "12, ", $register, "13"),
                    "dec {rounds}",
                    "jnz 2b",
                    rounds = inout(reg) ROUNDS => _,
                    out("xmm0") _, out("xmm1") _, out("xmm2") _, out("xmm3") _, out("xmm4") _, out("xmm5") _,
                    out("xmm6") _, out("xmm7") _, out("xmm8") _, out("xmm9") _, out("xmm10") _, out("xmm11") _,
                    out("xmm12") _, out("xmm13") _,
                    options(nomem, nostack),
                );
            }
        }
    };
}

peak!(multiply_add_512, "zmm");
peak!(multiply_add_256, "ymm");

/// Floating-point operations a second, the best of 15 tries; nothing where the kernel has no vector multiply-add.
pub(crate) fn peak(kernel: Kernel) -> Option<f64> {
    let (run, lanes): (unsafe fn(), u64) = match kernel.name() {
        "avx512" => (multiply_add_512, 16),
        "avx2" => (multiply_add_256, 8),
        _ => return None,
    };
    let operations = (ROUNDS * CHAINS * lanes * 2) as f64;
    let rate = |_| {
        let start = Instant::now();
        // SAFETY: the machine has the registers, since there is such a `Kernel`.
        unsafe { run() };
        operations / start.elapsed().as_secs_f64()
    };
    (0..SAMPLES).map(rate).max_by(f64::total_cmp)
}
