//! The device client against the simulated firmware.

mod simulator;

use dense_protocol::messages::{Input, Origin, Target};
use host_trainer::device::{Device, DeviceError, Sample};
use simulator::{PATIENT, Simulator, dataset, one, reference, step};

#[test]
fn the_whole_life_of_a_device() {
    let simulator = Simulator::start();
    let (test, mut reference) = (dataset().test, reference());
    let sample = |index| Sample::of(&test, index).unwrap();
    let factory = reference.weights_checksum();
    let mut device = Device::open(&simulator.address(), PATIENT, None).unwrap();

    let info = device.info().clone();
    assert_eq!((info.board.as_str(), info.parameters, info.widths), ("simulator", 7_850, vec![784, 10]));
    assert_eq!((info.factory_checksum, info.origin), (factory, Origin::Factory));
    for index in 0..200 {
        let found = device.infer(sample(index).input()).unwrap();
        reference.check_inferred("sample", &one(&test, index), &found).unwrap();
    }
    let mut expected = Some(factory);
    for index in 0..50 {
        let lesson = sample(index);
        let learned = device.learn(lesson.input(), lesson.target(), step(0.01), expected.take()).unwrap();
        reference.check_learned("sample", &one(&test, index), step(0.01), &learned).unwrap();
    }
    let learned = device.checksum().unwrap();
    assert_eq!(learned, reference.weights_checksum());
    assert_ne!(learned, factory);
    let counters = device.counters().unwrap();
    assert_eq!((counters.inferred, counters.learned, counters.repeated), (200, 50, 0));

    let saved = device.save().unwrap();
    assert_eq!((saved.save, saved.slot), (1, 0));
    drop(device);
    simulator.restart();
    let mut device = Device::open(&simulator.address(), PATIENT, None).unwrap();
    assert_eq!((device.checksum().unwrap(), device.info().origin), (learned, Origin::Save(1)));
    assert_eq!(device.counters().unwrap().learned, 0, "it was restarted");
    for index in 0..20 {
        let found = device.infer(sample(index).input()).unwrap();
        reference.check_inferred("sample", &one(&test, index), &found).unwrap();
    }

    device.learn(sample(0).input(), Target::Class(0), step(0.1), None).unwrap();
    assert_ne!(device.checksum().unwrap(), learned);
    assert_eq!(device.load().unwrap(), 1);
    assert_eq!(device.checksum().unwrap(), learned);
    assert_eq!(device.save().unwrap(), saved, "what is saved already is not saved again");
    device.reset().unwrap();
    assert_eq!(device.checksum().unwrap(), factory);
    assert!(matches!(device.load(), Err(DeviceError::Refused { request: "load", .. })));

    // The weights go out, and come back.
    let parameters = device.read_parameters(|_| ()).unwrap();
    assert_eq!(parameters, simulator::reference().parameters());
    device.write_parameters(&reference.parameters(), learned, |_| ()).unwrap();
    assert_eq!(device.checksum().unwrap(), learned);
}

#[test]
fn a_refusal_says_why_and_changes_nothing() {
    let simulator = Simulator::start();
    let input = Input::Values(&[7; 784]);
    let mut device = Device::open(&simulator.address(), PATIENT, None).unwrap();
    let before = device.checksum().unwrap();
    let mut learn = |label, learning_rate, expected| {
        device.learn(input, Target::Class(label), step(learning_rate), expected).unwrap_err()
    };
    let refusals = [
        (learn(10, 0.01, None), "learn was refused: label 10, but there are 10 classes"),
        (learn(0, f32::NAN, None), "learn was refused: learning rate is NaN"),
        (learn(0, f32::INFINITY, None), "learn was refused: learning rate is inf"),
        (learn(0, 0.01, Some(before ^ 1)), "learn was refused: the device's weights have checksum"),
        (device.load().unwrap_err(), "load was refused: no weights are saved on the device"),
        (device.write_parameters(&[0.0; 7_851], 0, |_| ()).unwrap_err(), "write parameters was refused: parameters"),
    ];
    for (error, wanted) in refusals {
        let text = error.to_string();
        assert!(text.starts_with(&format!("{}: {wanted}", device.port())), "{text}");
    }
    // What was written before that was refused is given up by a new session.
    drop(device);
    let mut device = Device::open(&simulator.address(), PATIENT, None).unwrap();
    assert_eq!(device.checksum().unwrap(), before);
}

#[test]
fn a_restart_between_two_lessons_is_noticed() {
    let simulator = Simulator::start();
    let mut first = Device::open(&simulator.address(), PATIENT, None).unwrap();
    first.learn(Input::Values(&[7; 784]), Target::Class(1), step(0.01), None).unwrap();
    drop(first);
    // Another program starts a session on the same device: the first one's is over.
    let mut second = Device::open(&simulator.address(), PATIENT, None).unwrap();
    assert_eq!(second.counters().unwrap().learned, 1, "it was not restarted");
}

#[test]
fn many_programs_one_after_another_never_get_an_answer_of_the_last_one() {
    let simulator = Simulator::start();
    let mut reference = reference();
    let samples = dataset().test;
    for round in 0..300 {
        let mut device = Device::open(&simulator.address(), PATIENT, None).unwrap();
        assert_eq!(device.checksum().unwrap(), reference.weights_checksum(), "round {round}");
        let lesson = Sample::of(&samples, round).unwrap();
        let learned = device.learn(lesson.input(), lesson.target(), step(0.001), None).unwrap();
        reference.check_learned("step", &one(&samples, round), step(0.001), &learned).unwrap();
    }
}
