//! Practice: which samples, how often, and the same for a host.

mod common;

use common::flash::Flash;
use common::{SMALL, open};
use dense_replay::{Bits, FactorySet, Quantization, Replay, SampleFormat, Sampler, Source, TargetFormat};

const CLASS_ONLY: SampleFormat<'static> =
    SampleFormat::new(1, TargetFormat::Class, Bits::One, &[Quantization::new(0.0, 1.0, Bits::One)]);

/// How often each of so many lessons and factory samples is drawn in 4,000 steps. Lessons are of the classes 0, 1, …;
/// factory samples of the classes 100, 101, …, and sample `i` stands for `i + 1`.
fn drawn(lessons: u8, factory_samples: u8) -> [Vec<u32>; 2] {
    let mut flash = Flash::<4, 256>::new(2);
    let mut memory = open(&mut flash, 8, SMALL).unwrap();
    for class in 0..lessons {
        memory.append(&mut flash, &[17 * (class % 16); 7], &class).unwrap();
    }
    let bytes: Vec<u8> = (0..factory_samples).flat_map(|index| [100 + index, 0, 0, 0, 0]).collect();
    let counts: Vec<u32> = (1..=u32::from(factory_samples)).map(|index| index * (index + 1) / 2).collect();
    let replay = Replay { memory: Some(memory), factory: FactorySet::new(SMALL, &counts, &bytes) };

    let mut found = [vec![0; lessons.into()], vec![0; factory_samples.into()]];
    let mut sampler = Sampler::new(1);
    for _ in 0..4000 {
        let (mut input, mut class) = ([1_u8; 7], 0_u8);
        match replay.read_next(&mut flash, &mut sampler, &mut input, &mut class).unwrap() {
            Some(Source::Lesson(index)) => {
                assert_eq!((usize::from(class), input), (index, [17 * (class % 16); 7]));
                found[0][index] += 1;
            }
            Some(Source::Factory(index)) => {
                assert_eq!((usize::from(class), input), (100 + index, [0; 7]));
                found[1][index] += 1;
            }
            None => assert_eq!((input, class), ([1; 7], 0)),
        }
    }
    found
}

#[test]
fn lessons_have_a_third_of_the_steps_and_factory_samples_their_shares() {
    for (lessons, factory_samples, steps) in
        [(0, 0, [0, 0]), (3, 0, [4000, 0]), (0, 5, [0, 4000]), (2, 30, [1333, 2667]), (8, 3, [1333, 2667])]
    {
        let found = drawn(lessons, factory_samples);
        let weights = [vec![1; lessons.into()], (1..=u32::from(factory_samples)).collect()];
        for ((what, found), (weights, steps)) in
            ["lesson", "factory sample"].iter().zip(&found).zip(weights.iter().zip(steps))
        {
            assert!(found.iter().sum::<u32>().abs_diff(steps) < 150, "{what}s: {found:?}");
            for (index, (found, weight)) in found.iter().zip(weights).enumerate() {
                let expected = steps * weight / weights.iter().sum::<u32>();
                assert!(found.abs_diff(expected) < 40 + expected / 8, "{what} {index}: {found} times, not {expected}");
            }
        }
    }
}

#[test]
fn a_seed_gives_the_same_samples_in_every_release() {
    // Hosts and devices may be of different ones. The numbers come from another implementation.
    let counts: Vec<u32> = (1..=280).collect();
    let bytes = vec![0; 2 * counts.len()];
    let factory = FactorySet::new(CLASS_ONLY, &counts, &bytes);
    let mut sampler = Sampler::new(7);
    let drawn = [(); 6].map(|()| sampler.next(40, &factory).unwrap());
    use Source::{Factory, Lesson};
    assert_eq!(drawn, [Factory(232), Factory(11), Factory(191), Factory(182), Lesson(38), Factory(112)]);
    assert_ne!(Sampler::new(8).next(40, &factory), Some(Factory(232)));
}

#[test]
fn without_flash_there_are_factory_samples_alone() {
    let factory = FactorySet::new(CLASS_ONLY, &[3], &[5, 1]);
    let replay = Replay { memory: None, factory };
    let (mut flash, mut input, mut class) = (Flash::<4, 256>::new(2), [0_u8], 0_u8);
    let source = replay.read_next(&mut flash, &mut Sampler::new(0), &mut input, &mut class);
    assert_eq!((source, input, class, replay.lessons()), (Ok(Some(Source::Factory(0))), [1], 5, 0));
    let wrong = replay.read_next(&mut flash, &mut Sampler::new(0), &mut [0_u8; 6], &mut class);
    assert_eq!(wrong.unwrap_err().to_string(), "6 values of the input, 1 expected");
}

#[test]
fn factory_samples_are_read_by_index() {
    let factory = FactorySet::new(CLASS_ONLY, &[10, 12], &[5, 1, 6, 0]);
    let (mut input, mut class) = ([0_u8], 0_u8);
    assert_eq!((factory.len(), factory.count(), factory.is_empty()), (2, 12, false));
    assert_eq!(factory.read(1, &mut input, &mut class), Ok(true));
    assert_eq!((input, class), ([0], 6));
    assert_eq!(factory.read(0, &mut input, &mut class), Ok(true));
    assert_eq!((input, class), ([1], 5));
    assert_eq!(factory.read(2, &mut input, &mut class), Ok(false));
    assert!(factory.read(0, &mut [0_u8; 2], &mut class).is_err());
    assert_eq!(
        (FactorySet::new(CLASS_ONLY, &[], &[]).is_empty(), FactorySet::new(CLASS_ONLY, &[], &[]).count()),
        (true, 0)
    );
    assert_eq!(factory.bytes(), [5, 1, 6, 0]);
    for (counts, bytes) in [([10, 12], [5, 1, 6, 1]), ([11, 12], [5, 1, 6, 0])] {
        assert_ne!(factory.checksum(), FactorySet::new(CLASS_ONLY, &counts, &bytes).checksum());
    }
}

#[test]
#[should_panic(expected = "another number of samples")]
fn half_a_factory_sample_is_refused() {
    let _ = FactorySet::new(CLASS_ONLY, &[1, 2], &[5, 1, 6]);
}

#[test]
#[should_panic(expected = "a sample stands for none")]
fn a_factory_sample_that_is_never_drawn_is_refused() {
    let _ = FactorySet::new(CLASS_ONLY, &[1, 1], &[5, 1, 6, 0]);
}
