//! Talking to a device, byte by byte.

use super::flash::Flash;
use super::{MACHINE, Random};
use dense_core::losses::Loss;
use dense_core::optimizers::Optimizer;
use dense_core::{Batch, Kernel, Sgd, SparseCategoricalCrossEntropy};
use dense_protocol::frames::{self, Decoder, MAX_FRAME};
use dense_protocol::messages::{Answer, Command, INPUTS, OUTPUTS, Refusal, Reply, Request};
use firmware::device::Device;
use firmware::session::Session;
use firmware::store::Store;
use firmware::weights::MODEL;
use firmware::{Model, parameters, pixels};
use heapless::Vec;

pub const SECTOR: usize = 32 * 1024;
pub type TestFlash = Flash<4, SECTOR>;
pub type TestSession<'a> = Session<'a, TestFlash>;
pub type Outcome = Result<Reply<'static>, Refusal>;

pub fn session(model: &mut Model) -> TestSession<'_> {
    session_on(model, &MODEL, TestFlash::new(2))
}

pub fn session_on<'a>(model: &'a mut Model, factory: &'a Model, flash: TestFlash) -> TestSession<'a> {
    let region = flash.region();
    Session::new(Device::new(model, factory, Store::new(flash, region).expect("it fits"), MACHINE))
}

/// Sends bytes and returns what comes back.
pub fn send(session: &mut TestSession<'_>, bytes: &[u8]) -> std::vec::Vec<u8> {
    let mut back = std::vec::Vec::new();
    for &byte in bytes {
        back.extend_from_slice(session.receive(byte).unwrap_or_default());
    }
    back
}

pub fn frame(sequence: u16, command: Command<'_>) -> Vec<u8, MAX_FRAME> {
    let mut frame = Vec::new();
    frames::encode(&Request { sequence, command }, &mut frame).expect("it fits");
    frame
}

/// Sends a request and returns the result in the answer.
pub fn ask(session: &mut TestSession<'_>, sequence: u16, command: Command<'_>) -> Outcome {
    let back = send(session, &frame(sequence, command));
    outcome(sequence, &back)
}

pub fn outcome(sequence: u16, frame: &[u8]) -> Outcome {
    let mut decoder = Decoder::new();
    let (&end, start) = frame.split_last().expect("an answer");
    for &byte in start {
        assert_eq!(decoder.push(byte), None, "one answer and no more");
    }
    let message = decoder.push(end).expect("a frame").expect("a whole one");
    let answer = Answer::from_message(message.to_vec().leak()).expect("an answer");
    assert_eq!(answer.sequence, sequence);
    answer.result
}

pub fn image(seed: u64) -> [u8; INPUTS] {
    Random(seed).image()
}

/// What the model sees of an image.
pub fn prepared(image: &[u8; INPUTS]) -> [u8; INPUTS] {
    let mut image = *image;
    pixels::prepare(&mut image);
    image
}

pub fn bits(model: &Model) -> std::vec::Vec<u32> {
    parameters::values(model).map(f32::to_bits).collect()
}

/// What dense-core itself does in a step, from the image as it is sent.
pub fn step(model: &mut Model, image: &[u8; INPUTS], label: u8, learning_rate: f32) -> (f32, f32) {
    let kernel = Kernel::PORTABLE;
    let images = [prepared(image)];
    let batch = Batch::new(&images).expect("one image");
    let mut logits = [[0.0; OUTPUTS]];
    model.forward_with(kernel, batch, &mut logits).expect("the shapes fit");
    let before = SparseCategoricalCrossEntropy::loss_with(kernel, &mut logits, &[label]).expect("finite");
    let sgd = Sgd::new(learning_rate).expect("in range");
    sgd.update(kernel, model, batch, &logits, &mut ()).expect("the shapes fit");
    model.forward_with(kernel, batch, &mut logits).expect("the shapes fit");
    let after = SparseCategoricalCrossEntropy::loss_with(kernel, &mut logits, &[label]).expect("finite");
    (before.loss_sum, after.loss_sum)
}
