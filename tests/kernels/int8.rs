//! Int8 sums against 64-bit arithmetic.

use dense_core::kernels::int8::ORDER;
use dense_core::kernels::{self, Rows};
use dense_core::{Kernel, Random};

/// Shapes by hazard: around four inputs, a vector of 16, of 64, and the 256 of a block of Arm's DSP kernel; and
/// around the groups of outputs.
const WIDTHS: [usize; 21] = [1, 2, 3, 4, 5, 7, 15, 16, 17, 31, 33, 63, 64, 65, 79, 255, 256, 257, 783, 784, 785];
const UNITS: [usize; 12] = [1, 2, 3, 4, 5, 7, 8, 10, 11, 16, 17, 20];
const BATCHES: [usize; 3] = [1, 3, 6];

/// Kinds of pixels and weights by hazard.
#[derive(Clone, Copy, Debug)]
enum Values {
    /// Half of the pixels are zero, in runs.
    Ordinary,
    Zeros,
    /// One pixel, at the start or the end.
    Single,
    /// All 255, and all weights 127.
    Highest,
    /// All 255, and all weights −127.
    Lowest,
    /// All 255, and weights of 127 and −127 in turn.
    Opposite,
}

const VALUES: [Values; 6] =
    [Values::Ordinary, Values::Zeros, Values::Single, Values::Highest, Values::Lowest, Values::Opposite];

impl Values {
    fn row(self, random: &mut Random, width: usize) -> Vec<u8> {
        let mut row = vec![if matches!(self, Self::Highest | Self::Lowest | Self::Opposite) { 255 } else { 0 }; width];
        match self {
            Self::Ordinary => {
                for run in row.chunks_mut(random.below(9) as usize + 1).step_by(2) {
                    run.fill_with(|| random.next_u32() as u8);
                }
            }
            Self::Single => {
                let last = width - 1;
                row[[0, last][random.below(2) as usize]] = 255;
            }
            _ => (),
        }
        row
    }

    fn weight(self, random: &mut Random, output: usize, input: usize) -> i8 {
        match self {
            Self::Highest => 127,
            Self::Lowest => -127,
            Self::Opposite if (output + input).is_multiple_of(2) => 127,
            Self::Opposite => -127,
            _ => (random.below(255) as i32 - 127) as i8,
        }
    }
}

/// The weights of `table`, `[outputs][inputs]`, in the order of this target.
pub(crate) fn pack(table: &[Vec<i8>]) -> Vec<i8> {
    let (units, width) = (table.len(), table[0].len());
    let [[zero]] = ORDER.zeros::<1, 1>();
    let mut weights = vec![zero; units * width];
    for (unit, row) in table.iter().enumerate() {
        ORDER.set_row(&mut weights, unit, units, row);
    }
    weights
}

pub(crate) fn forward(kernel: Kernel) {
    let mut random = Random::new(2026, 6);
    for width in WIDTHS {
        for units in UNITS {
            for (batch, values) in BATCHES.into_iter().flat_map(|batch| VALUES.map(|values| (batch, values))) {
                let table: Vec<Vec<i8>> = (0..units)
                    .map(|output| (0..width).map(|input| values.weight(&mut random, output, input)).collect())
                    .collect();
                let weights = pack(&table);
                let bias: Vec<i32> = (0..units).map(|_| random.next_u32() as i32 >> 1).collect();
                let samples: Vec<u8> = (0..batch).flat_map(|_| values.row(&mut random, width)).collect();
                let order: Vec<u32> = (0..batch).map(|_| random.below(batch as u32)).collect();
                let rows = if random.below(2) == 0 {
                    Rows::contiguous(&samples, width, batch)
                } else {
                    Rows::indexed(&samples, width, &order).unwrap()
                };
                let mut found = vec![7; batch * units];
                kernels::forward_int8(kernel, rows, &weights, &bias, &mut found).unwrap();
                let expected: Vec<i32> = (0..batch)
                    .flat_map(|row| table.iter().zip(&bias).map(move |(weights, &bias)| (row, weights, bias)))
                    .map(|(row, weights, bias)| {
                        let products = rows.row(row).iter().zip(weights).map(|(&x, &w)| i64::from(x) * i64::from(w));
                        (i64::from(bias) + products.sum::<i64>()) as i32
                    })
                    .collect();
                assert_eq!(found, expected, "{width} inputs, {units} units, batch {batch}, {values:?}");
            }
        }
    }
}

/// Random shapes, and inputs and weights at any address.
pub(crate) fn random_shapes(kernel: Kernel) {
    let mut random = Random::new(2026, 7);
    for case in 0..300 {
        let (width, units) = (1 + random.below(400) as usize, 1 + random.below(40) as usize);
        let values = VALUES[case % VALUES.len()];
        let table: Vec<Vec<i8>> = (0..units)
            .map(|output| (0..width).map(|input| values.weight(&mut random, output, input)).collect())
            .collect();
        let [inputs_from, weights_from] = [random.below(4), random.below(4)].map(|offset| offset as usize);
        let mut weights = vec![ORDER.zeros::<1, 1>()[0][0]; weights_from + units * width];
        let weights = &mut weights[weights_from..];
        for (output, row) in table.iter().enumerate() {
            ORDER.set_row(weights, output, units, row);
        }
        let bias: Vec<i32> = (0..units).map(|_| random.next_u32() as i32 >> 1).collect();
        let mut inputs = vec![0; inputs_from];
        inputs.extend(values.row(&mut random, width));
        let row = &inputs[inputs_from..];
        let mut found = vec![7; units];
        kernels::forward_int8(kernel, Rows::contiguous(row, width, 1), weights, &bias, &mut found).unwrap();
        for ((found, weights), bias) in found.into_iter().zip(&table).zip(bias) {
            let products = row.iter().zip(weights).map(|(&x, &w)| i64::from(x) * i64::from(w));
            let exact = i64::from(bias) + products.sum::<i64>();
            assert_eq!(i64::from(found), exact, "{width} inputs, {units} units, {values:?}");
        }
    }
}

/// Lengths that do not fit are refused, and nothing is written.
pub(crate) fn refuses_wrong_lengths(kernel: Kernel) {
    let samples = [1; 34];
    let rows = Rows::contiguous(&samples, 17, 2);
    let mut written = [7; 64];
    // Right would be 51 weights, 3 biases and 6 sums.
    for (weights, bias, sums) in [(50, 3, 6), (52, 3, 6), (51, 2, 6), (51, 4, 6), (51, 3, 5), (51, 3, 7), (0, 0, 0)] {
        let (weights, bias) = (&[1; 64][..weights], &[1; 64][..bias]);
        kernels::forward_int8(kernel, rows, weights, bias, &mut written[..sums]).unwrap_err();
    }
    assert_eq!(written, [7; 64]);
}
