//! Outputs that are full or that nobody reads: an exit code that says so, and no panic.
//!
//! A full standard output ends a command with exit code 1 and a message; one whose reader has gone with 141 and without a
//! message, as a shell says it of programs that SIGPIPE ends. A full standard error cannot say anything; the exit code is
//! that of what it would have said.
#![cfg(target_os = "linux")]

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};

use super::{train, write_data_set};

/// A pipe that nobody reads.
fn closed_pipe() -> Stdio {
    let mut child = Command::new("true").stdin(Stdio::piped()).spawn().unwrap();
    let pipe = child.stdin.take().unwrap();
    child.wait().unwrap();
    pipe.into()
}

fn full() -> Stdio {
    OpenOptions::new().write(true).open("/dev/full").unwrap().into()
}

/// Runs a line with these outputs. Returns the exit code and what went to a standard error that is captured.
fn run(folder: &Path, line: &str, out: Stdio, error: Option<Stdio>) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_host-trainer"))
        .current_dir(folder)
        .env_remove("CARGO_MANIFEST_DIR")
        .args(line.split_whitespace())
        .stdin(Stdio::null())
        .stdout(out)
        .stderr(error.unwrap_or_else(Stdio::piped))
        .output()
        .unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

/// Lines that print, in a folder with data and a model.
const PRINTING: [&str; 16] = [
    "--help",
    "help train",
    "--version",
    "train --data data --out again --epochs 1",
    "train --data data --out again --epochs 1 --verbose 2",
    "train --data data --out again --epochs 1 --json",
    "cross-validate --data table.csv --group who --epochs 1 --out folds",
    "sweep --data data --learning-rates 0.001,0.01 --epochs 1 --out swept",
    "evaluate --data data",
    "evaluate --data data --json",
    "export --format npz --output x.npz --force",
    "import x.keras --out imported --force",
    "show --data data",
    "predict picture",
    "predict --json picture",
    "completions bash",
];

/// A folder to work in.
fn workplace() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let data = write_data_set(folder.path(), 50, 20);
    train(folder.path(), &data, "--epochs 1");
    fs::copy(path("out/model.safetensors"), path("x.keras")).unwrap();
    fs::write(path("picture"), (0..784).map(|pixel| (pixel % 251) as u8).collect::<Vec<_>>()).unwrap();
    let mut table = String::from("a,b,who,target\n");
    for row in 0..60 {
        table += &format!("{},{},person {},{}\n", row % 7, row * row % 11, row % 3, ["no", "yes"][row / 3 % 2]);
    }
    fs::write(path("table.csv"), table).unwrap();
    for class in ["a", "b"] {
        fs::create_dir_all(path("photos").join(class)).unwrap();
        for picture in 0..3 {
            fs::copy(path("picture"), path("photos").join(class).join(picture.to_string())).unwrap();
        }
    }
    folder
}

#[test]
fn a_standard_output_that_is_full_or_not_read_ends_in_an_error() {
    let folder = workplace();
    for line in PRINTING.into_iter().chain(["pack photos --out packed --size 28x28"]) {
        let (code, complaint) = run(folder.path(), line, Stdio::null(), None);
        assert_eq!((code, &*complaint), (Some(0), ""), "{line}");
        let _ = fs::remove_dir_all(folder.path().join("packed"));
        let (code, complaint) = run(folder.path(), line, full(), None);
        assert_eq!(code, Some(1), "{line}: {complaint}");
        assert_eq!(complaint, "error: standard output: No space left on device (os error 28)\n", "{line}");
        let _ = fs::remove_dir_all(folder.path().join("packed"));
        let (code, complaint) = run(folder.path(), line, closed_pipe(), None);
        assert_eq!((code, &*complaint), (Some(141), ""), "{line}");
        let _ = fs::remove_dir_all(folder.path().join("packed"));
        for error in [full(), closed_pipe()] {
            assert_eq!(run(folder.path(), line, full(), Some(error)).0, Some(1), "{line}, and no standard error");
            let _ = fs::remove_dir_all(folder.path().join("packed"));
        }
    }
}

#[test]
fn a_standard_error_that_is_full_or_not_read_leaves_the_exit_code_as_it_is() {
    let folder = workplace();
    // A device that never answers.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap();
    fs::File::create(folder.path().join("bad.png")).unwrap().write_all(b"\x89PNG\r\n\x1a\n").unwrap();
    for (line, code) in [
        ("train --no-such-option".to_owned(), 2),
        ("train --epochs 0".into(), 2),
        ("train --data missing".into(), 2),
        ("train --data data --out diverged --optimizer sgd --learning-rate 3e38".into(), 1),
        ("cross-validate --data missing".into(), 2),
        ("sweep --data missing --learning-rates 1".into(), 2),
        ("evaluate --weights missing".into(), 2),
        ("export --weights missing --format c --output y".into(), 2),
        ("import missing --out y".into(), 2),
        ("show --data missing".into(), 2),
        ("predict bad.png".into(), 2),
        ("predict bad.png picture".into(), 2),
        ("pack missing --out y".into(), 2),
        ("completions no-such-shell".into(), 2),
        (format!("device --port tcp:{port} --timeout 0.1 info"), 2),
        (format!("adapt --port tcp:{port} --timeout 0.1 --data data"), 2),
    ] {
        for error in [None, Some(full()), Some(closed_pipe())] {
            let is_heard = error.is_none();
            let (found, complaint) = run(folder.path(), &line, Stdio::null(), error);
            assert_eq!(found, Some(code), "{line}: {complaint}");
            assert!(!complaint.contains("panicked") && complaint.is_empty() != is_heard, "{line}: {complaint}");
        }
    }
}
