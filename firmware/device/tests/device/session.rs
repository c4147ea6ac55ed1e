//! Sessions: restarts and other hosts are noticed, and a request that arrives twice is done once.

use crate::common::Random;
use crate::common::conversation::{
    Conversation, RandomTarget, SESSION, answer, bytes_of, frame, input, learn, start, switch_on,
};
use crate::common::networks::{Kind, Regression};
use dense_device::Model;
use dense_protocol::frames::{self, Decoder, MAX_FRAME};
use dense_protocol::messages::{
    Command, Counters, Floats, Input, NO_SESSION, Origin, Refusal, Reply, Request, Step, Target,
};
use heapless::Vec;
use std::cell::RefCell;

const STEP: Step = Step { learning_rate: 0.1, first_trained: 0 };

/// A request to learn, with the bytes of its input and its target.
struct Lesson {
    input: std::vec::Vec<u8>,
    target: RandomTarget,
}

impl Lesson {
    fn new<M: Model>(seed: u64) -> Self {
        let mut random = Random(seed);
        Self { input: input::<M>(&mut random), target: RandomTarget::new::<M>(&mut random) }
    }

    fn command(&self) -> Command<'_> {
        learn(&self.input, self.target.as_target(), STEP)
    }
}

/// Sends a request of any session and number.
fn send<M: Model>(conversation: &mut Conversation<M>, request: Request<'_>) -> (u32, Result<Reply<'static>, Refusal>) {
    let back = conversation.send(&frame(request));
    let answer = answer(&back);
    assert_eq!(answer.sequence, request.sequence);
    (answer.session, answer.result)
}

fn notices_a_restart<K: Kind>() {
    let lesson = Lesson::new::<K::Model>(1);
    let mut conversation = start::<K>();
    conversation.ask(lesson.command()).expect("learned");
    // The power fails: what was learned is lost, and the host does not know.
    let mut conversation =
        Conversation { sequence: conversation.sequence, ..switch_on::<K>(K::model(), conversation.into_flash()) };
    let commands = [lesson.command(), Command::Save, Command::Checksum, Command::Counters, Command::Reset];
    for command in commands {
        conversation.sequence += 1;
        let request = Request { sequence: conversation.sequence, session: SESSION, command, mac: &[] };
        let refusal = Err(Refusal::Session { device: NO_SESSION });
        assert_eq!(send(&mut conversation, request), (NO_SESSION, refusal), "{command:?}");
        // Not even the number of no session is one.
        conversation.sequence += 1;
        let request = Request { sequence: conversation.sequence, session: NO_SESSION, command, mac: &[] };
        assert_eq!(send(&mut conversation, request), (NO_SESSION, refusal), "{command:?}");
    }
    let request = Request { sequence: 99, session: NO_SESSION, command: Command::Hello, mac: &[] };
    let refusal = Err(Refusal::Session { device: NO_SESSION });
    assert_eq!(send(&mut conversation, request), (NO_SESSION, refusal));
    assert_eq!(conversation.bits(), K::twin().bits(), "{}", K::NAME);
    assert_eq!(conversation.session.counters(), Counters { refused: 11, ..Counters::ZERO });
    // Once it has said hello again, it is understood.
    conversation.hello();
    conversation.ask(lesson.command()).expect("learned");
}

#[test]
fn a_host_notices_that_the_device_was_restarted() {
    for_every_kind!(notices_a_restart);
}

fn hands_over<K: Kind>() {
    const OTHER: u32 = 77;
    let lesson = Lesson::new::<K::Model>(1);
    let mut conversation = start::<K>();
    conversation.ask(lesson.command()).expect("learned");
    let learned = conversation.bits();
    let request = Request { sequence: 900, session: OTHER, command: lesson.command(), mac: &[] };
    let refusal = Err(Refusal::Session { device: SESSION });
    assert_eq!(send(&mut conversation, request), (SESSION, refusal), "a stranger does not learn");
    let request = Request { sequence: 901, session: OTHER, command: Command::Hello, mac: &[] };
    assert!(matches!(send(&mut conversation, request), (OTHER, Ok(Reply::Hello(_)))));
    // What the host before had learned is still there, but it is that host's turn no more.
    for command in [lesson.command(), Command::Reset, Command::Infer { input: Input::Values(&lesson.input) }] {
        conversation.sequence += 1;
        let request = Request { sequence: conversation.sequence, session: SESSION, command, mac: &[] };
        assert_eq!(send(&mut conversation, request), (OTHER, Err(Refusal::Session { device: OTHER })));
    }
    assert_eq!(conversation.bits(), learned, "{}", K::NAME);
    conversation.number = OTHER;
    conversation.ask(lesson.command()).expect("learned");
}

#[test]
fn another_host_takes_over_by_hello_alone() {
    for_every_kind!(hands_over);
}

fn gives_up_writing<K: Kind>() {
    for is_saved in [false, true] {
        let mut conversation = start::<K>();
        conversation.learn_something(1);
        let mut expected = (Origin::Factory, K::twin().bits());
        if is_saved {
            conversation.ask(Command::Save).expect("the flash works");
            expected = (Origin::Save(1), conversation.bits());
            conversation.learn_something(2);
        }
        // Without anything half-written, hello changes nothing.
        let learned = conversation.bits();
        conversation.hello();
        assert_eq!(conversation.bits(), learned, "{}", K::NAME);
        let values = bytes_of(&[1.0, 2.0]);
        let begun = Command::WriteParameters { first: 0, values: Floats::from_bytes(&values) };
        conversation.ask(begun).expect("written");
        assert_eq!(conversation.ask(Command::Checksum), Err(Refusal::Writing));
        assert_eq!(conversation.hello().origin, expected.0);
        assert_eq!((conversation.origin(), conversation.bits()), expected, "{}", K::NAME);
        conversation.ask(Command::Checksum).expect("whole parameters");
    }
}

#[test]
fn hello_gives_up_parameters_that_are_half_written() {
    for_every_kind!(gives_up_writing);
}

fn answers_again<K: Kind>() {
    let good = Lesson::new::<K::Model>(2);
    let wrong = learn(&good.input, Target::Class(99), STEP);
    let parameter = bytes_of(&[1.0]);
    let commands = [
        Command::Hello,
        Command::Infer { input: Input::Values(&good.input) },
        Command::Infer { input: Input::Window },
        good.command(),
        wrong,
        Command::Series { restart: false, samples: Floats::default() },
        Command::Practise { steps: 1, seed: 0, step: STEP },
        Command::Checksum,
        Command::Counters,
        Command::Save,
        Command::Load,
        Command::ReadParameters { first: 0 },
        Command::WriteParameters { first: 0, values: Floats::from_bytes(&parameter) },
        Command::UseParameters { checksum: 0 },
        Command::Reset,
    ];
    let mut conversation = start::<K>();
    for command in commands {
        conversation.sequence += 1;
        let frame = conversation.frame(command);
        let first = conversation.send(&frame);
        let (bits, counters) = (conversation.bits(), conversation.session.counters());
        for again in 1..4 {
            assert_eq!(conversation.send(&frame), first, "{}: {command:?}", K::NAME);
            assert_eq!(conversation.bits(), bits, "{}: {command:?}", K::NAME);
            let repeated = counters.repeated + again;
            assert_eq!(conversation.session.counters(), Counters { repeated, ..counters }, "{command:?}");
        }
    }
    assert_eq!(conversation.session.counters().learned, 1);
}

#[test]
fn a_request_that_comes_again_is_answered_again_and_not_done_again() {
    for_every_kind!(answers_again);
}

#[test]
fn another_request_of_the_same_number_is_refused_and_the_first_keeps_its_answer() {
    let lessons = [1, 2].map(Lesson::new::<<Regression as Kind>::Model>);
    let [first, second] = &lessons;
    let mut conversation = start::<Regression>();
    conversation.sequence = 5;
    let lesson = conversation.frame(first.command());
    let learned = conversation.send(&lesson);
    assert!(matches!(answer(&learned).result, Ok(Reply::Learned(_))));
    let bits = conversation.bits();
    for command in [second.command(), Command::Reset, Command::Hello, Command::Checksum] {
        for session in [SESSION, 1] {
            let request = Request { sequence: 5, session, command, mac: &[] };
            let refusal = Err(Refusal::SequenceReused { sequence: 5 });
            assert_eq!(send(&mut conversation, request), (SESSION, refusal), "{command:?}");
            assert_eq!(conversation.bits(), bits);
            assert_eq!(conversation.send(&lesson), learned, "the answer is lost");
        }
    }
    // No message at all has the number of another, either.
    let back = conversation.send(&frame_of(&[5, 0, 99]));
    assert_eq!(answer(&back).result, Err(Refusal::SequenceReused { sequence: 5 }));
    assert_eq!(conversation.send(&lesson), learned, "the answer is lost");
    conversation.ask(second.command()).expect("another number is another request");
    conversation.sequence = 4;
    conversation.ask(second.command()).expect("and an old number may come back");
    let counters = Counters { learned: 3, refused: 9, repeated: 9, ..Counters::ZERO };
    assert_eq!(conversation.session.counters(), counters);
}

#[test]
fn a_message_that_is_no_request_is_refused_and_changes_nothing() {
    let mut conversation = start::<Regression>();
    let good = Lesson::new::<<Regression as Kind>::Model>(1);
    let request = Request { sequence: 0, session: 5, command: good.command(), mac: &[] };
    let good = message(request);
    let cases: [std::vec::Vec<u8>; 6] = [
        vec![0],                                              // no session
        vec![0, 5],                                           // no command
        vec![0, 5, 99],                                       // none of that number
        [&[0, 5, 0, 0][..], &[0]].concat(),                   // one byte too many
        good[..good.len() - 1].to_vec(),                      // cut short
        [&[0, 5, 3, 0], &[0xff; 9][..], &good[5..]].concat(), // a length beyond any
    ];
    for (number, message) in (100..).zip(cases) {
        // Each with a number of its own.
        let message = [&[number], &message[1..]].concat();
        let back = conversation.send(&frame_of(&message));
        let answer = answer(&back);
        assert_eq!((answer.sequence, answer.session), (number.into(), SESSION));
        assert_eq!(answer.result, Err(Refusal::UnknownMessage), "{message:?}");
    }
    // Without a number there is no answer.
    for message in [&[][..], &[0x80], &[0xff, 0xff, 0xff]] {
        assert_eq!(conversation.send(&frame_of(message)), [], "{message:?}");
    }
    let expected = Counters { refused: 6, broken_frames: 3, ..Counters::ZERO };
    assert_eq!(conversation.session.counters(), expected);
    assert_eq!(conversation.bits(), Regression::twin().bits());
}

#[test]
fn the_cause_of_each_refusal_is_reported_once() {
    thread_local! {
        static REPORTED: RefCell<std::vec::Vec<Refusal>> = const { RefCell::new(std::vec::Vec::new()) };
    }
    let mut conversation = start::<Regression>();
    conversation.session.report_refusals(|refusal| REPORTED.with_borrow_mut(|reported| reported.push(*refusal)));
    let request = |sequence, command| Request { sequence, session: SESSION, command, mac: &[] };
    let [sequence, next] = [conversation.sequence + 1, conversation.sequence + 2];
    let short = Command::Infer { input: Input::Values(&[1]) };
    let expected = input::<<Regression as Kind>::Model>(&mut Random(1)).len() as u32;
    let wrong_length = Refusal::WrongLength { found: 1, expected };
    // A repetition is answered again, and not refused again.
    for (request, reported) in [
        (request(sequence, short), &[wrong_length][..]),
        (request(sequence, short), &[]),
        (request(sequence, Command::Save), &[Refusal::SequenceReused { sequence }]),
        (request(next, Command::Counters), &[]),
    ] {
        let _ = send(&mut conversation, request);
        assert_eq!(REPORTED.take(), reported, "{request:?}");
    }
}

/// The message of a request.
fn message(request: Request<'_>) -> std::vec::Vec<u8> {
    let (frame, mut decoder) = (frame(request), Decoder::<MAX_FRAME>::new());
    frame.iter().find_map(|&byte| decoder.push(byte).map(|message| message.unwrap().to_vec())).unwrap()
}

/// A whole frame around any bytes.
pub(crate) fn frame_of(message: &[u8]) -> Vec<u8, MAX_FRAME> {
    struct Bytes<'a>(&'a [u8]);
    impl serde::Serialize for Bytes<'_> {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            use serde::ser::SerializeTuple;
            let mut tuple = serializer.serialize_tuple(self.0.len())?;
            self.0.iter().try_for_each(|byte| tuple.serialize_element(byte))?;
            tuple.end()
        }
    }
    let mut frame = Vec::new();
    frames::encode(&Bytes(message), &mut frame).expect("it fits");
    frame
}

#[test]
fn broken_frames_are_met_with_silence() {
    let lesson = Lesson::new::<<Regression as Kind>::Model>(1);
    let mut conversation = start::<Regression>();
    conversation.sequence += 1;
    let good = conversation.frame(lesson.command());
    let mut broken = 0;
    // Every bit of the frame, its end excepted, and every length.
    for place in 0..good.len() - 1 {
        for bit in 0..8 {
            let mut frame = good.clone();
            frame[place] ^= 1 << bit;
            // A zero in the middle makes two frames of one.
            broken += if frame[place] == 0 && place > 0 { 2 } else { 1 };
            assert_eq!(conversation.send(&frame), [], "bit {bit} of byte {place}");
        }
        let short = [&good[..place], &[0]].concat();
        broken += u32::from(place > 0);
        assert_eq!(conversation.send(&short), [], "the first {place} bytes");
    }
    let endless = [vec![7; 100_000], vec![0]].concat();
    assert_eq!(conversation.send(&endless), []);
    broken += 1;
    assert_eq!(conversation.session.counters(), Counters { broken_frames: broken, ..Counters::ZERO });
    assert_eq!(conversation.bits(), Regression::twin().bits());
    assert_ne!(conversation.send(&good), [], "the next whole frame is answered");
}
