//! Networks of three layers for each kind of task, over 20 steps of each optimizer.

use super::optimizers::{Check, KEPT, check_all};
use dense_core::activations::{Activation, Relu, Sigmoid, Tanh};
use dense_core::losses::Loss;
use dense_core::optimizers::Optimizer;
use dense_core::{
    Batch, BinaryCrossEntropy, Dense, Hidden, Kernel, Mse, Network, Output, SparseCategoricalCrossEntropy, Trainer,
};
use golden::Result;
use golden::comparison::check_precisions;
use golden::tolerances::{NETWORK_LOSSES, NETWORK_PARAMETERS};
use golden::vectors::Vectors;

type Classes = Hidden<10, 7, Relu, Hidden<7, 5, Tanh, Output<5, 4, SparseCategoricalCrossEntropy>>>;
type Numbers = Hidden<5, 5, Relu, Hidden<5, 4, Tanh, Output<4, 2, Mse>>>;
type YesOrNo = Hidden<5, 5, Tanh, Hidden<5, 4, Sigmoid, Output<4, 1, BinaryCrossEntropy>>>;

const PLAIN: [&str; 4] = ["sgd", "momentum", "nesterov", "adam"];
const MORE: [&str; 10] = [
    "sgd",
    "momentum",
    "nesterov",
    "adam",
    "sgd_decay",
    "momentum_decay",
    "nesterov_decay",
    "adam_decay",
    "momentum_step",
    "adam_cosine",
];
const LARGEST_BATCH: usize = 6;

/// All parameters in one row: each layer's weights, then its bias.
trait Parameters {
    fn set(&mut self, values: &mut impl Iterator<Item = f32>);
    fn append_to(&self, values: &mut Vec<f64>);
}

impl<const IN: usize, const OUT: usize> Parameters for Dense<IN, OUT> {
    fn set(&mut self, values: &mut impl Iterator<Item = f32>) {
        self.set_weights(values.take(IN * OUT));
        for (bias, value) in self.bias_mut().iter_mut().zip(values) {
            *bias = value;
        }
    }

    fn append_to(&self, values: &mut Vec<f64>) {
        values.extend(self.weights().chain(*self.bias()).map(f64::from));
    }
}

impl<const IN: usize, const WIDTH: usize, A: Activation, Next: Parameters> Parameters for Hidden<IN, WIDTH, A, Next> {
    fn set(&mut self, values: &mut impl Iterator<Item = f32>) {
        self.layer.set(values);
        self.next.set(values);
    }

    fn append_to(&self, values: &mut Vec<f64>) {
        self.layer.append_to(values);
        self.next.append_to(values);
    }
}

impl<const IN: usize, const OUT: usize, K: Loss<OUT>> Parameters for Output<IN, OUT, K> {
    fn set(&mut self, values: &mut impl Iterator<Item = f32>) {
        self.layer.set(values);
    }

    fn append_to(&self, values: &mut Vec<f64>) {
        self.layer.append_to(values);
    }
}

/// A network before training, and the batches that Keras trained it with.
struct Course<'a, N: Network<IN>, const IN: usize> {
    vectors: &'a Vectors,
    kernel: Kernel,
    task: &'a str,
    optimizers: &'a [&'a str],
    initial: N,
    samples: Vec<[f32; IN]>,
    /// The samples of each batch, and their targets.
    batches: Vec<(Vec<u32>, Vec<N::Target>)>,
}

impl<N: Network<IN> + Parameters + Clone, const IN: usize> Check for Course<'_, N, IN> {
    fn check<O: Optimizer>(&self, name: &str, optimizer: O) -> Result<()> {
        if !self.optimizers.contains(&name) {
            return Ok(());
        }
        let mut network = self.initial.clone();
        let mut trainer = Trainer::<N, O, IN, LARGEST_BATCH>::new(optimizer);
        let (mut losses, mut parameters) = (Vec::new(), Vec::new());
        for (step, (order, targets)) in (1..).zip(&self.batches) {
            let batch = Batch::indexed(&self.samples, order)?;
            let score = trainer.step(self.kernel, &mut network, batch, targets)?;
            losses.push(f64::from(score.loss) / order.len() as f64);
            if KEPT.contains(&step) {
                network.append_to(&mut parameters);
            }
        }
        let case = format!("{}, {}, {name}", self.kernel.name(), self.task);
        let expected = |part: &str| self.vectors.precisions(self.task, &format!("{name}.{part}"));
        check_precisions(&NETWORK_LOSSES, &case, &losses, &expected("losses")?, 1.0)?;
        check_precisions(&NETWORK_PARAMETERS, &case, &parameters, &expected("parameters")?, 1.0)
    }
}

fn check<N: Network<IN> + Parameters + Clone, const IN: usize>(
    task: &str,
    optimizers: &[&str],
    targets: fn(&Vectors, &str) -> Result<Vec<N::Target>>,
) -> Result<()> {
    let vectors = &Vectors::open("networks.safetensors")?;
    let mut initial = N::ZERO;
    initial.set(&mut vectors.values(&format!("{task}.initial"))?.into_iter().map(|value| value as f32));
    let targets = targets(vectors, &format!("{task}.targets"))?;
    let order: Vec<u32> = vectors.classes(&format!("{task}.order"))?.into_iter().map(u32::from).collect();
    let mut rest = &order[..];
    let mut batches = Vec::new();
    for size in vectors.classes("batch_sizes")? {
        let (batch, others) = rest.split_at(size.into());
        batches.push((batch.to_vec(), batch.iter().map(|&index| targets[index as usize]).collect::<Vec<_>>()));
        rest = others;
    }
    for kernel in Kernel::available() {
        check_all(&Course {
            vectors,
            kernel,
            task,
            optimizers,
            initial: initial.clone(),
            samples: vectors.rows(&format!("{task}.samples"))?,
            batches: batches.clone(),
        })?;
    }
    Ok(())
}

#[test]
fn classes() -> Result<()> {
    check::<Classes, 10>("classes", &MORE, Vectors::classes)
}

#[test]
fn regression() -> Result<()> {
    check::<Numbers, 5>("regression", &PLAIN, Vectors::rows)
}

#[test]
fn binary() -> Result<()> {
    check::<YesOrNo, 5>("binary", &PLAIN, Vectors::classes)
}
