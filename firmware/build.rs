//! Gives the linker the memory map of the machine, and the device the logits that its self-test must find.

#[expect(unreachable_pub, reason = "it is public in the library")]
#[path = "src/weights.rs"]
mod weights;

use dense_core::{Batch, Kernel};
use std::{env, error::Error, fmt::Write, fs, path::Path};

/// The first images of the test set.
const TEST_IMAGES: &str = "vectors/images";
/// How many of them the device tries at start.
const SELF_TEST: usize = 3;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    if env::var("CARGO_CFG_TARGET_OS")? != "none" {
        return Ok(());
    }
    println!("cargo::rerun-if-env-changed=MEMORY");
    let (Ok(_), Ok(memory)) = (env::var("CARGO_CFG_BOARD"), env::var("MEMORY")) else {
        return Err("no board is chosen: build with `--config machines/<machine>.toml` and without RUSTFLAGS".into());
    };
    let out = env::var("OUT_DIR")?;
    let out = Path::new(&out);

    let map = format!("memory/{memory}.x");
    let regions = fs::read_to_string(&map).map_err(|error| format!("{map}: {error}"))?;
    println!("cargo::rustc-env=RAM_BYTES={}", bytes_of("RAM", &regions).ok_or(format!("{map}: no length of RAM"))?);
    let common = fs::read_to_string("memory/common.x")?;
    fs::write(out.join("memory.x"), regions + &common)?;
    println!("cargo::rerun-if-changed=memory");
    println!("cargo::rustc-link-search={}", out.display());
    // The linker script of cortex-m-rt includes the map by itself.
    if env::var("CARGO_CFG_TARGET_ARCH")? == "riscv32" {
        println!("cargo::rustc-link-arg-bins=-Tmemory.x");
    }
    // `--nmagic`: sections are not aligned to pages that the machine does not have.
    for argument in ["--nmagic", "-Tlink.x", "-Tdefmt.x"] {
        println!("cargo::rustc-link-arg-bins={argument}");
    }

    let images = fs::read(TEST_IMAGES).map_err(|error| format!("{TEST_IMAGES}: {error}"))?;
    let images = images.as_chunks::<784>().0.get(..SELF_TEST).ok_or(format!("{TEST_IMAGES}: too short"))?;
    fs::write(out.join("self_test_images"), images.as_flattened())?;
    fs::write(out.join("self_test_logits.rs"), logits(images)?)?;
    println!("cargo::rerun-if-changed={TEST_IMAGES}");
    println!("cargo::rerun-if-changed=src/weights.rs");
    Ok(())
}

/// How long a region of a memory map is, from its line `NAME : ORIGIN = …, LENGTH = 512K`, or `… - 8K`.
fn bytes_of(region: &str, map: &str) -> Option<u32> {
    let line = map.lines().find(|line| line.split(':').next().is_some_and(|name| name.trim() == region))?;
    let mut terms = line.split_once("LENGTH =")?.1.split('-').map(|term| {
        let kilobytes = term.trim().strip_suffix('K')?.parse::<u32>().ok()?;
        kilobytes.checked_mul(1024)
    });
    let first = terms.next()??;
    terms.try_fold(first, |bytes, term| bytes.checked_sub(term?))
}

/// The bits of the logits of `images`, as a Rust expression. Every kernel on every machine computes the same ones, so the
/// machine that builds says what the device must find.
fn logits(images: &[[u8; 784]]) -> Result<String, Box<dyn Error>> {
    let mut logits = vec![[0.0; 10]; images.len()];
    weights::MODEL.forward(Kernel::best(), Batch::new(images)?, &mut logits)?;
    let mut expression = String::from("[\n");
    for row in &logits {
        writeln!(expression, "    {:#010x?},", row.map(f32::to_bits))?;
    }
    Ok(expression + "]\n")
}
