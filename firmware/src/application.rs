//! The device that is served: the network of the firmware on the board's flash.

use crate::boards::{Board, Parts, Selected};
use crate::runtime::{asm, ram, semihosting, singleton};
use crate::{log, self_test};
use core::convert::Infallible;
#[cfg(feature = "key")]
use dense_device::boots::next_boot;
use dense_device::{Device, Machine, Model, Session, Window, session};
#[cfg(feature = "key")]
use dense_protocol::authentication::Key;
use dense_protocol::messages::{ClockSource, Form, Origin};
use embedded_hal::digital::StatefulOutputPin;
use weights::practice::{self, Samples};

/// The key, from the file that `DEVICE_KEY` names.
#[cfg(feature = "key")]
const KEY: Key = {
    assert!(
        Selected::BOOT_REGION.start < Selected::BOOT_REGION.end,
        "the board has no flash for the numbers of starts"
    );
    match Key::from_hex(include_str!(concat!(env!("OUT_DIR"), "/key"))) {
        Some(key) => key,
        None => panic!("no key"),
    }
};

/// Bytes of the longest request.
const REQUEST: usize = session::request_bytes(weights::INPUTS * weights::ELEMENT.bytes(), weights::OUTPUTS);
/// Bytes of the longest answer.
pub const ANSWER: usize = session::answer_bytes(weights::OUTPUTS);

type Flash = <Selected as Board>::Flash;
/// The network on the board's flash.
pub type Served = Device<'static, weights::Served<'static>, Flash, Samples>;
/// The device on its line.
pub type Conversation = Session<'static, weights::Served<'static>, Flash, REQUEST, ANSWER, Samples>;

/// Fails, at compile time, where requests of the network take more stack than the machine has. An int8 network has arrays
/// of its outputs there, and of the sums of its widest layer; one in f32 has its own in a static.
pub const fn check_stack() {
    let most = if matches!(<weights::Served<'static> as Model>::FORM, Form::Int8) {
        5 * size_of::<f32>() * weights::OUTPUTS + weights::INPUTS + 6 * weights::WIDEST + 2048
    } else {
        0
    };
    assert!(most <= ram::STACK, "the network has too many outputs for the region STACK of the machine's memory map");
}

/// The network, with the weights of the firmware. To be called once.
#[inline(never)]
pub fn model() -> weights::Served<'static> {
    match singleton!(: weights::Memory = weights::Memory::NEW) {
        Some(memory) => weights::new(memory),
        None => panic!("the memory of the network is taken"),
    }
}

/// The device, with what was saved last. To be called once.
///
/// # Errors
/// A message, where the board's flash has no room for the lessons or for two saves.
#[inline(never)]
pub fn device(
    model: weights::Served<'static>,
    mut flash: Flash,
    clock_hz: u32,
    clock_source: ClockSource,
) -> Result<Served, &'static str> {
    let static_bytes = ram::static_bytes() as u32;
    let (cycles, feed_watchdog) = (Selected::cycles, Selected::feed_watchdog);
    let machine = Machine { board: Selected::NAME, clock_hz, clock_source, static_bytes, cycles, feed_watchdog };
    let samples = practice::samples(&mut flash, Selected::LESSON_REGION);
    let samples = samples.map_err(|_| "the flash has no room for the lessons")?;
    let device = Device::new(model, flash, Selected::FLASH_REGION, machine);
    let device = device.map_err(|_| "the flash has no room for two saves")?;
    let device = device.with_names(weights::names_checksum()).with_samples(samples);
    let (Some(shape), Some(samples)) =
        (weights::WINDOW, singleton!(: [f32; weights::WINDOW_NUMBERS] = [0.0; weights::WINDOW_NUMBERS]))
    else {
        return Ok(device);
    };
    Ok(device.with_window(Window::new(shape, samples)))
}

/// The device on its line, in a static. To be called once.
#[inline(never)]
pub fn conversation(device: Served) -> &'static mut Conversation {
    match singleton!(: Option<Conversation> = None) {
        Some(session) => session.insert(Session::new(device)),
        None => panic!("the session is taken"),
    }
}

/// Everything before the first request: tests the network, and loads what was saved last. In a function of its own, so that
/// the stack it takes is given back. To be called once.
#[inline(never)]
pub fn start(
    board: impl FnOnce() -> Parts<Selected>,
) -> (&'static mut Conversation, <Selected as Board>::Serial, <Selected as Board>::Led) {
    let board = board();
    let mut led = board.led;
    let source = if board.clock_source == ClockSource::Crystal { "crystal" } else { "no crystal" };
    log::info!("{=str} at {=u32} Hz, {=str}", Selected::NAME, board.clock_hz, source);
    log::info!("RAM: {=usize} bytes for good, {=usize} for the stack", ram::static_bytes(), ram::stack_bytes());

    let mut network = model();
    let passed = self_test::run(&mut network);
    log::info!("self-test: {=usize} of {=usize} samples passed", passed, self_test::SAMPLES);
    if passed != self_test::SAMPLES {
        give_up(&mut led, board.clock_hz);
    }

    #[cfg_attr(not(feature = "key"), expect(unused_mut, reason = "the number of a start is written"))]
    let mut flash = board.flash;
    #[cfg(feature = "key")]
    let boot = next_boot(&mut flash, Selected::BOOT_REGION);
    let device = device(network, flash, board.clock_hz, board.clock_source);
    let device = device.unwrap_or_else(|cause| panic!("{cause}"));
    match device.origin() {
        Origin::Save(save) => log::info!("weights: save {=u32}", save),
        Origin::Unreadable => log::warn!("weights: those of the firmware, as the flash cannot be read"),
        Origin::Factory | Origin::Host => log::info!("weights: those of the firmware"),
    }
    let session = conversation(device);
    session.report_refusals(|refusal| log::warn!("request refused: {}", refusal));
    #[cfg(feature = "key")]
    match boot {
        Ok(boot) => {
            log::info!("key: start number {=u32}", boot);
            session.set_key(KEY, boot);
        }
        Err(_) => panic!("the number of this start cannot be kept, which a key needs"),
    }
    (session, board.serial, led)
}

/// A device that computes something else must not answer. It blinks instead.
fn give_up(led: &mut impl StatefulOutputPin<Error = Infallible>, clock_hz: u32) -> ! {
    semihosting::print(format_args!("the self-test failed"));
    semihosting::exit(false);
    loop {
        toggle(led);
        asm::delay(clock_hz / 10);
    }
}

/// Changes the status LED.
pub fn toggle(led: &mut impl StatefulOutputPin<Error = Infallible>) {
    let Ok(()) = led.toggle();
}
