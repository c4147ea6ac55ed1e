//! Every refusal of a device, for networks of every kind: what is refused changes nothing.

use crate::common::Random;
use crate::common::conversation::{Conversation, RandomTarget, bytes_of, input, learn, start};
use crate::common::networks::Kind;
use dense_core::optimizers::{LARGEST_LEARNING_RATE, SMALLEST_LEARNING_RATE};
use dense_device::Model;
use dense_device::model::Input as _;
use dense_protocol::messages::{Command, Counters, Element, Floats, Input, Origin, Refusal, Reply, Step, Target, Task};

const STEP: Step = Step { learning_rate: 0.1, first_trained: 0 };

/// Asks for what must be refused, and looks whether it changed anything.
pub(crate) fn is_refused<M: Model>(conversation: &mut Conversation<M>, command: Command<'_>, refusal: Refusal) {
    let (bits, origin, counters) = (conversation.bits(), conversation.origin(), conversation.session.counters());
    // As text, for NaN is not equal to itself.
    assert_eq!(
        format!("{:?}", conversation.ask(command)),
        format!("{:?}", Err::<Reply<'_>, _>(refusal)),
        "{command:?}"
    );
    assert!(conversation.bits() == bits && conversation.origin() == origin, "{command:?}");
    assert_eq!(conversation.session.counters(), Counters { refused: counters.refused + 1, ..counters });
}

fn refuses_inputs<K: Kind>() {
    let mut conversation = start::<K>();
    let good = input::<K::Model>(&mut Random(1));
    let long = [&good[..], &[0]].concat();
    let target = RandomTarget::new::<K::Model>(&mut Random(2));
    let expected = good.len() as u32;
    for wrong in [&[][..], &good[1..], &long] {
        let refusal = Refusal::WrongLength { found: wrong.len() as u32, expected };
        is_refused(&mut conversation, Command::Infer { input: Input::Values(wrong) }, refusal);
        is_refused(&mut conversation, learn(wrong, target.as_target(), STEP), refusal);
    }
    if <K::Model as Model>::Number::ELEMENT == Element::F32 {
        for value in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            let mut wrong = good.clone();
            wrong.splice(good.len() - 4.., value.to_le_bytes());
            is_refused(&mut conversation, Command::Infer { input: Input::Values(&wrong) }, Refusal::NotFinite);
            is_refused(&mut conversation, learn(&wrong, target.as_target(), STEP), Refusal::NotFinite);
        }
    }
    if K::window().is_none() {
        is_refused(&mut conversation, Command::Infer { input: Input::Window }, Refusal::NoSeries);
        let series = Command::Series { restart: true, samples: Floats::default() };
        is_refused(&mut conversation, series, Refusal::NoSeries);
    }
}

#[test]
fn inputs_that_do_not_fit() {
    for_every_kind!(refuses_inputs);
}

fn refuses_targets<K: Kind>() {
    let mut conversation = start::<K>();
    let good = input::<K::Model>(&mut Random(1));
    let outputs = K::Model::OUTPUTS;
    let numbers = bytes_of(&vec![0.5; outputs + 1]);
    let (numbers, long) = (Floats::from_bytes(&numbers[1..]), Floats::from_bytes(&numbers));
    let classes = match K::Model::TASK {
        Task::Classes => outputs as u8,
        Task::Binary => 2,
        Task::Values => {
            let expected = 4 * outputs as u32;
            is_refused(&mut conversation, learn(&good, Target::Class(0), STEP), Refusal::TargetKind);
            for wrong in [Floats::default(), long] {
                let refusal = Refusal::WrongLength { found: wrong.bytes().len() as u32, expected };
                is_refused(&mut conversation, learn(&good, Target::Values(wrong), STEP), refusal);
            }
            let mut wrong = vec![0.5; outputs];
            for value in [f32::NAN, f32::INFINITY] {
                wrong[outputs - 1] = value;
                let wrong = bytes_of(&wrong);
                let target = Target::Values(Floats::from_bytes(&wrong));
                is_refused(&mut conversation, learn(&good, target, STEP), Refusal::NotFinite);
            }
            return;
        }
    };
    is_refused(&mut conversation, learn(&good, Target::Values(numbers), STEP), Refusal::TargetKind);
    for found in [classes, 255] {
        is_refused(&mut conversation, learn(&good, Target::Class(found), STEP), Refusal::Label { found, classes });
    }
}

#[test]
fn targets_that_do_not_fit() {
    for_every_kind!(refuses_targets);
}

fn refuses_steps<K: Kind>() {
    let mut conversation = start::<K>();
    let good = input::<K::Model>(&mut Random(1));
    let target = RandomTarget::new::<K::Model>(&mut Random(2));
    let learn = |learning_rate, first_trained| learn(&good, target.as_target(), Step { learning_rate, first_trained });
    for found in [0.0, -0.1, 9e-13, f32::INFINITY, f32::NAN] {
        let refusal = Refusal::LearningRate { found, least: SMALLEST_LEARNING_RATE, most: LARGEST_LEARNING_RATE };
        is_refused(&mut conversation, learn(found, 0), refusal);
    }
    let layers = K::Model::LAYERS as u8;
    for found in [layers, 255] {
        is_refused(&mut conversation, learn(0.1, found), Refusal::FirstTrained { found, most: layers - 1 });
    }
    let found = K::twin().checksum();
    let expected = Some(found ^ 1);
    let command = Command::Learn { input: Input::Values(&good), target: target.as_target(), step: STEP, expected };
    is_refused(&mut conversation, command, Refusal::Checksum { found });
    is_refused(&mut conversation, Command::Practise { steps: 1, seed: 0, step: STEP }, Refusal::NoMemory);
    is_refused(&mut conversation, Command::Load, Refusal::NothingSaved);
    // What was refused leaves nothing behind: the next step is that of a device that never heard of it.
    let mut twin = K::twin();
    conversation.ask(learn(0.1, 0)).expect("learned");
    twin.learn(&good, target.as_target(), STEP);
    assert_eq!(conversation.bits(), twin.bits(), "{}", K::NAME);
}

#[test]
fn steps_that_cannot_be_taken() {
    for_every_kind!(refuses_steps);
}

/// An input that reaches every weight.
fn full<M: Model>() -> Vec<u8> {
    match M::Number::ELEMENT {
        Element::U8 => vec![255; M::INPUTS],
        Element::F32 => bytes_of(&vec![2.0; M::INPUTS]).concat(),
    }
}

/// The target that it finds least likely.
fn surprise<M: Model>(conversation: &mut Conversation<M>, input: &[u8]) -> RandomTarget {
    let inferred = conversation.ask(Command::Infer { input: Input::Values(input) });
    let Ok(Reply::Inferred(inferred)) = inferred else { panic!("{inferred:?}") };
    let outputs: Vec<f32> = inferred.outputs.values().collect();
    match M::TASK {
        Task::Binary => RandomTarget::Class(u8::from(outputs[0] < 0.5)),
        Task::Classes => RandomTarget::Class(dense_core::argmax(&outputs.iter().map(|p| -p).collect::<Vec<_>>()) as u8),
        Task::Values => RandomTarget::new::<M>(&mut Random(6)),
    }
}

fn goes_back<K: Kind>() {
    let input = full::<K::Model>();
    for is_saved in [false, true] {
        let mut conversation = start::<K>();
        let mut expected = (Origin::Factory, conversation.bits());
        conversation.learn_something(1);
        if is_saved {
            conversation.ask(Command::Save).expect("the flash works");
            expected = (Origin::Save(1), conversation.bits());
            conversation.learn_something(2);
        }
        let target = surprise(&mut conversation, &input);
        let too_large = learn(&input, target.as_target(), Step { learning_rate: f32::MAX, first_trained: 0 });
        let counters = conversation.session.counters();
        assert_eq!(conversation.ask(too_large), Err(Refusal::Diverged), "{}", K::NAME);
        assert_eq!((conversation.origin(), conversation.bits()), expected, "{}", K::NAME);
        assert_eq!(conversation.session.counters(), Counters { refused: counters.refused + 1, ..counters });
        conversation.learn_something(3);
    }
}

#[test]
fn weights_that_diverged_are_those_saved_last() {
    for_every_kind!(goes_back);
}

fn overflows<K: Kind>() {
    let (input, target) = (full::<K::Model>(), RandomTarget::new::<K::Model>(&mut Random(6)));
    let parameters = bytes_of(&vec![f32::MAX; K::Model::PARAMETERS]);
    let mut twin = K::twin();
    twin.set_parameters(&vec![f32::MAX; K::Model::PARAMETERS]);
    let mut conversation = start::<K>();
    conversation.write_parameters(&parameters, 150);
    assert_eq!(conversation.ask(Command::UseParameters { checksum: twin.checksum() }), Ok(Reply::Used));
    is_refused(&mut conversation, Command::Infer { input: Input::Values(&input) }, Refusal::Overflow);
    is_refused(&mut conversation, learn(&input, target.as_target(), STEP), Refusal::Overflow);
    // They are finite all the same.
    conversation.ask(Command::Save).expect("the flash works");
    conversation.ask(Command::Load).expect("saved");
    assert_eq!(conversation.bits(), twin.bits(), "{}", K::NAME);
}

#[test]
fn weights_with_which_an_output_is_not_finite() {
    for_every_kind!(overflows);
}
