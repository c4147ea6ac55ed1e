//! Sums that wait to become updates.

use core::arch::x86_64::*;

use super::super::LANES;
use super::update::Update;
use super::{CHUNKS, UNITS};

/// Sums of neighbouring parameters that still have to become updates. They do so one by one while rows are added to the
/// next sums: updates wait for memory, divisions and roots, sums keep the multipliers busy, and the processor does both
/// at once.
pub(super) struct Queue<U: Update> {
    scale: f32,
    update: U,
    sums: [__m256; UNITS * CHUNKS],
    /// Where the parameters of each of them are.
    places: [usize; UNITS * CHUNKS],
    /// How many of them are left, the first ones.
    left: usize,
}

impl<U: Update> Queue<U> {
    #[inline]
    #[target_feature(enable = "avx2")]
    pub(super) fn new(scale: f32, update: U) -> Self {
        Self { scale, update, sums: [_mm256_setzero_ps(); UNITS * CHUNKS], places: [0; UNITS * CHUNKS], left: 0 }
    }

    /// How many are left.
    #[inline]
    pub(super) fn left(&self) -> usize {
        self.left
    }

    /// Updates the parameters of the last sum that is left.
    ///
    /// # Safety
    /// There is one left, its place is among the parameters, and the machine has AVX2 and FMA.
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    pub(super) unsafe fn apply_one(&mut self) {
        self.left -= 1;
        // SAFETY: the caller's; there are never more left than there is room for.
        unsafe {
            let (sum, at) = (*self.sums.get_unchecked(self.left), *self.places.get_unchecked(self.left));
            // The same vector of the next sums is probably behind these.
            self.update.prefetch(at + CHUNKS * LANES);
            self.apply(LANES, at, sum);
        }
    }

    /// Updates the first `count` parameters, 8 at most, from `at` on at once.
    ///
    /// # Safety
    /// They are there, and the machine has AVX2 and FMA.
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    pub(super) unsafe fn apply(&self, count: usize, at: usize, sum: __m256) {
        // SAFETY: the caller's.
        unsafe { self.update.apply(count, at, _mm256_mul_ps(sum, _mm256_set1_ps(self.scale))) };
    }

    /// Applies all that are left.
    ///
    /// # Safety
    /// As for one.
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    pub(super) unsafe fn finish(&mut self) {
        while self.left > 0 {
            // SAFETY: the caller's.
            unsafe { self.apply_one() };
        }
    }

    /// Applies all that are left, then takes the sums of units that are `width` parameters apart, the first of which
    /// has its from `at` on.
    ///
    /// # Safety
    /// As for one.
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    pub(super) unsafe fn refill<const N: usize>(&mut self, sums: &[[__m256; CHUNKS]; N], at: usize, width: usize) {
        // SAFETY: the caller's.
        unsafe { self.finish() };
        self.left = N * CHUNKS;
        for (index, &sum) in sums.as_flattened().iter().enumerate() {
            self.sums[index] = sum;
            self.places[index] = at + index / CHUNKS * width + index % CHUNKS * LANES;
        }
    }
}
