//! Feeds messages to their readers, and those that are requests to a device, one after another: nothing may panic, what
//! is read must be written as it was read, no parameter may change but by a command that changes it, and all numbers
//! must be finite.
//!
//! Each message is its length in a byte, and as many bytes of the input.
#![no_main]

use dense_core::activations::Relu;
use dense_core::{BinaryCrossEntropy, Hidden, Momentum, Output, Sgd};
use dense_device::{Device, Learner, LearnerMemory, Model, Window};
use dense_protocol::frames::{self, Decoder, MAX_FRAME};
use dense_protocol::messages::{Answer, Command, Counters, FlashFault, Refusal, Reply, Request};
use heapless::Vec;
use host_trainer_fuzz::Flash;
use host_trainer_fuzz::device::{MACHINE, NUMBERS, Numbers, WINDOW};
use libfuzzer_sys::fuzz_target;

const FLASH: usize = 512;

/// Two classes of pixels.
type Binary = Hidden<4, 3, Relu, Output<3, 1, BinaryCrossEntropy>>;
static BINARY: Binary = Binary::ZERO;

fuzz_target!(|bytes: &[u8]| {
    let mut messages = std::vec::Vec::new();
    let mut rest = bytes;
    while let [length, following @ ..] = rest {
        let (message, after) = following.split_at(usize::from(*length).min(following.len()));
        messages.push(message);
        rest = after;
    }
    messages.iter().for_each(|message| comes_back(message));

    let mut memory = LearnerMemory::<Numbers, f32, 3, 2, Sgd>::NEW;
    let mut samples = [0.0; 6];
    let model = Learner::new(&mut memory, &NUMBERS, Sgd::DEFAULT);
    let windowed = device(model).with_window(Window::new(WINDOW, &mut samples));
    do_all(windowed, &messages);

    let mut memory = LearnerMemory::<Binary, u8, 4, 1, Momentum>::NEW;
    let model = Learner::new(&mut memory, &BINARY, Momentum::new(0.1, 0.9).expect("in range"));
    do_all(device(model), &messages);
});

/// Whether an answer is written as it was read.
fn comes_back(message: &[u8]) {
    let Ok(answer) = Answer::from_message(message) else { return };
    let mut frame = Vec::<u8, MAX_FRAME>::new();
    frames::encode(&answer, &mut frame).expect("255 bytes fit");
    let mut decoder = Decoder::<MAX_FRAME>::new();
    let message =
        frame.iter().find_map(|&byte| decoder.push(byte).map(|result| result.map(|message| message.to_vec())));
    let message = message.expect("a frame").expect("a whole one");
    // Compared as text, for a NaN is not equal to itself.
    assert_eq!(format!("{answer:?}"), format!("{:?}", Answer::from_message(&message).expect("an answer")));
}

type Fuzzed<'a, M> = Device<'a, M, Flash<FLASH, 64>>;

fn device<'a, M: Model>(model: M) -> Fuzzed<'a, M> {
    Device::new(model, Flash([0xff; FLASH]), 0..FLASH as u32, MACHINE).expect("it fits")
}

fn do_all<M: Model>(mut device: Fuzzed<'_, M>, messages: &[&[u8]]) {
    let mut counters = Counters::ZERO;
    for message in messages {
        let Ok(request) = Request::from_message(message) else { continue };
        let before = bits(device.model());
        let result = device.execute(request.command, &mut counters);
        let may_change = match (request.command, &result) {
            (Command::Learn { .. }, result) => result.is_ok() || matches!(result, Err(Refusal::Diverged)),
            // In the middle of writing, a load that fails goes back to the firmware's.
            (Command::Load | Command::Reset, _) => true,
            (Command::WriteParameters { .. }, result) => result.is_ok(),
            (Command::UseParameters { .. }, result) => matches!(result, Err(Refusal::Checksum { .. })),
            _ => false,
        };
        if let Ok(Reply::Inferred(inferred)) = &result {
            assert!(inferred.logits.values().chain(inferred.outputs.values()).all(f32::is_finite));
        }
        assert!(!matches!(result, Err(Refusal::Flash(fault)) if fault != FlashFault::None), "the flash works");
        assert!(may_change || bits(device.model()) == before, "{:?}", request.command);
        assert!(device.model().parameters().all(f32::is_finite), "{:?}", request.command);
    }
}

fn bits(model: &impl Model) -> std::vec::Vec<u32> {
    model.parameters().map(f32::to_bits).collect()
}
