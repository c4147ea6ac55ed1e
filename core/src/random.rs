//! The generator behind initial weights and shuffles. Its stream is part of the crate's promise: it never changes.

/// PCG32 (XSH-RR 64/32, M. E. O'Neill 2014, pcg-random.org): 64 bits of state, 32 bits a step, the same everywhere.
///
/// A `seed` gives independent sequences for different `stream`s. Everything derived from [`next_u32`](Self::next_u32)
/// below is fixed too: how many numbers it draws and what it makes of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Random {
    state: u64,
    increment: u64,
}

impl Random {
    /// The stream that initial weights are drawn from.
    pub const INITIAL_WEIGHTS: u64 = 1;
    /// The stream that shuffles the samples.
    pub const SHUFFLE: u64 = 2;

    const MULTIPLIER: u64 = 6_364_136_223_846_793_005;

    /// The generator as PCG's reference seeds it (`pcg32_srandom`). Of `stream`, the low 63 bits count.
    #[must_use]
    pub const fn new(seed: u64, stream: u64) -> Self {
        let increment = (stream << 1) | 1;
        // From state 0, one step leads to the increment; then the seed is added and one more step follows.
        let state = increment.wrapping_add(seed).wrapping_mul(Self::MULTIPLIER).wrapping_add(increment);
        Self { state, increment }
    }

    /// The next 32 bits.
    #[inline]
    pub const fn next_u32(&mut self) -> u32 {
        let old = self.state;
        self.state = old.wrapping_mul(Self::MULTIPLIER).wrapping_add(self.increment);
        let shifted = (((old >> 18) ^ old) >> 27) as u32;
        shifted.rotate_right((old >> 59) as u32)
    }

    /// A number from 0 up to and without `bound`, each equally likely; 0 where `bound` is 0.
    ///
    /// Lemire's method (arXiv 1805.10941): the high half of a 32 × 32 bit product, with the rare unfair low halves
    /// drawn again.
    #[inline]
    pub const fn below(&mut self, bound: u32) -> u32 {
        let mut product = self.next_u32() as u64 * bound as u64;
        if (product as u32) < bound {
            let unfair = bound.wrapping_neg() % bound;
            while (product as u32) < unfair {
                product = self.next_u32() as u64 * bound as u64;
            }
        }
        (product >> 32) as u32
    }

    /// A number from 0 up to and without 1, a multiple of 2⁻²⁴: the upper 24 bits of one draw.
    #[inline]
    pub const fn uniform(&mut self) -> f32 {
        (self.next_u32() >> 8) as f32 * (1.0 / (1 << 24) as f32)
    }

    /// Shuffles in place, every order equally likely: Fisher–Yates from the last element down.
    ///
    /// Of more than 2³² elements, only the first 2³² are shuffled.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        let count = u32::try_from(items.len()).unwrap_or(u32::MAX);
        for last in (1..count).rev() {
            let other = self.below(last + 1);
            items.swap(last as usize, other as usize);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Random;

    #[test]
    fn stream_is_that_of_the_reference() {
        // The first numbers printed by pcg32-demo of the reference implementation (seed 42, stream 54).
        let mut random = Random::new(42, 54);
        let expected = [0xa15c_02b7, 0x7b47_f409, 0xba1d_3330, 0x83d2_f293, 0xbfa4_784b, 0xcbed_606e];
        for value in expected {
            assert_eq!(random.next_u32(), value);
        }
    }

    #[test]
    fn derived_numbers_never_change() {
        let mut random = Random::new(0, Random::SHUFFLE);
        let mut order = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
        random.shuffle(&mut order);
        assert_eq!(order, SHUFFLED);
        assert_eq!(random.uniform().to_bits(), UNIFORM_BITS);
        assert_eq!([3, 10, 1000, u32::MAX].map(|bound| random.below(bound)), BELOW);
    }
    const SHUFFLED: [u8; 10] = [0; 10];
    const UNIFORM_BITS: u32 = 0;
    const BELOW: [u32; 4] = [0; 4];

    #[test]
    fn below_is_fair_and_in_range() {
        let mut random = Random::new(7, 7);
        let mut counts = [0_u32; 6];
        for _ in 0..60_000 {
            counts[random.below(6) as usize] += 1;
        }
        assert!(counts.iter().all(|&count| count.abs_diff(10_000) < 400), "{counts:?}");
        assert_eq!(random.below(0), 0);
        assert_eq!(random.below(1), 0);
    }
}
