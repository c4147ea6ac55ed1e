//! The sensor: its start, its readings and their units.
//!
//! Source: Bosch Sensortec, *BMI160 Data sheet*, BST-BMI160-DS000-07: table 2 (sensitivity of the accelerometer), table 3
//! (of the gyroscope), 2.3.1 (sensor time), 2.11 (registers).

use crate::Fault;
use bmi160::interface::I2cInterface;
use bmi160::{
    AccelerometerPowerMode, AccelerometerRange, Bmi160, GyroscopePowerMode, GyroscopeRange, SensorPowerMode,
    SensorSelector, SlaveAddr,
};
use core::f32::consts::PI;
use embedded_hal::i2c::I2c;

/// Numbers of a sample: acceleration along x, y and z, then angular velocity about them.
pub const CHANNELS: usize = 6;
/// Value of the register `CHIP_ID` of a BMI160.
pub const CHIP_ID: u8 = 0xd1;
/// Steps of a reading in 1 g, in the range of ±8 g. The recorded samples go to 5.8 g.
pub const STEPS_PER_G: f32 = 4096.0;
/// Steps of a reading in 1 °/s, in the range of ±2000 °/s. The recorded samples go to 1,660 °/s.
pub const STEPS_PER_DEGREE: f32 = 16.4;
/// A step of a reading of acceleration, in g.
const ACCELERATION: f32 = 1.0 / STEPS_PER_G;
/// A step of a reading of angular velocity, in rad/s.
const ANGULAR_VELOCITY: f32 = PI / 180.0 / STEPS_PER_DEGREE;

/// A BMI160.
///
/// Its output data rate stays that of a reset, 100 Hz, so that each reading at 50 Hz is a new one although the two clocks
/// differ.
#[derive(Debug)]
pub struct Imu<I> {
    driver: Bmi160<I2cInterface<I>>,
}

/// One measurement: raw acceleration and angular velocity, and the sensor's time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// As the registers have it, in the order of a sample.
    pub steps: [i16; CHANNELS],
    /// The sensor's clock, of 24 bits, in steps of 39 µs.
    pub time: u32,
}

impl<I: I2c> Imu<I> {
    /// Before anything was said to it. `address` is that of the pin SDO.
    pub fn new(bus: I, address: SlaveAddr) -> Self {
        Self { driver: Bmi160::new_with_i2c(bus, address) }
    }

    /// Looks whether it is there, sets its ranges and starts the accelerometer. The gyroscope may be started 4 ms later.
    ///
    /// # Errors
    /// [`Fault::Absent`], [`Fault::WrongChip`] and [`Fault::Bus`].
    pub fn start_accelerometer(&mut self) -> Result<(), Fault> {
        match self.driver.chip_id().map_err(Fault::from) {
            Ok(CHIP_ID) => {}
            Ok(found) => return Err(Fault::WrongChip { found }),
            // A bus that does not work is most often one with nothing on it to hold it up.
            Err(Fault::Bus(kind)) => return Err(Fault::Absent(kind)),
            Err(fault) => return Err(fault),
        }
        self.driver.set_accel_range(AccelerometerRange::G8)?;
        self.driver.set_gyro_range(GyroscopeRange::Scale2000)?;
        Ok(self.driver.set_accel_power_mode(AccelerometerPowerMode::Normal)?)
    }

    /// Starts the gyroscope, which takes up to 80 ms.
    ///
    /// # Errors
    /// [`Fault::Absent`] and [`Fault::Bus`].
    pub fn start_gyroscope(&mut self) -> Result<(), Fault> {
        Ok(self.driver.set_gyro_power_mode(GyroscopePowerMode::Normal)?)
    }

    /// Looks whether both have started.
    ///
    /// # Errors
    /// [`Fault::Suspended`] where they have not, [`Fault::Absent`] and [`Fault::Bus`].
    pub fn check_started(&mut self) -> Result<(), Fault> {
        let SensorPowerMode { accel, gyro, .. } = self.driver.power_mode()?;
        let normal = accel == AccelerometerPowerMode::Normal && gyro == GyroscopePowerMode::Normal;
        if normal { Ok(()) } else { Err(Fault::Suspended) }
    }

    /// Reads the latest measurement from the sensor's registers.
    ///
    /// # Errors
    /// [`Fault::Absent`] and [`Fault::Bus`].
    pub fn read(&mut self) -> Result<Reading, Fault> {
        let data = self.driver.data(SensorSelector::new().accel().gyro().time())?;
        let (Some(a), Some(w), Some(time)) = (data.accel, data.gyro, data.time) else {
            // The driver gives what it was asked for.
            return Err(Fault::Stuck);
        };
        Ok(Reading { steps: [a.x, a.y, a.z, w.x, w.y, w.z], time })
    }
}

impl Reading {
    /// The sample, in g and rad/s.
    #[must_use]
    pub fn sample(&self) -> [f32; CHANNELS] {
        let [ax, ay, az, wx, wy, wz] = self.steps.map(f32::from);
        let ([ax, ay, az], [wx, wy, wz]) =
            ([ax, ay, az].map(|steps| steps * ACCELERATION), [wx, wy, wz].map(|steps| steps * ANGULAR_VELOCITY));
        [ax, ay, az, wx, wy, wz]
    }
}
