//! Windows of a time series.

use dense_protocol::messages::{self, Floats, Refusal};

/// The newest samples of a time series, from which windows are cut.
///
/// A window is `length` samples; the next one begins `stride` samples later. The network's input is its rows, each the
/// mean of `downsample` consecutive samples, channel by channel: the sum in rising order, divided by their number, in f32,
/// as `host-trainer` cuts them.
#[derive(Debug)]
pub struct Window<'a> {
    shape: messages::Window,
    /// A ring of the last `length` samples, `[sample][channel]`.
    samples: &'a mut [f32],
    /// Where the next sample goes.
    next: usize,
    /// Samples that are missing to the next window.
    missing: u16,
    /// Whether the ring is full.
    full: bool,
    /// Whether the samples are those of the device's own sensor.
    measured: bool,
}

impl<'a> Window<'a> {
    /// Before the first sample. `samples` is memory for one window.
    ///
    /// # Panics
    /// Where a number of the shape is 0, a window is not whole rows, or `samples` is not `length` · `channels` long.
    #[must_use]
    pub const fn new(shape: messages::Window, samples: &'a mut [f32]) -> Self {
        let messages::Window { channels, length, stride, downsample } = shape;
        assert!(channels > 0 && length > 0 && stride > 0 && downsample > 0, "no number of a window is 0");
        assert!(length.is_multiple_of(downsample), "a window is whole rows");
        assert!(samples.len() == length as usize * channels as usize, "memory for one window");
        Self { shape, samples, next: 0, missing: length, full: false, measured: false }
    }

    /// Shape of its windows: channels, length, stride and downsampling.
    #[must_use]
    pub const fn shape(&self) -> messages::Window {
        self.shape
    }

    /// Numbers of an input of the network.
    #[must_use]
    pub const fn inputs(&self) -> usize {
        self.samples.len() / at_least_one(self.shape.downsample)
    }

    /// Samples that are missing to the next window; 0 where one is complete.
    #[must_use]
    pub const fn missing(&self) -> u16 {
        self.missing
    }

    /// Begins a new series.
    pub const fn restart(&mut self) {
        self.next = 0;
        self.missing = self.shape.length;
        self.full = false;
    }

    /// Whether its samples are those of the device's own sensor.
    #[must_use]
    pub const fn is_measured(&self) -> bool {
        self.measured
    }

    /// Appends samples of the host, `[sample][channel]`, or begins a new series with them, and returns how many are missing
    /// now.
    ///
    /// # Errors
    /// [`Refusal::Samples`] for more than are missing to the next window, or a part of one, or any while the device's own
    /// sensor measures, and [`Refusal::NotFinite`]; nothing has changed then.
    pub fn push(&mut self, restart: bool, samples: Floats<'_>) -> Result<u16, Refusal> {
        self.append(restart, samples, false)
    }

    /// Appends a sample of the device's own sensor, and returns how many are missing to the next window. The first one
    /// begins a new series. A sensor does not wait, so that a full window is its newest samples at any time.
    ///
    /// # Errors
    /// [`Refusal::Samples`] for one of other channels, and [`Refusal::NotFinite`]; nothing has changed then.
    pub fn push_measured<const CHANNELS: usize>(&mut self, sample: [f32; CHANNELS]) -> Result<u16, Refusal> {
        if CHANNELS != usize::from(self.shape.channels) {
            let (found, most) = (CHANNELS as u32, self.shape.channels.into());
            return Err(Refusal::Samples { found, most, channels: self.shape.channels });
        }
        let sample = sample.map(f32::to_le_bytes);
        let missing = self.append(!self.measured, Floats::from_bytes(&sample), true)?;
        self.measured = true;
        Ok(missing)
    }

    /// The sensor has failed, or samples were lost: its series ends, and the window is nobody's.
    pub const fn end_measured(&mut self) {
        if self.measured {
            self.restart();
            self.measured = false;
        }
    }

    fn append(&mut self, restart: bool, samples: Floats<'_>, measured: bool) -> Result<u16, Refusal> {
        let channels = at_least_one(self.shape.channels);
        let most = match (restart, self.missing) {
            _ if self.measured && !measured => 0,
            (true, _) => self.shape.length,
            (false, 0) => self.shape.stride,
            (false, missing) => missing,
        };
        let count = samples.len() / channels;
        let too_many = count > usize::from(most) || restart && most == 0;
        if !samples.is_whole() || !samples.len().is_multiple_of(channels) || too_many {
            let most = u32::from(most) * u32::from(self.shape.channels);
            return Err(Refusal::Samples { found: samples.len() as u32, most, channels: self.shape.channels });
        }
        if !samples.values().all(f32::is_finite) {
            return Err(Refusal::NotFinite);
        }
        if restart {
            self.restart();
        }
        for value in samples.values() {
            if let Some(place) = self.samples.get_mut(self.next) {
                *place = value;
            }
            self.next = if self.next + 1 < self.samples.len() { self.next + 1 } else { 0 };
        }
        if count > 0 {
            self.missing = most - count as u16;
            self.full |= self.missing == 0;
        }
        Ok(self.missing)
    }

    /// The inputs of the window that is complete, or of the newest samples of the device's own sensor.
    ///
    /// # Errors
    /// [`Refusal::WindowIncomplete`].
    pub fn inputs_of_window(&self) -> Result<impl Iterator<Item = f32>, Refusal> {
        if self.missing > 0 && !(self.measured && self.full) {
            return Err(Refusal::WindowIncomplete { missing: self.missing });
        }
        let (channels, averaged) = (usize::from(self.shape.channels), usize::from(self.shape.downsample));
        let (mut row, mut channel) = (0, 0);
        Ok((0..self.inputs()).map(move |_| {
            let first = row * averaged * channels + channel;
            let sum = (0..averaged).fold(0.0, |sum, sample| sum + self.value(first + sample * channels));
            channel += 1;
            if channel == channels {
                (row, channel) = (row + 1, 0);
            }
            sum / averaged as f32
        }))
    }

    /// A number of the window, counted from its oldest sample.
    fn value(&self, index: usize) -> f32 {
        // The oldest sample is where the next one goes.
        let index = self.next + index;
        let index = index.checked_sub(self.samples.len()).unwrap_or(index);
        self.samples.get(index).copied().unwrap_or_default()
    }
}

/// A number of the shape, which is never 0: so told, the compiler needs no panic to divide by it.
const fn at_least_one(number: u16) -> usize {
    if number == 0 { 1 } else { number as usize }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;
    use std::vec::Vec;

    const SHAPE: messages::Window = messages::Window { channels: 2, length: 6, stride: 4, downsample: 3 };

    fn bytes(values: &[f32]) -> Vec<[u8; 4]> {
        values.iter().map(|value| value.to_le_bytes()).collect()
    }

    /// The inputs of the windows of a series, by the definition.
    fn expected(series: &[f32]) -> Vec<Vec<f32>> {
        let windows = series.windows(12).step_by(8);
        windows
            .map(|window| {
                let rows = window.chunks(6);
                rows.flat_map(|row| [0, 1].map(|channel| (row[channel] + row[channel + 2] + row[channel + 4]) / 3.0))
                    .collect()
            })
            .collect()
    }

    #[test]
    fn windows_are_those_of_the_definition_however_the_samples_come() {
        let series: Vec<f32> = (0..60_u16).map(|index| f32::from(index * 7 % 31) / 8.0).collect();
        for piece in 1..=6 {
            let mut memory = [0.0; 12];
            let mut window = Window::new(SHAPE, &mut memory);
            let (mut left, mut found) = (&series[..], Vec::new());
            while !left.is_empty() {
                let most = if window.missing() == 0 { SHAPE.stride } else { window.missing() };
                let most = 2 * usize::from(most).min(piece).min(left.len() / 2);
                let (samples, rest) = left.split_at(most);
                left = rest;
                if window.push(false, Floats::from_bytes(&bytes(samples))) == Ok(0) {
                    found.push(window.inputs_of_window().unwrap().collect::<Vec<_>>());
                }
            }
            assert_eq!(found, expected(&series), "{piece} samples at a time");
        }
    }

    #[test]
    fn refuses_what_is_wrong_and_changes_nothing() {
        let mut memory = [0.0; 12];
        let mut window = Window::new(SHAPE, &mut memory);
        let samples = |found, most| Err(Refusal::Samples { found, most, channels: 2 });
        assert_eq!(window.push(false, Floats::from_bytes(&bytes(&[1.0; 14]))), samples(14, 12));
        assert_eq!(window.push(false, Floats::from_bytes(&bytes(&[1.0; 3]))), samples(3, 12));
        assert_eq!(window.push(false, Floats::from_bytes(&bytes(&[1.0, f32::NAN]))), Err(Refusal::NotFinite));
        assert_eq!(window.push(false, Floats::from_bytes(&[])), Ok(6));
        assert_eq!(window.inputs_of_window().err(), Some(Refusal::WindowIncomplete { missing: 6 }));
        assert_eq!(window.push(false, Floats::from_bytes(&bytes(&[1.0; 12]))), Ok(0));
        assert_eq!(window.push(false, Floats::from_bytes(&[])), Ok(0), "no sample, the same window");
        assert_eq!(window.push(false, Floats::from_bytes(&bytes(&[1.0; 10]))), samples(10, 8));
        assert_eq!(window.push(false, Floats::from_bytes(&bytes(&[1.0; 2]))), Ok(3));
        assert_eq!(window.push(true, Floats::from_bytes(&bytes(&[1.0; 14]))), samples(14, 12));
        assert_eq!(window.missing(), 3, "a refused beginning is none");
        assert_eq!(window.push(true, Floats::from_bytes(&bytes(&[1.0; 4]))), Ok(4));
        window.restart();
        assert_eq!(window.missing(), 6);
    }

    #[test]
    fn the_newest_samples_of_a_sensor_are_a_window_at_any_time() {
        let series: Vec<f32> = (0..60_u16).map(|index| f32::from(index * 7 % 31) / 8.0).collect();
        let mut memory = [0.0; 12];
        let mut window = Window::new(SHAPE, &mut memory);
        assert_eq!(window.push(true, Floats::from_bytes(&bytes(&[9.0; 12]))), Ok(0), "a window of the host's");
        for (index, sample) in (1..).zip(series.chunks(2)) {
            let missing = window.push_measured([sample[0], sample[1]]);
            assert_eq!(missing, Ok(if index < 6 { 6 - index } else { (30 * 4 + 6 - index) % 4 }), "sample {index}");
            if index < 6 {
                let incomplete = Refusal::WindowIncomplete { missing: 6 - index };
                assert_eq!(window.inputs_of_window().err(), Some(incomplete), "sample {index}");
            } else {
                let newest = &series[2 * usize::from(index) - 12..][..12];
                assert_eq!([window.inputs_of_window().unwrap().collect::<Vec<_>>()], expected(newest)[..]);
            }
        }
    }

    #[test]
    fn samples_of_a_sensor_and_of_the_host_are_not_mixed() {
        let mut memory = [0.0; 12];
        let mut window = Window::new(SHAPE, &mut memory);
        window.end_measured();
        assert_eq!(window.push(false, Floats::from_bytes(&bytes(&[1.0; 8]))), Ok(2));
        window.end_measured();
        assert_eq!(window.missing(), 2, "nothing was measured");
        let wrong = Refusal::Samples { found: 3, most: 2, channels: 2 };
        assert_eq!(window.push_measured([1.0; 3]), Err(wrong));
        assert_eq!(window.push_measured([1.0, f32::INFINITY]), Err(Refusal::NotFinite));
        assert_eq!((window.missing(), window.is_measured()), (2, false), "what is refused changes nothing");
        assert_eq!(window.push_measured([1.0; 2]), Ok(5));
        for (restart, count) in [(false, 2), (true, 2), (true, 0)] {
            let refused = Refusal::Samples { found: count as u32, most: 0, channels: 2 };
            assert_eq!(window.push(restart, Floats::from_bytes(&bytes(&[1.0; 2][..count]))), Err(refused));
        }
        assert_eq!(window.push(false, Floats::from_bytes(&[])), Ok(5), "the host may ask");
        window.end_measured();
        assert_eq!((window.missing(), window.is_measured()), (6, false));
        assert_eq!(window.push(false, Floats::from_bytes(&bytes(&[1.0; 12]))), Ok(0));
    }
}
