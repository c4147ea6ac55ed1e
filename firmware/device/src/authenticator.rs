//! The check of message authentication codes, on a device with a key.

use dense_protocol::authentication::Key;
use dense_protocol::messages::{Authentication, MacFault, Refusal, Request};

/// Accepts each authentic request once.
pub(crate) struct Authenticator {
    key: Key,
    /// The number of this start.
    boot: u32,
    /// Counter of the last request that was accepted.
    counter: u32,
}

impl Authenticator {
    pub(crate) const fn new(key: Key, boot: u32) -> Self {
        Self { key, boot, counter: 0 }
    }

    /// Accepts a request, whose message this is.
    ///
    /// # Errors
    /// [`Refusal::Mac`].
    #[inline(never)]
    pub(crate) fn accept(&mut self, request: &Request<'_>, message: &[u8]) -> Result<(), Refusal> {
        let mac = request.mac.ok_or(Refusal::Mac(MacFault::Missing))?;
        if !self.key.is_request_of(self.boot, message) {
            return Err(Refusal::Mac(MacFault::Tag));
        }
        if mac.counter <= self.counter {
            return Err(Refusal::Mac(MacFault::Counter { last: self.counter }));
        }
        self.counter = mac.counter;
        Ok(())
    }

    /// What the host of a session needs.
    pub(crate) fn describe(&self, session: u32) -> Authentication {
        let &Self { ref key, boot, counter } = self;
        Authentication { boot, counter, tag: key.tag_of_hello(session, boot, counter) }
    }
}
