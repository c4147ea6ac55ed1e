//! Learning that keeps what it knew, in QEMU over the serial line:
//! `cargo test --manifest-path firmware/Cargo.toml --package end-to-end --test practice -- --ignored`.

mod board;
mod program;
mod simulator;

use std::path::Path;
use std::thread;
use std::time::Duration;

use board::{Board, Build};
use program::{run, run_with};
use simulator::workspace;

/// A change that a device must learn, and what must come of it.
struct Case {
    train: &'static str,
    adapt: &'static str,
    lines: &'static [&'static str],
    /// The least of the host's accuracies after the lessons, on what was and on what has changed.
    least: [f64; 2],
}

#[test]
#[ignore = "needs QEMU"]
fn rotated_pictures_are_learnt_and_the_original_ones_kept() {
    run_case(&Case {
        train: "",
        adapt: "--world rotated --evaluate 50",
        lines: &["500 images taught", "after each, 32 steps of practice"],
        least: [0.79, 0.71],
    });
}

#[test]
#[ignore = "needs QEMU"]
fn a_smartwatch_learns_its_wearer() {
    run_case(&Case {
        train: "--data data/watch --test-groups 3 --stride 25 --train-stride 10 --hidden 32 --epochs 16 \
                --learning-rate 0.01 --weight-decay 0.1",
        adapt: "--world person --leave-out 3 --evaluate 50",
        lines: &["the wearer: 3, whom the network has not been trained with", "windows taught"],
        least: [0.92, 0.86],
    });
}

fn run_case(Case { train, adapt, lines, least }: &Case) {
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

    let restart = restarts(board, folder.path());
    let text = run_with(
        &[&format!("adapt {port}"), adapt, &model, &format!("--output {out}/adapt.png")],
        &["--restart-command", &restart],
    );
    println!("{text}");
    for line in lines.iter().chain(&["saved as number 1 in slot 0", "kept: checksum", "adapt.png"]) {
        assert!(text.contains(line), "{line:?} is not in\n{text}");
    }
    // The numbers of a line: on the device and, in brackets, on the host; on what was, and on what has changed.
    let numbers = |name: &str| -> Vec<f64> {
        let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        line.split_whitespace().filter_map(|word| word.trim_matches(['(', ')']).parse().ok()).collect()
    };
    let (before, after) = (numbers("before  "), numbers("after  "));
    assert_eq!(after, numbers("after power cycle"));
    assert!(after[3] > before[3], "{text}");
    assert!(after[1] >= least[0] && after[3] >= least[1], "{text}");
}

/// Restarts the board whenever the command that is returned runs.
fn restarts(mut board: Board, folder: &Path) -> String {
    let file = folder.join("restart");
    let command = format!("touch '{0}'; while [ -e '{0}' ]; do sleep 0.1; done", file.display());
    thread::spawn(move || {
        loop {
            thread::sleep(Duration::from_millis(100));
            if file.exists() {
                drop(board.restart());
                std::fs::remove_file(&file).unwrap();
            }
        }
    });
    command
}
