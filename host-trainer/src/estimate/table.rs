//! The table of networks and boards in the README of the firmware.
//!
//! `UPDATE_FIGURES=1 cargo test -p host-trainer --lib estimate::table` writes it anew.

use std::path::Path;
use std::{env, fs};

use super::*;
use crate::report::device::duration;
use crate::terminal::summary::thousands;

const START: &str = "<!-- boards -->\n";
const END: &str = "<!-- end of boards -->\n";
/// As they are in `firmware/machines`, and as they are here.
const MACHINES: [(&str, &str); 5] = [
    ("stm32f405", "STM32F405"),
    ("stm32f411", "STM32F411"),
    ("nrf52840-dk", "nRF52840-DK"),
    ("rp2040", "Pico"),
    ("pico2", "Pico 2"),
];

fn table() -> String {
    let [names, rules] =
        [MACHINES.map(|(machine, _)| format!(" `{machine}` |")).concat(), MACHINES.map(|_| "---|").concat()];
    let mut text = format!("| network | |{names}\n|---|---|{rules}\n");
    for (name, widths, input_bytes, forms) in [
        ("784-10", &[784, 10][..], 1, &["f32", "int8"][..]),
        ("784-32-10", &[784, 32, 10], 1, &["f32", "int8"]),
        ("784-128-64-10", &[784, 128, 64, 10], 1, &["f32", "int8"]),
        ("150-32-7", &[150, 32, 7], 4, &["f32", "int8"]),
        ("`ad01`", &[640, 128, 128, 128, 128, 8, 128, 128, 128, 128, 640], 1, &["int8"]),
    ] {
        let shape = Shape { widths: widths.to_vec(), input_bytes };
        for &form in forms {
            let cells = MACHINES.map(|(_, name)| format!(" {} |", cell(&shape, form, name))).concat();
            text += &format!("| {name} | {form} |{cells}\n");
        }
    }
    text
}

fn cell(shape: &Shape, form: &str, name: &str) -> String {
    let board = BOARDS.iter().find(|board| board.name == name).unwrap();
    let Estimate { f32, int8, .. } = estimate(shape, board);
    let work = |work: &Work| {
        let instructions = || format!("{} instr.", thousands(work.instructions));
        work.milliseconds.map_or_else(instructions, duration)
    };
    let program = if form == "int8" {
        int8
    } else {
        // Without an FPU it runs as well, but the time of floats in software is not estimated.
        let (flash, ram, stack) = f32_memory(shape);
        f32.unwrap_or_else(|| program(board, flash, ram, stack, Work { instructions: 0, milliseconds: None }))
    };
    if !program.fits {
        return format!("no: {}", program.lacks());
    }
    let memory = format!("{} + {}", program.flash.needed.div_ceil(1024), program.ram.needed.div_ceil(1024));
    let works: Vec<String> = std::iter::once(&program.inference).chain(&program.sgd_step).map(work).collect();
    let estimated = program.inference.instructions > 0;
    if estimated { format!("{memory}<br>{}", works.join(", ")) } else { memory }
}

#[test]
fn the_readme_of_the_firmware_has_it() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../firmware/README.md");
    let readme = fs::read_to_string(&path).unwrap();
    let (before, rest) = readme.split_once(START).expect("the table's first line");
    let (found, after) = rest.split_once(END).expect("the table's last line");
    if env::var_os("UPDATE_FIGURES").is_some() {
        fs::write(&path, format!("{before}{START}{}{END}{after}", table())).unwrap();
        return;
    }
    assert_eq!(found, table(), "firmware/README.md is stale: UPDATE_FIGURES=1 writes its table anew");
}
