//! Effect of practice between lessons: 500 lessons of pictures that have changed, and how many pictures of the
//! changed and of the original kind are then classified correctly.

use clap::ValueEnum;
use dense_core::{Kernel, Random};
use dense_replay::{Bits, FactorySet, Memory, RamFlash, Replay, Sampler, region_bytes};
use formats::{DataOptions, Input, Optimizer, OptimizerName, Recipe, Schedule};
use host_trainer::commands::adapt::{TEST_NOISE, decayed, lessons, practice_seed};
use host_trainer::data::{self, Dataset, Inputs, Samples, Targets};
use host_trainer::device::shift::Shift;
use host_trainer::factory_samples::FactorySamples;
use std::path::Path;
use std::thread;
use training::{Callbacks, Data, Network, Settings, Silent, evaluate};

const SIZE: [usize; 2] = [28, 28];
const LESSONS: usize = 500;

/// The settings of practice: size of the sample memory, steps after each lesson, learning rate.
#[derive(Clone, Copy, Debug)]
struct Practice {
    /// Bytes of the factory samples.
    room: usize,
    /// Lessons that are kept.
    capacity: usize,
    bits: Bits,
    /// Steps after each lesson.
    steps: u32,
    /// The learning rate of the first steps; from there it falls evenly towards 0.
    learning_rate: f32,
}

/// Chosen on held-back training images, as `choices` prints them.
const CHOSEN: Practice = Practice { room: 32 << 10, capacity: 39, bits: Bits::Two, steps: 32, learning_rate: 0.01 };
const NONE: Practice = Practice { steps: 0, ..CHOSEN };
const IN_16_KB: Practice = Practice { room: 8 << 10, capacity: 9, ..CHOSEN };

/// A network that knows the original pictures, and pictures to learn from and to judge by.
struct World {
    network: Network,
    input: Input,
    train: Samples,
    judged: Samples,
    /// Learning rate of the first lesson.
    learning_rate: f32,
}

impl World {
    /// The test set judges; or, to choose anything, the last 5,000 training images, which the network has not seen.
    fn new(hidden: &[usize], is_held_back: bool) -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/fashion-mnist");
        let Dataset { mut train, test, input, .. } =
            data::load(&DataOptions { path, ..DataOptions::default() }).unwrap().dataset;
        let judged = if is_held_back { train.split_off(55_000) } else { test };
        let schedule = if hidden.is_empty() { Schedule::Constant } else { Schedule::Cosine };
        let recipe = Recipe { hidden: hidden.to_vec(), schedule, ..Recipe::default() };
        let mut network = Network::initial(input.width(), 10, &recipe).unwrap();
        fit(&mut network, &train, recipe, threads());
        let learning_rate = if hidden.is_empty() { 0.1 } else { 0.03 };
        Self { network, input, train, judged, learning_rate }
    }

    /// The accuracies on changed and on original pictures after the lessons.
    fn taught(&self, shift: Shift, practice: Practice, factory: FactorySet<'_>, seed: u64) -> [f64; 2] {
        let amount = shift.default_amount();
        let lessons = lessons(&self.train, SIZE, LESSONS, shift, amount, seed).unwrap();
        let bytes = region_bytes(&factory.format(), practice.capacity, 1);
        let mut flash = RamFlash::new(vec![0xff; bytes]);
        let memory = Memory::open(&mut flash, 0..bytes as u32, practice.capacity, factory.format(), 0).unwrap();
        let mut replay = Replay { memory: Some(memory), factory };
        let mut network = self.network.clone();
        let Inputs::Bytes { width, values } = &lessons.inputs else { panic!("pictures") };
        let Targets::Labels(labels) = &lessons.targets else { panic!("classes") };
        for (index, (image, label)) in values.chunks_exact(*width).zip(labels).enumerate() {
            step(&mut network, image, *label, decayed(self.learning_rate, index, LESSONS));
            replay.memory.as_mut().unwrap().append(&mut flash, image, label).unwrap();
            let (mut input, mut target) = (vec![0_u8; *width], 0_u8);
            let mut sampler = Sampler::new(practice_seed(seed, index).into());
            for _ in 0..practice.steps {
                replay.read_next(&mut flash, &mut sampler, &mut input, &mut target).unwrap().unwrap();
                step(&mut network, &input, target, decayed(practice.learning_rate, index, LESSONS));
            }
        }
        let shifted = shift.of(&self.judged, SIZE, amount, &mut Random::new(seed, TEST_NOISE));
        [&shifted, &self.judged].map(|samples| accuracy(&network, samples))
    }

    /// The mean accuracies of so many seeds.
    fn mean(&self, shift: Shift, practice: Practice, seeds: u64) -> [f64; 2] {
        let Practice { bits, room, .. } = practice;
        let factory = FactorySamples::choose(&self.train, &self.input, bits, room, Kernel::best()).unwrap();
        let results: Vec<[f64; 2]> = (0..seeds).map(|seed| self.taught(shift, practice, factory.set(), seed)).collect();
        [0, 1].map(|part| results.iter().map(|result| result[part]).sum::<f64>() / seeds as f64)
    }
}

/// One step of gradient descent, as the device makes it.
fn step(network: &mut Network, image: &[u8], label: u8, learning_rate: f32) {
    let sample = Samples {
        inputs: Inputs::Bytes { width: image.len(), values: image.to_vec() },
        targets: Targets::Labels(vec![label]),
        groups: Vec::new(),
    };
    let optimizer = Optimizer { name: OptimizerName::Sgd, learning_rate, ..Optimizer::default() };
    fit(network, &sample, Recipe { optimizer, batch_size: 1, epochs: 1, ..Recipe::default() }, 1);
}

fn fit(network: &mut Network, samples: &Samples, recipe: Recipe, threads: usize) {
    let settings = Settings { recipe, threads, kernel: Kernel::best() };
    let mut callbacks = Callbacks { progress: &mut Silent, stop: &mut || false, checkpoints: None };
    training::fit(network, &Data::new(samples), &settings, None, &mut callbacks).unwrap();
}

fn accuracy(network: &Network, samples: &Samples) -> f64 {
    evaluate::evaluate(network, samples, Kernel::best(), threads()).unwrap().metric
}

fn threads() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

#[test]
fn practice_keeps_what_the_network_knew() {
    let world = World::new(&[], false);
    let [shifted, original] = world.mean(Shift::Rotated, NONE, 1);
    assert!(shifted > 0.70 && original < 0.70, "without practice: {shifted} {original}");
    let [shifted, original] = world.mean(Shift::Rotated, CHOSEN, 1);
    assert!(shifted >= 0.71 && original >= 0.79, "with practice: {shifted} {original}");
}

/// Prints what `CHOSEN` was chosen by.
#[test]
#[ignore = "a measurement: run it with --ignored --nocapture"]
fn choices() {
    let [linear, hidden] = [&[][..], &[32]].map(|hidden| World::new(hidden, true));
    let print = |what: &str, world: &World, practice| {
        let [shifted, original] = world.mean(Shift::Rotated, practice, 4);
        println!("{what:<44} {shifted:.3} {original:.3}");
    };
    for (name, world) in [("784-10", &linear), ("784-32-10", &hidden)] {
        for steps in [0, 4, 8, 16, 32, 64] {
            print(&format!("{name}, {steps} steps"), world, Practice { steps, ..CHOSEN });
        }
        for learning_rate in [0.003, 0.03, 0.1] {
            print(&format!("{name}, learning rate {learning_rate}"), world, Practice { learning_rate, ..CHOSEN });
        }
        for bits in [Bits::One, Bits::Two, Bits::Four, Bits::Eight] {
            print(&format!("{name}, {bits:?} bits"), world, Practice { bits, ..CHOSEN });
            print(&format!("{name}, {bits:?} bits, 16 KB"), world, Practice { bits, ..IN_16_KB });
        }
        // Each leaves room in the halves of the flash for as many lessons as are kept, and one more.
        for (capacity, room) in [(9, 56), (18, 48), (38, 32), (56, 16)] {
            for learning_rate in [0.01, 0.02] {
                let practice = Practice { capacity, room: room << 10, learning_rate, ..CHOSEN };
                let what = format!("{name}, {capacity} lessons, {room} KB, learning rate {learning_rate}");
                print(&what, world, practice);
            }
        }
    }
}

/// Prints the figures that the documentation states, on the test set.
#[test]
#[ignore = "a measurement: run it with --ignored --nocapture"]
fn figures() {
    println!("{:<24} {:>15} {:>15} {:>15} {:>15}", "changed / original", "before", "no practice", "16 KB", "64 KB");
    for hidden in [&[][..], &[32]] {
        let world = World::new(hidden, false);
        for &shift in Shift::value_variants() {
            let changed = shift.of(&world.judged, SIZE, shift.default_amount(), &mut Random::new(0, TEST_NOISE));
            print!("{:<24}", format!("{:?} {}", hidden, shift.name()));
            let before = [&changed, &world.judged].map(|samples| accuracy(&world.network, samples));
            for [changed, original] in
                [before].into_iter().chain([NONE, IN_16_KB, CHOSEN].map(|practice| world.mean(shift, practice, 4)))
            {
                print!("   {changed:.3} / {original:.3}");
            }
            println!();
        }
    }
}
