//! Takes bytes for the content of a flash and mounts it: nothing may panic, what is loaded must be finite and stand in
//! the flash, and afterwards the store must work. As no fuzzer guesses a checksum, each record is given the right one.
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
    mount(content);
    // The checksum alone, then all that makes a record this network's.
    for is_own in [false, true] {
        for record in content.chunks_exact_mut(SLOT) {
            seal(record, is_own);
        }
        mount(content);
    }
});

fn mount(content: [u8; 2 * SLOT]) {
    let mut memory = LearnerMemory::<Network, f32, 3, 2, Sgd>::NEW;
    let mut model = Learner::new(&mut memory, &FACTORY, Sgd::DEFAULT);
    let mut flash = Flash::<{ 2 * SLOT }, SLOT>(content);
    let store = Store::new(&flash, 0..2 * SLOT as u32, &model).expect("it fits");
    let is_foreign = store.is_foreign(&mut flash).expect("the flash works");
    let before = store.load(&mut flash, &mut model);
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

/// Gives a record the magic numbers and the checksum that its other bytes ask for, and those of this network.
fn seal(record: &mut [u8], is_own: bool) {
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
    for (seal, magic) in seals.chunks_exact_mut(16).zip([b"DONE", b"SURE", b"TOLD"]) {
        seal[..4].copy_from_slice(magic);
        seal[4..8].copy_from_slice(&body[12..16]);
        seal[8..12].copy_from_slice(&checksum.to_le_bytes());
        seal[12..].copy_from_slice(&(!checksum).to_le_bytes());
    }
}
