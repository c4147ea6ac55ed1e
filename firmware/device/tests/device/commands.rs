//! Tests of every command on a line without faults, for networks of every kind.

use crate::common::Random;
use crate::common::conversation::{
    Conversation, RandomTarget, SECTOR, TestFlash, bytes_of, input, learn, serve, start, start_on, switch_on,
};
use crate::common::networks::{Binary, Committed, Int8Features, Int8Pixels, Kind, Pixels, Regression, Series};
use crate::common::twins::bits_of;
use dense_core::Kernel;
use dense_core::optimizers::SMALLEST_LEARNING_RATE;
use dense_device::Model;
use dense_protocol::messages::{
    ClockSource, Command, Counters, Element, FlashFault, Floats, Form, Hello, Inferred, Input, Learned, Network,
    Origin, Refusal, Reply, Saved, Step, Task, VERSION,
};

fn describes<K: Kind>(element: Element, task: Task, form: Form, parameters: u32, momentum: f32) {
    let mut conversation = switch_on::<K>(K::model(), TestFlash::new(2));
    let inputs = K::Model::INPUTS as u16;
    let widths: Vec<u8> = [inputs].iter().chain(K::units()).flat_map(|width| width.to_le_bytes()).collect();
    let network = Network { widths: &widths, element, task, form, parameters, window: K::window(), names_checksum: 0 };
    let model_bytes = K::model().bytes() as u32;
    let expected = Hello {
        version: VERSION,
        board: "simulated",
        kernel: Kernel::best().name(),
        network,
        factory_checksum: K::twin().checksum(),
        origin: Origin::Factory,
        foreign_save: false,
        clock_hz: 168_000_000,
        clock_source: ClockSource::Crystal,
        model_bytes,
        static_bytes: 34_567,
        slot_bytes: SECTOR as u32,
        memory: None,
        momentum,
        authentication: &[],
    };
    let hello = conversation.hello();
    assert_eq!(hello, expected, "{}", K::NAME);
    assert!(hello.network.shape().eq([inputs].into_iter().chain(K::units().iter().copied())), "{}", K::NAME);
    let least = 4 * parameters + u32::from(inputs) * element.bytes() as u32 + 8 * K::Model::OUTPUTS as u32;
    assert!((least..least + 1024).contains(&model_bytes), "{}: {model_bytes} bytes of RAM", K::NAME);
}

#[test]
fn hello_says_what_it_is() {
    describes::<Committed>(Element::U8, Task::Classes, Form::F32, 7_850, 0.0);
    describes::<Regression>(Element::F32, Task::Values, Form::F32, 8, 0.0);
    describes::<Pixels>(Element::U8, Task::Classes, Form::F32, 28 + 15, 0.0);
    describes::<Series>(Element::F32, Task::Classes, Form::F32, 25 + 18, 0.0);
    describes::<Binary>(Element::F32, Task::Binary, Form::F32, 18 + 16 + 5, 0.9);
    describes::<Int8Pixels>(Element::U8, Task::Classes, Form::Int8, 6, 0.0);
    describes::<Int8Features>(Element::F32, Task::Values, Form::Int8, 4, 0.0);
}

fn infers<K: Kind>() {
    let (mut conversation, mut twin) = (start::<K>(), K::twin());
    let mut random = Random(1);
    for _ in 0..100 {
        let input = input::<K::Model>(&mut random);
        let [logits, outputs] = twin.infer(&input).map(|values| bytes_of(&values));
        let [logits, outputs] = [&logits, &outputs].map(|values| Floats::from_bytes(values));
        let expected = Reply::Inferred(Inferred { logits, outputs, cycles: 7 });
        assert_eq!(conversation.ask(Command::Infer { input: Input::Values(&input) }), Ok(expected), "{}", K::NAME);
    }
    assert_eq!(conversation.session.counters(), Counters { inferred: 100, ..Counters::ZERO });
    assert_eq!(conversation.bits(), twin.bits(), "{}", K::NAME);
}

#[test]
fn infers_as_dense_core_does() {
    for_every_kind!(infers);
}

fn learns<K: Kind>() {
    let (mut conversation, mut twin) = (start::<K>(), K::twin());
    let mut random = Random(1);
    for _ in 0..300 {
        let input = input::<K::Model>(&mut random);
        let target = RandomTarget::new::<K::Model>(&mut random);
        let learning_rate = [1e-3, 0.01, 0.02, 0.05, SMALLEST_LEARNING_RATE][random.below(5) as usize];
        let step = Step { learning_rate, first_trained: random.below(K::Model::LAYERS as u64) as u8 };
        let expected = (random.below(2) == 0).then(|| twin.checksum());
        let command = Command::Learn { input: Input::Values(&input), target: target.as_target(), step, expected };
        let [loss_before, loss_after] = twin.learn(&input, target.as_target(), step).expect("finite");
        let reply = Reply::Learned(Learned { loss_before, loss_after, cycles: 7, lessons: Err(FlashFault::None) });
        assert_eq!(conversation.ask(command), Ok(reply), "{}", K::NAME);
        assert_eq!(conversation.bits(), twin.bits(), "{}", K::NAME);
    }
    assert_eq!(conversation.ask(Command::Checksum), Ok(Reply::Checksum(twin.checksum())), "{}", K::NAME);
    assert_ne!(twin.bits(), K::twin().bits(), "{}", K::NAME);
    let counters = Counters { learned: 300, ..Counters::ZERO };
    assert_eq!(conversation.ask(Command::Counters), Ok(Reply::Counters(counters)));
}

#[test]
fn learns_the_very_bits_that_dense_core_learns() {
    for_every_kind!(learns);
}

fn trains_the_last_layers<K: Kind>() {
    for first_trained in 0..K::Model::LAYERS {
        let mut conversation = start::<K>();
        let mut random = Random(7);
        let before = conversation.bits();
        // Some inputs leave a layer alone whose units are all zero.
        for _ in 0..20 {
            let input = input::<K::Model>(&mut random);
            let target = RandomTarget::new::<K::Model>(&mut random);
            let step = Step { learning_rate: 0.05, first_trained: first_trained as u8 };
            conversation.ask(learn(&input, target.as_target(), step)).expect("learned");
        }
        let after = conversation.bits();
        let first = before.iter().zip(&after).position(|(before, after)| before != after).expect("it learned");
        let widths = [&[K::Model::INPUTS as u16], K::units()].concat();
        let ends: Vec<usize> = widths
            .windows(2)
            .scan(0, |end, pair| {
                *end += (usize::from(pair[0]) + 1) * usize::from(pair[1]);
                Some(*end)
            })
            .collect();
        let layer = ends.iter().position(|&end| first < end).expect("a layer");
        assert_eq!(layer, first_trained, "{}", K::NAME);
    }
}

#[test]
fn layers_before_the_first_trained_stay() {
    trains_the_last_layers::<Pixels>();
    trains_the_last_layers::<Series>();
    trains_the_last_layers::<Binary>();
}

fn saves<K: Kind>() {
    let mut conversation = start::<K>();
    let factory = conversation.bits();
    assert_eq!(conversation.ask(Command::Load), Err(Refusal::NothingSaved));
    conversation.learn_something(1);
    let learned = conversation.bits();
    assert_eq!(conversation.ask(Command::Save), Ok(Reply::Saved(Saved { save: 1, slot: 0 })));
    assert_eq!(conversation.origin(), Origin::Save(1));
    conversation.learn_something(2);
    assert_ne!(conversation.bits(), learned, "{}", K::NAME);
    assert_eq!(conversation.ask(Command::Load), Ok(Reply::Loaded { save: 1 }));
    assert_eq!(conversation.bits(), learned, "{}", K::NAME);
    conversation.learn_something(3);
    let learned = conversation.bits();
    assert_eq!(conversation.ask(Command::Save), Ok(Reply::Saved(Saved { save: 2, slot: 1 })));

    // A start takes the newest.
    let mut conversation = start_on::<K>(conversation.into_flash());
    assert_eq!((conversation.origin(), conversation.bits()), (Origin::Save(2), learned), "{}", K::NAME);
    assert_eq!(conversation.ask(Command::Reset), Ok(Reply::Reset));
    assert_eq!((conversation.origin(), conversation.bits()), (Origin::Factory, factory.clone()), "{}", K::NAME);
    assert_eq!(conversation.ask(Command::Load), Err(Refusal::NothingSaved));
    let conversation = start_on::<K>(conversation.into_flash());
    assert_eq!((conversation.origin(), conversation.bits()), (Origin::Factory, factory), "{}", K::NAME);
}

#[test]
fn saves_loads_and_resets() {
    for_every_kind!(saves);
}

type BinaryModel = <Binary as Kind>::Model;

/// After `command`, a device and its twin learn on from the same parameters, without what the optimizer knew of others.
fn forgets(command: impl Fn(&mut Conversation<BinaryModel>) -> Vec<f32>) {
    let (mut conversation, mut twin) = (start::<Binary>(), Binary::twin());
    conversation.ask(Command::Save).expect("the flash works");
    for seed in 0..5 {
        conversation.learn_something(seed);
    }
    twin.set_parameters(&command(&mut conversation));
    assert_eq!(conversation.bits(), twin.bits());
    let mut random = Random(9);
    for _ in 0..5 {
        let (input, target) = (input::<BinaryModel>(&mut random), RandomTarget::new::<BinaryModel>(&mut random));
        let step = Step { learning_rate: 0.1, first_trained: 0 };
        conversation.ask(learn(&input, target.as_target(), step)).expect("learned");
        twin.learn(&input, target.as_target(), step).expect("finite");
        assert_eq!(conversation.bits(), twin.bits());
    }
}

#[test]
fn the_optimizer_forgets_with_the_parameters() {
    let factory = || Binary::twin().parameters();
    forgets(|conversation| {
        conversation.ask(Command::Load).expect("saved");
        factory()
    });
    forgets(|conversation| {
        conversation.ask(Command::Reset).expect("reset");
        factory()
    });
    forgets(|conversation| {
        let parameters: Vec<f32> = (0..39_u8).map(f32::from).collect();
        let bytes = bytes_of(&parameters);
        conversation.write_parameters(&bytes, 20);
        let mut twin = Binary::twin();
        twin.set_parameters(&parameters);
        conversation.ask(Command::UseParameters { checksum: twin.checksum() }).expect("used");
        parameters
    });
}

fn stays_finite<K: Kind>() {
    let mut conversation = start::<K>();
    let factory = conversation.bits();
    let mut random = Random(3);
    for _ in 0..500 {
        let input = input::<K::Model>(&mut random);
        let target = RandomTarget::new::<K::Model>(&mut random);
        let step = Step { learning_rate: [1e10, 1e30, f32::MAX][random.below(3) as usize], first_trained: 0 };
        match conversation.ask(learn(&input, target.as_target(), step)) {
            Ok(Reply::Learned(Learned { loss_before, loss_after, .. })) => {
                assert!(loss_before.is_finite() && loss_after.is_finite(), "{}", K::NAME);
            }
            Err(Refusal::Diverged) => {
                assert_eq!((conversation.origin(), conversation.bits()), (Origin::Factory, factory.clone()));
            }
            // Another input than those that it has learned from.
            Err(Refusal::Overflow) => {
                conversation.ask(Command::Reset).expect("the flash works");
            }
            result => panic!("{}: {result:?}", K::NAME),
        }
        let parameters = conversation.session.device().model().parameters();
        assert!(parameters.into_iter().all(f32::is_finite), "{}", K::NAME);
        let inferred = conversation.ask(Command::Infer { input: Input::Values(&input) });
        let Ok(Reply::Inferred(inferred)) = inferred else { panic!("{}: {inferred:?}", K::NAME) };
        assert!(inferred.logits.values().chain(inferred.outputs.values()).all(f32::is_finite), "{}", K::NAME);
    }
}

#[test]
fn a_huge_learning_rate_leaves_every_number_finite() {
    for_every_kind!(stays_finite);
}

#[test]
fn the_table_of_pixels_is_part_of_the_checksum() {
    let [with, without] = [Pixels::model(), Pixels::model().with_pixel_table(None)].map(|model| {
        let mut conversation = serve::<Pixels>(model, TestFlash::new(2));
        let factory = conversation.hello().factory_checksum;
        assert_eq!(conversation.ask(Command::Checksum), Ok(Reply::Checksum(factory)));
        assert_eq!(conversation.bits(), bits_of(Pixels::twin().parameters()));
        factory
    });
    assert_ne!(with, without);
}
