//! A sweep: the same runs whatever shares them, each as `train` makes it, and the best of them chosen.

use std::fs;
use std::path::Path;

use super::{files, history, run, succeed, train, write_data_set};

/// The rows of the table of all runs, by the names of its columns.
struct Table {
    names: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    fn read(path: &Path) -> Self {
        let text = fs::read_to_string(path).unwrap();
        let mut rows = text.lines().map(|line| line.split(',').map(String::from).collect());
        Self { names: rows.next().unwrap(), rows: rows.collect() }
    }

    fn column(&self, name: &str) -> impl Iterator<Item = &str> {
        let column = self.names.iter().position(|found| found == name).unwrap();
        self.rows.iter().map(move |row| row[column].as_str())
    }

    /// The rows but for the times, which are in the last column.
    fn without_times(&self) -> Vec<&[String]> {
        assert_eq!(self.names.last().unwrap(), "seconds");
        self.rows.iter().map(|row| &row[..row.len() - 1]).collect()
    }
}

const SWEEP: &str = "sweep --learning-rates 0.0003,0.01 --batch-sizes 8,32 --seeds 2 --epochs 2";

#[test]
fn the_number_of_jobs_changes_nothing_and_the_best_is_the_best() {
    let folder = tempfile::tempdir().unwrap();
    let data = write_data_set(folder.path(), 120, 20);
    let mut shown = Vec::new();
    let mut tables = Vec::new();
    for jobs in [1, 3] {
        let text = succeed(folder.path(), &data, &format!("{SWEEP} --out out{jobs} --jobs {jobs}"));
        shown.push(text);
        let out = folder.path().join(format!("out{jobs}"));
        assert_eq!(files(&out), ["sweep.csv", "sweep.png"]);
        tables.push((Table::read(&out.join("sweep.csv")), fs::read(out.join("sweep.png")).unwrap()));
    }
    let [(one, picture), (three, same_picture)] = &tables[..] else { unreachable!() };
    assert_eq!(one.without_times(), three.without_times());
    assert!(picture == same_picture, "another picture");

    let settings: Vec<String> = ["learning_rate", "batch_size", "seed"]
        .map(|name| one.column(name).collect::<Vec<_>>().join(" "))
        .into_iter()
        .collect();
    assert_eq!(settings, ["0.0003 0.0003 0.0003 0.0003 0.01 0.01 0.01 0.01", "8 8 32 32 8 8 32 32", "0 1 0 1 0 1 0 1"]);
    assert!(one.column("train_samples").all(|samples| samples == "100"));
    assert!(one.column("validation_samples").all(|samples| samples == "20"));
    assert!(one.column("outcome").all(|outcome| outcome == "finished"));

    let number = |text: &str| text.parse::<f64>().unwrap();
    let mean = |name, first: usize| one.column(name).skip(first).take(2).map(number).sum::<f64>() / 2.0;
    let best = [0, 2, 4, 6].into_iter().map(|first| (mean("val_accuracy", first), -mean("val_loss", first), first));
    let (accuracy, _, first) = best.max_by(|one, other| one.partial_cmp(other).unwrap()).unwrap();
    let [rate, batch_size] = ["learning_rate", "batch_size"].map(|name| one.column(name).nth(first).unwrap());
    for text in &shown {
        let best: Vec<Vec<&str>> =
            text.lines().filter(|line| line.ends_with(" best")).map(|line| line.split_whitespace().collect()).collect();
        let [row] = &best[..] else { panic!("{text}") };
        assert_eq!(row[..3], [rate, batch_size, &format!("{:.2}", 100.0 * accuracy)], "{text}");
        let next = text.lines().last().unwrap();
        let command = format!(" train --learning-rate {rate} --batch-size {batch_size} --epochs 2 --out out");
        assert!(next.starts_with("next  ") && next.contains(&command), "{text}");
        assert!(text.contains("the test set was not looked at"), "{text}");
    }
}

#[test]
fn each_run_is_a_training() {
    let folder = tempfile::tempdir().unwrap();
    let data = write_data_set(folder.path(), 120, 20);
    for options in
        ["", "--preset best", "--model mlp32", "--optimizer sgd --learning-rate-schedule step:1:0.5 --limit 60"]
    {
        let options = format!("--epochs 2 --validation-split 0.2 {options}");
        succeed(
            folder.path(),
            &data,
            &format!("sweep --learning-rates 0.004,0.002 --batch-sizes 16 --seeds 2 --out out --verbose 0 {options}"),
        );
        let table = Table::read(&folder.path().join("out/sweep.csv"));
        for (index, (rate, seed)) in table.column("learning_rate").zip(table.column("seed")).enumerate() {
            let line = format!("--learning-rate {rate} --seed {seed} --batch-size 16 --verbose 0 {options}");
            train(folder.path(), &data, &line);
            let history = history(folder.path());
            let last = history["epochs"].as_array().unwrap().last().unwrap();
            for name in ["val_accuracy", "val_loss"] {
                let found: f64 = table.column(name).nth(index).unwrap().parse().unwrap();
                assert_eq!(Some(found), last[name].as_f64(), "{line}: {name}");
            }
            for (name, field) in [("train_samples", "samples"), ("validation_samples", "validation_samples")] {
                let found: u64 = table.column(name).nth(index).unwrap().parse().unwrap();
                assert_eq!(Some(found), history[field].as_u64(), "{line}: {name}");
            }
        }
        assert_eq!(table.rows.len(), 4);
    }
}

#[test]
fn a_run_that_diverges_is_a_row() {
    let folder = tempfile::tempdir().unwrap();
    let data = write_data_set(folder.path(), 120, 20);
    let line =
        "sweep --optimizer sgd --batch-sizes 8 --seeds 2 --epochs 3 --model mlp128-64 --out out --learning-rates";
    let text = succeed(folder.path(), &data, &format!("{line} 0.01,1e9"));
    assert!(text.contains("2 of 2 diverged\n"), "{text}");
    let table = Table::read(&folder.path().join("out/sweep.csv"));
    let outcomes: Vec<&str> = table.column("outcome").collect();
    assert_eq!(outcomes, ["finished", "finished", "diverged", "diverged"]);

    let output = run(folder.path(), &data, &format!("{line} 1e9 --verbose 2"));
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stdout).contains(" - seed: 1 - diverged\n"));
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert_eq!(complaint, "error: with all settings some training diverged; try smaller learning rates\n");
    assert_eq!(Table::read(&folder.path().join("out/sweep.csv")).rows.len(), 2);
}

#[test]
fn nothing_is_written_where_the_input_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let data = write_data_set(folder.path(), 5, 5);
    for (options, wanted) in [
        ("--learning-rates 0.1,0.1", "--learning-rates: 0.1 is given twice"),
        ("--validation-split 0.9 --limit 1", "--validation-split 0.9: of 1 samples it leaves none to train on"),
        ("--out data/train-labels-idx1-ubyte", "cannot use the folder data/train-labels-idx1-ubyte: "),
    ] {
        let output = run(folder.path(), &data, &format!("sweep {options}"));
        assert_eq!(output.status.code(), Some(2), "{options}");
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(complaint.starts_with(&format!("error: {wanted}")), "{complaint}");
        assert!(!folder.path().join("out").exists());
    }
}

#[cfg(unix)]
#[test]
fn an_interruption_keeps_what_is_finished() {
    use std::io::{BufRead, BufReader, Read};
    use std::process::{Command, Stdio};

    let folder = tempfile::tempdir().unwrap();
    let data = write_data_set(folder.path(), 500, 20);
    // No machine is through with this before it is interrupted.
    let options = "sweep --out out --jobs 1 --seeds 1000 --epochs 20 --verbose 2";
    let mut child = Command::new(env!("CARGO_BIN_EXE_host-trainer"))
        .current_dir(folder.path())
        .args(options.split_whitespace())
        .args(["--data".as_ref(), data.as_os_str()])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    assert!(output.by_ref().lines().any(|line| line.unwrap().contains(" - seed: 1 - val_accuracy: ")));
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let mut rest = String::new();
    output.read_to_string(&mut rest).unwrap();
    let ended = child.wait_with_output().unwrap();
    let complaint = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(130), "{complaint}");
    let runs = Table::read(&folder.path().join("out/sweep.csv")).rows.len();
    assert!((2..1000).contains(&runs));
    assert_eq!(complaint, format!("error: interrupted after {runs} of 6000 runs\n"));
    assert!(rest.contains(&format!("  {runs} of 1000 runs\n")), "{rest}");
    assert!(rest.contains("wrote out/sweep.png ("), "{rest}");
}
