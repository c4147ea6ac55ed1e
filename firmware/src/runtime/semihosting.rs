//! The host behind a debugger's breakpoint: its console, its exit code and its files, as QEMU offers them.
//!
//! Nothing here does anything before [`connect`] found a host.

use core::sync::atomic::{AtomicBool, Ordering};
use cortex_m::peripheral::DCB;
use cortex_m_semihosting::{debug, hio, syscall, syscall1};

static CONNECTED: AtomicBool = AtomicBool::new(false);

/// What a call returns that failed, and what [`faults`](super::faults) returns where nobody answers.
const FAILED: usize = usize::MAX;

/// Asks whether a host answers, and remembers it.
///
/// A probe is not asked: it would halt at a call that it does not know, and the board has all that the host would be
/// asked for.
pub fn connect() -> bool {
    // SAFETY: SYS_TIME takes no argument and changes nothing.
    #[allow(unsafe_code)]
    let answers = !DCB::is_debugger_attached() && unsafe { syscall1!(TIME, 0) } != FAILED;
    CONNECTED.store(answers, Ordering::Relaxed);
    answers
}

/// Whether there is a host.
#[must_use]
pub fn is_connected() -> bool {
    CONNECTED.load(Ordering::Relaxed)
}

/// Writes a line to the host's console.
pub fn print(line: core::fmt::Arguments<'_>) {
    if !is_connected() {
        return;
    }
    if let Ok(mut console) = hio::hstdout() {
        // Nobody is left to hear that the console is gone.
        let _ = core::fmt::Write::write_fmt(&mut console, format_args!("{line}\n"));
    }
}

/// Ends the simulation with exit code 0 or 1; returns where there is none.
pub fn exit(success: bool) {
    if is_connected() {
        debug::exit(if success { debug::EXIT_SUCCESS } else { debug::EXIT_FAILURE });
    }
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
    /// `w+b`: a new file, to read and write.
    Create = 7,
}

#[allow(unsafe_code)]
impl File {
    /// Opens the file of that name in the host's current directory.
    ///
    /// # Errors
    /// [`HostError`] where the host cannot, or there is none.
    pub fn open(name: &core::ffi::CStr, mode: Mode) -> Result<Self, HostError> {
        if !is_connected() {
            return Err(HostError);
        }
        // SAFETY: the host reads the name, as many bytes as it is told.
        match unsafe { syscall!(OPEN, name.as_ptr(), mode, name.count_bytes()) } {
            FAILED => Err(HostError),
            handle => Ok(Self { handle }),
        }
    }

    /// How many bytes are in it.
    ///
    /// # Errors
    /// [`HostError`] where the host does not say.
    pub fn size(&self) -> Result<usize, HostError> {
        // SAFETY: the host takes a handle and touches no memory.
        match unsafe { syscall!(FLEN, self.handle) } {
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
        let missing = unsafe { syscall!(READ, self.handle, bytes.as_mut_ptr(), bytes.len()) };
        if missing == 0 { Ok(()) } else { Err(HostError) }
    }

    /// Writes all of `bytes`.
    ///
    /// # Errors
    /// [`HostError`] where not all of them were written.
    pub fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), HostError> {
        self.seek(offset)?;
        // SAFETY: the host reads `bytes`, no more than its length.
        let missing = unsafe { syscall!(WRITE, self.handle, bytes.as_ptr(), bytes.len()) };
        if missing == 0 { Ok(()) } else { Err(HostError) }
    }

    fn seek(&mut self, offset: u32) -> Result<(), HostError> {
        // SAFETY: the host takes two numbers and touches no memory.
        let result = unsafe { syscall!(SEEK, self.handle, offset) };
        if result == 0 { Ok(()) } else { Err(HostError) }
    }
}
