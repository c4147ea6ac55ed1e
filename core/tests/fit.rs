//! The fit loop counts right, stops when told, and after an error everything is as it was.

use std::ops::ControlFlow;

use dense_core::activations::Relu;
use dense_core::fit::{Course, Event};
use dense_core::plans::Whole;
use dense_core::samples::{InOrder, Samples, Shuffled, Stream};
use dense_core::{
    Adam, Batch, Error, Hidden, Kernel, Momentum, Network, Output, Random, Sgd, SparseCategoricalCrossEntropy, Trainer,
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

#[test]
fn counts_samples_batches_iterations_and_epochs() -> Result<(), Error> {
    let (samples, targets) = data();
    let (mut network, mut trainer) = (network(), Trainer::<_, _, 3, BATCH>::new(Sgd::new(0.1)?));
    let mut events = Vec::new();
    let course = Course { epochs: 2, batch_size: BATCH };
    let mut source = InOrder::new(&samples, &targets)?;
    let end = trainer.fit(Kernel::best(), &mut network, &mut source, course, |event, _| {
        let (kind, progress) = match event {
            Event::Batch(progress) => ("batch", progress),
            Event::Epoch(progress) => ("epoch", progress),
        };
        events.push((kind, progress.epoch, progress.batch, progress.iterations, progress.samples));
        ControlFlow::Continue(())
    })?;
    let expected = [
        ("batch", 1, 1, 1, 4),
        ("batch", 1, 2, 2, 8),
        ("batch", 1, 3, 3, 10),
        ("epoch", 1, 3, 3, 10),
        ("batch", 2, 1, 4, 4),
        ("batch", 2, 2, 5, 8),
        ("batch", 2, 3, 6, 10),
        ("epoch", 2, 3, 6, 10),
    ];
    assert_eq!(events, expected);
    assert_eq!((end.epoch, end.iterations), (2, 6));
    Ok(())
}

#[test]
fn stops_when_told() -> Result<(), Error> {
    let (samples, targets) = data();
    for (stop_after, iterations) in [(1, 1), (3, 3), (4, 3), (5, 4)] {
        let (mut network, mut trainer) = (network(), Trainer::<_, _, 3, BATCH>::new(Sgd::new(0.1)?));
        let mut calls = 0;
        let course = Course { epochs: 9, batch_size: BATCH };
        let mut source = InOrder::new(&samples, &targets)?;
        let end = trainer.fit(Kernel::best(), &mut network, &mut source, course, |_, _| {
            calls += 1;
            if calls == stop_after { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })?;
        assert_eq!((calls, end.iterations), (stop_after, iterations));
    }
    Ok(())
}

#[test]
fn every_way_of_taking_all_samples_is_one() -> Result<(), Error> {
    let (samples, targets) = data();
    let course = Course { epochs: 30, batch_size: SAMPLES };
    let train = |source: &mut dyn FnMut(&mut Classifier, &mut Trainer<Classifier, Adam, 3, SAMPLES>)| {
        let mut network = network();
        source(&mut network, &mut Trainer::new(Adam::new(0.01).unwrap()));
        network
    };
    let go_on = |_, _: &Classifier| ControlFlow::Continue(());
    let kernel = Kernel::best();
    let by_step = train(&mut |network, trainer| {
        for _ in 0..course.epochs {
            trainer.step(kernel, network, Batch::new(&samples).unwrap(), &targets).unwrap();
        }
    });
    let in_order = train(&mut |network, trainer| {
        trainer.fit(kernel, network, &mut InOrder::new(&samples, &targets).unwrap(), course, go_on).unwrap();
    });
    let streamed = train(&mut |network, trainer| {
        let mut stream = Stream::<_, _, _, 3, SAMPLES>::new(samples.into_iter().zip(targets));
        trainer.fit(kernel, network, &mut stream, course, go_on).unwrap();
    });
    assert_eq!(by_step, in_order);
    assert_eq!(by_step, streamed);
    assert_ne!(by_step, network());
    Ok(())
}

#[test]
fn a_shuffle_takes_every_sample_once_an_epoch() -> Result<(), Error> {
    let samples: [[u8; 1]; SAMPLES] = std::array::from_fn(|number| [number as u8]);
    let targets: [u8; SAMPLES] = std::array::from_fn(|number| number as u8);
    let (mut order, mut same) = ([9; SAMPLES], [0; SAMPLES]);
    let mut source = Shuffled::<_, _, 1, BATCH>::new(&samples, &targets, &mut order, Random::new(0, 2))?;
    for (place, number) in same.iter_mut().zip(0_u32..) {
        *place = number;
    }
    let mut random = Random::new(0, 2);
    for _ in 0..3 {
        random.shuffle(&mut same);
        source.start();
        let (mut seen, mut sizes) = (Vec::new(), Vec::new());
        while let Some((batch, targets)) = source.next_batch(BATCH)? {
            sizes.push(batch.len());
            seen.extend(targets.iter().map(|&target| u32::from(target)));
        }
        assert_eq!(sizes, [4, 4, 2]);
        assert_eq!(seen, same);
    }
    assert_eq!(source.next_batch(BATCH + 1).err(), Some(Error::BatchTooLarge { found: BATCH + 1, most: BATCH }));
    Ok(())
}

type Change = fn(&mut [[f32; 3]], &mut [u8], &mut Course);

#[test]
fn what_is_wrong_is_named_and_changes_nothing() -> Result<(), Error> {
    let zero = |what, most| Error::Setting { what, found: 0.0, least: 1.0, most };
    let table: [(Change, Error); 7] = [
        (|samples, _, _| samples[0][0] = f32::NAN, Error::NotFinite { what: "samples", index: 0 }),
        (|samples, _, _| samples[2][1] = f32::NEG_INFINITY, Error::NotFinite { what: "samples", index: 7 }),
        (|_, targets, _| targets[3] = 2, Error::LabelOutOfRange { sample: 3, label: 2, classes: 2 }),
        (|_, _, course| course.epochs = 0, zero("epochs", u32::MAX as f32)),
        (|_, _, course| course.batch_size = 0, zero("batch size", 10.0)),
        (|_, _, course| course.batch_size = 11, Error::BatchTooLarge { found: 11, most: 10 }),
        (|_, _, course| course.batch_size = usize::MAX, Error::BatchTooLarge { found: usize::MAX, most: 10 }),
    ];
    for kernel in Kernel::available() {
        for (number, (change, expected)) in table.iter().enumerate() {
            let (mut samples, mut targets) = data();
            let mut network = network();
            let mut trainer = Trainer::<_, _, 3, SAMPLES, Whole>::new(Momentum::new(0.1, 0.9)?);
            trainer.step(kernel, &mut network, Batch::new(&samples)?, &targets)?;
            let (before, state, optimizer) = (network.clone(), trainer.state().clone(), *trainer.optimizer());

            let mut course = Course { epochs: 1, batch_size: SAMPLES };
            change(&mut samples, &mut targets, &mut course);
            let mut source = InOrder::new(&samples, &targets)?;
            let mut calls = 0;
            let result = trainer.fit(kernel, &mut network, &mut source, course, |_, _| {
                calls += 1;
                ControlFlow::Continue(())
            });
            assert_eq!(result, Err(*expected), "case {number}");
            assert_eq!(calls, 0, "case {number}");
            assert_eq!(network, before, "case {number}");
            assert_eq!(*trainer.state(), state, "case {number}");
            assert_eq!(*trainer.optimizer(), optimizer, "case {number}");
        }
    }
    Ok(())
}

/// Weights that have grown too far are found by the next step, which leaves them so.
#[test]
fn a_fit_that_diverges_ends() -> Result<(), Error> {
    let (samples, targets) = data();
    let (mut network, mut trainer) = (network(), Trainer::<_, _, 3, BATCH>::new(Sgd::new(1e30)?));
    let (mut source, course) = (InOrder::new(&samples, &targets)?, Course { epochs: 99, batch_size: BATCH });
    let mut last = network.clone();
    let end = trainer.fit(Kernel::best(), &mut network, &mut source, course, |_, network| {
        last = network.clone();
        ControlFlow::Continue(())
    });
    assert!(matches!(end, Err(Error::NotFinite { what: "logits", .. })), "{end:?}");
    let bits = |network: &Classifier| -> Vec<u32> { network.layer.weights().map(f32::to_bits).collect() };
    assert_eq!(bits(&network), bits(&last));
    Ok(())
}

#[test]
fn wrong_lengths_and_nothing_at_all_are_refused() -> Result<(), Error> {
    let (samples, targets) = data();
    let length = |what, found| Some(Error::Length { what, found, expected: SAMPLES });
    assert_eq!(InOrder::new(&samples, &targets[1..]).err(), length("targets", 9));
    assert_eq!(InOrder::<f32, u8, 3>::new(&[], &[]).err(), Some(Error::EmptyBatch));
    let random = Random::new(0, 2);
    for (targets, length_of_order, expected) in
        [(&targets[1..], SAMPLES, length("targets", 9)), (&targets, 11, length("order", 11))]
    {
        let mut order = vec![0; length_of_order];
        let shuffled = Shuffled::<_, _, 3, BATCH>::new(&samples, targets, &mut order, random.clone());
        assert_eq!(shuffled.err(), expected);
    }

    let (mut network, mut trainer) = (network(), Trainer::<_, _, 3, BATCH>::new(Sgd::new(0.1)?));
    let before = network.clone();
    let batch = Batch::new(&samples[..BATCH])?;
    let few = trainer.step(Kernel::best(), &mut network, batch, &targets[..3]);
    assert_eq!(few, Err(Error::Length { what: "labels", found: 3, expected: BATCH }));
    let many = trainer.step(Kernel::best(), &mut network, Batch::new(&samples)?, &targets);
    assert_eq!(many, Err(Error::BatchTooLarge { found: SAMPLES, most: BATCH }));
    let mut nothing = Stream::<_, _, _, 3, BATCH>::new(std::iter::empty::<([f32; 3], u8)>());
    let course = Course { epochs: 1, batch_size: 1 };
    let empty = trainer.fit(Kernel::best(), &mut network, &mut nothing, course, |_, _| ControlFlow::Continue(()));
    assert_eq!(empty, Err(Error::EmptyBatch));
    assert_eq!(network, before);
    Ok(())
}
