//! The device client against devices that answer wrongly, or not at all.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use dense_protocol::frames::{self, Decoder, MAX_FRAME};
use dense_protocol::messages::{
    Answer, Classified, ClockSource, Command, Info, Learned, Reply, Request, Saved, VERSION,
};
use heapless::Vec;
use host_trainer::device::{Address, Device, DeviceError, RetryPolicy};

/// For a device that answers at once, on a machine that may have other work.
const PATIENT: RetryPolicy = RetryPolicy { timeout: Duration::from_secs(20), tries: 2 };

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
    let policy = RetryPolicy { timeout: Duration::from_millis(50), tries: 3 };
    let error = Device::open(&address, policy).err().unwrap();
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
}

#[test]
fn an_answer_that_makes_no_sense_is_refused() {
    let good =
        Classified { class: 9, logits: [0., 1., 2., 3., 4., 5., 6., 7., 8., 9.], probabilities: [0.1; 10], cycles: 0 };
    let with = |index: usize, value: f32| {
        let mut bad = good;
        bad.logits[index] = value;
        Reply::Classified(bad)
    };
    let learned = Learned { loss_before: 1.0, loss_after: 0.5, cycles: 0, weights_checksum: 0 };
    let (kind, finite) = ("is of another kind", "has a number that is not finite");
    let class = "has a class that is not that of the largest logit";
    for (reply, wanted) in [
        (Reply::Classified(good), ["", kind]),
        (Reply::Learned(learned), [kind, ""]),
        (Reply::Reset, [kind; 2]),
        (Reply::Saved(Saved { save: 1, slot: 0 }), [kind; 2]),
        (with(3, f32::NAN), [finite, kind]),
        (with(9, f32::INFINITY), [finite, kind]),
        (Reply::Classified(Classified { probabilities: [f32::NAN; 10], ..good }), [finite, kind]),
        (with(3, 10.0), [class, kind]),
        (Reply::Classified(Classified { class: 10, ..good }), [class, kind]),
        (Reply::Classified(Classified { class: 255, ..good }), [class, kind]),
        (Reply::Learned(Learned { loss_before: f32::NAN, ..learned }), [kind, finite]),
        (Reply::Learned(Learned { loss_after: f32::NEG_INFINITY, ..learned }), [kind, finite]),
    ] {
        let address = device(move |command| match command {
            Command::Info => Reply::Info(INFO),
            _ => reply,
        });
        let mut device = Device::open(&address, PATIENT).unwrap();
        let classified = device.classify(&[0; 784]).map(|_| ()).map_err(|error| error.to_string());
        let learned = device.learn(&[0; 784], 0, 0.1).map(|_| ()).map_err(|error| error.to_string());
        for (found, request, fault) in [(classified, "classify", wanted[0]), (learned, "learn", wanted[1])] {
            let fault = format!("{address}: the answer to {request} {fault}");
            assert!(found == if fault.ends_with(' ') { Ok(()) } else { Err(fault) }, "{reply:?}: {found:?}");
        }
    }
}

#[test]
fn texts_of_a_device_do_not_reach_the_terminal() {
    let address = device(|_| Reply::Info(Info { board: "\u{1b}[2J\r\u{202e}évil", kernel: "\u{7}\"", ..INFO }));
    let info = Device::open(&address, PATIENT).unwrap().info().unwrap();
    assert_eq!((&*info.board, &*info.kernel), ("\\u{1b}[2J\\r\\u{202e}évil", "\\u{7}\\\""));
}

#[test]
fn an_image_that_no_frame_holds_is_an_error() {
    let address = device(|_| Reply::Info(INFO));
    let error = Device::open(&address, PATIENT).unwrap().classify(&[1; 2000]).unwrap_err();
    let wanted = format!("{address}: classify cannot be sent: a frame of more than 1024 bytes");
    assert_eq!(error.to_string(), wanted);
}
