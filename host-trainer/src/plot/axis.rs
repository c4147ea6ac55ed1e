//! The parts of an axis: round numbers to name, and labels that do not touch.

/// Between the baselines of two labels, at least.
pub(crate) const LABEL_PITCH: f32 = 15.0;
/// Lines across, at most.
const MOST_TICKS: f64 = 5.0;

/// The least and the greatest of some numbers; without any, the other way round.
pub(crate) fn bounds(values: impl IntoIterator<Item = f64>) -> (f64, f64) {
    values.into_iter().fold((f64::MAX, f64::MIN), |(low, high), value| (low.min(value), high.max(value)))
}

/// Round numbers from at or below `low` to at or above `high`, evenly spaced, at least two of them.
pub(crate) fn ticks(low: f64, high: f64) -> Vec<f64> {
    let range = if high > low { high - low } else { high.abs().max(1e-6) };
    let least = range / MOST_TICKS;
    let power = 10_f64.powf(least.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].map(|multiple| multiple * power).into_iter().find(|&step| step >= least);
    let step = step.unwrap_or(least);
    let (first, last) = ((low / step + 1e-9).floor(), (high / step - 1e-9).ceil());
    let count = (last - first).max(1.0) as usize;
    (0..=count).map(|tick| (first + tick as f64) * step).collect()
}

/// A tick with as many decimals as its step needs.
pub(crate) fn tick_text(tick: f64, step: f64) -> String {
    let decimals = (-step.log10().floor()).clamp(0.0, 9.0) as usize;
    format!("{tick:.decimals$}")
}

/// Moves the baselines of labels, the uppermost first, down until none touches another, and up to the lowest place there
/// is.
pub(crate) fn keep_apart<'a>(baselines: impl ExactSizeIterator<Item = &'a mut f32>, lowest: f32) {
    let mut above = f32::MIN;
    let count = baselines.len();
    for (index, baseline) in baselines.enumerate() {
        let room = lowest - LABEL_PITCH * (count - 1 - index) as f32;
        *baseline = baseline.max(above).min(room);
        above = *baseline + LABEL_PITCH;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_enclose_the_values() {
        for (low, high, wanted) in [
            (0.41, 0.83, &[0.4, 0.5, 0.6, 0.7, 0.8, 0.9][..]),
            (70.3, 86.0, &[70.0, 75.0, 80.0, 85.0, 90.0]),
            (0.0, 1.0, &[0.0, 0.2, 0.4, 0.6, 0.8, 1.0]),
            (2.0, 2.0, &[2.0, 2.5]),
            (0.0, 0.0, &[0.0, 2e-7]),
        ] {
            let found = ticks(low, high);
            let near = |(found, wanted): (&f64, &f64)| (found - wanted).abs() < 1e-9;
            assert!(found.len() == wanted.len() && found.iter().zip(wanted).all(near), "{low}..{high}: {found:?}");
        }
        assert_eq!(tick_text(0.6, 0.2), "0.6");
        assert_eq!(tick_text(80.0, 5.0), "80");
    }
}
