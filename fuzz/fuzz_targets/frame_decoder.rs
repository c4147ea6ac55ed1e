//! Feeds bytes to the decoder of frames, then a frame with these bytes in it: nothing may panic, and whatever came
//! before, the whole frame must arrive.
#![no_main]

use dense_protocol::frames::{self, Decoder, FrameError, MAX_FRAME};
use dense_protocol::messages::{Command, Request};
use heapless::Vec;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut decoder = Decoder::new();
    let mut whole = 0;
    for &byte in bytes {
        if let Some(Ok(message)) = decoder.push(byte) {
            assert!(message.len() <= MAX_FRAME - 6);
            whole += 1;
        }
    }
    // Every frame takes a zero.
    assert!(whole <= bytes.iter().filter(|&&byte| byte == 0).count());
    decoder.push(0);
    arrives(&mut decoder, bytes);
});

/// Whether a frame with `image` in it comes out as it went in.
fn arrives(decoder: &mut Decoder, image: &[u8]) {
    let request = Request { sequence: 7, command: Command::Classify { image } };
    let mut frame = Vec::<u8, MAX_FRAME>::new();
    if let Err(error) = frames::encode(&request, &mut frame) {
        assert_eq!(error, FrameError::TooLong { most: MAX_FRAME });
        assert!(image.len() > 1000);
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
