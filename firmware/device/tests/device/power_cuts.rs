//! Power cuts: at every operation of a save, and by the hundred thousand in random histories. Whatever happens, the old
//! weights or the new ones are there, whole.

use crate::common::conversation::leak;
use crate::common::flash::{Flash, Torn};
use crate::common::networks::{Committed, Kind};
use crate::common::twins::bits_of;
use crate::common::{Random, in_parallel};
use dense_core::{Output, Sgd, SparseCategoricalCrossEntropy};
use dense_device::store::record_bytes;
use dense_device::{Learner, LearnerMemory, Model, Store, StoreError};

/// Three saves, the power cut at every operation of the third. A slot has two sectors.
fn cut_everywhere<const WORD: usize, const SECTOR: usize, M: Model>(start: impl Fn() -> M + Sync) {
    let mut model = start();
    let mut flash = Flash::<WORD, SECTOR>::new(4);
    let store = Store::new(&flash, flash.region(), &model).expect("it fits");
    let [older, old, new] = [0.125, 0.25, 0.5].map(|first| {
        model.set_parameter(0, first);
        bits_of(model.parameters())
    });
    let mut save = |flash: &mut Flash<WORD, SECTOR>, parameters: &[u32]| {
        set(&mut model, parameters);
        store.save(flash, &model)
    };
    save(&mut flash, &older).expect("the flash works");
    save(&mut flash, &old).expect("the flash works");
    let before = flash.clone();
    save(&mut flash, &new).expect("the flash works");
    let operations = flash.operations() - before.operations();
    assert_eq!(operations, (record_bytes(M::PARAMETERS) / WORD + 2) as u64, "a record, and a slot of two sectors");
    // The last word of the confirmation makes the record count; the acknowledgement, of as many words, comes after it.
    let last = operations - 1 - (16 / WORD) as u64;

    in_parallel(0..operations, |cuts| {
        let [mut saved, mut loaded] = [start(), start()];
        set(&mut saved, &new);
        let mut flash = before.clone();
        for cut in cuts {
            for torn in Torn::ALL {
                flash.copy_from(&before);
                flash.cut_power(cut, torn, Random(cut));
                let result = store.save(&mut flash, &saved);
                assert!(result.is_err(), "cut {cut}: the power failed, and it says that all is saved");
                flash.power_up();
                let is_either = torn == Torn::Marginal && (last + 1 - (16 / WORD) as u64..=last).contains(&cut);
                let is_new = cut > last || cut == last && torn == Torn::New;
                // What is marginal reads differently after each start.
                for _ in 0..3 {
                    let found = store.load(&mut flash, &mut loaded);
                    let found = found.unwrap_or_else(|error| panic!("cut {cut}, {torn:?}: {error}"));
                    let is_new = if is_either { found.save == 3 } else { is_new };
                    let expected = if is_new { (3, &new) } else { (2, &old) };
                    assert_eq!(found.save, expected.0, "cut {cut}, {torn:?}");
                    assert!(are_bits(&loaded, expected.1), "cut {cut}, {torn:?}");
                }
            }
        }
    });
}

#[test]
fn a_cut_at_every_byte_of_a_save_loses_nothing() {
    cut_everywhere::<1, { 16 * 1024 }, _>(Committed::model);
    cut_everywhere::<1, 96, _>(small);
}

#[test]
fn a_cut_at_every_word_of_a_save_loses_nothing() {
    cut_everywhere::<4, { 16 * 1024 }, _>(Committed::model);
    cut_everywhere::<16, { 16 * 1024 }, _>(Committed::model);
    cut_everywhere::<4, 96, _>(small);
    cut_everywhere::<16, 96, _>(small);
}

fn set(model: &mut impl Model, bits: &[u32]) {
    for (index, &bits) in bits.iter().enumerate() {
        model.set_parameter(index, f32::from_bits(bits));
    }
}

/// Compares bits, for −0.0 and 0.0 are equal.
fn are_bits(model: &impl Model, bits: &[u32]) -> bool {
    model.parameters().map(f32::to_bits).eq(bits.iter().copied())
}

type Small = Output<5, 3, SparseCategoricalCrossEntropy>;
type SmallModel = Learner<'static, Small, f32, 5, 3, Sgd>;
static FACTORY: Small = Small::ZERO;

/// A record of 18 parameters has 160 bytes: three sectors.
const SECTOR: usize = 64;

fn small() -> SmallModel {
    Learner::new(leak(LearnerMemory::<_, f32, 5, 3, _>::NEW), &FACTORY, Sgd::DEFAULT)
}

/// Contents of the flash: nothing, or the bits of the saved weights.
type Content = Option<Vec<u32>>;

fn content<const WORD: usize, const SECTOR: usize>(
    store: &Store,
    flash: &mut Flash<WORD, SECTOR>,
    model: &mut impl Model,
) -> Content {
    match store.load(flash, model) {
        Ok(_) => Some(bits_of(model.parameters())),
        Err(StoreError::NothingSaved) => None,
        // A record that was never whole reads differently the second time.
        Err(StoreError::Verify) if flash.is_marginal() => None,
        Err(error) => panic!("{error}"),
    }
}

/// Saves and erases, most of them cut short; returns how many were. A slot has `sectors`.
fn history<const WORD: usize, const SECTOR: usize, M: Model>(seed: u64, model: &mut M, sectors: usize) -> u64 {
    let mut random = Random(seed);
    let mut flash = Flash::<WORD, SECTOR>::new(2 * sectors);
    let store = Store::new(&flash, flash.region(), model).expect("it fits");
    // What a new board has in its flash is anything.
    if random.below(2) == 0 {
        let mut garbage = random.fork();
        flash.bytes_mut().fill_with(|| garbage.next() as u8);
    }
    // What may be found. Where bits are marginal, it is whatever was saved since a save or an erase said Ok.
    let mut possible: Vec<Content> = vec![None];
    let mut cuts = 0;
    for _ in 0..2 + random.below(7) {
        // Now and then what is there, or the same again.
        if random.below(8) != 0 {
            for index in 0..M::PARAMETERS {
                model.set_parameter(index, random.finite());
            }
        }
        let is_save = random.below(8) != 0;
        let after = is_save.then(|| bits_of(model.parameters()));
        let torn = Torn::ALL[random.below(4) as usize];
        // The operations of a whole save or an erase of everything, and a few more.
        let most = if is_save { record_bytes(M::PARAMETERS) / WORD + sectors + 2 } else { 2 * sectors + 2 };
        // The last words are the ones that decide.
        let most = most as u64;
        let cut = if random.below(2) == 0 { random.below(most) } else { most - 1 - random.below(most.min(12)) };
        flash.cut_power(cut, torn, random.fork());
        let result = if is_save { store.save(&mut flash, model).map(|_| ()) } else { store.erase(&mut flash) };
        flash.power_up();
        match result {
            Ok(()) => possible = vec![after],
            Err(_) => {
                possible.push(after);
                cuts += 1;
            }
        }
        for start in 0..3 {
            let found = content(&store, &mut flash, model);
            assert!(
                possible.contains(&found),
                "seed {seed}, start {start}, {result:?}: not what was saved last, or since"
            );
            if !flash.is_marginal() {
                possible = vec![found];
            }
        }
    }
    cuts
}

#[test]
fn a_hundred_thousand_histories_of_cuts_lose_nothing() {
    use std::sync::atomic::{AtomicU64, Ordering};
    let cuts = AtomicU64::new(0);
    in_parallel(0..100_000, |seeds| {
        let (mut model, mut large) = (small(), Committed::model());
        for seed in seeds {
            let found = match seed % 4 {
                _ if seed % 100 == 99 => history::<16, { 16 * 1024 }, _>(seed, &mut large, 2),
                0 => history::<1, SECTOR, _>(seed, &mut model, 3),
                1 => history::<4, SECTOR, _>(seed, &mut model, 3),
                2 => history::<8, SECTOR, _>(seed, &mut model, 3),
                _ => history::<16, SECTOR, _>(seed, &mut model, 3),
            };
            cuts.fetch_add(found, Ordering::Relaxed);
        }
    });
    let cuts = cuts.into_inner();
    assert!(cuts > 300_000, "only {cuts} cuts in 100,000 histories");
}
