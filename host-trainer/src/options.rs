//! Options that several subcommands have in common.

mod common;
mod data;
mod recipe;
mod values;

use std::env;
use std::path::{Path, PathBuf};

use crate::failure::Failure;

pub(crate) use self::common::CommonArgs;
pub(crate) use self::data::{DataArgs, locate};
pub(crate) use self::recipe::{RecipeArgs, model_name};
pub(crate) use self::recipe::{activation, loss};
pub(crate) use self::values::KernelChoice;
pub(crate) use self::values::{by_name, learning_rate, listed, room, size, whole_number};

/// The arithmetic of dense-core is made for batches of up to so many samples.
pub(crate) const MAX_BATCH_SIZE: usize = 65_536;
pub(crate) const MAX_EPOCHS: usize = 100_000;
pub(crate) const MAX_THREADS: usize = 256;

/// Refuses options of which one is given, and says why.
pub(crate) fn refuse_given(options: &[(&str, bool)], why: &str) -> Result<(), Failure> {
    match options.iter().find(|(_, is_given)| *is_given) {
        Some((option, _)) => Err(Failure::about(option, why)),
        None => Ok(()),
    }
}

/// The model file that commands read unless told otherwise.
pub(crate) const MODEL: &str = "out/model.safetensors";

/// A default path. Cargo runs a program in whatever folder the user is in, but names the folder of
/// the package, and the workspace is its parent; without Cargo the path stands for itself.
pub(crate) fn in_workspace(path: &str) -> PathBuf {
    let package = env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    let workspace = package.as_deref().and_then(Path::parent);
    workspace.map_or_else(|| path.into(), |workspace| workspace.join(path))
}
