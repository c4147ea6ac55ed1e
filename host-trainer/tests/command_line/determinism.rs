//! The options of a training reach it: kernels and threads change no bit of the weights, every setting of the recipe does.
//!
//! That no kernel and no number of threads changes a bit of any network is tested in `training`.

use super::{fashion_mnist, model, train, write_data_set};

/// The promise is made across machines, so the expected weights are written down, as a fingerprint.
#[test]
fn real_images_give_the_same_weights_everywhere() {
    let folder = tempfile::tempdir().unwrap();
    for way in ["", "--threads 2", "--kernel portable"] {
        let options = format!("--verbose 0 --limit 1000 --batch-size 8 --epochs 2 {way}");
        train(folder.path(), &fashion_mnist(), &options);
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
        train(folder.path(), &data, &format!("--verbose 0 {options}"));
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
