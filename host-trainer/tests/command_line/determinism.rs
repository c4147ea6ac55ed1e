//! The same recipe gives the same weights, whatever computes them; another seed gives others.

use std::fs;
use std::path::Path;

use super::{fashion_mnist, model, train, write_data_set};
use dense_core::Kernel;

/// Batch sizes, each with as many samples as leave an uneven last batch.
const RECIPES: [&str; 5] = [
    "--batch-size 1 --limit 20",
    "--batch-size 7 --limit 100",
    "--batch-size 32 --limit 100",
    "--batch-size 300 --limit 301",
    "--batch-size 60000 --limit 301",
];

/// The Rust file that a training writes.
fn weights(folder: &Path, data: &Path, options: &str) -> Vec<u8> {
    train(folder, data, &format!("--verbose 0 {options}"));
    fs::read(folder.join("out/weights.rs")).unwrap()
}

fn assert_kernels_agree(folder: &Path, data: &Path, recipe: &str) {
    let weights_of = |kernel: Kernel| weights(folder, data, &format!("{recipe} --kernel {}", kernel.name()));
    let expected = weights_of(Kernel::PORTABLE);
    for kernel in Kernel::available().filter(|&kernel| kernel != Kernel::PORTABLE) {
        assert!(weights_of(kernel) == expected, "{recipe}: {} gives other weights", kernel.name());
    }
}

#[test]
fn kernels_change_no_bit_of_hidden_layers() {
    let folder = tempfile::tempdir().unwrap();
    let data = write_data_set(folder.path(), 301, 20);
    for model in ["mlp32", "mlp128-64"] {
        for recipe in [
            "--batch-size 1 --limit 20",
            "--batch-size 7 --limit 100 --optimizer sgd --learning-rate-schedule constant",
            "--batch-size 32 --limit 100",
            "--batch-size 130 --limit 131",
            "--batch-size 131 --limit 131",
        ] {
            let recipe = format!("--model {model} --epochs 2 {recipe}");
            assert_kernels_agree(folder.path(), &data, &recipe);
        }
    }
}

#[test]
fn kernels_change_no_bit_of_standardised_training() {
    let folder = tempfile::tempdir().unwrap();
    let data = write_data_set(folder.path(), 301, 20);
    for model in ["linear", "mlp32"] {
        for recipe in
            ["", "--batch-size 7 --limit 100 --optimizer sgd --learning-rate-schedule constant", "--batch-size 301"]
        {
            let recipe = format!("--preset best --model {model} --epochs 2 {recipe}");
            assert_kernels_agree(folder.path(), &data, &recipe);
        }
    }
}

#[test]
fn neither_threads_nor_kernels_change_a_bit() {
    let folder = tempfile::tempdir().unwrap();
    let data = write_data_set(folder.path(), 301, 20);
    let mut ways: Vec<String> = ["2", "10", "64"].map(|threads| format!("--threads {threads}")).into();
    // The weights they are compared with come from the best kernel and one thread.
    ways.extend(
        Kernel::available()
            .filter(|&kernel| kernel != Kernel::best())
            .map(|kernel| format!("--kernel {}", kernel.name())),
    );
    ways.extend(Kernel::available().map(|kernel| format!("--threads 3 --kernel {}", kernel.name())));
    let mut recipes: Vec<String> = RECIPES.map(|recipe| format!("--epochs 2 {recipe}")).into();
    recipes.extend(RECIPES[1..3].iter().map(|recipe| format!("--epochs 2 --optimizer sgd {recipe}")));
    recipes.push("--epochs 2 --hidden 33,21 --activation tanh --preset best --limit 150".into());
    for recipe in recipes {
        let expected = weights(folder.path(), &data, &recipe);
        for way in &ways {
            let found = weights(folder.path(), &data, &format!("{recipe} {way}"));
            assert!(found == expected, "{recipe}: {way} gives other weights");
        }
    }
}

/// The promise is made across machines, so the expected weights are written down, as a fingerprint.
#[test]
fn real_images_give_the_same_weights_everywhere() {
    let folder = tempfile::tempdir().unwrap();
    for way in ["", "--threads 2", "--kernel portable"] {
        weights(folder.path(), &fashion_mnist(), &format!("--limit 1000 --batch-size 8 --epochs 2 {way}"));
        let layer = &model(folder.path()).layers[0];
        let numbers = layer.weights.iter().chain(&layer.bias);
        // FNV-1a over the bits.
        let fingerprint = numbers
            .flat_map(|number| number.to_bits().to_le_bytes())
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        assert_eq!(fingerprint, 0x9d15_3eb8_7c3e_bbf3, "{way}");
    }
}

#[test]
fn every_setting_of_the_recipe_counts() {
    let folder = tempfile::tempdir().unwrap();
    let data = write_data_set(folder.path(), 50, 20);
    // The numbers alone: the comment above them names the recipe.
    let weights_of = |options: &str| {
        weights(folder.path(), &data, options);
        model(folder.path()).layers
    };
    let usual = weights_of("--epochs 1");
    assert!(weights_of("--epochs 1 --seed 0") == usual);
    let mut others = vec![usual];
    for options in [
        "--seed 1",
        "--seed 18446744073709551615",
        "--epochs 2",
        "--batch-size 31",
        "--limit 49",
        "--learning-rate 0.002",
        "--optimizer sgd",
        "--preset best",
        "--learning-rate-schedule cosine",
        "--learning-rate-schedule step:1:0.5 --epochs 2",
        "--validation-split 0.1",
        "--model mlp32",
        "--hidden 5",
        "--hidden 5 --activation tanh",
        "--loss generalized_crossentropy",
        "--standardize on",
        "--optimizer sgd --momentum 0.9",
        "--optimizer sgd --momentum 0.9 --nesterov",
        "--optimizer rmsprop",
        "--weight-decay 0.1",
    ] {
        let other =
            weights_of(&if options.contains("--epochs") { options.into() } else { format!("--epochs 1 {options}") });
        assert!(!others.contains(&other), "{options} changes nothing");
        others.push(other);
    }
}
