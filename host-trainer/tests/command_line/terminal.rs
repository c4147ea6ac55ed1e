//! Tests of the contents of a terminal when a command has ended.

use std::path::{Path, PathBuf};
use std::process::Command;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::{fashion_mnist, succeed, write_data_set};

/// Lines of the smallest usual terminal; the last one is that of the prompt.
const LINES: usize = 24;

/// Standard output of a command in a terminal of so many columns.
fn printed(folder: &Path, line: &str, columns: usize) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_host-trainer"))
        .current_dir(folder)
        .env_remove("CARGO_MANIFEST_DIR")
        .env("COLUMNS", columns.to_string())
        .args(line.split_whitespace())
        .output()
        .unwrap();
    assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The lines as a terminal breaks them, anywhere.
fn rows(text: &str, columns: usize) -> Vec<String> {
    let mut rows = Vec::new();
    for line in text.lines() {
        let (mut row, mut column) = (String::new(), 0);
        for character in line.chars() {
            let width = character.width().unwrap_or(0);
            if column + width > columns {
                rows.push(std::mem::take(&mut row));
                column = 0;
            }
            row.push(character);
            column += width;
        }
        rows.push(row);
    }
    rows
}

fn examples(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../core/examples/data").join(name)
}

#[test]
fn the_result_stays_on_the_screen_and_nothing_breaks() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let (fashion, cars, cells) = (fashion_mnist(), examples("auto_mpg.csv"), examples("breast_cancer.csv"));
    let (fashion, cars, cells) = (fashion.display(), cars.display(), cells.display());
    let train = "train --epochs 3 --force --out";
    let lines = [
        (format!("{train} out --limit 500 --data {fashion}"), "test accuracy "),
        ("evaluate".into(), "test accuracy "),
        (format!("{train} cars --hidden 8 --target miles_per_gallon --data {cars}"), "R² "),
        (format!("{train} cells --target malignant --data {cells}"), ", AUC "),
        (format!("sweep --epochs 1 --seeds 1 --limit 500 --out sweep --data {fashion}"), "validation accuracy "),
        (
            format!("cross-validate --epochs 1 --target miles_per_gallon --group origin --out groups --data {cars}"),
            "mean and standard",
        ),
        (format!("{train} second --limit 500 --hidden 4 --data {fashion}"), "test accuracy "),
        ("compare out second --out compared".into(), "best test accuracy "),
    ];
    for columns in [80, 40] {
        for (line, result) in &lines {
            let text = printed(folder, line, columns);
            let rows = rows(&text, columns);
            let screen = rows[rows.len().saturating_sub(LINES - 1)..].join(" ");
            assert!(screen.contains(result), "{line}, {columns} columns: {result:?} is not on the screen:\n{text}");
            // What comes next is to be pasted, and so is one line, which paths may make long.
            let free = |line: &&str| !line.starts_with("next  ") && (line.starts_with("wrote ") || !line.contains('/'));
            for row in text.lines().filter(free) {
                assert!(row.width() <= columns, "{line}: {row:?} is wider than {columns} columns");
            }
            // Of the columns of a table what matters most is kept.
            for (command, [first, main]) in [("compare", ["run", "test accuracy"]), ("cross", ["group", "mae"])] {
                let heading = |row: &str| row.contains(first) && row.trim_end().contains(main);
                let kept = text.lines().any(heading);
                assert!(kept || !line.starts_with(command), "{line}, {columns} columns: no {main} in\n{text}");
            }
        }
    }
}

#[test]
fn the_next_command_can_be_pasted() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let data = write_data_set(folder, 60, 20);
    let words = |text: &str| {
        let next = text.lines().last().unwrap().strip_prefix("next  ").unwrap();
        let (program, words) = next.split_once(' ').unwrap();
        assert_eq!(program, env!("CARGO_BIN_EXE_host-trainer"));
        words.to_owned()
    };
    let trained = words(&succeed(folder, &data, "train --epochs 1 --out out"));
    assert_eq!(trained, "export --format c");
    printed(folder, &trained, 80);
    let swept = words(&succeed(folder, &data, "sweep --epochs 1 --seeds 1 --out swept --learning-rates 0.1"));
    assert!(swept.starts_with("train --learning-rate 0.1 --batch-size "), "{swept}");
    printed(folder, &swept, 80);
    std::fs::copy(examples("auto_mpg.csv"), folder.join("my cars.csv")).unwrap();
    let table = folder.join("my cars.csv");
    let line = succeed(folder, &table, "train --target miles_per_gallon --epochs 1 --out cars");
    assert!(line.ends_with("predict --weights cars/model.safetensors 'my cars.csv'\n"), "{line}");
}
