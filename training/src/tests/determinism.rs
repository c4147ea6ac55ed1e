//! The same variables, to the last bit, from any kernel and any number of threads, whatever the size of a batch.

use super::*;

const SAMPLES: usize = 301;

/// Batch sizes, each with as many samples as leave an uneven last batch.
const BATCHES: [(usize, usize); 6] = [(1, 20), (7, 100), (32, 100), (130, 131), (300, 301), (60_000, 301)];

/// Recipes for pictures of 784 bytes and ten classes.
fn recipes() -> Vec<Recipe> {
    let sgd = Optimizer { name: OptimizerName::Sgd, learning_rate: 0.1, ..ADAM };
    let standardized = Recipe { smallest_deviation: Some(0.3), loss: Loss::GeneralizedCrossentropy, ..recipe() };
    vec![
        recipe(),
        Recipe { optimizer: sgd, ..recipe() },
        Recipe { hidden: vec![32], ..recipe() },
        Recipe { hidden: vec![128, 64], schedule: Schedule::Cosine, ..recipe() },
        Recipe { hidden: vec![33, 21], activation: formats::Activation::Tanh, ..standardized.clone() },
        Recipe { optimizer: sgd, ..standardized },
    ]
}

#[test]
fn neither_kernels_nor_threads_change_a_bit() {
    let all = samples(true, 784, 10, Task::Multiclass, SAMPLES);
    for (batch_size, count) in BATCHES {
        let mut samples = all.clone();
        samples.truncate(count);
        for recipe in recipes() {
            let recipe = Recipe { batch_size, ..recipe };
            let variables = |threads, kernel| {
                let settings = settings(recipe.clone(), threads, kernel);
                train(&Data::new(&samples), 10, &settings).unwrap().1.state.variables
            };
            let wanted = variables(1, Kernel::PORTABLE);
            let kernels = Kernel::available().filter(|&kernel| kernel != Kernel::PORTABLE).map(|kernel| (1, kernel));
            let threads = [2, 3, 10, 64].map(|threads| (threads, Kernel::best()));
            for (threads, kernel) in kernels.chain(threads) {
                let found = variables(threads, kernel);
                assert!(found == wanted, "{recipe:?}: {}, {threads} threads give others", kernel.name());
            }
        }
    }
}
