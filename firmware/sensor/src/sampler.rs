//! When the sensor is started and read, and what is a fault.

use crate::{CHANNELS, Fault, Imu, Reading};
use embedded_hal::i2c::I2c;

/// Microseconds from one sample to the next: 50 Hz.
pub const PERIOD_US: u32 = 20_000;
/// How late a sample may be: after half a period it is nearer to the next one.
pub const MOST_LATE_US: u32 = PERIOD_US / 2;
/// So many readings after one another that are the same, or of the same time, are those of a sensor that is stuck. At
/// rest the accelerometer's noise alone, 180 µg/√Hz by the data sheet's table 2, is several steps.
pub const STUCK_READINGS: u8 = 5;
/// Periods from the start of the gyroscope to the first look whether it has started: 100 ms, of which it needs 80.
const START_PERIODS: u32 = 5;
/// Periods from a fault to the next start: one second.
const RETRY_PERIODS: u32 = 50;

/// Reads a sensor each 20 ms, and starts it again a second after it has failed: it may have lost its settings with its
/// power.
#[derive(Debug)]
pub struct Sampler<I> {
    imu: Imu<I>,
    next: Action,
    /// When, in microseconds modulo 2³².
    due_us: u32,
    last: Option<Reading>,
    /// Readings that were like the one before.
    same: u8,
}

/// Next action of the sampler: a step of the sensor's start, or a reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Action {
    StartAccelerometer,
    StartGyroscope,
    CheckStarted,
    Read,
}

impl<I: I2c> Sampler<I> {
    /// Starts the sensor at the time `now_us`, in microseconds modulo 2³².
    pub const fn new(imu: Imu<I>, now_us: u32) -> Self {
        Self { imu, next: Action::StartAccelerometer, due_us: now_us, last: None, same: 0 }
    }

    /// Does what is due at the time `now_us`: at most one conversation with the sensor. Returns a sample where one was due.
    ///
    /// # Errors
    /// A [`Fault`], after which a new series of samples begins. Samples since the sensor got stuck have been returned as
    /// such: they belong to the series that ends.
    pub fn poll(&mut self, now_us: u32) -> Result<Option<[f32; CHANNELS]>, Fault> {
        let late_us = now_us.wrapping_sub(self.due_us);
        // What is due in the future is late by more than half of all times.
        if late_us > u32::MAX / 2 {
            return Ok(None);
        }
        if self.next == Action::Read && late_us > MOST_LATE_US {
            self.due_us = now_us;
            self.last = None;
            return Err(Fault::Late { by_us: late_us });
        }
        let done = self.act();
        let periods = match (done, self.next) {
            (Err(_), _) => RETRY_PERIODS,
            (Ok(_), Action::CheckStarted) => START_PERIODS,
            (Ok(_), _) => 1,
        };
        // The samples' times are multiples of the period, however late each is; nothing else must be in time.
        let start_us = if matches!(done, Ok(Some(_))) { self.due_us } else { now_us };
        self.due_us = start_us.wrapping_add(periods * PERIOD_US);
        if done.is_err() {
            self.next = Action::StartAccelerometer;
        }
        done
    }

    fn act(&mut self) -> Result<Option<[f32; CHANNELS]>, Fault> {
        self.next = match self.next {
            Action::StartAccelerometer => {
                self.imu.start_accelerometer()?;
                Action::StartGyroscope
            }
            Action::StartGyroscope => {
                self.imu.start_gyroscope()?;
                Action::CheckStarted
            }
            Action::CheckStarted => {
                self.imu.check_started()?;
                self.last = None;
                Action::Read
            }
            Action::Read => return self.read().map(Some),
        };
        Ok(None)
    }

    fn read(&mut self) -> Result<[f32; CHANNELS], Fault> {
        let reading = self.imu.read()?;
        let is_same = |last: Reading| last.steps == reading.steps || last.time == reading.time;
        self.same = if self.last.is_some_and(is_same) { self.same + 1 } else { 0 };
        self.last = Some(reading);
        if self.same >= STUCK_READINGS - 1 { Err(Fault::Stuck) } else { Ok(reading.sample()) }
    }
}
