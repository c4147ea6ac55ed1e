//! The loop on a serial port: ports that wait and ports that do not, with all that they may answer.

use crate::common::conversation::{Conversation, SESSION, answer, frame, switch_on};
use crate::common::networks::{Kind, Regression};
use dense_device::{Blocking, serve, serve_received};
use dense_protocol::messages::{Command, NO_SESSION, Reply, Request};
use embedded_hal_nb::{nb, serial};
use embedded_io::{ErrorKind, ErrorType, Read, Write};
use std::cell::Cell;
use std::collections::VecDeque;

/// Result of one read from a port: a byte, none yet, or an error.
#[derive(Clone, Copy, Debug)]
enum Event {
    Byte(u8),
    NoByteYet,
    Broken,
}

/// A port whose writes take `room` bytes at most, and none once `capacity` are sent.
struct Port {
    received: VecDeque<Event>,
    sent: Vec<u8>,
    room: usize,
    capacity: usize,
    flushes: usize,
}

impl Port {
    fn new(received: impl IntoIterator<Item = Event>, room: usize) -> Self {
        Self { received: received.into_iter().collect(), sent: Vec::new(), room, capacity: usize::MAX, flushes: 0 }
    }
}

impl ErrorType for Port {
    type Error = ErrorKind;
}

impl Read for Port {
    fn read(&mut self, bytes: &mut [u8]) -> Result<usize, ErrorKind> {
        match self.received.pop_front() {
            None => Ok(0),
            Some(Event::Byte(byte)) => {
                bytes[0] = byte;
                Ok(1)
            }
            Some(Event::NoByteYet) => panic!("this port waits"),
            Some(Event::Broken) => Err(ErrorKind::Other),
        }
    }
}

impl Write for Port {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, ErrorKind> {
        let taken = bytes.len().min(self.room).min(self.capacity - self.sent.len());
        self.sent.extend(&bytes[..taken]);
        Ok(taken)
    }

    fn flush(&mut self) -> Result<(), ErrorKind> {
        self.flushes += 1;
        Ok(())
    }
}

/// The same port, as `embedded-hal-nb` has it.
struct NonblockingPort(Port);

impl serial::ErrorType for NonblockingPort {
    type Error = serial::ErrorKind;
}

impl serial::Read<u8> for NonblockingPort {
    fn read(&mut self) -> nb::Result<u8, serial::ErrorKind> {
        match self.0.received.pop_front() {
            Some(Event::Byte(byte)) => Ok(byte),
            Some(Event::NoByteYet) => Err(nb::Error::WouldBlock),
            None | Some(Event::Broken) => Err(nb::Error::Other(serial::ErrorKind::Overrun)),
        }
    }
}

impl serial::Write<u8> for NonblockingPort {
    fn write(&mut self, byte: u8) -> nb::Result<(), serial::ErrorKind> {
        self.0.sent.push(byte);
        Ok(())
    }

    fn flush(&mut self) -> nb::Result<(), serial::ErrorKind> {
        self.0.flushes += 1;
        Ok(())
    }
}

/// A request, byte by byte.
fn hello() -> Vec<Event> {
    frame(Request { sequence: 1, session: SESSION, command: Command::Hello, mac: &[] })
        .iter()
        .copied()
        .map(Event::Byte)
        .collect()
}

fn device() -> Conversation<<Regression as Kind>::Model> {
    switch_on::<Regression>(Regression::model(), super::common::conversation::TestFlash::new(2))
}

#[test]
fn a_request_is_answered_until_the_line_ends() {
    for room in [1, 7, 1000] {
        let (mut conversation, mut port, mut answered) = (device(), Port::new(hello(), room), 0);
        serve(&mut conversation.session, &mut port, || answered += 1);
        assert!(matches!(answer(&port.sent).result, Ok(Reply::Hello(_))), "room for {room}");
        assert_eq!((answered, port.flushes), (1, 1), "room for {room}");
    }
}

#[test]
fn a_byte_that_cannot_be_read_is_left_out() {
    // Between the two frames it changes nothing; within one, the frame is broken, and the next is answered.
    let mut events = hello();
    events.push(Event::Broken);
    let mut broken = hello();
    broken[5] = Event::Broken;
    events.extend(broken);
    events.extend(hello());
    let (mut conversation, mut port, mut answered) = (device(), Port::new(events, 1000), 0);
    serve(&mut conversation.session, &mut port, || answered += 1);
    assert_eq!(answered, 2);
    let counters = conversation.session.counters();
    assert_eq!((counters.broken_frames, counters.repeated), (1, 1));
}

#[test]
fn a_line_that_takes_no_more_bytes_ends_the_answer_alone() {
    let mut port = Port { capacity: 9, ..Port::new([hello(), hello()].concat(), 4) };
    let (mut conversation, mut answered) = (device(), 0);
    serve(&mut conversation.session, &mut port, || answered += 1);
    assert_eq!((port.sent.len(), port.flushes, answered), (9, 0, 2));
}

#[test]
fn a_port_that_does_not_wait_is_waited_for() {
    thread_local! { static IDLE: Cell<usize> = const { Cell::new(0) } }
    let events = [Event::NoByteYet, Event::NoByteYet, Event::Byte(42), Event::Broken, Event::Byte(43)];
    let mut port = Blocking::new(NonblockingPort(Port::new(events, 1))).with_idle(|| IDLE.set(IDLE.get() + 1));
    let mut bytes = [0; 4];
    assert_eq!(port.read(&mut []), Ok(0));
    assert_eq!((port.read(&mut bytes), bytes[0], IDLE.get()), (Ok(1), 42, 2));
    assert_eq!(port.read(&mut bytes), Err(ErrorKind::Other));
    assert_eq!((port.read(&mut bytes), bytes[0], IDLE.get()), (Ok(1), 43, 2));
    assert_eq!((port.write(b"answer"), port.flush()), (Ok(6), Ok(())));
}

#[test]
fn a_request_of_no_session_is_answered_as_by_the_session_itself() {
    let request = frame(Request { sequence: 3, session: NO_SESSION, command: Command::Save, mac: &[] });
    let mut port = Port::new(request.iter().copied().map(Event::Byte), 1000);
    serve(&mut device().session, &mut port, || ());
    assert_eq!(port.sent, device().send(&request));
}

#[test]
fn a_program_with_other_work_goes_on_where_no_byte_has_arrived() {
    let request = hello();
    let (first, rest) = request.split_at(9);
    let events = [&[Event::NoByteYet], first, &[Event::NoByteYet], rest, &[Event::NoByteYet, Event::Broken]].concat();
    let mut port = Blocking::new(NonblockingPort(Port::new(events, 1)));
    let (mut conversation, mut answered) = (device(), 0);
    // Whether a byte had arrived, and what is answered by then: nothing yet, a part, the rest, a byte that was lost.
    for (received, answers) in [(false, 0), (true, 0), (true, 1), (true, 1)] {
        let found = serve_received(&mut conversation.session, &mut port, || answered += 1);
        assert_eq!(found, received);
        assert_eq!(answered, answers);
    }
}
