//! Numbers that grow without bounds: an overflow ends the training at once, and is reported with its place.

use clap::ValueEnum;
use dense_core::{Kernel, Random};
use host_trainer::cli::{Optimizer, Schedule};
use host_trainer::dataset::Split;
use host_trainer::fit::{Data, FitError, Loss, Settings, Watch};
use host_trainer::model::{Model, ModelName};
use host_trainer::run::RunError;

use super::PIXELS;

/// One white image among black ones.
#[test]
fn an_overflow_is_reported_with_its_place() {
    const SAMPLES: usize = 20;
    const WHITE: usize = 3;
    let mut images = vec![[0; PIXELS]; SAMPLES];
    images[WHITE] = [255; PIXELS];
    let split = Split { images, labels: vec![0; SAMPLES] };
    let mut order: [usize; SAMPLES] = std::array::from_fn(|sample| sample);
    Random::new(7, Random::SHUFFLE).shuffle(&mut order);
    let place = order.iter().position(|&sample| sample == WHITE).unwrap();
    assert!(place >= 6, "the first step is to go well");

    for &model in ModelName::value_variants() {
        // All threads must come to the same end, or one would wait for another for ever.
        let threads: &[usize] = if model == ModelName::Linear { &[1, 2, 3, 10] } else { &[1] };
        for (optimizer, &threads) in threads.iter().flat_map(|threads| OPTIMIZERS.map(|optimizer| (optimizer, threads)))
        {
            for batch_size in [1, 6] {
                let settings = Settings {
                    optimizer,
                    learning_rate: 0.001,
                    schedule: Schedule::Constant,
                    loss: Loss::CrossEntropy,
                    smallest_deviation: None,
                    batch_size,
                    epochs: 2,
                    seed: 7,
                    early_stopping: None,
                    threads,
                    kernel: Kernel::best(),
                };
                let error =
                    overflowing(model).fit(&Data::new(&split), &settings, None, &mut Watch::silent()).unwrap_err();
                let step = place / batch_size + 1;
                assert_eq!(error, FitError::Diverged { epoch: 1, step }, "{model:?}, {settings:?}");
                let error = RunError::from(error);
                assert_eq!(error.exit_code(), 1);
                let wanted = format!("training diverged at epoch 1, step {step}: ");
                assert!(error.to_string().starts_with(&wanted), "{error}");
            }
        }
    }
}

const OPTIMIZERS: [Optimizer; 2] = [Optimizer::Adam, Optimizer::Sgd];

/// A network of which one output in each layer overflows with white images, and only with those.
fn overflowing(model: ModelName) -> Box<dyn Model> {
    let mut network = model.network();
    let mut layers = network.layers();
    for layer in &mut layers {
        layer.weights[4 * layer.inputs..][..layer.inputs].fill(f32::MAX / 500.0);
    }
    network.set_layers(&layers);
    network
}
