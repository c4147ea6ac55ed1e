//! One vector kernel for AVX-512, AVX2 with FMA, NEON, and WebAssembly.
//!
//! The operations are written once over [`Vector`](lanes::Vector), numbers in the registers of an
//! instruction set. [`shells!`] compiles them for the instructions of each: everything here is `#[inline(always)]`, so
//! that it becomes part of a function with the features and its intrinsics become single instructions.

mod lanes;
#[cfg(not(fpv4))]
mod load;

#[cfg(vector)]
mod few_inputs;
#[cfg(vector)]
mod forward;
#[cfg(vector)]
mod input_gradient;
#[cfg(vector)]
mod math;
#[cfg(vector)]
mod softmax;
#[cfg(vector)]
mod weight_gradient;
#[cfg(vector)]
mod weighted_sums;

#[cfg(target_arch = "x86_64")]
pub(super) mod avx2;
#[cfg(target_arch = "x86_64")]
pub(super) mod avx512;
#[cfg(target_arch = "aarch64")]
pub(super) mod neon;
#[cfg(all(vector, target_arch = "wasm32"))]
pub(super) mod simd128;

pub(super) use lanes::Vector;
#[cfg(not(fpv4))]
pub(super) use load::Load;

/// The functions of a kernel, compiled with `$features` over the registers `$vector`.
#[cfg(vector)]
macro_rules! shells {
    ($features:literal, $vector:ty) => {
        use crate::kernels::operands::{Affine, WeightGradient};
        use crate::kernels::updates::Update;
        use crate::kernels::{Element, Rows, Score, vector};

        crate::kernels::elementwise::loops::compile_loops!($features);

        crate::kernels::vector::shells!(@ $features:
            [T: Element] forward(rows: Rows<'_, T>, layer: Affine<'_>, outputs: &mut [f32],) =
                vector::forward::forward::<$vector, T>;
            [] input_gradient(
                deltas: &[f32], weights: &[f32], units: usize, outputs: &mut [f32],
            ) = vector::input_gradient::input_gradient::<$vector>;
            [T: Element, U: Update<N>, const N: usize] weight_gradient_update(
                gradient: WeightGradient<'_, T>, update: &U, parameters: [&mut [f32]; N],
            ) = vector::weight_gradient::weight_gradient_update::<$vector, T, U, N>;
            [] softmax(values: &mut [f32], classes: usize,) = vector::softmax::softmax::<$vector>;
            [] softmax_cross_entropy(
                values: &mut [f32], classes: usize, labels: &[u8],
            ) -> Score = vector::softmax::softmax_cross_entropy::<$vector>;
        );
    };
    (@ $features:literal: $(
        [$($generics:tt)*] $name:ident($($argument:ident: $type:ty,)+) $(-> $result:ty)? = $function:path;
    )+) => {$(
        /// # Safety
        /// The lengths fit together as the function of this name in `dispatch` checks them, and the machine has the
        /// features.
        #[target_feature(enable = $features)]
        pub(in crate::kernels) unsafe fn $name<$($generics)*>($($argument: $type),+) $(-> $result)? {
            // SAFETY: the caller's.
            unsafe { $function($($argument),+) }
        }
    )+};
}
#[cfg(vector)]
use shells;
