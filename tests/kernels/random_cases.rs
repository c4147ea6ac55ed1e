//! Every kernel function on random shapes and values, against `portable`, in memory that ends where the slices do.
//!
//! For finite inputs every bit of every output is the same, and a NaN is [`NAN`](dense_core::math::NAN). For other
//! inputs only a few functions promise that NaN; all others return one where `portable` does, with any bits, and softmax
//! promises no more than to stay inside of its slices.

use dense_core::kernels::updates::{AdamUpdate, MomentumUpdate, SgdUpdate, StoreGradient};
use dense_core::kernels::{self, Rows};
use dense_core::math::{SMALLEST_FIRST_MOMENT, SMALLEST_SECOND_MOMENT, SMALLEST_WEIGHT, canonical, flush_below};
use dense_core::{Kernel, Random};

use crate::cases::{Samples, Values};
use crate::guarded::{End, Guarded};
use crate::weight_gradient::step_of_adam;
use crate::{compare_bits, elementwise, int8};

/// Miri needs minutes for what takes a processor a millisecond.
const FEW: usize = if cfg!(miri) { 2 } else { 3_000 };
const MANY: usize = 250_000;
const WIDEST: u32 = if cfg!(miri) { 18 } else { 70 };
const MOST_UNITS: u32 = if cfg!(miri) { 3 } else { 20 };
const LARGEST_BATCH: u32 = if cfg!(miri) { 2 } else { 9 };

const VALUES: [Values; 8] = [
    Values::Ordinary,
    Values::Zeros,
    Values::NegativeZeros,
    Values::Denormal,
    Values::Huge,
    Values::Ties,
    Values::AnyExponent,
    Values::NotFinite,
];

/// How the samples of a batch lie in memory.
#[derive(Clone, Copy, Debug)]
enum Arrangement {
    Contiguous,
    Indexed,
    /// Indexed, and the indices of the next batch are known.
    Followed,
    Repeated,
}

const ARRANGEMENTS: [Arrangement; 4] =
    [Arrangement::Contiguous, Arrangement::Indexed, Arrangement::Followed, Arrangement::Repeated];

/// A shape and all that the inputs of a kernel function are drawn from.
#[derive(Clone, Copy, Debug)]
struct Case {
    width: usize,
    units: usize,
    batch: usize,
    arrangement: Arrangement,
    values: Values,
    /// The end of every slice that touches a guard page.
    end: End,
    seed: u64,
}

impl Case {
    fn draw(random: &mut Random, widest: u32) -> Self {
        Self {
            width: random.below(widest) as usize + 1,
            units: random.below(MOST_UNITS) as usize + 1,
            batch: random.below(LARGEST_BATCH) as usize + 1,
            arrangement: ARRANGEMENTS[random.below(4) as usize],
            values: VALUES[random.below(8) as usize],
            end: [End::First, End::Last][random.below(2) as usize],
            seed: u64::from(random.next_u32()),
        }
    }

    fn inputs(self) -> Inputs {
        Inputs { case: self, random: Random::new(self.seed, 1) }
    }

    fn is_finite(self) -> bool {
        !matches!(self.values, Values::NotFinite)
    }

    /// How much there is to look through when it fails.
    fn size(self) -> usize {
        self.width * self.units * self.batch
    }
}

/// Draws what a kernel function reads and writes, each slice at a guard page.
struct Inputs {
    case: Case,
    random: Random,
}

impl Inputs {
    fn samples<T: Samples>(&mut self) -> Batch<T> {
        let Case { width, batch, arrangement, values, end, .. } = self.case;
        let stored = if matches!(arrangement, Arrangement::Repeated) { 1 } else { batch };
        let samples = T::fill(values, &mut self.random, stored * width);
        let order: Vec<u32> = (0..batch).map(|_| self.random.below(stored as u32)).collect();
        Batch { case: self.case, samples: Guarded::new(&samples, end), order: Guarded::new(&order, end) }
    }

    fn floats(&mut self, count: usize) -> Guarded<f32> {
        Guarded::new(&self.case.values.fill(&mut self.random, count), self.case.end)
    }

    /// Of magnitudes that are at least `limit`, or zero, as kernels leave them.
    fn floats_from(&mut self, limit: f32, count: usize) -> Guarded<f32> {
        let mut floats = self.floats(count);
        floats.iter_mut().for_each(|value| *value = flush_below(*value, limit));
        floats
    }

    fn outputs(&self, count: usize) -> Guarded<f32> {
        Guarded::new(&vec![7.0; count], self.case.end)
    }

    /// What a gradient is multiplied by: a share of the batch, or of any magnitude.
    fn scale<T: Samples>(&mut self) -> f32 {
        let scale = Values::AnyExponent.fill(&mut self.random, 1)[0].abs();
        if self.random.below(8) == 0 { scale } else { T::SCALE / 9.0 }
    }

    /// Ordinary, or of any magnitude.
    fn learning_rate(&mut self) -> f32 {
        let rate = Values::AnyExponent.fill(&mut self.random, 1)[0].abs();
        if self.random.below(4) == 0 { rate } else { 0.01 }
    }
}

struct Batch<T> {
    case: Case,
    samples: Guarded<T>,
    order: Guarded<u32>,
}

impl<T: Samples> Batch<T> {
    fn rows(&self) -> Rows<'_, T> {
        let Case { width, batch, arrangement, .. } = self.case;
        match arrangement {
            Arrangement::Contiguous => Rows::contiguous(&self.samples, width, batch),
            Arrangement::Indexed => Rows::indexed(&self.samples, width, &self.order).unwrap(),
            Arrangement::Followed => {
                Rows::indexed(&self.samples, width, &self.order).and_then(|rows| rows.followed_by(&self.order)).unwrap()
            }
            Arrangement::Repeated => Rows::repeated(&self.samples, batch),
        }
    }
}

/// Everything that a kernel function has written.
type Function = fn(Kernel, Case) -> Vec<f32>;

const FUNCTIONS: [(&str, Function); 18] = [
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

/// The sums' halves, each of which is exactly a float.
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

/// Where the activation returned a number from −1 to 1, as those with a bounded derivative do.
fn elementwise_derivative(function: elementwise::Derivative, kernel: Kernel, case: Case) -> Vec<f32> {
    let mut inputs = case.inputs();
    let mut outputs = inputs.floats(case.width * case.batch);
    outputs.iter_mut().for_each(|output| *output = output.clamp(-1.0, 1.0));
    let mut deltas = inputs.floats(case.width * case.batch);
    function(kernel, &outputs, &mut deltas).unwrap();
    deltas.to_vec()
}

/// Functions that return [`NAN`](dense_core::math::NAN) for every NaN that they are given.
const CANONICAL: [&str; 3] = ["sigmoid", "tanh", "decay"];

/// Runs `function` with both kernels and compares as far as the documentation promises something.
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

/// Checks so many cases of a seed and reports the smallest that fails.
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

/// The same comparison finds what a faulty kernel would do.
#[test]
fn planted_faults_are_found() {
    /// Changes the outputs of a function that has been asked for the second time, as a faulty kernel would.
    fn plant(function: Function, fault: impl Fn(Case, &mut [f32])) -> Result<(), String> {
        let calls = std::cell::Cell::new(0);
        search(2028, 10, |case| {
            calls.set(0);
            compare("planted", case, Kernel::PORTABLE, |kernel, case| {
                let mut outputs = function(kernel, case);
                if calls.replace(1) == 1 {
                    fault(case, &mut outputs);
                }
                outputs
            })
        })
    }
    let last = |outputs: &[f32]| outputs.len() - 1;
    plant(forward::<f32>, |_, _| ()).unwrap();
    // One lane is off by a unit in the last place, zero has the other sign, or the last sample is left out.
    plant(forward::<u8>, |_, outputs| outputs[0] = f32::from_bits(outputs[0].to_bits() ^ 1)).unwrap_err();
    plant(adam::<f32>, |_, outputs| outputs[last(outputs)] = -outputs[last(outputs)]).unwrap_err();
    plant(input_gradient, |case, outputs| outputs[(case.batch - 1) * case.width..].fill(7.0)).unwrap_err();
    plant(forward_int8, |_, outputs| outputs[last(outputs)] += 1.0).unwrap_err();
    // A dot product with one accumulator in place of sixteen.
    plant(forward::<f32>, |case, outputs| outputs.copy_from_slice(&forward_in_one_sum(case))).unwrap_err();
}

fn forward_in_one_sum(case: Case) -> Vec<f32> {
    let mut inputs = case.inputs();
    let samples = inputs.samples::<f32>();
    let (weights, bias) = (inputs.floats(case.units * case.width), inputs.floats(case.units));
    let rows = samples.rows();
    let places = (0..case.batch).flat_map(|row| (0..case.units).map(move |unit| (row, unit)));
    places
        .map(|(row, unit)| {
            let products =
                rows.row(row).iter().enumerate().map(|(input, &value)| {
                    (value, weights[kernels::weight_index(unit, input, case.units, case.width)])
                });
            products.fold(0.0, |sum, (value, weight)| weight.mul_add(value, sum)) + bias[unit]
        })
        .collect()
}

/// FNV-1a of the bits of what `portable` computes for a few cases of finite values: the same on every machine, whatever
/// its width of a pointer, order of bytes and unit for floats. A new function needs a new line.
#[test]
fn portable_has_the_same_bits_on_every_machine() {
    let case = Case::draw(&mut Random::new(2029, 1), WIDEST);
    let cases = VALUES.into_iter().filter(|values| !matches!(values, Values::NotFinite)).enumerate();
    let cases = cases.map(|(number, values)| Case { width: 5 * number + 3, units: 3, batch: 2, values, ..case });
    let cases: Vec<Case> = cases.collect();
    let found: Vec<(String, u64)> = functions()
        .into_iter()
        .map(|(name, function)| {
            let outputs = cases.iter().flat_map(|&case| function(Kernel::PORTABLE, case));
            let bytes = outputs.flat_map(|output| output.to_bits().to_le_bytes());
            let digest = bytes.fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
                (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
            });
            (name, digest)
        })
        .collect();
    let found: Vec<(&str, u64)> = found.iter().map(|(name, digest)| (name.as_str(), *digest)).collect();
    assert_eq!(found, DIGESTS, "{found:#018x?}");
}

const DIGESTS: [(&str, u64); 33] = [
    ("forward, u8", 0x64a5_7b04_d27d_9b55),
    ("forward, f32", 0x8f03_1fb0_4d22_39e5),
    ("input_gradient", 0x6c4a_c5e0_1ef7_d956),
    ("weight_gradient, u8", 0xe69a_4131_9059_0111),
    ("weight_gradient, f32", 0x454d_e017_b3a7_dfbb),
    ("SGD, u8", 0x51f3_4563_a4f1_3129),
    ("SGD, f32", 0xe7eb_ca46_9f3b_8e0c),
    ("momentum, u8", 0xa6b2_7df6_a64f_5fe0),
    ("momentum, f32", 0x1255_1445_92c5_6c40),
    ("Nesterov, u8", 0xbfbe_38ee_aa3a_1f89),
    ("Nesterov, f32", 0xc8a3_6334_4db7_c55a),
    ("Adam, u8", 0x4491_a0e7_0966_a321),
    ("Adam, f32", 0xa523_705d_e04d_0db4),
    ("softmax, few classes", 0x1974_ecd7_6fde_c3fa),
    ("softmax, many classes", 0x9d5e_578a_71f2_e13d),
    ("cross-entropy, few classes", 0x9ee9_ee50_9f63_7460),
    ("cross-entropy, many classes", 0x5d8b_663c_47f0_1b71),
    ("int8", 0x6e2d_94a2_f7c8_44c1),
    ("linear", 0xd436_9481_0499_f496),
    ("relu", 0xf342_3c61_f920_cc96),
    ("leaky_relu", 0x4f44_2784_b0c8_3c5f),
    ("elu", 0x3716_d1dc_fa14_6022),
    ("gelu", 0x181e_d685_ba58_7659),
    ("sigmoid", 0xbc2a_75de_a2ee_6e17),
    ("tanh", 0x49b3_eaea_a88c_fdee),
    ("decay", 0xa904_05d5_3484_1f60),
    ("derivative of linear", 0xb826_4732_bd8b_dd64),
    ("derivative of relu", 0xd1c2_0465_075a_838f),
    ("derivative of leaky_relu", 0xe1fd_9df0_e2d0_f90a),
    ("derivative of elu", 0x2aad_42ae_27f5_1e66),
    ("derivative of gelu", 0x7539_51c8_abbb_e7fd),
    ("derivative of sigmoid", 0xd3b2_54ef_1e62_29de),
    ("derivative of tanh", 0x0e32_8e3d_0845_cc13),
];
