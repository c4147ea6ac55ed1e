//! Frames of every length, and bytes that are none.

use dense_protocol::checksum::Checksum;
use dense_protocol::frames::{self, Decoder, FrameError, MAX_FRAME};
use dense_protocol::messages::{Command, Input, Request};
use heapless::Vec;

fn frame(request: &Request<'_>) -> Vec<u8, MAX_FRAME> {
    let mut frame = Vec::new();
    frames::encode(request, &mut frame).expect("it fits");
    frame
}

/// All that comes out of a decoder for some bytes.
fn decode<const N: usize>(
    decoder: &mut Decoder<N>,
    bytes: &[u8],
) -> std::vec::Vec<Result<std::vec::Vec<u8>, FrameError>> {
    bytes.iter().filter_map(|&byte| decoder.push(byte).map(|result| result.map(|message| message.to_vec()))).collect()
}

fn infer(values: &[u8]) -> Request<'_> {
    Request { sequence: 0x1234, session: 7, command: Command::Infer { input: Input::Values(values) }, mac: &[] }
}

const HELLO: Request<'static> = Request { sequence: 300, session: 7, command: Command::Hello, mac: &[] };

#[test]
fn a_request_looks_like_this_on_the_wire() {
    // Sequence number 300 is ac 02, then session 7 and hello, command 00, without a tag, 00; the checksum is
    // that of 03 ac 02 07 00 00.
    let frame = frame(&HELLO);
    assert_eq!(frame[..4], [0x04, 0xac, 0x02, 0x07]);
    assert_eq!(decode(&mut Decoder::<16>::new(), &frame), [Ok(vec![0xac, 0x02, 0x07, 0x00, 0x00])]);
    let mut checksum = Checksum::default();
    checksum.update(&[0x03, 0xac, 0x02, 0x07, 0x00, 0x00]);
    let [a, b, c, d] = checksum.finish().to_le_bytes();
    assert_eq!(frame[4..], [1, 5, a, b, c, d, 0]);
}

#[test]
fn every_length_and_content_arrives_in_a_frame_of_the_length_that_is_promised() {
    let mut decoder = Decoder::<1024>::new();
    for length in 0..=1000 {
        for fill in [0, 1, 255] {
            let values = vec![fill; length];
            let request = infer(&values);
            let frame = frame(&request);
            assert!(!frame[..frame.len() - 1].contains(&0));
            let messages = decode(&mut decoder, &frame);
            let [Ok(message)] = &messages[..] else { panic!("{messages:?}") };
            assert_eq!(Request::from_message(message), Ok(request));
            let most = frames::frame_bytes(message.len());
            assert!(frame.len() <= most, "{} bytes for {}", frame.len(), message.len());
            // Every 254 bytes without a zero take one more.
            assert!(fill == 0 || frame.len() + 1 >= most, "{} bytes of {most}", frame.len());
        }
    }
}

#[test]
fn the_longest_frame_arrives_and_one_byte_more_does_not() {
    let values = [1; MAX_FRAME];
    let (mut frame, mut longest) = (Vec::<u8, MAX_FRAME>::new(), 0);
    for length in MAX_FRAME - 100..MAX_FRAME {
        let request = infer(&values[..length]);
        match frames::encode(&request, &mut frame) {
            Ok(()) => {
                assert!(frame.len() > longest, "a longer one did not fit");
                longest = frame.len();
                assert!(matches!(decode(&mut Decoder::<MAX_FRAME>::new(), &frame)[..], [Ok(_)]));
            }
            Err(error) => {
                assert_eq!(error, FrameError::TooLong { most: MAX_FRAME });
                break;
            }
        }
    }
    assert!(longest >= MAX_FRAME - 1, "{longest} bytes are the longest");
}

#[test]
fn what_does_not_fit_is_not_encoded() {
    fn encode<const N: usize>() -> Result<(), FrameError> {
        frames::encode(&HELLO, &mut Vec::<u8, N>::new())
    }
    assert_eq!(frame(&HELLO).len(), 11);
    for (result, most) in [(encode::<0>(), 0), (encode::<1>(), 1), (encode::<5>(), 5), (encode::<10>(), 10)] {
        assert_eq!(result, Err(FrameError::TooLong { most }));
    }
    assert_eq!(encode::<11>(), Ok(()));
}

#[test]
fn a_decoder_takes_frames_up_to_its_length() {
    let frame = frame(&HELLO);
    assert_eq!(decode(&mut Decoder::<11>::new(), &frame).len(), 1);
    let mut short = Decoder::<10>::new();
    for _ in 0..2 {
        assert_eq!(decode(&mut short, &frame), [Err(FrameError::TooLong { most: 10 })]);
    }
}

#[test]
fn a_frame_of_another_version_is_none() {
    let mut checksum = Checksum::default();
    checksum.update(&[1, 7, 1]);
    let [a, b, c, d] = checksum.finish().to_le_bytes();
    let [Err(FrameError::Checksum { .. })] = decode(&mut Decoder::<16>::new(), &[7, 7, 1, a, b, c, d, 0])[..] else {
        panic!("version 1 was understood")
    };
}

#[test]
fn says_what_is_wrong_with_a_frame() {
    let good = frame(&HELLO);
    let mut changed = good.clone();
    changed[1] = 2;
    let cases: [(&[u8], Option<FrameError>); 7] = [
        (&[0, 0, 0], None),
        (&[1, 0], Some(FrameError::TooShort { found: 0, least: 4 })),
        (&[4, 1, 2, 3, 0], Some(FrameError::TooShort { found: 3, least: 4 })),
        (&[5, 1, 2, 0], Some(FrameError::Stuffing)),
        (&[1; 64], None),
        (&[0], Some(FrameError::TooLong { most: 64 })),
        (&[255, 0], Some(FrameError::Stuffing)),
    ];
    let mut decoder = Decoder::<64>::new();
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
