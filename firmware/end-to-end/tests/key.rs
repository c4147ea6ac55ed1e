//! The device client and the simulated firmware, with keys and without.

mod simulator;

use std::fs;

use dense_protocol::authentication::{KEY, Key};
use dense_protocol::messages::{Input, Origin, Target};
use host_trainer::device::{Device, DeviceError};
use simulator::{PATIENT, Simulator, step};

const INPUT: Input<'_> = Input::Values(&[7; 784]);

fn key() -> Key {
    Key::new([5; KEY])
}

/// The error of a request, without the port.
fn words<T>(device: &Device, result: Result<T, DeviceError>) -> String {
    let error = result.err().expect("an error").to_string();
    error.strip_prefix(&format!("{}: ", device.port())).expect("the port").to_owned()
}

#[test]
fn who_has_the_key_can_do_all() {
    let simulator = Simulator::start_with_key(key());
    let mut device = Device::open(&simulator.address(), PATIENT, Some(&key())).unwrap();
    let boot = |device: &Device| device.info().boot.unwrap();
    assert_eq!(boot(&device), 1);
    for label in 0..5 {
        device.learn(INPUT, Target::Class(label), step(0.01), None).unwrap();
    }
    let learned = device.checksum().unwrap();
    let parameters = device.read_parameters(|_| ()).unwrap();
    device.save().unwrap();
    // A second program goes on from the counter of the first.
    drop(device);
    let mut device = Device::open(&simulator.address(), PATIENT, Some(&key())).unwrap();
    assert_eq!(boot(&device), 1);
    device.learn(INPUT, Target::Class(5), step(0.01), Some(learned)).unwrap();
    device.load().unwrap();
    drop(device);
    simulator.restart();
    let mut device = Device::open(&simulator.address(), PATIENT, Some(&key())).unwrap();
    assert_eq!((boot(&device), device.info().origin), (2, Origin::Save(1)));
    device.reset().unwrap();
    device.write_parameters(&parameters, learned, |_| ()).unwrap();
    assert_eq!(device.checksum().unwrap(), learned);
    assert_eq!(device.counters().unwrap().refused, 0);
}

#[test]
fn who_has_no_key_can_only_ask() {
    let simulator = Simulator::start_with_key(key());
    let mut device = Device::open(&simulator.address(), PATIENT, None).unwrap();
    let before = device.checksum().unwrap();
    device.infer(INPUT).unwrap();
    let learned = device.learn(INPUT, Target::Class(0), step(0.01), None);
    let wanted = "learn changes the device, which has a key: name the key's file by --key";
    assert_eq!(words(&device, learned), wanted);
    for (result, command) in [
        (device.save().map(|_| ()), "save"),
        (device.load().map(|_| ()), "load"),
        (device.reset(), "reset"),
        (device.practise(1, 0, step(0.01)).map(|_| ()), "practise"),
        (device.write_parameters(&[0.0; 10], 0, |_| ()), "write parameters"),
        (device.series(false, &[]).map(|_| ()), "series"),
    ] {
        assert_eq!(words(&device, result), wanted.replace("learn", command));
    }
    assert_eq!(device.checksum().unwrap(), before);
}

#[test]
fn a_device_that_has_not_the_key_is_not_trusted() {
    let other = Key::new([6; KEY]);
    for (simulator, wanted) in [
        (Simulator::start_with_key(other), "the device has another key"),
        (Simulator::start(), "the device has no key, so whoever is on the line can change it"),
    ] {
        let error = Device::open(&simulator.address(), PATIENT, Some(&key())).err().unwrap().to_string();
        assert!(error.contains(wanted), "{error}");
    }
}

#[test]
fn the_command_line_reads_the_key_from_a_file() {
    let simulator = Simulator::start_with_key(key());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("device.key");
    let run = |content: &str, action: &str| {
        fs::write(&file, content).unwrap();
        let (port, key) = (simulator.address().to_string(), file.display().to_string());
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_host-trainer"))
            .args(["device", "--port", &port, "--timeout", "20", "--key", &key, action])
            .output()
            .unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.code().unwrap(), text(output.stdout) + &text(output.stderr))
    };
    let digits = "05".repeat(KEY);
    for (content, action, code, wanted) in [
        (digits.clone(), "save", 0, "saved as number 1"),
        (format!("{digits}\r\n"), "info", 0, "needed for changes; start number 1"),
        ("06".repeat(KEY), "info", 2, "the device has another key"),
        (digits[1..].to_owned(), "save", 2, "device.key: expected a key of 64 hexadecimal digits"),
        (digits.replace('5', "g"), "save", 2, "device.key: expected a key of 64 hexadecimal digits"),
        (digits.clone() + "\n\n\n", "save", 2, "device.key: "),
    ] {
        let (found, text) = run(&content, action);
        assert_eq!(found, code, "{content:?}: {text}");
        assert!(text.contains(wanted), "{wanted:?} is not in {text}");
    }
}
