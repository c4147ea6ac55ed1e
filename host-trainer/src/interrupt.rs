//! Ctrl-C and SIGTERM: the first one is a request to stop, the second one ends the program.

use std::process;
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

/// The exit code of a program that a user has interrupted, as shells say it: 128 and the number of SIGINT.
pub(crate) const EXIT_CODE: u8 = 130;

/// Whether the next signal is only a request.
static CAUGHT: AtomicBool = AtomicBool::new(false);
static REQUESTED: AtomicBool = AtomicBool::new(false);
static HANDLER: Once = Once::new();

/// While this lives, the first signal is a request; before, after and from the second one on it ends the program.
#[derive(Debug)]
pub(crate) struct Interrupts(());

impl Interrupts {
    /// Begins to catch signals. On a system that does not let it, they end the program as ever.
    #[must_use]
    pub(crate) fn catch() -> Self {
        HANDLER.call_once(|| {
            let _ = ctrlc::set_handler(|| {
                if CAUGHT.swap(false, Ordering::Relaxed) {
                    REQUESTED.store(true, Ordering::Relaxed);
                } else {
                    process::exit(EXIT_CODE.into());
                }
            });
        });
        REQUESTED.store(false, Ordering::Relaxed);
        CAUGHT.store(true, Ordering::Relaxed);
        Self(())
    }

    /// Whether there was a request.
    pub(crate) fn requested(&self) -> bool {
        REQUESTED.load(Ordering::Relaxed)
    }
}

impl Drop for Interrupts {
    fn drop(&mut self) {
        CAUGHT.store(false, Ordering::Relaxed);
    }
}
