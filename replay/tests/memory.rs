//! The memory on a flash that works, and on one that does not.

mod common;

use common::flash::Flash;
use common::{LARGE, Random, SMALL, appended, content, open, sample};
use dense_replay::{Bits, Memory, MemoryError, Quantization, RamFlash, SampleFormat, TargetFormat, region_bytes};

type TestFlash = Flash<4, 64>;
/// How many lessons are kept.
const CAPACITY: usize = 5;

/// A flash with so many lessons, the memory of it, and what it must hold.
fn with_lessons(count: usize) -> (TestFlash, Memory<'static>, common::Content) {
    let mut random = Random(7);
    let mut flash = TestFlash::new(4);
    let mut memory = open(&mut flash, CAPACITY, SMALL).unwrap();
    let mut expected = (0, Vec::new());
    for _ in 0..count {
        let lesson = sample(&SMALL, &mut random);
        memory.append(&mut flash, &lesson.0, &lesson.1).unwrap();
        expected = appended(&expected, memory.capacity(), lesson);
    }
    (flash, memory, expected)
}

#[test]
fn keeps_the_last_lessons() {
    // Halves have room for 8 lessons.
    for (count, first, kept) in [(0, 0, 0), (1, 0, 1), (5, 0, 5), (6, 1, 5), (8, 3, 5), (9, 4, 5), (100, 95, 5)] {
        let (mut flash, memory, expected) = with_lessons(count);
        assert_eq!((memory.record_bytes(), memory.capacity()), (16, CAPACITY));
        assert_eq!((memory.next_number(), memory.len(), memory.is_empty()), (count as u32, kept, kept == 0));
        assert_eq!(expected.0, first, "{count} lessons");
        assert_eq!(content(&memory, &mut flash), expected, "{count} lessons");
        let again = open(&mut flash, CAPACITY, SMALL).unwrap();
        assert_eq!(content(&again, &mut flash), expected, "{count} lessons, after a start");
        assert_eq!(memory.read(&mut flash, kept, &mut [0_u8; 7], &mut 0_u8), Ok(false), "there is none of that index");
    }
}

#[test]
fn a_host_keeps_the_same_whatever_starts_there_are() {
    for format in [SMALL, LARGE] {
        let (mut random, mut device) = (Random(3), Flash::<8, 1024>::new(2));
        let mut memory = open(&mut device, CAPACITY, format).unwrap();
        // As small as can be, without sectors.
        let mut host = RamFlash::new(vec![0; region_bytes(&format, CAPACITY, 1)]);
        let mut reference = open(&mut host, CAPACITY, format).unwrap();
        for _ in 0..200 {
            if random.below(3) == 0 {
                memory = open(&mut device, CAPACITY, format).unwrap();
            }
            let (input, class) = sample(&format, &mut random);
            memory.append(&mut device, &input, &class).unwrap();
            reference.append(&mut host, &input, &class).unwrap();
            assert_eq!(content(&memory, &mut device), content(&reference, &mut host));
        }
    }
}

#[test]
fn numbers_and_several_targets_are_kept() {
    let quantizations = [Quantization::new(-8.0, 8.0, Bits::Eight), Quantization::new(0.0, 255.0, Bits::Eight)];
    let format = SampleFormat::new(4, TargetFormat::Numbers(2), Bits::Eight, &quantizations);
    let mut flash = TestFlash::new(2);
    let mut memory = Memory::open(&mut flash, 0..128, 1, format, 0).unwrap();
    memory.append(&mut flash, &[-8.0_f32, 7.0, 9.0, 254.0], &[0.25_f32, -1e9]).unwrap();
    let (mut input, mut target) = ([0.0_f32; 4], [0.0_f32; 2]);
    assert_eq!(memory.read(&mut flash, 0, &mut input, &mut target), Ok(true));
    assert_eq!((input, target), ([-8.0, 7.0, 8.0, 254.0], [0.25, -1e9]));

    let wrong = memory.append(&mut flash, &[0.0_f32; 3], &[0.0_f32; 2]).unwrap_err();
    assert_eq!(wrong.to_string(), "3 values of the input, 4 expected");
    assert!(memory.read(&mut flash, 0, &mut [0.0_f32; 4], &mut 0_u8).is_err(), "a class is no numbers");
    assert_eq!(memory.len(), 1);
}

#[test]
fn lessons_of_another_format_or_identity_are_none() {
    let (mut flash, _, expected) = with_lessons(5);
    let region = flash.region();
    let one_value_less = {
        const QUANTIZATION: Quantization = Quantization::new(0.0, 255.0, Bits::Four);
        SampleFormat::new(6, TargetFormat::Class, Bits::Four, &[QUANTIZATION])
    };
    for (format, capacity, identity, kept) in
        [(SMALL, CAPACITY, 1, 5), (SMALL, 3, 1, 3), (SMALL, CAPACITY, 2, 0), (one_value_less, CAPACITY, 1, 0)]
    {
        let mut memory = Memory::open(&mut flash, region.clone(), capacity, format, identity).unwrap();
        assert_eq!(memory.len(), kept, "{format:?}, identity {identity}");
        if kept == 0 {
            // They are in the way of nothing.
            let mut flash = flash.clone();
            let (input, class) = sample(&format, &mut Random(0));
            memory.append(&mut flash, &input, &class).unwrap();
            assert_eq!(content(&memory, &mut flash), (0, vec![(input, class)]));
        }
    }
    assert_eq!(content(&open(&mut flash, CAPACITY, SMALL).unwrap(), &mut flash), expected);
}

#[test]
fn cleared_lessons_are_gone() {
    for count in [0, 3, 20] {
        let (mut flash, mut memory, _) = with_lessons(count);
        memory.clear(&mut flash).unwrap();
        assert_eq!((memory.len(), memory.next_number()), (0, 0));
        assert_eq!(open(&mut flash, CAPACITY, SMALL).unwrap().len(), 0);
        memory.append(&mut flash, &[17_u8; 7], &1_u8).unwrap();
        assert_eq!(content(&open(&mut flash, CAPACITY, SMALL).unwrap(), &mut flash), (0, vec![(vec![17; 7], 1)]));
    }
}

#[test]
fn a_byte_that_keeps_nothing_costs_one_lesson() {
    let (mut flash, mut memory, expected) = with_lessons(2);
    // The lessons are in the upper half.
    flash.break_byte(128 + 2 * 16 + 4);
    let lesson = (vec![0_u8; 7], 0_u8);
    assert_eq!(memory.append(&mut flash, &lesson.0, &lesson.1), Err(MemoryError::Verify));
    assert_eq!(content(&memory, &mut flash), expected);
    // It goes on in the other half.
    memory.append(&mut flash, &lesson.0, &lesson.1).unwrap();
    assert_eq!(content(&memory, &mut flash), appended(&expected, CAPACITY, lesson));
}

#[test]
fn a_changed_bit_is_noticed() {
    let (flash, memory, _) = with_lessons(3);
    for byte in 128..128 + 3 * 16 {
        let mut changed = flash.clone();
        changed.bytes_mut()[byte] ^= 1 << (byte % 8);
        let number = (byte as u32 - 128) / 16;
        for index in 0..3 {
            let found = memory.read(&mut changed, index, &mut [0_u8; 7], &mut 0_u8);
            let damaged = Err(MemoryError::Damaged { number });
            assert_eq!(found, if index as u32 == number { damaged } else { Ok(true) }, "byte {byte}");
        }
        assert_eq!(open(&mut changed, CAPACITY, SMALL).unwrap().len(), number as usize, "byte {byte}");
    }
}

#[test]
fn a_flash_that_cannot_be_read_is_no_empty_memory() {
    let (flash, memory, _) = with_lessons(20);
    let is_read_error = |error: MemoryError| error.to_string().starts_with("the flash failed to read");
    for reads in 0..6 {
        let mut failing = flash.clone();
        failing.fail_reads_after(reads);
        assert!(is_read_error(open(&mut failing, CAPACITY, SMALL).unwrap_err()), "{reads} reads succeed");
    }
    let mut failing = flash.clone();
    failing.fail_reads_after(0);
    assert!(is_read_error(memory.read(&mut failing, 0, &mut [0_u8; 7], &mut 0_u8).unwrap_err()));
}

#[test]
fn regions_that_do_not_fit_are_refused() {
    let mut flash = TestFlash::new(4);
    for (region, capacity, format, fits) in [
        (0..128, 3, SMALL, true),
        (64..192, 3, SMALL, true),
        (0..128, 4, SMALL, false),
        (0..128, 0, SMALL, false),
        (0..256, 1, LARGE, false),
        (0..64, 1, SMALL, false),
        (0..192, 1, SMALL, false),
        (32..160, 1, SMALL, false),
        (128..512, 1, SMALL, false),
        (128..128, 1, SMALL, false),
        #[allow(clippy::reversed_empty_ranges, reason = "it is refused")]
        (128..0, 1, SMALL, false),
    ] {
        let memory = Memory::open(&mut flash, region.clone(), capacity, format, 0);
        assert_eq!(memory.is_ok(), fits, "{capacity} lessons in {region:?}");
    }
    assert_eq!(
        [(SMALL, 3), (SMALL, 4), (LARGE, 1)].map(|(format, kept)| region_bytes(&format, kept, 64)),
        [128, 256, 384]
    );
    let error = Memory::open(&mut flash, 0..64, 1, LARGE, 0).err().unwrap().to_string();
    let expected = "flash from 0x0 to 0x40 does not hold 1 lessons: 384 bytes at least, in two halves of whole sectors of \
                    64 bytes, wanted";
    assert_eq!(error, expected);
}
