//! Bus transactions of a BMI160, and the recordings of `data/watch` as it would have measured them.

use dense_sensor::imu::{CHIP_ID, STEPS_PER_DEGREE, STEPS_PER_G};
use embedded_hal_mock::eh1::i2c::Transaction;
use flate2::read::GzDecoder;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

/// That of a BMI160 whose pin SDO is low.
pub(crate) const ADDRESS: u8 = 0x68;
/// Periods from the start to the first reading: one from the accelerometer to the gyroscope, five to the look whether both
/// have started, and one to the reading.
pub(crate) const PERIODS_TO_START: u32 = 1 + 5 + 1;

/// The start: registers and values by the data sheet's 2.11.
pub(crate) fn start() -> Vec<Transaction> {
    vec![
        // The chip's identifier.
        Transaction::write_read(ADDRESS, vec![0x00], vec![CHIP_ID]),
        // The ranges, ±8 g and ±2000 °/s.
        Transaction::write(ADDRESS, vec![0x41, 0b1000]),
        Transaction::write(ADDRESS, vec![0x43, 0b000]),
        // The accelerometer's mode becomes normal, then the gyroscope's.
        Transaction::write(ADDRESS, vec![0x7e, 0x11]),
        Transaction::write(ADDRESS, vec![0x7e, 0x15]),
        // Both are.
        Transaction::write_read(ADDRESS, vec![0x03], vec![0b01_0100]),
    ]
}

/// A reading: the registers from 0x0c on, which are angular velocity, acceleration and time.
pub(crate) fn reading([ax, ay, az, wx, wy, wz]: [i16; 6], time: u32) -> Transaction {
    let steps = [wx, wy, wz, ax, ay, az].into_iter().flat_map(i16::to_le_bytes);
    Transaction::write_read(ADDRESS, vec![0x0c], steps.chain(time.to_le_bytes().into_iter().take(3)).collect())
}

/// An acceleration in g.
pub(crate) fn acceleration(steps: i16) -> f32 {
    f32::from(steps) / STEPS_PER_G
}

/// Raw reading of a sensor for a sample: the nearest steps, computed in f64.
pub(crate) fn steps_of(sample: &[f32; 6]) -> [i16; 6] {
    let scale = |channel| match channel {
        0..3 => f64::from(STEPS_PER_G),
        _ => f64::from(STEPS_PER_DEGREE) * 180.0 / std::f64::consts::PI,
    };
    std::array::from_fn(|channel| {
        let steps = (f64::from(sample[channel]) * scale(channel)).round();
        assert!(steps.abs() <= f64::from(i16::MAX), "{} is out of the sensor's range", sample[channel]);
        steps as i16
    })
}

/// The first `count` samples of a person's exercise.
pub(crate) fn recorded(subject: &str, exercise: &str, count: usize) -> Vec<[f32; 6]> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/watch/watch.csv.gz");
    let lines = BufReader::new(GzDecoder::new(File::open(path).unwrap())).lines();
    let mut samples = Vec::new();
    for line in lines {
        let line = line.unwrap();
        let fields: Vec<&str> = line.split(',').collect();
        let [numbers @ .., whose, what] = &fields[..] else { panic!("{line}") };
        if (*whose, *what) == (subject, exercise) && samples.len() < count {
            samples.push(std::array::from_fn(|channel| numbers[channel].parse().unwrap()));
        }
    }
    assert_eq!(samples.len(), count);
    samples
}
