//! Lessons that a device keeps, and practice on them and on factory samples.

use crate::common::conversation::{RandomTarget, TestFlash, input, learn};
use crate::common::flash::Torn;
use crate::common::networks::{Binary, Committed, Int8Features, Int8Pixels, Kind, Pixels, Regression, Series};
use crate::common::twins::bits_of;
use crate::common::{MACHINE, Random};
use dense_device::model::Input as _;
use dense_device::{Device, Model, NoSamples, ReplaySamples};
use dense_protocol::messages::{
    Command, Counters, Element, FlashFault, Floats, Learned, Practised, Refusal, Reply, SampleMemory, Step, Task,
};
use dense_replay::{Bits, FactorySet, Quantization, SampleFormat, Sampler, Source, TargetFormat};

const STEP: Step = Step { learning_rate: 0.01, first_trained: 0 };
const CAPACITY: usize = 3;
const NAMES: u32 = 77;
const FACTORY_SAMPLES: usize = 4;

type WithSamples<K, const OUT: usize> = Device<'static, <K as Kind>::Model, TestFlash, ReplaySamples<'static, OUT>>;

/// Samples of a kind: 8 bits a value, all alike often.
fn factory<K: Kind>() -> FactorySet<'static> {
    const PIXELS: &[Quantization] = &[Quantization::new(0.0, 255.0, Bits::Eight)];
    const FEATURES: &[Quantization] = &[Quantization::new(-2.0, 2.0, Bits::Eight)];
    let quantizations = match <K::Model as Model>::Number::ELEMENT {
        Element::U8 => PIXELS,
        Element::F32 => FEATURES,
    };
    let target = match K::Model::TASK {
        Task::Values => TargetFormat::Numbers(K::Model::OUTPUTS),
        Task::Classes | Task::Binary => TargetFormat::Class,
    };
    let format = SampleFormat::new(K::Model::INPUTS, target, Bits::Eight, quantizations);
    let mut random = Random(5);
    let bytes = (0..FACTORY_SAMPLES).flat_map(|_| {
        let target: Vec<u8> = match RandomTarget::new::<K::Model>(&mut random) {
            RandomTarget::Class(class) => vec![class],
            RandomTarget::Values(values) => values.concat(),
        };
        target.into_iter().chain((0..K::Model::INPUTS).map(|_| random.next() as u8)).collect::<Vec<u8>>()
    });
    let bytes: Vec<u8> = bytes.collect();
    FactorySet::new(format, &[1, 2, 3, 4], bytes.leak())
}

fn switch_on<K: Kind, const OUT: usize>(mut flash: TestFlash) -> WithSamples<K, OUT> {
    let region = flash.region();
    let half = region.end / 2;
    let samples = ReplaySamples::open(&mut flash, half..region.end, CAPACITY, factory::<K>(), NAMES).expect("it fits");
    let device = Device::new(K::model(), flash, 0..half, MACHINE).expect("it fits");
    device.with_samples(samples)
}

/// Expected state of a device: the same network, and the lessons and factory samples in a list.
struct Expected<K: Kind> {
    model: K::Model,
    lessons: Vec<(Vec<u8>, RandomTarget)>,
}

impl<K: Kind> Expected<K> {
    fn learn(&mut self, input: Vec<u8>, target: RandomTarget) -> [f32; 2] {
        let table = self.model.pixel_table();
        <K::Model as Model>::Number::read(self.model.input_mut(), &input, table).expect("finite");
        let losses = self.model.learn(target.as_target(), STEP).expect("learned");
        self.lessons.push((input, target));
        losses
    }

    /// Steps on the samples that `dense_replay` draws from the lessons, kept by itself.
    fn practise<const OUT: usize>(&mut self, steps: u16, seed: u32) -> Practised {
        let (format, table) = (factory::<K>().format(), self.model.pixel_table());
        let kept = self.lessons.len().saturating_sub(CAPACITY);
        let kept: Vec<_> = self.lessons[kept..].iter().collect();
        let mut sampler = Sampler::new(seed.into());
        let mut practised = Practised { steps, lessons: 0, loss: 0.0, cycles: 7 * u32::from(steps) };
        for _ in 0..steps {
            let (bytes, source) = match sampler.next(kept.len(), &factory::<K>()).expect("a sample") {
                Source::Lesson(index) => {
                    let (input, target) = kept[index];
                    <K::Model as Model>::Number::read(self.model.input_mut(), input, table).expect("finite");
                    let values = self.model.input().to_vec();
                    practised.lessons += 1;
                    let target: Vec<u8> = match target {
                        RandomTarget::Class(class) => vec![*class],
                        RandomTarget::Values(values) => values.concat(),
                    };
                    // Of the input, what its bits stand for.
                    let encoded = format.encode(&values, &0_u8);
                    let encoded: Vec<u8> = match encoded {
                        Ok(encoded) => encoded.skip(1).collect(),
                        Err(_) => format.encode(&values, &[0.0; OUT]).expect("numbers").skip(4 * OUT).collect(),
                    };
                    ([target, encoded].concat(), "lesson")
                }
                Source::Factory(index) => {
                    let bytes = format.sample_bytes();
                    (factory::<K>().bytes()[index * bytes..][..bytes].to_vec(), "factory sample")
                }
            };
            let target = match format.target() {
                TargetFormat::Class => {
                    let mut class = 0_u8;
                    format.decode(bytes.iter().copied(), self.model.input_mut(), &mut class).expect(source);
                    RandomTarget::Class(class)
                }
                TargetFormat::Numbers(_) => {
                    let mut numbers = [0.0; OUT];
                    format.decode(bytes.iter().copied(), self.model.input_mut(), &mut numbers).expect(source);
                    RandomTarget::Values(numbers.map(f32::to_le_bytes).to_vec())
                }
            };
            let [before, _] = self.model.learn(target.as_target(), STEP).expect("learned");
            practised.loss += before;
        }
        practised.loss /= f32::from(steps);
        practised
    }
}

fn lesson<K: Kind>(random: &mut Random) -> (Vec<u8>, RandomTarget) {
    (input::<K::Model>(random), RandomTarget::new::<K::Model>(random))
}

/// Does what must succeed.
fn execute(device: &mut WithSamples<Regression, 2>, command: Command<'_>) {
    device.execute(command, &mut Counters::ZERO.clone()).expect("done");
}

fn practises<K: Kind, const OUT: usize>() {
    let mut device = switch_on::<K, OUT>(TestFlash::new(4));
    let mut expected = Expected::<K> { model: K::model(), lessons: Vec::new() };
    let (mut random, mut counters) = (Random(3), Counters::ZERO);
    let memory = |lessons| SampleMemory {
        capacity: CAPACITY as u32,
        lessons,
        factory_samples: FACTORY_SAMPLES as u32,
        factory_checksum: factory::<K>().checksum(),
    };
    for number in 0..8_u32 {
        let practised = expected.practise::<OUT>(9, number);
        assert_eq!(device.practise(9, number, STEP, &mut counters), Ok(practised), "{} after {number}", K::NAME);
        assert!(practised.lessons > 0 || number == 0);
        let Ok(Reply::Hello(hello)) = device.execute(Command::Hello, &mut counters) else { panic!("no description") };
        assert_eq!(hello.memory, Some(memory(Ok(number))), "{}", K::NAME);

        let (input, target) = lesson::<K>(&mut random);
        let learned = device.execute(learn(&input, target.as_target(), STEP), &mut counters);
        let Ok(Reply::Learned(learned)) = learned else { panic!("{}: {learned:?}", K::NAME) };
        let [loss_before, loss_after] = expected.learn(input, target);
        assert_eq!(learned, Learned { loss_before, loss_after, cycles: 7, lessons: Ok(number + 1) }, "{}", K::NAME);
        assert_eq!(bits_of(device.model().parameters()), bits_of(expected.model.parameters()), "{}", K::NAME);
    }
    assert_eq!(counters, Counters { learned: 8, practised: 72, ..Counters::ZERO });

    // Without power the lessons stay, and the weights are the firmware's again.
    let mut device = switch_on::<K, OUT>(device.into_flash());
    expected.model = K::model();
    assert_eq!(device.practise(20, 9, STEP, &mut counters), Ok(expected.practise::<OUT>(20, 9)), "{}", K::NAME);
    assert_eq!(bits_of(device.model().parameters()), bits_of(expected.model.parameters()), "{}", K::NAME);
    device.execute(Command::Reset, &mut counters).expect("the flash works");
    let Ok(Reply::Hello(hello)) = device.execute(Command::Hello, &mut counters) else { panic!("no description") };
    assert_eq!(hello.memory, Some(memory(Ok(0))), "{}", K::NAME);
    expected = Expected { model: K::model(), lessons: Vec::new() };
    assert_eq!(device.practise(9, 0, STEP, &mut counters), Ok(expected.practise::<OUT>(9, 0)), "{}", K::NAME);
}

#[test]
fn practises_on_what_it_kept_and_came_with() {
    practises::<Committed, 10>();
    practises::<Regression, 2>();
    practises::<Pixels, 3>();
    practises::<Series, 3>();
    practises::<Binary, 1>();
    practises::<Int8Pixels, 3>();
    practises::<Int8Features, 2>();
}

#[test]
fn what_it_cannot_practise_is_refused() {
    let mut counters = Counters::ZERO;
    let without = |samples| {
        Device::new(Regression::model(), TestFlash::new(2), 0..65_536, MACHINE).expect("it fits").with_samples(samples)
    };
    assert_eq!(without(NoSamples).practise(1, 0, STEP, &mut counters), Err(Refusal::NoMemory));

    let empty = FactorySet::new(factory::<Regression>().format(), &[], &[]);
    let mut flash = TestFlash::new(2);
    for (region, capacity, lessons) in [(0..65_536, CAPACITY, Ok(1)), (0..0, CAPACITY, Err(FlashFault::None))] {
        let samples = ReplaySamples::<2>::open(&mut flash, region, capacity, empty, NAMES).expect("it fits");
        let device = Device::new(Regression::model(), TestFlash::new(2), 0..0, MACHINE).expect("no saves");
        let mut device = device.with_samples(samples);
        assert_eq!(device.practise(1, 0, STEP, &mut counters), Err(Refusal::NoSamples));
        assert_eq!(device.practise(0, 0, STEP, &mut counters).map(|practised| practised.steps), Ok(0));
        let (input, target) = lesson::<Regression>(&mut Random(1));
        let learned = device.execute(learn(&input, target.as_target(), STEP), &mut counters);
        assert!(matches!(learned, Ok(Reply::Learned(found)) if found.lessons == lessons), "{learned:?}");
        device.execute(Command::WriteParameters { first: 0, values: Floats::default() }, &mut counters).expect("none");
        assert_eq!(device.practise(1, 0, STEP, &mut counters), Err(Refusal::Writing));
    }
    let wrong = ReplaySamples::<2>::open(&mut flash, 0..65_536, 100_000, empty, NAMES);
    assert!(wrong.is_err(), "so many lessons do not fit");

    let mut device = switch_on::<Regression, 2>(TestFlash::new(4));
    let too_large = Step { learning_rate: f32::NAN, ..STEP };
    let before = bits_of(device.model().parameters());
    let refused = device.practise(9, 0, too_large, &mut counters);
    assert!(matches!(refused, Err(Refusal::LearningRate { .. })), "{refused:?}");
    assert_eq!(bits_of(device.model().parameters()), before);
    // With steps as large as these the weights grow without bound.
    let diverging = Step { learning_rate: 100.0, ..STEP };
    assert_eq!(device.practise(u16::MAX, 0, diverging, &mut counters), Err(Refusal::Diverged));
    assert_eq!(bits_of(device.model().parameters()), before);
}

#[test]
fn a_flash_that_fails_costs_the_memory_and_not_the_lesson() {
    let mut device = switch_on::<Regression, 2>(TestFlash::new(4));
    let mut random = Random(1);
    for _ in 0..2 {
        let (input, target) = lesson::<Regression>(&mut random);
        execute(&mut device, learn(&input, target.as_target(), STEP));
    }
    let before = bits_of(device.model().parameters());
    let mut flash = device.into_flash();
    flash.cut_power(0, Torn::Old, Random(0));
    let mut device = switch_on::<Regression, 2>(flash);
    let (input, target) = lesson::<Regression>(&mut random);
    let mut counters = Counters::ZERO;
    let learned = device.execute(learn(&input, target.as_target(), STEP), &mut counters);
    assert!(matches!(learned, Ok(Reply::Learned(Learned { lessons: Err(FlashFault::Erase), .. }))), "{learned:?}");
    assert_ne!(bits_of(device.model().parameters()), before);
    assert_eq!(device.execute(Command::Reset, &mut counters), Err(Refusal::Flash(FlashFault::Erase)));

    // What cannot be read at the start is no empty memory.
    let mut flash = device.into_flash();
    flash.power_up();
    flash.fail_reads_after(0);
    let region = flash.region();
    let half = region.end / 2;
    let samples = ReplaySamples::open(&mut flash, half..region.end, CAPACITY, factory::<Regression>(), NAMES);
    let samples: ReplaySamples<'_, 2> = samples.expect("factory samples");
    let mut device = Device::new(Regression::model(), flash, 0..half, MACHINE).expect("it fits").with_samples(samples);
    let Ok(Reply::Hello(hello)) = device.execute(Command::Hello, &mut counters) else { panic!("no description") };
    assert_eq!(hello.memory.map(|memory| memory.lessons), Some(Err(FlashFault::Read)));
    let practised = device.practise(5, 0, STEP, &mut counters).expect("factory samples are left");
    assert_eq!((practised.steps, practised.lessons), (5, 0));
}

#[test]
fn a_lesson_that_cannot_be_read_ends_the_practice() {
    let mut device = switch_on::<Regression, 2>(TestFlash::new(4));
    let (input, target) = lesson::<Regression>(&mut Random(1));
    execute(&mut device, learn(&input, target.as_target(), STEP));
    let flash = device.into_flash();
    let is_lesson = |seed: &u32| {
        let first = Sampler::new((*seed).into()).next(1, &factory::<Regression>());
        first == Some(Source::Lesson(0))
    };
    let seed = (0..100).find(is_lesson).expect("one in three begins with a lesson");
    let mut steps = Vec::new();
    for reads in 0..200 {
        let mut flash = flash.clone();
        flash.fail_reads_after(reads);
        let mut device = switch_on::<Regression, 2>(flash);
        let before = bits_of(device.model().parameters());
        match device.practise(30, seed, STEP, &mut Counters::ZERO.clone()) {
            Ok(practised) => steps.push(practised.steps),
            Err(refusal) => {
                assert_eq!(refusal, Refusal::Flash(FlashFault::Read));
                assert_eq!(bits_of(device.model().parameters()), before);
                steps.push(0);
            }
        }
    }
    // Without a memory there are factory samples alone; with one, practice goes as far as its lessons can be read.
    steps.dedup();
    assert!(
        steps.len() > 4 && steps[..2] == [30, 0] && steps[1..].is_sorted() && steps.last() == Some(&30),
        "{steps:?}"
    );
}

#[test]
fn a_cut_at_every_word_loses_the_lesson_in_flight_at_most() {
    let mut random = Random(1);
    let mut device = switch_on::<Regression, 2>(TestFlash::new(4));
    let mut lessons: Vec<(Vec<u8>, RandomTarget)> = Vec::new();
    for _ in 0..5 {
        let (input, target) = lesson::<Regression>(&mut random);
        execute(&mut device, learn(&input, target.as_target(), STEP));
        lessons.push((input, target));
    }
    execute(&mut device, Command::Save);
    let saved = bits_of(device.model().parameters());
    let before = device.into_flash();
    let (input, target) = lesson::<Regression>(&mut random);
    for cut in 0.. {
        let mut is_cut = true;
        for torn in Torn::ALL {
            let mut device = switch_on::<Regression, 2>(before.clone());
            let mut flash = device.into_flash();
            flash.cut_power(cut, torn, random.fork());
            device = switch_on::<Regression, 2>(flash);
            let mut counters = Counters::ZERO;
            let learned = device.execute(learn(&input, target.as_target(), STEP), &mut counters);
            let Ok(Reply::Learned(Learned { lessons, .. })) = learned else { panic!("{learned:?}") };
            is_cut = lessons.is_err();
            let mut flash = device.into_flash();
            flash.power_up();
            let mut device = switch_on::<Regression, 2>(flash);
            assert_eq!(bits_of(device.model().parameters()), saved, "cut {cut}, {torn:?}: the saved weights");
            let Ok(Reply::Hello(hello)) = device.execute(Command::Hello, &mut counters) else {
                panic!("no description")
            };
            let found = hello.memory.and_then(|memory| memory.lessons.ok());
            assert!(found == Some(6) || is_cut && found == Some(5), "cut {cut}, {torn:?}: {found:?} lessons");
        }
        if !is_cut {
            assert!(cut > 10, "{cut} operations");
            break;
        }
    }
}
