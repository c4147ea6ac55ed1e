//! The story that is the same for every change: it fails, learns, recovers, and keeps that without power.

use std::io::{self, Write};
use std::process::Command;
use std::time::Duration;

use dense_protocol::messages::{Origin, Saved, Step};
use image::ImageResult;
use serde_json::json;

use super::AdaptArgs;
use crate::commands::on_device::{Host, Lesson, Practice, Printer, Taught, Teacher, test, test_recordings};
use crate::data::Samples;
use crate::device::stream::stream;
use crate::device::{Device, DeviceError, Reference};
use crate::failure::Failure;
use crate::plot::chart::{Axis, Chart};
use crate::plot::figure;
use crate::plot::palette::Hue;

/// The longest time from a power cycle to the first answer.
const RESTART_WAIT: Duration = Duration::from_secs(30);
/// How often the accuracies are measured for the picture.
const POINTS: usize = 25;

/// A change that the device adapts to: its name, test sets, lessons and first learning rate.
pub(super) struct Change {
    pub(super) what: String,
    /// The noun for a lesson: `image` or `window`.
    pub(super) lesson: &'static str,
    /// Samples to test with: as they were, and changed.
    pub(super) sets: [TestSet; 2],
    pub(super) lessons: Lessons,
    /// That of the first lesson.
    pub(super) learning_rate: f32,
}

/// Samples to test with.
pub(super) struct TestSet {
    pub(super) name: String,
    /// All of them, for the host.
    pub(super) samples: Samples,
    pub(super) tested: Tested,
}

/// The test samples of the device: the first ones, or recordings with their windows.
pub(super) enum Tested {
    /// The first samples.
    First(usize),
    /// Recordings, sent sample by sample, and their windows.
    Recordings { values: Vec<Vec<f32>>, windows: Samples },
}

impl TestSet {
    /// How many samples are tested on the device.
    fn tested(&self) -> usize {
        match &self.tested {
            Tested::First(limit) => self.samples.len().min(*limit),
            Tested::Recordings { windows, .. } => windows.len(),
        }
    }
}

/// The training samples of the device.
pub(super) struct Lessons {
    pub(super) samples: Samples,
    /// Where they are windows, their recordings, sent sample by sample.
    pub(super) recordings: Option<Vec<Vec<f32>>>,
}

/// The accuracies after so many lessons: on what was, and on what has changed.
type Point = (usize, [f64; 2]);

/// Teaches the device the change, prints how it goes, and returns the picture of it as PNG.
pub(super) fn tell(arguments: &AdaptArgs, host: &Host, train: &Samples, change: &Change) -> Result<Vec<u8>, Failure> {
    let printer = Printer { json: arguments.json };
    let (device, reference) = host.connect(&arguments.link, Some(train))?;
    let mut device = device;
    host.check_weights(&mut device, &reference)?;
    let mut reference = host.add_memory(&device, reference, train, arguments.factory)?;
    let info = device.info().clone();
    let (classes, lesson) = (host.model.output.width().max(2), change.lesson);
    let practises = info.memory.is_some() && arguments.practise > 0;
    let print_row = |name: &str, device: &mut Device, reference: &Reference| -> Result<(), Failure> {
        let mut line = format!("{name:<18}");
        let mut sets = Vec::new();
        for set in &change.sets {
            let tested = match &set.tested {
                Tested::First(limit) => test(device, Some(reference), &set.samples, *limit, classes)?,
                Tested::Recordings { values, windows } => {
                    let values: Vec<&[f32]> = values.iter().map(Vec::as_slice).collect();
                    test_recordings(device, Some(reference), &values, windows, classes)?
                }
            };
            let on_host = reference.metric(&set.samples)?;
            line += &format!(" {:>7.4} ({on_host:.4}) ", tested.metric);
            sets.push(json!({
                "name": set.name, "samples": tested.samples, "accuracy": tested.metric,
                "host_samples": set.samples.len(), "host_accuracy": on_host,
            }));
        }
        printer.event("accuracies", json!({ "when": name, "sets": sets }));
        printer.say(line.trim_end());
        Ok(())
    };

    printer.say(format_args!("{} at {}: kernel {}, {}", info.board, device.port(), info.kernel, info.clock()));
    printer.say(&change.what);
    printer.event(
        "start",
        json!({
            "command": "adapt", "board": info.board, "kernel": info.kernel, "change": change.what,
            "lessons": change.lessons.samples.len(), "learning_rate": change.learning_rate,
            "practice_steps": if practises { arguments.practise } else { 0 },
        }),
    );
    let [(sent, all), (other_sent, other_all)] =
        [0, 1].map(|set| (change.sets[set].tested(), change.sets[set].samples.len()));
    let counts = if (sent, all) == (other_sent, other_all) {
        format!("{sent} test {lesson}s each (and of the same weights on the host, {all})")
    } else {
        format!("{sent} and {other_sent} test {lesson}s (and of the same weights on the host, {all} and {other_all})")
    };
    printer.say(format_args!("accuracy on the device, {counts}"));
    printer.say(format_args!("{:<18} {:>16}  {:>16}", "", change.sets[0].name, change.sets[1].name));
    print_row("before", &mut device, &reference)?;

    let count = change.lessons.samples.len();
    let points = learn(arguments, change, practises, &mut device, &mut reference)?;
    let initial = change.learning_rate;
    printer.say(format_args!("{count} {lesson}s taught, the learning rate falling from {initial} to 0"));
    if practises {
        let (steps, rate) = (arguments.practise, arguments.practice_rate);
        printer
            .say(format_args!("after each, {steps} steps of practice, their learning rate falling from {rate} to 0"));
    }
    print_row("after", &mut device, &reference)?;

    let Saved { save, slot } = device.save()?;
    printer.say(format_args!("saved as number {save} in slot {slot}"));
    printer.event("saved", json!({ "save": save, "slot": slot }));
    drop(device);
    power_cycle(arguments.restart_command.as_deref(), printer)?;
    reference.restart();
    let mut device = arguments.link.open_within(RESTART_WAIT)?;
    let learned = device.counters()?.learned;
    if learned > 0 {
        let port = device.port();
        let fault = format!("the device was not turned off: it still counts {learned} lessons learned");
        return Err(Failure::about(port, fault));
    }
    let checksum = device.checksum()?;
    reference.check_weights("weights after the power cycle", checksum)?;
    if device.info().origin != Origin::Save(save) {
        let found = device.info().origin();
        return Err(Failure::of_result(format!(
            "after the power cycle the device's weights are {found}, not from save number {save}"
        )));
    }
    print_row("after power cycle", &mut device, &reference)?;
    printer.say(format_args!("kept: checksum {checksum:08x} before and after; `device reset` forgets it"));
    printer.event("kept", json!({ "checksum": checksum }));
    picture(change, &points).map_err(|error| Failure::about(arguments.output.display(), error))
}

/// Teaches the lessons, and measures in between.
fn learn(
    arguments: &AdaptArgs,
    change: &Change,
    practises: bool,
    device: &mut Device,
    reference: &mut Reference,
) -> Result<Vec<Point>, Failure> {
    let samples = &change.lessons.samples;
    let count = samples.len();
    let measure = |lessons, reference: &Reference| -> Result<Point, DeviceError> {
        Ok((lessons, [reference.metric(&change.sets[0].samples)?, reference.metric(&change.sets[1].samples)?]))
    };
    let mut points = vec![measure(0, reference)?];
    let mut teacher = Teacher::new(Some(reference), count);
    let mut index = 0;
    let mut next = |device: &mut Device, is_window| -> Result<(), DeviceError> {
        let step = |initial| Step { learning_rate: decayed(initial, index, count), first_trained: 0 };
        let practice = practises.then(|| Practice {
            steps: arguments.practise,
            seed: practice_seed(arguments.seed, index),
            step: step(arguments.practice_rate),
        });
        let lesson = Lesson { index, sample: samples.select(&[index]), step: step(change.learning_rate), practice };
        teacher.teach(device, &lesson, is_window)?;
        index += 1;
        if (index * POINTS) / count > ((index - 1) * POINTS) / count {
            points.extend(teacher.reference().map(|reference| measure(index, reference)).transpose()?);
        }
        Ok(())
    };
    match &change.lessons.recordings {
        None => (0..count).try_for_each(|_| next(device, false))?,
        Some(recordings) => {
            recordings.iter().try_for_each(|values| stream(device, values, |device, _| next(device, true)))?;
        }
    }
    let Taught { loss_before, loss_after, cycles } = teacher.finish(device)?;
    let printer = Printer { json: arguments.json };
    printer.say(device.info().time("a step", cycles));
    let means = json!({ "samples": count, "loss_before": loss_before, "loss_after": loss_after, "cycles": cycles });
    printer.event("lessons", means);
    Ok(points)
}

/// The learning rate of lesson `index` of `count`: linear decay from `initial` towards 0, which averages over the single
/// samples.
pub fn decayed(initial: f32, index: usize, count: usize) -> f32 {
    initial * ((count - index) as f32 / count as f32)
}

/// The seed of the practice after lesson `index`.
pub const fn practice_seed(seed: u64, index: usize) -> u32 {
    (seed as u32).wrapping_mul(1 << 16).wrapping_add(index as u32)
}

/// The accuracies over the lessons.
fn picture(change: &Change, points: &[Point]) -> ImageResult<Vec<u8>> {
    let ([original, changed], lesson) = ([&change.sets[0].name, &change.sets[1].name], change.lesson);
    let x = Axis::of(points.iter().map(|(lessons, _)| *lessons as f64), format!("{lesson}s taught"));
    let y = Axis::of(points.iter().flat_map(|(_, accuracies)| *accuracies), "accuracy");
    let mut chart = Chart::new("Accuracy on the test samples", change.what.clone(), x, y);
    for (set, hue) in [(0, Hue::Blue), (1, Hue::Orange)] {
        let line: Vec<(f64, f64)> = points.iter().map(|(lessons, found)| (*lessons as f64, found[set])).collect();
        chart.line(&line, hue);
    }
    let last = points.last().map_or([0.0; 2], |(_, accuracies)| *accuracies);
    let entry = |hue, name: &str, accuracy: f64| (hue, format!("{name} {accuracy:.3}"));
    chart.legend(&[entry(Hue::Blue, original, last[0]), entry(Hue::Orange, changed, last[1])]);
    figure::png(&[chart.figure()])
}

/// Has the device turned off and on.
fn power_cycle(command: Option<&str>, printer: Printer) -> Result<(), Failure> {
    let Some(command) = command else {
        // Standard output holds nothing but events there.
        let mut out: Box<dyn Write> = if printer.json { Box::new(io::stderr()) } else { Box::new(io::stdout()) };
        let asked = write!(out, "Turn the device off and on again, then press Enter. ").and_then(|()| out.flush());
        return match asked.and_then(|()| io::stdin().read_line(&mut String::new())) {
            Ok(0) | Err(_) => Err(nobody()),
            Ok(_) => Ok(()),
        };
    };
    let (shell, option) = if cfg!(windows) { ("cmd", "/C") } else { ("sh", "-c") };
    let about = |fault: String| Failure::about(format_args!("--restart-command `{command}`"), fault);
    let mut program = Command::new(shell);
    program.arg(option).arg(command);
    if printer.json {
        program.stdout(io::stderr());
    }
    match program.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(about(status.to_string())),
        Err(error) => Err(about(error.to_string())),
    }
}

pub(super) fn nobody() -> Failure {
    Failure::new("nobody there to turn the device off and on; name a program that does, with --restart-command")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn learning_rates_fall_evenly_and_every_practice_has_its_seed() {
        assert_eq!([0, 1, 2, 3].map(|index| decayed(0.5, index, 4)), [0.5, 0.375, 0.25, 0.125]);
        assert_eq!(
            [(0, 0), (0, 1), (1, 0), (2, 3)].map(|(seed, index)| practice_seed(seed, index)),
            [0, 1, 65_536, 131_075]
        );
    }
}
