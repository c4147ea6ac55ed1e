//! Finds the golden vectors of the network and the device's key, and gives the linker the memory map of the machine, and the device the
//! logits that its self-test must find.

use dense_device::Model;
use dense_protocol::authentication::Key;
use dense_protocol::messages::Form;
use std::{env, error::Error, fmt::Write, fs, path::Path, path::PathBuf};
use weights::samples;

/// Number of samples of the self-test.
const SELF_TEST: usize = 3;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=WEIGHTS");
    let out = env::var("OUT_DIR")?;
    let out = Path::new(&out);
    let firmware = env::var("CARGO_MANIFEST_DIR")?;
    golden_vectors(Path::new(&firmware), out)?;
    key(out)?;
    // The program `ad01` is for one network alone.
    println!("cargo::rustc-check-cfg=cfg(ad01)");
    if is_ad01() {
        println!("cargo::rustc-cfg=ad01");
    }
    if env::var("CARGO_CFG_TARGET_OS")? != "none" {
        return Ok(());
    }
    // rustc does not say so itself.
    println!("cargo::rustc-check-cfg=cfg(armv8m)");
    if env::var("TARGET")?.starts_with("thumbv8m.main") {
        println!("cargo::rustc-cfg=armv8m");
    }
    println!("cargo::rerun-if-env-changed=MEMORY");
    let (Ok(_), Ok(memory)) = (env::var("CARGO_CFG_BOARD"), env::var("MEMORY")) else {
        return Err("no board is chosen: build with `--config machines/<machine>.toml` and without RUSTFLAGS".into());
    };

    let map = format!("memory/{memory}.x");
    let regions = fs::read_to_string(&map).map_err(|error| format!("{map}: {error}"))?;
    for region in ["RAM", "STACK"] {
        let bytes = bytes_of(region, &regions).ok_or(format!("{map}: no length of {region}"))?;
        println!("cargo::rustc-env={region}_BYTES={bytes}");
    }
    let common = fs::read_to_string("memory/common.x")?;
    let of_key = format!("memory/{memory}-key.x");
    let has_more = env::var_os("CARGO_FEATURE_KEY").is_some() && Path::new(&of_key).exists();
    let of_key = if has_more { fs::read_to_string(of_key)? } else { String::new() };
    fs::write(out.join("memory.x"), regions + &of_key + &common)?;
    println!("cargo::rerun-if-changed=memory");
    println!("cargo::rustc-link-search={}", out.display());
    // The linker script of cortex-m-rt includes the map by itself.
    if env::var("CARGO_CFG_TARGET_ARCH")? == "riscv32" {
        println!("cargo::rustc-link-arg-bins=-Tmemory.x");
    }
    // `--nmagic`: sections are not aligned to pages that the machine does not have.
    for argument in ["--nmagic", "-Tlink.x"] {
        println!("cargo::rustc-link-arg-bins={argument}");
    }
    if env::var_os("CARGO_FEATURE_DEFMT").is_some() {
        println!("cargo::rustc-link-arg-bins=-Tdefmt.x");
    }

    let inputs: Vec<u8> = (0..SELF_TEST).flat_map(samples::bytes).collect();
    fs::write(out.join("self_test_inputs"), inputs)?;
    fs::write(out.join("self_test_logits.rs"), logits()?)?;
    Ok(())
}

/// Copies the golden vectors of the network into `out`. They are in the folder beside the weights that is named like them,
/// but `.golden`. As long as there are none, they are empty.
fn golden_vectors(firmware: &Path, out: &Path) -> Result<(), Box<dyn Error>> {
    let weights = env::var_os("WEIGHTS").map_or_else(|| firmware.join("weights/weights.rs"), PathBuf::from);
    let folder = weights.with_extension("golden");
    println!("cargo::rustc-env=GOLDEN={}", folder.display());
    // Of a folder that is not there, the one that it would be in.
    let watched = if folder.exists() { Some(&*folder) } else { folder.parent() };
    watched.inspect(|folder| println!("cargo::rerun-if-changed={}", folder.display()));
    fs::write(out.join("network"), fs::read(folder.join("network")).unwrap_or_default())?;
    Ok(())
}

/// Copies the digits of the key into `out`. They are in the file that `DEVICE_KEY` names, for the feature `key`.
fn key(out: &Path) -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-env-changed=DEVICE_KEY");
    let path = env::var_os("DEVICE_KEY").map(PathBuf::from);
    let path = match (path, env::var_os("CARGO_FEATURE_KEY")) {
        (None, None) => return Ok(()),
        (Some(_), None) => {
            return Err("DEVICE_KEY is set: build with `--features key`, or the device has no key".into());
        }
        (None, Some(_)) => return Err("the feature `key` needs the path of a key's file in DEVICE_KEY".into()),
        (Some(path), Some(_)) if path.is_relative() => {
            return Err(format!("DEVICE_KEY={}: must be an absolute path", path.display()).into());
        }
        (Some(path), Some(_)) => path,
    };
    println!("cargo::rerun-if-changed={}", path.display());
    let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let digits = text.trim_ascii_end();
    if Key::from_hex(digits).is_none() {
        return Err(format!("{}: expected a key of 64 hexadecimal digits", path.display()).into());
    }
    Ok(fs::write(out.join("key"), digits)?)
}

/// Whether the network has the shape of MLPerf Tiny's anomaly detector, and is int8 from bytes to bytes.
fn is_ad01() -> bool {
    let mut memory = Box::new(weights::Memory::NEW);
    let mut units = Vec::new();
    let model = weights::new(&mut memory);
    model.visit_units(&mut |width| units.push(width));
    is_int8(&model) && weights::INPUTS == 640 && units == [128, 128, 128, 128, 8, 128, 128, 128, 128, 640]
}

fn is_int8<M: Model>(_: &M) -> bool {
    M::FORM == Form::Int8
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

/// The bits of the logits of the first samples, as a Rust expression. Every kernel on every machine computes the same ones,
/// so the machine that builds says what the device must find.
fn logits() -> Result<String, Box<dyn Error>> {
    let mut memory = Box::new(weights::Memory::NEW);
    let mut model = weights::new(&mut memory);
    let mut expression = String::from("[\n");
    for number in 0..SELF_TEST {
        samples::set_input(&mut model, number);
        model.infer()?;
        let bits: Vec<u32> = model.logits().iter().map(|bytes| u32::from_le_bytes(*bytes)).collect();
        writeln!(expression, "    {bits:#010x?},")?;
    }
    Ok(expression + "]\n")
}
