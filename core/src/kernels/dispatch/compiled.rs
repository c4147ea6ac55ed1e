//! The generic kernels, compiled for each type of samples and each update rule.
//!
//! A generic function is compiled in every crate that calls it, and all tiles of all kernels take as long to compile as
//! everything else. Methods for one type each are compiled in this crate alone, but for a microcontroller, where a caller
//! that inlines them is smaller.

#[cfg(all(fpv4, not(helium)))]
use super::fpv4;
#[cfg(helium)]
use super::helium;
#[cfg(target_arch = "aarch64")]
use super::neon;
#[cfg(all(vector, target_arch = "wasm32"))]
use super::simd128;
use super::{Kernel, Rows, Version, portable};
#[cfg(target_arch = "x86_64")]
use super::{avx2, avx512};
use crate::kernels::operands::{Affine, WeightGradient};
use crate::kernels::updates::{AdamUpdate, MomentumUpdate, RmspropUpdate, SgdUpdate, StoreGradient};

/// The kernels for samples of one type.
pub trait SampleKernels: Copy {
    /// # Safety
    /// The lengths fit together as [`super::forward`] checks them.
    unsafe fn forward(kernel: Kernel, rows: Rows<'_, Self>, layer: Affine<'_>, outputs: &mut [f32]);

    /// # Safety
    /// The lengths fit together as [`super::weight_gradient_update`] checks them.
    unsafe fn weight_gradient_update<U: RuleKernels<N>, const N: usize>(
        kernel: Kernel,
        gradient: WeightGradient<'_, Self>,
        update: &U,
        parameters: [&mut [f32]; N],
    );
}

/// [`SampleKernels::weight_gradient_update`] of one rule. Seals [`Update`](crate::kernels::updates::Update).
pub trait RuleKernels<const N: usize> {
    /// # Safety
    /// As there.
    unsafe fn update_from_u8(&self, kernel: Kernel, gradient: WeightGradient<'_, u8>, parameters: [&mut [f32]; N]);

    /// # Safety
    /// As there.
    unsafe fn update_from_f32(&self, kernel: Kernel, gradient: WeightGradient<'_, f32>, parameters: [&mut [f32]; N]);
}

macro_rules! compile_samples {
    ($($sample:ty: $update:ident),+) => {$(
        impl SampleKernels for $sample {
            #[cfg_attr(not(vector), inline)]
            unsafe fn forward(kernel: Kernel, rows: Rows<'_, Self>, layer: Affine<'_>, outputs: &mut [f32]) {
                dispatch!(kernel, forward(rows, layer, outputs));
            }

            #[inline]
            unsafe fn weight_gradient_update<U: RuleKernels<N>, const N: usize>(
                kernel: Kernel,
                gradient: WeightGradient<'_, Self>,
                update: &U,
                parameters: [&mut [f32]; N],
            ) {
                // SAFETY: the caller's.
                unsafe { update.$update(kernel, gradient, parameters) }
            }
        }
    )+};
}

macro_rules! compile_rules {
    ($($rule:ty: $arrays:literal),+) => {$(
        impl RuleKernels<$arrays> for $rule {
            compile_rules!(@ $arrays, update_from_u8: u8, update_from_f32: f32);
        }
    )+};
    (@ $arrays:literal, $($update:ident: $sample:ty),+) => {$(
        #[cfg_attr(not(vector), inline)]
        unsafe fn $update(
            &self,
            kernel: Kernel,
            gradient: WeightGradient<'_, $sample>,
            parameters: [&mut [f32]; $arrays],
        ) {
            dispatch!(kernel, weight_gradient_update(gradient, self, parameters));
        }
    )+};
}

compile_samples!(u8: update_from_u8, f32: update_from_f32);
compile_rules!(StoreGradient: 1, SgdUpdate: 1, MomentumUpdate: 2, RmspropUpdate: 2, AdamUpdate: 3);
