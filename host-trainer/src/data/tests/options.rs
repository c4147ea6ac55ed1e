//! Tests of what options and `dataset.json` say.

use super::*;

#[test]
fn options_choose_columns() {
    let contents = rows("a,who,b,y,c", 40, |row| format!("{row},p{},{},{},{}", row % 4, row * 2, row % 2, row % 3));
    let (_folder, options) = file("data.csv", contents);
    let names = |options: &DataOptions| {
        let dataset = load(options)?.dataset;
        let Input::Features { names, window: None, standardized: false } = dataset.input else { panic!() };
        Ok::<_, DataError>((names.join(" "), dataset.output.names().join(" ")))
    };
    let text = |text: &str| Some(text.to_owned());
    let all = DataOptions { target: text("y"), group: text("who"), ..options.clone() };
    assert_eq!(names(&all).unwrap(), ("a b c".into(), "0 1".into()));
    let ignoring = DataOptions { ignore: vec!["a".into(), "who".into(), "c".into()], ..options.clone() };
    assert_eq!(names(&ignoring).unwrap(), ("b".into(), "0 1".into()));
    for (options, fault) in [
        (
            DataOptions { target: text("z"), ..all.clone() },
            "no column `z`, as --target says; there are a, who, b, y, c",
        ),
        (DataOptions { group: text("y"), ..all.clone() }, "--group: the column `y` has another use already"),
        (
            DataOptions { ignore: vec!["d".into()], ..all.clone() },
            "no column `d`, as --ignore says; there are a, who, b, y, c",
        ),
        (DataOptions { ignore: vec!["y".into()], ..all.clone() }, "--ignore: the column `y` has another use already"),
        (
            DataOptions { test_split: Some(0.5), test: Some("x".into()), ..all.clone() },
            "of --test, --test-split and --test-groups, only one can be given",
        ),
        (DataOptions { test_split: Some(1.0), ..all.clone() }, "--test-split: must be a number between 0 and 1"),
        (DataOptions { test_groups: vec!["1".into()], ..options.clone() }, "--test-groups needs --group COLUMN"),
        (
            DataOptions { test_groups: vec!["p9".into()], ..all.clone() },
            "--test-groups: no group `p9`; there are p0, p1, p2, p3",
        ),
        (
            DataOptions { test_groups: ["p0", "p1", "p2", "p3"].map(String::from).into(), ..all.clone() },
            "--test-groups: none is left to train with",
        ),
        (DataOptions { stride: Some(4), ..all.clone() }, "--stride needs --window"),
        (DataOptions { window: Some(0), ..all.clone() }, "--window: must be at least 1"),
        (
            DataOptions { window: Some(10), downsample: Some(4), ..all.clone() },
            "--window 10 is no multiple of --downsample 4",
        ),
        (
            DataOptions { window: Some(2), task: Some(Task::Regression), ..all.clone() },
            "--window is for classes, not for regression, the task of the column `y`",
        ),
        (
            DataOptions { window: Some(2), target: text("a"), ..all.clone() },
            "--window is for classes, not for regression, the task of the column `a`",
        ),
        (
            DataOptions { window: Some(2), ..all.clone() },
            "--window 2: the longest run of rows of one class and group to train with has 1",
        ),
        (DataOptions { size: Some([8, 8]), ..all.clone() }, "--size does not apply to"),
    ] {
        let message = load(&options).unwrap_err().to_string();
        assert!(message.contains(fault), "{message}");
    }
}

#[test]
fn a_folder_can_say_how_it_is_loaded() {
    let (folder, options) = file("series.csv", series());
    let path = folder.path().join(OPTIONS_FILE);
    let stored =
        r#"{"file": "series.csv", "target": "y", "group": "who", "window": 2, "stride": 2, "train_stride": 1}"#;
    fs::write(&path, stored).unwrap();
    let folder_options = of(folder.path());
    let direct = DataOptions {
        group: Some("who".into()),
        window: Some(2),
        stride: Some(2),
        train_stride: Some(1),
        test_groups: vec!["ann".into()],
        ..options
    };
    let loaded = load(&DataOptions { test_groups: vec!["ann".into()], ..folder_options.clone() }).unwrap();
    assert_eq!(loaded.dataset.name, folder.path().file_name().unwrap().to_str().unwrap());
    assert_eq!(loaded.dataset.train, load(&direct).unwrap().dataset.train);
    let strided =
        load(&DataOptions { stride: Some(1), test_groups: vec!["ann".into()], ..folder_options.clone() }).unwrap();
    assert_ne!(strided.dataset.test, loaded.dataset.test);
    for (stored, fault) in [
        ("{}", "`file` is missing"),
        (r#"{"file": "series.csv", "windows": 2}"#, "unknown field `windows`"),
        (r#"{"file": "series.csv", "window": -2}"#, "invalid value"),
        (r#"{"file": "other.csv"}"#, "other.csv: cannot open: No such file or directory"),
    ] {
        fs::write(&path, stored).unwrap();
        let message = load(&folder_options).unwrap_err().to_string();
        assert!(message.contains(fault), "{message}");
    }
}
