//! Vectors of f32: the operations that each instruction set implements for its register, and those of several registers.

/// Lanes of an [`F32x16`], and partial sums of a dot product.
#[cfg(not(fpv4))]
pub(in crate::kernels) const LANES: usize = 16;

/// Numbers in one or more registers of an instruction set: lane 0 is the first in memory.
///
/// A value is the proof that the machine has the instructions: [`splat`](Self::splat) and the loads, which make one, are
/// unsafe, and what takes one is safe.
///
/// # Safety
/// Of all unsafe methods: the machine has the instructions, and as many numbers as are loaded or stored are at the address.
pub trait Vector: Copy {
    /// The numbers in it.
    const LANES: usize;
    /// Vectors that the registers hold as sums, beside the operands: the size of the tiles of all operations.
    const SUMS: usize;
    /// Whether a NaN that the machine makes from numbers is [`NAN`](crate::math::NAN).
    const MAKES_CANONICAL_NAN: bool;

    /// `value` in all lanes.
    unsafe fn splat(value: f32) -> Self;
    /// The numbers at `from`, which need not be aligned.
    unsafe fn load(from: *const f32) -> Self;
    /// The first `count` lanes, or all; the others are `padding`, and their memory is not touched.
    unsafe fn load_first(count: usize, from: *const f32, padding: f32) -> Self;
    /// The bytes at `from`, converted.
    unsafe fn load_u8(from: *const u8) -> Self;
    /// Stores all lanes.
    unsafe fn store(self, to: *mut f32);
    /// Stores the first `count` lanes, or all.
    unsafe fn store_first(self, count: usize, to: *mut f32);
    /// [`store_first`](Self::store_first), faster where all are stored.
    #[inline(always)]
    unsafe fn store_up_to(self, count: usize, to: *mut f32) {
        // SAFETY: the caller's.
        unsafe { if count >= Self::LANES { self.store(to) } else { self.store_first(count, to) } }
    }

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

    /// [`canonical`](Self::canonical) of what was computed from numbers or canonical NaN, without a negation.
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
}

/// The 16 partial sums of a dot product.
#[cfg(vector)]
pub(in crate::kernels) trait F32x16: Vector {
    /// A vector that takes less work for the last few numbers, where there is one.
    type Short: Vector;

    /// The total of each vector, at its place: lanes l and l + 8 are added, l and l + 4, l and l + 2, l and l + 1.
    fn reduce_add(vectors: [Self; LANES]) -> Self;
    /// The same with [`max`](Vector::max).
    fn reduce_max(vectors: [Self; LANES]) -> Self;

    /// The lanes in memory.
    #[inline(always)]
    fn to_array(self) -> [f32; LANES] {
        let mut lanes = [0.0; LANES];
        // SAFETY: there is room for 16.
        unsafe { self.store(lanes.as_mut_ptr()) };
        lanes
    }
}

/// Methods of a register that are one expression of intrinsics.
macro_rules! operations {
    (unsafe $($name:ident($($argument:ident: $type:ty),+) $(-> $result:ty)? = $value:expr;)+) => {$(
        #[inline(always)]
        unsafe fn $name($($argument: $type),+) $(-> $result)? {
            // SAFETY: the caller's.
            unsafe { $value }
        }
    )+};
    ($($name:ident($($argument:ident: $type:ty),+) -> $result:ty = $value:expr;)+) => {$(
        #[inline(always)]
        fn $name($($argument: $type),+) -> $result {
            // SAFETY: there is a vector, so the machine has the instructions.
            unsafe { $value }
        }
    )+};
}
#[cfg(vector)]
pub(super) use operations;

/// Methods of several registers that are the same of each.
macro_rules! of_each {
    ($($name:ident($($argument:ident),*; $($limit:ident)?);)+) => {$(
        #[inline(always)]
        fn $name(mut self, $($argument: Self,)* $($limit: f32)?) -> Self {
            for register in 0..K {
                self[register] = self[register].$name($($argument[register],)* $($limit)?);
            }
            self
        }
    )+};
}

/// Registers that are each `$value`, which depends on the first lane of each.
macro_rules! registers {
    ($first:ident => $value:expr) => {{
        let mut values = Self::splat(0.0);
        for register in 0..K {
            let $first = register * R::LANES;
            values[register] = $value;
        }
        values
    }};
}

impl<R: Vector, const K: usize> Vector for [R; K] {
    const LANES: usize = K * R::LANES;
    const SUMS: usize = R::SUMS / K;
    const MAKES_CANONICAL_NAN: bool = R::MAKES_CANONICAL_NAN;

    operations! { unsafe
        splat(value: f32) -> Self = [R::splat(value); K];
        load(from: *const f32) -> Self = registers!(first => R::load(from.add(first)));
        load_first(count: usize, from: *const f32, padding: f32) -> Self = registers! {
            first => R::load_first(count.saturating_sub(first), from.wrapping_add(first), padding)
        };
        load_u8(from: *const u8) -> Self = registers!(first => R::load_u8(from.add(first)));
        store(self: Self, to: *mut f32) = for register in 0..K {
            self[register].store(to.add(register * R::LANES));
        };
        store_first(self: Self, count: usize, to: *mut f32) = for register in 0..K {
            let first = register * R::LANES;
            self[register].store_first(count.saturating_sub(first), to.wrapping_add(first));
        };
    }

    of_each! {
        add(other;);
        sub(other;);
        mul(other;);
        div(other;);
        sqrt(;);
        mul_add(factor, summand;);
        mul_sub(factor, subtrahend;);
        max(other;);
        clamp_magnitude(;limit);
        flush_below(;limit);
        canonical(;);
        add_to_exponent(rounded;);
    }

    #[inline(always)]
    fn equal_bits(self, other: Self) -> u32 {
        let mut bits = 0;
        for register in 0..K {
            bits |= self[register].equal_bits(other[register]) << (register * R::LANES);
        }
        bits
    }
}
