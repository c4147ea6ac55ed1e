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
    /// The place of one that has begun, and what is left to do for it.
    begun: Option<(usize, U::Rest)>,
}

impl<U: Update> Queue<U> {
    #[inline]
    #[target_feature(enable = "avx2")]
    pub(super) fn new(scale: f32, update: U) -> Self {
        let sums = [_mm256_setzero_ps(); UNITS * CHUNKS];
        Self { scale, update, sums, places: [0; UNITS * CHUNKS], left: 0, begun: None }
    }

    /// How many are left.
    #[inline]
    pub(super) fn left(&self) -> usize {
        self.left
    }

    /// Begins the update of the last one that is left, and ends the one before.
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
            self.end();
            self.begun = Some((at, self.update.begin(LANES, at, self.gradient(sum))));
        }
    }

    /// Ends the update that has begun, if one has.
    ///
    /// # Safety
    /// As for beginning it.
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    unsafe fn end(&mut self) {
        if let Some((at, rest)) = self.begun.take() {
            // SAFETY: the caller's.
            unsafe { self.update.end(LANES, at, rest) };
        }
    }

    #[inline]
    #[target_feature(enable = "avx2,fma")]
    fn gradient(&self, sum: __m256) -> __m256 {
        _mm256_mul_ps(sum, _mm256_set1_ps(self.scale))
    }

    /// Updates the first `count` parameters, 8 at most, from `at` on at once.
    ///
    /// # Safety
    /// They are there, and the machine has AVX2 and FMA.
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    pub(super) unsafe fn apply(&self, count: usize, at: usize, sum: __m256) {
        // SAFETY: the caller's.
        unsafe {
            let rest = self.update.begin(count, at, self.gradient(sum));
            self.update.end(count, at, rest);
        }
    }

    /// Applies all that are left.
    ///
    /// # Safety
    /// As for one.
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    pub(super) unsafe fn finish(&mut self) {
        // SAFETY: the caller's.
        unsafe {
            while self.left > 0 {
                self.apply_one();
            }
            self.end();
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
        unsafe {
            while self.left > 0 {
                self.apply_one();
            }
        }
        self.left = N * CHUNKS;
        for (index, &sum) in sums.as_flattened().iter().enumerate() {
            self.sums[index] = sum;
            self.places[index] = at + index / CHUNKS * width + index % CHUNKS * LANES;
        }
    }
}
