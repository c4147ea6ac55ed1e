//! A device whose flash fails, cannot be read, or is not there.

use crate::common::conversation::{Conversation, SECTOR, TestFlash, serve, start, start_on, switch_on};
use crate::common::flash::Torn;
use crate::common::networks::{Committed, Kind, Regression};
use crate::common::{MACHINE, Random};
use dense_device::Device;
use dense_protocol::messages::{Command, FlashFault, Origin, Refusal, Reply, Saved};

#[test]
fn says_what_failed_and_changes_nothing_in_ram() {
    let record_words = 31_488 / 4;
    for (command, after, fault) in [
        (Command::Save, 0, FlashFault::Erase),
        (Command::Save, 1, FlashFault::Write),
        (Command::Save, record_words, FlashFault::Write),
        (Command::Reset, 0, FlashFault::Erase),
        (Command::Reset, 1, FlashFault::Erase),
    ] {
        let mut flash = TestFlash::new(2);
        flash.cut_power(after, Torn::Old, Random(0));
        let mut conversation = start_on::<Committed>(flash);
        conversation.learn_something(1);
        let before = conversation.bits();
        assert_eq!(conversation.ask(command), Err(Refusal::Flash(fault)), "{command:?}");
        // Then it cannot be read either.
        for command in [Command::Load, Command::Save] {
            assert_eq!(conversation.ask(command), Err(Refusal::Flash(FlashFault::Read)));
        }
        assert_eq!((conversation.origin(), conversation.bits()), (Origin::Factory, before), "{command:?}");
        assert!(!conversation.hello().foreign_save);
        conversation.learn_something(2);
    }
}

#[test]
fn says_when_what_was_written_does_not_stay() {
    let mut flash = TestFlash::new(2);
    flash.break_byte(50);
    let mut conversation = start_on::<Regression>(flash);
    conversation.learn_something(1);
    let before = conversation.bits();
    assert_eq!(conversation.ask(Command::Save), Err(Refusal::Flash(FlashFault::Verify)));
    assert_eq!(conversation.ask(Command::Load), Err(Refusal::NothingSaved));
    assert_eq!((conversation.origin(), conversation.bits()), (Origin::Factory, before));
}

/// A flash in which something is saved, and its parameters.
fn saved() -> (TestFlash, Vec<u32>) {
    let mut conversation = start::<Regression>();
    conversation.learn_something(1);
    conversation.ask(Command::Save).expect("the flash works");
    let bits = conversation.bits();
    (conversation.into_flash(), bits)
}

#[test]
fn a_start_from_a_flash_that_cannot_be_read_is_one_with_the_factory_weights() {
    let (flash, bits) = saved();
    let mut unreadable = 0;
    for good_reads in 0.. {
        let mut flash = flash.clone();
        flash.fail_reads_after(good_reads);
        let conversation = switch_on::<Regression>(Regression::model(), flash);
        if conversation.origin() == Origin::Save(1) {
            assert_eq!(conversation.bits(), bits);
            break;
        }
        assert_eq!((conversation.origin(), conversation.bits()), (Origin::Unreadable, Regression::twin().bits()));
        unreadable += 1;
        // Nothing can be saved or loaded, and what is saved stays.
        let mut conversation = hello_to(conversation);
        conversation.learn_something(2);
        let learned = conversation.bits();
        for command in [Command::Save, Command::Load] {
            assert_eq!(conversation.ask(command), Err(Refusal::Flash(FlashFault::Read)));
        }
        assert_eq!((conversation.origin(), conversation.bits()), (Origin::Unreadable, learned));
        let mut flash = conversation.into_flash();
        flash.fail_reads_after(u64::MAX);
        assert_eq!(start_on::<Regression>(flash).bits(), bits);
    }
    assert_eq!(unreadable, 7, "header, commit, parameters; header of the other; and three again");
}

fn hello_to<M: dense_device::Model>(mut conversation: Conversation<M>) -> Conversation<M> {
    assert_eq!(conversation.hello().origin, Origin::Unreadable);
    conversation
}

#[test]
fn a_flash_that_fails_while_it_is_loaded_leaves_the_weights_or_the_factory_ones() {
    let (flash, bits) = saved();
    // A start takes seven reads, a hello four.
    for good_reads in 0..=7 {
        let mut flash = flash.clone();
        flash.fail_reads_after(7 + 4 + good_reads);
        let mut conversation = start_on::<Regression>(flash);
        assert_eq!(conversation.bits(), bits);
        conversation.learn_something(2);
        let learned = conversation.bits();
        let result = conversation.ask(Command::Load);
        let (fault, expected) = match good_reads {
            // Nothing is found.
            0..4 => (FlashFault::Read, (Origin::Save(1), learned)),
            // It is found, but cannot be read once more.
            4..7 => (FlashFault::Verify, (Origin::Unreadable, Regression::twin().bits())),
            _ => {
                assert_eq!(result, Ok(Reply::Loaded { save: 1 }));
                continue;
            }
        };
        assert_eq!(result, Err(Refusal::Flash(fault)), "{good_reads} reads");
        assert_eq!((conversation.origin(), conversation.bits()), expected, "{good_reads} reads");
    }
}

#[test]
fn a_board_without_flash_learns_and_forgets() {
    let none = || Device::new(Regression::model(), TestFlash::new(2), 0..0, MACHINE).expect("an empty region fits");
    let mut conversation = serve::<Regression>(Regression::model(), TestFlash::new(2));
    conversation.session = dense_device::Session::new(none());
    let hello = conversation.hello();
    assert_eq!((hello.origin, hello.slot_bytes, hello.foreign_save), (Origin::Factory, 0, false));
    conversation.learn_something(1);
    let learned = conversation.bits();
    for command in [Command::Save, Command::Load] {
        assert_eq!(conversation.ask(command), Err(Refusal::Flash(FlashFault::None)));
        assert_eq!((conversation.origin(), conversation.bits()), (Origin::Factory, learned.clone()));
    }
    assert_eq!(conversation.ask(Command::Reset), Ok(Reply::Reset));
    assert_eq!(conversation.bits(), Regression::twin().bits());
    assert_eq!(conversation.into_flash().operations(), 0);
}

#[test]
fn saving_the_same_again_takes_nothing_from_the_flash() {
    let mut conversation = start::<Committed>();
    let saved = Ok(Reply::Saved(Saved { save: 1, slot: 0 }));
    for _ in 0..3 {
        assert_eq!(conversation.ask(Command::Save), saved);
    }
    let flash = conversation.into_flash();
    assert_eq!(flash.operations(), 1 + 31_488 / 4, "a sector erased, and the words of a record");
    assert!(flash.bytes()[SECTOR..].iter().all(|&byte| byte == 0xff));
}
