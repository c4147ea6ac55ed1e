//! Command lines of this program that can be pasted into the shell it was called from.

use std::env;
use std::path::Path;

/// The program as it was called: `cargo run -p host-trainer --` under Cargo, or else its path or name.
pub(crate) fn program() -> String {
    let called = env::args_os().next().map(|name| name.to_string_lossy().into_owned());
    let Some(package) = env::var_os("CARGO_MANIFEST_DIR") else {
        return called.map_or_else(|| "host-trainer".into(), |name| quoted(&name));
    };
    let workspace = Path::new(&package).parent().unwrap_or(Path::new(""));
    let inside = env::current_dir().is_ok_and(|current| current.starts_with(workspace));
    let manifest = if inside {
        String::new()
    } else {
        format!(" --manifest-path {}", quoted(&workspace.join("Cargo.toml").to_string_lossy()))
    };
    let is_release = called.is_some_and(|path| Path::new(&path).parent().is_some_and(|dir| dir.ends_with("release")));
    let profile = if is_release { " --release" } else { "" };
    format!("cargo run{profile}{manifest} -p host-trainer --")
}

/// The arguments that train with the options of another command: `words` after the name of the `subcommand`, without
/// `--json` and the options that are `dropped`, each of which has one value, and with `options` before them.
pub(crate) fn train_arguments(
    words: impl Iterator<Item = String>,
    subcommand: &str,
    dropped: &[&str],
    options: &str,
) -> String {
    let mut line = format!("train{options}");
    let mut words = words.skip_while(|word| word != subcommand).skip(1).filter(|word| word != "--json");
    while let Some(word) = words.next() {
        let name = word.split('=').next().unwrap_or_default();
        if !dropped.contains(&name) {
            line += &format!(" {}", quoted(&word));
        } else if !word.contains('=') {
            words.next();
        }
    }
    line
}

/// A word as a shell takes it for one.
pub(crate) fn quoted(word: &str) -> String {
    let is_plain = |character: char| character.is_alphanumeric() || "/._-+=:,@%".contains(character);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}
