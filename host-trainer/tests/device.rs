//! The device client against devices that answer wrongly, or not at all.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use dense_protocol::frames::{self, Decoder, MAX_FRAME};
use dense_protocol::messages::{Answer, ClockSource, Command, Info, Reply, Request, VERSION};
use heapless::Vec;
use host_trainer::device::{Address, Device, DeviceError, Patience};

/// Patience with a device that answers at once, on a machine that may have other work.
const PATIENT: Patience = Patience { timeout: Duration::from_secs(20), tries: 2 };

/// What a good device says of itself.
const INFO: Info<'_> = Info {
    version: VERSION,
    inputs: 784,
    outputs: 10,
    parameters: 7_850,
    weights_checksum: 0,
    loaded: None,
    clock_hz: 1,
    clock_source: ClockSource::Host,
    kernel: "none",
    board: "fake",
    model_bytes: 0,
    static_bytes: 0,
    slot_bytes: 0,
};

/// A server that treats its only client as `serve` does.
fn server(serve: impl FnOnce(TcpStream) + Send + 'static) -> Address {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = Address::Tcp(listener.local_addr().unwrap().to_string());
    thread::spawn(move || serve(listener.accept().unwrap().0));
    address
}

/// A device that answers every command with what `reply` makes of it.
fn device(reply: impl Fn(Command<'_>) -> Reply<'static> + Send + 'static) -> Address {
    server(move |mut stream| {
        let (mut decoder, mut bytes) = (Decoder::new(), [0; 256]);
        while let Ok(received @ 1..) = stream.read(&mut bytes) {
            for &byte in &bytes[..received] {
                if let Some(Ok(message)) = decoder.push(byte) {
                    let Request { sequence, command } = Request::from_message(message).unwrap();
                    let mut frame = Vec::<u8, MAX_FRAME>::new();
                    frames::encode(&Answer { sequence, result: Ok(reply(command)) }, &mut frame).unwrap();
                    let _ = stream.write_all(&frame);
                }
            }
        }
    })
}

#[test]
fn silence_is_an_error_after_all_tries() {
    let address = server(|mut stream| while matches!(stream.read(&mut [0; 256]), Ok(1..)) {});
    let start = Instant::now();
    let patience = Patience { timeout: Duration::from_millis(50), tries: 3 };
    let error = Device::open(&address, patience).err().unwrap();
    assert!(start.elapsed() >= Duration::from_millis(150));
    let text = error.to_string();
    assert!(text.starts_with(&format!("{address}: no answer to info in 3 tries of 0.05 s")), "{text}");
    assert!(text.contains("0 broken frames"), "{text}");
}

#[test]
fn a_pulled_plug_is_an_error_that_names_the_port() {
    let address = server(|mut stream| {
        let _ = stream.read(&mut [0; 256]);
    });
    let error = Device::open(&address, PATIENT).err().unwrap();
    assert!(matches!(error, DeviceError::Lost { .. }), "{error}");
    let text = error.to_string();
    assert!(text.starts_with(&format!("{address}: ")) && text.contains("is it still plugged in?"), "{text}");
    assert_eq!(error.exit_code(), 2);
}

#[test]
fn a_device_of_another_shape_is_refused() {
    for (inputs, outputs) in [(783, 10), (784, 9), (0, 0)] {
        let address = device(move |_| Reply::Info(Info { inputs, outputs, ..INFO }));
        let error = Device::open(&address, PATIENT).err().unwrap();
        let wanted =
            format!("{address}: the device's model has {inputs} inputs and {outputs} outputs, wanted 784 and 10");
        assert_eq!((error.to_string(), error.exit_code()), (wanted, 2));
    }
}

#[test]
fn an_answer_of_another_kind_is_refused() {
    let classified = |class| Reply::Classified { class, logits: [0.0; 10], probabilities: [0.1; 10], cycles: 0 };
    for reply in [Reply::Reset, Reply::Saved { save: 1, slot: 0 }, classified(10), classified(255)] {
        let address = device(move |command| match command {
            Command::Info => Reply::Info(INFO),
            _ => reply,
        });
        let mut device = Device::open(&address, PATIENT).unwrap();
        let error = device.classify(&[0; 784]).unwrap_err();
        assert_eq!(error.to_string(), format!("{address}: the answer to classify is of another kind"));
    }
}
