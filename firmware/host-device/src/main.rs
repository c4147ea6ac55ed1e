//! The firmware's devices on this machine, each with its own flash in memory behind a TCP port of its own:
//! `host-device COUNT` prints the ports, one a line, and serves until its standard input ends.
//!
//! They have the network and the samples that `WEIGHTS` and `FACTORY_SET` name, and the same bits as on a board.

use std::error::Error;
use std::io::{self, Read, Write};
use std::net::TcpListener;
use std::{env, thread};

use dense_device::{Device, Machine, Model, Session, Window, session};
use dense_protocol::messages::ClockSource;
use dense_replay::{MemoryError, RamFlash};
use weights::practice;

const REQUEST: usize = session::request_bytes(weights::INPUTS * weights::ELEMENT.bytes(), weights::OUTPUTS);
const ANSWER: usize = session::answer_bytes(weights::OUTPUTS);
/// Flash for two saves: the parameters, and more than enough for what is stored beside them.
const SAVE_BYTES: u32 = 2 * (4 * <weights::Served<'_> as Model>::PARAMETERS as u32 + 256);
/// Bytes of a thread's stack.
const STACK: usize = 512 * 1024;

fn main() -> Result<(), Box<dyn Error>> {
    let [count] = env::args().skip(1).collect::<Vec<_>>().try_into().map_err(|_| "usage: host-device COUNT")?;
    let count: u16 = count.parse().map_err(|_| format!("{count}: must be a number of devices from 1 to 65535"))?;
    for _ in 0..count {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        println!("tcp:{}", listener.local_addr()?);
        thread::Builder::new().stack_size(STACK).spawn(move || {
            if let Err(error) = serve(&listener) {
                eprintln!("{error}");
            }
        })?;
    }
    io::copy(&mut io::stdin(), &mut io::sink())?;
    Ok(())
}

/// A device that serves one connection after the other.
fn serve(listener: &TcpListener) -> Result<(), Box<dyn Error>> {
    let lesson_bytes = lesson_bytes();
    let mut flash = RamFlash::new(vec![0xff; (lesson_bytes + SAVE_BYTES) as usize]);
    let samples = practice::samples(&mut flash, 0..lesson_bytes).map_err(|error| format!("lessons: {error:?}"))?;
    let machine = Machine {
        board: "host",
        clock_hz: 1,
        clock_source: ClockSource::Host,
        static_bytes: 0,
        cycles: || 0,
        feed_watchdog: || (),
    };
    let mut memory = Box::new(weights::Memory::NEW);
    let region = lesson_bytes..lesson_bytes + SAVE_BYTES;
    let device = Device::new(weights::new(&mut memory), flash, region, machine);
    let device = device.map_err(|error| format!("saves: {error:?}"))?;
    let mut device = device.with_names(weights::names_checksum()).with_samples(samples);
    let mut window = [0.0; weights::WINDOW_NUMBERS];
    if let Some(shape) = weights::WINDOW {
        device = device.with_window(Window::new(shape, &mut window));
    }
    let mut session = Session::<_, _, REQUEST, ANSWER, _>::new(device);
    loop {
        let (mut stream, _) = listener.accept()?;
        stream.set_nodelay(true)?;
        let mut bytes = [0; 4096];
        while let Ok(received @ 1..) = stream.read(&mut bytes) {
            for &byte in &bytes[..received] {
                // What the host does not want to hear is lost, as on a real line.
                if let Some(answer) = session.receive(byte) {
                    let _ = stream.write_all(answer);
                }
            }
        }
    }
}

/// Bytes of flash for as many lessons as the samples' file says; 0 where there is none.
fn lesson_bytes() -> u32 {
    match practice::samples(&mut RamFlash::new([0xff]), 0..1) {
        Err(MemoryError::Region { least, .. }) => least as u32,
        _ => 0,
    }
}
