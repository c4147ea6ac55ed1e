//! The generated scripts, tried by completing in the shells themselves. A shell that is not installed is skipped, and that
//! is said; with `REQUIRE_SHELLS=bash,zsh,fish` in the environment it is an error.

use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;

/// Words typed, the last to be completed; completions that must be offered; and those that must not.
const CASES: [(&[&str], &[&str], &[&str]); 13] = [
    (&["ev"], &["evaluate"], &["train", "export"]),
    (&["cross-v"], &["cross-validate"], &["evaluate"]),
    (&["--pres"], &["--preset"], &["--epochs"]),
    (&["train", "--early-s"], &["--early-stopping"], &["--epochs"]),
    (&["cross-validate", "--gr"], &["--group"], &["--install"]),
    (&["export", "--format", "tfl"], &["tflite", "tflite-int8"], &["onnx"]),
    (&["train", "--optimizer", ""], &["adam", "sgd", "rmsprop"], &["zebra.csv"]),
    (&["train", "--activation", "ta"], &["tanh"], &["relu"]),
    (&["sweep", "--loss", "bin"], &["binary_crossentropy"], &["huber"]),
    (&["evaluate", "--task", "m"], &["multiclass"], &["binary"]),
    (&["train", "--learning-rate-schedule", "co"], &["constant", "cosine"], &["step:10:0.5"]),
    (&["import", "x", "--pixels", "0"], &["0..1", "0..255"], &["-1..1"]),
    (&["device", "--port", "x", "cla"], &["classify"], &["evaluate"]),
];

/// Whether a shell is there.
fn has(shell: &str) -> bool {
    let found = Command::new(shell).arg("--version").output().is_ok_and(|output| output.status.success());
    let required = env::var("REQUIRE_SHELLS").is_ok_and(|shells| shells.split(',').any(|name| name == shell));
    assert!(found || !required, "{shell} is not installed");
    if !found {
        eprintln!("NOT CHECKED: completions in {shell}, which is not installed");
    }
    found
}

/// The folder with the script for a shell, and a file to complete the name of.
fn folder(shell: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let script = Command::new(env!("CARGO_BIN_EXE_host-trainer")).args(["completions", shell]).output().unwrap();
    assert!(script.status.success());
    fs::write(folder.path().join("script"), script.stdout).unwrap();
    fs::write(folder.path().join("zebra.csv"), "").unwrap();
    folder
}

fn output(folder: &Path, shell: &str, arguments: &[&str]) -> String {
    let output = Command::new(shell).args(arguments).current_dir(folder).env("HOME", folder).output().unwrap();
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(complaint.is_empty(), "{arguments:?}: {complaint}");
    String::from_utf8(output.stdout).unwrap()
}

/// Asserts what is offered for all cases and for a file by `complete`, which returns a word a line.
fn check(shell: &str, complete: impl Fn(&Path, &[&str]) -> String) {
    let folder = folder(shell);
    let file: (&[&str], &[&str], &[&str]) = (&["train", "--data", "zeb"], &["zebra.csv"], &["script"]);
    for (words, wanted, unwanted) in CASES.into_iter().chain([file]) {
        let offered = complete(folder.path(), words);
        let offered: Vec<&str> = offered.lines().map(str::trim).collect();
        for wanted in wanted {
            assert!(offered.contains(wanted), "{shell} {words:?}: {offered:?}");
        }
        for unwanted in unwanted {
            assert!(!offered.contains(unwanted), "{shell} {words:?}: {offered:?}");
        }
    }
}

#[test]
fn bash_completes() {
    if !has("bash") {
        return;
    }
    check("bash", |folder, words| {
        // As readline does: the function that `complete` names fills COMPREPLY, or leaves it to the names of files.
        let script = r#"
            source ./script
            COMP_WORDS=(host-trainer "$@") COMP_CWORD=$#
            complete -p host-trainer | grep -q -- '-F _host__trainer' || exit
            _host__trainer host-trainer "${@: -1}" "${COMP_WORDS[COMP_CWORD - 1]}"
            ((${#COMPREPLY[@]} == 0)) && complete -p host-trainer | grep -q -- '-o bashdefault' && COMPREPLY=($(compgen -f -- "${@: -1}"))
            printf '%s\n' "${COMPREPLY[@]}"
        "#;
        output(folder, "bash", &[&["--norc", "-c", script, "bash"][..], words].concat())
    });
}

#[test]
fn fish_completes() {
    if !has("fish") {
        return;
    }
    check("fish", |folder, words| {
        let line = format!("source ./script; complete --do-complete 'host-trainer {}'", words.join(" "));
        let offered = output(folder, "fish", &["--no-config", "-c", &line]);
        // A description follows each after a tab.
        offered.lines().map(|line| line.split('\t').next().unwrap_or_default().to_owned() + "\n").collect()
    });
}

#[test]
fn zsh_completes() {
    if !has("zsh") {
        return;
    }
    check("zsh", |folder, words| {
        // In a terminal of its own, because the functions of completion run only within the line editor.
        let script = r#"
            zmodload zsh/zpty
            zpty shell zsh -f -i
            zpty -w shell 'PS1=; PS2=; RPS1=; stty -echo; setopt no_prompt_cr no_prompt_sp; fpath=($PWD $fpath); autoload -U compinit; compinit -u -D'
            zpty -w shell 'cp script _host-trainer; compinit -u -D'
            zpty -w shell 'zstyle ":completion:*" verbose no; compadd() { builtin compadd -O found "$@"; print -rl -- OFFERED "${found[@]}"; builtin compadd "$@" }'
            zpty -w shell 'finish() { print -r -- FINI""SHED }; zle -N finish; bindkey "^Xf" finish'
            zpty -w shell 'print REA""DY'
            zpty -r shell line '*READY*'
            zpty -w -n shell "host-trainer $*"$'\t\030f'
            zpty -r shell line '*FINISHED*'
            print -rn -- "$line"
            zpty -d shell
        "#;
        let text = output(folder, "zsh", &[&["-f", "-c", script, "zsh"][..], words].concat());
        text.replace('\r', "")
    });
}
