//! A record of full size with flipped bits.

use crate::common::flash::Flash;
use crate::common::networks::{Committed, Kind};
use crate::common::{Random, in_parallel};
use dense_device::store::record_bytes;
use dense_device::{Model, Store, StoreError};

/// As many kilobytes as a record needs.
const SECTOR: usize = 32 * 1024;
const PARAMETERS: usize = <Committed as Kind>::Model::PARAMETERS;
/// Those through the commit: the confirmation and the acknowledgement, of 16 bytes each, make a record no less whole.
const RECORD_BITS: u64 = 8 * (record_bytes(PARAMETERS) - 32) as u64;

fn saved() -> (Store, Flash<16, SECTOR>) {
    let (model, mut flash) = (Committed::model(), Flash::new(2));
    let store = Store::new(&flash, flash.region(), &model).expect("it fits");
    store.save(&mut flash, &model).expect("the flash works");
    (store, flash)
}

/// Whether there is a record in the flash with these bits flipped.
fn is_found<M: Model>(store: &Store, flash: &mut Flash<16, SECTOR>, model: &mut M, bits: &[u64]) -> bool {
    let flip = |flash: &mut Flash<16, SECTOR>| {
        for bit in bits {
            flash.bytes_mut()[(bit / 8) as usize] ^= 1 << (bit % 8);
        }
    };
    flip(flash);
    // With another header it would be another network's.
    let is_foreign = bits.iter().any(|&bit| bit < 256) && store.is_foreign(flash).expect("the flash works");
    let is_found = is_foreign || store.load(flash, model) != Err(StoreError::NothingSaved);
    flip(flash);
    is_found
}

#[test]
fn every_flip_of_one_bit_is_detected() {
    assert_eq!(RECORD_BITS, 251_648);
    let (store, flash) = saved();
    assert!(is_found(&store, &mut flash.clone(), &mut Committed::model(), &[]));
    in_parallel(0..RECORD_BITS, |bits| {
        let (mut flash, mut model) = (flash.clone(), Committed::model());
        for bit in bits {
            assert!(!is_found(&store, &mut flash, &mut model, &[bit]), "bit {bit}");
        }
    });
}

#[test]
fn a_million_flips_of_three_bits_are_detected() {
    let (store, flash) = saved();
    in_parallel(0..1_000_000, |cases| {
        let (mut flash, mut model) = (flash.clone(), Committed::model());
        for case in cases {
            let mut random = Random(case);
            let bits = [0; 3].map(|_: u64| random.below(RECORD_BITS));
            let [a, b, c] = bits;
            if a == b || b == c || a == c {
                continue;
            }
            assert!(!is_found(&store, &mut flash, &mut model, &bits), "case {case}: bits {bits:?}");
        }
    });
}
