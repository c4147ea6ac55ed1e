//! Says which kernel the target can run, where the compiler does not: on stable Rust a thumb target reports no
//! `target_feature`.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-check-cfg=cfg(fpv4)");
    // `hf` targets pass floats in registers of the FPU, so it is there: FPv4-SP or more on Armv7E-M and Armv8-M.
    let target = std::env::var("TARGET").unwrap_or_default();
    let has_fpu = target.ends_with("eabihf");
    if has_fpu && (target.starts_with("thumbv7em-") || target.starts_with("thumbv8m.main-")) {
        println!("cargo::rustc-cfg=fpv4");
    }
}
