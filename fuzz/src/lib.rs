//! Shared code of the fuzz targets: input files, round trips of models, a simulated device and flash, and raw
//! messages.

pub mod device;
mod flash;
mod message;

use std::fs;
use std::panic;
use std::path::{Path, PathBuf};
use std::sync::Once;
use std::thread;

use formats::{Activation, ImportOptions, Loss, Model, import, isolation, safetensors};
use tempfile::TempDir;

pub use flash::{Flash, flash_changes};
pub use message::Raw;

/// Lets panics of other projects' decoders pass, which [`isolation`] makes errors of the file; those of this project's code
/// still end the program. For the start of each execution.
pub fn expect_foreign_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let ending = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            let is_foreign = panic.location().is_some_and(|place| place.file().contains("/registry/src/"));
            if !is_foreign || thread::current().name() != Some(isolation::THREAD) {
                ending(panic);
            }
        }));
    });
}

/// A file to write each input to, for readers of files.
pub struct InputFile {
    path: PathBuf,
    _folder: TempDir,
}

impl InputFile {
    /// A file of this name in a folder of its own, in memory where the system has such a folder.
    ///
    /// # Panics
    ///
    /// If no folder can be made.
    pub fn new(name: &str) -> Self {
        let memory = Path::new("/dev/shm");
        let folder = if memory.is_dir() { TempDir::new_in(memory) } else { TempDir::new() };
        let folder = folder.expect("a folder can be made");
        Self { path: folder.path().join(name), _folder: folder }
    }

    /// Its path, with these bytes in it.
    ///
    /// # Panics
    ///
    /// If it cannot be written.
    pub fn with(&self, bytes: &[u8]) -> &Path {
        fs::write(&self.path, bytes).expect("the file can be written");
        &self.path
    }
}

/// Imports a file, with and without options: whatever is accepted must be a sound model, which comes back from its file.
///
/// # Panics
///
/// If it is not.
pub fn import_file(bytes: &[u8]) {
    expect_foreign_panics();
    let given = ImportOptions {
        activation: Some(Activation::Relu),
        loss: Some(Loss::SparseCategoricalCrossentropy),
        ..ImportOptions::default()
    };
    for options in [ImportOptions::default(), given] {
        if let Ok(model) = import(bytes, "file", &options) {
            model.check().expect("an accepted model is sound");
            returns(&model);
        }
    }
}

/// Writes a model and reads it back.
///
/// # Panics
///
/// If it is another one then.
pub fn returns(model: &Model) {
    let bytes = safetensors::to_safetensors(model).expect("a sound model can be written");
    assert!(safetensors::from_safetensors(&bytes).expect("and read") == *model);
}
