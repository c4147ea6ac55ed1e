//! The networks of `dense-core` for a page in a browser: what it calls, by number and by bytes.
//!
//! One buffer goes back and forth. The page asks for [`buffer`] of a length, fills it and calls a function, which takes
//! the bytes and leaves its result there. A function returns the length of the result, or, where it failed, minus one
//! minus the length of a text that says why. Numbers are little-endian, as WebAssembly has them.

mod device;
mod engine;
mod networks;
mod session;

use std::cell::RefCell;

use device::Command;
use engine::{Answer, Engine};

thread_local! {
    static ENGINE: RefCell<Engine> = RefCell::new(Engine::default());
}

/// Calls with the bytes of the buffer, and puts the result in their place.
fn answer(call: impl FnOnce(&mut Engine, Vec<u8>) -> Answer) -> i32 {
    ENGINE.with_borrow_mut(|engine| {
        let bytes = std::mem::take(&mut engine.buffer);
        let (result, succeeded) = match call(engine, bytes) {
            Ok(result) => (result, true),
            Err(error) => (error.into_bytes(), false),
        };
        engine.buffer = result;
        let length = i32::try_from(engine.buffer.len()).unwrap_or(i32::MAX);
        if succeeded { length } else { -1 - length }
    })
}

/// Exported functions, each of which calls `answer`.
macro_rules! exports {
    ($($(#[$documentation:meta])+ $name:ident($($argument:ident: $type:ty),*) = $call:expr;)+) => {$(
        $(#[$documentation])+
        // SAFETY: no other function has the name.
        #[allow(unsafe_code)]
        #[unsafe(no_mangle)]
        pub extern "C" fn $name($($argument: $type),*) -> i32 {
            answer($call)
        }
    )+};
}

/// Makes room for so many bytes, and returns their address. The address of a result is that of room for none more.
// SAFETY: no other function has the name.
#[allow(unsafe_code)]
#[unsafe(no_mangle)]
pub extern "C" fn buffer(length: usize) -> *mut u8 {
    ENGINE.with_borrow_mut(|engine| {
        engine.buffer.resize(length, 0);
        engine.buffer.as_mut_ptr()
    })
}

exports! {
    /// The name of the fastest kernel here.
    kernel() = |_, _| Ok(dense_core::Kernel::best().name().into());

    /// Takes a model file. The description of the model, in JSON.
    load() = |engine, bytes| engine.load(&bytes);

    /// Takes the name of a loss, and adds a network of one layer of zeros. Its number.
    create(inputs: usize, outputs: usize) = move |engine, bytes| engine.create(inputs, outputs, &bytes);

    /// The parameters of a network, f32, layer by layer, weights before biases.
    parameters(network: usize) = move |engine, _| Ok(engine::bytes(engine.network(network)?.parameters()));

    /// Replaces the parameters.
    set_parameters(network: usize) = move |engine, bytes| engine.network(network)?.set_parameters(&bytes);

    /// The CRC-32C of the parameters, as devices have it: four bytes.
    checksum(network: usize) = move |engine, _| Ok(engine.network(network)?.checksum().to_le_bytes().into());

    /// Takes inputs: bytes of pictures, or f32. The logits of all, then the outputs of all.
    predict(network: usize) = move |engine, bytes| engine.network(network)?.predict(&bytes);

    /// Takes inputs and then targets, a byte each for a class and f32 for numbers. Makes one step of gradient descent on
    /// all of them. The mean loss before, f64.
    learn(network: usize, samples: usize, rate: f32) =
        move |engine, bytes| engine.network(network)?.learn(&bytes, samples, rate);

    /// Takes inputs and targets as [`learn`] does. The mean loss and the metric, f64.
    evaluate(network: usize, samples: usize) = move |engine, bytes| engine.network(network)?.evaluate(&bytes, samples);

    /// Takes pictures and labels to train on, then those of a test. Begins a training from new weights by the recipe of a
    /// model; its number as a network.
    begin(model: usize, training: usize, test: usize) =
        move |engine, bytes| engine.begin(model, &bytes, [training, test]);

    /// Goes on with the training for so many steps. f64: whether it is done; the steps made and the mean loss and metric
    /// of the epoch so far; of each epoch that is over, loss and metric on the training samples and on the test.
    train(steps: usize) = move |engine, _| engine.train(steps);

    /// The bytes that start a session with a device, which is to have this network. Two random numbers begin it.
    device_hello(network: usize, session: u32, sequence: u32) =
        move |engine, _| engine.meet(network, session, sequence);

    /// The bytes that ask a device for the checksum of its weights.
    device_checksum() = |engine, _| engine.device()?.request(Command::Checksum);

    /// The bytes that ask a device for parameters that have not been read.
    device_read() = |engine, _| engine.device()?.request(Command::ReadParameters);

    /// Takes an input. The bytes that ask a device for its outputs.
    device_infer() = |engine, input| engine.device()?.request(Command::Infer { input });

    /// Takes an input. The bytes that ask a device for a step of gradient descent on it.
    device_learn(label: u32, learning_rate: f32) = move |engine, input| {
        let label = u8::try_from(label).map_err(|_| format!("{label} is no class"))?;
        engine.device()?.request(Command::Learn { input, label, learning_rate })
    };

    /// Takes bytes that arrived from a device. Nothing, or, where an answer is complete, what it says, in JSON.
    device_receive() = |engine, bytes| engine.device()?.receive(&bytes);

    /// Fails with what to tell where a request had no answer.
    device_silence(tries: u32, seconds: f32) = move |engine, _| Err(engine.device()?.silence(tries, seconds));
}
