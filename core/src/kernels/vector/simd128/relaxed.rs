//! The multiply-add of relaxed SIMD, which is fused on some machines and not on others.

use core::arch::wasm32::*;

/// `a * b + c`, rounded once where it [`is_fused`].
#[inline(always)]
pub(super) fn fused_multiply_add(a: v128, b: v128, c: v128) -> v128 {
    f32x4_relaxed_madd(a, b, c)
}

/// Whether this machine's multiply-add is fused. It is the same one each time (the proposal's "list of choices").
pub(in crate::kernels) fn is_fused() -> bool {
    // (1 + 2⁻¹²)² − (1 + 2⁻¹¹): the product's last bit 2⁻²⁴ is lost where it is rounded. Not known to the compiler.
    let factor = core::hint::black_box(f32x4_splat(1.0 + 1.0 / 4096.0));
    let summand = core::hint::black_box(f32x4_splat(-1.0 - 1.0 / 2048.0));
    let expected = f32x4_splat(1.0 / 16_777_216.0);
    i32x4_all_true(f32x4_eq(fused_multiply_add(factor, factor, summand), expected))
}
