//! The table of tolerances: the error bounds of dense-core against each oracle.
//!
//! dense-core has the same bits on every machine and the vectors are stored, so a measured error stays as it is until
//! someone changes the arithmetic. Each bound is two to four times the error in the comment beside it.

pub use crate::comparison::Tolerance;

const KERAS: &str = "Keras in float32";
const KERAS_FLOAT64: &str = "Keras in float64";
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

/// Probabilities of dense-core below this are zero.
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

/// Loss of a hazard table, summed.
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

/// Gradients of weights and biases, as fractions of the largest one.
pub const DIFFERENCE_GRADIENTS: Tolerance = differences("gradients, parts of the largest", 1.5e-6); // 6.4e-7

/// Derivatives with respect to the inputs, as fractions of the largest one.
pub const DIFFERENCE_INPUT_DELTAS: Tolerance = differences("input deltas, parts of the largest", 1.5e-6); // 6.6e-7

const fn differences(what: &'static str, absolute: f64) -> Tolerance {
    let why = "logits in float32: where a logit nearly equals what it should be, little is left of it";
    Tolerance { what, oracle: DIFFERENCES, absolute, relative: 0.0, why }
}

/// Absolute and relative.
type Bound = (f64, f64);

/// The bounds of dense-core against Keras in float32, of dense-core against Keras in float64, and of Keras in float32
/// against itself in float64: its own rounding error, which is the floor of the first.
const fn keras(what: &'static str, single: Bound, double: Bound, own: Bound, why: &'static str) -> [Tolerance; 3] {
    [
        Tolerance { what, oracle: KERAS, absolute: single.0, relative: single.1, why },
        Tolerance { what, oracle: KERAS_FLOAT64, absolute: double.0, relative: double.1, why },
        Tolerance { what, oracle: KERAS_FLOAT64, absolute: own.0, relative: own.1, why: "Keras's own" },
    ]
}

/// Outputs of a layer after each activation.
pub const LAYER_OUTPUTS: [Tolerance; 3] = keras(
    "outputs, parts of the largest",
    (8e-7, 0.0), // 3.0e-7, tanh of logits up to 80
    (3e-7, 0.0), // 9.8e-8, the same
    (5e-7, 0.0), // 2.0e-7, the same
    "17 products are added in another order: a logit of 80 is off by some 1e-5, one near zero beside it as well",
);

/// Gradients of a layer with respect to its inputs, weights and biases.
pub const LAYER_GRADIENTS: [Tolerance; 3] = keras(
    "gradients, parts of the largest",
    (4e-6, 0.0),   // 1.5e-6, tanh of logits up to 80
    (1.5e-6, 0.0), // 6.6e-7, sigmoid of such logits
    (3e-6, 0.0),   // 1.1e-6, tanh of such logits
    "the outputs' errors: where an activation is flat, little is left of 1 - f or 1 - f²",
);

/// Mean loss of a batch.
pub const LOSSES: [Tolerance; 3] = keras(
    "mean loss",
    (0.0, 4e-7), // 1.6e-7, binary cross-entropy
    (0.0, 4e-7), // 1.5e-7, the same
    (0.0, 4e-7), // 1.3e-7, the same
    "exp, ln and the sum over the samples round",
);

/// Gradients of the mean loss with respect to the last layer's outputs or logits.
pub const LOSS_GRADIENTS: [Tolerance; 3] = keras(
    "gradients by the outputs, parts of the largest",
    (4e-7, 0.0),   // 1.5e-7, categorical cross-entropy of probabilities
    (1.5e-7, 0.0), // 4.9e-8, mean squared error
    (4e-7, 0.0),   // 1.7e-7, categorical cross-entropy of probabilities
    "exp, the sum and the division round; through probabilities, Keras divides by what it multiplies with",
);

/// Learning rates of the schedules, step by step.
pub const LEARNING_RATES: [Tolerance; 3] = keras(
    "learning rates",
    (0.0, 6e-7), // 2.7e-7
    (0.0, 2e-7), // 7.1e-8
    (0.0, 6e-7), // 2.5e-7
    "Keras takes the cosine of a float32",
);

/// Parameters of an optimizer by itself, along given gradients.
pub const OPTIMIZER_PARAMETERS: [Tolerance; 3] = keras(
    "parameters, given gradients",
    (4e-6, 8e-7), // 1.5e-6 at 0.17, Adam
    (5e-7, 8e-7), // 5.9e-7 at 1.4, Nesterov; 0.005 at 14,209, the same
    (4e-6, 8e-7), // 1.5e-6 at 0.17, Adam
    "each step rounds the parameter; Keras takes 0.999 to the power of the step in float32 and subtracts that from 1",
);

/// Mean loss of each of 20 steps of a network of three layers.
pub const NETWORK_LOSSES: [Tolerance; 3] = keras(
    "losses",
    (1.5e-5, 0.0), // 4.7e-6, Adam
    (1.5e-6, 0.0), // 4.7e-7, momentum
    (1.5e-5, 0.0), // 4.9e-6, Adam
    "the parameters' errors",
);

/// Parameters of such a network after 1, 5 and 20 steps.
pub const NETWORK_PARAMETERS: [Tolerance; 3] = keras(
    "parameters",
    (4e-6, 0.0), // 1.4e-6, Adam
    (7e-7, 0.0), // 2.3e-7, momentum
    (4e-6, 0.0), // 1.4e-6, Adam
    "as above for Adam; otherwise each step adds the gradients' errors, and rounds the parameter",
);
