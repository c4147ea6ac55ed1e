//! The device client on bad lines: noise, silence, and plugs that are pulled.

mod simulator;

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use dense_core::Random;
use dense_protocol::authentication::{KEY, Key};
use host_trainer::device::{Address, Device, DeviceError, RetryPolicy, Sample, Transport};
use simulator::{Simulator, dataset, one, reference, step};

/// Of 100 pieces, in either direction, loses 8, changes 8, cuts 8 short, and puts rubbish before 8.
struct NoisyLine {
    stream: TcpStream,
    random: Random,
}

impl NoisyLine {
    /// Bytes as they arrive: lost, changed, cut short, after rubbish, or as they were.
    fn damage(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut bytes = bytes.to_vec();
        let place = self.random.below(bytes.len() as u32) as usize;
        match self.random.below(100) / 8 {
            0 => bytes.clear(),
            1 => bytes[place..].iter_mut().take(4).for_each(|byte| *byte ^= 1 << self.random.below(8)),
            2 => bytes.truncate(place),
            3 => {
                let rubbish: Vec<u8> = (0..20).map(|_| self.random.below(256) as u8).collect();
                bytes.splice(0..0, rubbish);
            }
            _ => {}
        }
        bytes
    }
}

impl Read for NoisyLine {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let mut received = [0; 64];
        let count = self.stream.read(&mut received)?;
        if count == 0 {
            return Ok(0);
        }
        let damaged = self.damage(&received[..count]);
        if damaged.is_empty() {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        bytes[..damaged.len()].copy_from_slice(&damaged);
        Ok(damaged.len())
    }
}

impl Write for NoisyLine {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let damaged = self.damage(bytes);
        self.stream.write_all(&damaged)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

impl Transport for NoisyLine {
    fn set_timeout(&mut self, timeout: Duration) -> io::Result<()> {
        self.stream.set_timeout(timeout)
    }
}

#[test]
fn on_a_noisy_line_every_answer_is_right_and_every_step_is_taken_once() {
    let simulator = Simulator::start();
    let (test, mut reference) = (dataset().test, reference());
    let line = NoisyLine { stream: simulator.connect(), random: Random::new(7, 7) };
    let policy = RetryPolicy { timeout: Duration::from_millis(15), tries: 400 };
    let mut device = Device::new(Box::new(line), "noise".into(), policy, None).unwrap();
    for index in 0..50 {
        let lesson = Sample::of(&test, index).unwrap();
        let learned = device.learn(lesson.input(), lesson.target(), step(0.01), None).unwrap();
        reference.check_learned("sample", &one(&test, index), step(0.01), &learned).unwrap();
        if index.is_multiple_of(5) {
            let found = device.infer(lesson.input()).unwrap();
            reference.check_inferred("sample", &one(&test, index), &found).unwrap();
        }
    }
    let counters = device.counters().unwrap();
    assert_eq!((counters.learned, counters.inferred), (50, 10), "each request is done once");
    assert_eq!(counters.refused, 0, "nothing broken is taken for a request");
    assert!(counters.repeated > 0 && device.repeats() > counters.repeated, "answers and requests were lost");
    assert!(counters.broken_frames > 0 && device.broken_frames() > 0, "requests and answers were broken");
    assert_eq!(device.checksum().unwrap(), reference.weights_checksum());
}

#[test]
fn on_a_noisy_line_parameters_and_authenticated_requests_are_taken_once() {
    let key = Key::new([5; KEY]);
    let simulator = Simulator::start_with_key(key.clone());
    let (test, mut reference) = (dataset().test, reference());
    let line = NoisyLine { stream: simulator.connect(), random: Random::new(8, 8) };
    // Shorter, for there are some hundred pieces of parameters.
    let policy = RetryPolicy { timeout: Duration::from_millis(5), tries: 400 };
    let mut device = Device::new(Box::new(line), "noise".into(), policy, Some(&key)).unwrap();
    for index in 0..20 {
        let lesson = Sample::of(&test, index).unwrap();
        let learned = device.learn(lesson.input(), lesson.target(), step(0.01), None).unwrap();
        reference.check_learned("sample", &one(&test, index), step(0.01), &learned).unwrap();
    }
    assert_eq!((device.save().unwrap().save, device.load().unwrap()), (1, 1));
    // The weights go out, and come back.
    let parameters = device.read_parameters(|_| ()).unwrap();
    assert_eq!(parameters, reference.parameters());
    device.reset().unwrap();
    assert_eq!(device.checksum().unwrap(), device.info().factory_checksum);
    device.write_parameters(&parameters, reference.weights_checksum(), |_| ()).unwrap();
    assert_eq!(device.checksum().unwrap(), reference.weights_checksum());
    let counters = device.counters().unwrap();
    assert_eq!((counters.learned, counters.refused), (20, 0), "each request is done once, and none is refused");
    assert!(counters.repeated > 0 && counters.broken_frames > 0, "answers were lost and requests were broken");
}

#[test]
fn rubbish_before_an_answer_is_skipped() {
    let simulator = Simulator::start();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = Address::Tcp(listener.local_addr().unwrap().to_string());
    // Stands between host and device and talks nonsense before every answer.
    thread::spawn(move || {
        let (mut host, _) = listener.accept().unwrap();
        let mut device = simulator.connect();
        let mut to_device = device.try_clone().unwrap();
        let mut from_host = host.try_clone().unwrap();
        thread::spawn(move || io::copy(&mut from_host, &mut to_device));
        let mut bytes = [0; 256];
        while let Ok(received @ 1..) = device.read(&mut bytes) {
            let sent = host.write_all(b"boot: hello\r\n\0\x05\x01\0\0\xff\xff\0");
            if sent.and_then(|()| host.write_all(&bytes[..received])).is_err() {
                break;
            }
        }
    });
    let mut device = Device::open(&address, simulator::PATIENT, None).unwrap();
    for _ in 0..20 {
        device.counters().unwrap();
    }
    assert_eq!(device.repeats(), 0);
    assert!(device.broken_frames() >= 20);
}

/// A serial port is a pseudo-terminal here: the device is at one end, and hanging up is pulling the plug.
#[cfg(unix)]
#[test]
fn a_serial_port_serves_until_it_is_unplugged() {
    use serialport::{SerialPort, TTYPort};
    let (mut device_end, host_end) = TTYPort::pair().unwrap();
    let address = Address::Serial { name: host_end.name().unwrap(), baud: 921_600 };
    // The client opens it again, by its name.
    drop(host_end);
    device_end.set_timeout(Duration::from_secs(20)).unwrap();
    let (unplug, unplugged) = std::sync::mpsc::channel::<()>();
    let device_thread = thread::spawn(move || {
        let mut ends = Some(Unpluggable { port: device_end, unplugged });
        simulator::live(&simulator::Flash::new(), None, || ends.take());
    });

    let (test, reference) = (dataset().test, reference());
    let mut device = Device::open(&address, simulator::PATIENT, None).unwrap();
    for index in 0..20 {
        let found = device.infer(Sample::of(&test, index).unwrap().input()).unwrap();
        reference.check_inferred("sample", &one(&test, index), &found).unwrap();
    }
    unplug.send(()).unwrap();
    device_thread.join().unwrap();
    let error = device.counters().unwrap_err();
    let text = error.to_string();
    assert!(matches!(error, DeviceError::Lost { .. }), "{text}");
    assert!(text.starts_with(&format!("{address}: ")), "{text}");
}

/// A port that ends when it is told to.
#[cfg(unix)]
struct Unpluggable {
    port: serialport::TTYPort,
    unplugged: std::sync::mpsc::Receiver<()>,
}

#[cfg(unix)]
impl Read for Unpluggable {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        use serialport::SerialPort;
        let _ = self.port.set_timeout(Duration::from_millis(20));
        loop {
            if self.unplugged.try_recv().is_ok() {
                return Ok(0);
            }
            // Until the client opens the other end, reading fails.
            match self.port.read(bytes) {
                Ok(received) if received > 0 => return Ok(received),
                _ => thread::sleep(Duration::from_millis(1)),
            }
        }
    }
}

#[cfg(unix)]
impl Write for Unpluggable {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.port.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.port.flush()
    }
}
