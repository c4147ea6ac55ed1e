//! Feeds bytes to the readers of messages, and as a message to a device: nothing may panic, what is read must be
//! written as it was read, and no message but one to learn may change a weight, and none may leave one that is not finite.
#![no_main]

use embedded_storage::nor_flash::{ErrorType, NorFlash, NorFlashErrorKind, ReadNorFlash};
use firmware::device::{Device, Machine};
use dense_protocol::frames::{self, Decoder, MAX_FRAME};
use dense_protocol::messages::{Answer, ClockSource, Command, Request};
use firmware::store::Store;
use firmware::weights::MODEL;
use firmware::{Model, parameters};
use heapless::Vec;
use libfuzzer_sys::fuzz_target;

const MACHINE: Machine =
    Machine { board: "fuzzed", clock_hz: 1, clock_source: ClockSource::Host, static_bytes: 0, cycles: || 0 };

fuzz_target!(|bytes: &[u8]| {
    if let Ok(answer) = Answer::from_message(bytes) {
        let mut frame = Vec::<u8, MAX_FRAME>::new();
        if frames::encode(&answer, &mut frame).is_ok() {
            let mut decoder = Decoder::new();
            let message = frame.iter().find_map(|&byte| decoder.push(byte).map(|result| result.map(|message| message.to_vec())));
            let message = message.expect("a frame").expect("a whole one");
            // Compared as text, for a NaN is not equal to itself.
            assert_eq!(format!("{answer:?}"), format!("{:?}", Answer::from_message(&message).expect("an answer")));
        }
    }
    let Ok(request) = Request::from_message(bytes) else { return };
    let mut model = Box::new(Model::ZERO);
    let store = Store::new(Broken, 0..1 << 16).expect("it fits");
    let mut device = Device::new(&mut model, &MODEL, store, MACHINE);
    let result = device.execute(request.command);
    let may_change = matches!(request.command, Command::Learn { .. }) && result.is_ok();
    assert!(may_change || *device.model() == MODEL);
    assert!(parameters::values(device.model()).all(f32::is_finite));
});

/// A flash that does nothing.
#[derive(Debug)]
struct Broken;

impl ErrorType for Broken {
    type Error = NorFlashErrorKind;
}

impl ReadNorFlash for Broken {
    const READ_SIZE: usize = 1;

    fn read(&mut self, _: u32, _: &mut [u8]) -> Result<(), NorFlashErrorKind> {
        Err(NorFlashErrorKind::Other)
    }

    fn capacity(&self) -> usize {
        1 << 16
    }
}

impl NorFlash for Broken {
    const WRITE_SIZE: usize = 1;
    const ERASE_SIZE: usize = 1 << 15;

    fn erase(&mut self, _: u32, _: u32) -> Result<(), NorFlashErrorKind> {
        Err(NorFlashErrorKind::Other)
    }

    fn write(&mut self, _: u32, _: &[u8]) -> Result<(), NorFlashErrorKind> {
        Err(NorFlashErrorKind::Other)
    }
}
