//! `pack` makes a data set of folders of pictures, and the program trains on it.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use host_trainer::dataset::Dataset;

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

/// Writes the first training images of Fashion-MNIST as pictures, a folder for each class.
fn write_pictures(folder: &Path, count: usize) -> Dataset {
    let dataset = Dataset::load(&fashion_mnist()).unwrap();
    let classes = dataset.class_names.iter().map(|name| name.replace('/', " or ")).collect::<Vec<_>>();
    for class in &classes {
        fs::create_dir_all(folder.join(class)).unwrap();
    }
    for (index, (image, &label)) in dataset.train.images.iter().zip(&dataset.train.labels).take(count).enumerate() {
        let path = folder.join(&classes[usize::from(label)]).join(format!("{index:05}.png"));
        image::save_buffer(path, image, 28, 28, image::ExtendedColorType::L8).unwrap();
    }
    dataset
}

#[test]
fn a_folder_of_pictures_becomes_a_data_set_to_train_on() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let original = write_pictures(&folder.join("photos"), 1_000);
    let printed = packed(folder, "photos --test-share 0.2 --seed 7");
    for wanted in [
        "label  class           training  test\n    0  Ankle boot            79    20\n",
        "\n1,000 pictures, 1,000 taken as they are\n",
        "\nwrote photos-idx/train-images-idx3-ubyte.gz (",
        "\nwrote photos-idx/classes.txt (",
    ] {
        assert!(printed.contains(wanted), "{wanted:?} is not in\n{printed}");
    }
    assert!(printed.ends_with("\nto train on it: host-trainer --data photos-idx\n"), "{printed}");

    // Sorted, the classes have other numbers, but every image still has its own.
    let data = folder.join("photos-idx");
    let made = Dataset::load(&data).unwrap();
    let original_class = |image: &[u8; 784]| {
        let index = original.train.images[..1_000].iter().position(|other| other == image).unwrap();
        original.class_names[usize::from(original.train.labels[index])].replace('/', " or ")
    };
    assert_eq!((made.train.len(), made.test.len()), (801, 199));
    for split in [&made.train, &made.test] {
        for (image, &label) in split.images.iter().zip(&split.labels) {
            assert_eq!(original_class(image), made.class_names[usize::from(label)]);
        }
    }
    assert!(!made.train.labels.is_sorted(), "in random order");

    let files = |data: &Path| -> BTreeMap<_, _> {
        let paths = fs::read_dir(data).unwrap().map(|entry| entry.unwrap().path());
        paths.map(|path| (path.file_name().unwrap().to_owned(), fs::read(path).unwrap())).collect()
    };
    packed(folder, "photos --test-share 0.2 --seed 7 --out again");
    packed(folder, "photos --test-share 0.2 --seed 8 --out other");
    assert_eq!(files(&data).len(), 5);
    assert!(files(&data) == files(&folder.join("again")), "the same bytes again");
    assert!(files(&data) != files(&folder.join("other")), "another choice");

    let trained = train(folder, &data, "--epochs 1");
    assert!(trained.contains("(801, 28, 28) (199, 28, 28)\n"), "{trained}");
    assert!(succeed(folder, &data, "show --label sneaker --count 1").contains(" Sneaker\n"));
    assert_refused(folder, "photos", &["photos-idx/train-images-idx3-ubyte.gz is there already"]);
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
    let printed = packed(folder, "signs --out data");
    for wanted in [
        "    0  tall          3     2\n    1  wide          3     2\n",
        "the network has 8 more outputs; it will learn not to use them\n",
        "10 pictures, 10 made grey, 10 inverted, 10 cut to the object, 10 scaled, 10 centred\n",
    ] {
        assert!(printed.contains(wanted), "{wanted:?} is not in\n{printed}");
    }
    let made = Dataset::load(&folder.join("data")).unwrap();
    assert_eq!(made.class_names[..3], ["tall", "wide", "(unused)"]);
    let trained = train(folder, &folder.join("data"), "--epochs 30 --batch-size 2");
    assert!(trained.contains("accuracy in floats 1.0000"), "{trained}");
    assert_refused(
        folder,
        "signs --test-share 0.5",
        &["--test-share: the pictures to test with are those in signs/test"],
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
    assert_eq!(Dataset::find_file(&folder.join("photos-idx")), None);
    let output = pack(folder, "photos --skip-bad");
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{complaints}");
    assert!(named.iter().all(|named| complaints.contains(&format!("left out: {named}"))), "{complaints}");
    let made = Dataset::load(&folder.join("photos-idx")).unwrap();
    assert_eq!(made.train.len() + made.test.len(), 100);

    for (line, wanted) in [
        ("photos/Bag --out x", "photos/Bag: 0 folders of classes in it, wanted 2 to 10"),
        ("missing --out x", "cannot read the folder missing: "),
        ("missing", "cannot read the folder missing: "),
        ("photos --test-share 1 --out x", "must be a number from 0.01 to 0.9"),
        ("photos --out photos/Bag/notes.txt", "cannot use the folder photos/Bag/notes.txt: "),
    ] {
        assert_refused(folder, line, &[wanted]);
    }
    assert!(!folder.join("x").exists());
}
