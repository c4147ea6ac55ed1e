//! Int8 matrix-vector products: sums of u8 inputs and i8 weights, and the order of weights in memory.
//!
//! A sum is exact in 32 bits, so its terms may come in any order, and each target has the order that it loads fastest.
//! A file of weights is row-major, `[outputs][inputs]`, for every machine; a `const` packs it for the target, so that
//! packed weights stay in flash and nothing is packed at start. No order takes more memory than the weights themselves.
//!
//! | order | for | one load gives |
//! |---|---|---|
//! | [`Order::Outputs`] | x86 | consecutive inputs of one output |
//! | [`Order::BiasedOutputs`] | NEON | the same, as `w + 128`, because its products need two unsigned factors |
//! | [`Order::Inputs`] | plain Rust | consecutive outputs of one input; an input of zero is skipped |
//! | [`Order::Pairs`] | Arm's DSP extension | two outputs of two inputs, as two halves `256 · odd + even` |
//! | [`Order::BiasedVectors`] | Helium | 16 inputs of one output, as `w + 128`; after them those of the next output |

#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code)]
pub(super) mod avx2;
#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code)]
pub(super) mod avx512;
#[cfg(all(dsp, not(helium)))]
#[allow(unsafe_code)]
pub(super) mod dsp;
#[cfg(helium)]
#[allow(unsafe_code)]
pub(super) mod helium;
#[cfg(target_arch = "aarch64")]
#[allow(unsafe_code)]
pub(super) mod neon;
pub(super) mod portable;

/// An order of weights in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Output after output.
    Outputs,
    /// Output after output, each weight as the byte `w + 128`.
    BiasedOutputs,
    /// Input after input.
    Inputs,
    /// In groups of outputs: of eight where their number is a multiple of eight; else of ten, then of two, then one.
    ///
    /// In a group, four inputs after four inputs: first the weights of inputs 0 and 2, then those of 1 and 3, and of
    /// either, those of outputs 0 and 1, then 2 and 3, and so on. The weights of two outputs for two inputs are four
    /// bytes, two numbers of 16 bits, the lowest byte first: `256 · odd + even` for the lower input, then for the
    /// higher. The last `inputs % 4`, and all inputs of a group of one output, are plain bytes, input after input.
    ///
    /// One multiplication of such halves with two inputs gives 256 times the odd output's sum plus the even one's. The
    /// low bytes, sign-extended, give the even one's, and the difference the odd one's.
    Pairs,
    /// In groups of outputs: of eight where their number is a multiple of eight; else of five, then of one.
    ///
    /// In a group, 16 inputs (at the end, fewer) after 16 inputs: the weights of the first output, of the second, and
    /// so on, each as the byte `w + 128`.
    BiasedVectors,
}

/// The order of this target.
pub const ORDER: Order = if cfg!(helium) {
    Order::BiasedVectors
} else if cfg!(dsp) {
    Order::Pairs
} else if cfg!(target_arch = "x86_64") {
    Order::Outputs
} else if cfg!(target_arch = "aarch64") {
    Order::BiasedOutputs
} else {
    Order::Inputs
};

/// Outputs of the groups of [`Order::Pairs`] and [`Order::BiasedVectors`] where their number is a multiple of it.
pub(crate) const EIGHT: usize = 8;
/// Outputs of the larger groups of [`Order::Pairs`] where it is not.
pub(crate) const TEN: usize = 10;
/// Inputs that [`Order::Pairs`] takes at a time.
pub(crate) const QUAD: usize = 4;
/// Outputs of the larger groups of [`Order::BiasedVectors`] where it is not. More sums would not stay in the registers of a Cortex-M3
/// either.
pub(crate) const FIVE: usize = 5;
/// Inputs that [`Order::BiasedVectors`] takes at a time.
pub(crate) const VECTOR: usize = 16;

/// The largest magnitude of a weight. Not 128, which would not fit a half of [`Order::Pairs`].
pub const LARGEST_WEIGHT: i8 = 127;

/// Scales sums to bytes: (sum · `significand` / 2³² + `offset`) / 2^`right`, each division rounded down, from 0 to 255.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Requantization {
    pub(crate) significand: i32,
    pub(crate) offset: i32,
    /// 1 to 30.
    pub(crate) right: i32,
}

/// A group of outputs whose weights are interleaved: its start, its length, and the index of an output in it.
#[derive(Clone, Copy)]
struct Group {
    start: usize,
    len: usize,
    member: usize,
}

/// The size of the larger groups.
const fn large(outputs: usize, otherwise: usize) -> usize {
    if outputs.is_multiple_of(EIGHT) { EIGHT } else { otherwise }
}

/// The group of `output` where outputs are taken `large` at a time, the rest `small` at a time, and then one by one.
const fn group(output: usize, outputs: usize, inputs: usize, large: usize, small: usize) -> Group {
    let in_large = outputs - outputs % large;
    let in_small = outputs - (outputs - in_large) % small;
    let (len, first) = if output < in_large {
        (large, 0)
    } else if output < in_small {
        (small, in_large)
    } else {
        (1, in_small)
    };
    let member = (output - first) % len;
    Group { start: (output - member) * inputs, len, member }
}

/// The index of a weight's byte, and how the byte is stored.
#[derive(Clone, Copy)]
enum WeightIndex {
    Plain(usize),
    Biased(usize),
    Low(usize),
    High(usize),
}

impl Order {
    /// The group of `output`.
    ///
    /// # Panics
    /// Where there is no such output.
    const fn group(self, output: usize, outputs: usize, inputs: usize) -> Group {
        assert!(output < outputs, "no such weight");
        match self {
            Self::Outputs | Self::BiasedOutputs => Group { start: output * inputs, len: 1, member: 0 },
            Self::Inputs => Group { start: 0, len: outputs, member: output },
            Self::Pairs => group(output, outputs, inputs, large(outputs, TEN), 2),
            Self::BiasedVectors => group(output, outputs, inputs, large(outputs, FIVE), 1),
        }
    }

    /// The index of the weight of `input` for the member of a group.
    const fn weight_index(self, group: Group, input: usize, inputs: usize) -> WeightIndex {
        let Group { start, len, member } = group;
        let plain = start + input * len + member;
        match self {
            Self::Outputs | Self::Inputs => WeightIndex::Plain(plain),
            Self::BiasedOutputs => WeightIndex::Biased(plain),
            Self::Pairs => {
                if len == 1 || input >= inputs - inputs % QUAD {
                    return WeightIndex::Plain(plain);
                }
                let (quad, of_four) = (input / QUAD, input % QUAD);
                let word = quad * 2 * len + of_four % 2 * len + member / 2 * 2;
                let half = start + 2 * word + of_four / 2 * 2;
                if member % 2 == 0 { WeightIndex::Low(half) } else { WeightIndex::High(half + 1) }
            }
            Self::BiasedVectors => {
                let first = input / VECTOR * VECTOR;
                let width = if inputs - first < VECTOR { inputs - first } else { VECTOR };
                WeightIndex::Biased(start + first * len + member * width + input % VECTOR)
            }
        }
    }

    /// The weight of `input` in the sum of `output`, of `outputs` × `inputs` weights in this order.
    ///
    /// # Panics
    /// Where there is no such weight.
    #[inline]
    #[must_use]
    pub const fn weight(self, weights: &[i8], output: usize, input: usize, outputs: usize, inputs: usize) -> i8 {
        assert!(input < inputs, "no such weight");
        match self.weight_index(self.group(output, outputs, inputs), input, inputs) {
            WeightIndex::Plain(at) | WeightIndex::Low(at) => weights[at],
            WeightIndex::Biased(at) => weights[at] ^ i8::MIN,
            // A negative low byte took one from the high one.
            WeightIndex::High(at) => weights[at].wrapping_add((weights[at - 1] < 0) as i8),
        }
    }

    /// Sets the weight of `input` in the sum of `output`, of `outputs` × `inputs` weights in this order.
    ///
    /// # Panics
    /// Where there is no such weight, or its magnitude is above [`LARGEST_WEIGHT`].
    pub const fn set_weight(
        self,
        weights: &mut [i8],
        output: usize,
        input: usize,
        outputs: usize,
        inputs: usize,
        weight: i8,
    ) {
        assert!(input < inputs, "no such weight");
        let group = self.group(output, outputs, inputs);
        self.set(weights, group, input, inputs, weight);
    }

    /// Sets the weights of `output`, `row`, of `outputs` rows in this order.
    ///
    /// The compiler's interpreter takes half the time that it takes for the weights one by one.
    ///
    /// # Panics
    /// Where there is no such output, or the magnitude of a weight is above [`LARGEST_WEIGHT`].
    pub const fn set_row(self, weights: &mut [i8], output: usize, outputs: usize, row: &[i8]) {
        let group = self.group(output, outputs, row.len());
        let mut input = 0;
        while input < row.len() {
            self.set(weights, group, input, row.len(), row[input]);
            input += 1;
        }
    }

    const fn set(self, weights: &mut [i8], group: Group, input: usize, inputs: usize, weight: i8) {
        assert!(weight != i8::MIN, "a weight is from -127 to 127");
        match self.weight_index(group, input, inputs) {
            WeightIndex::Plain(at) => weights[at] = weight,
            WeightIndex::Biased(at) => weights[at] = weight ^ i8::MIN,
            WeightIndex::Low(at) => {
                let high = weights[at + 1].wrapping_add((weights[at] < 0) as i8);
                weights[at] = weight;
                weights[at + 1] = high.wrapping_sub((weight < 0) as i8);
            }
            WeightIndex::High(at) => weights[at] = weight.wrapping_sub((weights[at - 1] < 0) as i8),
        }
    }

    /// The byte of a weight of zero, for [`zeros`](Self::zeros).
    const fn zero(self) -> i8 {
        match self {
            Self::Outputs | Self::Inputs | Self::Pairs => 0,
            Self::BiasedOutputs | Self::BiasedVectors => i8::MIN,
        }
    }

    /// Weights that are all zero, in this order.
    #[must_use]
    pub const fn zeros<const IN: usize, const OUT: usize>(self) -> [[i8; IN]; OUT] {
        [[self.zero(); IN]; OUT]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORDERS: [Order; 5] =
        [Order::Outputs, Order::BiasedOutputs, Order::Inputs, Order::Pairs, Order::BiasedVectors];

    /// Different for neighbours, with all signs and both extremes.
    fn some_weight(output: usize, input: usize) -> i8 {
        ((output * 89 + input * 57) % 255) as i8 ^ i8::MIN | 1
    }

    #[test]
    fn every_weight_has_an_index_of_its_own() {
        for order in ORDERS {
            for (outputs, inputs) in
                [(1, 1), (1, 17), (2, 4), (3, 5), (10, 16), (10, 19), (8, 21), (24, 4), (13, 33), (27, 7)]
            {
                let mut weights = [order.zero(); 27 * 33];
                let weights = &mut weights[..outputs * inputs];
                let indices = || (0..outputs).flat_map(|output| (0..inputs).map(move |input| (output, input)));
                for (output, input) in indices() {
                    assert_eq!(order.weight(weights, output, input, outputs, inputs), 0);
                }
                // Twice: the second time, each replaces a weight of the other sign.
                for sign in [1, -1] {
                    for (output, input) in indices() {
                        order.set_weight(weights, output, input, outputs, inputs, sign * some_weight(output, input));
                    }
                    for (output, input) in indices() {
                        let found = order.weight(weights, output, input, outputs, inputs);
                        let expected = sign * some_weight(output, input);
                        assert_eq!(found, expected, "{order:?} {outputs} x {inputs}, {output}, {input}");
                    }
                }
                let mut by_rows = [order.zero(); 27 * 33];
                for output in 0..outputs {
                    let row: [i8; 33] = core::array::from_fn(|input| -some_weight(output, input));
                    order.set_row(&mut by_rows, output, outputs, &row[..inputs]);
                }
                assert_eq!(by_rows[..outputs * inputs], *weights, "{order:?} {outputs} x {inputs}");
            }
        }
    }

    #[test]
    fn a_pair_is_two_halves_of_256_times_the_odd_plus_the_even() {
        let mut weights = Order::Pairs.zeros::<4, 2>();
        let weights = weights.as_flattened_mut();
        let table = [[1, -2, 3, -4], [-5, 6, 127, -127]];
        for (output, row) in table.iter().enumerate() {
            for (input, &weight) in row.iter().enumerate() {
                Order::Pairs.set_weight(weights, output, input, 2, 4, weight);
            }
        }
        let halves = [0, 2, 4, 6].map(|at| i16::from_le_bytes([weights[at], weights[at + 1]].map(i8::cast_unsigned)));
        let half = |input: usize| 256 * i16::from(table[1][input]) + i16::from(table[0][input]);
        assert_eq!(halves, [half(0), half(2), half(1), half(3)]);
    }
}
