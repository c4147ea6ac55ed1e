//! Feeds bytes to the decoder of frames, then a frame with these bytes in it: nothing may panic, and whatever came
//! before, the whole frame must arrive.
#![no_main]

use dense_protocol::frames::{self, Decoder, FrameError};
use dense_protocol::messages::{Command, Input, Request};
use heapless::Vec;
use libfuzzer_sys::fuzz_target;

/// Frames of a device are up to this long.
const LENGTH: usize = 1024;

fuzz_target!(|bytes: &[u8]| {
    let mut decoder = Decoder::<LENGTH>::new();
    let mut whole = 0;
    for &byte in bytes {
        if let Some(Ok(message)) = decoder.push(byte) {
            assert!(message.len() <= LENGTH - 6);
            whole += 1;
        }
    }
    // Every frame takes a zero.
    assert!(whole <= bytes.iter().filter(|&&byte| byte == 0).count());
    decoder.push(0);
    arrives(&mut decoder, bytes);
});

/// Whether a frame with `values` in it comes out as it went in.
fn arrives(decoder: &mut Decoder<LENGTH>, values: &[u8]) {
    let request =
        Request { sequence: 7, session: 1, command: Command::Infer { input: Input::Values(values) }, mac: &[] };
    let mut frame = Vec::<u8, LENGTH>::new();
    if let Err(error) = frames::encode(&request, &mut frame) {
        assert_eq!(error, FrameError::TooLong { most: LENGTH });
        assert!(values.len() > 1000);
        return;
    }
    let (end, start) = frame.split_last().expect("a frame is not empty");
    assert_eq!(*end, 0);
    for &byte in start {
        assert_ne!(byte, 0);
        assert_eq!(decoder.push(byte), None);
    }
    let message = decoder.push(0).expect("a frame").expect("a whole one");
    assert_eq!(Request::from_message(message), Ok(request));
}
