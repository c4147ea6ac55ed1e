//! Ctrl-C: the first one asks a fit to stop, the second one ends the program.

use std::process;
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

/// How a program ends that a user has interrupted, as shells say it: 128 and the number of the signal.
pub const EXIT_CODE: u8 = 130;

/// Whether the next Ctrl-C is only a request.
static PATIENT: AtomicBool = AtomicBool::new(false);
static ASKED: AtomicBool = AtomicBool::new(false);
static HANDLER: Once = Once::new();

/// While this lives, the first Ctrl-C is a request; before, after and from the second one on it ends the program.
#[derive(Debug)]
pub struct Patience(());

impl Patience {
    /// Begins to be patient. On a system that does not let it, Ctrl-C ends the program as ever.
    #[must_use]
    pub fn begin() -> Self {
        HANDLER.call_once(|| {
            let _ = ctrlc::set_handler(|| {
                if PATIENT.swap(false, Ordering::Relaxed) {
                    ASKED.store(true, Ordering::Relaxed);
                } else {
                    process::exit(EXIT_CODE.into());
                }
            });
        });
        ASKED.store(false, Ordering::Relaxed);
        PATIENT.store(true, Ordering::Relaxed);
        Self(())
    }

    /// Whether there was a request.
    #[must_use]
    pub fn is_over(&self) -> bool {
        ASKED.load(Ordering::Relaxed)
    }
}

impl Drop for Patience {
    fn drop(&mut self) {
        PATIENT.store(false, Ordering::Relaxed);
    }
}
