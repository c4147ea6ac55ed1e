//! Kernels for Arm's Cortex-M, one folder for each vector or DSP extension.

#[cfg(helium)]
pub(in crate::kernels) mod helium;
