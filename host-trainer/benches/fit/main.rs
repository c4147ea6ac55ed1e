//! How long the recipe takes beside the least that it could take, for softmax regression with one thread and with two, and
//! for networks with hidden layers; and how that grows with the samples. All figures come from one run, so their ratios hold whatever the machine is.
//!
//! `cargo bench -p host-trainer --bench fit`, or `… -- --kernel avx2`

#[cfg(target_arch = "x86_64")]
mod peak;
#[cfg(not(target_arch = "x86_64"))]
mod peak {
    /// Not measured on this architecture.
    pub(crate) fn peak(_: dense_core::Kernel) -> Option<f64> {
        None
    }
}

use std::path::Path;
use std::time::Instant;

use dense_core::{Batch, Dense, Kernel, Random};
use host_trainer::cli::{Optimizer, Schedule};
use host_trainer::dataset::{Dataset, Split};
use host_trainer::fit::{Data, FitError, Loss, Settings, Watch};
use host_trainer::model::{Model, ModelName};

const REPETITIONS: usize = 7;
/// Of a fit that takes seconds.
const LONG_REPETITIONS: usize = 3;
const RECIPE: Settings = Settings {
    optimizer: Optimizer::Adam,
    learning_rate: 0.001,
    schedule: Schedule::Constant,
    loss: Loss::CrossEntropy,
    smallest_deviation: None,
    batch_size: 32,
    epochs: 10,
    seed: 0,
    early_stopping: None,
    threads: 1,
    kernel: Kernel::PORTABLE,
};

fn main() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/fashion-mnist");
    let dataset = Dataset::load(&folder).expect("the data set comes with the repository");
    let settings = Settings { kernel: kernel(), ..RECIPE };
    println!(
        "kernel {}, the best of {REPETITIONS} repetitions each, of {LONG_REPETITIONS} with hidden layers\n",
        settings.kernel.name()
    );

    let peak = peak::peak(settings.kernel);
    if let Some(peak) = peak {
        println!("FMA peak          {:.1} GFLOP/s", peak / 1e9);
    }
    let one_thread = seconds(&dataset.train, &settings);
    println!("fit, 1 thread     {one_thread:.4} s");
    print_floor(ModelName::Linear, &dataset.train, &settings, peak, one_thread);
    let two_threads = seconds(&dataset.train, &Settings { threads: 2, ..settings });
    println!("fit, 2 threads    {two_threads:.4} s, {:.2} times faster", one_thread / two_threads);
    for model in [ModelName::Mlp32, ModelName::Mlp128x64] {
        let mut network = model.network();
        let fit = best_of(LONG_REPETITIONS, || fit(&mut *network, &dataset.train, &settings));
        println!("fit, {:<12} {fit:.4} s", model.name());
        print_floor(model, &dataset.train, &settings, peak, fit);
    }

    println!("\nsamples   seconds   microseconds a sample and epoch");
    for limit in [7_500, 15_000, 30_000, 60_000] {
        let mut part = dataset.train.clone();
        part.truncate(limit);
        let seconds = seconds(&part, &settings);
        println!("{limit:>7}   {seconds:.4}    {:.4}", seconds * 1e6 / (limit * settings.epochs) as f64);
    }

    let mut layer = Box::new(Dense::<784, 10>::ZERO);
    layer.glorot_uniform(&mut Random::new(0, Random::INITIAL_WEIGHTS));
    let images = &dataset.test.images;
    let mut logits = vec![[0.0; 10]; images.len()];
    let all = best_of(REPETITIONS, || layer.forward_with(settings.kernel, Batch::new(images)?, &mut logits));
    let each = best_of(REPETITIONS, || {
        images.iter().zip(&mut logits).try_for_each(|(image, logits)| {
            let batch = Batch::new(std::slice::from_ref(image))?;
            layer.forward_with(settings.kernel, batch, std::slice::from_mut(logits))
        })
    });
    println!("\n10,000 images     {:.3} ms", all * 1e3);
    println!("one image         {:.3} µs", each * 1e6 / images.len() as f64);
}

/// The one after `--kernel`, or the best.
fn kernel() -> Kernel {
    match std::env::args().skip_while(|argument| argument != "--kernel").nth(1) {
        Some(name) => Kernel::by_name(&name).unwrap_or_else(|error| panic!("{name}: {error}")),
        None => Kernel::best(),
    }
}

/// What a fit would take if it were multiply-adds alone.
fn print_floor(model: ModelName, split: &Split, settings: &Settings, peak: Option<f64>, seconds: f64) {
    let Some(peak) = peak else { return };
    let weights: Vec<usize> = model.network().layers().iter().map(|layer| layer.weights.len()).collect();
    // Forward and gradient: a multiplication and an addition each, for every weight and sample; and the same backward
    // through every layer but the first, whose inputs do not learn.
    let passes = 3 * weights.iter().sum::<usize>() - weights[0];
    let operations = 2.0 * (passes * split.len() * settings.epochs) as f64;
    let floor = operations / peak;
    println!(
        "FMA floor         {floor:.4} s for {:.1} GFLOP; the fit takes {:.2} times that, {:.0} % of the peak",
        operations / 1e9,
        seconds / floor,
        100.0 * floor / seconds
    );
}

/// Seconds of a fit of softmax regression.
fn seconds(split: &Split, settings: &Settings) -> f64 {
    let mut network = ModelName::Linear.network();
    best_of(REPETITIONS, || fit(&mut *network, split, settings))
}

/// Trains from fresh weights.
fn fit(network: &mut dyn Model, split: &Split, settings: &Settings) -> Result<(), FitError> {
    network.initialise(settings.seed);
    network.fit(&Data::new(split), settings, None, &mut Watch::silent()).map(|_| ())
}

fn best_of<E: std::fmt::Debug>(repetitions: usize, mut run: impl FnMut() -> Result<(), E>) -> f64 {
    let time = |_| {
        let start = Instant::now();
        run().expect("the recipe works");
        start.elapsed().as_secs_f64()
    };
    (0..repetitions).map(time).fold(f64::INFINITY, f64::min)
}
