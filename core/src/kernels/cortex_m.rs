//! Kernels for Cortex-M, in assembly: stable Rust has no vector or fused instructions for these targets.

#[cfg(not(helium))]
pub(in crate::kernels) mod fpv4;
#[cfg(helium)]
pub(in crate::kernels) mod helium;
#[cfg(not(helium))]
pub(in crate::kernels) mod look_up;
pub(in crate::kernels) mod scalar;
