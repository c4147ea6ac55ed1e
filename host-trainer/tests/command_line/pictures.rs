//! `show` draws images, `predict` says what is in pictures; what the one writes the other reads.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::LazyLock;

use dense_core::Kernel;
use formats::DataOptions;
use host_trainer::data::{self, Inputs, Samples};
use serde_json::Value;
use tempfile::TempDir;
use training::{Network, evaluate};

use super::{fashion_mnist, succeed, train};

/// A folder with a model of Fashion-MNIST.
static MODEL: LazyLock<TempDir> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    train(folder.path(), &fashion_mnist(), "--epochs 2");
    folder
});

fn model() -> PathBuf {
    MODEL.path().join("out/model.safetensors")
}

/// The test samples of Fashion-MNIST, and their images.
fn test_images() -> (Samples, Vec<[u8; 784]>) {
    let test = data::load(&DataOptions { path: fashion_mnist(), ..DataOptions::default() }).unwrap().dataset.test;
    let Inputs::Bytes { values, .. } = &test.inputs else { panic!("images wanted") };
    let images = values.as_chunks().0.to_vec();
    (test, images)
}

fn save(path: &Path, image: &[u8; 784]) {
    image::save_buffer(path, image, 28, 28, image::ExtendedColorType::L8).unwrap();
}

/// Runs `predict` with the model in `folder`, and `input` to read.
fn predict(folder: &Path, line: &str, input: &[u8]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_host-trainer"))
        .current_dir(folder)
        .env("COLUMNS", "60")
        .args(["predict", "--weights"])
        .arg(model())
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

/// Test images saved as PNGs: `predict` finds the classes that the network has for the images in the data set.
#[test]
fn pictures_of_test_images_are_classified_like_the_images() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let (mut test, images) = test_images();
    test.truncate(100);
    let model = formats::safetensors::from_safetensors(&fs::read(model()).unwrap()).unwrap();
    let network = Network::new(model.layers, model.loss).unwrap();
    let wanted = evaluate::predict(&network, &test.inputs, Kernel::PORTABLE, 1).unwrap();
    let wanted = wanted.chunks(10).map(|shares| {
        (0..10).max_by(|&one, &other| shares[one].total_cmp(&shares[other]).then(other.cmp(&one))).unwrap()
    });
    let names: Vec<String> = (0..100).map(|index| format!("{index}.png")).collect();
    for (name, image) in names.iter().zip(&images) {
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
    assert_eq!(image::open(folder.join("shown.png")).unwrap().into_bytes(), images[42]);
    succeed(folder, &fashion_mnist(), "show --count 10 --png grid.png");
    assert_eq!(image::image_dimensions(folder.join("grid.png")).unwrap(), (488, 368));
}

#[test]
fn pictures_of_any_size_are_explained_and_classified() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let boot = test_images().1[0];
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
    // Wrapped, since it is longer than a line.
    assert_eq!(lines.clone().nth(3), Some("page.png: JPEG, 300 x 200 pixels, in colours; made grey;"));
    assert!(lines.clone().nth(4).unwrap().trim_start().starts_with("inverted; "), "{printed}");
    assert!(lines.nth(6).unwrap().starts_with("  9 Ankle boot "), "{printed}");
    assert_eq!(printed.lines().count(), 11);

    // One class only, drawn, and as a picture that can be read again.
    let printed = predicted(folder, "page.png --top 1 --show --colour never --png made.png");
    assert_eq!(printed.lines().count(), 3 + 15 + 1 + 1, "{printed}");
    assert!(printed.lines().last().unwrap().starts_with("wrote made.png ("), "{printed}");
    let again = predicted(folder, "made.png --top 1");
    assert_eq!(again.lines().nth(1), printed.lines().nth(18), "{again}");

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
    fs::write(folder.join("grey"), [0; 784]).unwrap();
    let mut image = [0; 784];
    image[300..400].fill(200);
    fs::write(folder.join("bar"), image).unwrap();
    let fault = "text: neither PNG nor JPEG, and not 784 raw pixels either: 10 bytes\n";
    let output = predict(folder, "text bar grey missing", &[]);
    let (out, complaints) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(2));
    assert!(out.starts_with("bar: ") && out.lines().count() == 4, "{out}");
    assert!(
        complaints.starts_with(&format!(
            "error: {fault}error: grey: nothing to be seen: all pixels are alike\nerror: missing: "
        )),
        "{complaints}"
    );
    assert!(complaints.ends_with("\nerror: nothing was predicted from 3 of 4 files\n"), "{complaints}");

    let output = predict(folder, "text", &[]);
    assert_eq!(String::from_utf8_lossy(&output.stderr), format!("error: {fault}"));
    let output = predict(folder, "text bar --json", &[]);
    let out = String::from_utf8_lossy(&output.stdout);
    let lines: Vec<Value> = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 2);
    assert!(lines[0]["error"].is_string() && lines[1]["class"].is_u64(), "{out}");
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn rows_and_windows_of_a_file_are_predicted_from() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let rows = |rows: std::ops::Range<usize>| {
        let row = |row: usize| {
            let class = row / 40 % 2;
            format!("{},{},p{},{}\n", row % 7 + 20 * class, row % 5, row / 80, ["sit", "run"][class])
        };
        "a,b,who,y\n".to_owned() + &rows.map(row).collect::<String>()
    };
    fs::write(folder.join("rows.csv"), rows(0..320)).unwrap();
    let predict = |line: &str| {
        let arguments = line.split_whitespace();
        Command::new(env!("CARGO_BIN_EXE_host-trainer")).current_dir(folder).args(arguments).output().unwrap()
    };
    for (options, count) in [("", 3), ("--window 20 --stride 10 --downsample 5", 5)] {
        train(
            folder,
            &folder.join("rows.csv"),
            &format!("--group who --hidden 4 --epochs 300 --learning-rate 0.01 {options} --force"),
        );
        // Other columns, in another order, and no target; the first class goes on for 40 rows, as long as five windows.
        let new: String =
            (0..if count == 3 { 3 } else { 60 }).map(|row| format!("x,{},{}\n", row % 5, row % 7)).collect();
        fs::write(folder.join("new.csv"), format!("c,b,a\n{new}")).unwrap();
        let output = predict("predict new.csv --weights out/model.safetensors");
        let printed = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(printed.lines().count(), count, "{printed}");
        assert!(printed.lines().all(|line| line.contains(": sit  ")), "{printed}");
        assert!(printed.starts_with("new.csv:2: sit "), "{printed}");
        let output = predict("predict new.csv --weights out/model.safetensors --json");
        let first: Value = serde_json::from_slice(output.stdout.split(|byte| *byte == b'\n').next().unwrap()).unwrap();
        assert_eq!((&first["line"], &first["name"]), (&2.into(), &"sit".into()));
        let output = predict("predict new.csv --weights out/model.safetensors --show");
        assert!(String::from_utf8_lossy(&output.stderr).contains(" is for pictures; this model takes features"));
        fs::write(folder.join("other.csv"), "a,c\n1,2\n").unwrap();
        let output = predict("predict other.csv --weights out/model.safetensors");
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert_eq!(complaint, "error: other.csv: no column `b`, which the model takes\n");
    }
}
