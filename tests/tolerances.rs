//! How far dense-core may be from its oracles: the one table, and the comparison that all tests use.
//!
//! dense-core has the same bits on every machine and the vectors are stored, so a measured error stays as it is until
//! someone changes the arithmetic. Each bound is two to four times the error in the comment beside it.

use crate::Result;

/// One row of the table: `|found - expected| <= absolute + relative * |expected|`.
#[derive(Clone, Copy, Debug)]
pub struct Tolerance {
    /// What is compared.
    pub what: &'static str,
    /// Who says what is right.
    pub oracle: &'static str,
    /// The error allowed whatever the size of the number.
    pub absolute: f64,
    /// The error allowed as a part of the number.
    pub relative: f64,
    /// Where the error comes from.
    pub why: &'static str,
}

const KERAS: &str = "Keras in float32";
const WRITTEN_OUT: &str = "the formulas in float64";
const DIFFERENCES: &str = "central differences in float64";

/// Logits of the first batch.
pub const LOGITS: [Tolerance; 2] = [
    Tolerance {
        what: "logits",
        oracle: KERAS,
        absolute: 1.5e-6, // 5.7e-7
        relative: 0.0,
        why: "784 products are added in another order",
    },
    Tolerance {
        what: "logits",
        oracle: WRITTEN_OUT,
        absolute: 1e-6, // 3.1e-7
        relative: 0.0,
        why: "784 products are added in float32",
    },
];

/// Mean loss of the first batch.
pub const LOSS: [Tolerance; 2] = [
    Tolerance {
        what: "mean loss",
        oracle: KERAS,
        absolute: 0.0,
        relative: 1e-7, // 0: the same bits; the bound is one unit in the last place
        why: "32 losses are added in another order",
    },
    Tolerance {
        what: "mean loss",
        oracle: WRITTEN_OUT,
        absolute: 0.0,
        relative: 1e-7, // 5.6e-9: correctly rounded; the bound is one unit in the last place
        why: "32 losses are added in float32",
    },
];

/// Gradients of the first batch; the largest is 0.19.
pub const GRADIENTS: [Tolerance; 2] = [
    Tolerance {
        what: "gradients",
        oracle: KERAS,
        absolute: 1.5e-7, // 4.5e-8
        relative: 0.0,
        why: "the logits' errors, and 32 products added in another order",
    },
    Tolerance {
        what: "gradients",
        oracle: WRITTEN_OUT,
        absolute: 1.5e-7, // 5.1e-8
        relative: 0.0,
        why: "the logits' errors, and 32 products added in float32",
    },
];

/// Mean loss of each of 100 steps of Adam.
pub const ADAM_LOSSES: Tolerance = Tolerance {
    what: "losses, Adam",
    oracle: KERAS,
    absolute: 0.0,
    relative: 1e-5, // 3.4e-6
    why: "the parameters' errors",
};

/// Mean loss of each of 100 steps of gradient descent.
pub const SGD_LOSSES: Tolerance = Tolerance {
    what: "losses, gradient descent",
    oracle: KERAS,
    absolute: 0.0,
    relative: 1e-6, // 3.9e-7
    why: "the parameters' errors",
};

/// Parameters after so many steps of Adam; the largest change is 0.001 a step.
pub const ADAM: [(usize, Tolerance); 3] = [
    (1, adam(2e-7)),   // 6.9e-8
    (10, adam(3e-7)),  // 9.7e-8
    (100, adam(2e-6)), // 5.4e-7, nearly all of it Keras's: see below
];

const fn adam(absolute: f64) -> Tolerance {
    Tolerance {
        what: "parameters, Adam",
        oracle: KERAS,
        absolute,
        relative: 0.0,
        why: "Keras takes 0.999 to the power of the step in float32 and subtracts that from 1",
    }
}

/// The same without Keras's rounding.
pub const ADAM_WRITTEN_OUT: [(usize, Tolerance); 3] = [
    (1, adam_written_out(2e-7)),   // 6.3e-8
    (10, adam_written_out(2e-7)),  // 6.6e-8
    (100, adam_written_out(2e-7)), // 7.7e-8
];

const fn adam_written_out(absolute: f64) -> Tolerance {
    Tolerance {
        what: "parameters, Adam",
        oracle: WRITTEN_OUT,
        absolute,
        relative: 0.0,
        why: "Adam divides by the gradient's own size: where that is small, its rounding errors count in full",
    }
}

/// Parameters after so many steps of gradient descent.
pub const SGD: [(usize, Tolerance); 3] = [
    (1, sgd(2e-8)),   // 7.5e-9
    (10, sgd(4e-8)),  // 1.5e-8
    (100, sgd(6e-8)), // 2.2e-8
];

const fn sgd(absolute: f64) -> Tolerance {
    Tolerance {
        what: "parameters, gradient descent",
        oracle: KERAS,
        absolute,
        relative: 0.0,
        why: "each step adds the gradients' errors times 0.01, and rounds the weight",
    }
}

/// Below this dense-core's probabilities are zero.
const SMALLEST_SIGNAL: f64 = dense_core::math::SMALLEST_SIGNAL as f64;
const KERAS_SUM: &str = "Keras adds small exponentials one by one to 1, and loses up to half a unit each time";

/// Softmax of the hazard tables.
pub const PROBABILITIES: [Tolerance; 2] = [
    Tolerance {
        what: "probabilities",
        oracle: KERAS,
        absolute: 2e-6, // 7.2e-7
        relative: 0.0,
        why: KERAS_SUM,
    },
    Tolerance {
        what: "probabilities",
        oracle: WRITTEN_OUT,
        absolute: SMALLEST_SIGNAL, // 6.8e-10 of 9.3e-10
        relative: 6e-7,            // 2.5e-7
        why: "probabilities below the smallest signal are zero; exp, the sum and the division round",
    },
];

/// Loss of each row of the hazard tables; absolute near zero, relative above.
pub const CROSS_ENTROPIES: [Tolerance; 2] = [
    Tolerance {
        what: "cross-entropies",
        oracle: KERAS,
        absolute: 5e-7, // 2.4e-7 at a loss of 7e-4
        relative: 2e-7, // 1.2e-7 at a loss of 4
        why: KERAS_SUM,
    },
    Tolerance {
        what: "cross-entropies",
        oracle: WRITTEN_OUT,
        absolute: 3e-7,   // 6.3e-8 at a loss of 7e-4
        relative: 1.5e-7, // 1.0e-7 at a loss of 4, 0.45 of both together
        why: "the sum's rounding counts in full where it is near 1; above, float32 gets no closer",
    },
];

/// Loss of a whole hazard table.
pub const CROSS_ENTROPY_SUM: Tolerance = Tolerance {
    what: "sum of cross-entropies",
    oracle: WRITTEN_OUT,
    absolute: 0.0,
    relative: 6e-7, // 2.6e-7
    why: "19 losses are added in float32",
};

/// Derivatives of the losses with respect to the logits, hazard tables.
pub const DELTAS: [Tolerance; 2] = [
    Tolerance {
        what: "deltas",
        oracle: KERAS,
        absolute: 2e-6, // 7.2e-7
        relative: 0.0,
        why: KERAS_SUM,
    },
    Tolerance {
        what: "deltas",
        oracle: WRITTEN_OUT,
        absolute: 4e-7, // 1.5e-7
        relative: 0.0,
        why: "the probability's error stays when 1 is subtracted",
    },
];

/// Gradients of weights and biases, as parts of the largest one.
pub const DIFFERENCE_GRADIENTS: Tolerance = Tolerance {
    what: "gradients, parts of the largest",
    oracle: DIFFERENCES,
    absolute: 1.5e-6, // 6.4e-7
    relative: 0.0,
    why: "logits in float32: where a logit nearly equals what it should be, little is left of it",
};

/// Derivatives with respect to the inputs, as parts of the largest one.
pub const DIFFERENCE_INPUT_DELTAS: Tolerance = Tolerance {
    what: "input deltas, parts of the largest",
    oracle: DIFFERENCES,
    absolute: 1.5e-6, // 6.6e-7
    relative: 0.0,
    why: "logits in float32: where a logit nearly equals what it should be, little is left of it",
};

impl Tolerance {
    /// Whether every number is within the bound; NaN never is. Prints the worst error.
    ///
    /// # Errors
    /// Says which number is furthest out, or that the counts differ or are zero.
    pub fn check<T: Copy + Into<f64>>(&self, case: &str, found: &[T], expected: &[f64]) -> Result<()> {
        let Self { what, oracle, .. } = self;
        if found.len() != expected.len() || found.is_empty() {
            let (found, expected) = (found.len(), expected.len());
            return Err(format!("{case}: {found} {what}, expected {expected}").into());
        }
        let mut worst = (0.0, String::from("exact"));
        for (index, (&found, &expected)) in found.iter().zip(expected).enumerate() {
            let found = found.into();
            let error = (found - expected).abs();
            let part = if error == 0.0 { 0.0 } else { error / (self.absolute + self.relative * expected.abs()) };
            if part > worst.0 || part.is_nan() {
                let text = format!(
                    "number {index} is {found:e}, {oracle} has {expected:e}: error {error:.2e}, \
                     {part:.2} of the bound"
                );
                worst = (part, text);
                if part.is_nan() {
                    break;
                }
            }
        }
        let (part, text) = worst;
        let message = format!("{case}, {what}: {text}");
        if part <= 1.0 {
            println!("{message}");
            Ok(())
        } else {
            Err(format!("{message} ({})", self.why).into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Tolerance;

    const TOLERANCE: Tolerance =
        Tolerance { what: "numbers", oracle: "the table", absolute: 0.5, relative: 0.25, why: "for the test" };

    #[test]
    fn accepts_up_to_the_bound_and_nothing_else() {
        let table: [(&[f64], &[f64], bool); 8] = [
            (&[1.5, -3.5], &[1.5, -2.0], false),
            (&[1.5, -3.0], &[1.5, -2.0], true),
            (&[-4.5], &[-4.0], true),
            (&[f64::NAN], &[0.0], false),
            (&[f64::INFINITY], &[f64::INFINITY], false),
            (&[0.0, 0.0], &[0.0], false),
            (&[], &[], false),
            (&[5.0, f64::NAN, 0.0], &[0.0, 0.0, 0.0], false),
        ];
        for (found, expected, accepted) in table {
            let result = TOLERANCE.check("case", found, expected);
            assert_eq!(result.is_ok(), accepted, "{found:?} for {expected:?}");
        }
    }
}
