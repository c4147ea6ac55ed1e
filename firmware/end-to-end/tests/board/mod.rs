//! A board in QEMU.

// Every test file is a program of its own and uses its share of this.
#![allow(dead_code)]

use std::fs::{self, File};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use dense_protocol::authentication::Key;
use host_trainer::device::{Address, Device, RetryPolicy};
use tempfile::TempDir;

use crate::simulator::workspace;

const MACHINE: &str = "netduinoplus2";
/// The file for what it prints.
const PRINTED: &str = "printed.txt";
/// The first start also builds the firmware.
const START: Duration = Duration::from_secs(900);
// What is sent before the board has started is lost, so asking often is what finds it early.
const POLICY: RetryPolicy = RetryPolicy { timeout: Duration::from_millis(500), tries: 40 };

/// A simulated board, its serial port behind TCP, and its flash in a folder that outlives its power cuts.
pub(crate) struct Board {
    process: Child,
    address: Address,
    port: u16,
    folder: TempDir,
    program: Program,
}

/// Build settings of the firmware; its own value where one is `None`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Build {
    pub(crate) weights: Option<PathBuf>,
    /// Samples to practise on.
    pub(crate) factory_set: Option<PathBuf>,
    /// The file of its key, and the key.
    pub(crate) key: Option<(PathBuf, Key)>,
    /// Momentum of its gradient descent.
    pub(crate) momentum: Option<f32>,
    /// Its program; `serve` where there is none.
    pub(crate) binary: Option<&'static str>,
}

/// Program of the board: the firmware, or any ELF file.
enum Program {
    /// The firmware.
    Firmware(Build),
    /// Another one.
    Elf(PathBuf),
}

impl Board {
    /// Builds the firmware, and boots it.
    pub(crate) fn start(build: Build) -> (Self, Device) {
        Self::start_program(Program::Firmware(build))
    }

    /// Boots another program than the firmware.
    pub(crate) fn start_elf(elf: &Path) -> (Self, Device) {
        Self::start_program(Program::Elf(elf.to_owned()))
    }

    fn start_program(program: Program) -> (Self, Device) {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let folder = tempfile::tempdir().unwrap();
        let process = Self::boot(port, folder.path(), &program);
        let address = Address::Tcp(format!("127.0.0.1:{port}"));
        let mut board = Self { process, address, port, folder, program };
        let device = board.connect();
        (board, device)
    }

    fn boot(port: u16, flash: &Path, program: &Program) -> Child {
        let mut command = match program {
            Program::Firmware(Build { weights, factory_set, key, momentum, binary }) => {
                // The script hands its process over to QEMU, so that killing the one is killing the other.
                let mut command = Command::new(workspace("firmware/qemu"));
                command.args([MACHINE, binary.unwrap_or("serve")]).env("FLASH_DIR", flash);
                command.envs(weights.as_ref().map(|path| ("WEIGHTS", path)));
                command.envs(factory_set.as_ref().map(|path| ("FACTORY_SET", path)));
                command.envs(key.as_ref().map(|(path, _)| ("DEVICE_KEY", path)));
                command.envs(momentum.map(|momentum| ("MOMENTUM", momentum.to_string())));
                command
            }
            Program::Elf(elf) => {
                let mut command = Command::new("qemu-system-arm");
                command.args(["-machine", MACHINE, "-nographic", "-monitor", "none", "-kernel"]).arg(elf);
                command
            }
        };
        let serial = format!("tcp:127.0.0.1:{port},server=on,wait=off");
        let printed = File::options().create(true).append(true).open(flash.join(PRINTED)).unwrap();
        command
            .args(["-serial", &serial])
            .stdin(Stdio::null())
            .stdout(printed.try_clone().unwrap())
            .stderr(printed)
            .spawn()
            .unwrap()
    }

    /// Output of the program and of QEMU so far.
    pub(crate) fn printed(&self) -> String {
        fs::read_to_string(self.folder.path().join(PRINTED)).unwrap()
    }

    /// Contents of its flash.
    pub(crate) fn flash(&self) -> Vec<u8> {
        fs::read(self.folder.path().join("flash.bin")).unwrap()
    }

    /// Where its serial port is.
    pub(crate) fn address(&self) -> String {
        self.address.to_string()
    }

    fn connect(&mut self) -> Device {
        let deadline = Instant::now() + START;
        let key = match &self.program {
            Program::Firmware(Build { key: Some((_, key)), .. }) => Some(key),
            _ => None,
        };
        loop {
            assert_eq!(self.process.try_wait().unwrap(), None, "QEMU ended: {}", self.printed());
            match Device::open_within(&self.address, POLICY, key, Duration::from_secs(1)) {
                Ok(device) => return device,
                Err(error) if Instant::now() > deadline => panic!("{error}"),
                Err(_) => {}
            }
        }
    }

    /// Ends QEMU.
    pub(crate) fn cut_power(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Turns the board off and on.
    pub(crate) fn restart(&mut self) -> Device {
        self.cut_power();
        self.process = Self::boot(self.port, self.folder.path(), &self.program);
        self.connect()
    }
}

impl Drop for Board {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
