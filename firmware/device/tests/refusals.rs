//! Conversations with the device in which something is wrong: every refusal, requests that arrive twice, broken frames
//! and a broken flash. No weight changes.

mod common;

use common::conversation::{TestFlash, ask, bits, frame, image, outcome, send, session, session_on, step};
use common::flash::Torn;
use common::{Random, zeroed_model};
use dense_core::optimizers::{LARGEST_LEARNING_RATE, SMALLEST_LEARNING_RATE};
use dense_protocol::frames::{self, Decoder, MAX_FRAME};
use dense_protocol::messages::{Classified, Command, Counters, FlashFault, INPUTS, Learned, OUTPUTS, Refusal, Reply};
use firmware::device::LARGEST_WEIGHT;
use firmware::store::Store;
use firmware::weights::MODEL;
use heapless::Vec;

#[test]
fn refuses_what_is_wrong_and_changes_nothing() {
    let good = image(5);
    let long = [0; INPUTS + 1];
    let learning_rate =
        |found| Refusal::LearningRate { found, least: SMALLEST_LEARNING_RATE, most: LARGEST_LEARNING_RATE };
    let learn = |label, learning_rate| Command::Learn { image: &good, label, learning_rate };
    let cases = [
        (Command::Classify { image: &[] }, Refusal::WrongLength { found: 0, expected: 784 }),
        (Command::Classify { image: &good[1..] }, Refusal::WrongLength { found: 783, expected: 784 }),
        (Command::Classify { image: &long }, Refusal::WrongLength { found: 785, expected: 784 }),
        (
            Command::Learn { image: &long, label: 0, learning_rate: 0.1 },
            Refusal::WrongLength { found: 785, expected: 784 },
        ),
        (learn(10, 0.1), Refusal::Label { found: 10, classes: 10 }),
        (learn(255, 0.1), Refusal::Label { found: 255, classes: 10 }),
        (learn(0, 0.0), learning_rate(0.0)),
        (learn(0, -0.1), learning_rate(-0.1)),
        (learn(0, f32::INFINITY), learning_rate(f32::INFINITY)),
        (learn(0, 9e-13), learning_rate(9e-13)),
        (Command::Load, Refusal::NothingSaved),
    ];
    let mut model = zeroed_model();
    let mut session = session(&mut model);
    for (sequence, (command, refusal)) in (0..).zip(cases) {
        assert_eq!(ask(&mut session, sequence, command), Err(refusal), "{refusal}");
        assert_eq!(bits(session.device().model()), bits(&MODEL), "{refusal}");
    }
    // NaN is not equal to itself.
    let refusal = ask(&mut session, 100, learn(0, f32::NAN));
    assert!(matches!(refusal, Err(Refusal::LearningRate { found, .. }) if found.is_nan()), "{refusal:?}");
    assert_eq!(bits(session.device().model()), bits(&MODEL));
    assert_eq!(session.device().counters(), Counters { refused: 12, ..Counters::default() });
}

#[test]
fn a_message_that_is_no_request_is_refused_and_changes_nothing() {
    let mut model = zeroed_model();
    let mut session = session(&mut model);
    let good = frame(9, Command::Learn { image: &image(1), label: 1, learning_rate: 0.1 });
    let good = decode(&good);
    let cases: [std::vec::Vec<u8>; 5] = [
        vec![7],                                                  // no command
        vec![7, 99],                                              // none of that number
        [&[7, 0][..], &[0]].concat(),                             // one byte too many
        [&[7], &good[1..good.len() - 1]].concat(),                // cut short
        [&[7], &good[1..2], &[0xff; 9][..], &good[2..]].concat(), // a length beyond any
    ];
    for (number, message) in (0_u16..).zip(cases) {
        // Each with a number of its own.
        let message = [&[number as u8], &message[1..]].concat();
        let back = send(&mut session, &frame_of(&message));
        assert_eq!(outcome(number, &back), Err(Refusal::UnknownMessage), "{message:?}");
    }
    // Without a number there is no answer.
    for message in [&[][..], &[0x80], &[0xff, 0xff, 0xff]] {
        assert_eq!(send(&mut session, &frame_of(message)), [], "{message:?}");
    }
    let expected = Counters { refused: 5, broken_frames: 3, ..Counters::default() };
    assert_eq!(session.device().counters(), expected);
    assert_eq!(bits(session.device().model()), bits(&MODEL));
}

/// A whole frame around any bytes.
fn frame_of(message: &[u8]) -> Vec<u8, MAX_FRAME> {
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

fn decode(frame: &[u8]) -> std::vec::Vec<u8> {
    let mut decoder = Decoder::new();
    for &byte in frame {
        if let Some(message) = decoder.push(byte) {
            return message.expect("a whole frame").to_vec();
        }
    }
    panic!("no end in the frame");
}

#[test]
fn a_request_that_comes_again_is_answered_again_and_not_done_again() {
    let image = image(2);
    let commands = [
        Command::Info,
        Command::Classify { image: &image },
        Command::Learn { image: &image, label: 3, learning_rate: 0.1 },
        Command::Learn { image: &image, label: 99, learning_rate: 0.1 },
        Command::Counters,
        Command::Save,
        Command::Load,
        Command::FactoryReset,
    ];
    let mut model = zeroed_model();
    let mut session = session(&mut model);
    for (sequence, command) in (0..).zip(commands) {
        let frame = frame(sequence, command);
        let first = send(&mut session, &frame);
        let weights = bits(session.device().model());
        let counters = session.device().counters();
        for again in 1..4 {
            assert_eq!(send(&mut session, &frame), first, "{command:?}");
            assert_eq!(bits(session.device().model()), weights, "{command:?}");
            let repeated = counters.repeated + again;
            assert_eq!(session.device().counters(), Counters { repeated, ..counters }, "{command:?}");
        }
    }
    assert_eq!(session.device().counters().learned, 1);
}

#[test]
fn another_request_of_the_same_number_is_refused() {
    let learn = |label| Command::Learn { image: &[100; INPUTS], label, learning_rate: 0.1 };
    let mut model = zeroed_model();
    let mut session = session(&mut model);
    ask(&mut session, 5, learn(1)).expect("learned");
    let weights = bits(session.device().model());
    for command in [learn(2), learn(1), Command::FactoryReset, Command::Info] {
        assert_eq!(ask(&mut session, 5, command), Err(Refusal::SequenceReused { sequence: 5 }));
        assert_eq!(bits(session.device().model()), weights);
    }
    ask(&mut session, 6, learn(2)).expect("another number is another request");
    ask(&mut session, 5, learn(2)).expect("and an old number may come back");
    assert_eq!(session.device().counters().learned, 3);
}

#[test]
fn a_step_that_would_diverge_is_not_taken() {
    let image = [255; INPUTS];
    for (weight, learning_rate, is_taken) in [
        (9.9e32, 1e30, true),
        (-9.9e32, 1e30, true),
        (9.995e32, 1e30, false),
        (-9.995e32, 1e30, false),
        (9.995e32, 1e20, true),
        (2e33, 0.1, false),
    ] {
        let mut factory = zeroed_model();
        factory.set_weights(std::iter::repeat(weight));
        let mut model = zeroed_model();
        let mut session = session_on(&mut model, &factory, TestFlash::new(2));
        let result = ask(&mut session, 1, Command::Learn { image: &image, label: 3, learning_rate });
        let mut expected = factory.clone();
        if is_taken {
            step(&mut expected, &image, 3, learning_rate);
            assert!(matches!(result, Ok(Reply::Learned(Learned { .. }))), "{weight:e}: {result:?}");
            let result = ask(&mut session, 2, Command::Classify { image: &image });
            let Ok(Reply::Classified(Classified { logits, probabilities, .. })) = result else {
                panic!("{weight:e}: {result:?}")
            };
            assert!(logits.iter().chain(&probabilities).all(|value| value.is_finite()), "{weight:e}");
        } else {
            let Err(Refusal::WouldDiverge { found, most }) = result else { panic!("{weight:e}: {result:?}") };
            assert!(found > most && most == LARGEST_WEIGHT, "{weight:e}");
        }
        assert_eq!(bits(session.device().model()), bits(&expected), "{weight:e}");
        assert_eq!(session.device().counters().rolled_back, u32::from(!is_taken), "{weight:e}");
    }
}

#[test]
fn weights_that_overflow_are_refused() {
    for value in [f32::MAX, f32::MIN, f32::NAN, f32::INFINITY] {
        let mut factory = zeroed_model();
        factory.set_weights(std::iter::repeat(value));
        let mut model = zeroed_model();
        let mut session = session_on(&mut model, &factory, TestFlash::new(2));
        let before = bits(session.device().model());
        let commands = [
            Command::Classify { image: &[255; INPUTS] },
            Command::Learn { image: &[255; INPUTS], label: 1, learning_rate: 1.0 },
        ];
        for (sequence, command) in (0..).zip(commands) {
            let result = ask(&mut session, sequence, command);
            assert!(matches!(result, Err(Refusal::WouldDiverge { .. })), "{value}: {result:?}");
            assert_eq!(bits(session.device().model()), before, "{value}");
        }
        let result = ask(&mut session, 9, Command::Save);
        assert_eq!(result.is_ok(), value.is_finite(), "{value}: {result:?}");
    }
}

#[test]
fn says_when_the_flash_fails() {
    let record_words = 31_440 / 4;
    for (command, after, fault) in [
        (Command::Save, 0, FlashFault::Erase),
        (Command::Save, 1, FlashFault::Write),
        (Command::Save, record_words, FlashFault::Write),
        (Command::FactoryReset, 0, FlashFault::Erase),
    ] {
        let mut flash = TestFlash::new(2);
        flash.cut_power(after, Torn::Old, Random(0));
        let mut model = zeroed_model();
        let mut session = session_on(&mut model, &MODEL, flash);
        ask(&mut session, 0, Command::Learn { image: &image(1), label: 1, learning_rate: 0.1 }).expect("learned");
        let before = bits(session.device().model());
        assert_eq!(ask(&mut session, 1, command), Err(Refusal::Flash(fault)), "{command:?}");
        assert_eq!(bits(session.device().model()), before);
        // Then it cannot be read either.
        assert_eq!(ask(&mut session, 2, Command::Load), Err(Refusal::NothingSaved));
        assert_eq!(bits(session.device().model()), before);
    }
}

#[test]
fn a_flash_that_fails_while_it_is_loaded_leaves_the_factory_weights() {
    let mut saved = Box::new(MODEL.clone());
    step(&mut saved, &image(3), 4, 0.5);
    let flash = TestFlash::new(2);
    let region = flash.region();
    let mut store = Store::<_, INPUTS, OUTPUTS>::new(flash, region).expect("it fits");
    store.save(&saved).expect("the flash works");
    let flash = store.into_flash();
    // To find the newest takes 126 reads here, and to load it as many again but one; a start loads once.
    for (good_reads, expected) in [
        (251, Err(Refusal::NothingSaved)),
        (251 + 126, Err(Refusal::Flash(FlashFault::Read))),
        (251 + 200, Err(Refusal::Flash(FlashFault::Read))),
        (251 + 251, Ok(Reply::Loaded { save: 1 })),
    ] {
        let mut flash = flash.clone();
        flash.fail_reads_after(good_reads);
        let mut model = zeroed_model();
        let mut session = session_on(&mut model, &MODEL, flash);
        assert_eq!(session.device().loaded(), Some(1));
        let result = ask(&mut session, 1, Command::Load);
        assert_eq!(result, expected, "{good_reads} reads");
        let is_factory = matches!(result, Err(Refusal::Flash(_)));
        let expected = if is_factory { &MODEL } else { &*saved };
        assert_eq!(bits(session.device().model()), bits(expected), "{good_reads} reads");
        assert_eq!(session.device().loaded(), (!is_factory).then_some(1));
    }
}

#[test]
fn broken_frames_are_met_with_silence() {
    let good = frame(1, Command::Learn { image: &image(1), label: 1, learning_rate: 0.1 });
    let mut model = zeroed_model();
    let mut session = session(&mut model);
    let mut broken = 0;
    // Every bit of the frame, its end excepted, and every length.
    for place in 0..good.len() - 1 {
        for bit in 0..8 {
            let mut frame = good.clone();
            frame[place] ^= 1 << bit;
            // A zero in the middle makes two frames of one.
            broken += if frame[place] == 0 && place > 0 { 2 } else { 1 };
            assert_eq!(send(&mut session, &frame), [], "bit {bit} of byte {place}");
        }
        let short = [&good[..place], &[0]].concat();
        broken += u32::from(place > 0);
        assert_eq!(send(&mut session, &short), [], "the first {place} bytes");
    }
    let endless = [vec![7; 100_000], vec![0]].concat();
    assert_eq!(send(&mut session, &endless), []);
    broken += 1;
    assert_eq!(session.device().counters(), Counters { broken_frames: broken, ..Counters::default() });
    assert_eq!(bits(session.device().model()), bits(&MODEL));
    assert_ne!(send(&mut session, &good), [], "the next whole frame is answered");
}
