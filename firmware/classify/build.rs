//! Gives the linker the memory map.

use std::{env, error::Error, fs, path::Path};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=memory.x");
    let out = env::var("OUT_DIR")?;
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
