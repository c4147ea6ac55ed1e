//! The device client against devices that answer wrongly, or not at all.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use dense_protocol::frames::{self, Decoder, MAX_FRAME};
use dense_protocol::messages::{
    Answer, ClockSource, Command, Element, Floats, Form, Hello, Inferred, Input, Learned, NO_SESSION, Network, Origin,
    Refusal, Reply, Request, Saved, Step, Target, Task, VERSION,
};
use heapless::Vec;
use host_trainer::device::{Address, Device, DeviceError, RetryPolicy};

/// For a device that answers at once, on a machine that may have other work.
const PATIENT: RetryPolicy = RetryPolicy { timeout: Duration::from_secs(20), tries: 2 };

/// The hello reply of a working device: 784 inputs of a byte each, 10 classes, weights in f32.
const HELLO: Hello<'_> = Hello {
    version: VERSION,
    board: "fake",
    kernel: "none",
    network: Network {
        widths: &[16, 3, 10, 0],
        element: Element::U8,
        task: Task::Classes,
        form: Form::F32,
        parameters: 7_850,
        window: None,
        names_checksum: 0,
    },
    factory_checksum: 0,
    origin: Origin::Factory,
    foreign_save: false,
    clock_hz: 1,
    clock_source: ClockSource::Host,
    model_bytes: 0,
    static_bytes: 0,
    slot_bytes: 0,
    memory: None,
    momentum: 0.0,
    authentication: &[],
};
const INPUT: Input<'_> = Input::Values(&[0; 784]);
const STEP: Step = Step { learning_rate: 0.1, first_trained: 0 };

/// Ten numbers in a message, of which the last is `last`.
fn ten(last: f32) -> [[u8; 4]; 10] {
    let mut values = [0.1_f32.to_le_bytes(); 10];
    values[9] = last.to_le_bytes();
    values
}

/// A server that treats its only client as `serve` does.
fn server(serve: impl FnOnce(TcpStream) + Send + 'static) -> Address {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = Address::Tcp(listener.local_addr().unwrap().to_string());
    thread::spawn(move || serve(listener.accept().unwrap().0));
    address
}

/// A device that answers every command but a hello with what `reply` makes of it, in the session that `session` makes of
/// that of the request.
fn device_in(
    session: impl Fn(u32) -> u32 + Send + 'static,
    reply: impl Fn(Command<'_>) -> Result<Reply<'static>, Refusal> + Send + 'static,
) -> Address {
    server(move |mut stream| {
        let (mut decoder, mut bytes) = (Decoder::<MAX_FRAME>::new(), [0; 256]);
        while let Ok(received @ 1..) = stream.read(&mut bytes) {
            for &byte in &bytes[..received] {
                if let Some(Ok(message)) = decoder.push(byte) {
                    let request = Request::from_message(message).unwrap();
                    let (session, result) = match request.command {
                        Command::Hello => (request.session, Ok(Reply::Hello(HELLO))),
                        command => (session(request.session), reply(command)),
                    };
                    let mut frame = Vec::<u8, MAX_FRAME>::new();
                    frames::encode(&Answer { sequence: request.sequence, session, result }, &mut frame).unwrap();
                    let _ = stream.write_all(&frame);
                }
            }
        }
    })
}

/// The same in the session that the host has started.
fn device(reply: impl Fn(Command<'_>) -> Reply<'static> + Send + 'static) -> Address {
    device_in(|session| session, move |command| Ok(reply(command)))
}

#[test]
fn silence_is_an_error_after_all_tries() {
    let address = server(|mut stream| while matches!(stream.read(&mut [0; 256]), Ok(1..)) {});
    let start = Instant::now();
    let policy = RetryPolicy { timeout: Duration::from_millis(50), tries: 3 };
    let error = Device::open(&address, policy, None).err().unwrap();
    assert!(start.elapsed() >= Duration::from_millis(150));
    let text = error.to_string();
    assert!(text.starts_with(&format!("{address}: no answer to hello in 3 tries of 0.05 s")), "{text}");
    assert!(text.contains("0 broken frames"), "{text}");
}

#[test]
fn a_pulled_plug_is_an_error_that_names_the_port() {
    let address = server(|mut stream| {
        let _ = stream.read(&mut [0; 256]);
    });
    let error = Device::open(&address, PATIENT, None).err().unwrap();
    assert!(matches!(error, DeviceError::Lost { .. }), "{error}");
    let text = error.to_string();
    assert!(text.starts_with(&format!("{address}: ")) && text.contains("is it still plugged in?"), "{text}");
}

#[test]
fn an_answer_that_makes_no_sense_is_refused() {
    let inferred = |logits: &'static [[u8; 4]], outputs: &'static [[u8; 4]]| {
        let [logits, outputs] = [logits, outputs].map(Floats::from_bytes);
        Reply::Inferred(Inferred { logits, outputs, cycles: 0 })
    };
    let leaked = |last| &*Vec::<_, 10>::from_slice(&ten(last)).unwrap().to_vec().leak();
    let good = leaked(0.5);
    let learned = Learned { loss_before: 1.0, loss_after: 0.5, cycles: 0, lessons: Ok(1) };
    let (kind, finite) = ("is of another kind", "has a number that is not finite");
    let count = "has another number of outputs than the network";
    for (reply, wanted) in [
        (inferred(good, good), ["", kind]),
        (Reply::Learned(learned), [kind, ""]),
        (Reply::Reset, [kind; 2]),
        (Reply::Saved(Saved { save: 1, slot: 0 }), [kind; 2]),
        (inferred(leaked(f32::NAN), good), [finite, kind]),
        (inferred(good, leaked(f32::INFINITY)), [finite, kind]),
        (inferred(&good[1..], good), [count, kind]),
        (inferred(good, &good[1..]), [count, kind]),
        (Reply::Learned(Learned { loss_before: f32::NAN, ..learned }), [kind, finite]),
        (Reply::Learned(Learned { loss_after: f32::NEG_INFINITY, ..learned }), [kind, finite]),
    ] {
        let address = device(move |_| reply);
        let mut device = Device::open(&address, PATIENT, None).unwrap();
        let inferred = device.infer(INPUT).map(|_| ()).map_err(|error| error.to_string());
        let learned = device.learn(INPUT, Target::Class(0), STEP, None).map(|_| ()).map_err(|error| error.to_string());
        for (found, request, fault) in [(inferred, "infer", wanted[0]), (learned, "learn", wanted[1])] {
            let fault = format!("{address}: the answer to {request} {fault}");
            assert!(found == if fault.ends_with(' ') { Ok(()) } else { Err(fault) }, "{reply:?}: {found:?}");
        }
    }
}

#[test]
fn parameters_must_be_as_many_as_the_network_has() {
    for (values, wanted) in
        [(&[][..], "has more parameters than the network, or none"), (&[[0_u8; 4]; 7_851][..2_000], "")]
    {
        let address = device(move |_| Reply::Parameters(Floats::from_bytes(values)));
        let found = Device::open(&address, PATIENT, None).unwrap().read_parameters(|_| ());
        // Four pieces of 2,000 are more than 7,850.
        let fault = if wanted.is_empty() { "has more parameters than the network, or none" } else { wanted };
        assert_eq!(found.unwrap_err().to_string(), format!("{address}: the answer to read parameters {fault}"));
    }
}

#[test]
fn a_restart_is_noticed_whatever_the_device_answers() {
    let learned = Learned { loss_before: 1.0, loss_after: 0.5, cycles: 0, lessons: Ok(1) };
    for (device_session, wanted) in [
        (NO_SESSION, "the device was restarted; what it had learnt since it was saved last is gone"),
        (
            0xabcd,
            "another host has started session 0000abcd with the device; what it had learnt since it was saved last \
                  is that program's",
        ),
    ] {
        for result in [Ok(Reply::Learned(learned)), Err(Refusal::Session { device: device_session })] {
            let address = device_in(move |_| device_session, move |_| result);
            let error =
                Device::open(&address, PATIENT, None).unwrap().learn(INPUT, Target::Class(0), STEP, None).unwrap_err();
            assert_eq!(error.to_string(), format!("{address}: {wanted}"));
        }
    }
}

#[test]
fn texts_of_a_device_do_not_reach_the_terminal() {
    let address = server(|mut stream| {
        let (mut decoder, mut bytes) = (Decoder::<MAX_FRAME>::new(), [0; 256]);
        while let Ok(received @ 1..) = stream.read(&mut bytes) {
            for &byte in &bytes[..received] {
                if let Some(Ok(message)) = decoder.push(byte) {
                    let Request { sequence, session, .. } = Request::from_message(message).unwrap();
                    let hello = Hello { board: "\u{1b}[2J\r\u{202e}évil", kernel: "\u{7}\"", ..HELLO };
                    let mut frame = Vec::<u8, MAX_FRAME>::new();
                    let answer = Answer { sequence, session, result: Ok(Reply::Hello(hello)) };
                    frames::encode(&answer, &mut frame).unwrap();
                    let _ = stream.write_all(&frame);
                }
            }
        }
    });
    let device = Device::open(&address, PATIENT, None).unwrap();
    let info = device.info();
    assert_eq!((&*info.board, &*info.kernel), ("\\u{1b}[2J\\r\\u{202e}évil", "\\u{7}\\\""));
}

#[test]
fn an_input_that_no_frame_holds_is_an_error() {
    let address = device(|_| Reply::Reset);
    let error = Device::open(&address, PATIENT, None).unwrap().infer(Input::Values(&[1; 20_000])).unwrap_err();
    let wanted = format!("{address}: infer cannot be sent: a frame of more than 16384 bytes");
    assert_eq!(error.to_string(), wanted);
}
