//! Cost of a multiply-add, a layer and a unit, by processor, from the figures that `firmware/measure` writes and keeps fresh.
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
//! So it holds from about a thousand multiply-adds on.
//!
//! In int8 each unit has a cost as well: its sum becomes a byte. The costs are those of 784-10, 2-8-2 and 10-200-10, so that
//! small networks are estimated well. Quantising inputs that are not bytes is not counted. On a Cortex-M4 64-64-64-4 is
//! estimated with −21 %, and anomaly detection, whose units have one scale and whose zeros are skipped, with +21 %; the
//! latter with −4 % on a Cortex-M3 and +94 % on a Cortex-M55, whose wide layers cost less a unit as well.

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

/// A cost of each multiply-add, of each layer, and of each of its units.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Rate {
    pub(super) product: f64,
    pub(super) layer: f64,
    pub(super) unit: f64,
}

impl Rate {
    /// From what networks of one and of two layers take; no layer costs less than nothing.
    fn of_two(one: (&Shape, usize), two: (&Shape, usize)) -> Self {
        let products = [one.0.products(), two.0.products()].map(|products| products as f64);
        let [first, second] = [one.1, two.1].map(|measured| measured as f64);
        let product = (2.0 * first - second) / (2.0 * products[0] - products[1]);
        let layer = first - product * products[0];
        let (product, layer) = if layer < 0.0 { (first / products[0], 0.0) } else { (product, layer) };
        Self { product, layer, unit: 0.0 }
    }

    /// From what three networks take, by Cramer's rule.
    fn of_three(networks: [(&Shape, usize); 3]) -> Self {
        let rows = networks.map(|(shape, measured)| {
            [shape.products(), shape.layers(), shape.units(), measured].map(|number| number as f64)
        });
        let determinant = |columns: [usize; 3]| {
            let [a, b, c] = rows.map(|row| columns.map(|column| row[column]));
            a[0] * (b[1] * c[2] - b[2] * c[1]) - a[1] * (b[0] * c[2] - b[2] * c[0]) + a[2] * (b[0] * c[1] - b[1] * c[0])
        };
        let [product, layer, unit] =
            [[3, 1, 2], [0, 3, 2], [0, 1, 3]].map(|columns| determinant(columns) / determinant([0, 1, 2]));
        Self { product, layer, unit }
    }

    fn plus(self, other: Self) -> Self {
        Self { product: self.product + other.product, layer: self.layer + other.layer, unit: self.unit + other.unit }
    }

    pub(super) fn of(self, shape: &Shape) -> f64 {
        [(self.product, shape.products()), (self.layer, shape.layers()), (self.unit, shape.units())]
            .map(|(cost, count)| cost * count as f64)
            .iter()
            .sum()
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
        let int8 = |unit: &str| {
            let small = |widths: [usize; 3]| Shape { widths: widths.to_vec(), input_bytes: 1 };
            let [linear, two, ten] =
                ["int8 inference without zeros", "2-8-2 int8 inference", "10-200-10 int8 inference"]
                    .map(|work| figure(&format!("{unit} of {work}{suffix}")));
            Rate::of_three([(&super::measured_shape(), linear), (&small([2, 8, 2]), two), (&small([10, 200, 10]), ten)])
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
        Self { f32, int8: Cost { instructions: int8("instructions"), cycles: is_m4.then(|| int8("cycles~")) } }
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
