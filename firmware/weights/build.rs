//! Chooses the file that the network is compiled from, and reads from it which items it has.

use std::{env, error::Error, fmt::Write, fs, path::Path, path::PathBuf};

/// What a generated file may or may not have, and the `cfg` of each.
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
    println!("cargo::rerun-if-env-changed=WEIGHTS");
    let folder = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    // Nobody knows from which folder a relative path counts.
    let path = match env::var_os("WEIGHTS") {
        Some(path) if !Path::new(&path).is_absolute() => {
            return Err(format!("WEIGHTS={}: must be an absolute path", path.display()).into());
        }
        Some(path) => PathBuf::from(path),
        None => folder.join("weights.rs"),
    };
    let file = path.canonicalize().map_err(|error| format!("{}: {error}", path.display()))?;
    println!("cargo::rerun-if-changed={}", file.display());
    let source = fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
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
    fs::write(Path::new(&env::var("OUT_DIR")?).join("generated.rs"), module)?;
    Ok(())
}

/// The inputs of a type such as `QuantizedDense<784, 10>`.
fn inputs_of(network: &str) -> Option<usize> {
    network.split_once('<')?.1.split_once(',')?.0.trim().parse().ok()
}
