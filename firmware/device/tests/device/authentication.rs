//! A device with a key: whatever changes it needs the right message authentication code, and is done once.

use crate::common::Random;
use crate::common::conversation::{
    Conversation, Outcome, RandomTarget, SESSION, TestFlash, answer, bytes_of, frame, input, learn, start_on, switch_on,
};
use crate::common::networks::{Kind, Series};
use dense_protocol::authentication::{KEY, Key};
use dense_protocol::frames::MAX_FRAME;
use dense_protocol::messages::{
    Authentication, Command, Floats, Input, MAC, MacFault, NO_SESSION, Refusal, Reply, Request, Step, TAG,
};
use heapless::Vec;

const STEP: Step = Step { learning_rate: 0.1, first_trained: 0 };
const BOOT: u32 = 7;

type Model = <Series as Kind>::Model;

fn key() -> Key {
    Key::new([5; KEY])
}

/// Data of the requests to the device: input, target, samples and parameters.
struct Payload {
    input: std::vec::Vec<u8>,
    target: RandomTarget,
    samples: std::vec::Vec<[u8; 4]>,
    parameters: std::vec::Vec<[u8; 4]>,
}

impl Payload {
    fn new() -> Self {
        let mut random = Random(3);
        let parameters = Series::twin().bits().into_iter().map(u32::to_le_bytes).collect();
        Self {
            input: input::<Model>(&mut random),
            target: RandomTarget::new::<Model>(&mut random),
            samples: bytes_of(&vec![0.5; Series::window().expect("a window").channels.into()]),
            parameters,
        }
    }

    /// Every command that changes the device.
    fn changes(&self) -> [Command<'_>; 8] {
        let values = Floats::from_bytes(&self.parameters);
        [
            learn(&self.input, self.target.as_target(), STEP),
            Command::Series { restart: false, samples: Floats::from_bytes(&self.samples) },
            Command::Practise { steps: 1, seed: 0, step: STEP },
            Command::Save,
            Command::Load,
            Command::WriteParameters { first: 0, values },
            Command::UseParameters { checksum: Series::twin().checksum() },
            Command::Reset,
        ]
    }

    /// Every other one.
    fn questions(&self) -> [Command<'_>; 5] {
        let input = Input::Values(&self.input);
        [
            Command::Infer { input },
            Command::Checksum,
            Command::Counters,
            Command::ReadParameters { first: 0 },
            Command::Hello,
        ]
    }
}

/// A device with the key in its start `boot`, before a hello.
fn switch_on_with_key(flash: TestFlash, boot: u32) -> Conversation<Model> {
    let mut conversation = switch_on::<Series>(Series::model(), flash);
    conversation.session.set_key(key(), boot);
    conversation
}

/// The same after it.
fn start_with_key() -> Conversation<Model> {
    let mut conversation = switch_on_with_key(TestFlash::new(2), BOOT);
    conversation.hello();
    conversation
}

impl Conversation<Model> {
    /// The next request, without a tag.
    fn next<'a>(&mut self, command: Command<'a>) -> Request<'a> {
        self.sequence = self.sequence.wrapping_add(1);
        Request { sequence: self.sequence, session: self.number, command, mac: &[] }
    }

    fn outcome(&mut self, frame: &[u8]) -> Outcome {
        let back = self.send(frame);
        answer(&back).result
    }

    /// The result of the next request, with the right tag.
    fn ask_with_tag(&mut self, command: Command<'_>, counter: u32) -> Outcome {
        let request = self.next(command);
        self.outcome(&tagged(&key(), request, BOOT, counter))
    }

    /// Protected state: the parameters, and the answer to an inference from the window.
    fn state(&mut self) -> (std::vec::Vec<u32>, Outcome) {
        let bits = self.bits();
        (bits, self.ask(Command::Infer { input: Input::Window }))
    }
}

/// A request with the code of a key.
fn tagged(key: &Key, request: Request<'_>, boot: u32, counter: u32) -> Vec<u8, MAX_FRAME> {
    frame(key.authenticate(request, boot, counter, &mut [0; MAC]))
}

/// The same with a tag of anything else.
fn with_tag(request: Request<'_>, counter: u32, tag: &[u8]) -> Vec<u8, MAX_FRAME> {
    frame(Request { mac: &[&counter.to_le_bytes(), tag].concat(), ..request })
}

/// The tag that a request has by rights.
fn tag_of(request: Request<'_>, counter: u32) -> std::vec::Vec<u8> {
    key().authenticate(request, BOOT, counter, &mut [0; MAC]).mac[4..].to_vec()
}

/// A request with something wrong, and the refusal of it.
type Forgery = (&'static str, fn(Request<'_>, u32) -> Vec<u8, MAX_FRAME>, MacFault);

/// All that a request may have wrong; its counter would be the next one.
const FORGERIES: [Forgery; 11] = [
    ("no code", |request, _| frame(request), MacFault::Missing),
    ("another key", |request, next| tagged(&Key::new([6; KEY]), request, BOOT, next), MacFault::Tag),
    ("the start before", |request, next| tagged(&key(), request, BOOT - 1, next), MacFault::Tag),
    ("the start after", |request, next| tagged(&key(), request, BOOT + 1, next), MacFault::Tag),
    ("a tag of zeros", |request, next| with_tag(request, next, &[0; TAG]), MacFault::Tag),
    ("no tag", |request, next| with_tag(request, next, &[]), MacFault::Tag),
    ("half a tag", |request, next| with_tag(request, next, &tag_of(request, next)[..TAG / 2]), MacFault::Tag),
    (
        "the tag of a hello",
        |request, next| with_tag(request, next, &key().tag_of_hello(request.session, BOOT, next)),
        MacFault::Tag,
    ),
    ("the tag of another counter", |request, next| with_tag(request, next, &tag_of(request, next + 1)), MacFault::Tag),
    (
        "the tag of another sequence number",
        |request, next| with_tag(request, next, &tag_of(Request { sequence: request.sequence ^ 1, ..request }, next)),
        MacFault::Tag,
    ),
    ("the last counter", |request, next| tagged(&key(), request, BOOT, next - 1), MacFault::Counter { last: 0 }),
];

#[test]
fn every_change_is_refused_without_the_right_tag() {
    let payload = Payload::new();
    for (index, command) in payload.changes().into_iter().enumerate() {
        let mut conversation = start_with_key();
        let counter = index as u32 + 1;
        assert!(!matches!(conversation.ask_with_tag(payload.changes()[0], counter), Err(Refusal::Mac(_))));
        let before = conversation.state();
        for (what, forge, fault) in FORGERIES {
            let fault = if let MacFault::Counter { .. } = fault { MacFault::Counter { last: counter } } else { fault };
            let request = conversation.next(command);
            let outcome = conversation.outcome(&forge(request, counter + 1));
            assert_eq!(outcome, Err(Refusal::Mac(fault)), "{command:?}: {what}");
            assert_eq!(conversation.state(), before, "{command:?}: {what}");
        }
        let outcome = conversation.ask_with_tag(command, counter + 1);
        assert!(!matches!(outcome, Err(Refusal::Mac(_))), "{command:?}: {outcome:?}");
    }
}

#[test]
fn a_message_changed_in_any_bit_or_cut_short_changes_nothing() {
    let payload = Payload::new();
    let mut conversation = start_with_key();
    let before = conversation.state();
    let request = conversation.next(payload.changes()[0]);
    let good = message_of(&tagged(&key(), request, BOOT, 1));
    for place in 0..good.len() {
        for bit in 0..8 {
            let mut changed = good.clone();
            changed[place] ^= 1 << bit;
            // The frame around it is whole: what is wrong is in the message.
            conversation.send(&crate::session::frame_of(&changed));
            assert_eq!(conversation.bits(), before.0, "bit {bit} of byte {place}");
        }
        conversation.send(&crate::session::frame_of(&good[..place]));
        assert_eq!(conversation.bits(), before.0, "the first {place} bytes");
    }
}

#[test]
fn a_recorded_conversation_changes_nothing_again() {
    let payload = Payload::new();
    let mut conversation = start_with_key();
    let recorded: std::vec::Vec<_> = (1..)
        .zip(payload.changes())
        .map(|(counter, command)| {
            let request = conversation.next(command);
            let frame = tagged(&key(), request, BOOT, counter);
            let outcome = conversation.outcome(&frame);
            assert!(!matches!(outcome, Err(Refusal::Mac(_))), "{outcome:?}");
            frame
        })
        .collect();
    let last = payload.changes().len() as u32;

    // In the same session, where the last one alone is answered again, and in another one of the same number.
    for session in ["the same", "another"] {
        let before = conversation.bits();
        for frame in &recorded[..recorded.len() - 1] {
            assert_eq!(conversation.outcome(frame), Err(Refusal::Mac(MacFault::Counter { last })), "{session}");
        }
        assert_eq!(conversation.bits(), before, "{session}");
        conversation.hello();
    }
    // After a restart, in a session of the same number.
    let mut conversation = switch_on_with_key(conversation.into_flash(), BOOT + 1);
    conversation.hello();
    let before = conversation.bits();
    for frame in &recorded {
        assert_eq!(conversation.outcome(frame), Err(Refusal::Mac(MacFault::Tag)), "restarted");
    }
    assert_eq!(conversation.bits(), before);
}

#[test]
fn a_request_that_is_sent_again_is_answered_again_and_done_once() {
    let payload = Payload::new();
    let mut conversation = start_with_key();
    let request = conversation.next(payload.changes()[0]);
    let frame = tagged(&key(), request, BOOT, 1);
    let first = conversation.send(&frame);
    let after = conversation.bits();
    assert!(matches!(answer(&first).result, Ok(Reply::Learned(_))));
    assert_eq!(conversation.send(&frame), first);
    assert_eq!(conversation.bits(), after);
}

#[test]
fn questions_need_no_tag() {
    let payload = Payload::new();
    let mut conversation = start_with_key();
    for command in payload.questions() {
        let outcome = conversation.ask(command);
        assert!(outcome.is_ok(), "{command:?}: {outcome:?}");
    }
}

#[test]
fn a_refused_session_uses_no_counter() {
    let mut conversation = start_with_key();
    let request = Request { session: SESSION + 1, ..conversation.next(Command::Save) };
    let refusal = Err(Refusal::Session { device: SESSION });
    assert_eq!(conversation.outcome(&tagged(&key(), request, BOOT, 1)), refusal);
    assert!(conversation.ask_with_tag(Command::Save, 1).is_ok());
}

#[test]
fn hello_says_what_tags_are_bound_to() {
    let mut conversation = switch_on_with_key(TestFlash::new(2), BOOT);
    let describe =
        |counter| Authentication { boot: BOOT, counter, tag: key().tag_of_hello(SESSION, BOOT, counter) }.to_bytes();
    assert_eq!(conversation.hello().authentication, describe(0));
    assert!(conversation.ask_with_tag(Command::Save, 9).is_ok());
    assert_eq!(conversation.hello().authentication, describe(9));
    // The largest counter is the last one.
    assert!(conversation.ask_with_tag(Command::Save, u32::MAX).is_ok());
    let refusal = Err(Refusal::Mac(MacFault::Counter { last: u32::MAX }));
    assert_eq!(conversation.ask_with_tag(Command::Save, u32::MAX), refusal);
    assert_ne!(SESSION, NO_SESSION);
}

#[test]
fn a_device_without_a_key_says_so_and_ignores_tags() {
    let mut conversation = start_on::<Series>(TestFlash::new(2));
    assert_eq!(conversation.hello().authentication, []);
    let request = conversation.next(Command::Save);
    assert!(matches!(conversation.outcome(&tagged(&key(), request, BOOT, 1)), Ok(Reply::Saved(_))));
}

/// The message of a frame.
fn message_of(frame: &[u8]) -> std::vec::Vec<u8> {
    let mut decoder = dense_protocol::frames::Decoder::<MAX_FRAME>::new();
    frame.iter().find_map(|&byte| decoder.push(byte).map(|message| message.expect("whole").to_vec())).expect("one")
}
