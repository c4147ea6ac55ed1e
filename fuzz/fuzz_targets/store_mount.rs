//! Takes bytes for the content of a flash and mounts it: nothing may panic, what is loaded must be finite and stand in
//! the flash, and afterwards the store must work. As no fuzzer guesses a checksum, each record is given the right one, in as
//! many seals as a byte after the content says.
#![no_main]

use dense_core::{Mse, Output, Sgd};
use dense_device::store::record_bytes;
use dense_device::{Learner, LearnerMemory, Model, Store, StoreError};
use dense_protocol::checksum::Checksum;
use host_trainer_fuzz::Flash;
use libfuzzer_sys::fuzz_target;

type Network = Output<3, 2, Mse>;
const SLOT: usize = record_bytes(8);
static FACTORY: Network = Network::ZERO;

fuzz_target!(|bytes: &[u8]| {
    let mut content = [0xff; 2 * SLOT];
    for (place, byte) in content.iter_mut().zip(bytes) {
        *place = *byte;
    }
    mount(content, None);
    let counts = [0, 1].map(|slot| bytes.get(2 * SLOT + slot).map_or(3, |byte| byte % 4));
    // The checksum alone, then all that makes a record this network's.
    for is_own in [false, true] {
        for (record, count) in content.chunks_exact_mut(SLOT).zip(counts) {
            seal(record, is_own, count.into());
        }
        mount(content, is_own.then(|| slot_that_counts(&content, counts)).flatten());
    }
});

/// `expected` is the slot that is loaded from, where that is known.
fn mount(content: [u8; 2 * SLOT], expected: Option<u8>) {
    let mut memory = LearnerMemory::<Network, f32, 3, 2, Sgd>::NEW;
    let mut model = Learner::new(&mut memory, &FACTORY, Sgd::DEFAULT);
    let mut flash = Flash::<{ 2 * SLOT }, SLOT>(content);
    let store = Store::new(&flash, 0..2 * SLOT as u32, &model).expect("it fits");
    let is_foreign = store.is_foreign(&mut flash).expect("the flash works");
    let before = store.load(&mut flash, &mut model);
    assert!(
        expected.is_none_or(|slot| before.is_ok_and(|saved| saved.slot == slot)),
        "{expected:?} and not {before:?}"
    );
    match before {
        Ok(saved) => {
            assert!(model.parameters().all(f32::is_finite));
            let record = &content[usize::from(saved.slot) * SLOT..][..SLOT];
            assert_eq!(record[12..16], saved.save.to_le_bytes());
            // What is too small for a weight is loaded as zero.
            let stored = record[32..].chunks_exact(4).map(|bits| f32::from_le_bytes(bits.try_into().unwrap()));
            for (index, (stored, loaded)) in stored.zip(model.parameters()).enumerate() {
                assert!(stored == loaded || loaded == 0.0 && stored.abs() < 1e-15, "parameter {index}");
            }
        }
        Err(error) => {
            assert_eq!(error, StoreError::NothingSaved);
            assert!(model.parameters().all(|value| value == 0.0));
        }
    }
    for (index, value) in (1..=8_u8).enumerate() {
        model.set_parameter(index, value.into());
    }
    let parameters: Vec<f32> = model.parameters().collect();
    let saved = store.save(&mut flash, &model).expect("the flash works");
    if let (Ok(before), false) = (before, is_foreign) {
        assert!(saved.save == before.save.wrapping_add(1) && saved.slot == 1 - before.slot || saved == before);
    }
    model.restore_factory();
    assert_eq!(store.load(&mut flash, &mut model), Ok(saved));
    assert!(model.parameters().eq(parameters));
    assert_eq!(store.is_foreign(&mut flash), Ok(false));
    assert_eq!(store.save(&mut flash, &model), Ok(saved));
    store.erase(&mut flash).expect("the flash works");
    assert_eq!(store.load(&mut flash, &mut model), Err(StoreError::NothingSaved));
    assert_eq!(store.is_foreign(&mut flash), Ok(false));
}

/// Of records of this network with so many seals, the slot of the one that counts: the newest of those with two seals or
/// more or, where there is none, the older.
fn slot_that_counts(content: &[u8; 2 * SLOT], seals: [u8; 2]) -> Option<u8> {
    let records = content.as_chunks::<SLOT>().0;
    let is_finite =
        |record: &[u8; SLOT]| record[32..64].as_chunks().0.iter().all(|bits| f32::from_le_bytes(*bits).is_finite());
    let seals = [0, 1].map(|slot| if is_finite(&records[slot]) { seals[slot] } else { 0 });
    let [first, second] = [0, 1].map(|slot| u32::from_le_bytes(records[slot][12..16].try_into().unwrap()));
    let is_second_newer = match second.wrapping_sub(first) {
        0 | 0x8000_0000 => return None,
        ahead => ahead < 0x8000_0000,
    };
    let [is_first_confirmed, is_second_confirmed] = seals.map(|count| count >= 2);
    match seals {
        [0, 0] => None,
        [_, 0] => Some(0),
        [0, _] => Some(1),
        _ if is_first_confirmed == is_second_confirmed => Some(u8::from(is_second_newer == is_first_confirmed)),
        _ => Some(u8::from(is_second_confirmed)),
    }
}

/// Gives a record the magic numbers that its other bytes ask for, `count` seals, and what makes it this network's.
fn seal(record: &mut [u8], is_own: bool, count: usize) {
    let (body, seals) = record.split_at_mut(SLOT - 48);
    body[..4].copy_from_slice(b"DENS");
    if is_own {
        body[4..8].copy_from_slice(&[3, 0, 32, dense_core::math::BACKEND as u8]);
        body[8..12].copy_from_slice(&8_u32.to_le_bytes());
        let mut factory = Checksum::default();
        factory.update(&[0; 32]);
        body[16..20].copy_from_slice(&factory.finish().to_le_bytes());
        body[20..32].fill(0);
    }
    let mut checksum = Checksum::default();
    checksum.update(body);
    let checksum = checksum.finish();
    seals.fill(0xff);
    for (seal, magic) in seals.chunks_exact_mut(16).zip([b"DONE", b"SURE", b"TOLD"]).take(count) {
        seal[..4].copy_from_slice(magic);
        seal[4..8].copy_from_slice(&body[12..16]);
        seal[8..12].copy_from_slice(&checksum.to_le_bytes());
        seal[12..].copy_from_slice(&(!checksum).to_le_bytes());
    }
}
