//! Frames of every length, and bytes that are none.

use dense_protocol::checksum::Checksum;
use dense_protocol::frames::{self, Decoder, FrameError, MAX_FRAME};
use dense_protocol::messages::{Command, Request};
use heapless::Vec;

fn frame(request: &Request<'_>) -> Vec<u8, MAX_FRAME> {
    let mut frame = Vec::new();
    frames::encode(request, &mut frame).expect("it fits");
    frame
}

/// All that comes out of a decoder for some bytes.
fn decode(decoder: &mut Decoder, bytes: &[u8]) -> std::vec::Vec<Result<std::vec::Vec<u8>, FrameError>> {
    bytes.iter().filter_map(|&byte| decoder.push(byte).map(|result| result.map(|message| message.to_vec()))).collect()
}

#[test]
fn a_request_looks_like_this_on_the_wire() {
    // Sequence number 300 is ac 02, info is command 00, and the checksum is that of 01 ac 02 00.
    let frame = frame(&Request { sequence: 300, command: Command::Info });
    assert_eq!(frame[..3], [0x03, 0xac, 0x02]);
    assert_eq!(decode(&mut Decoder::new(), &frame), [Ok(vec![0xac, 0x02, 0x00])]);
    let mut checksum = Checksum::default();
    checksum.update(&[0x01, 0xac, 0x02, 0x00]);
    let [a, b, c, d] = checksum.finish().to_le_bytes();
    assert_eq!(frame[3..], [5, a, b, c, d, 0]);
}

#[test]
fn every_length_and_content_arrives() {
    let mut decoder = Decoder::new();
    for length in 0..=1005 {
        for fill in [0, 1, 255] {
            let image = vec![fill; length];
            let request = Request { sequence: 0x1234, command: Command::Classify { image: &image } };
            let frame = frame(&request);
            assert!(frame.len() <= MAX_FRAME && !frame[..frame.len() - 1].contains(&0));
            let messages = decode(&mut decoder, &frame);
            let [Ok(message)] = &messages[..] else { panic!("{messages:?}") };
            assert_eq!(Request::from_message(message), Ok(request));
        }
    }
}

#[test]
fn what_does_not_fit_is_not_encoded() {
    let request = Request { sequence: 1, command: Command::Classify { image: &[1; 1020] } };
    assert_eq!(
        frames::encode(&request, &mut Vec::<u8, MAX_FRAME>::new()),
        Err(FrameError::TooLong { most: MAX_FRAME })
    );
    for_each_too_small(&Request { sequence: 1, command: Command::Info });
}

fn for_each_too_small(request: &Request<'_>) {
    assert_eq!(frame(request).len(), 8);
    assert_eq!(frames::encode(request, &mut Vec::<u8, 0>::new()), Err(FrameError::TooLong { most: 0 }));
    assert_eq!(frames::encode(request, &mut Vec::<u8, 1>::new()), Err(FrameError::TooLong { most: 1 }));
    assert_eq!(frames::encode(request, &mut Vec::<u8, 4>::new()), Err(FrameError::TooLong { most: 4 }));
    assert_eq!(frames::encode(request, &mut Vec::<u8, 7>::new()), Err(FrameError::TooLong { most: 7 }));
    assert_eq!(frames::encode(request, &mut Vec::<u8, 8>::new()), Ok(()));
}

#[test]
fn says_what_is_wrong_with_a_frame() {
    let good = frame(&Request { sequence: 1, command: Command::Info });
    let mut changed = good.clone();
    changed[1] = 2;
    let cases: [(&[u8], Option<FrameError>); 7] = [
        (&[0, 0, 0], None),
        (&[1, 0], Some(FrameError::TooShort { found: 0, least: 4 })),
        (&[4, 1, 2, 3, 0], Some(FrameError::TooShort { found: 3, least: 4 })),
        (&[5, 1, 2, 0], Some(FrameError::Stuffing)),
        (&[1; MAX_FRAME], None),
        (&[0], Some(FrameError::TooLong { most: MAX_FRAME })),
        (&[255, 0], Some(FrameError::Stuffing)),
    ];
    let mut decoder = Decoder::new();
    for (bytes, error) in cases {
        let expected: std::vec::Vec<_> = error.into_iter().map(Err).collect();
        assert_eq!(decode(&mut decoder, bytes), expected, "{bytes:?}");
    }
    let [Err(FrameError::Checksum { found, expected })] = decode(&mut decoder, &changed)[..] else {
        panic!("a wrong checksum went unnoticed");
    };
    assert_ne!(found, expected);
    assert!(decode(&mut decoder, &good)[0].is_ok(), "the next frame is whole again");
}
