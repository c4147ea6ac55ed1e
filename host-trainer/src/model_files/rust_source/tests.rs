//! Tests of the model as Rust source.

use proptest::prelude::*;

use clap::ValueEnum;

use super::super::tests::{class_names, trained, weights};
use super::*;
use crate::model_files::Origin;

fn linear() -> Weights {
    weights(ModelName::Linear)
}

fn source() -> String {
    to_rust_source(&trained(&linear(), &class_names()))
}

#[test]
fn every_bit_survives() {
    for &model in ModelName::value_variants() {
        let weights = weights(model);
        assert_eq!(from_rust_source(&to_rust_source(&trained(&weights, &class_names()))).unwrap(), weights);
    }
}

#[test]
fn a_table_is_written_in_full_where_it_changes_pixels() {
    let table = PixelTable::power(0.5);
    let weights = Weights { pixel_table: table.clone(), ..linear() };
    let names = class_names();
    let mut model = trained(&weights, &names);
    let Origin::Trained(recipe) = &mut model.origin else { panic!("a trained model wanted") };
    recipe.preset = "best".into();
    recipe.pixel_exponent = 0.5;
    recipe.smallest_deviation = Some(0.05);
    let text = to_rust_source(&model);
    assert_eq!(from_rust_source(&text).unwrap(), weights);
    let wanted = "
/// What becomes of each pixel before the first layer.
#[rustfmt::skip]
pub static PIXEL_TABLE: PixelTable = PixelTable::new([
    0, 16, 23, 28, 32, 36, 39, 42, 45, 48, 50, 53, 55, 58, 60, 62,
    64, ";
    assert!(text.contains(wanted), "{}", &text[..1000]);
    let wanted = "
//! - preset: best
//! - pixels: 255 · (pixel / 255)^0.5, standardised by a deviation of at least 0.05
//! - optimizer: adam
";
    assert!(text.contains(wanted), "{}", &text[..1000]);
    for (old, new, wanted) in [
        (" 16, ", " ", "line 39: found 255 numbers in the array that ends here, wanted 256"),
        (" 16, ", " 16, 16, ", "line 39: found 257 numbers in the array that ends here, wanted 256"),
        (" 16, ", " 256, ", "line 23: found `256,`, wanted a number from 0 to 255 and a comma"),
        (" 16, ", " +16, ", "line 23: found `+16,`, wanted a number from 0 to 255 and a comma"),
        ("pub static PIXEL_TABLE", "static PIXEL_TABLE", "line 22: found `static PIXEL_TABLE: "),
    ] {
        assert_eq!(text.matches(old).count(), 1, "{old}");
        let error = from_rust_source(&text.replace(old, new)).unwrap_err().to_string();
        assert!(error.starts_with(wanted), "{error}");
    }
}

#[test]
fn text_is_as_documented() {
    let text = source();
    let wanted = "\
//! The trained model. Generated: edit the recipe, not this file.
//!
//! - made by: `host-trainer train`
//! - data set: fashion-mnist
//! - model: `Flatten(28, 28) -> Dense(10, softmax)`
//! - backend: polynomial
//! - optimizer: adam
//! - learning rate: 0.001
//! - batch size: 32
//! - epochs: 10
//! - training samples: 60000
//! - seed: 7
//! - test accuracy: 0.8438
//! - test loss: 0.4512

use dense_core::{Dense, PixelTable};

/// What becomes of each pixel before the first layer.
pub static PIXEL_TABLE: PixelTable = PixelTable::IDENTITY;

/// The bits of the weights, a row for each class, and of the biases.
#[rustfmt::skip]
pub static MODEL: Dense<784, 10> = Dense::from_bits([
    // T-shirt/top
    [
        0xa6911fbe, ";
    assert_eq!(&text[..wanted.len()], wanted);
    assert!(text.ends_with(",\n]);\n"));
    // The head up to the declaration, 52 lines a row, and the biases.
    assert_eq!(text.lines().count(), 23 + 10 * 52 + 3);
}

#[test]
fn weights_of_another_backend_are_refused() {
    let named = format!("{BACKEND_IS}{}\n", BACKEND.name());
    let other = source().replace(&named, &format!("{BACKEND_IS}another\n"));
    let wanted = format!("trained with backend another, and this program has {}", BACKEND.name());
    assert_eq!(from_rust_source(&other).unwrap_err().to_string(), wanted);
    assert_eq!(from_rust_source(&source().replace(&named, "")).unwrap(), linear());
}

#[test]
fn hidden_layers_are_nested() {
    let text = to_rust_source(&trained(&weights(ModelName::Mlp128x64), &class_names()));
    let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with([' ', '/']) && !line.is_empty()).collect();
    let wanted = [
        "use dense_core::activations::Relu;",
        "use dense_core::{Dense, Hidden, Output, PixelTable, SparseCategoricalCrossEntropy};",
        "pub static PIXEL_TABLE: PixelTable = PixelTable::IDENTITY;",
        "#[rustfmt::skip]",
        "#[allow(long_running_const_eval)]",
        "pub static MODEL: Hidden<784, 128, Relu, Hidden<128, 64, Relu, Output<64, 10, SparseCategoricalCrossEntropy>>> = \
         Hidden::new(Dense::from_bits([",
        "], [",
        "]), Hidden::new(Dense::from_bits([",
        "], [",
        "]), Output::new(Dense::from_bits([",
        "], [",
        "]))));",
    ];
    assert_eq!(lines, wanted);
    assert!(
        text.contains("//! - model: `Flatten(28, 28) -> Dense(128, relu) -> Dense(64, relu) -> Dense(10, softmax)`\n")
    );
    assert_eq!(text.matches("    // ").count(), 10, "only outputs have names");
}

#[test]
fn faults_in_hidden_layers_name_the_line() {
    let text = to_rust_source(&trained(&weights(ModelName::Mlp32), &class_names()));
    for (old, new, wanted) in [
        ("]), Output::new(", "]), Hidden::new(", "found `]),`, wanted a number"),
        ("]), Output::new(Dense::from_bits([\n", "", "wanted a number such as"),
        ("\n])));", "\n]);", "found `]);`, wanted a number"),
        ("Hidden<784, 32,", "Hidden<784, 33,", "wanted `use dense_core::{Dense, PixelTable};`"),
    ] {
        assert_eq!(text.matches(old).count(), 1, "{old}");
        let error = from_rust_source(&text.replace(old, new)).unwrap_err().to_string();
        assert!(error.starts_with("line ") && error.contains(wanted), "{error}");
    }
}

#[test]
fn comments_indentation_and_line_endings_are_free() {
    let text = source();
    let unindented: Vec<&str> = text.lines().map(str::trim).collect();
    for text in [unindented.join("\n\n// note\n"), text.replace('\n', "\r\n"), text.trim_end().to_owned()] {
        assert_eq!(from_rust_source(&text).unwrap(), linear());
    }
}

#[test]
fn a_class_name_cannot_leave_its_comment() {
    let mut names = class_names();
    names[0] = "coat\n[\u{202e}".into();
    let text = to_rust_source(&trained(&linear(), &names));
    assert!(text.contains("    // coat\\n[\\u{202e}\n"));
    assert_eq!(from_rust_source(&text).unwrap(), linear());
}

#[test]
fn faults_name_the_line() {
    let text = source();
    let first = "0xa6911fbe, ";
    let cases = [
        (
            "use dense_core",
            "use densecore",
            "line 16: found `use densecore::{Dense, PixelTable};`, wanted `use dense_core::{Dense, PixelTable};`",
        ),
        (
            "PixelTable::IDENTITY",
            "PixelTable::NEW",
            "line 19: found `pub static PIXEL_TABLE: PixelTable = PixelTable::NEW;`, wanted the table of pixels",
        ),
        (
            "784, 10> =",
            "784, 20> =",
            "line 23: found `pub static MODEL: Dense<784, 20> = Dense::from_bits([`, \
             wanted `pub static MODEL: Dense<784, 10> = Dense::from_bits([`",
        ),
        (first, "", "line 75: found 783 numbers in the array that ends here, wanted 784"),
        (first, "0x00000000, 0x00000000, ", "line 75: found 785 numbers in the array that ends here, wanted 784"),
        (first, "0x7f800000, ", "line 26: `0x7f800000,` is inf, wanted a finite number"),
        (first, "0xffc00000, ", "line 26: `0xffc00000,` is NaN, wanted a finite number"),
        (first, "0x+1234567, ", "line 26: found `0x+1234567,`, wanted a number such as `0x3f800000,`"),
        (first, "0x123456789, ", "line 26: found `0x123456789,`, wanted a number such as `0x3f800000,`"),
        (first, "1.0, ", "line 26: found `1.0,`, wanted a number such as `0x3f800000,`"),
        (first, "\u{1b}[2J, ", "line 26: found `\\u{1b}[2J,`, wanted a number such as `0x3f800000,`"),
        ("]);", "]); fn f() {}", "line 546: found `]);`, wanted a number such as `0x3f800000,`"),
        ("]);\n", "]);\nfn f() {}\n", "line 547: found `fn f() {}`, wanted the end of the file"),
        ("]);\n", "", "line 546: the file ends, wanted `]);`"),
    ];
    for (old, new, wanted) in cases {
        assert_eq!(text.matches(old).count(), 1, "{old}");
        let error = from_rust_source(&text.replace(old, new)).unwrap_err();
        assert_eq!(error.to_string(), wanted);
    }
    let long = "a".repeat(100_000);
    let error = from_rust_source(&long).unwrap_err().to_string();
    assert!(error.len() < 200, "{error}");
}

proptest! {
    #[test]
    fn arbitrary_text_never_panics(text in any::<String>()) {
        prop_assert!(from_rust_source(&text).is_err());
    }

    #[test]
    fn a_damaged_module_never_panics(
        start in 0..70_000_usize,
        length in 0..60_usize,
        new in ".{0,20}",
    ) {
        let mut text = source();
        text.replace_range(start..start + length, &new);
        let _ = from_rust_source(&text);
    }
}
