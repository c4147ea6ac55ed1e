use std::fs;
use std::path::Path;

use dense_core::activations::Relu;
use dense_core::{Hidden, Output, Sgd, SparseCategoricalCrossEntropy, Trainer};

use super::costs::{Cost, Processor};
use super::*;

fn shape(widths: &[usize], input_bytes: usize) -> Shape {
    Shape { widths: widths.to_vec(), input_bytes }
}

fn error(estimated: f64, measured: usize) -> f64 {
    estimated / measured as f64 - 1.0
}

/// 150-32-7 as `firmware/measure` keeps it fresh; 784-32-10 as `tools/m4cycles` counted it, mean of twenty images without
/// zeros, in `firmware/src/bin/bench.rs` with that network.
#[test]
fn networks_that_were_not_fitted_are_estimated_within_a_fifth() {
    let watch = ["inference", "step of SGD"].map(|work| {
        let article = if work == "inference" { "" } else { "a " };
        ["instructions", "cycles~"].map(|unit| figure(&format!("{unit} of {article}150-32-7 {work}")))
    });
    let hidden = [[48_614, 133_986], [130_180, 289_255]];
    let costs = Costs::of(Processor::M4).f32.unwrap();
    for (shape, measured) in [(shape(&[150, 32, 7], 4), watch), (shape(&[784, 32, 10], 1), hidden)] {
        for (cost, [instructions, cycles]) in costs.iter().zip(measured) {
            for (rate, measured) in [(cost.instructions, instructions), (cost.cycles.unwrap(), cycles)] {
                let error = error(rate.of(&shape), measured);
                assert!(error.abs() < 0.2, "{:?}: {measured} measured, {:+.1} %", shape.widths, 100.0 * error);
                println!("{:?}: {measured} measured, {:+.1} %", shape.widths, 100.0 * error);
            }
        }
    }
}

#[test]
fn measured_networks_are_met() {
    for (processor, suffix, zeros) in [(Processor::M4, "", " without zeros"), (Processor::M55, ", M55", "")] {
        let [inference, _] = Costs::of(processor).f32.unwrap();
        let linear = figure(&format!("instructions of inference{zeros}{suffix}"));
        let perceptron = figure(&format!("instructions of 96-24-5 inference{suffix}"));
        for (shape, measured) in [(measured_shape(), linear), (shape(&[96, 24, 5], 4), perceptron)] {
            assert!(error(inference.instructions.of(&shape), measured).abs() < 1e-9);
        }
    }
}

/// Memory as the compiler lays it out, and as the linker placed the measured programs.
#[test]
fn memory_is_counted_as_it_is_laid_out() {
    type Perceptron = Hidden<96, 24, Relu, Output<24, 5, SparseCategoricalCrossEntropy>>;
    let shape = shape(&[96, 24, 5], 4);
    assert_eq!(shape.f32_bytes(), size_of::<Perceptron>());
    assert_eq!(LAYER_ALIGNMENT, align_of::<dense_core::Dense<24, 5>>());
    let workspace = 2 * size_of::<f32>() * shape.hidden_units();
    // Beside the hidden layer, the outputs and a few words, which the measured program has as well.
    let trainer = size_of::<Trainer<Perceptron, Sgd, 1>>();
    assert!((workspace..workspace + 256).contains(&trainer), "{trainer}");

    let measured = measured_shape();
    let board = &BOARDS[0];
    let int8 = estimate(&measured, board).int8;
    assert_eq!(int8.flash.needed, figure("flash of package classify, bytes"));
    assert_eq!(int8.ram.needed, figure("RAM of package classify and stack, bytes"));
}

#[test]
fn verdicts_say_what_is_missing() {
    let verdict = |widths: &[usize], board: &str| {
        let all = estimates(&shape(widths, 1));
        all.into_iter().find(|estimate| estimate.board == board).unwrap().verdict()
    };
    for (widths, board, wanted) in [
        (&[784, 10][..], "STM32F405", "fits: infers, learns and saves"),
        (&[784, 10], "micro:bit", "fits in int8: infers"),
        (&[784, 40, 10], "STM32F405", "fits in int8: infers; learning needs 131 KB of 128 KB RAM"),
        (&[784, 400, 10], "micro:bit", "does not fit: needs 318 KB of 248 KB flash"),
        (&[784, 50, 10], "nRF52840-DK", "fits: infers and learns, cannot save"),
    ] {
        assert_eq!(verdict(widths, board), wanted, "{widths:?}");
    }
}

/// The memory that the linker has, by region.
#[test]
fn boards_have_the_memory_of_the_memory_maps() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../firmware/memory");
    for (board, file) in [
        ("micro:bit", "microbit"),
        ("nRF52840-DK", "nrf52840"),
        ("STM32F405", "stm32f405"),
        ("STM32F411", "stm32f411"),
        ("Pico", "rp2040"),
        ("Pico 2", "rp2350"),
        ("MPS2 AN385", "mps2-an385"),
        ("MPS2 AN500", "mps2-an385"),
        ("MPS2 AN505", "mps2-an505"),
        ("MPS3 AN547", "mps3-an547"),
    ] {
        let text = fs::read_to_string(folder.join(format!("{file}.x"))).unwrap();
        let length = |region: &str| -> usize {
            let line = text.lines().find(|line| line.trim_start().starts_with(&format!("{region} :"))).unwrap();
            let sum = line.split("LENGTH = ").nth(1).unwrap();
            let number = |term: &str| term.trim().trim_end_matches('K').parse::<usize>().unwrap();
            let mut terms = sum.split('-').map(number);
            let first = terms.next().unwrap();
            1024 * terms.fold(first, |left, term| left - term)
        };
        let board = BOARDS.iter().find(|found| found.name == board).unwrap();
        assert_eq!((board.flash, board.ram), (length("FLASH"), length("STACK") + length("RAM")), "{file}");
    }
}

/// No cost is negative, and no network costs next to nothing; anomaly detection is not one that the costs were fitted to.
#[test]
fn int8_is_estimated_for_small_and_for_large_networks() {
    let anomaly = shape(&[640, 128, 128, 128, 128, 8, 128, 128, 128, 128, 640], 1);
    for (processor, suffix) in [
        (Processor::M0, ", M0"),
        (Processor::M3, ", M3"),
        (Processor::M4, ""),
        (Processor::M7, ", M7"),
        (Processor::M33, ", M33"),
        (Processor::M55, ", M55"),
    ] {
        let Cost { instructions, cycles } = Costs::of(processor).int8;
        for rate in [Some(instructions), cycles].into_iter().flatten() {
            assert!(rate.product > 0.0 && rate.layer > 0.0 && rate.unit > 0.0, "{processor:?}: {rate:?}");
        }
        for (widths, work) in [
            (&[784, 10][..], "int8 inference without zeros"),
            (&[2, 8, 2], "2-8-2 int8 inference"),
            (&[10, 200, 10], "10-200-10 int8 inference"),
        ] {
            let measured = figure(&format!("instructions of {work}{suffix}"));
            let error = error(instructions.of(&shape(widths, 1)), measured);
            assert!(error.abs() < 1e-9, "{processor:?}, {widths:?}: {error}");
        }
        let hidden = error(instructions.of(&shape(&[64, 64, 64, 4], 1)), 21_234);
        assert!(processor != Processor::M4 || hidden.abs() < 0.3, "{hidden}");
        let smallest = instructions.of(&shape(&[1, 1], 1));
        assert!(smallest > 150.0, "{processor:?}: {smallest}");
        if processor != Processor::M0 {
            let error = error(instructions.of(&anomaly), figure(&format!("instructions of anomaly detection{suffix}")));
            println!("{processor:?}: anomaly detection {:+.0} %", 100.0 * error);
            assert!((-0.1..1.0).contains(&error), "{processor:?}: {error}");
        }
    }
}
