//! Tests of loading files of rows.

mod options;
mod series;

use std::fs;
use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use formats::Window;
use proptest::prelude::*;
use tempfile::TempDir;

use self::series::series;
use super::*;

/// Options of a path alone.
fn of(path: &Path) -> DataOptions {
    DataOptions { path: path.into(), ..DataOptions::default() }
}

/// A folder with one file, and options that name it.
fn file(name: &str, contents: impl AsRef<[u8]>) -> (TempDir, DataOptions) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, contents).unwrap();
    (folder, of(&path))
}

/// `count` rows of a header's columns, of which `row` gives the cells.
fn rows(header: &str, count: usize, row: impl Fn(usize) -> String) -> String {
    let lines: Vec<String> = std::iter::once(header.into()).chain((0..count).map(row)).collect();
    lines.join("\n") + "\n"
}

fn numbers(samples: &Samples) -> &[f32] {
    match &samples.inputs {
        Inputs::Numbers { values, .. } => values,
        Inputs::Bytes { .. } => panic!("bytes"),
    }
}

fn labels(samples: &Samples) -> &[u8] {
    match &samples.targets {
        Targets::Labels(labels) => labels,
        Targets::Numbers { .. } => panic!("numbers"),
    }
}

#[test]
fn faults_of_a_file_name_line_and_column() {
    for (contents, fault) in [
        (&b""[..], "the file is empty; a header with the names of the columns wanted"),
        (b"a,y\n", "no rows after the header"),
        (b"a,,y\n1,2,3\n", "header, column 2: an empty name"),
        (b"a,a,y\n1,2,3\n", "header: two columns with the name `a`"),
        (b"a\x1b,y\n1,2\n", "header, column 1: a name with the control character \\u{1b}"),
        (b"a\xff,y\n1,2\n", "header, column 1: not UTF-8"),
        (b"1,2.5\n3,4\n", "the first line looks like values; a header with names of columns wanted"),
        (b"1,2.5,yes\n3,4,no\n", "the first line looks like values; a header with names of columns wanted"),
        (b"a;y\n1;2\n", "columns separated by ';'; commas wanted, and points in numbers"),
        (b"a\ty\n1\t2\n", "columns separated by '\\t'; commas wanted, and points in numbers"),
        (b"y\n1\n", "no column is left to be a feature"),
        (b"a,y\n1,0\n2\n", "line 3: 1 values, but the header has 2 columns"),
        (b"a,y\r\n1,0\r\n\r\n2,1,3\r\n", "line 4: 3 values, but the header has 2 columns"),
        (b"a,y\n1,0\n,1\n", "line 3, column `a`: no value"),
        (b"a,y\n1,0\nNaN,1\n", "line 3, column `a`: no value, but `NaN`"),
        (b"a,y\n1,0\n2,?\n", "line 3, column `y`: no value, but `?`"),
        (b"a,y\n1,0\ninf,1\n", "line 3, column `a`: `inf` is not a finite number of 32 bits"),
        (b"a,y\n1,0\n1e39,1\n", "line 3, column `a`: `1e39` is not a finite number of 32 bits"),
        (b"a,y\n1,0\n\"r\ned\",1\n2,1\nblue,1\n", "line 3, column `a`: a name with the control character \\u{a}"),
        (
            b"a,y\n1,0\n\"re,d\",1\n",
            "line 3, column `a`: `re,d` is not a number; a column of texts can be left out by --ignore",
        ),
        (b"a,y\n1,0\n2,b\xff\n", "line 3, column `y`: not UTF-8"),
        (b"a,y\n1,0\n1,1\n1,0\n", "column `a`: all values are 1; leave it out by --ignore a"),
        (b"a,y\n1,0\n2,0\n", "column `y`: all rows have the same target, `0`"),
        (b"a,y\n1,b\n2,b\n", "column `y`: all rows have the same target, `b`"),
    ] {
        let (folder, options) = file("data.csv", contents);
        let message = load(&options).unwrap_err().to_string();
        let message = message.strip_prefix(&format!("{}: ", folder.path().join("data.csv").display())).unwrap();
        assert_eq!(message, fault);
    }
}

#[test]
fn the_column_of_targets_says_the_task() {
    let many = |row: fn(usize) -> String| rows("a,y", 60, |index| format!("{index},{}", row(index)));
    let names = |count: usize| (0..count).map(|name| name.to_string()).collect::<Vec<_>>();
    let classes = |names: &[&str]| Output::Classes { names: names.iter().map(|&name| name.into()).collect() };
    let binary = |names: [&str; 2]| Output::Binary { names: names.map(String::from) };
    let values = Output::Values { names: vec!["y".into()] };
    for (contents, task, wanted) in [
        (many(|row| ["red", "blue", "green"][row % 3].into()), None, Ok(classes(&["blue", "green", "red"]))),
        (many(|row| ["yes", "no"][row % 2].into()), None, Ok(binary(["no", "yes"]))),
        (many(|row| ["true", "false"][row % 2].into()), None, Ok(binary(["false", "true"]))),
        (many(|row| ["1", "-1"][row % 2].into()), None, Ok(binary(["-1", "1"]))),
        (many(|row| ["1", "0"][row % 2].into()), Some(Task::Multiclass), Ok(classes(&["0", "1"]))),
        (many(|row| ["1", "0"][row % 2].into()), Some(Task::Regression), Ok(values.clone())),
        (many(|row| ["10", "9.0", "2", "2.0"][row % 4].into()), None, Ok(classes(&["2", "9", "10"]))),
        (many(|row| ["01", "02", "1", "a"][row % 4].into()), None, Ok(classes(&["1", "2", "a"]))),
        (many(|row| ["0.5", "0.50", "2"][row % 3].into()), Some(Task::Multiclass), Ok(classes(&["0.5", "2"]))),
        (many(|row| (row % 20).to_string()), None, Ok(Output::Classes { names: names(20) })),
        (many(|row| (row % 21).to_string()), None, Ok(values.clone())),
        (many(|row| (row % 21).to_string()), Some(Task::Multiclass), Ok(Output::Classes { names: names(21) })),
        (many(|row| (row % 20 * 100).to_string()), None, Ok(values.clone())),
        (many(|row| format!("{}", row as f64 / 8.0)), None, Ok(values.clone())),
        (rows("a,y", 9, |row| format!("{row},{row}")), None, Ok(values)),
        (
            many(|row| ["a", "b", "c"][row % 3].into()),
            Some(Task::Binary),
            Err("column `y`: 3 classes; a binary task has two"),
        ),
        (
            many(|row| ["1", "b", "2"][row % 3].into()),
            Some(Task::Regression),
            Err("line 3, column `y`: `b` is not a finite number of 32 bits, which a regression needs"),
        ),
        (
            rows("a,y", 300, |row| format!("{row},{}", if row == 7 { "x".into() } else { row.to_string() })),
            None,
            Err("column `y`: 300 classes, at most 256 wanted; `x` in line 9 is not a number"),
        ),
    ] {
        let (_folder, options) = file("data.csv", &contents);
        match (load(&DataOptions { task, ..options }), wanted) {
            (Ok(loaded), Ok(wanted)) => assert_eq!(loaded.dataset.output, wanted),
            (Err(error), Err(wanted)) => assert!(error.to_string().ends_with(wanted), "{error}"),
            (found, wanted) => panic!("{found:?}, wanted {wanted:?}"),
        }
    }
}

#[test]
fn every_way_to_write_a_row_is_read() {
    let plain = "a,b,y\n1,-2.5,yes\n3,4e-1,no\n5,6,yes\n7,8,no\n";
    let load = |name, contents: &[u8]| {
        let (_folder, options) = file(name, contents);
        super::load(&options).unwrap().dataset
    };
    let wanted = load("data.csv", plain.as_bytes());
    let quoted = plain.replace("yes", "\" yes \"").replace("4e-1", " \"0.4\"");
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(plain.as_bytes()).unwrap();
    for (name, contents) in [
        ("data.csv", plain.replace('\n', "\r\n").into_bytes()),
        ("data.csv", format!("\u{feff}{plain}").into_bytes()),
        ("data.csv", plain.trim_end().as_bytes().to_vec()),
        ("data.CSV", quoted.replace(" \"0.4\"", "\" 0.4\"").into_bytes()),
        ("data.csv.gz", gzip.finish().unwrap()),
    ] {
        assert_eq!(load(name, &contents), Dataset { name: name.into(), ..wanted.clone() });
    }
}

#[test]
fn a_share_of_every_class_is_for_the_test_and_a_seed_says_which() {
    let contents =
        rows("a,y", 100, |row| format!("{row},{}", ["x", "y", "z"][usize::from(row > 9) + usize::from(row > 98)]));
    let (_folder, options) = file("data.csv", contents);
    for (share, train, test) in [(None, [8, 71, 1], [2, 18, 0]), (Some(0.5), [5, 44, 1], [5, 45, 0])] {
        let options = DataOptions { test_split: share, ..options.clone() };
        let loaded = load(&options).unwrap().dataset;
        assert_eq!((loaded.train.label_counts(3), loaded.test.label_counts(3)), (train.into(), test.into()));
        let mut all = [numbers(&loaded.train), numbers(&loaded.test)].concat();
        assert!(!numbers(&loaded.train).is_sorted(), "shuffled");
        all.sort_by(f32::total_cmp);
        assert_eq!(all, (0..100).map(|row| row as f32).collect::<Vec<_>>(), "each row once");
        assert_eq!(load(&options).unwrap().dataset, loaded, "the same again");
        assert_ne!(load(&DataOptions { seed: 1, ..options }).unwrap().dataset, loaded, "another seed");
    }
}

#[test]
fn a_second_file_has_the_same_columns_and_classes() {
    let (folder, options) = file("data.csv", rows("a,who,y", 30, |row| format!("{row},p{},c{}", row % 2, row % 3)));
    let options = DataOptions { group: Some("who".into()), ..options };
    for (contents, wanted) in [
        ("a,who,y\n7,p1,c2\n8,new,c1\n", Ok(())),
        (
            "a,who,y\n7,p1,c3\n",
            Err("line 2, column `y`: `c3` is no class of the training samples; they have c0, c1, c2"),
        ),
        ("b,who,y\n7,p1,c2\n", Err("the column `b` where")),
        ("a,b,who,y\n7,8,p1,c2\n", Err("2 columns of features, but")),
        ("a,who,z\n7,p1,c2\n", Err("no column `y`, as --target says; there are a, who, z")),
    ] {
        let test = folder.path().join("test.csv");
        fs::write(&test, contents).unwrap();
        match (load(&DataOptions { test: Some(test), ..options.clone() }), wanted) {
            (Ok(loaded), Ok(())) => {
                assert_eq!(
                    (numbers(&loaded.dataset.test), labels(&loaded.dataset.test)),
                    (&[7.0, 8.0][..], &[2, 1][..])
                );
                assert_eq!(loaded.dataset.test.groups, [1, 2]);
                assert_eq!(loaded.groups, ["p0", "p1", "new"]);
                assert_eq!(loaded.dataset.train.len(), 30);
            }
            (Err(error), Err(wanted)) => assert!(error.to_string().contains(wanted), "{error}"),
            (found, wanted) => panic!("{found:?}, wanted {wanted:?}"),
        }
    }
}

#[test]
fn other_files_are_refused() {
    for (name, fault) in
        [("data.txt", "a folder, a .csv, .csv.gz or .npz file wanted"), ("none.csv", "cannot open: No such file")]
    {
        let (folder, options) = file("data.txt", "a,y\n1,2\n");
        let message = load(&DataOptions { path: folder.path().join(name), ..options }).unwrap_err().to_string();
        assert!(message.contains(fault), "{message}");
    }
    assert!(load(&of(Path::new("/dev/null"))).unwrap_err().to_string().contains("wanted"));
}

#[test]
fn inputs_without_targets_are_those_of_the_same_names() {
    let (_folder, options) = file("series.csv", series());
    let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
    let load = |names: &[String], window: Option<&Window>| load_inputs(&options.path, names, window);
    // In the order of the model, not of the file.
    let rows = load(&names(&["down", "up"]), None).unwrap();
    assert_eq!(rows.lines, (2..26).collect::<Vec<_>>());
    let wanted: Vec<f32> = (0..24).flat_map(|row| [100.0 - row as f32, row as f32]).collect();
    assert_eq!(rows.inputs, Inputs::Numbers { width: 2, values: wanted });

    let window = Window { channels: names(&["up"]), length: 8, stride: 4, downsample: 4, group: Some("who".into()) };
    let windows = load(&[], Some(&window)).unwrap();
    assert_eq!(windows.lines, [2, 6, 14, 18], "two of each person");
    let wanted = [1.5, 5.5, 5.5, 9.5, 13.5, 17.5, 17.5, 21.5];
    assert_eq!(windows.inputs, Inputs::Numbers { width: 2, values: wanted.into() });
    for (names, window, fault) in [
        (names(&["up", "left"]), None, "no column `left`, which the model takes"),
        (names(&["y"]), None, "line 2, column `y`: `x` is not a number"),
        (vec![], Some(Window { length: 13, downsample: 1, ..window }), "no run of 13 rows, as long as a window"),
    ] {
        let message = load(&names, window.as_ref()).unwrap_err().to_string();
        assert!(message.contains(fault), "{message}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_bytes_are_read_or_refused(
        text in r#"(a|b|"|,|\n|\r\n|;|1|2\.5|-3|x|1e40| |é){0,60}"#,
        bytes in prop::collection::vec(any::<u8>(), 0..60),
        window in prop::option::of(1..5usize),
        group in prop::option::of(Just("a".to_owned())),
    ) {
        let with_header = format!("a,b,y\n{text}");
        for (name, contents) in
            [("data.csv", text.as_bytes()), ("data.csv", with_header.as_bytes()), ("data.csv", &bytes), ("data.npz", &bytes)]
        {
            let (_folder, options) = file(name, contents);
            let options = DataOptions { window, group: group.clone(), ..options };
            let _ = (load(&options), load_folds(&options));
        }
    }
}
