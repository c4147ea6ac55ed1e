//! A device that lies: the client may fail, but never panics, and what it accepts is finite and printable.
//!
//! Each request takes a length and as many bytes of the input. They arrive as they are, or, where the length is odd, in a
//! frame with the right sequence number, session and checksum, which no fuzzer guesses.
#![no_main]

use std::io::{self, Read, Write};
use std::time::Duration;

use dense_protocol::frames::{self, Decoder, MAX_FRAME};
use dense_protocol::messages::{Input, Request, Step, Target};
use heapless::Vec;
use host_trainer::device::{Device, RetryPolicy, Transport};
use host_trainer_fuzz::Raw;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let policy = RetryPolicy { timeout: Duration::from_secs(1), tries: 2 };
    let liar = Liar { input: bytes.to_vec(), decoder: Decoder::new(), answer: std::vec::Vec::new() };
    let Ok(mut device) = Device::new(Box::new(liar), "liar".into(), policy, None) else { return };
    let info = device.info();
    assert!(!format!("{}{}", info.board, info.kernel).contains(char::is_control));
    let (input, target) = (Input::Values(&[1; 784]), Target::Class(3));
    let step = Step { learning_rate: 0.1, first_trained: 0 };
    for _ in 0..4 {
        if let Ok(found) = device.infer(input) {
            assert!(found.logits.iter().chain(&found.outputs).all(|number| number.is_finite()));
            assert_eq!(found.logits.len(), device.info().outputs());
        }
        if let Ok(learned) = device.learn(input, target, step, None) {
            assert!(learned.loss_before.is_finite() && learned.loss_after.is_finite());
        }
        if let Ok(parameters) = device.read_parameters(|_| ()) {
            assert_eq!(parameters.len(), device.info().parameters);
        }
        let _ = (device.series(false, &[1.0]), device.checksum(), device.counters());
        let _ = (device.save(), device.load(), device.reset());
    }
});

/// The other end of the line.
struct Liar {
    input: std::vec::Vec<u8>,
    decoder: Decoder<MAX_FRAME>,
    answer: std::vec::Vec<u8>,
}

impl Transport for Liar {
    fn set_timeout(&mut self, _: Duration) -> io::Result<()> {
        Ok(())
    }
}

impl Write for Liar {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for &byte in bytes {
            let Some(Ok(message)) = self.decoder.push(byte) else { continue };
            let Ok(Request { sequence, session, .. }) = Request::from_message(message) else { continue };
            if self.input.is_empty() {
                continue;
            }
            let length = self.input.remove(0);
            let bytes: std::vec::Vec<u8> = self.input.drain(..usize::from(length / 2).min(self.input.len())).collect();
            if length.is_multiple_of(2) {
                self.answer.extend(bytes);
                continue;
            }
            let mut frame = Vec::<u8, MAX_FRAME>::new();
            frames::encode(&(sequence, session, Raw(&bytes)), &mut frame).expect("127 bytes fit into a frame");
            self.answer.extend(frame);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Read for Liar {
    /// Ends where there is nothing left to say.
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = buffer.len().min(self.answer.len());
        buffer.iter_mut().zip(self.answer.drain(..length)).for_each(|(place, byte)| *place = byte);
        Ok(length)
    }
}
