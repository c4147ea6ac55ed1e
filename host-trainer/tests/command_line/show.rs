//! `show` draws images in the terminal.

use std::process::Command;

use super::{fashion_mnist, run, succeed, write_data_set};

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
