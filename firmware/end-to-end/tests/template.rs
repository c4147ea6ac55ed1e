//! The template in QEMU, as a user talks to it:
//! `cargo test --manifest-path firmware/Cargo.toml --package end-to-end --test template -- --ignored`.

mod board;
// Of the simulator, only paths and the model are used here.
mod simulator;

use std::fs;
use std::process::{Command, Stdio};

use board::Board;
use formats::safetensors;
use simulator::{model, workspace};

/// Runs a command of `host-trainer device`, and returns whether it succeeded, and all that it printed.
fn device(board: &Board, arguments: &[&str]) -> (bool, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_host-trainer"))
        .args(["device", "--port", &board.address(), "--timeout", "5"])
        .args(arguments)
        .env("CARGO_MANIFEST_DIR", workspace("host-trainer"))
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let bytes = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(bytes).unwrap())
}

#[test]
#[ignore = "needs QEMU"]
fn the_template_infers_and_learns() {
    let built = Command::new(workspace("firmware/cargo")).args(["template", "build", "--release"]).status().unwrap();
    assert!(built.success());
    let elf = workspace("firmware/template/target/thumbv7em-none-eabihf/release/template");
    let (board, _) = Board::start_elf(&elf);

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("model.safetensors");
    fs::write(&file, safetensors::to_safetensors(&model()).unwrap()).unwrap();
    let (data, weights) = (workspace("data/fashion-mnist"), file.to_str().unwrap());
    let of_data = |arguments: &[&'static str]| {
        device(&board, &[arguments, &["--weights", weights, "--data", data.to_str().unwrap()]].concat())
    };
    for (arguments, wanted) in [
        (&["info"][..], &["my board", "16 MHz", "784", "7,850", "from the firmware"][..]),
        (&["infer", "--test", "0"], &["Ankle boot"]),
        (&["evaluate", "--limit", "50"], &["50"]),
        (&["learn", "--test", "0..5"], &["5"]),
        // QEMU has no flash controller: what is written is not there afterwards.
        (&["save"], &["failed to keep what was written"]),
    ] {
        let (success, printed) = if arguments.len() > 1 { of_data(arguments) } else { device(&board, arguments) };
        assert_eq!(success, arguments != ["save"], "{arguments:?}: {printed}");
        for wanted in wanted {
            assert!(printed.contains(wanted), "{arguments:?}: no `{wanted}` in {printed}");
        }
    }
}
