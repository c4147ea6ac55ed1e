//! Chooses the files that the network and the samples that it practises on are compiled from, reads which items the
//! network has, and which momentum it learns with.

use std::{env, error::Error, fmt::Write, fs, path::Path, path::PathBuf};

/// Optional items of a generated file, and the `cfg` of each.
const ITEMS: [(&str, &str); 4] = [
    ("int8", "type Loss"),
    ("pixels", "static PIXEL_TABLE"),
    ("standardized", "static INPUT_MEAN"),
    ("series", "const WINDOW_LENGTH"),
];
/// Other items that may be there.
const OUTPUT: &str = "static OUTPUT";
const NAMES: [&str; 4] = ["FEATURE_NAMES", "CHANNELS", "CLASS_NAMES", "OUTPUT_NAMES"];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    let committed = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("weights.rs");
    let path = chosen("WEIGHTS")?.unwrap_or(committed);
    let (file, source) = read(&path)?;
    let has = |item: &str| source.lines().any(|line| line.starts_with(&format!("pub {item}")));
    if !has("type Model") || !has("static MODEL") {
        return Err(format!("{}: not as `host-trainer` writes it", file.display()).into());
    }
    for (name, item) in ITEMS {
        println!("cargo::rustc-check-cfg=cfg({name})");
        if has(item) {
            println!("cargo::rustc-cfg={name}");
        }
    }

    let mut module = format!("#[path = {file:?}]\npub mod generated;\n");
    let names = NAMES.iter().filter(|name| has(&format!("const {name}")));
    let names: Vec<String> = names.map(|name| format!("&generated::{name}")).collect();
    writeln!(module, "const NAMES: &[&[&str]] = &[{}];", names.join(", "))?;
    if has("type Loss") {
        let outputs = if has(OUTPUT) { "generated::OUTPUT" } else { "dense_core::quant::Quantization::PIXELS" };
        // The last line of a network's type says how many inputs its first layer has.
        let inputs = source.lines().find_map(|line| inputs_of(line.strip_prefix("pub type Model = ")?));
        let inputs = inputs.ok_or("the network's type has no inputs")?;
        writeln!(module, "const OUTPUTS_QUANTIZATION: dense_core::quant::Quantization = {outputs};")?;
        writeln!(module, "/// Number of inputs.\npub const INPUTS: usize = {inputs};")?;
    }
    let out = PathBuf::from(env::var("OUT_DIR")?);
    fs::write(out.join("generated.rs"), module)?;

    momentum(&out, has("type Loss"))?;

    println!("cargo::rustc-check-cfg=cfg(factory_set)");
    if let Some(path) = chosen("FACTORY_SET")? {
        let (file, source) = read(&path)?;
        if !source.contains("pub static FACTORY_SET:") {
            return Err(
                format!("{}: not as `host-trainer export --format factory-set` writes it", file.display()).into()
            );
        }
        println!("cargo::rustc-cfg=factory_set");
        fs::write(out.join("factory_set.rs"), format!("#[path = {file:?}]\npub mod factory_set;\n"))?;
    }
    Ok(())
}

/// Writes the momentum that the variable `MOMENTUM` says, if it is set, into `out`.
fn momentum(out: &Path, is_int8: bool) -> Result<(), Box<dyn Error>> {
    println!("cargo::rustc-check-cfg=cfg(momentum)");
    println!("cargo::rerun-if-env-changed=MOMENTUM");
    let Ok(text) = env::var("MOMENTUM") else { return Ok(()) };
    let momentum: f32 = text.parse().map_err(|_| format!("MOMENTUM={text}: expected a number from 0 to 1"))?;
    if !(0.0..=1.0).contains(&momentum) {
        return Err(format!("MOMENTUM={text}: expected a number from 0 to 1").into());
    }
    if momentum > 0.0 && is_int8 {
        return Err("MOMENTUM: what learns above int8 weights has none".into());
    }
    if momentum > 0.0 {
        println!("cargo::rustc-cfg=momentum");
        fs::write(out.join("momentum.rs"), format!("const MOMENTUM: f32 = {momentum:?};\n"))?;
    }
    Ok(())
}

/// The path that a variable names, if it is set.
fn chosen(variable: &str) -> Result<Option<PathBuf>, Box<dyn Error>> {
    println!("cargo::rerun-if-env-changed={variable}");
    // Nobody knows from which folder a relative path counts.
    match env::var_os(variable).map(PathBuf::from) {
        Some(path) if path.is_relative() => {
            Err(format!("{variable}={}: must be an absolute path", path.display()).into())
        }
        path => Ok(path),
    }
}

/// The whole path of a file, and what is in it.
fn read(path: &Path) -> Result<(PathBuf, String), Box<dyn Error>> {
    let file = path.canonicalize().map_err(|error| format!("{}: {error}", path.display()))?;
    println!("cargo::rerun-if-changed={}", file.display());
    let source = fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
    Ok((file, source))
}

/// The inputs of a type such as `QuantizedDense<784, 10>`.
fn inputs_of(network: &str) -> Option<usize> {
    network.split_once('<')?.1.split_once(',')?.0.trim().parse().ok()
}
