//! The loops for Cortex-M, in assembly: stable Rust has no vector or fused instructions for these targets.

#[cfg(fpv4)]
pub(in crate::kernels) mod fpv4;
