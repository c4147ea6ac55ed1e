//! `pack` makes a data set of folders of pictures, and the program trains on it.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use formats::DataOptions;
use host_trainer::data::{self, Dataset, Inputs, Samples, Targets, find_file};

use super::{fashion_mnist, succeed, train};

fn pack(folder: &Path, line: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_host-trainer"))
        .current_dir(folder)
        .arg("pack")
        .args(line.split_whitespace())
        .output()
        .unwrap()
}

/// The same for a line that must succeed. Returns what it printed.
fn packed(folder: &Path, line: &str) -> String {
    let output = pack(folder, line);
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && complaints.is_empty(), "{line}: {}\n{complaints}", output.status);
    String::from_utf8(output.stdout).unwrap()
}

/// Runs a line that must fail as something it was given is wrong.
fn assert_refused(folder: &Path, line: &str, wanted: &[&str]) {
    let output = pack(folder, line);
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{line}\n{complaint}");
    for wanted in wanted {
        assert!(complaint.contains(wanted), "{line} does not say {wanted:?} but\n{complaint}");
    }
}

fn load(path: &Path) -> Dataset {
    data::load(&DataOptions { path: path.into(), ..DataOptions::default() }).unwrap().dataset
}

/// Each image and the name of its class.
fn named(samples: &Samples, names: &[String]) -> Vec<(Vec<u8>, String)> {
    let (Inputs::Bytes { width, values }, Targets::Labels(labels)) = (&samples.inputs, &samples.targets) else {
        panic!("images wanted")
    };
    let name = |&label: &u8| names[usize::from(label)].replace('/', " or ");
    values.chunks_exact(*width).map(<[u8]>::to_vec).zip(labels.iter().map(name)).collect()
}

/// Writes the first training images of Fashion-MNIST as pictures, a folder for each class; returns them.
fn write_pictures(folder: &Path, count: usize) -> Vec<(Vec<u8>, String)> {
    let dataset = load(&fashion_mnist());
    let mut images = named(&dataset.train, dataset.output.names());
    images.truncate(count);
    for (index, (image, class)) in images.iter().enumerate() {
        fs::create_dir_all(folder.join(class)).unwrap();
        let path = folder.join(class).join(format!("{index:05}.png"));
        image::save_buffer(path, image, 28, 28, image::ExtendedColorType::L8).unwrap();
    }
    images
}

#[test]
fn a_folder_of_pictures_becomes_a_data_set_to_train_on() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let mut original = write_pictures(&folder.join("photos"), 1_000);
    let printed = packed(folder, "photos --test-split 0.2 --seed 7");
    for wanted in [
        "label  class           training  test\n    0  Ankle boot            79    20\n",
        "\n1,000 pictures, 1,000 taken as they are\n",
        "\nwrote to photos-idx (",
        " bytes): train-images-idx3-ubyte.gz, ",
        ", classes.txt\n",
    ] {
        assert!(printed.contains(wanted), "{wanted:?} is not in\n{printed}");
    }
    assert!(printed.ends_with(" train --data photos-idx\n"), "{printed}");

    // Sorted, the classes have other numbers, but every image still has its own.
    let data = folder.join("photos-idx");
    let made = load(&data);
    assert_eq!((made.train.len(), made.test.len()), (801, 199));
    let mut images = [&made.train, &made.test].map(|samples| named(samples, made.output.names())).concat();
    assert!(!images.is_sorted_by_key(|(_, class)| class.clone()), "in random order");
    images.sort();
    original.sort();
    assert!(images == original);
    // What is packed is what is trained on without packing.
    let direct = data::load(&DataOptions {
        path: folder.join("photos"),
        test_split: Some(0.2),
        seed: 7,
        ..DataOptions::default()
    });
    assert_eq!(direct.unwrap().dataset.train, made.train);

    let files = |data: &Path| -> BTreeMap<_, _> {
        let paths = fs::read_dir(data).unwrap().map(|entry| entry.unwrap().path());
        // But for the record of what was written.
        let paths = paths.filter(|path| !path.file_name().unwrap().as_encoded_bytes().starts_with(b"."));
        paths.map(|path| (path.file_name().unwrap().to_owned(), fs::read(path).unwrap())).collect()
    };
    packed(folder, "photos --test-split 0.2 --seed 7 --out again");
    packed(folder, "photos --test-split 0.2 --seed 8 --out other");
    assert_eq!(files(&data).len(), 5);
    assert!(files(&data) == files(&folder.join("again")), "the same bytes again");
    assert!(files(&data) != files(&folder.join("other")), "another choice");

    let trained = train(folder, &data, "--epochs 1");
    assert!(trained.contains("(801, 28, 28) (199, 28, 28)\n"), "{trained}");
    assert!(succeed(folder, &data, "show --label sneaker --count 1").contains(" Sneaker\n"));
    packed(folder, "photos");
    fs::write(data.join("classes.txt"), "mine\n").unwrap();
    assert_refused(folder, "photos", &["photos-idx/classes.txt is there already and is not"]);
    assert_eq!(fs::read_to_string(data.join("classes.txt")).unwrap(), "mine\n");
    packed(folder, "photos --force");
}

#[test]
fn fewer_classes_of_larger_pictures_and_a_test_of_their_own() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let draw = |path: &str, width: u32, height: u32| {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let image = image::RgbImage::from_fn(100, 80, |x, y| {
            let inside = (20..20 + width).contains(&x) && (30..30 + height).contains(&y);
            image::Rgb(if inside { [30, 60, 20] } else { [255; 3] })
        });
        image.save(path).unwrap();
    };
    for (split, count) in [("train", 3), ("test", 2)] {
        for picture in 0..count {
            draw(&format!("signs/{split}/wide/{picture}.jpg"), 60 + picture, 10);
            draw(&format!("signs/{split}/tall/{picture}.png"), 10, 40 + picture);
        }
    }
    let printed = packed(folder, "signs --out data --size 12x16");
    for wanted in [
        "    0  tall          3     2\n    1  wide          3     2\n",
        "10 pictures, 10 made grey, 10 inverted, 10 cut to the object, 10 scaled, 10 centred\n",
    ] {
        assert!(printed.contains(wanted), "{wanted:?} is not in\n{printed}");
    }
    let made = load(&folder.join("data"));
    assert_eq!((made.output.names().join(" "), made.input.width()), ("tall wide".into(), 12 * 16));
    let trained = train(folder, &folder.join("data"), "--epochs 30 --batch-size 2");
    assert!(trained.contains("accuracy: 1.0000"), "{trained}");
    assert_refused(
        folder,
        "signs --test-split 0.5",
        &["--test-split: the pictures to test with are those in signs/test"],
    );
}

#[test]
fn bad_files_are_named_and_nothing_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write_pictures(&folder.join("photos"), 100);
    fs::write(folder.join("photos/Bag/notes.txt"), "bags").unwrap();
    fs::create_dir(folder.join("photos/Coat/more")).unwrap();
    fs::create_dir(folder.join("photos/Coat/.hidden")).unwrap();
    let named = ["photos/Bag/notes.txt: neither PNG nor JPEG", "photos/Coat/more: cannot read: "];
    let last = ["\nerror: 2 of 102 files cannot be used, and nothing was written; leave them out with --skip-bad\n"];
    assert_refused(folder, "photos", &[&named[..], &last].concat());
    assert_eq!(find_file(&folder.join("photos-idx")), None);
    let output = pack(folder, "photos --skip-bad");
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{complaints}");
    assert!(named.iter().all(|named| complaints.contains(&format!("left out: {named}"))), "{complaints}");
    let made = load(&folder.join("photos-idx"));
    assert_eq!(made.train.len() + made.test.len(), 100);

    for (line, wanted) in [
        ("photos/Bag --out x", "photos/Bag: 0 folders of classes in it, 2 to 256 wanted"),
        ("missing --out x", "missing: cannot "),
        ("missing", "missing: cannot open: "),
        ("photos --test-split 1 --out x", "must be a number from 0.01 to 0.9"),
        ("photos --out photos/Bag/notes.txt", "cannot use the folder photos/Bag/notes.txt: "),
    ] {
        assert_refused(folder, line, &[wanted]);
    }
    assert!(!folder.join("x").exists());
}
