//! The firmware in QEMU with a key, and with momentum. Both need QEMU for Arm:
//!
//!     cargo test --package end-to-end --test builds -- --ignored

mod board;
mod simulator;

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use board::{Board, Build};
use dense_protocol::authentication::{KEY, Key};
use dense_protocol::frames::{self, Decoder, MAX_FRAME};
use dense_protocol::messages::{Answer, Command, MAC, MacFault, Origin, Refusal, Reply, Request};
use host_trainer::device::Sample;
use simulator::{dataset, one, reference, step};

/// Sends a request and returns the result in its answer, with what the board may have sent before left out.
fn ask(stream: &mut TcpStream, request: Request<'_>) -> Result<String, Refusal> {
    let mut frame = heapless::Vec::<u8, MAX_FRAME>::new();
    frames::encode(&request, &mut frame).unwrap();
    stream.write_all(&[0]).unwrap();
    stream.write_all(&frame).unwrap();
    let (mut decoder, mut byte) = (Decoder::<MAX_FRAME>::new(), [0]);
    loop {
        stream.read_exact(&mut byte).unwrap();
        if let Some(Ok(message)) = decoder.push(byte[0])
            && let Ok(answer) = Answer::from_message(message)
            && answer.sequence == request.sequence
        {
            return answer.result.map(|reply| format!("{reply:?}"));
        }
    }
}

#[test]
#[ignore = "boots the firmware in QEMU"]
fn a_board_with_a_key() {
    let folder = tempfile::tempdir().unwrap();
    let (path, key) = (folder.path().join("device.key"), Key::new([5; KEY]));
    fs::write(&path, "05".repeat(KEY)).unwrap();
    let (mut board, mut device) = Board::start(Build { key: Some((path, key.clone())), ..Build::default() });
    let boot = |device: &host_trainer::device::Device| device.info().boot.expect("a key");
    let (test, mut reference) = (dataset().test, reference());
    assert_eq!(boot(&device), 1);
    for index in 0..5 {
        let lesson = Sample::of(&test, index).unwrap();
        let learned = device.learn(lesson.input(), lesson.target(), step(0.01), None).unwrap();
        reference.check_learned("lesson", &one(&test, index), step(0.01), &learned).unwrap();
    }
    device.save().unwrap();
    for start in 2..5 {
        drop(device);
        device = board.restart();
        assert_eq!((boot(&device), device.info().origin), (start, Origin::Save(1)));
        reference.check_weights("weights after a power cut", device.checksum().unwrap()).unwrap();
    }

    // Somebody else on the line: without the key, and with what was recorded in another start.
    drop(device);
    let mut stream = TcpStream::connect(board.address().strip_prefix("tcp:").unwrap()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let request = |sequence, command| Request { sequence, session: 7, command, mac: &[] };
    ask(&mut stream, request(1, Command::Hello)).unwrap();
    let mut mac = [0; MAC];
    for (sequence, boot, counter, fault) in [(3, 3, 1, MacFault::Tag), (4, 5, 1, MacFault::Tag)] {
        let reset = key.authenticate(request(sequence, Command::Reset), boot, counter, &mut mac);
        assert_eq!(ask(&mut stream, reset), Err(Refusal::Mac(fault)));
    }
    assert_eq!(ask(&mut stream, request(5, Command::Reset)), Err(Refusal::Mac(MacFault::Missing)));
    let load = key.authenticate(request(6, Command::Load), 4, 1, &mut mac);
    assert_eq!(ask(&mut stream, load), Ok(format!("{:?}", Reply::Loaded { save: 1 })));
    let mut mac = [0; MAC];
    let load = key.authenticate(request(7, Command::Load), 4, 1, &mut mac);
    assert_eq!(ask(&mut stream, load), Err(Refusal::Mac(MacFault::Counter { last: 1 })));
}

#[test]
#[ignore = "boots the firmware in QEMU"]
fn a_board_with_momentum() {
    let (mut board, mut device) = Board::start(Build { momentum: Some(0.75), ..Build::default() });
    assert_eq!(device.info().momentum, 0.75);
    let (test, mut reference) = (dataset().test, reference().with_momentum(0.75));
    for index in 0..20 {
        let lesson = Sample::of(&test, index).unwrap();
        let learned = device.learn(lesson.input(), lesson.target(), step(0.01), None).unwrap();
        reference.check_learned("lesson", &one(&test, index), step(0.01), &learned).unwrap();
        if index == 9 {
            // The velocities are gone with the power.
            device.save().unwrap();
            drop(device);
            device = board.restart();
            reference.restart();
        }
    }
    reference.check_weights("weights", device.checksum().unwrap()).unwrap();
}
