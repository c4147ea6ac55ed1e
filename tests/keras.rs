//! Every kernel against Keras: softmax regression on Fashion-MNIST, step by step.

use dense_core::losses::Loss;
use dense_core::optimizers::Optimizer;
use dense_core::{Adam, Batch, Dense, Kernel, Memory, Sgd, SparseCategoricalCrossEntropy};
use formats::DataOptions;
use golden::Result;
use golden::reference::{self, Layer};
use golden::tolerances::{ADAM, ADAM_LOSSES, ADAM_WRITTEN_OUT, GRADIENTS, LOGITS, LOSS, SGD, SGD_LOSSES, Tolerance};
use golden::vectors::{Vectors, directory};
use host_trainer::data::{self, Inputs, Targets};

const BATCH_SIZE: usize = 32;
const STEPS: usize = 100;

type Network = Dense<784, 10>;

/// The inputs of the Keras run: vectors, initial parameters, and the first 100 batches.
struct Recipe {
    vectors: Vectors,
    initial: Network,
    images: Vec<[u8; 784]>,
    labels: Vec<u8>,
}

impl Recipe {
    fn open() -> Result<Self> {
        let vectors = Vectors::open("softmax_regression.safetensors")?;
        let initial = vectors.dense("initial")?;
        let path = directory().join("../data/fashion-mnist");
        let mut train = data::load(&DataOptions { path, ..DataOptions::default() })?.dataset.train;
        train.truncate(STEPS * BATCH_SIZE);
        let (Inputs::Bytes { values, .. }, Targets::Labels(labels)) = (train.inputs, train.targets) else {
            return Err("no images with labels".into());
        };
        Ok(Self { vectors, initial, images: values.as_chunks().0.to_vec(), labels })
    }

    fn batches(&self) -> impl Iterator<Item = (&[[u8; 784]], &[u8])> {
        self.images.chunks(BATCH_SIZE).zip(self.labels.chunks(BATCH_SIZE))
    }

    fn train<O: Optimizer>(&self, kernel: Kernel, mut optimizer: O) -> Result<Run> {
        let mut state = O::State::ZERO;
        let mut network = self.initial.clone();
        let mut run = Run { losses: Vec::new(), networks: Vec::new() };
        for (images, labels) in self.batches() {
            let batch = Batch::new(images)?;
            let mut logits = [[0.0; 10]; BATCH_SIZE];
            network.forward_with(kernel, batch, &mut logits)?;
            let score = SparseCategoricalCrossEntropy::loss_with(kernel, &mut logits, labels)?;
            optimizer.advance();
            optimizer.update(kernel, &mut network, batch, &logits, &mut state)?;
            run.losses.push(score.loss());
            run.networks.push(network.clone());
        }
        Ok(run)
    }

    fn train_adam(&self, kernel: Kernel, learning_rate: f32) -> Result<Run> {
        self.train(kernel, Adam::new(learning_rate)?)
    }

    fn train_sgd(&self, kernel: Kernel, learning_rate: f32) -> Result<Run> {
        self.train(kernel, Sgd::new(learning_rate)?)
    }

    /// The same batches through the float64 reference.
    fn train_reference(&self, adam: reference::Adam, steps: usize) -> Vec<Layer> {
        let pixel = |&pixel: &u8| f64::from(pixel) / 255.0;
        let images = self.images.iter().map(|image| image.iter().map(pixel).collect());
        let samples: Vec<Vec<f64>> = images.collect();
        let batches = samples.chunks(BATCH_SIZE).zip(self.labels.chunks(BATCH_SIZE));
        adam.train(Layer::new(&self.initial), batches.take(steps))
    }

    /// Keras's parameters after `steps` steps.
    fn keras(&self, optimizer: &str, steps: usize) -> Result<Vec<f64>> {
        self.vectors.parameters(&format!("{optimizer}.{steps}"))
    }
}

/// The loss of every step, and the network after it.
struct Run {
    losses: Vec<f32>,
    networks: Vec<Network>,
}

impl Run {
    /// Compares losses and parameters with `expected` after each stored step.
    fn check(
        &self,
        kernel: Kernel,
        table: &[(usize, Tolerance)],
        expected: impl Fn(usize) -> Result<Vec<f64>>,
    ) -> Result<()> {
        for &(steps, tolerance) in table {
            let case = format!("{}, {steps} steps", kernel.name());
            let found = Layer::new(&self.networks[steps - 1]).parameters;
            tolerance.check(&case, &found, &expected(steps)?)?;
        }
        Ok(())
    }
}

#[test]
fn the_vectors_come_from_the_pinned_versions() -> Result<()> {
    let pins = std::fs::read_to_string(directory().join("vectors/requirements.txt"))?;
    assert!(pins.contains("keras=="), "requirements.txt does not pin Keras");
    let topics = ["softmax_regression", "softmax_cross_entropy", "layers", "losses", "optimizers", "networks"];
    for topic in topics {
        let file = format!("{topic}.safetensors");
        let generated_by = Vectors::open(&file)?.generated_by()?;
        for pin in pins.lines() {
            let version = pin.replace("==", " ");
            assert!(generated_by.contains(&version), "{file}: {generated_by}, wanted {version}");
        }
    }
    Ok(())
}

#[test]
fn first_batch() -> Result<()> {
    let recipe = Recipe::open()?;
    let images = &recipe.images[..BATCH_SIZE];
    let labels = &recipe.labels[..BATCH_SIZE];
    for kernel in Kernel::available() {
        let batch = Batch::new(images)?;
        let mut logits = [[0.0; 10]; BATCH_SIZE];
        recipe.initial.forward_with(kernel, batch, &mut logits)?;
        let mut deltas = logits;
        let score = SparseCategoricalCrossEntropy::loss_with(kernel, &mut deltas, labels)?;
        let loss = score.loss();
        let gradients = Layer::new(&golden::gradients(kernel, batch, &deltas)?).parameters;

        for (oracle, prefix) in ["first_batch", "first_batch_float64"].into_iter().enumerate() {
            let values = |name: &str| recipe.vectors.values(&format!("{prefix}.{name}"));
            let expected = recipe.vectors.parameters(&format!("{prefix}.gradients"))?;
            LOGITS[oracle].check(kernel.name(), logits.as_flattened(), &values("logits")?)?;
            LOSS[oracle].check(kernel.name(), &[loss], &values("loss")?)?;
            GRADIENTS[oracle].check(kernel.name(), &gradients, &expected)?;
        }
    }
    Ok(())
}

#[test]
fn hundred_steps_of_adam() -> Result<()> {
    let recipe = Recipe::open()?;
    let layers = recipe.train_reference(reference::Adam::KERAS, STEPS);
    for kernel in Kernel::available() {
        let run = recipe.train_adam(kernel, Adam::DEFAULT_LEARNING_RATE)?;
        ADAM_LOSSES.check(kernel.name(), &run.losses, &recipe.vectors.values("adam.losses")?)?;
        run.check(kernel, &ADAM, |steps| recipe.keras("adam", steps))?;
        run.check(kernel, &ADAM_WRITTEN_OUT, |steps| Ok(layers[steps - 1].parameters.clone()))?;
    }
    Ok(())
}

#[test]
fn hundred_steps_of_gradient_descent() -> Result<()> {
    let recipe = Recipe::open()?;
    for kernel in Kernel::available() {
        let run = recipe.train_sgd(kernel, Sgd::DEFAULT_LEARNING_RATE)?;
        SGD_LOSSES.check(kernel.name(), &run.losses, &recipe.vectors.values("sgd.losses")?)?;
        run.check(kernel, &SGD, |steps| recipe.keras("sgd", steps))?;
    }
    Ok(())
}

#[test]
fn a_learning_rate_one_percent_off_is_caught() -> Result<()> {
    let recipe = Recipe::open()?;
    let kernel = Kernel::best();
    let adam = recipe.train_adam(kernel, 1.01 * Adam::DEFAULT_LEARNING_RATE)?;
    let sgd = recipe.train_sgd(kernel, 1.01 * Sgd::DEFAULT_LEARNING_RATE)?;
    let values = |name| recipe.vectors.values(name);
    assert!(ADAM_LOSSES.check("Adam", &adam.losses, &values("adam.losses")?).is_err());
    assert!(SGD_LOSSES.check("SGD", &sgd.losses, &values("sgd.losses")?).is_err());
    for row in 0..ADAM.len() {
        let result = adam.check(kernel, &ADAM[row..=row], |steps| recipe.keras("adam", steps));
        assert!(result.is_err(), "Adam, row {row}");
        let result = sgd.check(kernel, &SGD[row..=row], |steps| recipe.keras("sgd", steps));
        assert!(result.is_err(), "gradient descent, row {row}");
    }
    Ok(())
}

#[test]
fn every_constant_of_adam_is_told_apart() -> Result<()> {
    use reference::Adam;
    let recipe = Recipe::open()?;
    let keras = Adam::KERAS;
    let table = [
        ("Keras", keras, true),
        ("learning rate", Adam { learning_rate: 0.00101, ..keras }, false),
        ("beta 1", Adam { beta_1: 0.899, ..keras }, false),
        ("beta 2", Adam { beta_2: 0.9989, ..keras }, false),
        ("epsilon", Adam { epsilon: 1e-8, ..keras }, false),
    ];
    let (steps, tolerance) = ADAM[1];
    let expected = recipe.keras("adam", steps)?;
    for (case, adam, accepted) in table {
        let layers = recipe.train_reference(adam, steps);
        let result = tolerance.check(case, &layers[steps - 1].parameters, &expected);
        assert_eq!(result.is_ok(), accepted, "{case}: {result:?}");
    }
    Ok(())
}
