//! The sampler on a mocked bus: what it says to the sensor, the samples, and every fault.

mod common;

use common::{ADDRESS, PERIODS_TO_START, acceleration, reading, recorded, start, steps_of};
use dense_device::Window;
use dense_protocol::messages::{self, Floats};
use dense_sensor::imu::{STEPS_PER_DEGREE, STEPS_PER_G};
use dense_sensor::sampler::MOST_LATE_US;
use dense_sensor::{Fault, Imu, PERIOD_US, Reading, Sampler};
use embedded_hal::i2c::{ErrorKind, NoAcknowledgeSource};
use embedded_hal_mock::eh1::i2c::{Mock, Transaction};

/// That of `data/watch`.
const WINDOW: messages::Window = messages::Window { channels: 6, length: 200, stride: 100, downsample: 8 };
const NOBODY: ErrorKind = ErrorKind::NoAcknowledge(NoAcknowledgeSource::Address);

/// The sampler with a sensor that says this.
fn sampler(transactions: &[Transaction]) -> (Mock, Sampler<Mock>) {
    let bus = Mock::new(transactions);
    (bus.clone(), Sampler::new(Imu::new(bus, Default::default()), 0))
}

/// All that a sensor that works says until it is read.
fn started(then: impl IntoIterator<Item = Transaction>) -> Vec<Transaction> {
    start().into_iter().chain(then).collect()
}

/// Polls each millisecond for so many periods, and returns the samples and the faults, with the period of each.
fn run(sampler: &mut Sampler<Mock>, periods: u32) -> (Vec<[f32; 6]>, Vec<(u32, Fault)>) {
    let (mut samples, mut faults) = (Vec::new(), Vec::new());
    for now in (0..periods * PERIOD_US).step_by(1000) {
        match sampler.poll(now) {
            Ok(sample) => samples.extend(sample),
            Err(fault) => faults.push((now / PERIOD_US, fault)),
        }
    }
    (samples, faults)
}

#[test]
fn starts_the_sensor_and_reads_it_at_50_hz() {
    let steps = |index: i16| [index, -index, 4096, 100 * index, i16::MAX, i16::MIN];
    let (mut bus, mut sampler) = sampler(&started((0..50).map(|index| reading(steps(index), index as u32 * 512))));
    // A timer that is late by up to half a period, differently each time.
    let mut samples = Vec::new();
    for index in 0..PERIODS_TO_START + 50 {
        let jitter = index * 7919 % (MOST_LATE_US + 1);
        samples.extend(sampler.poll(index * PERIOD_US + if index < PERIODS_TO_START { 0 } else { jitter }).unwrap());
    }
    bus.done();
    assert_eq!(samples.len(), 50);
    for (index, sample) in (0..).zip(samples) {
        assert_eq!(sample, Reading { steps: steps(index), time: 0 }.sample());
    }
}

#[test]
fn steps_have_the_units_of_the_data_sheet() {
    // Of 1 g, of the range's ends, and of 1 °/s and 2000 °/s.
    for (steps, index, expected) in [
        (4096, 0, 1.0),
        (-4096, 2, -1.0),
        (i16::MIN, 1, -8.0),
        (0, 3, 0.0),
        (164, 3, 10_f32.to_radians()),
        (i16::MAX, 4, (32_767.0 / 16.4_f32).to_radians()),
        (-16_400, 5, -1000_f32.to_radians()),
    ] {
        let mut reading = Reading { steps: [0; 6], time: 0 };
        reading.steps[index] = steps;
        let found = reading.sample()[index];
        assert!((found - expected).abs() <= expected.abs() * 2.0 * f32::EPSILON, "{steps}: {found}, not {expected}");
    }
}

/// Ten seconds of each of three exercises of the recordings, as a sensor has them, and the inputs of their windows beside
/// those of the recorded numbers.
#[test]
fn recorded_samples_become_the_windows_of_the_recording() {
    // Half a step, and the rounding of a mean of eight: what a reading can be off.
    let most = |channel: usize| {
        let step = if channel < 3 { 1.0 / STEPS_PER_G } else { (1.0 / STEPS_PER_DEGREE).to_radians() };
        0.5 * step * 1.001 + 8.0 * f32::EPSILON * 32.0
    };
    let mut largest = [0_f32; 2];
    for exercise in ["PEN", "IR", "ROW"] {
        let recording = recorded("1", exercise, 500);
        let readings = (0..).zip(&recording).map(|(index, sample)| reading(steps_of(sample), index * 512));
        let (mut bus, mut sampler) = sampler(&started(readings));
        let (mut found, mut recorded) = ([0.0; 1200], [0.0; 1200]);
        let (mut found, mut recorded) = (Window::new(WINDOW, &mut found), Window::new(WINDOW, &mut recorded));
        let (mut windows, mut index) = (0, 0);
        for now in 0..PERIODS_TO_START + 500 {
            let Some(sample) = sampler.poll(now * PERIOD_US).unwrap() else { continue };
            for ((channel, found), recorded) in (0..).zip(sample).zip(recording[index]) {
                assert!((found - recorded).abs() <= most(channel), "{exercise} {index} {channel}: {found} {recorded}");
            }
            let push = |window: &mut Window<'_>, sample: [f32; 6]| {
                window.push(false, Floats::from_bytes(&sample.map(f32::to_le_bytes))).unwrap()
            };
            assert_eq!(push(&mut found, sample), push(&mut recorded, recording[index]));
            index += 1;
            let (Ok(found), Ok(recorded)) = (found.inputs_of_window(), recorded.inputs_of_window()) else { continue };
            for ((input, found), recorded) in (0..).zip(found).zip(recorded) {
                let off = (found - recorded).abs();
                assert!(off <= most(input % 6), "{exercise}, input {input}: {found}, recorded {recorded}");
                let largest = &mut largest[input % 6 / 3];
                *largest = largest.max(off);
            }
            windows += 1;
        }
        bus.done();
        assert_eq!(windows, 1 + (500 - 200) / 100);
    }
    println!("inputs are off by up to {} g and {} rad/s", largest[0], largest[1]);
}

/// A sensor that fails, and when it is found out.
struct Case {
    name: &'static str,
    says: Vec<Transaction>,
    fault: Fault,
    /// The period in which the fault is found, of 60 that are run.
    period: u32,
    samples: usize,
}

#[test]
fn a_sensor_that_fails_is_reported_and_started_again() {
    let step = |index: u32| reading([index as i16; 6], index * 512);
    let read = |error| step(0).with_error(error);
    let from_start = PERIODS_TO_START;
    let cases = [
        Case {
            name: "absent at the start",
            says: vec![start()[0].clone().with_error(NOBODY)],
            fault: Fault::Absent(NOBODY),
            period: 0,
            samples: 0,
        },
        Case {
            name: "another chip",
            says: vec![Transaction::write_read(ADDRESS, vec![0x00], vec![0x68])],
            fault: Fault::WrongChip { found: 0x68 },
            period: 0,
            samples: 0,
        },
        Case {
            name: "a bus held low",
            says: vec![start()[0].clone().with_error(ErrorKind::Bus)],
            fault: Fault::Absent(ErrorKind::Bus),
            period: 0,
            samples: 0,
        },
        Case {
            name: "does not leave suspend",
            says: start()[..5]
                .iter()
                .cloned()
                .chain([Transaction::write_read(ADDRESS, vec![0x03], vec![0b01_0000])])
                .collect(),
            fault: Fault::Suspended,
            period: from_start - 1,
            samples: 0,
        },
        Case {
            name: "absent later",
            says: started([step(0), step(1), read(NOBODY)]),
            fault: Fault::Absent(NOBODY),
            period: from_start + 2,
            samples: 2,
        },
        Case {
            name: "a bus error later",
            says: started([step(0), read(ErrorKind::ArbitrationLoss)]),
            fault: Fault::Bus(ErrorKind::ArbitrationLoss),
            period: from_start + 1,
            samples: 1,
        },
        Case {
            name: "the same reading five times, while its clock runs",
            says: started([step(0)].into_iter().chain((1..6).map(|index| reading([7; 6], index * 512)))),
            fault: Fault::Stuck,
            period: from_start + 5,
            samples: 5,
        },
        Case {
            name: "a clock that stands, while its readings change",
            says: started((0..5).map(|index| reading([index; 6], 99))),
            fault: Fault::Stuck,
            period: from_start + 4,
            samples: 4,
        },
        Case {
            name: "the same reading four times, twice, is none; then lost",
            says: started((0..8).map(|index| reading([index / 4; 6], index as u32)).chain([read(NOBODY)])),
            fault: Fault::Absent(NOBODY),
            period: from_start + 8,
            samples: 8,
        },
    ];
    for Case { name, says, fault, period, samples } in cases {
        // A second later it is started again and works.
        let again = started((0..3).map(step));
        let (mut bus, mut sampler) = sampler(&[says, again].concat());
        let (found, faults) = run(&mut sampler, period + 50 + from_start + 3);
        bus.done();
        assert_eq!(faults, [(period, fault)], "{name}");
        assert_eq!(found.len(), samples + 3, "{name}");
        assert_eq!(found[samples][0], acceleration(0), "{name}: the first after the start");
    }
}

#[test]
fn a_program_that_is_late_is_reported() {
    let readings = (0..4).map(|index| reading([index; 6], index as u32 * 512));
    let (mut bus, mut sampler) = sampler(&started(readings));
    for now in 0..PERIODS_TO_START {
        assert_eq!(sampler.poll(now * PERIOD_US), Ok(None));
    }
    let due = PERIODS_TO_START * PERIOD_US;
    assert_eq!(sampler.poll(due - 1), Ok(None), "too early");
    assert!(matches!(sampler.poll(due), Ok(Some(_))));
    let due = due + PERIOD_US;
    assert!(matches!(sampler.poll(due + MOST_LATE_US), Ok(Some(_))), "as late as may be");
    assert_eq!(sampler.poll(due + MOST_LATE_US + 1), Ok(None), "the next one has its own time");
    let due = due + PERIOD_US;
    let late = due + MOST_LATE_US + 1;
    assert_eq!(sampler.poll(late), Err(Fault::Late { by_us: MOST_LATE_US + 1 }));
    // The sensor is not started again, and the new series begins at once.
    assert!(matches!(sampler.poll(late), Ok(Some(_))));
    assert_eq!(sampler.poll(late + PERIOD_US - 1), Ok(None));
    assert!(matches!(sampler.poll(late + PERIOD_US), Ok(Some(_))));
    bus.done();
}

#[test]
fn the_time_wraps_around() {
    let readings = (0..20).map(|index| reading([index; 6], index as u32 * 512));
    let bus = Mock::new(&started(readings));
    let begin = u32::MAX - (PERIODS_TO_START + 9) * PERIOD_US;
    let mut sampler = Sampler::new(Imu::new(bus.clone(), Default::default()), begin);
    let samples = (0..PERIODS_TO_START + 20)
        .filter_map(|period| sampler.poll(begin.wrapping_add(period * PERIOD_US)).unwrap())
        .count();
    bus.clone().done();
    assert_eq!(samples, 20);
}

#[test]
fn faults_say_what_is_wrong() {
    for (fault, text) in [
        (Fault::WrongChip { found: 0x0f }, "absent: a chip with the identifier 0x0f answers"),
        (Fault::Suspended, "suspended: it was told to measure, and does not"),
        (Fault::Stuck, "stuck: its readings or its clock do not change"),
        (Fault::Late { by_us: 12_000 }, "late: it was read 12000 microseconds after a sample was due"),
    ] {
        assert_eq!(fault.to_string(), text);
    }
    for (text, start, cause) in [
        (Fault::Absent(NOBODY).to_string(), "absent: ", "acknowledge"),
        (Fault::Bus(ErrorKind::ArbitrationLoss).to_string(), "an error on the bus: ", "arbitration"),
    ] {
        assert!(text.starts_with(start) && text.contains(cause), "{text}");
    }
}
