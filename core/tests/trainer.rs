//! The trainer: batches, errors without side effects, initialisation in place.

use std::mem::MaybeUninit;
use std::thread;

use dense_core::activations::Relu;
use dense_core::{
    Adam, Batch, Error, Hidden, Kernel, Layers, Memory, Momentum, Network, Output, Random, Score, Sgd,
    SparseCategoricalCrossEntropy, Trainer, Workspace,
};

const SAMPLES: usize = 10;
const BATCH: usize = 4;

type Classifier = Hidden<3, 8, Relu, Output<8, 2, SparseCategoricalCrossEntropy>>;

fn data() -> ([[f32; 3]; SAMPLES], [u8; SAMPLES]) {
    let mut random = Random::new(1, 9);
    let samples: [[f32; 3]; SAMPLES] = std::array::from_fn(|_| std::array::from_fn(|_| random.uniform()));
    (samples, samples.map(|sample| u8::from(sample[0] > sample[1])))
}

fn network() -> Classifier {
    let mut network = Classifier::ZERO;
    network.glorot_uniform(&mut Random::new(1, Random::INITIAL_WEIGHTS));
    network
}

/// A step in one of several ways.
type Step<'a> = &'a dyn Fn(&mut Trainer<Classifier, Adam, BATCH>, &mut Classifier) -> Result<Score, Error>;

#[test]
fn every_way_of_taking_a_batch_is_one() -> Result<(), Error> {
    let (samples, targets) = data();
    let order = [7, 2, 9];
    let (chosen, labels) = (order.map(|sample| samples[sample as usize]), order.map(|sample| targets[sample as usize]));
    let train = |step: Step<'_>| {
        let (mut network, mut trainer) = (network(), Trainer::new(Adam::new(0.01)?));
        let mut scores = Vec::new();
        for _ in 0..20 {
            scores.push(step(&mut trainer, &mut network)?);
        }
        Ok::<_, Error>((network, scores))
    };
    let direct = train(&|trainer, network| trainer.step(network, &chosen, &labels))?;
    let indexed = train(&|trainer, network| trainer.step_indexed(network, &samples, &targets, &order))?;
    let batch = Batch::indexed(&samples, &order)?.followed_by(&[0, 1])?;
    let prefetched = train(&|trainer, network| trainer.step_batch(network, batch, &labels))?;
    assert_eq!(direct, indexed);
    assert_eq!(direct, prefetched);
    assert_ne!(direct.0, network());
    Ok(())
}

#[test]
fn evaluation_is_over_any_number_of_samples() -> Result<(), Error> {
    let (samples, targets) = data();
    let (network, mut trainer) = (network(), Trainer::<_, _, BATCH>::new(Sgd::new(0.1)?));
    let mut whole = Workspace::<Classifier, SAMPLES>::ZERO;
    let expected = whole.evaluate(&network, &samples, &targets)?;
    let found = trainer.evaluate(&network, &samples, &targets)?;
    assert_eq!((found.samples, found.correct), (SAMPLES as u32, expected.correct));
    assert!((found.loss() - expected.loss()).abs() < 1e-6);
    assert_eq!(Classifier::metric(&found), found.accuracy());
    assert_eq!(trainer.evaluate(&network, &samples[..0], &[]), Err(Error::EmptyBatch));
    let length = Error::Length { what: "targets", found: 9, expected: SAMPLES };
    assert_eq!(trainer.evaluate(&network, &samples, &targets[1..]), Err(length));
    Ok(())
}

/// Changes samples, targets or the order of a step.
type Change = fn(&mut Vec<[f32; 3]>, &mut Vec<u8>, &mut Vec<u32>);

#[test]
fn what_is_wrong_with_a_step_is_named_and_changes_nothing() -> Result<(), Error> {
    let table: [(Change, Error); 7] = [
        (|samples, _, _| samples[0][0] = f32::NAN, Error::NotFinite { what: "samples", index: 0 }),
        (|samples, _, _| samples[2][1] = f32::NEG_INFINITY, Error::NotFinite { what: "samples", index: 7 }),
        (|_, targets, _| targets[3] = 2, Error::LabelOutOfRange { sample: 3, label: 2, classes: 2 }),
        (|_, targets, _| _ = targets.pop(), Error::Length { what: "targets", found: 9, expected: 10 }),
        (|_, _, order| order.clear(), Error::EmptyBatch),
        (|_, _, order| order.push(0), Error::BatchTooLarge { found: 11, most: 10 }),
        (|_, _, order| order[1] = 10, Error::SampleOutOfRange { index: 10, samples: 10 }),
    ];
    for kernel in Kernel::available() {
        for (number, (change, expected)) in table.iter().enumerate() {
            let (samples, targets) = data();
            let (mut samples, mut targets, mut order) = (samples.to_vec(), targets.to_vec(), (0..10).collect());
            let mut network = network();
            let mut trainer = Trainer::<_, _, SAMPLES>::new(Momentum::new(0.1, 0.9)?).with_kernel(kernel);
            trainer.step(&mut network, &samples, &targets)?;
            let (before, state, optimizer) = (network.clone(), trainer.state().clone(), *trainer.optimizer());

            change(&mut samples, &mut targets, &mut order);
            let result = trainer.step_indexed(&mut network, &samples, &targets, &order);
            assert_eq!(result, Err(*expected), "case {number}");
            assert_eq!(network, before, "case {number}");
            assert_eq!(*trainer.state(), state, "case {number}");
            assert_eq!(*trainer.optimizer(), optimizer, "case {number}");
        }
    }
    let (samples, targets) = data();
    let (mut network, mut trainer) = (network(), Trainer::<_, _, BATCH>::new(Sgd::new(0.1)?));
    let few = trainer.step(&mut network, &samples[..BATCH], &targets[..3]);
    assert_eq!(few, Err(Error::Length { what: "labels", found: 3, expected: BATCH }));
    let many = trainer.step(&mut network, &samples, &targets);
    assert_eq!(many, Err(Error::BatchTooLarge { found: SAMPLES, most: BATCH }));
    assert_eq!(trainer.step(&mut network, &samples[..0], &[]), Err(Error::EmptyBatch));
    Ok(())
}

/// Diverged weights are an error of the next step, which does not change them.
#[test]
fn a_training_that_diverges_ends() -> Result<(), Error> {
    let (samples, targets) = data();
    let (mut network, mut trainer) = (network(), Trainer::<_, _, SAMPLES>::new(Sgd::new(1e30)?));
    for _ in 0..99 {
        let last = network.clone();
        if let Err(error) = trainer.step(&mut network, &samples, &targets) {
            assert!(matches!(error, Error::NotFinite { what: "logits" | "hidden sums", .. }), "{error}");
            assert!(network.parameters().map(f32::to_bits).eq(last.parameters().map(f32::to_bits)));
            return Ok(());
        }
    }
    panic!("99 steps of 1e30 times the gradient did no harm");
}

type Large = Hidden<784, 512, Relu, Hidden<512, 512, Relu, Output<512, 10, SparseCategoricalCrossEntropy>>>;
type LargeTrainer = Trainer<Large, Adam, 1>;

/// 8 MB of trainer and 3 MB of network on a stack of 64 KB; run without optimisation, too. Kernels without optimisation
/// need more of it.
#[test]
fn large_memory_is_initialised_in_place() -> Result<(), Error> {
    let on_stack = |bytes| thread::Builder::new().stack_size(bytes);
    let initialise = move || {
        let (mut network, mut trainer) = (Box::new_uninit(), Box::<LargeTrainer>::new_uninit());
        let network = Large::zero_in(&mut network);
        network.glorot_uniform(&mut Random::new(1, Random::INITIAL_WEIGHTS));
        let trainer = LargeTrainer::new_in(&mut trainer, Adam::new(0.001)?);
        let mut workspaces = Box::<[Workspace<Large, 10_000>]>::new_uninit_slice(1);
        let workspace = Workspace::new_in(&mut workspaces[0]);
        let compute = || {
            let before = trainer.step(network, &[[128_u8; 784]], &[3])?;
            let after = trainer.step(network, &[[128_u8; 784]], &[3])?;
            assert!(after.loss() < before.loss());

            let samples = [[128_u8; 784]; 8];
            assert_eq!(workspace.predict(network, &samples)?.len(), 8);
            let score = workspace.evaluate(network, &samples, &[3; 8])?;
            assert_eq!((score.samples, score.correct), (8, 8));
            Ok(())
        };
        thread::scope(|scope| on_stack(512 << 10).spawn_scoped(scope, compute).unwrap().join().unwrap())
    };
    on_stack(64 << 10).spawn(initialise).unwrap().join().unwrap()
}

#[test]
fn memory_in_place_is_that_of_new() -> Result<(), Error> {
    let (samples, targets) = data();
    let mut place = MaybeUninit::uninit();
    let trainer = Trainer::<Classifier, _, SAMPLES>::new_in(&mut place, Momentum::new(0.1, 0.9)?);
    let mut expected = Trainer::<Classifier, _, SAMPLES>::new(Momentum::new(0.1, 0.9)?);
    let (mut network, mut same) = (network(), network());
    for _ in 0..3 {
        assert_eq!(
            trainer.step_indexed(&mut network, &samples, &targets, &[3, 1])?,
            expected.step_indexed(&mut same, &samples, &targets, &[3, 1])?
        );
    }
    assert_eq!(network, same);
    assert_eq!(trainer.state(), expected.state());
    assert_eq!(network.predict(&samples[0])?, same.predict(&samples[0])?);
    Ok(())
}
