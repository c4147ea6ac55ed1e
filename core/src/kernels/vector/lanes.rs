//! Operations on 16 lanes of f32, to be implemented for each instruction set.

/// Lanes of an [`F32x16`], and partial sums of a dot product.
pub(in crate::kernels) const LANES: usize = 16;

/// 16 numbers in the registers of an instruction set: lane 0 is the first in memory.
///
/// A value is the proof that the machine has the instructions: [`splat`](Self::splat) and the loads, which make one, are
/// unsafe, and what takes one is safe.
pub trait F32x16: Copy {
    /// Vectors that the registers hold as sums, beside the operands: the size of the tiles of all operations.
    const SUMS: usize;
    /// Whether a NaN that the machine makes from numbers is [`NAN`](crate::math::NAN).
    const MAKES_CANONICAL_NAN: bool;

    /// # Safety
    /// The machine has the instructions.
    unsafe fn splat(value: f32) -> Self;

    /// # Safety
    /// 16 numbers can be read at `from`, and the machine has the instructions.
    unsafe fn load(from: *const f32) -> Self;

    /// The first `count` lanes, from 1 to 16; the others are `padding`, and their memory is not touched.
    ///
    /// # Safety
    /// `count` numbers can be read at `from`, and the machine has the instructions.
    unsafe fn load_first(count: usize, from: *const f32, padding: f32) -> Self;

    /// # Safety
    /// As [`load`](Self::load).
    unsafe fn load_u8(from: *const u8) -> Self;

    /// # Safety
    /// 16 numbers can be written at `to`.
    unsafe fn store(self, to: *mut f32);

    /// Stores the first `count` lanes, from 1 to 16.
    ///
    /// # Safety
    /// `count` numbers can be written at `to`.
    unsafe fn store_first(self, count: usize, to: *mut f32);

    /// Stores the first `count` lanes or all 16.
    ///
    /// # Safety
    /// As many numbers can be written at `to`.
    #[inline(always)]
    unsafe fn store_up_to(self, count: usize, to: *mut f32) {
        // SAFETY: the caller's.
        unsafe { if count >= LANES { self.store(to) } else { self.store_first(count, to) } }
    }

    /// Fetches a cache line to be read, of which the address need not be valid.
    fn prefetch<T>(from: *const T);

    /// `self + other`.
    fn add(self, other: Self) -> Self;
    /// `self - other`.
    fn sub(self, other: Self) -> Self;
    /// `self * other`.
    fn mul(self, other: Self) -> Self;
    /// `self / other`.
    fn div(self, other: Self) -> Self;
    /// √`self`.
    fn sqrt(self) -> Self;
    /// `self * factor + summand`, rounded once.
    fn mul_add(self, factor: Self, summand: Self) -> Self;
    /// `self * factor - subtrahend`, rounded once.
    fn mul_sub(self, factor: Self, subtrahend: Self) -> Self;
    /// The larger; `other` where `self` is NaN.
    fn max(self, other: Self) -> Self;
    /// From −`limit` to `limit`; NaN stays NaN.
    fn clamp_magnitude(self, limit: f32) -> Self;
    /// As [`math::flush_below`](crate::math::flush_below).
    fn flush_below(self, limit: f32) -> Self;
    /// As [`math::canonical`](crate::math::canonical).
    fn canonical(self) -> Self;
    /// Bit l is whether lane l equals that of `other`.
    fn equal_bits(self, other: Self) -> u32;
    /// The bits plus those of `rounded`, moved 23 to the left: times 2ⁿ, where the low bits of `rounded` are n.
    fn add_to_exponent(self, rounded: Self) -> Self;
    /// e and 1 + f where `self` = 2ᵉ · (1 + f) with √½ ≤ 1 + f < √2.
    fn split_exponent(self) -> (Self, Self);

    /// The total of each vector, at its place: lanes l and l + 8 are added, l and l + 4, l and l + 2, l and l + 1.
    fn reduce_add(vectors: [Self; LANES]) -> Self;
    /// The same with [`max`](Self::max).
    fn reduce_max(vectors: [Self; LANES]) -> Self;

    /// The same of what was computed from numbers or canonical NaN, without a negation.
    #[inline(always)]
    fn canonical_result(self) -> Self {
        if Self::MAKES_CANONICAL_NAN { self } else { self.canonical() }
    }

    /// `value` in all lanes.
    #[inline(always)]
    fn fill(self, value: f32) -> Self {
        // SAFETY: there is a vector, so the machine has the instructions.
        unsafe { Self::splat(value) }
    }

    /// The lanes in memory.
    #[inline(always)]
    fn to_array(self) -> [f32; LANES] {
        let mut lanes = [0.0; LANES];
        // SAFETY: there is room for 16.
        unsafe { self.store(lanes.as_mut_ptr()) };
        lanes
    }
}
