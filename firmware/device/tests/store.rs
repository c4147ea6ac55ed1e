//! The store on a simulated flash: its format, its refusals, and what it does with damaged records.

mod common;

use common::flash::Flash;
use common::{Random, in_parallel};
use dense_core::{Dense, PixelTable};
use dense_protocol::checksum::Checksum;
use dense_protocol::messages::{INPUTS, OUTPUTS};
use firmware::store::{Saved, Store, StoreError};
use firmware::weights::MODEL;
use firmware::{parameters, pixels};
use std::ops::Range;

type Tiny = Dense<3, 2>;
const TINY_SLOT: usize = 64;

fn tiny(first: f32) -> Tiny {
    Tiny::new([[first, -1.5, 0.0], [2.5, -0.0, 1e-9]], [f32::MAX, f32::MIN_POSITIVE])
}

fn store<const WORD: usize>() -> Store<Flash<WORD, TINY_SLOT>, 3, 2> {
    on(Flash::new(2))
}

fn on<const WORD: usize, const SECTOR: usize, const IN: usize, const OUT: usize>(
    flash: Flash<WORD, SECTOR>,
) -> Store<Flash<WORD, SECTOR>, IN, OUT> {
    let region = flash.region();
    Store::new(flash, region).expect("the region fits")
}

/// A record as the documentation has it.
fn record<const IN: usize, const OUT: usize>(layer: &Dense<IN, OUT>, save: u32) -> Vec<u8> {
    let mut bytes = b"DENS".to_vec();
    for field in [1, 32, IN as u16, OUT as u16] {
        bytes.extend(field.to_le_bytes());
    }
    bytes.extend(save.to_le_bytes());
    bytes.extend(parameters::values(layer).flat_map(f32::to_le_bytes));
    bytes.resize(bytes.len().next_multiple_of(16), 0xff);
    let mut checksum = Checksum::with_pixel_table(pixels::TABLE.map(PixelTable::values));
    checksum.update(&bytes);
    let checksum = checksum.finish();
    bytes.extend(b"DONE");
    bytes.extend(save.to_le_bytes());
    bytes.extend(checksum.to_le_bytes());
    bytes.extend((!checksum).to_le_bytes());
    bytes
}

fn writes_the_documented_record<const WORD: usize>() {
    let mut store = store::<WORD>();
    assert_eq!(store.save(&tiny(1.0)), Ok(Saved { save: 1, slot: 0 }));
    assert_eq!(store.save(&tiny(2.0)), Ok(Saved { save: 2, slot: 1 }));
    let flash = store.into_flash();
    let [first, second] = [record(&tiny(1.0), 1), record(&tiny(2.0), 2)];
    assert_eq!(flash.bytes()[..first.len()], first);
    assert_eq!(flash.bytes()[TINY_SLOT..][..second.len()], second);
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
fn loads_the_newest_and_leaves_the_layer_alone_without_one() {
    let mut store = store::<4>();
    let mut layer = tiny(7.0);
    assert_eq!(store.load(&mut layer), Err(StoreError::NothingSaved));
    assert_eq!(layer, tiny(7.0));
    for number in 1..=5_u8 {
        let saved = store.save(&tiny(f32::from(number))).expect("the flash works");
        assert_eq!(saved, Saved { save: number.into(), slot: (number + 1) % 2 });
        assert_eq!(store.load(&mut layer), Ok(saved));
        assert_eq!(layer, tiny(f32::from(number)));
    }
    assert_eq!(store.erase(), Ok(()));
    assert_eq!(store.load(&mut layer), Err(StoreError::NothingSaved));
    assert_eq!(layer, tiny(5.0));
    assert_eq!(store.save(&tiny(6.0)), Ok(Saved { save: 1, slot: 0 }));
}

#[test]
fn save_numbers_wrap_around() {
    let mut flash = Flash::<1, TINY_SLOT>::new(2);
    let bytes = record(&tiny(1.0), u32::MAX);
    flash.bytes_mut()[TINY_SLOT..][..bytes.len()].copy_from_slice(&bytes);
    let mut store = on(flash);
    let mut layer = Tiny::ZERO;
    assert_eq!(store.newest(), Some(Saved { save: u32::MAX, slot: 1 }));
    assert_eq!(store.save(&tiny(2.0)), Ok(Saved { save: 0, slot: 0 }));
    assert_eq!(store.load(&mut layer), Ok(Saved { save: 0, slot: 0 }));
    assert_eq!(layer, tiny(2.0));
    assert_eq!(store.save(&tiny(3.0)), Ok(Saved { save: 1, slot: 1 }));
}

#[test]
fn the_older_record_stays_until_the_next_save() {
    let mut store = store::<8>();
    for first in [1.0, 2.0] {
        store.save(&tiny(first)).expect("the flash works");
    }
    let mut flash = store.into_flash();
    flash.bytes_mut()[TINY_SLOT + 20] ^= 1;
    let mut store = on(flash);
    let mut layer = Tiny::ZERO;
    assert_eq!(store.load(&mut layer), Ok(Saved { save: 1, slot: 0 }));
    assert_eq!(layer, tiny(1.0));
    assert_eq!(store.save(&tiny(3.0)), Ok(Saved { save: 2, slot: 1 }), "the damaged slot is used next");
}

#[test]
fn ok_means_that_it_was_read_back() {
    for broken in [0, 12, 16, 42, 48, 59] {
        let mut store = store::<1>();
        store.save(&tiny(1.0)).expect("the flash works");
        store.save(&tiny(2.0)).expect("the flash works");
        let mut flash = store.into_flash();
        flash.break_byte(broken);
        let mut store = on(flash);
        assert_eq!(store.save(&tiny(3.0)), Err(StoreError::Verify), "byte {broken}");
        let mut layer = Tiny::ZERO;
        assert_eq!(store.load(&mut layer), Ok(Saved { save: 2, slot: 1 }), "byte {broken}");
        assert_eq!(layer, tiny(2.0));
    }
}

#[test]
fn refuses_what_is_not_finite() {
    for (index, value) in [(0, f32::NAN), (5, f32::INFINITY), (7, f32::NEG_INFINITY)] {
        let mut bad = tiny(1.0);
        parameters::set(&mut bad, index, value);
        let mut store = store::<4>();
        assert_eq!(store.save(&bad), Err(StoreError::NotFinite { index }));
        // A record of such values with a good checksum is no record either.
        let mut flash = store.into_flash();
        let bytes = record(&bad, 1);
        flash.bytes_mut()[..bytes.len()].copy_from_slice(&bytes);
        assert_eq!(on::<4, TINY_SLOT, 3, 2>(flash).newest(), None);
    }
}

#[test]
fn refuses_records_of_another_kind() {
    let good = record(&tiny(1.0), 1);
    let other_shape = record(&Dense::<2, 3>::ZERO, 1);
    // Each with a checksum that is right.
    let mut other_version = good.clone();
    other_version[4] = 2;
    let mut other_backend = good.clone();
    other_backend[7] ^= 1;
    let mut other_number = good.clone();
    other_number[12] = 9;
    for (bytes, expected) in [
        (&good, Some(Saved { save: 1, slot: 0 })),
        (&other_shape, None),
        (&resealed(other_version), None),
        (&resealed(other_backend), None),
        (&resealed(other_number), None),
        (&resealed_under(Some(&PixelTable::power(0.9)), good.clone()), None),
    ] {
        let mut flash = Flash::<4, TINY_SLOT>::new(2);
        flash.bytes_mut()[..bytes.len()].copy_from_slice(bytes);
        assert_eq!(on::<4, TINY_SLOT, 3, 2>(flash).newest(), expected);
    }
}

fn resealed(record: Vec<u8>) -> Vec<u8> {
    resealed_under(pixels::TABLE, record)
}

/// The record with the checksum that it would have if pixels went through `table`.
fn resealed_under(table: Option<&PixelTable>, mut record: Vec<u8>) -> Vec<u8> {
    let commit = record.len() - 16;
    let mut checksum = Checksum::with_pixel_table(table.map(PixelTable::values));
    checksum.update(&record[..commit]);
    let checksum = checksum.finish();
    record[commit + 8..commit + 12].copy_from_slice(&checksum.to_le_bytes());
    record[commit + 12..].copy_from_slice(&(!checksum).to_le_bytes());
    record
}

#[test]
fn refuses_regions_that_hold_no_two_slots() {
    let cases = [
        (0..128, true),
        (64..192, true),
        (128..256, true),
        (0..256, true),
        (0..64, false),
        (32..160, false),
        (192..320, false),
        (0..192, false),
        (Range { start: 128, end: 0 }, false),
        (0..0, false),
    ];
    for (region, fits) in cases {
        let store = Store::<_, 3, 2>::new(Flash::<4, TINY_SLOT>::new(4), region.clone());
        assert_eq!(store.is_ok(), fits, "{region:?}");
    }
    assert_eq!(
        Store::<_, 3, 2>::new(Flash::<4, 32>::new(4), 0..64).err(),
        Some(StoreError::Region { start: 0, end: 64, least: 128, sector: 32 })
    );
}

#[test]
fn a_region_in_the_middle_leaves_the_rest_alone() {
    let mut store = Store::<_, 3, 2>::new(Flash::<4, 32>::new(8), 64..192).expect("it fits");
    for first in [1.0, 2.0, 3.0] {
        store.save(&tiny(first)).expect("the flash works");
    }
    store.erase().expect("the flash works");
    store.save(&tiny(1.0)).expect("the flash works");
    let flash = store.into_flash();
    assert!(flash.bytes()[..64].iter().chain(&flash.bytes()[192..]).all(|&byte| byte == 0xff));
}

/// The sector of the full model: as many kilobytes as a record needs.
const SECTOR: usize = 32 * 1024;
type FullStore = Store<Flash<16, SECTOR>, INPUTS, OUTPUTS>;
const RECORD_BITS: u64 = 8 * FullStore::RECORD_BYTES as u64;

fn saved_model() -> Flash<16, SECTOR> {
    let mut store: FullStore = on(Flash::new(2));
    store.save(&MODEL).expect("the flash works");
    store.into_flash()
}

fn is_found_with_flips(flash: &mut Flash<16, SECTOR>, bits: &[u64]) -> bool {
    for bit in bits {
        flash.bytes_mut()[(bit / 8) as usize] ^= 1 << (bit % 8);
    }
    let mut store: FullStore = on(std::mem::replace(flash, Flash::new(0)));
    let is_found = store.newest().is_some();
    *flash = store.into_flash();
    for bit in bits {
        flash.bytes_mut()[(bit / 8) as usize] ^= 1 << (bit % 8);
    }
    is_found
}

#[test]
fn every_flip_of_one_bit_is_detected() {
    assert_eq!(RECORD_BITS, 251_520);
    let flash = saved_model();
    assert!(is_found_with_flips(&mut flash.clone(), &[]));
    in_parallel(0..RECORD_BITS, |bits| {
        let mut flash = flash.clone();
        for bit in bits {
            assert!(!is_found_with_flips(&mut flash, &[bit]), "bit {bit}");
        }
    });
}

#[test]
fn a_million_flips_of_three_bits_are_detected() {
    let flash = saved_model();
    in_parallel(0..1_000_000, |cases| {
        let mut flash = flash.clone();
        for case in cases {
            let mut random = Random(case);
            let bits = [0; 3].map(|_: u64| random.below(RECORD_BITS));
            let [a, b, c] = bits;
            if a == b || b == c || a == c {
                continue;
            }
            assert!(!is_found_with_flips(&mut flash, &bits), "case {case}: bits {bits:?}");
        }
    });
}
