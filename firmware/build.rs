//! Chooses the weights and their golden vectors, and gives the linker the memory map of the machine, and the device the
//! logits that its self-test must find.

mod weights_file;

use dense_core::{Batch, Dense, Kernel, PixelTable};
use std::{env, error::Error, fmt::Write, fs, path::Path};

/// The golden vectors, a file for each part.
const PARTS: [&str; 6] = ["softmax", "inference", "int8", "kernels", "shapes", "training"];

/// The first images of the test set.
const TEST_IMAGES: &str = "vectors/images";
/// How many of them the device tries at start.
const SELF_TEST: usize = 3;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=weights_file.rs");
    let out = env::var("OUT_DIR")?;
    let out = Path::new(&out);
    let firmware = env::var("CARGO_MANIFEST_DIR")?;
    let weights = weights_file::choose(Path::new(&firmware), out)?;
    golden_vectors(Path::new(&firmware), &weights, out)?;
    if env::var("CARGO_CFG_TARGET_OS")? != "none" {
        return Ok(());
    }
    println!("cargo::rerun-if-env-changed=MEMORY");
    let (Ok(_), Ok(memory)) = (env::var("CARGO_CFG_BOARD"), env::var("MEMORY")) else {
        return Err("no board is chosen: build with `--config machines/<machine>.toml` and without RUSTFLAGS".into());
    };

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
    let source = fs::read_to_string(&weights)?;
    let (table, model) = read_weights(&source).ok_or(format!("{}: not as made by host-trainer", weights.display()))?;
    let mut images = images.to_vec();
    table.apply(images.as_flattened_mut());
    fs::write(out.join("self_test_images"), images.as_flattened())?;
    fs::write(out.join("self_test_logits.rs"), logits(&model, &images)?)?;
    println!("cargo::rerun-if-changed={TEST_IMAGES}");
    Ok(())
}

/// Copies the golden vectors into `out`: those of the repository or, of other weights, those in the folder beside them
/// that is named like them, but `.golden`. As long as there are none, they are empty.
fn golden_vectors(firmware: &Path, weights: &Path, out: &Path) -> Result<(), Box<dyn Error>> {
    let folder = match env::var_os("WEIGHTS") {
        Some(_) => weights.with_extension("golden"),
        None => firmware.join("vectors/golden"),
    };
    println!("cargo::rustc-env=GOLDEN={}", folder.display());
    // Of a folder that is not there, the one that it would be in.
    let watched = if folder.exists() { Some(&*folder) } else { folder.parent() };
    watched.inspect(|folder| println!("cargo::rerun-if-changed={}", folder.display()));
    let copies = out.join("golden");
    fs::create_dir_all(&copies)?;
    for part in PARTS {
        fs::write(copies.join(part), fs::read(folder.join(part)).unwrap_or_default())?;
    }
    Ok(())
}

/// The table of pixels and the model in generated Rust; the compiler checks the same lines more closely.
fn read_weights(source: &str) -> Option<(PixelTable, Box<Dense<784, 10>>)> {
    let words = || source.lines().filter(|line| !line.trim().starts_with("//")).flat_map(str::split_whitespace);
    let bits = words().filter_map(|word| word.strip_prefix("0x")?.strip_suffix(','));
    let numbers: Option<Vec<f32>> =
        bits.map(|bits| Some(f32::from_bits(u32::from_str_radix(bits, 16).ok()?))).collect();
    let numbers = numbers.filter(|numbers| numbers.len() == 785 * 10)?;
    let mut model = Box::new(Dense::ZERO);
    model.set_weights(numbers.iter().copied());
    model.bias_mut().copy_from_slice(&numbers[7840..]);

    let pixels = words().filter_map(|word| word.strip_suffix(',')?.parse().ok());
    let table = if source.contains("PixelTable::IDENTITY") {
        PixelTable::IDENTITY
    } else {
        PixelTable::new(pixels.collect::<Vec<u8>>().try_into().ok()?)
    };
    Some((table, model))
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
fn logits(model: &Dense<784, 10>, images: &[[u8; 784]]) -> Result<String, Box<dyn Error>> {
    let mut logits = vec![[0.0; 10]; images.len()];
    model.forward(Kernel::best(), Batch::new(images)?, &mut logits)?;
    let mut expression = String::from("[\n");
    for row in &logits {
        writeln!(expression, "    {:#010x?},", row.map(f32::to_bits))?;
    }
    Ok(expression + "]\n")
}
