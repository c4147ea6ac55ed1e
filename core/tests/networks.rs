//! Networks: gradient check, frozen layers, predictions, iteration over layers.
#![cfg(not(feature = "micromath"))]

use std::fmt::Debug;

use dense_core::activations::{Activation, Elu, Gelu, LeakyRelu, Linear, Relu, Sigmoid, Tanh};
use dense_core::losses::Loss;
use dense_core::networks::{inference_bytes, training_bytes};
use dense_core::optimizers::State;
use dense_core::{
    Adam, Batch, BinaryCrossEntropy, CategoricalCrossEntropy, Dense, Error, GeneralizedCrossEntropy, Gradients, Hidden,
    Huber, Kernel, Layers, Mae, Momentum, Mse, Network, Output, Random, Sgd, SparseCategoricalCrossEntropy, Trainer,
    Workspace, gradient_check,
};

const SAMPLES: usize = 7;
/// The bound of the gradient check that correct gradients meet and wrong ones exceed.
const WORST: f64 = 1e-4;

type Deep<A, K, const OUT: usize> = Hidden<5, 9, A, Hidden<9, 17, A, Output<17, OUT, K>>>;
type Classifier = Deep<Tanh, SparseCategoricalCrossEntropy, 4>;

/// A network with weights, samples and targets drawn from one seed.
struct Scene<N: Network<5>> {
    network: N,
    samples: [[f32; 5]; SAMPLES],
    targets: [N::Target; SAMPLES],
}

impl<N: Network<5>> Scene<N> {
    fn new(target: fn(&mut Random) -> N::Target) -> Self {
        let mut random = Random::new(11, 1);
        let mut network = N::ZERO;
        network.glorot_uniform(&mut random);
        let samples = std::array::from_fn(|_| std::array::from_fn(|_| 2.0 * random.uniform() - 1.0));
        let targets = std::array::from_fn(|_| target(&mut random));
        Self { network, samples, targets }
    }

    fn gradients(&mut self, kernel: Kernel) -> Result<N::State<Gradients>, Error>
    where
        N::State<Gradients>: Clone,
    {
        let mut trainer = Trainer::<N, Gradients, SAMPLES>::new(Gradients).with_kernel(kernel);
        trainer.step(&mut self.network, &self.samples, &self.targets)?;
        Ok(trainer.state().clone())
    }

    fn worst(&self, gradients: &N::State<Gradients>) -> Result<f64, Error> {
        let found = gradient_check(&self.network, gradients, &self.samples, &self.targets)?;
        println!("{found:?}");
        Ok(found.relative)
    }
}

fn a_class(random: &mut Random) -> u8 {
    random.below(4) as u8
}

fn check<N: Network<5>>(target: fn(&mut Random) -> N::Target) -> Result<(), Error>
where
    N::State<Gradients>: Clone,
{
    let mut scene = Scene::<N>::new(target);
    for kernel in Kernel::available() {
        let gradients = scene.gradients(kernel)?;
        assert!(scene.worst(&gradients)? < WORST, "{}, {}", kernel.name(), std::any::type_name::<N>());
    }
    Ok(())
}

fn check_task<K: Loss<OUT>, const OUT: usize>(target: fn(&mut Random) -> K::Target) -> Result<(), Error> {
    check::<Deep<Linear, K, OUT>>(target)?;
    check::<Deep<Relu, K, OUT>>(target)?;
    check::<Deep<LeakyRelu, K, OUT>>(target)?;
    check::<Deep<Elu, K, OUT>>(target)?;
    check::<Deep<Sigmoid, K, OUT>>(target)?;
    check::<Deep<Tanh, K, OUT>>(target)?;
    check::<Deep<Gelu, K, OUT>>(target)?;
    check::<Output<5, OUT, K>>(target)
}

#[test]
fn every_layer_and_loss_passes_the_gradient_check() -> Result<(), Error> {
    check_task::<Mse, 3>(|random| std::array::from_fn(|_| random.uniform()))?;
    check_task::<Mae, 3>(|random| std::array::from_fn(|_| random.uniform()))?;
    check_task::<Huber, 3>(|random| std::array::from_fn(|_| 4.0 * random.uniform()))?;
    check_task::<BinaryCrossEntropy, 1>(|random| random.below(2) as u8)?;
    check_task::<SparseCategoricalCrossEntropy, 4>(a_class)?;
    check_task::<GeneralizedCrossEntropy, 4>(a_class)?;
    check_task::<CategoricalCrossEntropy, 3>(|random| {
        let (a, b) = (0.5 * random.uniform(), 0.5 * random.uniform());
        [a, b, 1.0 - a - b]
    })
}

#[test]
fn a_wrong_gradient_fails_the_check() -> Result<(), Error> {
    type Recorded = <Classifier as Layers>::State<Gradients>;
    type Mutation = fn(&mut Recorded);
    let mutations: [(&str, Mutation); 5] = [
        ("a weight", |wrong| wrong.layer.set_weight(3, 4, wrong.layer.weight(3, 4) + 1e-4)),
        ("a bias in the middle", |wrong| wrong.next.layer.bias_mut()[16] *= -1.0),
        ("all zero", |wrong| *wrong = Recorded { layer: Dense::ZERO, ..wrong.clone() }),
        ("not a number", |wrong| wrong.next.next.bias_mut()[0] = f32::NAN),
        ("the sum, not the mean", |wrong| {
            let weights: Vec<f32> = wrong.next.next.weights().map(|gradient| gradient * SAMPLES as f32).collect();
            wrong.next.next.set_weights(weights);
        }),
    ];
    let mut scene = Scene::<Classifier>::new(a_class);
    let right = scene.gradients(Kernel::best())?;
    assert!(scene.worst(&right)? < WORST);
    for (case, mutate) in mutations {
        let mut wrong = right.clone();
        mutate(&mut wrong);
        let worst = scene.worst(&wrong)?;
        assert!(worst.is_nan() || worst >= WORST, "{case}");
    }
    let wrong_place = gradient_check(&scene.network, &right, &scene.samples, &[3; SAMPLES])?;
    assert!(wrong_place.relative > 0.01, "other targets: {wrong_place:?}");
    Ok(())
}

#[test]
fn layers_before_the_first_trained_one_stay_and_those_after_it_train_as_ever() -> Result<(), Error> {
    for kernel in Kernel::available() {
        for first_trained in 0..Classifier::LAYERS {
            let mut scene = Scene::<Classifier>::new(a_class);
            let (before, mut whole) = (scene.network.clone(), scene.network.clone());
            let momentum = Momentum::new(0.1, 0.9)?;
            let mut trainer = Trainer::<Classifier, _, SAMPLES>::new(momentum).with_kernel(kernel);
            trainer.step(&mut whole, &scene.samples, &scene.targets)?;
            let mut trainer = Trainer::<Classifier, _, SAMPLES>::new(momentum).with_kernel(kernel);
            trainer.freeze_before(first_trained)?;
            trainer.step(&mut scene.network, &scene.samples, &scene.targets)?;

            let mut layers = [before, scene.network, whole].map(|network| {
                let mut layers = Vec::new();
                network.for_each_layer(|_, layer| {
                    layers.push((layer.weights().collect::<Vec<_>>(), layer.bias.to_vec()));
                });
                layers.into_iter()
            });
            for number in 0..Classifier::LAYERS {
                let [before, after, whole] = layers.each_mut().map(|layers| layers.next().unwrap());
                let expected = if number < first_trained { before } else { whole };
                assert_eq!(after, expected, "layer {number}, trained from {first_trained} on");
            }
        }
    }
    Ok(())
}

#[test]
fn a_layer_that_is_not_there_cannot_be_the_first_trained_one() -> Result<(), Error> {
    let mut trainer = Trainer::<Classifier, _, SAMPLES>::new(Sgd::new(0.1)?);
    let expected = Error::Setting { what: "first trained layer", found: 3.0, least: 0.0, most: 2.0 };
    assert_eq!(trainer.freeze_before(3), Err(expected));
    Ok(())
}

#[test]
fn a_derivative_may_need_the_input_of_its_activation() -> Result<(), Error> {
    type WithGelu = Deep<Gelu, SparseCategoricalCrossEntropy, 4>;
    check::<WithGelu>(a_class)?;
    // Steps, with frozen layers too: the update of the next layer takes the outputs, not the inputs kept for the
    // derivative.
    for first_trained in 0..WithGelu::LAYERS {
        let mut scene = Scene::<WithGelu>::new(a_class);
        let mut recorded = Trainer::<WithGelu, Gradients, SAMPLES>::new(Gradients);
        recorded.step(&mut scene.network, &scene.samples, &scene.targets)?;
        let before: Vec<f32> = scene.network.parameters().collect();
        let mut trainer = Trainer::<WithGelu, Sgd, SAMPLES>::new(Sgd::new(0.5)?);
        trainer.freeze_before(first_trained)?;
        trainer.step(&mut scene.network, &scene.samples, &scene.targets)?;
        let sizes = [Dense::<5, 9>::PARAMETERS, Dense::<9, 17>::PARAMETERS, Dense::<17, 4>::PARAMETERS];
        let frozen: usize = sizes[..first_trained].iter().sum();
        for (index, (after, gradient)) in scene.network.parameters().zip(recorded.state().values()).enumerate() {
            let expected = if index < frozen { before[index] } else { before[index] - 0.5 * gradient };
            assert!((after - expected).abs() < 1e-6, "parameter {index}: {after}, not {expected}");
        }
        // Predictions do not depend on it.
        let mut workspace = Workspace::<WithGelu, SAMPLES>::ZERO;
        let all = workspace.predict(&scene.network, &scene.samples)?;
        for (sample, expected) in scene.samples.iter().zip(all) {
            assert_eq!(scene.network.predict(sample)?, *expected);
        }
    }
    Ok(())
}

#[test]
fn bytes_are_those_of_the_parts() {
    const HIDDEN: usize = 2 * 4 * (9 + 17);
    const LOGITS: usize = 4 * 4;
    let inference = inference_bytes::<Classifier, SAMPLES>() - size_of::<Classifier>();
    let expected = SAMPLES * (HIDDEN + LOGITS);
    assert!((expected..expected + 8).contains(&inference), "{inference}");
    let training = training_bytes::<Classifier, Sgd, SAMPLES>() - size_of::<Classifier>();
    assert!((expected..expected + 40).contains(&training), "{training}");
    // With state, layers are aligned to 64 bytes.
    let state = |bytes: usize| bytes - training_bytes::<Classifier, Sgd, SAMPLES>();
    for (copies, found) in [
        (1, state(training_bytes::<Classifier, Momentum, SAMPLES>())),
        (2, state(training_bytes::<Classifier, Adam, SAMPLES>())),
    ] {
        let expected = copies * size_of::<Classifier>();
        assert!((expected..expected + 192).contains(&found), "{found}, expected {expected}");
    }
}

#[test]
fn predictions_are_outputs_of_the_last_activation() -> Result<(), Error> {
    let scene = Scene::<Classifier>::new(a_class);
    let mut workspace = Workspace::<Classifier, SAMPLES>::ZERO;
    let mut expected = workspace.forward(&scene.network, Batch::new(&scene.samples)?)?.to_vec();
    dense_core::activations::Softmax::forward(&mut expected)?;
    assert_eq!(workspace.predict(&scene.network, &scene.samples)?, expected);
    for (sample, expected) in scene.samples.iter().zip(expected) {
        assert_eq!(scene.network.predict(sample)?, expected);
    }
    let error = Error::NotFinite { what: "samples", index: 2 };
    // Weights of zero, whose product with an infinity is none.
    for (network, number) in [(&scene.network, f32::NAN), (&Classifier::ZERO, f32::INFINITY)] {
        assert_eq!(network.predict(&[0.0, 0.0, number, 0.0, 0.0]), Err(error));
    }
    Ok(())
}

#[test]
fn activations_do_not_hide_that_sums_have_overflowed() -> Result<(), Error> {
    let mut scene = Scene::<Classifier>::new(a_class);
    scene.network.layer.set_weight(2, 0, f32::MAX);
    scene.network.layer.set_weight(2, 1, f32::MAX);
    scene.samples[0] = [2.0; 5];
    let before = scene.network.clone();
    for kernel in Kernel::available() {
        let mut trainer = Trainer::<_, _, SAMPLES>::new(Sgd::new(0.1)?).with_kernel(kernel);
        let result = trainer.step(&mut scene.network, &scene.samples, &scene.targets);
        assert_eq!(result, Err(Error::NotFinite { what: "hidden sums", index: 2 }), "{}", kernel.name());
        assert_eq!(scene.network, before);
    }
    Ok(())
}

/// Each number is finite, but not the product of delta and weight: an optimizer that clamps its gradients would make
/// NaN of it.
#[test]
fn deltas_that_overflow_change_nothing() -> Result<(), Error> {
    fn check<A: Activation + Clone + Debug + PartialEq>(target: f32) -> Result<(), Error> {
        let hidden = Dense::new([[1.0, 1.0]], [1.0]);
        let initial: Hidden<2, 1, A, _> = Hidden::new(hidden, Output::<1, 1, Mse>::new(Dense::new([[1e20]], [0.0])));
        for kernel in Kernel::available() {
            let mut network = initial.clone();
            let mut trainer = Trainer::<_, _, 1>::new(Adam::new(0.1)?).with_kernel(kernel);
            let result = trainer.step(&mut network, &[[0.0, 1.0]], &[[target]]);
            assert_eq!(result, Err(Error::NotFinite { what: "hidden deltas", index: 0 }), "{}", kernel.name());
            assert_eq!(network, initial);
            assert!(trainer.state().values().all(|moment| moment == 0.0));
            assert_eq!(*trainer.optimizer(), Adam::new(0.1)?);
        }
        Ok(())
    }
    check::<Relu>(1e30)?;
    check::<Gelu>(-1e30)
}

#[test]
fn a_walk_sees_every_layer_in_order() -> Result<(), Error> {
    let mut network = Scene::<Classifier>::new(a_class).network;
    let mut shapes = Vec::new();
    let mut parameters = Vec::new();
    network.for_each_layer(|number, layer| {
        shapes.push((number, layer.inputs, layer.outputs, layer.activation));
        parameters.extend(layer.weights().chain(layer.bias.iter().copied()));
    });
    assert_eq!(shapes, [(0, 5, 9, "tanh"), (1, 9, 17, "tanh"), (2, 17, 4, "softmax")]);
    assert!(network.parameters().eq(parameters));
    assert_eq!(network.parameters().nth(5), Some(network.layer.weight(1, 0)));

    network.for_each_layer_mut(|number, mut layer| {
        let weights: Vec<f32> = layer.weights().map(|weight| 2.0 * weight).collect();
        layer.set_weights(weights);
        layer.bias.fill(number as f32);
    });
    let original = Scene::<Classifier>::new(a_class).network;
    assert_eq!(network.next.layer.weight(16, 8), 2.0 * original.next.layer.weight(16, 8));
    assert_eq!(network.next.next.layer.bias(), &[2.0; 4]);
    Ok(())
}

#[test]
fn wrong_parameters_are_named_and_change_nothing() -> Result<(), Error> {
    let mut network = Scene::<Classifier>::new(a_class).network;
    let before = network.clone();
    let parameters: Vec<f32> = network.parameters().collect();
    let (found, expected) = (Classifier::PARAMETERS - 1, Classifier::PARAMETERS);
    let error = Error::Length { what: "parameters", found, expected };
    assert_eq!(network.set_parameters(&parameters[1..]), Err(error));
    let mut wrong = parameters.clone();
    wrong[7] = f32::INFINITY;
    assert_eq!(network.set_parameters(&wrong), Err(Error::NotFinite { what: "parameters", index: 7 }));
    assert_eq!(network, before);
    let mut copy = Classifier::ZERO;
    copy.set_parameters(&parameters)?;
    assert_eq!(copy, before);
    Ok(())
}
