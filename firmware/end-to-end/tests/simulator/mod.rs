//! The firmware on this machine: its session and its store over a flash in memory, on one end of a stream of bytes.

// Every test file is a program of its own and uses its share of this.
#![allow(dead_code)]

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;
use std::time::Duration;

use dense_core::Layers;
use dense_device::boots::next_boot;
use dense_device::{Device, Machine, Session, session};
use dense_protocol::authentication::Key;
use dense_protocol::messages::{ClockSource, Step};
use embedded_storage::nor_flash::{
    ErrorType, NorFlash, NorFlashErrorKind, ReadNorFlash, check_erase, check_read, check_write,
};
use formats::{Activation, DataOptions, Input, Layer, Loss, PixelInput, Provenance, safetensors};
use host_trainer::data::{self, Dataset, Samples};
use host_trainer::device::{Address, Reference, RetryPolicy};
use tempfile::TempDir;

/// For a device that never loses anything, on a machine that may have other work.
pub(crate) const PATIENT: RetryPolicy = RetryPolicy { timeout: Duration::from_secs(20), tries: 2 };

const SECTOR: usize = 32 * 1024;

/// A path in the workspace.
pub(crate) fn workspace(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}

/// Fashion-MNIST.
pub(crate) fn dataset() -> Dataset {
    let options = DataOptions { path: workspace("data/fashion-mnist"), ..DataOptions::default() };
    data::load(&options).unwrap().dataset
}

/// A step with this learning rate.
pub(crate) const fn step(learning_rate: f32) -> Step {
    Step { learning_rate, first_trained: 0 }
}

/// Sample `index` alone.
pub(crate) fn one(samples: &Samples, index: usize) -> Samples {
    samples.select(&[index])
}

/// The model of the firmware, as the host keeps it.
pub(crate) fn model() -> formats::Model {
    let values: Vec<f32> = weights::MODEL.parameters().collect();
    let (weights, bias) = values.split_at(784 * 10);
    let table = weights::PIXEL_TABLE.map(|table| Box::new(table.clone()));
    formats::Model {
        layers: vec![Layer {
            inputs: 784,
            weights: weights.to_vec(),
            bias: bias.to_vec(),
            activation: Activation::Linear,
        }],
        loss: if std::any::type_name::<weights::Network>().contains("GeneralizedCrossEntropy") {
            Loss::GeneralizedCrossentropy
        } else {
            Loss::SparseCategoricalCrossentropy
        },
        input: Input::Pixels(PixelInput { height: 28, width: 28, table, standardized: false }),
        output: dataset().output,
        quantized: None,
        test: Default::default(),
        provenance: Provenance::Imported { file: "weights.rs".into(), format: "Rust".into() },
    }
}

/// The firmware's network on the host.
pub(crate) fn reference() -> Reference {
    Reference::new(&model(), dense_core::Kernel::PORTABLE).unwrap()
}

/// A flash that several lives of a device share.
#[derive(Clone, Debug)]
pub(crate) struct Flash(Arc<Mutex<Vec<u8>>>);

impl Flash {
    /// Erased, with room for two saves.
    pub(crate) fn new() -> Self {
        Self(Arc::new(Mutex::new(vec![0xff; 2 * SECTOR])))
    }

    fn bytes(&self) -> MutexGuard<'_, Vec<u8>> {
        self.0.lock().unwrap()
    }
}

impl ErrorType for Flash {
    type Error = NorFlashErrorKind;
}

impl ReadNorFlash for Flash {
    const READ_SIZE: usize = 1;

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), NorFlashErrorKind> {
        check_read(self, offset, bytes.len())?;
        bytes.copy_from_slice(&self.bytes()[offset as usize..][..bytes.len()]);
        Ok(())
    }

    fn capacity(&self) -> usize {
        2 * SECTOR
    }
}

impl NorFlash for Flash {
    const WRITE_SIZE: usize = 4;
    const ERASE_SIZE: usize = SECTOR;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), NorFlashErrorKind> {
        check_erase(self, from, to)?;
        self.bytes()[from as usize..to as usize].fill(0xff);
        Ok(())
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), NorFlashErrorKind> {
        check_write(self, offset, bytes.len())?;
        let mut flash = self.bytes();
        let place = &mut flash[offset as usize..][..bytes.len()];
        if place.iter().any(|&byte| byte != 0xff) {
            return Err(NorFlashErrorKind::Other);
        }
        place.copy_from_slice(bytes);
        Ok(())
    }
}

/// One life of a device, from its start to its power cut: serves the streams that `next` gives, as long as it gives
/// any. With a key, it needs the number of the start as well.
pub(crate) fn live<S: Read + Write>(flash: &Flash, key: Option<(Key, u32)>, mut next: impl FnMut() -> Option<S>) {
    let machine = Machine {
        board: "simulator",
        clock_hz: 168_000_000,
        clock_source: ClockSource::Host,
        static_bytes: 40_000,
        cycles: || 0,
        feed_watchdog: || (),
    };
    const REQUEST: usize = session::request_bytes(weights::samples::INPUT_BYTES, weights::OUTPUTS);
    const ANSWER: usize = session::answer_bytes(weights::OUTPUTS);
    let mut memory = Box::new(weights::Memory::NEW);
    let device = Device::new(weights::new(&mut memory), flash.clone(), 0..2 * SECTOR as u32, machine).unwrap();
    let device = device.with_names(weights::names_checksum());
    let mut session = Session::<_, _, REQUEST, ANSWER>::new(device);
    if let Some((key, boot)) = key {
        session.set_key(key, boot);
    }
    while let Some(mut stream) = next() {
        let mut bytes = [0; 256];
        while let Ok(received @ 1..) = stream.read(&mut bytes) {
            for &byte in &bytes[..received] {
                // What the host does not want to hear is lost, as on a real line.
                if let Some(answer) = session.receive(byte) {
                    let _ = stream.write_all(answer);
                }
            }
        }
    }
}

/// A device behind a TCP port. Whoever connects after the file of [`restart_command`](Self::restart_command) was made
/// finds it restarted.
pub(crate) struct Simulator {
    address: String,
    folder: TempDir,
}

impl Simulator {
    /// Starts with an erased flash. It runs until the test ends.
    pub(crate) fn start() -> Self {
        Self::start_with(None)
    }

    /// The same with a key.
    pub(crate) fn start_with_key(key: Key) -> Self {
        Self::start_with(Some(key))
    }

    fn start_with(key: Option<Key>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let simulator = Self { address, folder: tempfile::tempdir().unwrap() };
        fs::write(simulator.model_file(), safetensors::to_safetensors(&model()).unwrap()).unwrap();
        let restart = simulator.restart_file();
        thread::spawn(move || {
            let (flash, mut boots) = (Flash::new(), Flash::new());
            let mut waiting: Option<TcpStream> = None;
            loop {
                let boot = next_boot(&mut boots, 0..2 * SECTOR as u32).unwrap();
                live(&flash, key.clone().map(|key| (key, boot)), || {
                    if let Some(stream) = waiting.take() {
                        return Some(stream);
                    }
                    let (stream, _) = listener.accept().unwrap();
                    stream.set_nodelay(true).unwrap();
                    if fs::remove_file(&restart).is_ok() {
                        waiting = Some(stream);
                        return None;
                    }
                    Some(stream)
                });
            }
        });
        simulator
    }

    /// The file of its model.
    pub(crate) fn model_file(&self) -> PathBuf {
        self.folder.path().join("model.safetensors")
    }

    /// Where it is.
    pub(crate) fn address(&self) -> Address {
        Address::Tcp(self.address.clone())
    }

    /// A connection to it.
    pub(crate) fn connect(&self) -> TcpStream {
        TcpStream::connect(&self.address).unwrap()
    }

    /// Makes the next connection find it restarted.
    pub(crate) fn restart(&self) {
        fs::write(self.restart_file(), "").unwrap();
    }

    /// A shell command that does the same.
    pub(crate) fn restart_command(&self) -> String {
        format!("touch '{}'", self.restart_file().display())
    }

    fn restart_file(&self) -> PathBuf {
        self.folder.path().join("restart")
    }
}
