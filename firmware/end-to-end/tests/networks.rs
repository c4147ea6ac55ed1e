//! Networks of every kind in the firmware, in QEMU, over its serial line:
//! `cargo test --manifest-path firmware/Cargo.toml --package end-to-end --test networks -- --ignored`.
//!
//! Each is trained by the program, compiled into the firmware, and must then infer, learn, save and go on after a power cut
//! as the host does, bit for bit.

mod board;
mod program;
mod simulator;

use std::fs;
use std::path::Path;
use std::process::Command;

use board::{Board, Build};
use program::run;
use simulator::workspace;

/// A network: how it is trained, which of the files that are written then is compiled in, and what `device info` says.
struct Case {
    name: &'static str,
    train: &'static str,
    weights: &'static str,
    info: &'static str,
}

const CASES: [Case; 7] = [
    Case {
        name: "pictures with a hidden layer",
        train: "--hidden 24 --epochs 1",
        weights: "weights.rs",
        info: "784-24-10, u8 inputs, f32 weights, 19,090 parameters",
    },
    Case {
        name: "pictures with two hidden layers, in int8",
        train: "--hidden 64,32 --epochs 1",
        weights: "quantized.rs",
        info: "784-64-32-10, u8 inputs, int8 weights, 20 parameters",
    },
    Case {
        name: "windows of a time series",
        train: "--data data/watch --hidden 32 --epochs 1",
        weights: "weights.rs",
        info: "150-32-7, f32 inputs, f32 weights, 5,063 parameters",
    },
    Case {
        name: "windows of a time series, in int8",
        train: "--data data/watch --hidden 32 --epochs 1",
        weights: "quantized.rs",
        info: "150-32-7, f32 inputs, int8 weights, 14 parameters",
    },
    Case {
        name: "numbers from features",
        train: "--data FOLDER/numbers.csv --hidden 8 --epochs 20 --test-split 0.2",
        weights: "weights.rs",
        info: "3-8-1, f32 inputs, f32 weights, 41 parameters",
    },
    Case {
        name: "numbers from features, in int8",
        train: "--data FOLDER/numbers.csv --hidden 8 --epochs 20 --test-split 0.2",
        weights: "quantized.rs",
        info: "3-8-1, f32 inputs, int8 weights, 2 parameters",
    },
    Case {
        name: "yes or no from features",
        train: "--data FOLDER/answers.csv --hidden 4 --epochs 20 --test-split 0.2",
        weights: "weights.rs",
        info: "2-4-1, f32 inputs, f32 weights, 17 parameters",
    },
];

#[test]
#[ignore = "needs QEMU"]
fn every_kind_of_network_infers_learns_and_remembers() {
    let folder = tempfile::tempdir().unwrap();
    tables(folder.path());
    for Case { name, train, weights, info } in CASES {
        println!("{name}");
        let out = folder.path().join(name.replace([' ', ','], "-"));
        let train = train.replace("FOLDER", &folder.path().display().to_string());
        let train = train.replace("data/watch", &workspace("data/watch").display().to_string());
        let out_option = format!("--out {}", out.display());
        run(&["train", &train, &out_option]);

        let (mut board, device) = Board::start(Build { weights: Some(out.join(weights)), ..Build::default() });
        drop(device);
        let port = format!("device --port {} --timeout 20", board.address());
        let model = format!("--weights {}", out.join("model.safetensors").display());
        let device = |line: &str, has_model: bool| run(&[&port, line, if has_model { &model } else { "" }]);
        let check = |text: &str, wanted: &str| assert!(text.contains(wanted), "{name}: {wanted:?} is not in\n{text}");
        let (same, learnt) = ("every logit and output is the host's, bit for bit", "losses and weights are the host's");
        check(&device("info", false), info);
        check(&device("evaluate --limit 20", true), same);
        check(&device("learn --test 0..20 --learning-rate 0.001", true), learnt);
        check(&device("save", false), "saved as number 1 in slot 0");
        board.restart();
        check(&device("info", false), "from save number 1");
        check(&device("evaluate --limit 20 --learned 0..20 --learning-rate 0.001", true), same);
    }
}

#[test]
#[ignore = "needs QEMU"]
fn a_watch_without_its_sensor_says_so_and_takes_the_samples_of_the_line() {
    let folder = tempfile::tempdir().unwrap();
    let data = format!("--data {}", workspace("data/watch").display());
    run(&["train --hidden 32 --epochs 1", &data, &format!("--out {}", folder.path().display())]);
    let weights = Some(folder.path().join("weights.rs"));
    let (mut board, device) = Board::start(Build { weights, binary: Some("watch"), ..Build::default() });
    drop(device);
    let port = format!("device --port {} --timeout 20", board.address());
    let model = format!("--weights {}", folder.path().join("model.safetensors").display());
    let evaluated = run(&[&port, "evaluate --limit 20", &model]);
    assert!(evaluated.contains("every logit and output is the host's, bit for bit"), "{evaluated}");
    // Refused, as nothing was saved.
    let load = Command::new(env!("CARGO_BIN_EXE_host-trainer")).args(port.split(' ')).arg("load").output().unwrap();
    assert!(!load.status.success());
    board.cut_power();
    let printed = board.printed();
    for line in ["sensor: absent: ", "request refused: no weights are saved on the device"] {
        assert_eq!(printed.matches(line).count(), 1, "{line:?} once in\n{printed}");
    }
}

/// Two small tables.
fn tables(folder: &Path) {
    let (mut numbers, mut answers) = (String::from("a,b,c,y\n"), String::from("x,y,answer\n"));
    for row in 0..300_u32 {
        let [a, b, c] = [7, 11, 13].map(|step| f64::from(row * step % 101) / 25.0 - 2.0);
        numbers += &format!("{a},{b},{c},{}\n", 2.0 * a - b + 0.5 * c * c);
        answers += &format!("{a},{b},{}\n", if a + b > 0.3 { "yes" } else { "no" });
    }
    fs::write(folder.join("numbers.csv"), numbers).unwrap();
    fs::write(folder.join("answers.csv"), answers).unwrap();
}
