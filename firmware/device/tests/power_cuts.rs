//! Power cuts: at every operation of a save, and by the hundred thousand in random histories. Whatever happens, the old
//! weights or the new ones are there, whole.

mod common;

use common::flash::{Flash, Torn};
use common::{Random, in_parallel, zeroed_model};
use dense_core::Dense;
use dense_protocol::messages::{INPUTS, OUTPUTS};
use firmware::store::{Saved, Store, StoreError};
use firmware::weights::MODEL;
use firmware::{Model, parameters};

fn on<const WORD: usize, const SECTOR: usize, const IN: usize, const OUT: usize>(
    flash: Flash<WORD, SECTOR>,
) -> Store<Flash<WORD, SECTOR>, IN, OUT> {
    let region = flash.region();
    Store::new(flash, region).expect("the region fits")
}

/// Two saves of the full model with sectors of 16 KiB, the power cut at every operation of the second or the third.
fn cut_everywhere<const WORD: usize>() {
    const SECTOR: usize = 16 * 1024;
    let old = &MODEL;
    let new = {
        let mut new = MODEL.clone();
        parameters::set(&mut new, 0, 0.5);
        new
    };
    let mut store = on::<WORD, SECTOR, INPUTS, OUTPUTS>(Flash::new(4));
    store.save(&Model::ZERO).expect("the flash works");
    store.save(old).expect("the flash works");
    let before = store.into_flash();

    let mut store = on::<WORD, SECTOR, INPUTS, OUTPUTS>(before.clone());
    store.save(&new).expect("the flash works");
    let operations = store.into_flash().operations() - before.operations();
    assert_eq!(operations, (31_440 / WORD + 2) as u64, "a record, and a slot of two sectors");

    in_parallel(0..operations, |cuts| {
        let mut layer = zeroed_model();
        let mut flash = before.clone();
        for cut in cuts {
            for torn in Torn::ALL {
                flash.copy_from(&before);
                flash.cut_power(cut, torn, Random(cut));
                let mut store = on::<WORD, SECTOR, INPUTS, OUTPUTS>(flash);
                let result = store.save(&new);
                assert!(result.is_err(), "cut {cut}: the power failed, and it says that all is saved");
                flash = store.into_flash();
                flash.power_up();
                let mut store = on::<WORD, SECTOR, INPUTS, OUTPUTS>(flash);
                let saved = store.load(&mut layer).unwrap_or_else(|error| panic!("cut {cut}, {torn:?}: {error}"));
                // Only the very last word makes the record whole.
                let is_new = cut == operations - 1 && torn == Torn::New;
                let expected = if is_new { (3, &new) } else { (2, old) };
                assert_eq!(saved.save, expected.0, "cut {cut}, {torn:?}");
                assert!(*layer == *expected.1, "cut {cut}, {torn:?}");
                flash = store.into_flash();
            }
        }
    });
}

#[test]
fn a_cut_at_every_byte_of_a_save_loses_nothing() {
    cut_everywhere::<1>();
}

#[test]
fn a_cut_at_every_word_of_a_save_loses_nothing() {
    cut_everywhere::<4>();
    cut_everywhere::<16>();
}

type Tiny = Dense<3, 2>;

fn tiny(random: &mut Random) -> Tiny {
    let mut layer = Tiny::ZERO;
    for index in 0..Tiny::PARAMETERS {
        // Any finite f32.
        let value = f32::from_bits(random.next() as u32);
        parameters::set(&mut layer, index, if value.is_finite() { value } else { 1.0 });
    }
    layer
}

/// Compares bits, for -0.0 and 0.0 are equal.
fn bits(layer: &Tiny) -> Vec<u32> {
    parameters::values(layer).map(f32::to_bits).collect()
}

/// What may be in the flash: nothing, or these weights.
type Content = Option<Vec<u32>>;

fn content<const WORD: usize>(store: &mut Store<Flash<WORD, 64>, 3, 2>) -> Content {
    let mut layer = Tiny::ZERO;
    match store.load(&mut layer) {
        Ok(_) => Some(bits(&layer)),
        Err(StoreError::NothingSaved) => None,
        Err(error) => panic!("{error}"),
    }
}

/// Saves and erases, most of them cut short; returns how many were.
fn history<const WORD: usize>(seed: u64) -> u64 {
    let mut random = Random(seed);
    let mut flash = Flash::<WORD, 64>::new(4);
    // What a new board has in its flash is anything.
    if random.below(2) == 0 {
        let mut garbage = random.fork();
        flash.bytes_mut().fill_with(|| garbage.next() as u8);
    }
    let mut before: Content = None;
    let mut cuts = 0;
    for _ in 0..2 + random.below(7) {
        let layer = tiny(&mut random);
        let is_save = random.below(8) != 0;
        let after = if is_save { Some(bits(&layer)) } else { None };
        let torn = Torn::ALL[random.below(3) as usize];
        // A save takes 64 / WORD writes and 2 erases.
        let most = 64 / WORD as u64 + 4;
        flash.cut_power(random.below(most), torn, random.fork());
        let mut store = on::<WORD, 64, 3, 2>(flash);
        let result = if is_save { store.save(&layer).map(|_: Saved| ()) } else { store.erase() };
        flash = store.into_flash();
        flash.power_up();
        let mut store = on(flash);
        let found = content(&mut store);
        match result {
            Ok(()) => assert!(found == after, "seed {seed}: it said Ok, and it was not so"),
            Err(_) => {
                assert!(found == before || found == after, "seed {seed}: neither old nor new");
                cuts += 1;
            }
        }
        before = found;
        flash = store.into_flash();
    }
    cuts
}

#[test]
fn a_hundred_thousand_histories_of_cuts_lose_nothing() {
    use std::sync::atomic::{AtomicU64, Ordering};
    let cuts = AtomicU64::new(0);
    in_parallel(0..100_000, |seeds| {
        for seed in seeds {
            let found = match seed % 4 {
                0 => history::<1>(seed),
                1 => history::<4>(seed),
                2 => history::<8>(seed),
                _ => history::<16>(seed),
            };
            cuts.fetch_add(found, Ordering::Relaxed);
        }
    });
    let cuts = cuts.into_inner();
    assert!(cuts > 300_000, "only {cuts} cuts in 100,000 histories");
}
