//! Power cuts: at every operation of a lesson and of `clear`, and by the ten thousand in random histories. Whatever
//! happens, all lessons before the one in flight are there.

mod common;

use common::flash::{Flash, Torn};
use common::{Content, LARGE, Random, SMALL, Sample, appended, content, open, sample};
use dense_replay::{MemoryError, SampleFormat};
use std::slice;

/// States after a power cut in which a bit reads the same each time.
const STABLE: [Torn; 3] = [Torn::Old, Torn::New, Torn::RandomBits];

/// Appends lessons to an erased flash, cuts the power at every operation of the next one, and appends another after it.
/// `is_after_start`: the memory is opened anew before that lesson.
fn cut_everywhere<const WORD: usize, const SECTOR: usize>(
    format: SampleFormat<'static>,
    capacity: usize,
    lessons: usize,
    is_after_start: bool,
    most_operations: u64,
) {
    let mut random = Random(lessons as u64);
    let mut flash = Flash::<WORD, SECTOR>::new(2);
    let mut memory = open(&mut flash, capacity, format).unwrap();
    for _ in 0..lessons {
        let (input, class) = sample(&format, &mut random);
        memory.append(&mut flash, &input, &class).unwrap();
    }
    let old = content(&memory, &mut flash);
    let [lesson, next] = [(); 2].map(|()| sample(&format, &mut random));
    let new = appended(&old, memory.capacity(), lesson.clone());
    let before = flash.clone();

    for cut in 0.. {
        let mut is_cut = true;
        for torn in STABLE {
            let what = format!("words of {WORD}, {lessons} lessons, cut {cut}, {torn:?}");
            let mut flash = before.clone();
            let mut memory = if is_after_start { open(&mut flash, capacity, format).unwrap() } else { memory.clone() };
            flash.cut_power(cut, torn, random.fork());
            is_cut = memory.append(&mut flash, &lesson.0, &lesson.1).is_err();
            flash.power_up();
            let mut memory = open(&mut flash, capacity, format).unwrap();
            let found = content(&memory, &mut flash);
            assert!(found == new || is_cut && found == old, "{what}: neither the old lessons nor the new ones");
            memory.append(&mut flash, &next.0, &next.1).unwrap();
            let expected = appended(&found, memory.capacity(), next.clone());
            assert!(content(&memory, &mut flash) == expected, "{what}: then another lesson");
        }
        if !is_cut {
            assert_eq!(cut, most_operations, "words of {WORD}, {lessons} lessons");
            break;
        }
    }
}

#[test]
fn a_cut_at_every_word_of_a_lesson_loses_none_before_it() {
    // Records of 16 bytes in halves of 64: room for four. Those that are kept are copied.
    for (capacity, lessons, is_after_start, bytes, erases) in [
        (2, 0, true, 16, 1),
        (2, 1, false, 16, 0),
        (2, 1, true, 32, 1),
        (2, 3, true, 48, 1),
        (2, 4, false, 48, 1),
        (3, 4, false, 64, 1),
        (1, 4, true, 32, 1),
    ] {
        cut_everywhere::<1, 64>(SMALL, capacity, lessons, is_after_start, bytes + erases);
        cut_everywhere::<4, 64>(SMALL, capacity, lessons, is_after_start, bytes / 4 + erases);
        cut_everywhere::<16, 64>(SMALL, capacity, lessons, is_after_start, bytes / 16 + erases);
    }
    // Records of 80 bytes in halves of 256: room for three.
    for (lessons, is_after_start, bytes, erases) in [(1, false, 80, 0), (2, true, 240, 1), (3, false, 240, 1)] {
        cut_everywhere::<4, 256>(LARGE, 2, lessons, is_after_start, bytes / 4 + erases);
        cut_everywhere::<8, 256>(LARGE, 2, lessons, is_after_start, bytes / 8 + erases);
    }
}

/// The same where bits read differently each time: none of the lessons before is lost, and none is another than it was. The
/// one in flight may read as damaged, until the next one has been kept.
#[test]
fn bits_that_read_differently_each_time_lose_none_before_them() {
    const WORD: usize = 4;
    let (capacity, mut random, mut damaged) = (3, Random(7), 0);
    for round in 0..20_000 {
        let mut flash = Flash::<WORD, 64>::new(2);
        let mut memory = open(&mut flash, capacity, SMALL).unwrap();
        let lessons: Vec<Sample> = (0..1 + random.below(8)).map(|_| sample(&SMALL, &mut random)).collect();
        let (last, before) = lessons.split_last().unwrap();
        for (input, class) in before {
            memory.append(&mut flash, input, class).unwrap();
        }
        // After a start the lessons are copied first.
        if random.below(2) == 0 {
            memory = open(&mut flash, capacity, SMALL).unwrap();
        }
        flash.cut_power(random.below(4 * 16 / WORD as u64 + 1), Torn::Marginal, random.fork());
        let is_kept = memory.append(&mut flash, &last.0, &last.1).is_ok();
        flash.power_up();

        let mut memory = open(&mut flash, capacity, SMALL).unwrap();
        let first = memory.next_number() as usize - memory.len();
        for (index, lesson) in lessons.iter().enumerate().skip(first) {
            let mut found = (vec![0; SMALL.inputs()], 0);
            match memory.read(&mut flash, index - first, &mut found.0, &mut found.1) {
                Ok(true) => assert_eq!(&found, lesson, "round {round}, lesson {index}"),
                Ok(false) => assert!(index == before.len() && !is_kept, "round {round}, lesson {index} is lost"),
                Err(MemoryError::Damaged { .. }) => {
                    assert!(index == before.len() && !is_kept, "round {round}, lesson {index} is damaged");
                    damaged += 1;
                }
                Err(error) => panic!("round {round}, lesson {index}: {error}"),
            }
        }

        // What is written may be a copy of bits that read differently: then it is not verified, and written again.
        let next = sample(&SMALL, &mut random);
        let tries = (0..1000).take_while(|_| memory.append(&mut flash, &next.0, &next.1).is_err()).count();
        assert!(tries < 1000, "round {round}");
        let memory = open(&mut flash, capacity, SMALL).unwrap();
        let [with, without] = [&lessons, before].map(|lessons| [lessons, slice::from_ref(&next)].concat());
        for _ in 0..4 {
            let (_, found) = content(&memory, &mut flash);
            let is_good = with.ends_with(&found) || !is_kept && without.ends_with(&found);
            assert!(is_good && found.len() >= capacity.min(before.len() + 1), "round {round}: {found:?}");
        }
    }
    assert!(damaged > 100, "only {damaged} lessons were damaged");
}

/// Lessons, starts and clears, many of them cut short; returns how many were.
fn history<const WORD: usize>(seed: u64) -> u64 {
    let mut random = Random(seed);
    let mut flash = Flash::<WORD, 64>::new(2);
    // What a new board has in its flash is anything.
    if random.below(2) == 0 {
        let mut garbage = random.fork();
        flash.bytes_mut().fill_with(|| garbage.next() as u8);
    }
    let capacity = 1 + random.below(3) as usize;
    let mut memory = open(&mut flash, capacity, SMALL).unwrap();
    let mut before: Content = (0, Vec::new());
    let mut cuts = 0;
    for _ in 0..4 + random.below(16) {
        if random.below(4) == 0 {
            memory = open(&mut flash, capacity, SMALL).unwrap();
        }
        let lesson = sample(&SMALL, &mut random);
        let is_lesson = random.below(16) != 0;
        let after = if is_lesson { appended(&before, memory.capacity(), lesson.clone()) } else { (0, Vec::new()) };
        if random.below(2) == 0 {
            let most = if is_lesson { (capacity as u64 + 1) * 16 / WORD as u64 + 2 } else { 3 };
            flash.cut_power(random.below(most), STABLE[random.below(3) as usize], random.fork());
        }
        let result = if is_lesson { memory.append(&mut flash, &lesson.0, &lesson.1) } else { memory.clear(&mut flash) };
        flash.power_up();
        if result.is_err() {
            cuts += 1;
            memory = open(&mut flash, capacity, SMALL).unwrap();
        }
        let found = content(&memory, &mut flash);
        let is_partly_cleared = !is_lesson && found.0 == before.0 && before.1.starts_with(&found.1);
        let is_good = found == after || result.is_err() && (found == before || is_partly_cleared);
        assert!(is_good, "seed {seed}, {result:?}: {found:?} after {before:?}");
        before = found;
    }
    cuts
}

#[test]
fn twenty_thousand_histories_of_cuts_lose_nothing() {
    let mut cuts = 0;
    for seed in 0..20_000 {
        cuts += match seed % 4 {
            0 => history::<1>(seed),
            1 => history::<4>(seed),
            2 => history::<8>(seed),
            _ => history::<16>(seed),
        };
    }
    assert!(cuts > 40_000, "only {cuts} cuts in 20,000 histories");
}
