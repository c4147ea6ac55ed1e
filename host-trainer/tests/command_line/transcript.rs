//! Tests of the text that a training prints, and of its order.

use std::fs;
use std::path::Path;

use host_trainer::terminal::summary::thousands;

use super::{fashion_mnist, history, succeed, train, write_data_set};

/// Asserts that each of the texts follows the one before it somewhere.
fn assert_in_order(printed: &str, texts: &[String]) {
    let mut rest = printed;
    for text in texts {
        let place = rest.find(text.as_str());
        let Some(place) = place else { panic!("{text:?} is missing, or in the wrong place, in\n{printed}") };
        rest = &rest[place + text.len()..];
    }
}

/// The lines of the epochs, without their times, as the history has them.
fn epoch_lines(folder: &Path, steps: &str) -> Vec<[String; 4]> {
    let history = history(folder);
    let epochs = history["epochs"].as_array().unwrap();
    let line = |(index, epoch): (usize, &serde_json::Value)| {
        [
            format!("Epoch {}/{}", index + 1, epochs.len()),
            format!("{steps}/{steps}"),
            format!("loss: {:.4}", epoch["loss"].as_f64().unwrap()),
            format!("accuracy: {:.4}", epoch["accuracy"].as_f64().unwrap()),
        ]
    };
    epochs.iter().enumerate().map(line).collect()
}

/// The lines of the epochs as they were printed, without their times.
fn printed_epoch_lines(printed: &str) -> Vec<[String; 4]> {
    let lines = printed.lines().filter(|line| line.starts_with("Epoch "));
    let parts = |line: &str| {
        let parts: Vec<&str> = line.split(" - ").collect();
        let [epoch, steps, seconds, loss, accuracy, rate] = parts[..] else { panic!("{line}") };
        let seconds = seconds.strip_suffix('s').map(str::parse::<f64>);
        assert!(matches!(seconds, Some(Ok(0.0..60.0))), "{line}");
        assert!(rate.ends_with(" images/s"), "{line}");
        [epoch, steps, loss, accuracy].map(String::from)
    };
    lines.map(parts).collect()
}

#[test]
fn a_training_tells_its_story_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let printed = train(folder.path(), &fashion_mnist(), "--limit 1000 --batch-size 8 --epochs 5");

    let mut texts = vec!["(60000, 28, 28) (10000, 28, 28)\n".to_owned()];
    for (label, (name, count)) in [
        ("T-shirt/top", 107),
        ("Trouser", 104),
        ("Pullover", 86),
        ("Dress", 92),
        ("Coat", 95),
        ("Sandal", 100),
        ("Shirt", 100),
        ("Sneaker", 115),
        ("Bag", 102),
        ("Ankle boot", 99),
    ]
    .into_iter()
    .enumerate()
    {
        texts.push(format!("\n    {label}  {name:<13}  {count:>16}"));
    }
    texts.extend(
        [
            "task: multi-class classification, 10 classes\n",
            "1,000 samples in batches of 8: 125 iterations an epoch, 625 in 5 epochs\n",
            "\nAnkle boot                    T-shirt/top                   T-shirt/top\n",
            "\nDress                         T-shirt/top                   Pullover\n",
            "\nSneaker                       Pullover                      Sandal\n",
            "Model: \"softmax_regression\"\n",
            "│ flatten (Flatten)               │ (None, 784)            │             0 │\n",
            "│ dense (Dense)                   │ (None, 10)             │         7,850 │\n",
            " Total params: 7,850 (30.66 KB)\n",
            "\nEpoch 1/5 - ",
            "\nEpoch 5/5 - ",
            "\n313/313 - loss: ",
            "\nint8 - accuracy: ",
            " of 10,000 predictions differ\n",
        ]
        .map(String::from),
    );
    let written = [
        "images.png",
        "history.json",
        "model.safetensors",
        "quantized.rs",
        "report.html",
        "learning-curves.png",
        "confusion.png",
        "weights.png",
        "mistakes.png",
        "weights.rs",
        "checkpoint.safetensors",
    ];
    let bytes: u64 = written.iter().map(|file| fs::metadata(folder.path().join("out").join(file)).unwrap().len()).sum();
    texts.push(format!("wrote to out ({} bytes): {}\n", thousands(bytes as usize), written.join(", ")));
    let accuracy = history(folder.path())["test"]["accuracy"].as_f64().unwrap();
    texts.push(format!("\ntest accuracy {:.2} % (95 % interval ", 100.0 * accuracy));
    texts.push(" %) on 10,000 test images\nopen  out/report.html\nnext  ".into());
    texts.push("host-trainer export --format c\n".into());
    assert_in_order(&printed, &texts);
    assert!(printed.ends_with(texts.last().unwrap()), "{printed}");

    assert_eq!(printed_epoch_lines(&printed), epoch_lines(folder.path(), "125"));
    let losses: Vec<f64> =
        printed_epoch_lines(&printed).iter().map(|[_, _, loss, _]| loss["loss: ".len()..].parse().unwrap()).collect();
    assert!(losses.is_sorted_by(|before, after| before > after), "the loss does not fall: {losses:?}");
}

#[test]
fn steps_are_counted_with_the_uneven_last_one() {
    for (options, bookkeeping, steps) in [
        (
            "--limit 1001 --batch-size 8 --epochs 2",
            "1,001 samples in batches of 8: 126 iterations an epoch, 252 in 2 epochs",
            "126",
        ),
        (
            "--limit 999 --batch-size 8 --epochs 1",
            "999 samples in batches of 8: 125 iterations an epoch, 125 in 1 epoch",
            "125",
        ),
        (
            "--limit 20 --batch-size 1 --epochs 3",
            "20 samples in batches of 1: 20 iterations an epoch, 60 in 3 epochs",
            "20",
        ),
        ("--epochs 2", "1,001 samples in batches of 32: 32 iterations an epoch, 64 in 2 epochs", "32"),
        ("--limit 60000 --epochs 2", "1,001 samples in batches of 32: 32 iterations an epoch, 64 in 2 epochs", "32"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let data = write_data_set(folder.path(), 1_001, 33);
        let printed = train(folder.path(), &data, options);
        assert_in_order(
            &printed,
            &["(1001, 28, 28) (33, 28, 28)\n".into(), format!("\n{bookkeeping}\n"), "\n2/2 - loss: ".into()],
        );
        assert_eq!(printed_epoch_lines(&printed), epoch_lines(folder.path(), steps), "{options}");
    }
}

#[test]
fn verbosity_decides_how_much_is_printed() {
    let folder = tempfile::tempdir().unwrap();
    let data = write_data_set(folder.path(), 50, 20);
    let options = "--epochs 2 --batch-size 7";
    assert_eq!(train(folder.path(), &data, &format!("{options} --verbose 0")), "");
    assert_eq!(succeed(folder.path(), &data, "evaluate --verbose 0"), "");
    let lines = epoch_lines(folder.path(), "8");
    assert_eq!(lines.len(), 2);
    // No terminal, no bar: 1 prints lines too.
    for verbose in [1, 2] {
        let printed = train(folder.path(), &data, &format!("{options} --verbose {verbose}"));
        assert_eq!(printed_epoch_lines(&printed), lines);
        assert!(!printed.contains('\x1b'), "{printed}");
    }
}

/// Without a file of class names, digits are what MNIST's own files hold.
#[test]
fn a_foreign_data_set_names_digits() {
    let folder = tempfile::tempdir().unwrap();
    let data = write_data_set(folder.path(), 50, 20);
    let printed = train(folder.path(), &data, "--epochs 1");
    let labels: Vec<u8> = fs::read(data.join("train-labels-idx1-ubyte")).unwrap().split_off(8);
    let mut texts = vec!["(50, 28, 28) (20, 28, 28)\n".to_owned()];
    for label in 0..10_u8 {
        let count = labels.iter().filter(|&&found| found == label).count();
        texts.push(format!("\n    {label}  {label:<13}  {count:>16}"));
    }
    for row in labels[..9].chunks(3) {
        texts.push(format!("\n{:<30}{:<30}{}\n", row[0], row[1], row[2]));
    }
    texts.push("\n1/1 - loss: ".into());
    assert_in_order(&printed, &texts);
}
