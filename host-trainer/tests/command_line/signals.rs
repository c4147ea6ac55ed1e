//! Tests of signals and of concurrent processes during training.
#![cfg(unix)]

use std::fs;
use std::io::{BufRead, BufReader, Lines};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::thread;

use super::{fail, files, succeed, train, write_data_set};

/// A training that no machine is through with before it is interrupted.
const ENDLESS: &str = "--epochs 100000 --learning-rate-schedule constant --verbose 2";

/// Starts a training in `folder`.
fn start(folder: &Path, data: &Path, options: &str) -> (Child, Lines<BufReader<ChildStdout>>) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_host-trainer"))
        .current_dir(folder)
        .env_remove("CARGO_MANIFEST_DIR")
        .arg("train")
        .args(options.split_whitespace())
        .arg("--data")
        .arg(data)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    (child, lines)
}

fn send(signal: &str, child: &Child) {
    assert!(Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap().success());
}

/// Its exit code, its last lines and what it complained of.
fn end(child: Child, lines: Lines<BufReader<ChildStdout>>) -> (Option<i32>, Vec<String>, String) {
    // Reads on, as the program would wait for ever on a full pipe.
    let rest = thread::spawn(move || lines.map(Result::unwrap).collect());
    let output = child.wait_with_output().unwrap();
    (output.status.code(), rest.join().unwrap(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn a_signal_stops_after_the_batch_and_the_same_command_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let data = write_data_set(folder, 500, 20);
    for (model, threads, signal) in
        [("linear", 1, "-INT"), ("linear", 2, "-TERM"), ("mlp32", 1, "-TERM"), ("mlp32", 2, "-INT")]
    {
        let options = format!("--out {model} --model {model} --threads {threads} {ENDLESS}");
        let (child, mut lines) = start(folder, &data, &options);
        assert!(lines.any(|line| line.unwrap().starts_with("Epoch 2/")));
        send(signal, &child);
        let (code, rest, complaint) = end(child, lines);
        assert_eq!(code, Some(130), "{complaint}");
        assert!(complaint.starts_with("error: interrupted in epoch ") && complaint.contains("--resume"), "{complaint}");
        let [test, written] = &rest[rest.len() - 2..] else { panic!("{rest:?}") };
        assert!(test.starts_with("1/1 - loss: "), "{rest:?}");
        assert!(written.starts_with(&format!("wrote {model}/checkpoint.safetensors (")), "{rest:?}");
        assert_eq!(files(&folder.join(model)), ["checkpoint.safetensors"]);

        let epoch: usize = complaint.split(' ').nth(4).unwrap().parse().unwrap();
        let options = format!("train {}", options.replace("100000", &(epoch + 1).to_string()));
        succeed(folder, &data, &format!("{options} --resume"));
        let resumed = fs::read(folder.join(model).join("weights.rs")).unwrap();
        succeed(folder, &data, &options);
        assert!(fs::read(folder.join(model).join("weights.rs")).unwrap() == resumed, "{model}: other weights");
        fs::remove_dir_all(folder.join(model)).unwrap();
    }
}

/// The second one while the test of the first still goes on, or after it: in either case the state is there.
#[test]
fn a_second_signal_ends_the_test_and_the_state_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let data = write_data_set(folder, 500, 20_000);
    let options = format!("--out out --hidden 512,512 {ENDLESS}");
    let (mut child, mut lines) = start(folder, &data, &options);
    assert!(lines.any(|line| line.unwrap().starts_with("Epoch 1/")));
    send("-TERM", &child);
    while child.try_wait().unwrap().is_none() && !folder.join("out/checkpoint.safetensors").exists() {
        thread::yield_now();
    }
    send("-TERM", &child);
    let (code, _, complaint) = end(child, lines);
    assert_eq!(code, Some(130), "{complaint}");
    assert_eq!(files(&folder.join("out")), ["checkpoint.safetensors"]);
    let options = options.replace("100000", "3").replace("--verbose 2", "--verbose 0");
    succeed(folder, &data, &format!("train {options} --resume"));
}

#[test]
fn two_trainings_do_not_write_to_one_folder() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let data = write_data_set(folder, 500, 20);
    let (mut child, mut lines) = start(folder, &data, &format!("--out out {ENDLESS}"));
    assert!(lines.any(|line| line.unwrap().starts_with("Epoch 1/")));
    let wanted = ["out: another host-trainer is writing to this folder"];
    fail(folder, &data, "train --out out --epochs 1", 2, &wanted);
    succeed(folder, &data, "train --out other --epochs 1");
    child.kill().unwrap();
    child.wait().unwrap();
    // The lock ends with the process, however that ended.
    train(folder, &data, "--epochs 1");
}
