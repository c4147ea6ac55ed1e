//! Says which instructions the target has, where the compiler does not: on stable Rust a thumb target reports no
//! `target_feature`.

/// Processors of Armv8-M with the DSP extension, and whether they have Helium too.
const ARMV8M: [(&str, bool); 6] = [
    ("cortex-m33", false),
    ("cortex-m35p", false),
    ("cortex-m52", true),
    ("cortex-m55", true),
    ("cortex-m85", true),
    ("star-mc1", false),
];

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-check-cfg=cfg(armv8m, dsp, fpv4, helium, vector)");
    if has_vector_kernel() {
        println!("cargo::rustc-cfg=vector");
    }
    let target = std::env::var("TARGET").unwrap_or_default();
    let armv8m = target.starts_with("thumbv8m.main-");
    if armv8m {
        println!("cargo::rustc-cfg=armv8m");
    }
    // `hf` targets pass floats in registers of the FPU, so it is there: FPv4-SP or more on Armv7E-M and Armv8-M.
    if target.ends_with("eabihf") && (armv8m || target.starts_with("thumbv7em-")) {
        println!("cargo::rustc-cfg=fpv4");
    }
    // Armv7E-M is Armv7-M with DSP; in Armv8-M it is an option, and the processor says it.
    let processor = target_cpu().and_then(|name| ARMV8M.into_iter().find(|&(known, _)| known == name));
    let (has_dsp, has_helium) = match processor {
        Some((_, helium)) if armv8m => (true, helium && target.ends_with("eabihf")),
        _ => (target.starts_with("thumbv7em-"), false),
    };
    if has_dsp {
        println!("cargo::rustc-cfg=dsp");
    }
    if has_helium {
        println!("cargo::rustc-cfg=helium");
    }
}

/// Whether `kernels/vector` has an instruction set of the target.
fn has_vector_kernel() -> bool {
    let target = |what| std::env::var(format!("CARGO_CFG_TARGET_{what}")).unwrap_or_default();
    match target("ARCH").as_str() {
        "aarch64" | "x86_64" => true,
        "wasm32" => target("FEATURE").split(',').any(|feature| feature == "simd128"),
        _ => false,
    }
}

/// The last `-C target-cpu=…` of the compiler's flags.
fn target_cpu() -> Option<String> {
    let flags = std::env::var("CARGO_ENCODED_RUSTFLAGS").ok()?;
    flags.split('\x1f').rev().find_map(|flag| flag.split_once("target-cpu=")).map(|(_, name)| name.to_owned())
}
