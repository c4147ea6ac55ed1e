//! Compiles the headers with the C compiler that links Rust, and compares what they compute with dense-core, bit for bit.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use dense_core::{Batch, Kernel, Network, PixelTable, Random, Workspace, argmax};

use super::*;
use crate::export::tests::{class_names, weights};
use crate::model::{Layers, Linear, Mlp32, Mlp128x64, ModelName};
use crate::model_files::Weights;
use crate::quantized::quantize;

/// Prints the bytes of each image's logits, then of its class.
const PROGRAM: &str = "
#include \"model.h\"
#include <stdio.h>
int main(void)
{
    uint8_t pixels[MODEL_PIXELS];
    LOGIT logits[MODEL_CLASSES];
    while (fread(pixels, 1, MODEL_PIXELS, stdin) == MODEL_PIXELS) {
        const int32_t label = model_class(pixels);
        model_logits(pixels, logits);
        fwrite(logits, sizeof logits, 1, stdout);
        fwrite(&label, sizeof label, 1, stdout);
    }
    return 0;
}
";

/// Images whose pixels are black half of the time, and one that is all white.
fn images() -> Vec<[u8; PIXELS]> {
    let mut random = Random::new(2026, 12);
    let mut images = vec![[255; PIXELS]];
    images.resize_with(21, || std::array::from_fn(|_| random.below(511).saturating_sub(255) as u8));
    images
}

/// What the header makes of the images: words of 32 bits, ten logits and a class for each.
fn run(header: &str, logit: &str, images: &[[u8; PIXELS]]) -> Vec<[u32; CLASSES + 1]> {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::write(path("model.h"), header).unwrap();
    fs::write(path("main.c"), PROGRAM).unwrap();
    let strict = ["-std=c99", "-O2", "-Wall", "-Wextra", "-Wpedantic", "-Werror"];
    let program = path("main");
    let mut compiler = Command::new("cc");
    compiler.args(strict).arg(format!("-DLOGIT={logit}")).arg(path("main.c")).arg("-o").arg(&program).arg("-lm");
    let compiled = compiler.output().unwrap();
    assert!(compiled.status.success(), "{}", String::from_utf8_lossy(&compiled.stderr));
    words(&program, images.as_flattened())
}

fn words(program: &Path, input: &[u8]) -> Vec<[u32; CLASSES + 1]> {
    let mut child = Command::new(program).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap().stdout;
    let (words, _) = output.as_chunks();
    let words: Vec<u32> = words.iter().map(|bytes| u32::from_ne_bytes(*bytes)).collect();
    words.as_chunks().0.to_vec()
}

fn logits<N>(weights: &Weights, images: &[[u8; PIXELS]]) -> Vec<[f32; CLASSES]>
where
    N: Network<PIXELS, Output = [f32; CLASSES]> + Layers,
{
    let mut network = Box::new(N::ZERO);
    network.set_layers(&weights.layers);
    let mut workspace = Workspace::<N, 32>::ZERO.with_kernel(Kernel::PORTABLE);
    workspace.forward(&*network, Batch::new(images).unwrap()).unwrap().to_vec()
}

/// The models, with and without a table.
fn cases() -> impl Iterator<Item = Weights> {
    let models = [ModelName::Linear, ModelName::Mlp32, ModelName::Mlp128x64];
    let tables = [PixelTable::IDENTITY, PixelTable::power(0.5)];
    models
        .into_iter()
        .flat_map(move |model| tables.clone().map(|pixel_table| Weights { pixel_table, ..weights(model) }))
}

/// As the network of `weights` sees them.
fn seen(weights: &Weights) -> Vec<[u8; PIXELS]> {
    let mut images = images();
    images.iter_mut().for_each(|image| weights.pixel_table.apply(image));
    images
}

#[test]
fn floats_have_the_same_bits() {
    for weights in cases() {
        let seen = seen(&weights);
        let wanted = match weights.model {
            ModelName::Linear => logits::<Linear>(&weights, &seen),
            ModelName::Mlp32 => logits::<Mlp32>(&weights, &seen),
            ModelName::Mlp128x64 => logits::<Mlp128x64>(&weights, &seen),
        };
        let found = run(&to_c(&Export { weights: &weights, class_names: &class_names() }), "float", &images());
        assert_eq!(found.len(), wanted.len());
        for (found, wanted) in found.iter().zip(&wanted) {
            assert_eq!(found[..CLASSES], wanted.map(f32::to_bits), "{:?}", weights.model);
            assert_eq!(found[CLASSES], argmax(wanted) as u32);
        }
    }
}

#[test]
fn whole_numbers_are_the_same() {
    for weights in cases() {
        let seen = seen(&weights);
        let network = quantize(weights.model, &weights.layers, &seen, Kernel::best()).unwrap();
        let export = Export { weights: &weights, class_names: &class_names() };
        let found = run(&to_c_int8(&export, &network.layers()), "int32_t", &images());
        assert_eq!(found.len(), seen.len());
        for (found, image) in found.iter().zip(&seen) {
            let wanted = network.logits(image, Kernel::best()).unwrap();
            assert_eq!(found[..CLASSES], wanted.map(i32::cast_unsigned), "{:?}", weights.model);
            assert_eq!(found[CLASSES], dense_core::quant::class(&wanted) as u32);
        }
    }
}

#[test]
fn names_become_literals_whatever_they_hold() {
    for (name, literal) in [
        ("T-shirt/top", r#""T-shirt/top""#),
        ("\"a\\b\"", r#""\"a\\b\"""#),
        ("what??/", r#""what\?\?/""#),
        ("größer 1", r#""gr\303\266\303\237er 1""#),
    ] {
        assert_eq!(string_literal(name), literal);
    }
}

#[test]
fn a_scale_is_exactly_its_mantissa_and_shift() {
    let exact = |(mantissa, shift)| f64::from(mantissa) * 0.5_f64.powi(u32::cast_signed(shift));
    for scale in [dense_core::quant::SMALLEST_SCALE, 1.3e-5, 0.1, 1.0, 127.99, dense_core::quant::LARGEST_SCALE] {
        assert_eq!(exact(logit_scale(scale)), f64::from(scale) * 2_f64.powi(LOGIT_BITS as i32), "{scale}");
        // A multiplier below 2⁻³² is 0.
        let multiplier = if scale < 0.5_f32.powi(32) { 0.0 } else { f64::from(scale) };
        assert_eq!(exact(parts(Multiplier::new(scale.into()))), multiplier, "{scale}");
    }
}
