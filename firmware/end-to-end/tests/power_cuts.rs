//! Power cuts in QEMU while lessons and weights are saved:
//! `cargo test --manifest-path firmware/Cargo.toml --package end-to-end --test power_cuts -- --ignored`.

mod board;
// Of the simulator, only paths, data and model are used here.
mod simulator;

use std::sync::mpsc::{self, Sender};
use std::thread;
use std::time::{Duration, Instant};

use board::{Board, Build};
use dense_core::{Kernel, Random};
use dense_protocol::messages::Origin;
use dense_replay::Bits;
use host_trainer::data::Samples;
use host_trainer::device::{Device, DeviceError, Reference, Sample};
use host_trainer::factory_samples::FactorySamples;
use simulator::{dataset, model, one, reference, step, workspace};

const CUTS: u32 = 50;
/// Most answers of a life before the power fails.
const MOST_ANSWERS: usize = 4;
/// Steps of practice after each start: enough to draw most of the lessons.
const STEPS: u16 = 40;
const LEARNING_RATE: f32 = 0.01;

/// A request that writes flash.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Request {
    /// To learn the test sample of this index.
    Learn(usize),
    Save,
}

/// Expected state of the device, as the host knows it.
#[derive(Clone)]
struct Mirror {
    /// The weights in RAM, and the lessons in flash.
    reference: Reference,
    /// Lessons since the reset.
    lessons: u32,
    /// The weights saved last or, before the first save, those of the firmware.
    saved: Reference,
    /// Number of that save, 0 where there is none.
    save: u32,
}

/// A life that a power cut has ended.
struct Life {
    mirror: Mirror,
    /// The request without an answer.
    unanswered: Request,
}

#[test]
#[ignore = "needs QEMU"]
fn power_cuts_lose_no_lesson_and_no_save_that_was_confirmed_and_do_nothing_twice() {
    let lessons_only = workspace("firmware/weights/lessons_only.rs");
    let (mut board, mut device) = Board::start(Build { factory_set: Some(lessons_only), ..Build::default() });
    let (data, start) = (dataset(), Instant::now());
    let memory = device.info().memory.expect("a memory of lessons");
    let factory = FactorySamples::choose(&data.train, &model().input, Bits::Two, 0, Kernel::PORTABLE).unwrap();
    assert_eq!(memory.factory_checksum, factory.set().checksum());
    let reference = reference().with_memory(factory, memory.capacity as usize, &data.train);
    let mut mirror = Mirror { saved: reference.clone(), reference, lessons: 0, save: 0 };
    // How long a request takes: a life's first lesson, which moves the lessons before it, another one, and a save.
    let requests = [Request::Learn(0), Request::Learn(1), Request::Save];
    let mut times = requests.map(|request| mirror.ask(&mut device, &data.test, request).expect("an answer"));

    let mut random = Random::new(1, 0);
    let mut draw = |count: usize| (random.uniform() * count as f32) as usize;
    let (mut cuts, mut kept) = ([0; 3], [0; 3]);
    for cut in 1..=CUTS {
        let requests: Vec<Request> =
            (0..40).map(|_| if draw(3) == 0 { Request::Save } else { Request::Learn(draw(10_000)) }).collect();
        // The power fails after so many answers, and this part of the time that the next one takes, or as many changes of the
        // flash: what is written for a lesson is a small part of that time.
        let (answers, thousandths, changes) = (draw(MOST_ANSWERS + 1), draw(1_100) as f32, 1 << draw(5));
        let by_changes = draw(3) > 0;
        let (sender, answered) = mpsc::channel();
        let (test, asked) = (data.test.clone(), requests.clone());
        let life = thread::spawn(move || live(device, &test, &asked, mirror, &sender));
        for (index, time) in answered.iter().take(answers).enumerate() {
            times[kind(&requests, index)] = time;
        }
        let delay = times[kind(&requests, answers)].mul_f32(thousandths / 1_000.0);
        if by_changes {
            wait_for_changes(&board, changes);
        } else {
            thread::sleep(delay);
        }
        board.cut_power();
        let life = life.join().unwrap();
        device = board.restart();
        let when = if by_changes { format!("{changes} changes") } else { format!("{delay:?}") };
        let what = format!("cut {cut}, {when} after {answers} answers, in {:?}", life.unanswered);
        mirror = life.mirror;
        let counts = mirror.find(&mut device, &data.test, life.unanswered, &what);
        let kind = kind(&requests, answered.iter().count() + answers);
        cuts[kind] += 1;
        kept[kind] += u32::from(counts);
        let practised = device.practise(STEPS, cut, step(LEARNING_RATE)).unwrap();
        mirror.reference.check_practised(&what, STEPS, cut, step(LEARNING_RATE), &practised).unwrap();
        mirror.reference.check_weights(&what, device.checksum().unwrap()).unwrap();
    }
    println!(
        "{CUTS} power cuts in {:.0?}, in a life's first lesson, in another lesson and in a save: {cuts:?}; \
         of what was not confirmed, {kept:?} were kept; {} lessons and {} saves at the end",
        start.elapsed(),
        mirror.lessons,
        mirror.save,
    );
    for (cuts, kept) in cuts.into_iter().zip(kept) {
        assert!(cuts >= CUTS / 10 && kept < cuts, "the cuts missed what they were for");
    }
}

/// Waits until the flash was seen changed so often.
fn wait_for_changes(board: &Board, changes: u32) {
    let (deadline, mut last, mut seen) = (Instant::now() + Duration::from_secs(2), board.flash(), 0);
    while seen < changes && Instant::now() < deadline {
        let flash = board.flash();
        seen += u32::from(flash != last);
        last = flash;
    }
}

/// Asks one after another, until there is no answer.
fn live(
    mut device: Device,
    test: &Samples,
    requests: &[Request],
    mut mirror: Mirror,
    answered: &Sender<Duration>,
) -> Life {
    for &request in requests {
        let Some(time) = mirror.ask(&mut device, test, request) else { return Life { mirror, unanswered: request } };
        let _ = answered.send(time);
    }
    panic!("the power has not failed");
}

/// Kind of the request at `index`, by its effect on the flash: 0 a life's first lesson, 1 another lesson, 2 a save.
fn kind(requests: &[Request], index: usize) -> usize {
    match requests[index] {
        Request::Save => 2,
        Request::Learn(_) => usize::from(requests[..index].iter().any(|request| *request != Request::Save)),
    }
}

impl Mirror {
    /// Asks the device, and does the same. Returns how long the answer took, or nothing where the power failed.
    fn ask(&mut self, device: &mut Device, test: &Samples, request: Request) -> Option<Duration> {
        let start = Instant::now();
        match request {
            Request::Learn(index) => {
                let lesson = Sample::of(test, index).unwrap();
                let learned = answer(device.learn(lesson.input(), lesson.target(), step(LEARNING_RATE), None))?;
                let time = start.elapsed();
                let name = format!("sample {index}");
                self.reference.check_learned(&name, &one(test, index), step(LEARNING_RATE), &learned).unwrap();
                self.lessons += 1;
                assert_eq!(learned.lessons, Ok(self.lessons));
                Some(time)
            }
            Request::Save => {
                let next = self.next_save();
                let saved = answer(device.save())?;
                let time = start.elapsed();
                assert_eq!(saved.save, next);
                (self.saved, self.save) = (self.reference.clone(), next);
                Some(time)
            }
        }
    }

    /// The number that a save has now: where nothing has changed, that of the last.
    fn next_save(&self) -> u32 {
        let is_saved = self.save > 0 && self.reference.weights_checksum() == self.saved.weights_checksum();
        self.save + u32::from(!is_saved)
    }

    /// Checks what a device has after a power cut in a request, and takes it over. Returns whether it has done that.
    fn find(&mut self, device: &mut Device, test: &Samples, unanswered: Request, what: &str) -> bool {
        let counters = device.counters().unwrap();
        assert_eq!([counters.learned, counters.practised], [0, 0], "{what}: it was not restarted");
        let memory = device.info().memory.expect("a memory of lessons");
        let (lessons, origin) = (memory.lessons.expect("lessons"), device.info().origin);
        let (weights, mut done) = (device.checksum().unwrap(), false);
        match unanswered {
            Request::Learn(index) if lessons == self.lessons + 1 => {
                self.reference.learn(what, &one(test, index), step(LEARNING_RATE)).unwrap();
                (self.lessons, done) = (lessons, true);
            }
            Request::Save if origin == Origin::Save(self.next_save()) => {
                done = origin != Origin::Save(self.save);
                (self.save, self.saved) = (self.next_save(), self.reference.clone());
            }
            _ => {}
        }
        assert_eq!(lessons, self.lessons, "{what}: lessons are lost, or are too many");
        let expected = if self.save == 0 { Origin::Factory } else { Origin::Save(self.save) };
        assert_eq!(origin, expected, "{what}: a save is lost, or is not one");
        self.saved.check_weights(what, weights).unwrap();
        self.reference.set_parameters(&self.saved.parameters()).unwrap();
        done
    }
}

/// Answer of a device, or `None` where the power failed.
fn answer<T>(result: Result<T, DeviceError>) -> Option<T> {
    match result {
        Ok(answer) => Some(answer),
        Err(DeviceError::Lost { .. }) => None,
        Err(error) => panic!("{error}"),
    }
}
