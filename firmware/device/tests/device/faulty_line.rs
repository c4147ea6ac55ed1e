//! A line that loses and changes bytes.

use crate::common::Random;
use crate::common::conversation::{RandomTarget, SESSION, TestFlash, frame, input, learn, switch_on};
use crate::common::networks::{Committed, Kind};
use dense_protocol::frames::{Decoder, FrameError, MAX_FRAME};
use dense_protocol::messages::{Answer, Command, Input, Reply, Request, Step};
use heapless::Vec;

type Network = <Committed as Kind>::Model;

/// All that comes out of a decoder for some bytes.
pub(crate) fn decode(
    decoder: &mut Decoder<MAX_FRAME>,
    bytes: &[u8],
) -> std::vec::Vec<Result<std::vec::Vec<u8>, FrameError>> {
    bytes.iter().filter_map(|&byte| decoder.push(byte).map(|result| result.map(|message| message.to_vec()))).collect()
}

/// Fault of a frame on the line: none, lost bytes or a burst error.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Damage {
    None,
    Loss,
    Burst,
}

/// Sends a frame over a line on which 15 % of the frames lose bytes and 15 % are changed in a burst.
pub(crate) fn disturb(frame: &[u8], random: &mut Random) -> (std::vec::Vec<u8>, Damage) {
    let mut bytes = frame.to_vec();
    match random.below(100) {
        0..15 => {
            // Some in a row, or some here and there.
            let start = random.below(bytes.len() as u64) as usize;
            let count = 1 + random.below(8) as usize;
            if random.below(2) == 0 {
                bytes.drain(start..bytes.len().min(start + count));
            } else {
                for _ in 0..count.min(bytes.len()) {
                    bytes.remove(random.below(bytes.len() as u64) as usize);
                }
            }
            (bytes, Damage::Loss)
        }
        15..30 => {
            let start = random.below(bytes.len() as u64) as usize;
            let end = bytes.len().min(start + 1 + random.below(40) as usize);
            for byte in &mut bytes[start..end] {
                *byte ^= random.next() as u8;
            }
            // One that changes nothing is no damage.
            bytes[start] ^= u8::from(bytes == frame);
            (bytes, Damage::Burst)
        }
        _ => (bytes, Damage::None),
    }
}

#[test]
fn a_bad_line_brings_no_wrong_result_and_changes_no_weight() {
    const FRAMES: u32 = 100_000;
    let [mut device, mut twin] = [(); 2].map(|()| switch_on::<Committed>(Committed::model(), TestFlash::new(2)));
    let mut random = Random(42);
    let mut host = Decoder::new();
    let [mut lost, mut changed, mut done, mut understood] = [0_u32; 4];
    // The frame before, and whether its zero arrived: if not, the next frame runs into it or, if no more than the zero
    // is left of that, completes it.
    let mut before = Vec::new();
    let mut ended = true;
    for number in 0..FRAMES {
        let (input, target) = (input::<Network>(&mut random), RandomTarget::new::<Network>(&mut random));
        let step = Step { learning_rate: 0.01, first_trained: 0 };
        let command = match random.below(100) {
            // The one that starts the session may get lost, but others follow.
            0..10 => Command::Hello,
            10..20 => Command::Checksum,
            20..60 => Command::Infer { input: Input::Values(&input) },
            60..90 => learn(&input, target.as_target(), step),
            90..98 => Command::Counters,
            98 => Command::Save,
            _ => Command::Load,
        };
        let sent = frame(Request { sequence: number as u16, session: SESSION, command, mac: &[] });
        let (received, damage) = disturb(&sent, &mut random);
        lost += u32::from(damage == Damage::Loss);
        changed += u32::from(damage == Damage::Burst);
        let mut answers = std::vec::Vec::new();
        for &byte in &received {
            answers.extend(device.session.receive(byte).map(<[u8]>::to_vec));
        }
        if damage == Damage::None && ended {
            assert_eq!(answers.len(), 1, "a whole frame was not answered");
        }
        assert!(answers.len() <= 1);
        if let Some(frame) = answers.first() {
            // What was done must be just what was asked: the twin, on a good line, comes to the same.
            let [answer] = decode(&mut Decoder::new(), frame).try_into().expect("one frame");
            let answer = answer.expect("a whole one");
            let is_late = !ended && sequence(&answer) == (number as u16).wrapping_sub(1);
            let asked = if is_late { &before } else { &sent };
            let expected = asked.iter().find_map(|&byte| twin.session.receive(byte).map(<[u8]>::to_vec));
            let [expected] = decode(&mut Decoder::new(), &expected.expect("an answer")).try_into().expect("one frame");
            assert!(are_equal(&answer, &expected.expect("a whole one")), "frame {number} was taken for another");
            done += 1;
            // The way back is no better. What the host understands is what the device said.
            for heard in decode(&mut host, &disturb(frame, &mut random).0).into_iter().flatten() {
                assert_eq!(heard, answer, "answer {number} was taken for another");
                understood += 1;
            }
        }
        let [ours, theirs] = [&device, &twin].map(|end| end.session.device().model().network());
        assert!(ours == theirs, "frame {number} changed a weight");
        before = sent;
        ended = received.last().map_or(ended, |&byte| byte == 0);
    }
    let broken = device.session.counters().broken_frames;
    println!(
        "{lost} lost bytes, {changed} changed, {done} were done, {understood} answers understood, {broken} broken"
    );
    assert!((14_000..16_000).contains(&lost) && (14_000..16_000).contains(&changed));
    assert!((60_000..71_000).contains(&done) && (40_000..51_000).contains(&understood) && broken > 28_000);
}

fn sequence(answer: &[u8]) -> u16 {
    Answer::from_message(answer).expect("an answer").sequence
}

/// Whether two answers are the same but for the count of broken frames.
pub(crate) fn are_equal(ours: &[u8], theirs: &[u8]) -> bool {
    let [ours, theirs] = [ours, theirs].map(|message| {
        let mut answer = Answer::from_message(message).expect("an answer");
        if let Ok(Reply::Counters(counters)) = &mut answer.result {
            counters.broken_frames = 0;
        }
        answer
    });
    ours == theirs
}
