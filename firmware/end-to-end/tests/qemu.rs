//! The firmware in QEMU:
//! `cargo test --manifest-path firmware/Cargo.toml --package end-to-end --test qemu -- --ignored`.

mod board;
// Of the simulator, only paths, data and model are used here.
mod simulator;

use std::thread;
use std::time::Instant;

use board::{Board, Build};
use dense_core::Random;
use dense_protocol::messages::Origin;
use host_trainer::device::{Device, Reference, Sample};
use simulator::{dataset, one, reference, step};

#[test]
#[ignore = "needs QEMU"]
fn the_firmware_infers_learns_and_remembers() {
    let (mut board, mut device) = Board::start(Build::default());
    let (test, mut reference) = (dataset().test, reference());
    let infer = |device: &mut Device, reference: &Reference, index| {
        let found = device.infer(Sample::of(&test, index).unwrap().input()).unwrap();
        reference.check_inferred(&format!("sample {index}"), &one(&test, index), &found).unwrap();
    };
    assert_eq!((device.info().parameters, device.info().origin), (7_850, Origin::Factory));
    assert_eq!(device.checksum().unwrap(), reference.weights_checksum());
    (0..200).for_each(|index| infer(&mut device, &reference, index));
    for index in 0..50 {
        let lesson = Sample::of(&test, index).unwrap();
        let learned = device.learn(lesson.input(), lesson.target(), step(0.01), None).unwrap();
        reference.check_learned(&format!("sample {index}"), &one(&test, index), step(0.01), &learned).unwrap();
    }
    assert_eq!(device.checksum().unwrap(), reference.weights_checksum());
    let saved = device.save().unwrap();

    let mut device = board.restart();
    assert_eq!(device.info().origin, Origin::Save(saved.save));
    assert_eq!(device.checksum().unwrap(), reference.weights_checksum());
    assert_eq!(device.counters().unwrap().learned, 0, "it was restarted");
    (0..20).for_each(|index| infer(&mut device, &reference, index));
    device.reset().unwrap();
    let mut device = board.restart();
    assert_eq!(device.checksum().unwrap(), simulator::reference().weights_checksum());
}

#[test]
#[ignore = "needs QEMU"]
fn a_power_cut_during_a_save_leaves_the_old_weights_or_the_new_ones() {
    let (mut board, mut device) = Board::start(Build::default());
    let test = dataset().test;
    let learn = |device: &mut Device, reference: &mut Reference, index: usize| {
        let lesson = Sample::of(&test, index).unwrap();
        let learned = device.learn(lesson.input(), lesson.target(), step(0.1), None).unwrap();
        reference.check_learned(&format!("sample {index}"), &one(&test, index), step(0.1), &learned).unwrap();
    };
    let mut saved = reference();
    learn(&mut device, &mut saved, 0);
    let start = Instant::now();
    device.save().unwrap();
    let save_time = start.elapsed();

    let mut random = Random::new(0, 0);
    let (mut old, mut new) = (0, 0);
    for cut in 1..=50 {
        let mut changed = saved.clone();
        learn(&mut device, &mut changed, cut);
        // Some cuts come when the save is over; then it must be there.
        let delay = save_time.mul_f32(1.1 * random.uniform());
        let saving = thread::spawn(move || device.save());
        thread::sleep(delay);
        board.cut_power();
        let answered = saving.join().unwrap().is_ok();
        device = board.restart();
        let found = device.checksum().unwrap();
        if found == changed.weights_checksum() {
            saved = changed;
            new += 1;
        } else {
            assert_eq!(
                found,
                saved.weights_checksum(),
                "cut {cut} after {delay:?}: neither the old nor the new weights"
            );
            assert!(!answered, "cut {cut} after {delay:?}: the save was confirmed, but is not there");
            old += 1;
        }
    }
    println!("50 power cuts within {:?} of a save's start: {old} left the old weights, {new} the new ones", save_time);
    assert!(old > 0 && new > 0, "{old} old and {new} new: the cuts missed the saves");
}
