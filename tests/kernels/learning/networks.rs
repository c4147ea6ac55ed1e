//! Training of networks of three layers with each kind of loss, over 20 steps of each optimizer.

use super::optimizers::{Check, KEPT, check_all};
use dense_core::activations::{Relu, Sigmoid, Tanh};
use dense_core::optimizers::Optimizer;
use dense_core::{BinaryCrossEntropy, Hidden, Kernel, Mse, Network, Output, SparseCategoricalCrossEntropy, Trainer};
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

/// A training run of Keras: the initial network and the batches.
struct Run<'a, N: Network<IN>, const IN: usize> {
    vectors: &'a Vectors,
    kernel: Kernel,
    task: &'a str,
    optimizers: &'a [&'a str],
    initial: N,
    samples: Vec<[f32; IN]>,
    targets: Vec<N::Target>,
    /// The indices of the samples of each batch.
    batches: Vec<Vec<u32>>,
}

impl<N: Network<IN> + Clone, const IN: usize> Check for Run<'_, N, IN> {
    fn check<O: Optimizer>(&self, name: &str, optimizer: O) -> Result<()> {
        if !self.optimizers.contains(&name) {
            return Ok(());
        }
        let mut network = self.initial.clone();
        let mut trainer = Trainer::<N, O, LARGEST_BATCH>::new(optimizer).with_kernel(self.kernel);
        let (mut losses, mut parameters) = (Vec::new(), Vec::new());
        for (step, order) in (1..).zip(&self.batches) {
            let score = trainer.step_indexed(&mut network, &self.samples, &self.targets, order)?;
            losses.push(f64::from(score.loss_sum) / order.len() as f64);
            if KEPT.contains(&step) {
                parameters.extend(network.parameters().map(f64::from));
            }
        }
        let case = format!("{}, {}, {name}", self.kernel.name(), self.task);
        let expected = |part: &str| self.vectors.precisions(self.task, &format!("{name}.{part}"));
        check_precisions(&NETWORK_LOSSES, &case, &losses, &expected("losses")?, 1.0)?;
        check_precisions(&NETWORK_PARAMETERS, &case, &parameters, &expected("parameters")?, 1.0)
    }
}

fn check<N: Network<IN> + Clone, const IN: usize>(
    task: &str,
    optimizers: &[&str],
    targets: fn(&Vectors, &str) -> Result<Vec<N::Target>>,
) -> Result<()> {
    let vectors = &Vectors::open("networks.safetensors")?;
    let mut initial = N::ZERO;
    let parameters: Vec<f32> =
        vectors.values(&format!("{task}.initial"))?.into_iter().map(|value| value as f32).collect();
    initial.set_parameters(&parameters)?;
    let targets = targets(vectors, &format!("{task}.targets"))?;
    let order: Vec<u32> = vectors.classes(&format!("{task}.order"))?.into_iter().map(u32::from).collect();
    let mut rest = &order[..];
    let mut batches = Vec::new();
    for size in vectors.classes("batch_sizes")? {
        let (batch, others) = rest.split_at(size.into());
        batches.push(batch.to_vec());
        rest = others;
    }
    for kernel in Kernel::available() {
        check_all(&Run {
            vectors,
            kernel,
            task,
            optimizers,
            initial: initial.clone(),
            samples: vectors.rows(&format!("{task}.samples"))?,
            targets: targets.clone(),
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
