//! Conversations with the device in which all goes well: what every command does.

mod common;

use common::conversation::{SECTOR, TestFlash, ask, bits, image, prepared, session, session_on, step};
use common::{Random, zeroed_model};
use dense_core::activations::Softmax;
use dense_core::optimizers::SMALLEST_LEARNING_RATE;
use dense_core::{Batch, Kernel, PixelTable};
use dense_protocol::checksum::Checksum;
use dense_protocol::frames::{self, MAX_ANSWER};
use dense_protocol::messages::{
    Answer, Classified, ClockSource, Command, Counters, INPUTS, Info, Learned, OUTPUTS, Refusal, Reply, Saved, VERSION,
};
use firmware::store::Store;
use firmware::weights::MODEL;
use firmware::{parameters, pixels};
use heapless::Vec;

#[test]
fn info_says_who_it_is() {
    let mut model = zeroed_model();
    let mut session = session(&mut model);
    let expected = Info {
        version: VERSION,
        inputs: 784,
        outputs: 10,
        parameters: 7850,
        weights_checksum: parameters::checksum(pixels::TABLE, &MODEL),
        loaded: None,
        clock_hz: 168_000_000,
        clock_source: ClockSource::Crystal,
        kernel: Kernel::best().name(),
        board: "simulated",
        model_bytes: 31_424,
        static_bytes: 34_567,
        slot_bytes: SECTOR as u32,
    };
    assert_eq!(ask(&mut session, 0, Command::Info), Ok(Reply::Info(expected)));
}

#[test]
fn classifies_as_dense_core_does() {
    let mut model = zeroed_model();
    let mut session = session(&mut model);
    for sequence in 0..100 {
        let image = image(sequence.into());
        let mut rows = [[0.0; OUTPUTS]];
        MODEL
            .forward_with(Kernel::PORTABLE, Batch::new(&[prepared(&image)]).expect("one image"), &mut rows)
            .expect("the shapes fit");
        let [logits] = rows;
        Softmax::forward_with(Kernel::PORTABLE, rows.as_flattened_mut(), OUTPUTS).expect("finite");
        let [probabilities] = rows;
        let class = (0..OUTPUTS).rev().max_by(|&a, &b| logits[a].total_cmp(&logits[b])).expect("ten") as u8;
        let expected = Reply::Classified(Classified { class, logits, probabilities, cycles: 7 });
        assert_eq!(ask(&mut session, sequence, Command::Classify { image: &image }), Ok(expected));
    }
    assert_eq!(session.device().counters(), Counters { classified: 100, ..Counters::default() });
    assert_eq!(bits(session.device().model()), bits(&MODEL));
}

#[test]
fn of_equal_logits_the_first_is_the_class() {
    let (mut model, factory) = (zeroed_model(), zeroed_model());
    let mut session = session_on(&mut model, &factory, TestFlash::new(2));
    let Ok(Reply::Classified(Classified { class, .. })) = ask(&mut session, 1, Command::Classify { image: &image(1) })
    else {
        panic!("classify failed");
    };
    assert_eq!(class, 0);
}

#[test]
fn learns_the_very_bits_that_dense_core_learns() {
    let mut model = zeroed_model();
    let mut session = session(&mut model);
    let mut expected = Box::new(MODEL.clone());
    let mut random = Random(1);
    for sequence in 0..300 {
        let image = random.image();
        let label = random.below(10) as u8;
        let learning_rate = [1e-3, 0.01, 0.1, 3.0, SMALLEST_LEARNING_RATE][random.below(5) as usize];
        let (loss_before, loss_after) = step(&mut expected, &image, label, learning_rate);
        let weights_checksum = parameters::checksum(pixels::TABLE, &expected);
        let reply = Reply::Learned(Learned { loss_before, loss_after, cycles: 7, weights_checksum });
        let command = Command::Learn { image: &image, label, learning_rate };
        assert_eq!(ask(&mut session, sequence, command), Ok(reply));
        assert_eq!(bits(session.device().model()), bits(&expected));
    }
    assert_eq!(session.device().counters(), Counters { learned: 300, ..Counters::default() });
}

#[test]
fn the_checksum_of_the_weights_is_that_of_their_bytes() {
    let mut expected = Checksum::with_pixel_table(pixels::TABLE.map(PixelTable::values));
    for output in 0..OUTPUTS {
        for input in 0..INPUTS {
            expected.update(&MODEL.weight(output, input).to_bits().to_le_bytes());
        }
    }
    for bias in MODEL.bias() {
        expected.update(&bias.to_bits().to_le_bytes());
    }
    assert_eq!(parameters::checksum(pixels::TABLE, &MODEL), expected.finish());
}

#[test]
fn the_checksum_covers_the_table_of_pixels() {
    let (curve, flatter) = (PixelTable::power(0.5), PixelTable::power(0.4));
    let checksums = [None, Some(&curve), Some(&flatter)].map(|table| parameters::checksum(table, &MODEL));
    assert!(checksums[0] != checksums[1] && checksums[1] != checksums[2] && checksums[2] != checksums[0]);
}

#[test]
fn saves_loads_and_resets() {
    let mut model = zeroed_model();
    let mut session = session(&mut model);
    let learn = |label| Command::Learn { image: &[200; INPUTS], label, learning_rate: 0.1 };
    assert_eq!(ask(&mut session, 1, Command::Load), Err(Refusal::NothingSaved));
    ask(&mut session, 2, learn(1)).expect("learned");
    let learned = bits(session.device().model());
    assert_eq!(ask(&mut session, 3, Command::Save), Ok(Reply::Saved(Saved { save: 1, slot: 0 })));
    assert_eq!(session.device().loaded(), Some(1));
    ask(&mut session, 4, learn(2)).expect("learned");
    assert_ne!(bits(session.device().model()), learned);
    assert_eq!(ask(&mut session, 5, Command::Load), Ok(Reply::Loaded { save: 1 }));
    assert_eq!(bits(session.device().model()), learned);
    ask(&mut session, 6, learn(3)).expect("learned");
    assert_eq!(ask(&mut session, 7, Command::Save), Ok(Reply::Saved(Saved { save: 2, slot: 1 })));
    assert_eq!(ask(&mut session, 8, Command::FactoryReset), Ok(Reply::Reset));
    assert_eq!(session.device().loaded(), None);
    assert_eq!(bits(session.device().model()), bits(&MODEL));
    assert_eq!(ask(&mut session, 9, Command::Load), Err(Refusal::NothingSaved));
    let expected = Counters { learned: 3, refused: 2, ..Counters::default() };
    assert_eq!(ask(&mut session, 10, Command::Counters), Ok(Reply::Counters(expected)));
}

#[test]
fn starts_with_what_was_saved() {
    let mut saved = Box::new(MODEL.clone());
    step(&mut saved, &image(3), 4, 0.5);
    let flash = TestFlash::new(2);
    let region = flash.region();
    let mut store = Store::<_, INPUTS, OUTPUTS>::new(flash, region).expect("it fits");
    store.save(&saved).expect("the flash works");
    let mut model = zeroed_model();
    let session = session_on(&mut model, &MODEL, store.into_flash());
    assert_eq!(bits(session.device().model()), bits(&saved));
    assert_eq!(session.device().loaded(), Some(1));
}

#[test]
fn a_huge_learning_rate_leaves_every_number_finite() {
    let mut model = zeroed_model();
    let mut session = session(&mut model);
    for step in 0..500 {
        let image = image(u64::from(step));
        let Ok(Reply::Classified(Classified { logits, .. })) =
            ask(&mut session, 2 * step, Command::Classify { image: &image })
        else {
            panic!("step {step} left weights that do not classify");
        };
        assert!(logits.iter().all(|logit| logit.is_finite()), "step {step}");
        // The class that it finds least likely has the largest delta.
        let label = (0..OUTPUTS).min_by(|&a, &b| logits[a].total_cmp(&logits[b])).expect("ten") as u8;
        let command = Command::Learn { image: &image, label, learning_rate: 1e30 };
        let result = ask(&mut session, 2 * step + 1, command);
        let Ok(Reply::Learned(Learned { loss_before, loss_after, .. })) = result else {
            panic!("step {step}: {result:?}")
        };
        assert!(loss_before.is_finite() && loss_after.is_finite(), "step {step}");
    }
    assert!(parameters::largest(session.device().model()) > 1e30);
}

#[test]
fn every_answer_fits_its_frame() {
    let info = Info {
        version: u8::MAX,
        inputs: u16::MAX,
        outputs: u16::MAX,
        parameters: u32::MAX,
        weights_checksum: u32::MAX,
        loaded: Some(u32::MAX),
        clock_hz: u32::MAX,
        clock_source: ClockSource::Host,
        kernel: &"k".repeat(64),
        board: &"b".repeat(64),
        model_bytes: u32::MAX,
        static_bytes: u32::MAX,
        slot_bytes: u32::MAX,
    };
    let (logits, probabilities) = ([f32::MIN; OUTPUTS], [0.0; OUTPUTS]);
    let count = u32::MAX;
    let counters = Counters {
        classified: count,
        learned: count,
        rolled_back: count,
        refused: count,
        broken_frames: count,
        repeated: count,
    };
    for reply in [
        Reply::Info(info),
        Reply::Classified(Classified { class: u8::MAX, logits, probabilities, cycles: u32::MAX }),
        Reply::Counters(counters),
    ] {
        let mut frame = Vec::<u8, MAX_ANSWER>::new();
        let answer = Answer { sequence: u16::MAX, result: Ok(reply) };
        assert_eq!(frames::encode(&answer, &mut frame), Ok(()), "{reply:?}");
    }
}
