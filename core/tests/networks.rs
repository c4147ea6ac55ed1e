//! Networks: their gradients are those of the loss, and a plan trains what it says and nothing else.
#![cfg(not(feature = "micromath"))]

use dense_core::activations::{Elu, LeakyRelu, Linear, Relu, Sigmoid, Softmax, Tanh};
use dense_core::losses::Loss;
use dense_core::networks::{inference_bytes, training_bytes};
use dense_core::plans::{Biases, Frozen, LastLayer, Plan, Whole};
use dense_core::{
    Adam, Batch, BinaryCrossEntropy, CategoricalCrossEntropy, Dense, Error, GeneralizedCrossEntropy, Gradients, Hidden,
    Huber, Kernel, Mae, Momentum, Mse, Network, Output, Random, Sgd, SparseCategoricalCrossEntropy, Trainer, Workspace,
    gradient_check,
};

const SAMPLES: usize = 7;
/// What a right gradient stays below, and a wrong one does not.
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

    fn gradients(&mut self, kernel: Kernel) -> Result<N::State<Whole, Gradients>, Error>
    where
        N::State<Whole, Gradients>: Clone,
    {
        let mut trainer = Trainer::<N, Gradients, 5, SAMPLES>::new(Gradients);
        trainer.step(kernel, &mut self.network, Batch::new(&self.samples)?, &self.targets)?;
        Ok(trainer.state().clone())
    }

    fn worst(&self, gradients: &N::State<Whole, Gradients>) -> Result<f64, Error> {
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
    N::State<Whole, Gradients>: Clone,
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
    type State = <Classifier as Network<5>>::State<Whole, Gradients>;
    type Mutation = fn(&mut State);
    let mutations: [(&str, Mutation); 5] = [
        ("a weight", |wrong| wrong.layer.set_weight(3, 4, wrong.layer.weight(3, 4) + 1e-4)),
        ("a bias in the middle", |wrong| wrong.next.layer.bias_mut()[16] *= -1.0),
        ("all zero", |wrong| *wrong = State { layer: Dense::ZERO, ..wrong.clone() }),
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

/// Which weights and biases of the three layers a step of a plan has changed.
fn changed<P: Plan>(kernel: Kernel) -> Result<[(bool, bool); 3], Error> {
    let mut scene = Scene::<Classifier>::new(a_class);
    let before = scene.network.clone();
    let mut whole = scene.network.clone();
    let batch = Batch::new(&scene.samples)?;
    let sgd = Sgd::new(0.1)?;
    Trainer::<_, _, 5, SAMPLES>::new(sgd).step(kernel, &mut whole, batch, &scene.targets)?;
    Trainer::<_, _, 5, SAMPLES, P>::new(sgd).step(kernel, &mut scene.network, batch, &scene.targets)?;

    fn compare<const I: usize, const O: usize>(
        before: &Dense<I, O>,
        after: &Dense<I, O>,
        whole: &Dense<I, O>,
    ) -> (bool, bool) {
        let changed = (!before.weights().eq(after.weights()), before.bias() != after.bias());
        // What is trained comes out as if everything were.
        assert!(!changed.0 || after.weights().eq(whole.weights()));
        assert!(!changed.1 || after.bias() == whole.bias());
        changed
    }
    let after = &scene.network;
    Ok([
        compare(&before.layer, &after.layer, &whole.layer),
        compare(&before.next.layer, &after.next.layer, &whole.next.layer),
        compare(&before.next.next.layer, &after.next.next.layer, &whole.next.next.layer),
    ])
}

#[test]
fn a_plan_trains_what_it_says_and_nothing_else() -> Result<(), Error> {
    let (all, biases, nothing) = ((true, true), (false, true), (false, false));
    for kernel in Kernel::available() {
        assert_eq!(changed::<Whole>(kernel)?, [all; 3]);
        assert_eq!(changed::<Biases>(kernel)?, [biases; 3]);
        assert_eq!(changed::<Frozen>(kernel)?, [nothing; 3]);
        assert_eq!(changed::<LastLayer>(kernel)?, [nothing, nothing, all]);
        assert_eq!(changed::<(Whole, Frozen)>(kernel)?, [all, nothing, nothing]);
        assert_eq!(changed::<(Biases, (Frozen, Whole))>(kernel)?, [biases, nothing, all]);
        assert_eq!(changed::<(Frozen, (Whole, Biases))>(kernel)?, [nothing, all, biases]);
    }
    Ok(())
}

/// Bytes of a trainer beyond those of the activations and of the optimizer itself.
const fn extra<P: Plan, O: dense_core::optimizers::Optimizer>() -> usize {
    size_of::<Trainer<Classifier, O, 5, SAMPLES, P>>() - size_of::<Trainer<Classifier, Sgd, 5, SAMPLES, Frozen>>()
}

#[test]
fn what_is_frozen_takes_no_memory() {
    const DELTAS: [usize; 2] = [4 * 9 * SAMPLES, 4 * 17 * SAMPLES];
    assert_eq!(extra::<LastLayer, Sgd>(), 0);
    assert_eq!(extra::<Whole, Sgd>(), DELTAS[0] + DELTAS[1]);
    assert_eq!(extra::<Biases, Sgd>(), DELTAS[0] + DELTAS[1]);
    assert_eq!(extra::<(Frozen, Whole), Sgd>(), DELTAS[1]);
    // With state, layers are aligned to 64 bytes.
    let last = 2 * size_of::<Dense<17, 4>>();
    assert!((last..last + 192).contains(&extra::<LastLayer, Adam>()), "{}", extra::<LastLayer, Adam>());
    let biases = DELTAS[0] + DELTAS[1] + 2 * (64 + 128 + 64);
    assert!((biases..biases + 192).contains(&extra::<Biases, Adam>()), "{}", extra::<Biases, Adam>());
    let whole = DELTAS[0] + DELTAS[1] + size_of::<Classifier>();
    assert!((whole..whole + 192).contains(&extra::<Whole, Momentum>()), "{}", extra::<Whole, Momentum>());

    assert_eq!(inference_bytes::<Classifier, 5, 1>(), size_of::<Classifier>() + 4 * (9 + 17 + 4));
    assert!(training_bytes::<Classifier, Sgd, Whole, 5, 1>() < training_bytes::<Classifier, Adam, Whole, 5, 1>());
}

#[test]
fn answers_are_those_of_the_last_activation() -> Result<(), Error> {
    let scene = Scene::<Classifier>::new(a_class);
    let mut workspace = Workspace::<Classifier, 5, SAMPLES>::ZERO;
    let batch = Batch::new(&scene.samples)?;
    let mut expected = workspace.forward(Kernel::best(), &scene.network, batch)?.to_vec();
    Softmax::forward(Kernel::best(), expected.as_flattened_mut(), 4)?;
    assert_eq!(workspace.predict(Kernel::best(), &scene.network, batch)?, expected);
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
        let mut trainer = Trainer::<_, _, 5, SAMPLES>::new(Sgd::new(0.1)?);
        let result = trainer.step(kernel, &mut scene.network, Batch::new(&scene.samples)?, &scene.targets);
        assert_eq!(result, Err(Error::NotFinite { what: "hidden sums", index: 2 }), "{}", kernel.name());
        assert_eq!(scene.network, before);
    }
    Ok(())
}
