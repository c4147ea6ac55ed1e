//! Chooses the weights, and gives the linker the memory map.

#[path = "../weights_file.rs"]
mod weights_file;

use std::{env, error::Error, fs, path::Path};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=../weights_file.rs");
    println!("cargo::rerun-if-changed=memory.x");
    let out = env::var("OUT_DIR")?;
    let firmware = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("..");
    weights_file::choose(&firmware, Path::new(&out))?;
    if env::var("CARGO_CFG_TARGET_OS")? != "none" {
        return Ok(());
    }
    fs::copy("memory.x", Path::new(&out).join("memory.x"))?;
    println!("cargo::rustc-link-search={out}");
    // `--nmagic`: sections are not aligned to pages that the machine does not have.
    for argument in ["--nmagic", "-Tlink.x"] {
        println!("cargo::rustc-link-arg-bins={argument}");
    }
    Ok(())
}
