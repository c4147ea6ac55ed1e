//! How long the recipe takes beside the least that it could take, with one thread and with two; and how that grows with
//! the samples. All figures come from one run, so their ratios hold whatever the machine is.
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
use formats::{DataOptions, Recipe};
use host_trainer::data::{Inputs, Samples, load};
use training::{Callbacks, Data, FitError, Network, Settings, Silent, fit};

const REPETITIONS: usize = 7;
/// Of a fit that takes seconds.
const LONG_REPETITIONS: usize = 3;
const PIXELS: usize = 784;
const CLASSES: usize = 10;

fn main() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/fashion-mnist");
    let dataset =
        load(&DataOptions { path, ..DataOptions::default() }).expect("the data set comes with the repository").dataset;
    let kernel = kernel();
    println!(
        "kernel {}, the best of {REPETITIONS} repetitions each, of {LONG_REPETITIONS} with hidden layers\n",
        kernel.name()
    );

    let peak = peak::peak(kernel);
    if let Some(peak) = peak {
        println!("FMA peak          {:.1} GFLOP/s", peak / 1e9);
    }
    let train = &dataset.train;
    for (name, hidden, repetitions) in [
        ("linear", &[][..], REPETITIONS),
        ("mlp32", &[32], LONG_REPETITIONS),
        ("mlp128-64", &[128, 64], LONG_REPETITIONS),
    ] {
        let [one_thread, two_threads] =
            [1, 2].map(|threads| best_of(repetitions, || train_on(train, &settings(hidden, threads, kernel))));
        println!("{name:<10} 1 thread   {one_thread:.4} s");
        print_floor(hidden, train.len(), peak, one_thread);
        println!("{name:<10} 2 threads  {two_threads:.4} s, {:.2} times faster", one_thread / two_threads);
    }

    println!("\nsamples   seconds   microseconds a sample and epoch");
    for limit in [7_500, 15_000, 30_000, 60_000] {
        let mut part = train.clone();
        part.truncate(limit);
        let settings = settings(&[], 1, kernel);
        let seconds = best_of(REPETITIONS, || train_on(&part, &settings));
        println!("{limit:>7}   {seconds:.4}    {:.4}", seconds * 1e6 / (limit * settings.recipe.epochs) as f64);
    }

    let mut layer = Box::new(Dense::<PIXELS, CLASSES>::ZERO);
    layer.glorot_uniform(&mut Random::new(0, Random::INITIAL_WEIGHTS));
    let Inputs::Bytes { values, .. } = &dataset.test.inputs else { panic!("pictures are bytes") };
    let (images, _) = values.as_chunks::<PIXELS>();
    let mut logits = vec![[0.0; CLASSES]; images.len()];
    let all = best_of(REPETITIONS, || layer.forward_with(kernel, Batch::new(images)?, &mut logits));
    let each = best_of(REPETITIONS, || {
        images.iter().zip(&mut logits).try_for_each(|(image, logits)| {
            let batch = Batch::new(std::slice::from_ref(image))?;
            layer.forward_with(kernel, batch, std::slice::from_mut(logits))
        })
    });
    println!("\n10,000 images     {:.3} ms", all * 1e3);
    println!("one image         {:.3} µs", each * 1e6 / images.len() as f64);
}

/// The recipe of Keras.
fn settings(hidden: &[usize], threads: usize, kernel: Kernel) -> Settings {
    let recipe = Recipe { hidden: hidden.to_vec(), ..Recipe::default() };
    Settings { recipe, threads, kernel }
}

/// Trains from initial weights.
fn train_on(samples: &Samples, settings: &Settings) -> Result<(), FitError> {
    let mut network = Network::initial(PIXELS, CLASSES, &settings.recipe)?;
    let mut callbacks = Callbacks { progress: &mut Silent, stop: &mut || false, checkpoints: None };
    fit(&mut network, &Data::new(samples), settings, None, &mut callbacks).map(|_| ())
}

/// The one after `--kernel`, or the best.
fn kernel() -> Kernel {
    match std::env::args().skip_while(|argument| argument != "--kernel").nth(1) {
        Some(name) => Kernel::by_name(&name).unwrap_or_else(|error| panic!("{name}: {error}")),
        None => Kernel::best(),
    }
}

/// The time of the multiply-adds alone.
fn print_floor(hidden: &[usize], samples: usize, peak: Option<f64>, seconds: f64) {
    let Some(peak) = peak else { return };
    let settings = settings(hidden, 1, Kernel::PORTABLE);
    let network = Network::initial(PIXELS, CLASSES, &settings.recipe).expect("the shape of the recipe");
    let weights: Vec<usize> = network.layers().iter().map(|layer| layer.weights.len()).collect();
    // Forward and gradient: a multiplication and an addition each, for every weight and sample; and the same backward
    // through every layer but the first, whose inputs do not learn.
    let passes = 3 * weights.iter().sum::<usize>() - weights[0];
    let operations = 2.0 * (passes * samples * settings.recipe.epochs) as f64;
    let floor = operations / peak;
    println!(
        "FMA floor             {floor:.4} s for {:.1} GFLOP; the fit takes {:.2} times that, {:.0} % of the peak",
        operations / 1e9,
        seconds / floor,
        100.0 * floor / seconds
    );
}

fn best_of<E: std::fmt::Debug>(repetitions: usize, mut run: impl FnMut() -> Result<(), E>) -> f64 {
    let time = |_| {
        let start = Instant::now();
        run().expect("the recipe works");
        start.elapsed().as_secs_f64()
    };
    (0..repetitions).map(time).fold(f64::INFINITY, f64::min)
}
