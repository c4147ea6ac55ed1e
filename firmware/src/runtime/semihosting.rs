//! The host behind a debugger's breakpoint: its console, its exit code and its files, as QEMU offers them.
//!
//! Nothing here does anything before [`connect`] found a host.
//!
//! Source: Arm, *Semihosting for AArch32 and AArch64*, and RISC-V International, *RISC-V Semihosting*, which has the same
//! operations.
#![allow(unsafe_code)]

use super::{ask_host, is_debugger_attached};
use core::fmt::{self, Write};
use core::sync::atomic::{AtomicUsize, Ordering};

/// Return value of a failed call: -1, also where no host answers.
const FAILED: usize = usize::MAX;

const SYS_OPEN: usize = 0x01;
const SYS_WRITE: usize = 0x05;
const SYS_READ: usize = 0x06;
const SYS_READC: usize = 0x07;
const SYS_SEEK: usize = 0x0a;
const SYS_FLEN: usize = 0x0c;
const SYS_EXIT: usize = 0x18;

/// The program ended as it should, and it did not: exit codes 0 and 1.
const APPLICATION_EXIT: usize = 0x20026;
const RUN_TIME_ERROR: usize = 0x20023;

/// The handle of the host's console, or [`FAILED`].
static CONSOLE: AtomicUsize = AtomicUsize::new(FAILED);

/// Asks whether a host answers, and opens its console.
///
/// A probe is not asked: it would halt at a call that it does not know, and the board has all that the host would be
/// asked for.
pub(super) fn connect() -> bool {
    if !is_debugger_attached()
        && let Ok(console) = open(c":tt", Mode::Write)
    {
        CONSOLE.store(console, Ordering::Relaxed);
    }
    is_connected()
}

/// Whether there is a host.
#[must_use]
pub fn is_connected() -> bool {
    CONSOLE.load(Ordering::Relaxed) != FAILED
}

/// Writes a line to the host's console.
pub fn print(line: fmt::Arguments<'_>) {
    if is_connected() {
        // Nobody is left to hear that the console is gone.
        let _ = Console.write_fmt(format_args!("{line}\n"));
    }
}

/// Writes bytes to the host's console.
///
/// # Errors
/// [`HostError`] where not all of them were written, or there is no host.
pub fn write_bytes(bytes: &[u8]) -> Result<(), HostError> {
    if is_connected() { write(CONSOLE.load(Ordering::Relaxed), bytes) } else { Err(HostError) }
}

/// Waits for a byte from the host's console; without a host it is 0xFF.
pub fn read_byte() -> u8 {
    // SAFETY: it takes nothing.
    (unsafe { ask_host(SYS_READC, 0) }) as u8
}

struct Console;

impl Write for Console {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        write_bytes(text.as_bytes()).map_err(|HostError| fmt::Error)
    }
}

/// Ends the simulation with exit code 0 or 1; returns where there is none.
pub fn exit(success: bool) {
    if is_connected() {
        // SAFETY: it takes a number.
        unsafe { ask_host(SYS_EXIT, if success { APPLICATION_EXIT } else { RUN_TIME_ERROR }) };
    }
}

fn open(name: &core::ffi::CStr, mode: Mode) -> Result<usize, HostError> {
    // SAFETY: the host reads the name, as many bytes as it is told.
    match unsafe { ask(SYS_OPEN, &[name.as_ptr().expose_provenance(), mode as usize, name.count_bytes()]) } {
        FAILED => Err(HostError),
        handle => Ok(handle),
    }
}

fn write(handle: usize, bytes: &[u8]) -> Result<(), HostError> {
    // SAFETY: the host reads `bytes`, no more than its length.
    let missing = unsafe { ask(SYS_WRITE, &[handle, bytes.as_ptr().expose_provenance(), bytes.len()]) };
    if missing == 0 { Ok(()) } else { Err(HostError) }
}

/// Asks for an operation that takes a block of numbers.
///
/// # Safety
/// They must be as many as the operation takes, and what it takes.
unsafe fn ask(operation: usize, arguments: &[usize]) -> usize {
    // SAFETY: the caller's promise.
    unsafe { ask_host(operation, arguments.as_ptr().expose_provenance()) }
}

/// A file on the host. It stays open until the simulation ends.
#[derive(Debug)]
pub struct File {
    handle: usize,
}

/// The host did not do it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HostError;

/// How to open a file, as the C library has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// `r+b`: a file that is there, to read and write.
    Existing = 3,
    /// `w`: to write; the console is opened so.
    Write = 4,
    /// `w+b`: a new file, to read and write.
    Create = 7,
}

impl File {
    /// Opens the file of that name in the host's current directory.
    ///
    /// # Errors
    /// [`HostError`] where the host cannot, or there is none.
    pub fn open(name: &core::ffi::CStr, mode: Mode) -> Result<Self, HostError> {
        if is_connected() { Ok(Self { handle: open(name, mode)? }) } else { Err(HostError) }
    }

    /// How many bytes are in it.
    ///
    /// # Errors
    /// [`HostError`] where the host does not say.
    pub fn size(&self) -> Result<usize, HostError> {
        // SAFETY: the host takes a handle and touches no memory.
        match unsafe { ask(SYS_FLEN, &[self.handle]) } {
            FAILED => Err(HostError),
            length => Ok(length),
        }
    }

    /// Reads as many bytes as `bytes` has.
    ///
    /// # Errors
    /// [`HostError`] where there are not so many.
    pub fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), HostError> {
        self.seek(offset)?;
        // SAFETY: the host writes into `bytes`, no more than its length.
        let missing = unsafe { ask(SYS_READ, &[self.handle, bytes.as_mut_ptr().expose_provenance(), bytes.len()]) };
        if missing == 0 { Ok(()) } else { Err(HostError) }
    }

    /// Writes all of `bytes`.
    ///
    /// # Errors
    /// [`HostError`] where not all of them were written.
    pub fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), HostError> {
        self.seek(offset)?;
        write(self.handle, bytes)
    }

    fn seek(&mut self, offset: u32) -> Result<(), HostError> {
        // SAFETY: the host takes two numbers and touches no memory.
        let result = unsafe { ask(SYS_SEEK, &[self.handle, offset as usize]) };
        if result == 0 { Ok(()) } else { Err(HostError) }
    }
}
