//! Parameters that the host reads and writes.

use crate::common::Random;
use crate::common::conversation::{Conversation, bytes_of, input, start};
use crate::common::networks::Kind;
use crate::common::twins::bits_of;
use dense_device::Model;
use dense_device::device::PARAMETERS_READ;
use dense_protocol::checksum;
use dense_protocol::messages::{Command, Counters, Floats, Input, Origin, Refusal, Reply, Step, Target};

fn write<M: Model>(
    conversation: &mut Conversation<M>,
    first: u32,
    values: &[[u8; 4]],
) -> Result<Reply<'static>, Refusal> {
    conversation.ask(Command::WriteParameters { first, values: Floats::from_bytes(values) })
}

fn returns<K: Kind>() {
    let mut teacher = start::<K>();
    for seed in 0..3 {
        teacher.learn_something(seed);
    }
    let parameters = teacher.read_parameters();
    let read = parameters.iter().map(|bytes| f32::from_le_bytes(*bytes));
    assert_eq!(bits_of(read), teacher.bits(), "{}", K::NAME);
    let Ok(Reply::Checksum(checksum)) = teacher.ask(Command::Checksum) else { panic!("no checksum") };
    for piece in [1, 7, 200] {
        let mut learner = start::<K>();
        learner.learn_something(9);
        learner.write_parameters(&parameters, piece);
        assert_eq!(learner.ask(Command::UseParameters { checksum }), Ok(Reply::Used), "{}", K::NAME);
        assert_eq!((learner.origin(), learner.bits()), (Origin::Host, teacher.bits()), "{}", K::NAME);
        assert_eq!(learner.ask(Command::Checksum), Ok(Reply::Checksum(checksum)));
        assert_eq!(learner.hello().origin, Origin::Host, "hello changes nothing that is complete");
        assert_eq!(learner.bits(), teacher.bits(), "{}", K::NAME);
        learner.learn_something(10);
    }
}

#[test]
fn what_one_device_reads_out_another_uses() {
    for_every_kind!(returns);
}

fn reads_pieces<K: Kind>() {
    let mut conversation = start::<K>();
    let all = bytes_of(&K::twin().parameters());
    let count = all.len();
    for first in [0, 1, count / 2, count - 1, count, count + 1, u32::MAX as usize] {
        let rest = all.get(first..).unwrap_or_default();
        let expected = Floats::from_bytes(&rest[..rest.len().min(PARAMETERS_READ)]);
        let result = conversation.ask(Command::ReadParameters { first: first as u32 });
        assert_eq!(result, Ok(Reply::Parameters(expected)), "{}: from {first} on", K::NAME);
    }
}

#[test]
fn reads_as_many_as_fit_from_anywhere() {
    for_every_kind!(reads_pieces);
}

fn refuses_pieces<K: Kind>() {
    let mut conversation = start::<K>();
    let count = K::Model::PARAMETERS as u32;
    let refused = |found, expected| Err(Refusal::Parameters { found, expected });
    // Before the first one, nothing else is in order, and nothing is being written.
    let two = bytes_of(&[1.0, 2.0]);
    assert_eq!(write(&mut conversation, 1, &two), refused(1, 0));
    assert_eq!(write(&mut conversation, u32::MAX, &two), refused(u32::MAX, 0));
    assert_eq!(conversation.ask(Command::UseParameters { checksum: 0 }), refused(count, 0));
    for value in [f32::NAN, f32::INFINITY] {
        assert_eq!(write(&mut conversation, 0, &bytes_of(&[1.0, value])), Err(Refusal::NotFinite));
    }
    if count < 200 {
        assert_eq!(write(&mut conversation, 0, &vec![[0; 4]; count as usize + 1]), refused(0, 0));
    }
    assert_eq!(conversation.bits(), K::twin().bits(), "{}", K::NAME);
    conversation.ask(Command::Checksum).expect("nothing is being written");

    // After it, only the next one is.
    assert_eq!(write(&mut conversation, 0, &two), Ok(Reply::Written { missing: count - 2 }));
    for found in [1, 3, count] {
        assert_eq!(write(&mut conversation, found, &two), refused(found, 2));
    }
    assert_eq!(write(&mut conversation, 2, &bytes_of(&[f32::NAN])), Err(Refusal::NotFinite));
    assert_eq!(conversation.ask(Command::UseParameters { checksum: 0 }), refused(count, 2));
    if count < 200 {
        assert_eq!(write(&mut conversation, 2, &vec![[0; 4]; count as usize - 1]), refused(2, 2));
    }
    assert_eq!(write(&mut conversation, 2, &two), Ok(Reply::Written { missing: count - 4 }));
    // Or the first one again.
    assert_eq!(write(&mut conversation, 0, &two[..1]), Ok(Reply::Written { missing: count - 1 }));
    let parameters = vec![3.0; count as usize];
    conversation.write_parameters(&bytes_of(&parameters), 200);
    assert_eq!(write(&mut conversation, count, &two), refused(count, count));
    let checksum = checksum_of::<K>(&parameters);
    assert_eq!(conversation.ask(Command::UseParameters { checksum }), Ok(Reply::Used));
    assert_eq!(conversation.ask(Command::UseParameters { checksum }), refused(count, 0));
    assert_eq!(conversation.bits(), bits_of(parameters), "{}", K::NAME);
}

fn checksum_of<K: Kind>(parameters: &[f32]) -> u32 {
    let table = K::model().pixel_table();
    checksum::of_parameters(table.map(dense_core::PixelTable::values), parameters.iter().copied())
}

#[test]
fn takes_pieces_in_order_alone() {
    for_every_kind!(refuses_pieces);
}

fn waits<K: Kind>() {
    let input = input::<K::Model>(&mut Random(1));
    let (input, step) = (Input::Values(&input), Step { learning_rate: 0.1, first_trained: 0 });
    let target = Target::Class(0);
    let mut conversation = start::<K>();
    write(&mut conversation, 0, &bytes_of(&[1.0])).expect("written");
    let bits = conversation.bits();
    for command in [
        Command::Infer { input },
        Command::Infer { input: Input::Window },
        Command::Learn { input, target, step, expected: None },
        Command::Checksum,
        Command::Save,
        Command::ReadParameters { first: 0 },
    ] {
        assert_eq!(conversation.ask(command), Err(Refusal::Writing), "{}: {command:?}", K::NAME);
        assert_eq!(conversation.bits(), bits, "{}: {command:?}", K::NAME);
    }
    let counters = Counters { refused: 6, ..Counters::ZERO };
    assert_eq!(conversation.ask(Command::Counters), Ok(Reply::Counters(counters)));
}

#[test]
fn does_nothing_else_with_parameters_that_are_half_written() {
    for_every_kind!(waits);
}

fn gives_up<K: Kind>() {
    let count = K::Model::PARAMETERS;
    let parameters = bytes_of(&vec![0.25; count]);
    let checksum = checksum_of::<K>(&vec![0.25; count]);
    for is_saved in [false, true] {
        for (command, written) in [
            (Command::Load, 2),
            (Command::Load, count),
            (Command::Reset, 2),
            (Command::Hello, 2),
            (Command::UseParameters { checksum: checksum ^ 1 }, count),
        ] {
            let mut conversation = start::<K>();
            let mut expected = (Origin::Factory, conversation.bits());
            conversation.learn_something(1);
            if is_saved {
                conversation.ask(Command::Save).expect("the flash works");
                if command != Command::Reset {
                    expected = (Origin::Save(1), conversation.bits());
                }
                conversation.learn_something(2);
            }
            for (first, values) in (0..).step_by(200).zip(parameters[..written].chunks(200)) {
                write(&mut conversation, first, values).expect("written");
            }
            let result = conversation.ask(command);
            let wanted = match command {
                Command::UseParameters { .. } => Err(Refusal::Checksum { found: checksum }),
                Command::Load if is_saved => Ok(Reply::Loaded { save: 1 }),
                Command::Load => Err(Refusal::NothingSaved),
                Command::Reset => Ok(Reply::Reset),
                _ => result,
            };
            assert_eq!(result, wanted, "{}: {command:?}", K::NAME);
            assert_eq!((conversation.origin(), conversation.bits()), expected, "{}: {command:?}", K::NAME);
            conversation.learn_something(3);
        }
    }
}

#[test]
fn goes_back_to_what_was_saved_where_writing_ends_otherwise() {
    for_every_kind!(gives_up);
}

fn starts_as_before<K: Kind>() {
    let mut conversation = start::<K>();
    conversation.learn_something(1);
    conversation.ask(Command::Save).expect("the flash works");
    let saved = conversation.bits();
    write(&mut conversation, 0, &bytes_of(&[1.0])).expect("written");
    let conversation = crate::common::conversation::start_on::<K>(conversation.into_flash());
    assert_eq!((conversation.origin(), conversation.bits()), (Origin::Save(1), saved), "{}", K::NAME);
}

#[test]
fn a_power_cut_while_parameters_are_written_loses_nothing() {
    for_every_kind!(starts_as_before);
}
