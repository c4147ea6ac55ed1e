//! `show` draws images, `predict` says what is in pictures; what the one writes the other reads.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use dense_core::Kernel;
use host_trainer::dataset::Dataset;
use host_trainer::model_files;
use serde_json::Value;

use super::{fashion_mnist, run, succeed, write_data_set};

/// The weights of the repository's firmware.
fn weights() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../firmware/src/weights.rs")
}

fn save(path: &Path, image: &[u8; 784]) {
    image::save_buffer(path, image, 28, 28, image::ExtendedColorType::L8).unwrap();
}

/// Runs `predict` with the weights and names of Fashion-MNIST in `folder`, and `input` to read.
fn predict(folder: &Path, line: &str, input: &[u8]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_host-trainer"))
        .current_dir(folder)
        .env("COLUMNS", "60")
        .args(["predict", "--weights"])
        .arg(weights())
        .arg("--data")
        .arg(fashion_mnist())
        .args(line.split_whitespace())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    child.wait_with_output().unwrap()
}

/// The same for a line that must succeed. Returns what it printed.
fn predicted(folder: &Path, line: &str) -> String {
    let output = predict(folder, line, &[]);
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && complaints.is_empty(), "{line}: {}\n{complaints}", output.status);
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn images_are_shown_with_number_and_class() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let captions = |line: &str| {
        let printed = succeed(folder, &fashion_mnist(), line);
        let captions = printed.lines().filter(|line| line.starts_with(|first: char| first.is_ascii_digit()));
        let captions = captions.flat_map(|line| line.split("  ").map(str::trim).filter(|part| !part.is_empty()));
        captions.map(String::from).collect::<Vec<_>>()
    };
    for (line, wanted) in [
        ("show --count 4", &["0 Ankle boot", "1 T-shirt/top", "2 T-shirt/top", "3 Dress"][..]),
        ("show --split test --from 9998", &["9998 Trouser", "9999 Sandal"]),
        ("show --split test --label trouser --count 2", &["2 Trouser", "3 Trouser"]),
        ("show --split test --label 1 --from 3 --count 1", &["3 Trouser"]),
    ] {
        assert_eq!(captions(line), wanted, "{line}");
    }
    assert_eq!(captions("show").len(), 9);
}

#[test]
fn the_grid_is_as_wide_as_the_terminal() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let data = write_data_set(folder, 50, 20);
    for (columns, color, lines, widest, escape) in [
        ("60", "never", 75, 58, None),
        ("130", "never", 45, 118, None),
        ("20", "never", 135, 28, None),
        ("95", "always", 45, 0, Some("\x1b[38;2;")),
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_host-trainer"))
            .envs([("COLUMNS", columns), ("COLORTERM", "truecolor")])
            .args(["show", "--colour", color, "--data"])
            .arg(&data)
            .output()
            .unwrap();
        let printed = String::from_utf8(output.stdout).unwrap();
        assert_eq!(printed.lines().count(), lines, "{columns} columns\n{printed}");
        match escape {
            Some(escape) => assert!(printed.contains(escape), "{printed}"),
            None => assert_eq!(printed.lines().map(|line| line.chars().count()).max(), Some(widest)),
        }
    }
    // The picture before a fit shrinks too, but never grows.
    for (columns, wanted) in [("60", 2), ("200", 3)] {
        let output = Command::new(env!("CARGO_BIN_EXE_host-trainer"))
            .current_dir(folder)
            .env("COLUMNS", columns)
            .args("train --epochs 1 --out out --weights w.rs --data data".split_whitespace())
            .output()
            .unwrap();
        let printed = String::from_utf8(output.stdout).unwrap();
        let captions = |line: &&str| {
            let mut words = line.split_whitespace();
            !line.starts_with(' ') && words.clone().count() > 0 && words.all(|word| word.len() == 1 && word < ":")
        };
        let captions = printed.lines().find(captions).unwrap();
        assert_eq!(captions.split_whitespace().count(), wanted, "{columns}: {captions}");
    }
}

#[test]
fn what_cannot_be_shown_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let data = write_data_set(folder, 50, 20);
    for (line, wanted) in [
        ("show --from 50", "error: --from 50: the data set has 50 training images, 0 to 49\n"),
        ("show --split test --from 20", "error: --from 20: the data set has 20 test images, 0 to 19\n"),
        ("show --label 10", "error: --label 10: no such class; there are 0 0, 1 1, "),
        ("show --count 0", "must be a whole number from 1 to 1000"),
        ("show --png .", "error: cannot write .: "),
    ] {
        let output = run(folder, &data, line);
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{line}: {complaint}");
        assert!(complaint.contains(wanted) && output.stdout.is_empty(), "{line}: {complaint}");
    }
}

/// What `evaluate` makes of an image, `predict` makes of its picture.
#[test]
fn pictures_of_test_images_are_classified_like_the_images() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let mut test = Dataset::load(&fashion_mnist()).unwrap().test;
    test.truncate(100);
    let weights = model_files::load(&weights()).unwrap();
    for image in &mut test.images {
        weights.pixel_table.apply(image);
    }
    let wanted = weights.network().classes(&test, Kernel::PORTABLE).unwrap();
    let test = Dataset::load(&fashion_mnist()).unwrap().test;
    let names: Vec<String> = (0..100).map(|index| format!("{index}.png")).collect();
    for (name, image) in names.iter().zip(&test.images) {
        save(&folder.join(name), image);
    }
    let printed = predicted(folder, &format!("--json {}", names.join(" ")));
    let lines: Vec<Value> = printed.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 100);
    for ((line, name), class) in lines.iter().zip(&names).zip(wanted) {
        assert_eq!((&line["file"], &line["class"]), (&name.as_str().into(), &class.into()));
        assert_eq!((&line["source"], &line["steps"]), (&"PNG, 28 x 28 pixels, grey".into(), &Value::Array(vec![])));
        let probabilities = line["probabilities"].as_array().unwrap().iter().map(|share| share.as_f64().unwrap());
        assert!((probabilities.sum::<f64>() - 1.0).abs() < 1e-5, "{line}");
    }
    // `show` writes such a picture too.
    let printed = succeed(folder, &fashion_mnist(), "show --split test --count 1 --from 42 --png shown.png");
    assert!(printed.contains("\nwrote shown.png ("), "{printed}");
    assert_eq!(image::open(folder.join("shown.png")).unwrap().into_bytes(), test.images[42]);
    succeed(folder, &fashion_mnist(), "show --count 10 --png grid.png");
    assert_eq!(image::image_dimensions(folder.join("grid.png")).unwrap(), (488, 368));
}

#[test]
fn pictures_of_any_size_are_explained_and_classified() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let boot = Dataset::load(&fashion_mnist()).unwrap().test.images[0];
    fs::write(folder.join("raw"), boot).unwrap();
    // Five times as large, dark on a light page that is larger still; the name says nothing about the format.
    let page = image::RgbImage::from_fn(300, 200, |x, y| {
        let (x, y) = (x / 5, y / 5);
        let inside = x < 28 && (10..38).contains(&y);
        let grey = if inside { 255 - boot[(28 * (y - 10) + x) as usize] } else { 255 };
        image::Rgb([grey; 3])
    });
    page.save_with_format(folder.join("page.png"), image::ImageFormat::Jpeg).unwrap();

    let printed = predicted(folder, "raw page.png");
    let mut lines = printed.lines();
    assert_eq!(lines.next(), Some("raw: 28 x 28 raw pixels; taken as it is"));
    let bar = lines.next().unwrap();
    assert!(bar.starts_with("  9 Ankle boot   0.") && bar.contains('█') && bar.chars().count() <= 60, "{bar}");
    assert_eq!(
        lines.clone().nth(3).map(|line| line.split("; ").take(3).collect()),
        Some(vec!["page.png: JPEG, 300 x 200 pixels, in colours", "made grey", "inverted"])
    );
    assert!(lines.nth(4).unwrap().starts_with("  9 Ankle boot "), "{printed}");
    assert_eq!(printed.lines().count(), 9);

    // One class only, drawn, and as a picture that can be read again.
    let printed = predicted(folder, "page.png --top 1 --show --colour never --png made.png");
    assert_eq!(printed.lines().count(), 1 + 15 + 1 + 1, "{printed}");
    assert!(printed.lines().last().unwrap().starts_with("wrote made.png ("), "{printed}");
    let again = predicted(folder, "made.png --top 1");
    assert_eq!(again.lines().nth(1), printed.lines().nth(16), "{again}");

    let output = predict(folder, "- --invert never --margin 4 --json", &fs::read(folder.join("page.png")).unwrap());
    let line: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&line["file"], &line["steps"][0]), (&"-".into(), &"made grey".into()));
    assert!(!line["steps"].as_array().unwrap().contains(&"inverted".into()), "{line}");
}

#[test]
fn a_picture_to_classify_is_not_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    save(&folder.join("mine.png"), &[7; 784]);
    let before = fs::read(folder.join("mine.png")).unwrap();
    let output = predict(folder, "mine.png --png ./mine.png", &[]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "error: cannot write ./mine.png: it is the input\n");
    assert_eq!(fs::read(folder.join("mine.png")).unwrap(), before);
}

#[test]
fn a_bad_file_does_not_stop_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    fs::write(folder.join("text"), "no picture").unwrap();
    fs::write(folder.join("black"), [0; 784]).unwrap();
    let fault = "text: neither PNG nor JPEG, and not 784 raw pixels either: 10 bytes\n";
    let output = predict(folder, "text black missing", &[]);
    let (out, complaints) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(2));
    assert!(out.starts_with("black: ") && out.lines().count() == 4, "{out}");
    assert!(complaints.starts_with(&format!("error: {fault}error: missing: cannot read: ")), "{complaints}");
    assert!(complaints.ends_with("\nerror: 2 of 3 files could not be classified\n"), "{complaints}");

    let output = predict(folder, "text", &[]);
    assert_eq!(String::from_utf8_lossy(&output.stderr), format!("error: {fault}"));
    let output = predict(folder, "text black --json", &[]);
    let out = String::from_utf8_lossy(&output.stdout);
    let lines: Vec<Value> = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 2);
    assert!(lines[0]["error"].is_string() && lines[1]["class"].is_u64(), "{out}");
    assert_eq!(output.status.code(), Some(2));
}
