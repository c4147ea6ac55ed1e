//! Which file the weights are compiled from, for the build scripts of everything that has them.

use std::{env, error::Error, fs, path::Path, path::PathBuf};

/// The file that the variable `WEIGHTS` names, or that of the repository. Also writes `weights.rs` into the folder `out`,
/// the declaration of a module of it. `firmware` is the folder of the firmware.
///
/// # Errors
/// A path that is not absolute, as nobody knows from which folder it counts; a file that is not there.
pub(crate) fn choose(firmware: &Path, out: &Path) -> Result<PathBuf, Box<dyn Error>> {
    println!("cargo::rerun-if-env-changed=WEIGHTS");
    let path = match env::var_os("WEIGHTS") {
        Some(path) => PathBuf::from(path),
        None => firmware.join("src/weights.rs"),
    };
    if !path.is_absolute() {
        return Err(format!("WEIGHTS={}: must be an absolute path", path.display()).into());
    }
    let file = path.canonicalize().map_err(|error| format!("{}: {error}", path.display()))?;
    println!("cargo::rerun-if-changed={}", file.display());
    fs::write(out.join("weights.rs"), format!("#[path = {file:?}]\npub mod weights;\n"))?;
    Ok(path)
}
