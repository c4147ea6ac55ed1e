//! The pseudorandom number generator of initial weights and shuffles. Its streams are stable: no release changes them.

/// PCG32 (XSH-RR 64/32, M. E. O'Neill 2014, pcg-random.org): 64 bits of state, 32 bits a step, the same everywhere.
///
/// A `seed` gives a different sequence for each `stream`. The methods below are stable too: the
/// number of draws of each, and its results.
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

    /// An integer from 0 up to and without `bound`, uniformly distributed; 0 where `bound` is 0.
    ///
    /// Lemire's method (arXiv 1805.10941): the high half of a 32 × 32 bit product, with rejection of the
    /// few low halves that would bias it.
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

    /// A number in [0, 1), uniformly distributed, a multiple of 2⁻²⁴: the upper 24 bits of one draw.
    #[inline]
    pub const fn uniform(&mut self) -> f32 {
        (self.next_u32() >> 8) as f32 * (1.0 / (1 << 24) as f32)
    }

    /// Shuffles in place, uniformly: Fisher–Yates from the last element down.
    ///
    /// Of 2³² elements or more, only the first 2³² − 1 are shuffled.
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

    /// The numbers come from another implementation, written from the descriptions above.
    #[test]
    fn derived_numbers_never_change() {
        let mut random = Random::new(0, Random::SHUFFLE);
        let mut order = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
        random.shuffle(&mut order);
        assert_eq!(order, [3, 1, 7, 2, 9, 6, 0, 5, 8, 4]);
        assert_eq!(random.uniform().to_bits(), 0x3f70_42d9);
        assert_eq!([3, 10, 1000, u32::MAX].map(|bound| random.below(bound)), [2, 5, 943, 2_378_660_697]);

        // Of such a bound, one low half in four is unfair; one of these eight is drawn again.
        let mut random = Random::new(0, Random::SHUFFLE);
        let numbers = [0; 8].map(|_| random.below(3 << 30));
        let expected = [
            1_543_029_196,
            3_197_346_514,
            397_646_932,
            314_464_581,
            3_163_971_435,
            1_902_357_170,
            507_999_449,
            1_615_661_940,
        ];
        assert_eq!(numbers, expected);
    }

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
