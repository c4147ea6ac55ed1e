//! The check of message authentication codes, on a device with a key.

use dense_protocol::authentication::Key;
use dense_protocol::messages::{Authentication, MacFault, Refusal, Request, TAG};

/// Accepts each authentic request once.
pub(crate) struct Authenticator {
    key: Key,
    /// The number of this start.
    boot: u32,
    /// Counter of the last request that was accepted.
    counter: u32,
    /// Authentication data of the last hello, in bytes: boot, counter and tag.
    description: [u8; 8 + TAG],
}

impl Authenticator {
    pub(crate) const fn new(key: Key, boot: u32) -> Self {
        Self { key, boot, counter: 0, description: [0; 8 + TAG] }
    }

    /// Accepts a request, whose message this is.
    ///
    /// # Errors
    /// [`Refusal::Mac`].
    #[inline(never)]
    pub(crate) fn accept(&mut self, request: &Request<'_>, message: &[u8]) -> Result<(), Refusal> {
        if request.mac.is_empty() {
            return Err(Refusal::Mac(MacFault::Missing));
        }
        match self.key.verified_counter(self.boot, request, message) {
            None => Err(Refusal::Mac(MacFault::Tag)),
            Some(counter) if counter <= self.counter => Err(Refusal::Mac(MacFault::Counter { last: self.counter })),
            Some(counter) => {
                self.counter = counter;
                Ok(())
            }
        }
    }

    /// Authentication data for the hello of a session, in bytes: boot, counter and tag.
    pub(crate) fn describe(&mut self, session: u32) -> &[u8] {
        let &mut Self { ref key, boot, counter, .. } = self;
        self.description = Authentication { boot, counter, tag: key.tag_of_hello(session, boot, counter) }.to_bytes();
        &self.description
    }
}
