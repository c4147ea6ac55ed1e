//! How much of what a core can do training reaches, where a network has hidden layers: 784 → 128 → 64 → 10 on batches
//! of 32, every operation of every layer and a whole step of training, for every vector kernel of this machine. The peak comes
//! from the same run, so the shares hold whatever the machine is.
//!
//! `cargo bench -p host-trainer --bench network`

#[cfg(target_arch = "x86_64")]
#[path = "fit/peak.rs"]
mod peak;
#[cfg(not(target_arch = "x86_64"))]
mod peak {
    /// Not measured on this architecture.
    pub(crate) fn peak(_: dense_core::Kernel) -> Option<f64> {
        None
    }
}

use std::error::Error;
use std::time::Instant;

use dense_core::kernels::Element;
use dense_core::optimizers::Optimizer;
use dense_core::{Adam, AdamState, Batch, Dense, Kernel, Random, Sgd};
use formats::Recipe;
use host_trainer::data::{Inputs, Samples, Targets};
use training::{Callbacks, Data, Network, Settings, Silent, fit};

type Outcome = Result<(), Box<dyn Error>>;

const BATCH_SIZE: usize = 32;
/// Steps, or runs of an operation, that are timed together.
const RUNS: usize = 50;
const REPETITIONS: usize = 15;

fn main() -> Outcome {
    // The specification would take most of the time and has no peak to reach; the bench `kernels` has it.
    for kernel in Kernel::available().filter(|&kernel| kernel != Kernel::PORTABLE) {
        println!("kernel {}, batches of {BATCH_SIZE}, the best of {REPETITIONS} repetitions", kernel.name());
        println!("{:<12} {:<19} {:>9} {:>9} {:>8}", "layer", "operation", "µs", "GFLOP/s", "of peak");
        let mut random = Random::new(0, 0);
        // Half of the pixels of Fashion-MNIST are black, and so is about half of what ReLU lets through.
        layer::<u8, 784, 10>(kernel, || if random.below(2) == 0 { 0 } else { random.next_u32() as u8 })?;
        layer::<u8, 784, 128>(kernel, || if random.below(2) == 0 { 0 } else { random.next_u32() as u8 })?;
        layer::<f32, 128, 64>(kernel, || (2.0 * random.uniform() - 1.0).max(0.0))?;
        layer::<f32, 64, 10>(kernel, || (2.0 * random.uniform() - 1.0).max(0.0))?;
        for threads in [1, 2] {
            steps(kernel, threads)?;
        }
        println!();
    }
    Ok(())
}

/// Times steps of training of the whole network, the best epoch of many.
fn steps(kernel: Kernel, threads: usize) -> Outcome {
    let (mut random, samples) = (Random::new(0, 2), RUNS * BATCH_SIZE);
    let pixel = |_| if random.below(2) == 0 { 0 } else { random.next_u32() as u8 };
    let inputs = Inputs::Bytes { width: 784, values: (0..samples * 784).map(pixel).collect() };
    let labels = (0..samples).map(|sample| (sample % 10) as u8).collect();
    let samples = Samples { inputs, targets: Targets::Labels(labels), groups: Vec::new() };
    let recipe = Recipe { hidden: vec![128, 64], batch_size: BATCH_SIZE, epochs: REPETITIONS, ..Recipe::default() };
    let mut network = Network::initial(784, 10, &recipe)?;
    // Forward and gradient for every weight, and backward for those of the layers that have another before them.
    let weights: Vec<usize> = network.layers().iter().map(|layer| layer.weights.len()).collect();
    let operations = 2 * BATCH_SIZE * (3 * weights.iter().sum::<usize>() - weights[0]);
    let before = peak::peak(kernel);
    let settings = Settings { recipe, threads, kernel };
    let mut callbacks = Callbacks { progress: &mut Silent, stop: &mut || false, checkpoints: None };
    let fit = fit(&mut network, &Data::new(&samples), &settings, None, &mut callbacks)?;
    let seconds = fit.state.progress.epochs.iter().map(|epoch| epoch.seconds / RUNS as f64);
    let plural = if threads == 1 { "" } else { "s" };
    print(
        kernel,
        "network",
        &format!("step, {threads} thread{plural}"),
        operations,
        seconds.fold(f64::INFINITY, f64::min),
        before,
    );
    Ok(())
}

/// Times every operation of a layer.
fn layer<T: Element, const IN: usize, const OUT: usize>(kernel: Kernel, mut input: impl FnMut() -> T) -> Outcome {
    let mut random = Random::new(0, 1);
    let mut layer = Box::new(Dense::<IN, OUT>::ZERO);
    layer.glorot_uniform(&mut random);
    let mut state = Box::new(AdamState::ZERO);
    let mut adam = Adam::new(0.001)?;
    let sgd = Sgd::new(0.001)?;
    let samples: Vec<[T; IN]> = (0..BATCH_SIZE).map(|_| std::array::from_fn(|_| input())).collect();
    let batch = Batch::new(&samples)?;
    let mut outputs = vec![[0.0; OUT]; BATCH_SIZE];
    let mut deltas = vec![[0.0; OUT]; BATCH_SIZE];
    deltas.as_flattened_mut().fill_with(|| 0.1 * (random.uniform() - 0.5));
    let mut input_deltas = vec![[0.0; IN]; BATCH_SIZE];

    let name = format!("{IN} → {OUT}");
    let operations = 2 * IN * OUT * BATCH_SIZE;
    time(kernel, &name, "forward", operations, || Ok(layer.forward_with(kernel, batch, &mut outputs)?))?;
    time(kernel, &name, "backward", operations, || Ok(layer.backward_with(kernel, &deltas, &mut input_deltas)?))?;
    time(kernel, &name, "gradient and SGD", operations, || {
        Ok(sgd.update(kernel, &mut layer, batch, &deltas, &mut ())?)
    })?;
    time(kernel, &name, "gradient and Adam", operations, || {
        adam.advance();
        Ok(adam.update(kernel, &mut layer, batch, &deltas, &mut state)?)
    })
}

/// Prints how long `run` takes, with so many floating-point operations in its multiply-adds, and their share of the
/// peak measured right before and after.
fn time(kernel: Kernel, layer: &str, operation: &str, operations: usize, mut run: impl FnMut() -> Outcome) -> Outcome {
    let before = peak::peak(kernel);
    let mut best = f64::INFINITY;
    for _ in 0..REPETITIONS {
        let start = Instant::now();
        for _ in 0..RUNS {
            run()?;
        }
        best = best.min(start.elapsed().as_secs_f64() / RUNS as f64);
    }
    print(kernel, layer, operation, operations, best, before);
    Ok(())
}

/// Prints a time, and the share of the peak: the larger of that `before` and the present one.
fn print(kernel: Kernel, layer: &str, operation: &str, operations: usize, seconds: f64, before: Option<f64>) {
    let rate = operations as f64 / seconds;
    let share = before.zip(peak::peak(kernel)).map(|(before, after)| 100.0 * rate / before.max(after));
    let share = share.map_or_else(|| "unknown".to_owned(), |share| format!("{share:.1} %"));
    println!("{layer:<12} {operation:<19} {:>9.2} {:>9.1} {share:>8}", seconds * 1e6, rate / 1e9);
}
