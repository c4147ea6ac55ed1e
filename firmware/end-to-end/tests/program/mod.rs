//! The program `host-trainer`, run to its end.

use std::process::{Command, Stdio};

use crate::simulator::workspace;

/// Runs it with the words of these texts, and returns what it printed.
pub(crate) fn run(texts: &[&str]) -> String {
    run_with(texts, &[])
}

/// The same with further arguments, which may have spaces in them.
pub(crate) fn run_with(texts: &[&str], arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_host-trainer"))
        .args(texts.iter().flat_map(|text| text.split_whitespace()))
        .args(arguments)
        .env("CARGO_MANIFEST_DIR", workspace("host-trainer"))
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let [out, error] = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    assert!(output.status.success(), "{texts:?} {arguments:?}\n{out}\n{error}");
    out
}
