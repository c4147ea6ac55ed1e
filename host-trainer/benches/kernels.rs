//! How long the parts of inference and of a training step take, for every kernel of this machine.
//!
//! `cargo bench -p host-trainer --bench kernels`

use dense_core::losses::Loss;
use dense_core::optimizers::Optimizer;
use dense_core::quant::{Quantization, Rounding};
use dense_core::{Adam, AdamState, Batch, Dense, Kernel, QuantizedDense, Random, Sgd, SparseCategoricalCrossEntropy};
use divan::{Bencher, black_box, counter::ItemsCount};

const BATCH_SIZE: usize = 32;

fn main() {
    divan::main();
}

fn kernels() -> impl Iterator<Item = &'static str> {
    Kernel::available().map(Kernel::name)
}

fn kernel(name: &str) -> Kernel {
    Kernel::by_name(name).expect("it was among the available ones")
}

/// A layer with initial weights, and images of which half of the pixels are black, as in Fashion-MNIST.
fn model(images: usize) -> (Box<Dense<784, 10>>, Vec<[u8; 784]>, Vec<u8>) {
    let mut random = Random::new(0, 0);
    let mut layer = Box::new(Dense::ZERO);
    layer.glorot_uniform(&mut random);
    let mut samples = vec![[0; 784]; images];
    for pixel in samples.as_flattened_mut() {
        *pixel = if random.below(2) == 0 { 0 } else { random.next_u32() as u8 };
    }
    let labels = (0..images).map(|_| random.below(10) as u8).collect();
    (layer, samples, labels)
}

#[divan::bench(args = kernels())]
fn one_image(bencher: Bencher<'_, '_>, name: &str) {
    let (layer, images, _) = model(1);
    let mut logits = [[0.0; 10]];
    bencher.bench_local(|| {
        let batch = Batch::new(black_box(&images)).expect("there is an image");
        layer.forward_with(kernel(name), batch, black_box(&mut logits)).expect("the shapes fit");
    });
}

#[divan::bench(args = kernels())]
fn ten_thousand_images(bencher: Bencher<'_, '_>, name: &str) {
    let (layer, images, _) = model(10_000);
    let mut logits = vec![[0.0; 10]; 10_000];
    bencher.counter(ItemsCount::new(10_000_usize)).bench_local(|| {
        let batch = Batch::new(black_box(&images)).expect("there are images");
        layer.forward_with(kernel(name), batch, black_box(&mut logits)).expect("the shapes fit");
    });
}

/// The same layer in whole numbers.
fn quantized(layer: &Dense<784, 10>) -> Box<QuantizedDense<784, 10>> {
    let mut quantized = Box::new(QuantizedDense::ZERO);
    quantized.quantize(layer, Quantization::PIXELS, Rounding::Diffused).expect("the weights are ordinary");
    quantized
}

#[divan::bench(args = kernels())]
fn one_image_int8(bencher: Bencher<'_, '_>, name: &str) {
    let (layer, images, _) = model(1);
    let layer = quantized(&layer);
    let mut sums = [[0; 10]];
    bencher.bench_local(|| {
        let batch = Batch::new(black_box(&images)).expect("there is an image");
        layer.forward_with(kernel(name), batch, black_box(&mut sums)).expect("the shapes fit");
    });
}

#[divan::bench(args = kernels())]
fn ten_thousand_images_int8(bencher: Bencher<'_, '_>, name: &str) {
    let (layer, images, _) = model(10_000);
    let layer = quantized(&layer);
    let mut sums = vec![[0; 10]; 10_000];
    bencher.counter(ItemsCount::new(10_000_usize)).bench_local(|| {
        let batch = Batch::new(black_box(&images)).expect("there are images");
        layer.forward_with(kernel(name), batch, black_box(&mut sums)).expect("the shapes fit");
    });
}

#[divan::bench(args = kernels())]
fn batch_forward(bencher: Bencher<'_, '_>, name: &str) {
    let (layer, images, _) = model(BATCH_SIZE);
    let mut logits = [[0.0; 10]; BATCH_SIZE];
    bencher.bench_local(|| {
        let batch = Batch::new(black_box(&images)).expect("there are images");
        layer.forward_with(kernel(name), batch, black_box(&mut logits)).expect("the shapes fit");
    });
}

#[divan::bench(args = kernels())]
fn batch_loss(bencher: Bencher<'_, '_>, name: &str) {
    let (.., labels) = model(BATCH_SIZE);
    let mut logits = [[0.5; 10]; BATCH_SIZE];
    bencher.bench_local(|| SparseCategoricalCrossEntropy::loss_with(kernel(name), black_box(&mut logits), &labels));
}

#[divan::bench(args = kernels())]
fn batch_step_sgd(bencher: Bencher<'_, '_>, name: &str) {
    let (mut layer, images, _) = model(BATCH_SIZE);
    let sgd = Sgd::new(0.01).expect("a fine learning rate");
    let deltas = [[0.01; 10]; BATCH_SIZE];
    bencher.bench_local(|| {
        let batch = Batch::new(black_box(&images)).expect("there are images");
        sgd.update(kernel(name), &mut layer, batch, black_box(&deltas), &mut ()).expect("the shapes fit");
    });
}

#[divan::bench(args = kernels())]
fn batch_step_adam(bencher: Bencher<'_, '_>, name: &str) {
    let (mut layer, images, _) = model(BATCH_SIZE);
    let mut adam = Adam::new(0.001).expect("a fine learning rate");
    let mut state = Box::new(AdamState::ZERO);
    let deltas = [[0.01; 10]; BATCH_SIZE];
    bencher.bench_local(|| {
        let batch = Batch::new(black_box(&images)).expect("there are images");
        adam.advance();
        adam.update(kernel(name), &mut layer, batch, black_box(&deltas), &mut state).expect("the shapes fit");
    });
}
