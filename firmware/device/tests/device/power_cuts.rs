//! Power cuts: at every operation of a save, and by the hundred thousand in random histories. Whatever happens, the old
//! weights or the new ones are there, whole.

use crate::common::conversation::leak;
use crate::common::flash::{Flash, Torn};
use crate::common::networks::{Committed, Kind};
use crate::common::twins::bits_of;
use crate::common::{Random, in_parallel};
use dense_core::{Output, Sgd, SparseCategoricalCrossEntropy};
use dense_device::{Learner, LearnerMemory, Model, Store, StoreError};

/// Three saves of the full network with sectors of 16 KiB, the power cut at every operation of the third.
fn cut_everywhere<const WORD: usize>() {
    const SECTOR: usize = 16 * 1024;
    let mut model = Committed::model();
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
    assert_eq!(operations, (31_456 / WORD + 2) as u64, "a record, and a slot of two sectors");

    in_parallel(0..operations, |cuts| {
        let [mut saved, mut loaded] = [Committed::model(), Committed::model()];
        set(&mut saved, &new);
        let mut flash = before.clone();
        for cut in cuts {
            for torn in Torn::ALL {
                flash.copy_from(&before);
                flash.cut_power(cut, torn, Random(cut));
                let result = store.save(&mut flash, &saved);
                assert!(result.is_err(), "cut {cut}: the power failed, and it says that all is saved");
                flash.power_up();
                let found = store.load(&mut flash, &mut loaded);
                let found = found.unwrap_or_else(|error| panic!("cut {cut}, {torn:?}: {error}"));
                // Only the very last word makes the record whole.
                let is_new = cut == operations - 1 && torn == Torn::New;
                let expected = if is_new { (3, &new) } else { (2, &old) };
                assert_eq!(found.save, expected.0, "cut {cut}, {torn:?}");
                assert!(are_bits(&loaded, expected.1), "cut {cut}, {torn:?}");
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

/// A record of 18 parameters has 128 bytes: two sectors.
const SECTOR: usize = 64;

fn small() -> SmallModel {
    Learner::new(leak(LearnerMemory::<_, f32, 5, 3, _>::NEW), &FACTORY, Sgd::DEFAULT)
}

/// What may be in the flash: nothing, or these weights.
type Content = Option<Vec<u32>>;

fn content<const WORD: usize>(store: &Store, flash: &mut Flash<WORD, SECTOR>, model: &mut SmallModel) -> Content {
    match store.load(flash, model) {
        Ok(_) => Some(bits_of(model.parameters())),
        Err(StoreError::NothingSaved) => None,
        Err(error) => panic!("{error}"),
    }
}

/// Saves and erases, most of them cut short; returns how many were.
fn history<const WORD: usize>(seed: u64, model: &mut SmallModel) -> u64 {
    let mut random = Random(seed);
    let mut flash = Flash::<WORD, SECTOR>::new(6);
    let store = Store::new(&flash, flash.region(), model).expect("it fits");
    // What a new board has in its flash is anything.
    if random.below(2) == 0 {
        let mut garbage = random.fork();
        flash.bytes_mut().fill_with(|| garbage.next() as u8);
    }
    let mut before: Content = None;
    let mut cuts = 0;
    for _ in 0..2 + random.below(7) {
        for index in 0..SmallModel::PARAMETERS {
            model.set_parameter(index, random.finite());
        }
        let is_save = random.below(8) != 0;
        let after = is_save.then(|| bits_of(model.parameters()));
        let torn = Torn::ALL[random.below(3) as usize];
        // A save takes 128 / WORD writes and 2 erases, to erase all 6.
        let most = if is_save { 128 / WORD as u64 + 4 } else { 8 };
        flash.cut_power(random.below(most), torn, random.fork());
        let result = if is_save { store.save(&mut flash, model).map(|_| ()) } else { store.erase(&mut flash) };
        flash.power_up();
        let found = content(&store, &mut flash, model);
        match result {
            Ok(()) => assert!(found == after, "seed {seed}: it said Ok, and it was not so"),
            Err(_) => {
                assert!(found == before || found == after, "seed {seed}: neither old nor new");
                cuts += 1;
            }
        }
        before = found;
    }
    cuts
}

#[test]
fn a_hundred_thousand_histories_of_cuts_lose_nothing() {
    use std::sync::atomic::{AtomicU64, Ordering};
    let cuts = AtomicU64::new(0);
    in_parallel(0..100_000, |seeds| {
        let mut model = small();
        for seed in seeds {
            let found = match seed % 4 {
                0 => history::<1>(seed, &mut model),
                1 => history::<4>(seed, &mut model),
                2 => history::<8>(seed, &mut model),
                _ => history::<16>(seed, &mut model),
            };
            cuts.fetch_add(found, Ordering::Relaxed);
        }
    });
    let cuts = cuts.into_inner();
    assert!(cuts > 300_000, "only {cuts} cuts in 100,000 histories");
}
