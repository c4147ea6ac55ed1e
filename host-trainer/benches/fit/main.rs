//! How long the recipe takes beside the least that it could take, with one thread and with two, and how that grows with
//! the samples. All figures come from one run, so their ratios hold whatever the machine is.
//!
//! `cargo bench -p host-trainer --bench fit`

#[cfg(target_arch = "x86_64")]
mod peak;
#[cfg(not(target_arch = "x86_64"))]
mod peak {
    /// Not measured on this architecture.
    pub(crate) fn peak() -> Option<f64> {
        None
    }
}

use std::path::Path;
use std::time::Instant;

use dense_core::{Batch, Dense, Kernel, Random};
use host_trainer::cli::Optimizer;
use host_trainer::dataset::{Dataset, Split};
use host_trainer::fit::{Settings, fit};
use host_trainer::progress::Progress;

const REPETITIONS: usize = 7;
const RECIPE: Settings = Settings {
    optimizer: Optimizer::Adam,
    learning_rate: 0.001,
    batch_size: 32,
    epochs: 10,
    seed: 0,
    threads: 1,
    kernel: Kernel::PORTABLE,
};

fn main() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/fashion-mnist");
    let dataset = Dataset::load(&folder).expect("the data set comes with the repository");
    let settings = Settings { kernel: Kernel::best(), ..RECIPE };
    println!("kernel {}, the best of {REPETITIONS} repetitions each\n", settings.kernel.name());

    let one_thread = seconds(&dataset.train, &settings);
    println!("fit, 1 thread     {one_thread:.4} s");
    if let Some(peak) = peak::peak() {
        // Forward and gradient: a multiplication and an addition each, for every weight and sample.
        let operations = 2.0 * 2.0 * (784 * 10 * dataset.train.len() * settings.epochs) as f64;
        let floor = operations / peak;
        println!("FMA peak          {:.1} GFLOP/s", peak / 1e9);
        println!(
            "FMA floor         {floor:.4} s for {:.1} GFLOP; the fit takes {:.2} times that",
            operations / 1e9,
            one_thread / floor
        );
    }
    let two_threads = seconds(&dataset.train, &Settings { threads: 2, ..settings });
    println!("fit, 2 threads    {two_threads:.4} s, {:.2} times faster", one_thread / two_threads);

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
    let all = best_of(|| layer.forward(settings.kernel, Batch::new(images)?, &mut logits));
    let each = best_of(|| {
        images.iter().zip(&mut logits).try_for_each(|(image, logits)| {
            let batch = Batch::new(std::slice::from_ref(image))?;
            layer.forward(settings.kernel, batch, std::slice::from_mut(logits))
        })
    });
    println!("\n10,000 images     {:.3} ms", all * 1e3);
    println!("one image         {:.3} µs", each * 1e6 / images.len() as f64);
}

/// Seconds of a fit from fresh weights.
fn seconds(split: &Split, settings: &Settings) -> f64 {
    let mut layer = Box::new(Dense::ZERO);
    best_of(|| {
        layer.glorot_uniform(&mut Random::new(settings.seed, Random::INITIAL_WEIGHTS));
        fit(&mut layer, split, settings, &mut Progress::new(0, 0, 0)).map(|_| ())
    })
}

fn best_of<E: std::fmt::Debug>(mut run: impl FnMut() -> Result<(), E>) -> f64 {
    let time = |_| {
        let start = Instant::now();
        run().expect("the recipe works");
        start.elapsed().as_secs_f64()
    };
    (0..REPETITIONS).map(time).fold(f64::INFINITY, f64::min)
}
