//! Windows of a time series.

use formats::Window;

/// The first row of each window, and where it lies in its run, from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct WindowStart {
    pub(super) row: usize,
    pub(super) position: f64,
}

/// Places of windows of `length` rows, each `stride` rows after the one before, in runs of consecutive rows that `key`
/// maps to the same value; none crosses the border of a run, and rows without a key are in none.
pub(super) fn places<K: PartialEq>(
    rows: usize,
    key: impl Fn(usize) -> Option<K>,
    length: usize,
    stride: usize,
) -> Vec<WindowStart> {
    let mut places = Vec::new();
    for run in runs(rows, key) {
        let windows = run.len().checked_sub(length).map_or(0, |room| room / stride + 1);
        for window in 0..windows {
            let row = run.start + window * stride;
            places.push(WindowStart { row, position: (row - run.start) as f64 / run.len() as f64 });
        }
    }
    places
}

/// Ranges of consecutive rows that `key` maps to the same value.
pub(super) fn runs<K: PartialEq>(rows: usize, key: impl Fn(usize) -> Option<K>) -> Vec<std::ops::Range<usize>> {
    let mut runs = Vec::<std::ops::Range<usize>>::new();
    for row in 0..rows {
        let Some(found) = key(row) else { continue };
        match runs.last_mut() {
            Some(run) if run.end == row && key(row - 1).is_some_and(|before| before == found) => run.end += 1,
            _ => runs.push(row..row + 1),
        }
    }
    runs
}

/// The inputs of windows: of each, rows of `window.downsample` rows' mean, channel by channel. A mean is the sum in
/// rising order of rows, divided by their number, in f32.
pub(super) fn cut(values: &[f32], window: &Window, places: &[WindowStart]) -> Vec<f32> {
    let channels = window.channels.len();
    let mut inputs = vec![0.0; places.len() * window.features()];
    for (input, place) in inputs.chunks_exact_mut(window.features()).zip(places) {
        let series = &values[place.row * channels..][..window.length * channels];
        let averaged = series.chunks_exact(window.downsample * channels);
        for (means, rows) in input.chunks_exact_mut(channels).zip(averaged) {
            for row in rows.chunks_exact(channels) {
                means.iter_mut().zip(row).for_each(|(sum, value)| *sum += value);
            }
            means.iter_mut().for_each(|sum| *sum /= window.downsample as f32);
        }
    }
    inputs
}
