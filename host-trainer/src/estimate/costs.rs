//! Cost of a multiply-add and a layer, by processor, from the figures that `firmware/measure` writes and keeps fresh.
//!
//! An inference is taken to cost so much for each multiply-add and so much for each layer, and so is what a step does after
//! it. The numbers are those of two measured networks, 784-10 without a zero among the pixels and 96-24-5. On a Cortex-M4
//! others were estimated with these errors:
//!
//! | network | inference: instructions, cycles | SGD step: instructions, cycles |
//! |---|---|---|
//! | 150-32-7 | −1 %, +2 % | +7 %, +11 % |
//! | 784-32-10 | −11 %, −5 % | +7 %, +14 % |
//! | 4-8-3, of 56 multiply-adds | +9 %, −39 % | −40 %, −68 % |
//!
//! So it holds from about a thousand multiply-adds on. In int8 one network was measured, and layers cost nothing.

use serde::Serialize;

use super::Shape;

/// The figures.
const MEASURED: &str = include_str!("../../../firmware/measured.txt");

/// A processor that was measured, or that runs the same instructions as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Processor {
    M0,
    M3,
    M4,
    M7,
    M33,
    M55,
}

impl Processor {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::M0 => "Cortex-M0",
            Self::M3 => "Cortex-M3",
            Self::M4 => "Cortex-M4F",
            Self::M7 => "Cortex-M7",
            Self::M33 => "Cortex-M33",
            Self::M55 => "Cortex-M55",
        }
    }

    /// Suffix of the names of this processor's figures, empty for the Cortex-M4.
    fn suffix(self) -> String {
        if self == Self::M4 { String::new() } else { format!(", {self:?}") }
    }
}

/// Instructions and time of an inference or of a step.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(crate) struct Work {
    pub instructions: usize,
    /// Milliseconds, where clock and cycles are known: those of a Cortex-M4 with memory that has no wait states.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub milliseconds: Option<f64>,
}

/// A cost of each multiply-add, and of each layer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Rate {
    product: f64,
    layer: f64,
}

impl Rate {
    /// From what networks of one and of two layers take; no layer costs less than nothing.
    fn of_two(one: (&Shape, usize), two: (&Shape, usize)) -> Self {
        let products = [one.0.products(), two.0.products()].map(|products| products as f64);
        let [first, second] = [one.1, two.1].map(|measured| measured as f64);
        let product = (2.0 * first - second) / (2.0 * products[0] - products[1]);
        let layer = first - product * products[0];
        if layer < 0.0 { Self { product: first / products[0], layer: 0.0 } } else { Self { product, layer } }
    }

    fn plus(self, other: Self) -> Self {
        Self { product: self.product + other.product, layer: self.layer + other.layer }
    }

    pub(super) fn of(self, shape: &Shape) -> f64 {
        self.product * shape.products() as f64 + self.layer * shape.layers() as f64
    }
}

/// The rates of a kind of work: instructions, and cycles where they are estimated.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Cost {
    pub(super) instructions: Rate,
    pub(super) cycles: Option<Rate>,
}

impl Cost {
    pub(super) fn of(self, shape: &Shape, megahertz: Option<u32>) -> Work {
        let milliseconds = |(rate, megahertz): (Rate, u32)| rate.of(shape) / (1000.0 * f64::from(megahertz));
        Work {
            instructions: self.instructions.of(shape).round() as usize,
            milliseconds: self.cycles.zip(megahertz).map(milliseconds),
        }
    }
}

/// The costs on a processor: inference and step in f32, inference in int8.
pub(super) struct Costs {
    /// Inference and step in f32, where there is an FPU.
    pub(super) f32: Option<[Cost; 2]>,
    pub(super) int8: Cost,
}

impl Costs {
    pub(super) fn of(processor: Processor) -> Self {
        let suffix = processor.suffix();
        let linear = super::measured_shape();
        let int8 = |unit: &str, suffix: &str| {
            let measured = figure(&format!("{unit} of int8 inference without zeros{suffix}"));
            Rate { product: measured as f64 / linear.products() as f64, layer: 0.0 }
        };
        let is_m4 = processor == Processor::M4;
        let f32 = match processor {
            Processor::M0 | Processor::M3 => None,
            // Its kernels take zeros as any other number, so that the images will do.
            Processor::M55 => Some(f32_rates("instructions", "", ", M55").map(|rate| (rate, None))),
            // The instructions of all others with an FPU are the same.
            Processor::M4 | Processor::M7 | Processor::M33 => {
                let [inference, step] = f32_rates("instructions", " without zeros", "");
                let [inference_cycles, step_cycles] = f32_rates("cycles~", " without zeros", "");
                Some([(inference, is_m4.then_some(inference_cycles)), (step, is_m4.then_some(step_cycles))])
            }
        };
        let f32 = f32.map(|rates| rates.map(|(instructions, cycles)| Cost { instructions, cycles }));
        let cycles = is_m4.then(|| int8("cycles~", ""));
        Self { f32, int8: Cost { instructions: int8("instructions", &suffix), cycles } }
    }
}

/// The rates of an inference and of a step in f32, in this unit.
fn f32_rates(unit: &str, inputs: &str, suffix: &str) -> [Rate; 2] {
    let linear = super::measured_shape();
    let perceptron = Shape { widths: vec![96, 24, 5], input_bytes: 4 };
    let [one, two] = [
        ["inference", "a step of SGD"].map(|work| figure(&format!("{unit} of {work}{inputs}{suffix}"))),
        ["96-24-5 inference", "a 96-24-5 step of SGD"].map(|work| figure(&format!("{unit} of {work}{suffix}"))),
    ];
    let inference = Rate::of_two((&linear, one[0]), (&perceptron, two[0]));
    // What a step does after its inference.
    let backward = Rate::of_two((&linear, one[1] - one[0]), (&perceptron, two[1] - two[0]));
    [inference, inference.plus(backward)]
}

/// A figure by its name.
///
/// # Panics
/// It is not in the table, which a test rules out.
pub(super) fn figure(name: &str) -> usize {
    let number = MEASURED.lines().find_map(|line| line.strip_prefix(name)?.split_whitespace().next()?.parse().ok());
    number.unwrap_or_else(|| panic!("{name} is not in firmware/measured.txt"))
}
