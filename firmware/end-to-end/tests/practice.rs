//! Learning that keeps what it knew, in QEMU over the serial line:
//! `cargo test --manifest-path firmware/Cargo.toml --package end-to-end --test practice -- --ignored`.

mod board;
mod program;
mod simulator;

use std::path::Path;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use board::{Board, Build};
use program::{run, run_with};
use simulator::workspace;

/// A change that a device must learn, and what must come of it.
struct Case {
    train: String,
    adapt: String,
    lines: Vec<String>,
    /// The least of the host's accuracies after the lessons, on what was and on what has changed.
    least: [f64; 2],
}

#[test]
#[ignore = "needs QEMU"]
fn rotated_pictures_are_learnt_and_the_original_ones_kept() {
    run_case(&Case {
        train: String::new(),
        adapt: "--world rotated --evaluate 50".to_owned(),
        lines: vec!["500 images taught".to_owned(), "after each, 32 steps of practice".to_owned()],
        least: [0.79, 0.71],
    });
}

#[test]
#[ignore = "needs QEMU"]
fn a_smartwatch_learns_its_wearer() {
    run_case(&wearer(3, [0.92, 0.86]));
}

/// The means over all of them; some alone are worse. Takes a quarter of an hour.
#[test]
#[ignore = "needs QEMU and time"]
fn a_smartwatch_learns_each_of_ten_wearers() {
    let found: Vec<_> = (1..=10).map(|person| run_case(&wearer(person, [0.0, 0.0]))).collect();
    let mean = |of: fn(&Numbers) -> f64| found.iter().map(of).sum::<f64>() / found.len() as f64;
    let means = [mean(|found| found.before[1]), mean(|found| found.after[1]), mean(|found| found.after[0])];
    println!("later recordings before and after, the others after: {means:.3?}");
    for (mean, least) in means.into_iter().zip([0.80, 0.86, 0.92]) {
        assert!(mean >= least, "{means:?}");
    }
}

fn wearer(person: u32, least: [f64; 2]) -> Case {
    Case {
        train: format!(
            "--data data/watch --test-groups {person} --stride 25 --train-stride 10 --hidden 32 --epochs 16 \
             --learning-rate 0.01 --weight-decay 0.1"
        ),
        adapt: format!("--world person --leave-out {person} --evaluate 50"),
        lines: vec![
            format!("the wearer: {person}, whom the network has not been trained with"),
            "windows taught".to_owned(),
        ],
        least,
    }
}

/// Accuracies on what was and on what has changed, on the host.
struct Numbers {
    before: [f64; 2],
    after: [f64; 2],
}

fn run_case(Case { train, adapt, lines, least }: &Case) -> Numbers {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().display().to_string();
    let train = train.replace("data/watch", &workspace("data/watch").display().to_string());
    let model = format!("--weights {out}/model.safetensors");
    run(&["train", &train, &format!("--out {out}")]);
    run(&["export --format factory-set", &model]);
    let build = Build {
        weights: Some(folder.path().join("weights.rs")),
        factory_set: Some(folder.path().join("factory_set.rs")),
        ..Build::default()
    };
    let (board, device) = Board::start(build);
    drop(device);
    let port = format!("--port {} --timeout 20", board.address());
    let info = run(&[&format!("device {port} info")]);
    assert!(info.contains(" factory samples, and the last ") && info.contains(" lessons, of 0 so far"), "{info}");
    run(&[&format!("device {port} practise 40"), &model]);
    run(&[&format!("device {port} reset")]);

    let restarter = Restarter::new(board, folder.path());
    let text = run_with(
        &[&format!("adapt {port}"), adapt, &model, &format!("--output {out}/adapt.png")],
        &["--restart-command", &restarter.command],
    );
    println!("{text}");
    let lines = lines.iter().map(String::as_str);
    for line in lines.chain(["saved as number 1 in slot 0", "kept: checksum", "adapt.png"]) {
        assert!(text.contains(line), "{line:?} is not in\n{text}");
    }
    // The numbers of a line: on the device and, in brackets, on the host; on what was, and on what has changed.
    let numbers = |name: &str| -> Vec<f64> {
        let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        line.split_whitespace().filter_map(|word| word.trim_matches(['(', ')']).parse().ok()).collect()
    };
    let (before, after) = (numbers("before  "), numbers("after  "));
    assert_eq!(after, numbers("after power cycle"));
    assert!(after[1] >= least[0] && after[3] >= least[1], "{text}");
    Numbers { before: [before[1], before[3]], after: [after[1], after[3]] }
}

/// Restarts a board whenever its command runs, and turns the board off in the end.
struct Restarter {
    command: String,
    /// Ends the thread.
    stop: Option<mpsc::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Restarter {
    fn new(mut board: Board, folder: &Path) -> Self {
        let file = folder.join("restart");
        let command = format!("touch '{0}'; while [ -e '{0}' ]; do sleep 0.1; done", file.display());
        let (stop, stopped) = mpsc::channel();
        let thread = thread::spawn(move || {
            while stopped.recv_timeout(Duration::from_millis(100)) == Err(RecvTimeoutError::Timeout) {
                if file.exists() {
                    drop(board.restart());
                    std::fs::remove_file(&file).unwrap();
                }
            }
        });
        Self { command, stop: Some(stop), thread: Some(thread) }
    }
}

impl Drop for Restarter {
    fn drop(&mut self) {
        self.stop = None;
        let _ = self.thread.take().map(JoinHandle::join);
    }
}
