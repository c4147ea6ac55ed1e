//! The device client against the simulated firmware.

mod simulator;

use host_trainer::device::{Device, DeviceError};
use simulator::{PATIENT, Simulator, dataset, images, reference};

#[test]
fn the_whole_life_of_a_device() {
    let simulator = Simulator::start();
    let (dataset, mut reference) = (dataset(), reference());
    let images = images(&dataset.test);
    let factory = reference.weights_checksum();
    let mut device = Device::open(&simulator.address(), PATIENT).unwrap();

    let info = device.info().unwrap();
    assert_eq!((info.board.as_str(), info.parameters), ("simulator", 7_850));
    assert_eq!((info.weights_checksum, info.loaded), (factory, None));
    for &(image, _) in &images[..200] {
        reference.check_classified("image", image, &device.classify(image).unwrap()).unwrap();
    }
    for &(image, label) in &images[..50] {
        let learned = device.learn(image, label, 0.01).unwrap();
        reference.check_learned("image", image, label, 0.01, &learned).unwrap();
    }
    let learned = device.info().unwrap().weights_checksum;
    assert_eq!(learned, reference.weights_checksum());
    assert_ne!(learned, factory);
    let counters = device.counters().unwrap();
    assert_eq!((counters.classified, counters.learned, counters.repeated), (200, 50, 0));

    let saved = device.save().unwrap();
    assert_eq!((saved.save, saved.slot), (1, 0));
    drop(device);
    simulator.restart();
    let mut device = Device::open(&simulator.address(), PATIENT).unwrap();
    let info = device.info().unwrap();
    assert_eq!((info.weights_checksum, info.loaded), (learned, Some(1)));
    assert_eq!(device.counters().unwrap().learned, 0, "it was restarted");
    for &(image, _) in &images[..20] {
        reference.check_classified("image", image, &device.classify(image).unwrap()).unwrap();
    }

    device.learn(images[0].0, 0, 0.1).unwrap();
    assert_ne!(device.info().unwrap().weights_checksum, learned);
    assert_eq!(device.load().unwrap(), 1);
    assert_eq!(device.info().unwrap().weights_checksum, learned);
    assert_eq!(device.save().unwrap().save, 2);
    device.reset().unwrap();
    let info = device.info().unwrap();
    assert_eq!((info.weights_checksum, info.loaded), (factory, None));
    assert!(matches!(device.load(), Err(DeviceError::Refused { request: "load", .. })));
}

#[test]
fn a_refusal_says_why_and_changes_nothing() {
    let simulator = Simulator::start();
    let image = [7; 784];
    let mut device = Device::open(&simulator.address(), PATIENT).unwrap();
    let before = device.info().unwrap().weights_checksum;
    let refusals = [
        (device.learn(&image, 10, 0.01).unwrap_err(), "learn was refused: label 10, but there are 10 classes"),
        (device.learn(&image, 0, f32::NAN).unwrap_err(), "learn was refused: learning rate is NaN"),
        (device.learn(&image, 0, f32::INFINITY).unwrap_err(), "learn was refused: learning rate is inf"),
        (device.load().unwrap_err(), "load was refused: no weights are saved on the device"),
    ];
    for (error, wanted) in refusals {
        let text = error.to_string();
        assert!(text.starts_with(&format!("{}: {wanted}", device.port())), "{text}");
    }
    assert_eq!(device.info().unwrap().weights_checksum, before);
}

#[test]
fn many_programs_one_after_another_never_get_an_answer_of_the_last_one() {
    let simulator = Simulator::start();
    let mut reference = reference();
    for round in 0..300 {
        let mut device = Device::open(&simulator.address(), PATIENT).unwrap();
        assert_eq!(device.info().unwrap().weights_checksum, reference.weights_checksum(), "round {round}");
        let learned = device.learn(&[round as u8; 784], 3, 0.001).unwrap();
        reference.check_learned("step", &[round as u8; 784], 3, 0.001, &learned).unwrap();
    }
}
