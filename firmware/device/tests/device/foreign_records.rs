//! Records of a network with other factory weights: never loaded, reported, and kept as long as there is room.

use crate::common::conversation::{TestFlash, leak, serve};
use crate::common::flash::Flash;
use crate::common::networks::{Kind, Pixels, Regression};
use crate::common::twins::bits_of;
use dense_device::store::Saved;
use dense_device::{Model, Store, StoreError};
use dense_protocol::messages::{Command, Origin, Refusal, Reply};
use embedded_storage::nor_flash::{NorFlash, ReadNorFlash};

type Tiny = <Regression as Kind>::Model;
type TinyFlash = Flash<4, 112>;

/// A network with those factory weights whose first parameter has learned.
fn learned(seed: u64, first: f32) -> Tiny {
    let mut model = Regression::of_seed(seed);
    model.set_parameter(0, first);
    model
}

fn save(flash: &mut TinyFlash, model: &Tiny) -> Result<Saved, StoreError> {
    Store::new(flash, flash.region(), model).expect("it fits").save(flash, model)
}

/// The first parameter saved for a network with those factory weights, and whether the newest record is another's.
fn find(flash: &mut TinyFlash, seed: u64) -> (Option<f32>, bool) {
    let mut model = Regression::of_seed(seed);
    let store = Store::new(flash, flash.region(), &model).expect("it fits");
    let before = bits_of(model.parameters());
    let is_foreign = store.is_foreign(flash).expect("the flash works");
    match store.load(flash, &mut model) {
        Ok(_) => (model.parameters().next(), is_foreign),
        Err(error) => {
            assert_eq!((error, bits_of(model.parameters())), (StoreError::NothingSaved, before));
            (None, is_foreign)
        }
    }
}

#[test]
fn a_record_of_other_factory_weights_stays_until_its_slot_is_needed() {
    const OURS: u64 = 1;
    const THEIRS: u64 = 2;
    let mut flash = TinyFlash::new(2);
    assert_eq!(find(&mut flash, OURS), (None, false));
    assert_eq!(save(&mut flash, &learned(THEIRS, 5.0)), Ok(Saved { save: 1, slot: 0 }));
    assert_eq!(find(&mut flash, OURS), (None, true));
    assert_eq!(find(&mut flash, THEIRS), (Some(5.0), false));
    // There is room for both, and the numbers go on.
    assert_eq!(save(&mut flash, &learned(OURS, 6.0)), Ok(Saved { save: 2, slot: 1 }));
    assert_eq!(find(&mut flash, OURS), (Some(6.0), false));
    assert_eq!(find(&mut flash, THEIRS), (Some(5.0), true), "the old firmware finds its own");
    // The same again writes nothing.
    let operations = flash.operations();
    assert_eq!(save(&mut flash, &learned(OURS, 6.0)), Ok(Saved { save: 2, slot: 1 }));
    assert_eq!(flash.operations(), operations);
    // The next save needs the slot: what is kept is our newest.
    assert_eq!(save(&mut flash, &learned(OURS, 7.0)), Ok(Saved { save: 3, slot: 0 }));
    assert_eq!(find(&mut flash, OURS), (Some(7.0), false));
    assert_eq!(find(&mut flash, THEIRS), (None, true));
}

#[test]
fn our_record_is_kept_though_theirs_is_newer() {
    let mut flash = TinyFlash::new(2);
    save(&mut flash, &learned(1, 5.0)).expect("the flash works");
    save(&mut flash, &learned(2, 6.0)).expect("the flash works");
    assert_eq!(find(&mut flash, 1), (Some(5.0), true));
    // The same as our older one, but no longer the newest.
    assert_eq!(save(&mut flash, &learned(1, 5.0)), Ok(Saved { save: 2, slot: 1 }));
    assert_eq!(find(&mut flash, 1), (Some(5.0), false));
    assert_eq!(find(&mut flash, 2), (None, true));
}

/// Our record counts although theirs is the confirmed one. Whatever becomes of its seals, the one that is saved next is newer.
#[test]
fn what_is_saved_after_our_unconfirmed_record_is_newer_than_that() {
    const WHOLE: usize = 112 - 32;
    for theirs_first in [false, true] {
        let mut flash = TinyFlash::new(2);
        if !theirs_first {
            // Theirs is then in the second slot, and ours in the first.
            save(&mut flash, &learned(2, 4.0)).expect("the flash works");
        }
        save(&mut flash, &learned(2, 5.0)).expect("the flash works");
        let ours = save(&mut flash, &learned(1, 6.0)).expect("the flash works");
        let (start, mut confirmed) = (112 * usize::from(ours.slot), [0; 112]);
        flash.read(start as u32, &mut confirmed).expect("it works");
        flash.erase(start as u32, start as u32 + 112).expect("it works");
        flash.write(start as u32, &confirmed[..WHOLE]).expect("it works");
        assert_eq!(find(&mut flash, 1), (Some(6.0), true));
        let newer = save(&mut flash, &learned(1, 7.0)).expect("the flash works");
        assert_eq!((newer.save, newer.slot), (ours.save + 1, 1 - ours.slot));
        // The words of the seals that the power cut fell into read as written after all.
        flash.write((start + WHOLE) as u32, &confirmed[WHOLE..]).expect("it works");
        assert_eq!(find(&mut flash, 1), (Some(7.0), false), "theirs first: {theirs_first}");
    }
}

#[test]
fn of_two_records_of_others_the_newest_is_kept() {
    let mut flash = TinyFlash::new(2);
    for first in [5.0, 6.0] {
        save(&mut flash, &learned(2, first)).expect("the flash works");
    }
    assert_eq!(save(&mut flash, &learned(1, 7.0)), Ok(Saved { save: 3, slot: 0 }));
    assert_eq!(find(&mut flash, 2), (Some(6.0), true));
}

#[test]
fn a_device_reports_it_and_starts_with_its_own_weights() {
    let mut old = serve::<Regression>(Regression::of_seed(2), TestFlash::new(2));
    old.learn_something(1);
    old.ask(Command::Save).expect("the flash works");
    let mut new = serve::<Regression>(Regression::model(), old.into_flash());
    let hello = new.hello();
    assert_eq!((hello.foreign_save, hello.origin), (true, Origin::Factory));
    assert_eq!(new.bits(), Regression::twin().bits());
    assert_eq!(new.ask(Command::Load), Err(Refusal::NothingSaved));
    assert!(matches!(new.ask(Command::Save), Ok(Reply::Saved(saved)) if (saved.save, saved.slot) == (2, 1)));
    assert!(!new.hello().foreign_save);
    // A reset erases theirs as well.
    let mut old = serve::<Regression>(Regression::of_seed(2), new.into_flash());
    let hello = old.hello();
    assert_eq!((hello.foreign_save, hello.origin), (true, Origin::Save(1)));
    assert_eq!(old.ask(Command::Reset), Ok(Reply::Reset));
    let mut new = serve::<Regression>(Regression::model(), old.into_flash());
    let hello = new.hello();
    assert_eq!((hello.foreign_save, hello.origin), (false, Origin::Factory));
}

#[test]
fn another_table_or_another_shape_is_another_network() {
    let table = Some(&*leak(dense_core::PixelTable::power(0.9)));
    for table in [None, table] {
        let mut old = serve::<Pixels>(Pixels::model().with_pixel_table(table), TestFlash::new(2));
        old.ask(Command::Save).expect("the flash works");
        let mut new = serve::<Pixels>(Pixels::model(), old.into_flash());
        let hello = new.hello();
        assert_eq!((hello.foreign_save, hello.origin), (true, Origin::Factory));
    }
    let mut old = serve::<Pixels>(Pixels::model(), TestFlash::new(2));
    old.ask(Command::Save).expect("the flash works");
    let hello = serve::<Regression>(Regression::model(), old.into_flash()).hello();
    assert_eq!((hello.foreign_save, hello.origin), (true, Origin::Factory));
}
