//! Sums that wait to become updates.

use core::arch::x86_64::*;

use super::update::Update;
use super::{CHUNKS, LANES, UNITS};

/// Sums of neighbouring parameters that still have to become updates. While a row is added to the next sums, one update
/// ends and another begins: updates wait for memory, divisions and roots, sums keep the multipliers busy, and the
/// processor does both at once.
pub(super) struct Queue<U: Update> {
    pub(super) scale: f32,
    pub(super) update: U,
    sums: [__m512; UNITS * CHUNKS],
    /// Where the parameters of each of them are.
    places: [usize; UNITS * CHUNKS],
    /// How many of them are left, the first ones.
    pub(super) left: usize,
    /// The place of one that has begun, and what is left to do for it.
    begun: Option<(usize, U::Rest)>,
}

impl<U: Update> Queue<U> {
    #[inline]
    #[target_feature(enable = "avx512f")]
    pub(super) fn new(scale: f32, update: U) -> Self {
        let sums = [_mm512_setzero_ps(); UNITS * CHUNKS];
        Self { scale, update, sums, places: [0; UNITS * CHUNKS], left: 0, begun: None }
    }

    /// Begins the update of the last one that is left, and ends the one before.
    ///
    /// # Safety
    /// There is one left, their places are among the parameters, and the machine has AVX-512F and DQ.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq")]
    pub(super) unsafe fn apply_one(&mut self) {
        self.left -= 1;
        // SAFETY: the caller's; there are never more left than there is room for.
        unsafe {
            let at = *self.places.get_unchecked(self.left);
            let sum = *self.sums.get_unchecked(self.left);
            // The same vector of the next sums is probably behind this one.
            self.update.prefetch(at + CHUNKS * LANES);
            self.end();
            self.begun = Some((at, self.update.begin(!0, at, _mm512_mul_ps(sum, _mm512_set1_ps(self.scale)))));
        }
    }

    /// Ends the update that has begun, if one has.
    ///
    /// # Safety
    /// As for beginning it.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq")]
    unsafe fn end(&mut self) {
        if let Some((at, rest)) = self.begun.take() {
            // SAFETY: the caller's.
            unsafe { self.update.end(!0, at, rest) };
        }
    }

    /// Applies all that are left.
    ///
    /// # Safety
    /// As for one.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq")]
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
    #[target_feature(enable = "avx512f,avx512dq")]
    pub(super) unsafe fn refill<const N: usize>(&mut self, sums: &[[__m512; CHUNKS]; N], at: usize, width: usize) {
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
