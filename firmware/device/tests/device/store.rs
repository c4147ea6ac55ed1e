//! The store on a simulated flash: its format, its refusals, and what it does with damaged records.

use crate::common::flash::Flash;
use crate::common::networks::{Kind, Regression};
use crate::common::twins::bits_of;
use dense_device::store::{Operation, Saved};
use dense_device::{Model, Store, StoreError};
use dense_protocol::checksum::Checksum;
use embedded_storage::nor_flash::NorFlashErrorKind;

type Tiny = <Regression as Kind>::Model;

/// A record of eight parameters takes 32 + 32 + 3 · 16 bytes.
const SECTOR: usize = 112;

/// Parameters whose first one is that.
fn tiny(first: f32) -> Tiny {
    with([first, -1.5, 0.0, 2.5, -0.25, 1e-9, f32::MAX, 0.125])
}

fn with(parameters: [f32; 8]) -> Tiny {
    let mut model = Regression::model();
    for (index, value) in parameters.into_iter().enumerate() {
        model.set_parameter(index, value);
    }
    model
}

/// A store over the whole of a flash.
fn store<const WORD: usize, const SECTOR: usize>(flash: &Flash<WORD, SECTOR>) -> Store {
    Store::new(flash, flash.region(), &Regression::model()).expect("the region fits")
}

/// A record as the documentation has it.
fn record(model: &impl Model, save: u32) -> Vec<u8> {
    let mut bytes = b"DENS".to_vec();
    bytes.extend(3_u16.to_le_bytes());
    bytes.extend([32, dense_core::math::BACKEND as u8]);
    bytes.extend((model.parameters().count() as u32).to_le_bytes());
    bytes.extend(save.to_le_bytes());
    bytes.extend(model.factory_checksum().to_le_bytes());
    bytes.extend([0; 12]);
    bytes.extend(model.parameters().flat_map(f32::to_le_bytes));
    bytes.resize(bytes.len().next_multiple_of(16), 0xff);
    for magic in [b"DONE", b"SURE", b"TOLD"] {
        bytes.extend(magic);
        bytes.extend(save.to_le_bytes());
        bytes.extend([0; 8]);
    }
    sealed(bytes)
}

/// The record with its checksum made right.
fn sealed(mut record: Vec<u8>) -> Vec<u8> {
    let end = record.len() - 48;
    let mut checksum = Checksum::default();
    checksum.update(&record[..end]);
    let checksum = checksum.finish();
    for seal in record[end..].as_chunks_mut::<16>().0 {
        seal[8..12].copy_from_slice(&checksum.to_le_bytes());
        seal[12..].copy_from_slice(&(!checksum).to_le_bytes());
    }
    record
}

/// A flash with these bytes in each slot.
fn flash_of(slots: [&[u8]; 2]) -> Flash<1, SECTOR> {
    let mut flash = Flash::new(2);
    for (place, bytes) in flash.bytes_mut().chunks_mut(SECTOR).zip(slots) {
        place[..bytes.len()].copy_from_slice(bytes);
    }
    flash
}

/// Result of a load, with the first parameter.
fn load<const WORD: usize>(flash: &mut Flash<WORD, SECTOR>) -> Result<(Saved, f32), StoreError> {
    let mut model = tiny(-7.0);
    let before = bits_of(model.parameters());
    let result = store(flash).load(flash, &mut model);
    assert!(result.is_ok() || bits_of(model.parameters()) == before, "nothing was loaded, and something has changed");
    result.map(|saved| (saved, model.parameters().next().expect("a parameter")))
}

fn writes_the_documented_record<const WORD: usize>() {
    let mut flash = Flash::<WORD, SECTOR>::new(2);
    for (save, slot) in [(1, 0), (2, 1), (3, 0)] {
        let model = tiny(save as f32);
        assert_eq!(store(&flash).save(&mut flash, &model), Ok(Saved { save, slot }));
        let record = record(&model, save);
        assert_eq!(record.len(), SECTOR);
        assert_eq!(flash.bytes()[usize::from(slot) * SECTOR..][..SECTOR], record);
    }
}

#[test]
fn writes_the_documented_record_in_words_of_any_size() {
    writes_the_documented_record::<1>();
    writes_the_documented_record::<2>();
    writes_the_documented_record::<4>();
    writes_the_documented_record::<8>();
    writes_the_documented_record::<16>();
}

#[test]
fn loads_the_newest_and_leaves_the_network_alone_without_one() {
    let mut flash = Flash::<4, SECTOR>::new(2);
    assert_eq!(load(&mut flash), Err(StoreError::NothingSaved));
    for number in 1..=5_u8 {
        let saved = store(&flash).save(&mut flash, &tiny(number.into())).expect("the flash works");
        assert_eq!(saved, Saved { save: number.into(), slot: (number + 1) % 2 });
        assert_eq!(load(&mut flash), Ok((saved, number.into())));
    }
    assert_eq!(store(&flash).erase(&mut flash), Ok(()));
    assert_eq!(load(&mut flash), Err(StoreError::NothingSaved));
    assert_eq!(store(&flash).save(&mut flash, &tiny(6.0)), Ok(Saved { save: 1, slot: 0 }));
}

#[test]
fn the_same_again_is_not_written() {
    let mut flash = Flash::<4, SECTOR>::new(2);
    let store = store(&flash);
    for (first, expected) in [(1.0, Saved { save: 1, slot: 0 }), (2.0, Saved { save: 2, slot: 1 })] {
        assert_eq!(store.save(&mut flash, &tiny(first)), Ok(expected));
        let (operations, bytes) = (flash.operations(), flash.bytes().to_vec());
        assert_eq!(store.save(&mut flash, &tiny(first)), Ok(expected), "saved already");
        assert_eq!((flash.operations(), flash.bytes()), (operations, &bytes[..]));
    }
    // The older one is not the newest: it is saved again.
    assert_eq!(store.save(&mut flash, &tiny(1.0)), Ok(Saved { save: 3, slot: 0 }));
}

#[test]
fn save_numbers_wrap_around() {
    let mut flash = flash_of([&[], &record(&tiny(1.0), u32::MAX)]);
    let store = store(&flash);
    assert_eq!(load(&mut flash), Ok((Saved { save: u32::MAX, slot: 1 }, 1.0)));
    assert_eq!(store.save(&mut flash, &tiny(2.0)), Ok(Saved { save: 0, slot: 0 }));
    assert_eq!(load(&mut flash), Ok((Saved { save: 0, slot: 0 }, 2.0)));
    assert_eq!(store.save(&mut flash, &tiny(3.0)), Ok(Saved { save: 1, slot: 1 }));
}

#[test]
fn the_older_record_stays_until_the_next_save() {
    let mut flash = Flash::<8, SECTOR>::new(2);
    let store = store(&flash);
    for first in [1.0, 2.0] {
        store.save(&mut flash, &tiny(first)).expect("the flash works");
    }
    flash.bytes_mut()[SECTOR + 36] ^= 1;
    assert_eq!(load(&mut flash), Ok((Saved { save: 1, slot: 0 }, 1.0)));
    let saved = store.save(&mut flash, &tiny(3.0));
    assert_eq!(saved, Ok(Saved { save: 2, slot: 1 }), "the damaged slot is used next");
}

#[test]
fn ok_means_that_it_was_read_back() {
    for broken in [0, 12, 16, 32, 33, 63, 64, 72, 79, 80, 95] {
        let mut flash = Flash::<1, SECTOR>::new(2);
        let store = store(&flash);
        for first in [1.0, 2.0] {
            store.save(&mut flash, &tiny(first)).expect("the flash works");
        }
        flash.break_byte(broken);
        assert_eq!(store.save(&mut flash, &with([-3.3; 8])), Err(StoreError::Verify), "byte {broken}");
        assert_eq!(load(&mut flash), Ok((Saved { save: 2, slot: 1 }, 2.0)), "byte {broken}");
    }
}

#[test]
fn refuses_what_is_not_finite() {
    for (index, value) in [(0, f32::NAN), (5, f32::INFINITY), (7, f32::NEG_INFINITY)] {
        let mut bad = tiny(1.0);
        bad.set_parameter(index, value);
        let mut flash = Flash::<4, SECTOR>::new(2);
        assert_eq!(store(&flash).save(&mut flash, &bad), Err(StoreError::NotFinite { index }));
        assert_eq!(flash.operations(), 0);
        // A record of such values with a good checksum is no record either.
        assert_eq!(load(&mut flash_of([&record(&bad, 1), &[]])), Err(StoreError::NothingSaved));
    }
}

#[test]
fn refuses_records_of_another_kind() {
    let good = record(&tiny(1.0), 1);
    assert_eq!(load(&mut flash_of([&good, &[]])), Ok((Saved { save: 1, slot: 0 }, 1.0)));
    // Magic, version, bits, backend, parameters, save number, factory, zeros, commit, its save number: each with a
    // checksum that is right.
    for (place, name) in [
        (0, "magic"),
        (4, "version"),
        (6, "bits of a parameter"),
        (7, "backend"),
        (8, "fewer parameters"),
        (9, "more parameters than fit"),
        (11, "parameters beyond any flash"),
        (12, "another save number than the commit's"),
        (16, "other factory weights"),
        (20, "zeros"),
        (31, "zeros"),
        (64, "commit"),
        (68, "another save number than the header's"),
    ] {
        let mut bytes = good.clone();
        bytes[place] ^= 2;
        assert_eq!(load(&mut flash_of([&sealed(bytes), &[]])), Err(StoreError::NothingSaved), "{name}");
    }
    // The inverted checksum.
    let mut bytes = good.clone();
    bytes[76] ^= 1;
    assert_eq!(load(&mut flash_of([&bytes, &[]])), Err(StoreError::NothingSaved));
}

#[test]
fn refuses_regions_that_hold_no_two_slots() {
    let cases = [
        (0..224, true),
        (112..336, true),
        (224..448, true),
        (0..448, true),
        // That of a board without flash.
        (0..0, true),
        (0..112, false),
        (56..280, false),
        (336..560, false),
        (0..336, false),
    ];
    for (region, fits) in cases {
        let store = Store::new(&Flash::<4, SECTOR>::new(4), region.clone(), &tiny(1.0));
        assert_eq!(store.is_ok(), fits, "{region:?}");
    }
    assert_eq!(
        Store::new(&Flash::<4, 32>::new(6), 0..128, &tiny(1.0)).err(),
        Some(StoreError::Region { start: 0, end: 128, least: 256, sector: 32 })
    );
}

#[test]
fn a_board_without_flash_says_so() {
    let mut flash = Flash::<4, SECTOR>::new(4);
    let store = Store::new(&flash, 0..0, &tiny(1.0)).expect("it fits");
    let mut model = tiny(1.0);
    assert_eq!(store.slot_bytes(), 0);
    assert_eq!(store.save(&mut flash, &model), Err(StoreError::NoFlash));
    assert_eq!(store.load(&mut flash, &mut model), Err(StoreError::NoFlash));
    assert_eq!(store.erase(&mut flash), Err(StoreError::NoFlash));
    assert_eq!(store.is_foreign(&mut flash), Err(StoreError::NoFlash));
    assert_eq!((flash.operations(), bits_of(model.parameters())), (0, bits_of(tiny(1.0).parameters())));
}

#[test]
fn a_region_in_the_middle_leaves_the_rest_alone_and_a_save_what_it_does_not_need() {
    // Slots of five sectors, of which a record takes four.
    let mut flash = Flash::<4, 32>::new(14);
    flash.bytes_mut().fill(0x55);
    let store = Store::new(&flash, 64..384, &tiny(1.0)).expect("it fits");
    for first in [1.0, 2.0, 3.0] {
        let before = flash.operations();
        store.save(&mut flash, &tiny(first)).expect("the flash works");
        assert_eq!(flash.operations() - before, 4 + 112 / 4, "sectors erased and words written");
    }
    let unused = [0..64, 192..224, 352..384, 384..448];
    assert!(unused.into_iter().all(|range| flash.bytes()[range].iter().all(|&byte| byte == 0x55)));
    store.erase(&mut flash).expect("the flash works");
    assert!(flash.bytes()[64..384].iter().all(|&byte| byte == 0xff), "erased as a whole");
    assert!(flash.bytes()[..64].iter().chain(&flash.bytes()[384..]).all(|&byte| byte == 0x55));
}

#[test]
fn a_slot_that_cannot_be_read_is_not_an_empty_one() {
    let mut flash = Flash::<4, SECTOR>::new(2);
    let store = store(&flash);
    store.save(&mut flash, &tiny(1.0)).expect("the flash works");
    let whole = flash.clone();
    let failed = StoreError::Flash { operation: Operation::Read, kind: NorFlashErrorKind::Other };
    // Header, commit and parameters of one slot, header of the other: four reads.
    for good_reads in 0..4 {
        let mut flash = whole.clone();
        flash.fail_reads_after(good_reads);
        assert_eq!(store.save(&mut flash, &tiny(2.0)), Err(failed), "{good_reads} reads");
        assert_eq!(flash.operations(), whole.operations(), "{good_reads} reads: something was erased");
        flash.fail_reads_after(good_reads);
        assert_eq!(load(&mut flash), Err(failed), "{good_reads} reads");
        flash.fail_reads_after(good_reads);
        assert_eq!(store.is_foreign(&mut flash), Err(failed));
    }
    // Found, but not read again.
    for good_reads in 4..7 {
        let mut flash = whole.clone();
        flash.fail_reads_after(good_reads);
        assert_eq!(store.load(&mut flash, &mut tiny(2.0)), Err(StoreError::Verify), "{good_reads} reads");
    }
    let mut flash = whole.clone();
    flash.fail_reads_after(7);
    assert_eq!(load(&mut flash), Ok((Saved { save: 1, slot: 0 }, 1.0)));
    // What cannot be read goes when it is to go.
    flash.fail_reads_after(0);
    assert_eq!(store.erase(&mut flash), Err(failed));
    assert!(flash.operations() > whole.operations());
}
