//! Takes bytes for the content of a flash and looks for lessons there: nothing may panic, each lesson that is found can be
//! read, and afterwards the memory must work. As no fuzzer guesses a checksum, each record is given the right one.
#![no_main]

use dense_protocol::checksum::Checksum;
use dense_replay::{Bits, Memory, Quantization, SampleFormat, TargetFormat, record_bytes};
use host_trainer_fuzz::Flash;
use libfuzzer_sys::fuzz_target;

static QUANTIZATIONS: [Quantization; 1] = [Quantization::new(0.0, 255.0, Bits::Eight)];
const FORMAT: SampleFormat<'static> = SampleFormat::new(5, TargetFormat::Class, Bits::Eight, &QUANTIZATIONS);
const IDENTITY: u32 = 9;
/// Lessons that are kept, and bytes of a half, which has room for twice as many.
const CAPACITY: usize = 3;
const HALF: usize = 128;
const RECORD: usize = 16;

type Lessons = Flash<{ 2 * HALF }, 64>;

fuzz_target!(|bytes: &[u8]| {
    assert_eq!(record_bytes(&FORMAT), RECORD);
    let mut content = [0xff; 2 * HALF];
    for (place, byte) in content.iter_mut().zip(bytes) {
        *place = *byte;
    }
    mount(content);
    // A bit for each record says whether it stays as it is, and two bits for each half its generation.
    let [low, high, generations] = *bytes.get(content.len()..).and_then(<[u8]>::first_chunk).unwrap_or(&[0; 3]);
    let damaged = u16::from_le_bytes([low, high]);
    for (index, record) in content.as_chunks_mut::<RECORD>().0.iter_mut().enumerate() {
        if damaged >> index & 1 == 0 && *record != [0xff; RECORD] {
            seal(record, generations >> (index / (HALF / RECORD) * 2) & 3);
        }
    }
    mount(content);
});

fn mount(content: [u8; 2 * HALF]) {
    let mut flash: Lessons = Flash(content);
    let mut memory = open(&mut flash);
    let found = all(&memory, &mut flash);
    let first = memory.next_number();
    for lesson in 0..9 {
        memory.append(&mut flash, &[lesson; 5], &lesson).expect("the flash works");
    }
    assert_eq!(memory.next_number(), first.wrapping_add(9));
    let kept = all(&memory, &mut flash);
    let expected: Vec<_> = (9 - CAPACITY as u8..9).map(|lesson| ([lesson; 5], lesson)).collect();
    assert_eq!(kept, expected);
    // After a start it is the same.
    memory = open(&mut flash);
    assert_eq!((memory.next_number(), all(&memory, &mut flash)), (first.wrapping_add(9), kept));

    let mut flash: Lessons = Flash(content);
    let mut memory = open(&mut flash);
    memory.append(&mut flash, &[7; 5], &8_u8).expect("the flash works");
    let (read, kept) = (all(&memory, &mut flash), CAPACITY.min(found.len() + 1));
    assert_eq!(read[..kept - 1], found[found.len() + 1 - kept..], "what was there is kept");
    assert_eq!(read[kept - 1..], [([7; 5], 8)]);
    memory.clear(&mut flash).expect("the flash works");
    assert_eq!((open(&mut flash).next_number(), memory.len()), (0, 0));
}

fn open(flash: &mut Lessons) -> Memory<'static> {
    Memory::open(flash, 0..2 * HALF as u32, CAPACITY, FORMAT, IDENTITY).expect("it fits, and the flash works")
}

/// The lessons.
fn all(memory: &Memory<'_>, flash: &mut Lessons) -> Vec<([u8; 5], u8)> {
    assert!(memory.len() <= CAPACITY);
    let mut lessons = Vec::new();
    for index in 0..memory.len() {
        let (mut input, mut label) = ([0; 5], 0_u8);
        assert_eq!(memory.read(flash, index, &mut input, &mut label), Ok(true), "lesson {index}");
        lessons.push((input, label));
    }
    lessons
}

/// Gives a record the checksum that its other bytes ask for.
fn seal(record: &mut [u8; RECORD], generation: u8) {
    let (mut origin, mut checksum) = (Checksum::default(), Checksum::default());
    // The format and the identity: inputs, no numbers, bits, one quantization with its minimum and its step.
    for word in [5, 0, 8, 1, 0.0_f32.to_bits(), 1.0_f32.to_bits(), IDENTITY] {
        origin.update(&word.to_le_bytes());
    }
    checksum.update(&origin.finish().to_le_bytes());
    checksum.update(&[generation]);
    let (body, end) = record.split_last_chunk_mut::<4>().expect("16 bytes");
    checksum.update(body);
    *end = checksum.finish().to_le_bytes();
}
