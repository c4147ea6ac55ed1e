//! The section on microcontrollers: memory, instructions and time of the network on each board.

use formats::Model;

use super::page::table;
use crate::estimate::{Estimate, Memory, Program, Shape, Work, estimates, kilobytes};
use crate::plot::figure::escape;
use crate::terminal::summary::thousands;

/// Where the numbers come from, in a sentence.
pub(super) const EXPLANATION: &str = "Estimated from the network's shape and from measured costs of the firmware's kernels, \
     inputs without zeros; instructions and times within 20 % in f32 and 30 % in int8 of what was measured for networks of \
     some thousand multiply-adds; smaller ones take longer in f32 than estimated, and wide layers less in int8 on a \
     Cortex-M55. Int8 is from bytes on: quantising other inputs is not counted. Times are those of memory without wait states. RAM includes weights that learn and the deepest stack.";

/// A row for each board.
pub(super) fn html(model: &Model) -> String {
    let row = |estimate: Estimate| {
        let program = estimate.program();
        let clock = estimate.megahertz.map_or_else(String::new, |clock| format!(", {clock} MHz"));
        let fits = if program.fits { "fits" } else { "lacks" };
        vec![
            format!("{}<br><small>{}{clock}</small>", escape(estimate.board), estimate.processor),
            format!("<td class=\"verdict {fits}\">{}</td>", escape(&estimate.verdict())),
            memory(program.flash),
            memory(program.ram),
            kilobytes(program.stack),
            estimate.f32.as_ref().map_or_else(dash, |program| work(&program.inference)),
            estimate.f32.as_ref().and_then(|program| program.sgd_step.as_ref()).map_or_else(dash, work),
            work(&estimate.int8.inference),
        ]
    };
    let rows: Vec<Vec<String>> = estimates(&Shape::of(model)).into_iter().map(row).collect();
    let headings = ["Board", "Verdict", "Flash", "RAM", "Stack", "Inference, f32", "SGD step", "Inference, int8"];
    table("scores boards", "The network on boards", &headings, &rows)
}

fn memory(memory: Memory) -> String {
    format!("{}<br><small>of {}</small>", kilobytes(memory.needed), kilobytes(memory.available))
}

fn dash() -> String {
    "–".into()
}

/// The time, where it is known, and the instructions.
fn work(work: &Work) -> String {
    let instructions = format!("{} instr.", thousands(work.instructions));
    match work.milliseconds {
        Some(milliseconds) => format!("{}<br><small>{instructions}</small>", duration(milliseconds)),
        None => format!("<small>{instructions}</small>"),
    }
}

/// A time of so many milliseconds, in the unit that fits it.
pub(crate) fn duration(milliseconds: f64) -> String {
    if milliseconds < 1.0 { format!("{:.0} µs", 1000.0 * milliseconds) } else { format!("{milliseconds:.1} ms") }
}

/// The boards as text: what fits, what it takes, and how long.
pub(crate) fn rows(model: &Model) -> Vec<Vec<String>> {
    let text =
        |work: &Work| work.milliseconds.map_or_else(|| format!("{} instr.", thousands(work.instructions)), duration);
    let row = |estimate: Estimate| {
        let Program { flash, ram, .. } = estimate.program();
        let f32 = estimate.f32.as_ref();
        vec![
            estimate.board.to_owned(),
            match f32 {
                Some(f32) if f32.fits => "yes".into(),
                _ if estimate.int8.fits => "in int8".into(),
                _ => "no".into(),
            },
            kilobytes(flash.needed),
            kilobytes(ram.needed),
            f32.map_or_else(dash, |program| text(&program.inference)),
            f32.and_then(|program| program.sgd_step.as_ref()).map_or_else(dash, text),
            text(&estimate.int8.inference),
        ]
    };
    estimates(&Shape::of(model)).into_iter().map(row).collect()
}
