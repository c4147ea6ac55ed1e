//! A network of four inputs on full batches: SimpleChains.jl's example, the exponential of 2 × 2 matrices learnt from
//! 10,000 of them by 4 → 32 → 16 → 4 with tanh, mean squared error and Adam.
//!
//! Its documentation (`docs/src/examples/smallmlp.md`) gives 0.411 s for 10,000 epochs on 18 cores with AVX-512
//! (Intel i9 10980XE): 41 µs an epoch, 740 µs of one core. What is timed here is one core of another machine.
//!
//! `cargo bench -p training --bench small_network`

use std::time::Instant;

use dense_core::{Kernel, Random};
use formats::{Activation, Loss, Recipe};
use training::{Callbacks, Data, Inputs, Network, Samples, Settings, Silent, Targets, fit};

const SAMPLES: usize = 10_000;
const EPOCHS: usize = 200;
const REPETITIONS: usize = 7;
/// Microseconds of one core that SimpleChains.jl takes for an epoch.
const PEER: f64 = 740.0;

fn main() {
    let samples = matrices_and_exponentials();
    println!("4 → 32 → 16 → 4, {SAMPLES} samples, full batch, Adam: best of {REPETITIONS} runs of {EPOCHS} epochs");
    println!("{:<8} {:>8} {:>12} {:>22}", "kernel", "threads", "µs an epoch", "core time, of 740 µs");
    for kernel in Kernel::available().filter(|&kernel| kernel != Kernel::PORTABLE) {
        for threads in [1, 2] {
            let settings = Settings { recipe: recipe(), threads, kernel };
            let seconds = (0..REPETITIONS).map(|_| train(&samples, &settings)).fold(f64::INFINITY, f64::min);
            let epoch = seconds * 1e6 / EPOCHS as f64;
            println!("{:<8} {threads:>8} {epoch:>12.0} {:>22.2}", kernel.name(), epoch * threads as f64 / PEER);
        }
    }
}

fn recipe() -> Recipe {
    Recipe {
        hidden: vec![32, 16],
        activation: Activation::Tanh,
        loss: Loss::MeanSquaredError,
        batch_size: SAMPLES,
        epochs: EPOCHS,
        ..Recipe::default()
    }
}

/// The seconds that all epochs take.
fn train(samples: &Samples, settings: &Settings) -> f64 {
    let mut network = Network::initial(4, 4, &settings.recipe).expect("the shape of the recipe");
    let mut callbacks = Callbacks { progress: &mut Silent, stop: &mut || false, checkpoints: None };
    let start = Instant::now();
    fit(&mut network, &Data::new(samples), settings, None, &mut callbacks).expect("the recipe works");
    start.elapsed().as_secs_f64()
}

/// Matrices with elements of mean 0 and deviation 1, `[samples][2][2]`, and their exponentials.
fn matrices_and_exponentials() -> Samples {
    let mut random = Random::new(0, 0);
    // The sum of twelve uniform numbers has variance 1.
    let mut element = || (0..12).map(|_| random.uniform()).sum::<f32>() - 6.0;
    let matrices: Vec<f32> = (0..4 * SAMPLES).map(|_| element()).collect();
    let exponentials = matrices.as_chunks::<4>().0.iter().flat_map(exponential).collect();
    Samples {
        inputs: Inputs::Numbers { width: 4, values: matrices },
        targets: Targets::Numbers { width: 4, values: exponentials },
        groups: Vec::new(),
    }
}

/// The exponential of a matrix by its series, Σ Aⁿ/n!.
fn exponential(matrix: &[f32; 4]) -> [f32; 4] {
    let a = matrix.map(f64::from);
    let (mut sum, mut term) = ([1.0, 0.0, 0.0, 1.0], [1.0, 0.0, 0.0, 1.0]);
    for n in 1..60 {
        let [p, q, r, s] = term;
        term = [p * a[0] + q * a[2], p * a[1] + q * a[3], r * a[0] + s * a[2], r * a[1] + s * a[3]]
            .map(|element| element / f64::from(n));
        for (sum, term) in sum.iter_mut().zip(term) {
            *sum += term;
        }
    }
    sum.map(|element| element as f32)
}
