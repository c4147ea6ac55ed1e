//! The versions for x86-64.

pub(super) mod avx2;
pub(super) mod avx512;

/// What these versions need of a number in a sample: to be loaded into vectors of f32.
pub trait Load: avx2::Load + avx512::Load {}
impl Load for u8 {}
impl Load for f32 {}
