//! Takes bytes for the content of a flash and mounts it: nothing may panic, what is loaded must be finite and stand in
//! the flash, and afterwards the store must work. As no fuzzer guesses a checksum, each record is given the right one.
#![no_main]

use dense_core::Dense;
use embedded_storage::nor_flash::{ErrorType, NorFlash, NorFlashErrorKind, ReadNorFlash};
use dense_protocol::checksum::Checksum;
use firmware::parameters;
use firmware::store::{Store, StoreError};
use libfuzzer_sys::fuzz_target;

type Layer = Dense<3, 2>;
type TestStore = Store<Flash, 3, 2>;
const SLOT: usize = TestStore::RECORD_BYTES;

fuzz_target!(|bytes: &[u8]| {
    let mut content = [0xff; 2 * SLOT];
    for (place, byte) in content.iter_mut().zip(bytes) {
        *place = *byte;
    }
    mount(content);
    for record in content.chunks_exact_mut(SLOT) {
        seal(record);
    }
    mount(content);
});

fn mount(content: [u8; 2 * SLOT]) {
    let mut store = TestStore::new(Flash(content), 0..2 * SLOT as u32).expect("it fits");
    let mut layer = Layer::ZERO;
    match store.load(&mut layer) {
        Ok(saved) => {
            assert!(parameters::values(&layer).all(f32::is_finite));
            let start = usize::from(saved.slot) * SLOT;
            assert_eq!(content[start + 12..start + 16], saved.save.to_le_bytes());
            // What is too small for a weight is loaded as zero.
            let stored = content[start + 16..].chunks_exact(4).map(|bits| f32::from_le_bytes(bits.try_into().unwrap()));
            for (index, (stored, loaded)) in stored.zip(parameters::values(&layer)).enumerate() {
                assert!(stored == loaded || loaded == 0.0 && stored.abs() < 1e-15, "parameter {index}");
            }
        }
        Err(error) => {
            assert_eq!(error, StoreError::NothingSaved);
            assert_eq!(layer, Layer::ZERO);
        }
    }
    let new = Layer::new([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], [7.0, 8.0]);
    let before = store.newest();
    let saved = store.save(&new).expect("the flash works");
    assert_eq!(saved.save, before.map_or(1, |before| before.save.wrapping_add(1)));
    assert_eq!(store.load(&mut layer), Ok(saved));
    assert_eq!(layer, new);
    store.erase().expect("the flash works");
    assert_eq!(store.newest(), None);
}

/// Gives a record the magic numbers and the checksum that its other bytes ask for.
fn seal(record: &mut [u8]) {
    let (body, commit) = record.split_at_mut(SLOT - 16);
    body[..4].copy_from_slice(b"DENS");
    let mut checksum = Checksum::default();
    checksum.update(body);
    let checksum = checksum.finish();
    commit[..4].copy_from_slice(b"DONE");
    commit[4..8].copy_from_slice(&body[12..16]);
    commit[8..12].copy_from_slice(&checksum.to_le_bytes());
    commit[12..].copy_from_slice(&(!checksum).to_le_bytes());
}

#[derive(Debug)]
struct Flash([u8; 2 * SLOT]);

impl Flash {
    fn range(&mut self, from: u32, to: u32) -> Result<&mut [u8], NorFlashErrorKind> {
        self.0.get_mut(from as usize..to as usize).ok_or(NorFlashErrorKind::OutOfBounds)
    }
}

impl ErrorType for Flash {
    type Error = NorFlashErrorKind;
}

impl ReadNorFlash for Flash {
    const READ_SIZE: usize = 1;

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), NorFlashErrorKind> {
        let end = offset + bytes.len() as u32;
        bytes.copy_from_slice(self.range(offset, end)?);
        Ok(())
    }

    fn capacity(&self) -> usize {
        2 * SLOT
    }
}

impl NorFlash for Flash {
    const WRITE_SIZE: usize = 1;
    const ERASE_SIZE: usize = SLOT;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), NorFlashErrorKind> {
        self.range(from, to)?.fill(0xff);
        Ok(())
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), NorFlashErrorKind> {
        let end = offset + bytes.len() as u32;
        self.range(offset, end)?.copy_from_slice(bytes);
        Ok(())
    }
}
