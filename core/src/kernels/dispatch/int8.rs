//! Dispatch of the int8 kernels.

#[cfg(target_arch = "x86_64")]
use super::cpu_features;
use super::{Kernel, Version, check, check_not_zero, product};
use crate::Error;
use crate::kernels::Rows;
#[cfg(all(dsp, not(helium)))]
use crate::kernels::int8::dsp;
#[cfg(helium)]
use crate::kernels::int8::helium;
#[cfg(target_arch = "aarch64")]
use crate::kernels::int8::neon;
use crate::kernels::int8::{Requantization, portable};
#[cfg(target_arch = "x86_64")]
use crate::kernels::int8::{avx2, avx512};

/// Forward pass of an int8 dense layer, Y = X·Wᵀ + b, in wrapping 32-bit arithmetic: exact where the sum fits.
///
/// `rows`: X, `[batch][inputs]`; `weights`: W, `[outputs][inputs]` in the order of
/// [`ORDER`](crate::kernels::int8::ORDER); `bias`: `[outputs]`; `outputs`: Y, `[batch][outputs]`.
///
/// # Errors
/// [`Error::Length`] where the lengths do not fit together.
#[allow(unsafe_code)]
pub fn forward_int8(
    kernel: Kernel,
    rows: Rows<'_, u8>,
    weights: &[i8],
    bias: &[i32],
    outputs: &mut [i32],
) -> Result<(), Error> {
    check_not_zero("row width", rows.width())?;
    check_not_zero("units", bias.len())?;
    check("weights", weights.len(), product(bias.len(), rows.width()))?;
    check("sums", outputs.len(), product(rows.len(), bias.len()))?;
    match kernel.0 {
        Version::Portable => portable::forward(rows, weights, bias, outputs),
        // The compiler vectorises it.
        #[cfg(all(vector, target_arch = "wasm32", not(target_feature = "relaxed-simd")))]
        Version::Simd128 => portable::forward(rows, weights, bias, outputs),
        #[cfg(all(vector, target_arch = "wasm32", target_feature = "relaxed-simd"))]
        Version::RelaxedSimd => portable::forward(rows, weights, bias, outputs),
        #[cfg(helium)]
        Version::Helium => helium::forward(rows, weights, bias, outputs),
        #[cfg(all(fpv4, not(helium)))]
        Version::Fpv4 => {
            #[cfg(dsp)]
            dsp::forward(rows, weights, bias, outputs);
            #[cfg(not(dsp))]
            portable::forward(rows, weights, bias, outputs);
        }
        #[cfg(all(dsp, not(fpv4)))]
        Version::Dsp => dsp::forward(rows, weights, bias, outputs),
        #[cfg(target_arch = "aarch64")]
        Version::Neon => {
            #[cfg(feature = "std")]
            let has_dot_product = std::arch::is_aarch64_feature_detected!("dotprod");
            #[cfg(not(feature = "std"))]
            let has_dot_product = cfg!(target_feature = "dotprod");
            // SAFETY: this `Kernel` was only made because the machine has NEON, and the dot product was detected.
            unsafe {
                if has_dot_product {
                    neon::forward_dot_product(rows, weights, bias, outputs);
                } else {
                    neon::forward(rows, weights, bias, outputs);
                }
            }
        }
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        Version::Avx2 => unsafe { avx2::forward(rows, weights, bias, outputs) },
        // Not every AVX-512 has VNNI. SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        Version::Avx512 => unsafe {
            if cpu_features::has_vnni() {
                avx512::forward(rows, weights, bias, outputs);
            } else {
                avx2::forward(rows, weights, bias, outputs);
            }
        },
    }
    Ok(())
}

/// Writes the bytes of sums, as many as there are of both.
pub(crate) fn requantize(kernel: Kernel, requantization: Requantization, sums: &[i32], bytes: &mut [u8]) {
    match kernel.0 {
        #[cfg(helium)]
        Version::Helium => helium::requantize(requantization, sums, bytes),
        _ => portable::requantize(requantization, sums, bytes),
    }
}
