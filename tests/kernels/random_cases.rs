//! Every kernel function on random shapes and values, against `portable`, in memory that ends where the slices do.
//!
//! For finite inputs all bits are equal, and a NaN is [`NAN`](dense_core::math::NAN). For inputs with NaN or infinities
//! only a few functions promise those bits; the others return a NaN where `portable` does, with any bits, and softmax
//! only stays within its slices.

mod case;
mod digests;
mod faults;

use dense_core::kernels;
use dense_core::kernels::updates::{AdamUpdate, MomentumUpdate, RmspropUpdate, SgdUpdate, StoreGradient};
use dense_core::math::{SMALLEST_FIRST_MOMENT, SMALLEST_SECOND_MOMENT, SMALLEST_WEIGHT, canonical};
use dense_core::{Kernel, Random};

use crate::cases::Samples;
use crate::guarded::Guarded;
use crate::weight_gradient::step_of_adam;
use crate::{compare_bits, elementwise, int8};
use case::{Case, WIDEST};

/// Miri needs minutes for what takes a processor a millisecond.
const FEW: usize = if cfg!(miri) { 2 } else { 3_000 };
const MANY: usize = 250_000;

/// A kernel function: returns all values that it has written.
type Function = fn(Kernel, Case) -> Vec<f32>;

const FUNCTIONS: [(&str, Function); 20] = [
    ("forward, u8", forward::<u8>),
    ("forward, f32", forward::<f32>),
    ("input_gradient", input_gradient),
    ("weight_gradient, u8", weight_gradient::<u8>),
    ("weight_gradient, f32", weight_gradient::<f32>),
    ("SGD, u8", sgd::<u8>),
    ("SGD, f32", sgd::<f32>),
    ("momentum, u8", momentum::<u8, false>),
    ("momentum, f32", momentum::<f32, false>),
    ("Nesterov, u8", momentum::<u8, true>),
    ("Nesterov, f32", momentum::<f32, true>),
    ("RMSprop, u8", rmsprop::<u8>),
    ("RMSprop, f32", rmsprop::<f32>),
    ("Adam, u8", adam::<u8>),
    ("Adam, f32", adam::<f32>),
    ("softmax, few classes", |kernel, case| softmax(kernel, case, case.width, case.units)),
    ("softmax, many classes", |kernel, case| softmax(kernel, case, case.batch, case.width)),
    ("cross-entropy, few classes", |kernel, case| cross_entropy(kernel, case, case.width, case.units)),
    ("cross-entropy, many classes", |kernel, case| cross_entropy(kernel, case, case.batch, case.width)),
    ("int8", forward_int8),
];

fn forward<T: Samples>(kernel: Kernel, case: Case) -> Vec<f32> {
    let mut inputs = case.inputs();
    let samples = inputs.samples::<T>();
    let (weights, bias) = (inputs.floats(case.units * case.width), inputs.floats(case.units));
    let mut outputs = inputs.outputs(case.batch * case.units);
    kernels::forward(kernel, samples.rows(), &weights, &bias, T::SCALE, &mut outputs).unwrap();
    outputs.to_vec()
}

fn input_gradient(kernel: Kernel, case: Case) -> Vec<f32> {
    let mut inputs = case.inputs();
    let (deltas, weights) = (inputs.floats(case.batch * case.units), inputs.floats(case.units * case.width));
    let mut outputs = inputs.outputs(case.batch * case.width);
    kernels::input_gradient(kernel, &deltas, &weights, case.units, &mut outputs).unwrap();
    outputs.to_vec()
}

fn weight_gradient<T: Samples>(kernel: Kernel, case: Case) -> Vec<f32> {
    let mut inputs = case.inputs();
    let samples = inputs.samples::<T>();
    let deltas = inputs.floats(case.batch * case.units);
    let scale = inputs.scale::<T>();
    let mut gradient = inputs.outputs(case.units * case.width);
    kernels::weight_gradient_update(kernel, samples.rows(), &deltas, scale, &StoreGradient, [&mut gradient]).unwrap();
    gradient.to_vec()
}

fn sgd<T: Samples>(kernel: Kernel, case: Case) -> Vec<f32> {
    let mut inputs = case.inputs();
    let samples = inputs.samples::<T>();
    let deltas = inputs.floats(case.batch * case.units);
    let mut weights = inputs.floats_from(SMALLEST_WEIGHT, case.units * case.width);
    let (scale, rate) = (inputs.scale::<T>(), inputs.learning_rate());
    kernels::weight_gradient_update(
        kernel,
        samples.rows(),
        &deltas,
        scale,
        &SgdUpdate { learning_rate: rate },
        [&mut weights],
    )
    .unwrap();
    weights.to_vec()
}

fn momentum<T: Samples, const NESTEROV: bool>(kernel: Kernel, case: Case) -> Vec<f32> {
    let mut inputs = case.inputs();
    let samples = inputs.samples::<T>();
    let deltas = inputs.floats(case.batch * case.units);
    let mut weights = inputs.floats_from(SMALLEST_WEIGHT, case.units * case.width);
    let mut velocities = inputs.floats_from(SMALLEST_FIRST_MOMENT, case.units * case.width);
    let step = MomentumUpdate { learning_rate: inputs.learning_rate(), momentum: 0.9, nesterov: NESTEROV };
    let (rows, scale) = (samples.rows(), inputs.scale::<T>());
    kernels::weight_gradient_update(kernel, rows, &deltas, scale, &step, [&mut weights, &mut velocities]).unwrap();
    [weights.to_vec(), velocities.to_vec()].concat()
}

fn rmsprop<T: Samples>(kernel: Kernel, case: Case) -> Vec<f32> {
    let mut inputs = case.inputs();
    let samples = inputs.samples::<T>();
    let deltas = inputs.floats(case.batch * case.units);
    let mut weights = inputs.floats_from(SMALLEST_WEIGHT, case.units * case.width);
    let mut squares = inputs.floats_from(SMALLEST_SECOND_MOMENT, case.units * case.width);
    squares.iter_mut().for_each(|square| *square = square.abs());
    let step = RmspropUpdate { learning_rate: inputs.learning_rate(), share: 0.1, epsilon: 1e-7 };
    let (rows, scale) = (samples.rows(), inputs.scale::<T>());
    kernels::weight_gradient_update(kernel, rows, &deltas, scale, &step, [&mut weights, &mut squares]).unwrap();
    [weights.to_vec(), squares.to_vec()].concat()
}

fn adam<T: Samples>(kernel: Kernel, case: Case) -> Vec<f32> {
    let mut inputs = case.inputs();
    let samples = inputs.samples::<T>();
    let deltas = inputs.floats(case.batch * case.units);
    let mut weights = inputs.floats_from(SMALLEST_WEIGHT, case.units * case.width);
    let mut means = inputs.floats_from(SMALLEST_FIRST_MOMENT, case.units * case.width);
    let mut squares = inputs.floats_from(SMALLEST_SECOND_MOMENT, case.units * case.width);
    squares.iter_mut().for_each(|square| *square = square.abs());
    let step = AdamUpdate { step_size: inputs.learning_rate(), ..step_of_adam() };
    let scale = inputs.scale::<T>();
    let parameters = [&mut weights[..], &mut means[..], &mut squares[..]];
    kernels::weight_gradient_update(kernel, samples.rows(), &deltas, scale, &step, parameters).unwrap();
    [weights.to_vec(), means.to_vec(), squares.to_vec()].concat()
}

fn softmax(kernel: Kernel, case: Case, rows: usize, classes: usize) -> Vec<f32> {
    let mut values = case.inputs().floats(rows * classes);
    kernels::softmax(kernel, &mut values, classes).unwrap();
    values.to_vec()
}

fn cross_entropy(kernel: Kernel, case: Case, rows: usize, classes: usize) -> Vec<f32> {
    let mut inputs = case.inputs();
    let mut values = inputs.floats(rows * classes);
    let labels: Vec<u8> = (0..rows).map(|_| inputs.random.below(classes as u32) as u8).collect();
    let labels = Guarded::new(&labels, case.end);
    let score = kernels::softmax_cross_entropy(kernel, &mut values, classes, &labels).unwrap();
    [&values[..], &[score.loss_sum, score.correct as f32]].concat()
}

/// The upper and lower halves of the sums, each of which f32 holds exactly.
fn forward_int8(kernel: Kernel, case: Case) -> Vec<f32> {
    let mut inputs = case.inputs();
    let samples = inputs.samples::<u8>();
    let mut row = || (0..case.width).map(|_| (inputs.random.below(255) as i32 - 127) as i8).collect();
    let table: Vec<Vec<i8>> = (0..case.units).map(|_| row()).collect();
    let weights = Guarded::new(&int8::pack(&table), case.end);
    let bias: Vec<i32> = (0..case.units).map(|_| inputs.random.next_u32() as i32 >> 1).collect();
    let bias = Guarded::new(&bias, case.end);
    let mut sums = Guarded::new(&vec![7; case.batch * case.units], case.end);
    kernels::forward_int8(kernel, samples.rows(), &weights, &bias, &mut sums).unwrap();
    sums.iter().flat_map(|&sum| [(sum >> 16) as f32, f32::from(sum as u16)]).collect()
}

fn elementwise_function(function: elementwise::Function, kernel: Kernel, case: Case) -> Vec<f32> {
    let mut values = case.inputs().floats(case.width * case.batch);
    function(kernel, &mut values);
    values.to_vec()
}

/// For activation outputs from −1 to 1, where the derivatives are bounded.
fn elementwise_derivative(function: elementwise::Derivative, kernel: Kernel, case: Case) -> Vec<f32> {
    let mut inputs = case.inputs();
    let mut outputs = inputs.floats(case.width * case.batch);
    outputs.iter_mut().for_each(|output| *output = output.clamp(-1.0, 1.0));
    let mut deltas = inputs.floats(case.width * case.batch);
    function(kernel, &outputs, &mut deltas).unwrap();
    deltas.to_vec()
}

/// Functions that return [`NAN`](dense_core::math::NAN) for every NaN.
const CANONICAL: [&str; 3] = ["sigmoid", "tanh", "decay"];

/// Runs `function` with both kernels and compares what the documentation promises.
fn compare(name: &str, case: Case, kernel: Kernel, function: impl Fn(Kernel, Case) -> Vec<f32>) -> Result<(), String> {
    let (mut expected, mut found) = (function(Kernel::PORTABLE, case), function(kernel, case));
    if !case.is_finite() && (name.starts_with("softmax") || name.starts_with("cross-entropy")) {
        return Ok(());
    }
    if !case.is_finite() && !CANONICAL.contains(&name) {
        expected.iter_mut().chain(&mut found).for_each(|value| *value = canonical(*value));
    }
    compare_bits(&expected, &found).map_err(|difference| format!("{name}, {case:?}: {difference}"))?;
    match found.iter().find(|value| value.to_bits() != canonical(**value).to_bits()) {
        None => Ok(()),
        Some(nan) => Err(format!("{name}, {case:?}: a NaN has the bits {:#010x}", nan.to_bits())),
    }
}

type BoxedFunction = Box<dyn Fn(Kernel, Case) -> Vec<f32>>;

/// All functions with their names.
fn functions() -> Vec<(String, BoxedFunction)> {
    let mut all: Vec<(String, BoxedFunction)> = Vec::new();
    for (name, function) in FUNCTIONS {
        all.push((name.to_owned(), Box::new(function)));
    }
    for (name, function) in elementwise::FUNCTIONS {
        all.push((name.to_owned(), Box::new(move |kernel, case| elementwise_function(function, kernel, case))));
    }
    for (name, function) in elementwise::DERIVATIVES {
        let name = format!("derivative of {name}");
        all.push((name, Box::new(move |kernel, case| elementwise_derivative(function, kernel, case))));
    }
    all
}

fn check(kernel: Kernel, case: Case) -> Result<(), String> {
    functions().into_iter().try_for_each(|(name, function)| compare(&name, case, kernel, function))
}

/// Checks `count` cases of a seed and reports the smallest that fails.
fn search(seed: u64, count: usize, check: impl Fn(Case) -> Result<(), String>) -> Result<(), String> {
    let mut random = Random::new(seed, 1);
    let cases = (0..count).map(|_| Case::draw(&mut random, WIDEST));
    let failures: Vec<_> = cases.filter_map(|case| check(case).err().map(|error| (case.size(), error))).collect();
    match failures.iter().min() {
        None => Ok(()),
        Some((_, smallest)) => {
            Err(format!("{} of {count} cases fail, of which the smallest: {smallest}", failures.len()))
        }
    }
}

pub(crate) fn few(kernel: Kernel) {
    search(2026, FEW, |case| check(kernel, case)).unwrap();
}

pub(crate) fn many(kernel: Kernel) {
    search(2027, MANY, |case| check(kernel, case)).unwrap();
}
