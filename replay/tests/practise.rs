//! Practice: which samples, how often, and the same for a host.

mod common;

use common::flash::Flash;
use common::{SMALL, open};
use dense_replay::{Bits, FactorySet, PractiseError, Practised, Quantization, RamFlash, Replay, SampleFormat, Sampler};
use dense_replay::{Source, TargetFormat};

const CLASS_ONLY: SampleFormat<'static> =
    SampleFormat::new(1, TargetFormat::Class, Bits::One, &[Quantization::new(0.0, 1.0, Bits::One)]);

/// Factory samples of the classes 100, 101, …, all values 0.
fn factory_bytes(count: u8) -> Vec<u8> {
    (0..count).flat_map(|index| [100 + index, 0, 0, 0, 0]).collect()
}

/// The classes of the practised samples; lessons are of the classes 0, 1, ….
fn practised(lessons: u8, factory_samples: u8, seed: u64, steps: u32) -> (Vec<u8>, Practised) {
    let mut flash = Flash::<4, 256>::new(2);
    let memory = open(&mut flash, SMALL).unwrap();
    let bytes = factory_bytes(factory_samples);
    let mut replay = Replay { memory, factory: FactorySet::new(SMALL, &bytes) };
    for class in 0..lessons {
        replay.memory.append(&mut flash, &[17 * (class % 16); 7], &class).unwrap();
    }
    let mut classes = Vec::new();
    let step = |input: &[u8], &class: &u8| {
        assert_eq!(input, if class < 100 { [17 * (class % 16); 7] } else { [0; 7] });
        classes.push(class);
        Ok::<_, ()>(())
    };
    let practised = replay.practise(&mut flash, seed, steps, &mut [1_u8; 7], &mut 0_u8, step).unwrap();
    (classes, practised)
}

#[test]
fn lessons_have_a_third_of_the_steps() {
    for (lessons, factory_samples, shares) in
        [(0, 0, (0, 0)), (3, 0, (4000, 0)), (0, 5, (0, 4000)), (2, 50, (1333, 2667)), (8, 3, (1333, 2667))]
    {
        let (classes, practised) = practised(lessons, factory_samples, 1, 4000);
        let what = format!("{lessons} lessons, {factory_samples} factory samples");
        let count = |class: u8| classes.iter().filter(|&&other| other == class).count() as u32;
        let of_lessons: u32 = (0..100).map(count).sum();
        assert_eq!((practised.lessons, practised.factory_samples), (of_lessons, classes.len() as u32 - of_lessons));
        assert!(practised.lessons.abs_diff(shares.0) < 150, "{what}: {practised:?}");
        assert!(practised.factory_samples.abs_diff(shares.1) < 150, "{what}: {practised:?}");
        for (first, samples, share) in [(0, lessons, shares.0), (100, factory_samples, shares.1)] {
            for class in first..first + samples {
                let expected = share / u32::from(samples);
                assert!(count(class).abs_diff(expected) < 60 + expected / 8, "{what}: {class} {} times", count(class));
            }
        }
    }
}

#[test]
fn a_seed_gives_the_same_steps_again() {
    let steps = |seed| practised(6, 10, seed, 50).0;
    assert_eq!(steps(4), steps(4));
    assert_ne!(steps(4), steps(5));
    // No release changes them: hosts and devices may be of different ones. The numbers come from another implementation.
    let mut sampler = Sampler::new(7);
    let drawn = [(); 6].map(|()| sampler.next(40, 280).unwrap());
    use Source::{Factory, Lesson};
    assert_eq!(drawn, [Factory(232), Factory(11), Factory(191), Factory(182), Lesson(38), Factory(112)]);
}

#[test]
fn a_step_that_fails_ends_it() {
    let bytes = factory_bytes(4);
    let mut flash = RamFlash::new([0; 32]);
    let replay = Replay { memory: open(&mut flash, SMALL).unwrap(), factory: FactorySet::new(SMALL, &bytes) };
    let mut steps = 0;
    let result = replay.practise(&mut flash, 0, 10, &mut [0_u8; 7], &mut 0_u8, |_, _| {
        steps += 1;
        if steps < 3 { Ok(()) } else { Err("too far") }
    });
    assert_eq!((result, steps), (Err(PractiseError::Step("too far")), 3));
    let wrong = replay.practise(&mut flash, 0, 1, &mut [0_u8; 6], &mut 0_u8, |_, _| Ok::<_, &str>(()));
    assert_eq!(wrong.unwrap_err().to_string(), "6 values of the input, 7 expected");
}

#[test]
fn factory_samples_are_read_by_index() {
    let factory = FactorySet::new(CLASS_ONLY, &[5, 1, 6, 0]);
    let (mut input, mut class) = ([0_u8], 0_u8);
    assert_eq!((factory.len(), factory.is_empty()), (2, false));
    assert_eq!(factory.read(1, &mut input, &mut class), Ok(true));
    assert_eq!((input, class), ([0], 6));
    assert_eq!(factory.read(0, &mut input, &mut class), Ok(true));
    assert_eq!((input, class), ([1], 5));
    assert_eq!(factory.read(2, &mut input, &mut class), Ok(false));
    assert!(factory.read(0, &mut [0_u8; 2], &mut class).is_err());
    assert!(FactorySet::new(CLASS_ONLY, &[]).is_empty());
    assert_eq!(factory.bytes(), [5, 1, 6, 0]);
    assert_ne!(factory.checksum(), FactorySet::new(CLASS_ONLY, &[5, 1, 6, 1]).checksum());
}

#[test]
#[should_panic(expected = "the last sample is not whole")]
fn half_a_factory_sample_is_refused() {
    let _ = FactorySet::new(CLASS_ONLY, &[5, 1, 6]);
}
