//! A time series becomes windows, and these inputs.

use crate::common::Random;
use crate::common::conversation::{bytes_of, start};
use crate::common::networks::{Kind, Regression, Series};
use crate::refusals::is_refused;
use dense_protocol::messages::{Command, FlashFault, Floats, Input, Learned, Refusal, Reply, Step, Target};

#[test]
fn a_series_of_samples_becomes_inputs() {
    let (mut conversation, mut twin) = (start::<Series>(), Series::twin());
    let mut random = Random(5);
    let series: Vec<f32> = (0..2 * 60).map(|_| random.feature()).collect();
    let mut windows = 0;
    // A window is six samples of two channels; the next one begins four samples later.
    let (mut sent, mut missing, mut restart) = (0, 6, true);
    while sent < 60 {
        let count = (1 + random.below(3) as usize).min(missing).min(60 - sent);
        let samples = bytes_of(&series[2 * sent..2 * (sent + count)]);
        let samples = Floats::from_bytes(&samples);
        (sent, missing) = (sent + count, missing - count);
        let reply = conversation.ask(Command::Series { restart, samples });
        assert_eq!(reply, Ok(Reply::Series { missing: missing as u16 }));
        restart = false;
        let input = Input::Window;
        if missing > 0 {
            let refusal = Refusal::WindowIncomplete { missing: missing as u16 };
            assert_eq!(conversation.ask(Command::Infer { input }), Err(refusal));
            continue;
        }
        let window = &series[2 * (sent - 6)..2 * sent];
        let means: Vec<f32> = window
            .chunks(6)
            .flat_map(|row| [0, 1].map(|channel| (row[channel] + row[channel + 2] + row[channel + 4]) / 3.0))
            .collect();
        let means: Vec<u8> = bytes_of(&means).concat();
        let [logits, outputs] = twin.infer(&means).map(|values| bytes_of(&values));
        let Ok(Reply::Inferred(inferred)) = conversation.ask(Command::Infer { input }) else { panic!("no inference") };
        assert_eq!([inferred.logits, inferred.outputs], [&logits, &outputs].map(|values| Floats::from_bytes(values)));
        let (target, step) = (Target::Class(random.below(3) as u8), Step { learning_rate: 0.1, first_trained: 0 });
        let [loss_before, loss_after] = twin.learn(&means, target, step).expect("finite");
        let reply = Reply::Learned(Learned { loss_before, loss_after, cycles: 7, lessons: Err(FlashFault::None) });
        assert_eq!(conversation.ask(Command::Learn { input, target, step, expected: None }), Ok(reply));
        assert_eq!(conversation.bits(), twin.bits());
        (windows, missing) = (windows + 1, 4);
    }
    assert_eq!(windows, 1 + (60 - 6) / 4);
    // A new session begins a new series.
    conversation.hello();
    let reply = conversation.ask(Command::Series { restart: false, samples: Floats::default() });
    assert_eq!(reply, Ok(Reply::Series { missing: 6 }));
}

#[test]
fn samples_that_are_no_part_of_the_next_window() {
    let numbers = bytes_of(&[0.25; 14]);
    let samples = |count| Floats::from_bytes(&numbers[..count]);
    let not_finite = bytes_of(&[0.0, f32::NAN]);
    let mut conversation = start::<Series>();
    // Of two numbers each: after so many samples so many are missing, and the next may have so many numbers.
    for (count, missing, most) in [(0, 6, 12), (4, 4, 8), (8, 0, 8), (2, 3, 6)] {
        let reply = conversation.ask(Command::Series { restart: false, samples: samples(count) });
        assert_eq!(reply, Ok(Reply::Series { missing }));
        for (restart, most) in [(false, most), (true, 12)] {
            let refused = |found| Refusal::Samples { found, most, channels: 2 };
            for (samples, refusal) in [
                (samples(most as usize + 2), refused(most + 2)),
                (samples(3), refused(3)),
                (Floats::from_bytes(&not_finite), Refusal::NotFinite),
            ] {
                is_refused(&mut conversation, Command::Series { restart, samples }, refusal);
            }
        }
        // No series has begun with those that were refused, either.
        let reply = conversation.ask(Command::Series { restart: false, samples: samples(0) });
        assert_eq!(reply, Ok(Reply::Series { missing }));
    }
}

#[test]
fn a_device_answers_for_the_window_of_its_own_sensor() {
    let (mut conversation, mut twin) = (start::<Series>(), Series::twin());
    let mut random = Random(6);
    let series: Vec<[f32; 2]> = (0..40).map(|_| [random.feature(), random.feature()]).collect();
    let input = Input::Window;
    for (count, &sample) in (1..).zip(&series) {
        conversation.session.push_measured(sample).unwrap();
        if count < 6 {
            let refusal = Refusal::WindowIncomplete { missing: 6 - count };
            assert_eq!(conversation.session.infer_window(), Err(refusal));
            continue;
        }
        if count == 20 {
            // The sensor does not care which host is there.
            conversation.hello();
        }
        let rows = series[usize::from(count) - 6..usize::from(count)].chunks(3);
        let means: Vec<f32> = rows
            .flat_map(|row| [0, 1].map(|channel| (row[0][channel] + row[1][channel] + row[2][channel]) / 3.0))
            .collect();
        let means = bytes_of(&means).concat();
        let outputs = bytes_of(&twin.infer(&means)[1]);
        assert_eq!(conversation.session.infer_window().unwrap().outputs, Floats::from_bytes(&outputs));
        let Ok(Reply::Inferred(inferred)) = conversation.ask(Command::Infer { input }) else { panic!("no inference") };
        assert_eq!(inferred.outputs, Floats::from_bytes(&outputs));
        let (target, step) = (Target::Class(random.below(3) as u8), Step { learning_rate: 0.1, first_trained: 0 });
        twin.learn(&means, target, step).expect("finite");
        conversation.ask(Command::Learn { input, target, step, expected: None }).unwrap();
        assert_eq!(conversation.bits(), twin.bits());
    }
    assert_eq!(conversation.session.counters().inferred, 2 * 35);
    let sample = bytes_of(&[0.5; 2]);
    let from_host = Command::Series { restart: true, samples: Floats::from_bytes(&sample) };
    assert_eq!(conversation.ask(from_host), Err(Refusal::Samples { found: 2, most: 0, channels: 2 }));
    // The sensor fails: what it measured before is no window, and the host's samples are taken again.
    conversation.session.end_measured();
    assert_eq!(conversation.session.infer_window(), Err(Refusal::WindowIncomplete { missing: 6 }));
    assert_eq!(conversation.ask(from_host), Ok(Reply::Series { missing: 5 }));
    assert_eq!(start::<Regression>().session.push_measured([0.5; 2]), Err(Refusal::NoSeries));
}
