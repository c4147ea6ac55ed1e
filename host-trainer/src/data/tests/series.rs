//! Tests of groups, and of windows of a time series.

use super::*;

#[test]
fn groups_are_for_training_or_for_the_test_as_a_whole() {
    let (_folder, options) = file("data.csv", rows("a,who,y", 60, |row| format!("{row},p{},{}", row % 6, row % 2)));
    let options = DataOptions { group: Some("who".into()), ..options };
    for (choice, wanted) in [
        (DataOptions { test_groups: vec!["p1".into(), "p4".into()], ..options.clone() }, vec![1, 4]),
        (DataOptions { test_split: Some(0.5), ..options.clone() }, vec![]),
        (options, vec![]),
    ] {
        let loaded = load(&choice).unwrap();
        let distinct = |samples: &Samples| {
            let mut groups = samples.groups.clone();
            groups.dedup();
            groups.sort();
            groups
        };
        // The rows of a training group follow each other, so that a validation split takes whole groups.
        let (train, test) = (distinct(&loaded.dataset.train), {
            let mut t = distinct(&loaded.dataset.test);
            t.dedup();
            t
        });
        assert_eq!(train.len() + test.len(), 6);
        assert!(train.iter().all(|group| !test.contains(group)));
        assert!(wanted.is_empty() || test == wanted);
        for samples in [&loaded.dataset.train, &loaded.dataset.test] {
            let rows = numbers(samples).iter().zip(&samples.groups);
            rows.for_each(|(number, group)| assert_eq!(*number as u32 % 6, *group));
        }
    }
}

/// Two people, each with runs of 5, 4 and 3 rows of classes x, y, x; the channels count the rows, up and down.
pub(super) fn series() -> String {
    rows("up,down,who,y", 24, |row| {
        let class = ["x", "y", "x"][match row % 12 {
            0..5 => 0,
            5..9 => 1,
            _ => 2,
        }];
        format!("{row},{},{},{class}", 100 - row, ["ann", "bob"][row / 12])
    })
}

#[test]
fn windows_cross_no_border() {
    let (_folder, options) = file("series.csv", series());
    let options = DataOptions { window: Some(2), downsample: Some(2), ..options };
    let grouped = DataOptions { group: Some("who".into()), test_groups: vec!["bob".into()], ..options.clone() };
    let loaded = load(&DataOptions { stride: Some(2), train_stride: Some(1), ..grouped.clone() }).unwrap().dataset;
    assert_eq!(
        loaded.input,
        Input::Features {
            names: vec!["up_0".into(), "down_0".into()],
            window: Some(Window {
                channels: vec!["up".into(), "down".into()],
                length: 2,
                stride: 2,
                downsample: 2,
                group: Some("who".into())
            }),
            standardized: false
        }
    );
    let first = |samples: &Samples| {
        let mut rows: Vec<(f32, u8)> = numbers(samples)
            .chunks(2)
            .map(|input| {
                assert_eq!(input[1], 100.0 - input[0]);
                input[0]
            })
            .zip(labels(samples).iter().copied())
            .collect();
        rows.sort_by(|one, other| one.0.total_cmp(&other.0));
        rows
    };
    let wanted_train = [(0.5, 0), (1.5, 0), (2.5, 0), (3.5, 0), (5.5, 1), (6.5, 1), (7.5, 1), (9.5, 0), (10.5, 0)];
    let wanted_test = [(12.5, 0), (14.5, 0), (17.5, 1), (19.5, 1), (21.5, 0)];
    assert_eq!(first(&loaded.train), wanted_train);
    assert_eq!(first(&loaded.test), wanted_test);
    assert_eq!((&loaded.train.groups[..], &loaded.test.groups[..]), (&[0; 9][..], &[1; 5][..]));

    // Without groups, bob's first run goes on with ann's last, and the end of each run is for the test.
    let options = DataOptions { test_split: Some(0.5), stride: Some(1), ignore: vec!["who".into()], ..options.clone() };
    let loaded = load(&options).unwrap().dataset;
    assert_eq!(first(&loaded.train), [(0.5, 0), (5.5, 1), (9.5, 0), (10.5, 0), (11.5, 0), (17.5, 1)]);
    let wanted = [(2.5, 0), (3.5, 0), (7.5, 1), (13.5, 0), (14.5, 0), (15.5, 0), (19.5, 1), (22.5, 0)];
    assert_eq!(first(&loaded.test), wanted);

    // Two rows of two, channel after channel within a row.
    let long = DataOptions { window: Some(4), downsample: Some(2), stride: Some(9), ..grouped };
    let loaded = load(&long).unwrap().dataset;
    assert_eq!(numbers(&loaded.test), [12.5, 87.5, 14.5, 85.5, 17.5, 82.5, 19.5, 80.5]);
}

#[test]
fn each_group_is_left_out_once() {
    let (_folder, options) = file("series.csv", series());
    let options = DataOptions { window: Some(2), stride: Some(2), train_stride: Some(1), ..options };
    let grouped = DataOptions { group: Some("who".into()), ..options.clone() };
    let folds = load_folds(&grouped).unwrap();
    assert_eq!(folds.groups, ["ann", "bob"]);
    for (group, name) in folds.groups.iter().cloned().enumerate() {
        let fold = folds.fold(group);
        let wanted = load(&DataOptions { test_groups: vec![name], ..grouped.clone() }).unwrap().dataset;
        assert_eq!((&fold.test, &fold.input, &fold.output), (&wanted.test, &wanted.input, &wanted.output));
        let sorted = |samples: &Samples| {
            let mut inputs: Vec<Vec<u32>> =
                numbers(samples).chunks(4).map(|input| input.iter().map(|x| *x as u32).collect()).collect();
            inputs.sort();
            (inputs, samples.groups.clone())
        };
        assert_eq!(sorted(&fold.train), sorted(&wanted.train));
    }
    for (options, fault) in [
        (options, "--group COLUMN of a .csv file is needed"),
        (
            DataOptions { window: Some(6), ..grouped.clone() },
            "--window 6: the longest run of rows of one class and group",
        ),
    ] {
        let message = load_folds(&options).unwrap_err().to_string();
        assert!(message.contains(fault), "{message}");
    }
    let (_folder, other) = file("series.csv", series().replace("20,80,bob,y\n", "20,80,bob,z\n").replace("bob", "b"));
    let short = DataOptions { path: other.path, window: Some(5), stride: Some(1), train_stride: None, ..grouped };
    assert_eq!(load_folds(&short).unwrap().dataset.test.groups, [0, 1]);
}

#[test]
fn the_smartwatch_has_windows_of_ten_people() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/watch");
    let loaded = load_folds(&of(&path)).unwrap();
    let folds = &loaded.dataset;
    assert_eq!((folds.name.as_str(), folds.input.width(), loaded.groups.len()), ("watch", 150, 10));
    assert_eq!(folds.output.names(), ["ABD", "ER", "FEL", "IR", "PEN", "ROW", "TRAP"]);
    let counts = |samples: &Samples| {
        let count = |group| samples.groups.iter().filter(|&&found| found == group).count();
        (0..10).map(count).collect::<Vec<_>>()
    };
    assert_eq!(counts(&folds.test), [270, 259, 143, 136, 235, 228, 251, 229, 230, 248]);
    // 140 recordings of n samples: those windows start every 10 samples, these every 100.
    assert!(folds.train.len().abs_diff(10 * folds.test.len()) < 10 * 140, "{}", folds.train.len());
    let alone = loaded.fold(3);
    assert_eq!((alone.test.len(), alone.train.groups.contains(&3)), (136, false));
    let bytes = |Dataset { train, test, .. }: Dataset| train.bytes() + test.bytes() + 12 * (train.len() + test.len());
    assert_eq!(loaded.fold_bytes(), (0..10).map(|group| bytes(loaded.fold(group))).max().unwrap());
}

#[test]
fn all_rows_or_windows_can_be_tested_where_nothing_says_which() {
    let (_folder, options) = file("series.csv", series());
    let rows = DataOptions { ignore: vec!["who".into()], ..options };
    let windows = DataOptions { window: Some(2), stride: Some(1), train_stride: Some(2), ..rows.clone() };
    let groups = DataOptions { group: Some("who".into()), ignore: Vec::new(), ..windows.clone() };
    let of_bob = DataOptions { test_groups: vec!["bob".into()], ..groups.clone() };
    let split = DataOptions { test_split: Some(0.25), ..rows.clone() };
    // Without groups, the last run of one person goes on in the first of the other.
    for (options, tested, all_tested) in
        [(rows, 24, true), (windows, 19, true), (groups, 18, true), (of_bob, 9, false), (split, 6, false)]
    {
        let loaded = load_by(&options, DefaultTest::All).unwrap();
        assert_eq!((loaded.dataset.test.len(), loaded.all_tested), (tested, all_tested), "{options:?}");
        assert!(!load(&options).unwrap().all_tested);
    }
}
