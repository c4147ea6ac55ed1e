//! Training progress on standard output, in Keras's format.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use formats::four_digits;
use training::{Epoch, Metrics};

use super::summary::thousands;
use super::{Verbosity, columns, print, width, wrap};
use crate::events::{Event, named};

/// Steps between two looks at the clock: a step can be shorter than the look.
const STEPS_PER_LOOK: usize = 64;
/// Redraws per second, at most.
const REDRAWS_PER_SECOND: u8 = 20;
/// A bar shorter than this shows nothing.
const LEAST_BAR: usize = 5;
const REDRAW_INTERVAL: Duration = Duration::from_millis(1000 / REDRAWS_PER_SECOND as u64);

/// The progress of a fit: a bar per epoch on a terminal, or else a line per epoch.
pub(crate) struct Progress {
    display: Display,
    labels: ProgressLabels,
    epochs: usize,
    steps_per_epoch: usize,
    epoch: usize,
    epoch_start: Instant,
    last_redraw: Instant,
    /// The step at which to look at the clock again.
    next_look: usize,
}

/// Names of the metric and of the samples in the progress of a fit.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ProgressLabels {
    pub metric: &'static str,
    /// The plural of what is learned from, such as `images`.
    pub samples: &'static str,
}

enum Display {
    Nothing,
    Lines,
    Events,
    Bar(ProgressBar),
}

impl Progress {
    /// Progress of a fit of `epochs` passes of `steps_per_epoch` steps. Where standard output is no terminal, lines stand
    /// in for a bar.
    pub(crate) fn new(voice: Verbosity, labels: ProgressLabels, epochs: usize, steps_per_epoch: usize) -> Self {
        let display = match voice {
            Verbosity::Silent => Display::Nothing,
            Verbosity::Json => Display::Events,
            Verbosity::Bar if !ProgressDrawTarget::stdout().is_hidden() => Display::Bar(ProgressBar::hidden()),
            Verbosity::Bar | Verbosity::Lines => Display::Lines,
        };
        let now = Instant::now();
        Self {
            display,
            labels,
            epochs,
            steps_per_epoch,
            epoch: 0,
            epoch_start: now,
            last_redraw: now,
            next_look: usize::MAX,
        }
    }

    #[cold]
    fn look(&mut self, steps_done: usize, current: &dyn Fn() -> (Metrics, usize)) {
        self.next_look = steps_done + STEPS_PER_LOOK;
        let now = Instant::now();
        if now - self.last_redraw < REDRAW_INTERVAL {
            return;
        }
        self.last_redraw = now;
        if let Display::Bar(bar) = &self.display {
            let (metrics, samples) = current();
            let seconds = (now - self.epoch_start).as_secs_f64();
            let room = columns().saturating_sub(least_bar(self.steps_per_epoch));
            bar.set_message(fit_text(self.labels, metrics, None, seconds, samples, room));
            bar.set_position(steps_done as u64);
        }
    }
}

impl training::Progress for Progress {
    fn start_epoch(&mut self, epoch: usize) {
        self.epoch = epoch;
        if let Display::Bar(bar) = &mut self.display {
            print(&format!("Epoch {epoch}/{}\n", self.epochs));
            *bar = new_bar(self.steps_per_epoch);
            self.epoch_start = Instant::now();
            self.next_look = STEPS_PER_LOOK;
        }
    }

    fn step(&mut self, steps_done: usize, current: &dyn Fn() -> (Metrics, usize)) {
        if steps_done >= self.next_look {
            self.look(steps_done, current);
        }
    }

    fn finish_epoch(&mut self, epoch: &Epoch, samples: usize) {
        self.next_look = usize::MAX;
        let text = |room| fit_text(self.labels, epoch.train, epoch.validation, epoch.seconds, samples, room);
        let (number, epochs, steps) = (self.epoch, self.epochs, self.steps_per_epoch);
        match &self.display {
            Display::Nothing => {}
            Display::Events => {
                print(&Event::Epoch { epoch: number, epochs, result: named(epoch, self.labels.metric) }.line())
            }
            Display::Lines => {
                let start = format!("Epoch {number}/{epochs} - {steps}/{steps} - ");
                let room = width().map_or(usize::MAX, |width| width.saturating_sub(start.len()));
                print(&wrap(&format!("{start}{}\n", text(room)), 2));
            }
            Display::Bar(bar) => {
                let room = columns().saturating_sub(least_bar(steps));
                let text = text(room);
                if text.len() <= room {
                    bar.finish_with_message(text);
                    // The finished bar leaves the cursor at its end.
                    print("\n");
                } else {
                    bar.finish_and_clear();
                    print(&wrap(&format!("{steps}/{steps} - {text}\n"), 2));
                }
            }
        }
    }

    fn break_off(&mut self) {
        if let Display::Bar(bar) = &self.display
            && self.epoch > 0
            && !bar.is_finished()
        {
            bar.abandon();
            print("\n");
        }
    }
}

/// The result of a test of `steps` batches that took `seconds`: loss and metrics by name, the loss first.
pub(crate) fn evaluation_text(metrics: &BTreeMap<String, f64>, seconds: f64, steps: usize) -> String {
    let metrics: String = ordered(metrics).map(|(name, value)| format!(" - {name}: {}", four_digits(value))).collect();
    format!("{steps}/{steps}{metrics} - {seconds:.3}s\n")
}

/// Metrics by name, the loss first.
pub(crate) fn ordered(metrics: &BTreeMap<String, f64>) -> impl Iterator<Item = (&str, f64)> {
    let (loss, others): (Vec<_>, Vec<_>) = metrics.iter().partition(|(name, _)| *name == "loss");
    loss.into_iter().chain(others).map(|(name, &value)| (name.as_str(), value))
}

/// Without the samples per second, where they do not fit into so much room.
fn fit_text(
    labels: ProgressLabels,
    trained: Metrics,
    validation: Option<Metrics>,
    seconds: f64,
    samples: usize,
    room: usize,
) -> String {
    let ProgressLabels { metric: name, samples: noun } = labels;
    let metrics = |prefix, Metrics { loss, metric }| {
        format!(" - {prefix}loss: {} - {prefix}{name}: {}", four_digits(loss), four_digits(metric))
    };
    let mut text = format!("{seconds:.3}s{}", metrics("", trained));
    text += &validation.map_or_else(String::new, |validation| metrics("val_", validation));
    let rate = thousands((samples as f64 / seconds.max(1e-9)).round() as usize);
    let rate = format!(" - {rate} {noun}/s");
    if text.len() + rate.len() <= room {
        text += &rate;
    }
    text
}

/// The columns that a bar of so many steps takes at least, with its numbers and what parts it from the text.
fn least_bar(steps: usize) -> usize {
    2 * steps.to_string().len() + 1 + 2 + LEAST_BAR
}

fn new_bar(steps: usize) -> ProgressBar {
    let width = steps.to_string().len();
    let template = format!("{{pos:>{width}}}/{{len}} {{wide_bar:.green}} {{msg}}");
    let style = ProgressStyle::with_template(&template)
        .expect("the template is well formed whatever the width")
        .progress_chars("━╸─");
    let target = ProgressDrawTarget::stdout_with_hz(REDRAWS_PER_SECOND);
    ProgressBar::with_draw_target(Some(steps as u64), target).with_style(style)
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;
    use training::Progress as _;

    const METRICS: Metrics = Metrics { loss: 0.482_34, metric: 0.833_06 };
    const LABELS: ProgressLabels = ProgressLabels { metric: "accuracy", samples: "images" };

    #[test]
    fn text_is_as_documented() {
        let validated = Some(Metrics { loss: 0.5, metric: 0.25 });
        for (seconds, samples, validation, room, wanted) in [
            (0.025, 60_000, None, 61, "0.025s - loss: 0.4823 - accuracy: 0.8331 - 2,400,000 images/s"),
            (0.025, 60_000, None, 60, "0.025s - loss: 0.4823 - accuracy: 0.8331"),
            (0.025, 60_000, None, 0, "0.025s - loss: 0.4823 - accuracy: 0.8331"),
            (61.5, 0, None, 80, "61.500s - loss: 0.4823 - accuracy: 0.8331 - 0 images/s"),
            (0.0, 1, None, 80, "0.000s - loss: 0.4823 - accuracy: 0.8331 - 1,000,000,000 images/s"),
            (
                0.5,
                8,
                validated,
                99,
                "0.500s - loss: 0.4823 - accuracy: 0.8331 - val_loss: 0.5000 - val_accuracy: 0.2500 - 16 images/s",
            ),
        ] {
            assert_eq!(fit_text(LABELS, METRICS, validation, seconds, samples, room), wanted);
        }
        let metrics = [("accuracy", 0.833_06), ("auc", 0.9), ("loss", 0.482_34)];
        let metrics = metrics.map(|(name, value)| (name.to_owned(), value)).into();
        let wanted = "313/313 - loss: 0.4823 - accuracy: 0.8331 - auc: 0.9000 - 0.003s\n";
        assert_eq!(evaluation_text(&metrics, 0.003, 313), wanted);
    }

    #[test]
    fn metrics_are_asked_for_only_when_a_redraw_is_due() {
        let Some(long_ago) = Instant::now().checked_sub(2 * REDRAW_INTERVAL) else {
            return;
        };
        let mut progress = Progress {
            display: Display::Bar(ProgressBar::hidden()),
            labels: LABELS,
            epochs: 1,
            steps_per_epoch: 1_875,
            epoch: 1,
            epoch_start: long_ago,
            last_redraw: long_ago,
            next_look: STEPS_PER_LOOK,
        };
        let asked_at = RefCell::new(Vec::new());
        for steps_done in 1..=3 * STEPS_PER_LOOK {
            if steps_done == 2 * STEPS_PER_LOOK + 1 {
                progress.last_redraw = long_ago;
            }
            progress.step(steps_done, &|| {
                asked_at.borrow_mut().push(steps_done);
                (METRICS, 32 * steps_done)
            });
        }
        assert_eq!(asked_at.into_inner(), [STEPS_PER_LOOK, 3 * STEPS_PER_LOOK]);
    }

    #[test]
    fn metrics_are_never_asked_for_without_a_bar() {
        for voice in [Verbosity::Silent, Verbosity::Lines, Verbosity::Json] {
            let mut progress = Progress::new(voice, LABELS, 1, 1_000);
            progress.start_epoch(1);
            for steps_done in 1..=1_000 {
                progress.step(steps_done, &|| panic!("asked at step {steps_done}"));
            }
        }
    }
}
