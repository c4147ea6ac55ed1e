//! Networks learn, and their gradients are those of the loss.

use dense_core::activations::{Activation, Identity, Relu, Sigmoid, Tanh};
use dense_core::tasks::Task;
use dense_core::{
    Batch, Binary, Error, GradientError, Gradients, Hidden, Kernel, MultiClass, Network, Output, Random, Regression,
    RobustRegression, SoftMultiClass, Trainer, gradient_check,
};

const SAMPLES: usize = 7;
const WORST: f64 = 1e-4;

type Deep<A, K, const OUT: usize> = Hidden<5, 9, A, Hidden<9, 17, A, Output<17, OUT, K>>>;

fn samples(random: &mut Random) -> [[f32; 5]; SAMPLES] {
    std::array::from_fn(|_| std::array::from_fn(|_| 2.0 * random.uniform() - 1.0))
}

fn check<N: Network<5>>(network: &mut N, target: impl Fn(&mut Random) -> N::Target) -> Result<GradientError, Error> {
    let mut random = Random::new(11, 1);
    network.glorot_uniform(&mut random);
    let samples = samples(&mut random);
    let targets: [N::Target; SAMPLES] = std::array::from_fn(|_| target(&mut random));
    let mut worst = None;
    for kernel in Kernel::available() {
        let mut trainer = Trainer::<N, Gradients, 5, SAMPLES>::new(Gradients);
        trainer.step(kernel, network, Batch::new(&samples)?, &targets)?;
        let found = gradient_check(network, trainer.state(), &samples, &targets)?;
        assert!(found.relative < WORST, "{}, {found:?}", kernel.name());
        worst = Some(found);
    }
    worst.ok_or(Error::EmptyBatch)
}

fn check_activations<K, const OUT: usize>(target: fn(&mut Random) -> K::Target) -> Result<(), Error>
where
    K: Task<OUT>,
{
    println!("{:?}", check(&mut Deep::<Identity, K, OUT>::ZERO, target)?);
    println!("{:?}", check(&mut Deep::<Relu, K, OUT>::ZERO, target)?);
    println!("{:?}", check(&mut Deep::<Sigmoid, K, OUT>::ZERO, target)?);
    println!("{:?}", check(&mut Deep::<Tanh, K, OUT>::ZERO, target)?);
    println!("{:?}", check(&mut Output::<5, OUT, K>::ZERO, target)?);
    Ok(())
}

#[test]
fn every_layer_and_loss_passes_the_gradient_check() -> Result<(), Error> {
    check_activations::<Regression, 3>(|random| std::array::from_fn(|_| random.uniform()))?;
    check_activations::<RobustRegression, 3>(|random| std::array::from_fn(|_| random.uniform()))?;
    check_activations::<Binary, 1>(|random| random.below(2) as u8)?;
    check_activations::<MultiClass, 4>(|random| random.below(4) as u8)?;
    check_activations::<SoftMultiClass, 3>(|random| {
        let (a, b) = (0.5 * random.uniform(), 0.5 * random.uniform());
        [a, b, 1.0 - a - b]
    })
}
