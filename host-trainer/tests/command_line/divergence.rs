//! Numbers that grow without bounds: an overflow ends the training at once, and is reported with its place.

use dense_core::{Dense, Kernel, Random};
use host_trainer::cli::Optimizer;
use host_trainer::dataset::Split;
use host_trainer::fit::{FitError, Settings, fit};
use host_trainer::progress::Progress;
use host_trainer::run::RunError;

use super::PIXELS;

/// Two weights that overflow with white images only, of which there is one among black ones.
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

    for optimizer in [Optimizer::Adam, Optimizer::Sgd] {
        // All threads must come to the same end, or one would wait for another for ever.
        for threads in [1, 2, 3, 10] {
            for batch_size in [1, 6] {
                let mut layer = Dense::<PIXELS, 10>::ZERO;
                (0..PIXELS).for_each(|pixel| layer.set_weight(4, pixel, f32::MAX / 500.0));
                let settings = Settings {
                    optimizer,
                    learning_rate: 0.001,
                    batch_size,
                    epochs: 2,
                    seed: 7,
                    threads,
                    kernel: Kernel::best(),
                };
                let error = fit(&mut layer, &split, &settings, &mut Progress::new(0, 0, 0)).unwrap_err();
                let step = place / batch_size + 1;
                assert_eq!(error, FitError::Diverged { epoch: 1, step }, "{settings:?}");
                let error = RunError::from(error);
                assert_eq!(error.exit_code(), 1);
                let wanted = format!("training diverged at epoch 1, step {step}: ");
                assert!(error.to_string().starts_with(&wanted), "{error}");
            }
        }
    }
}
