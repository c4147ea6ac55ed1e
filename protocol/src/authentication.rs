//! Message authentication codes, so that only who has the key of a device can change it.
//!
//! A tag is the first half of an HMAC-SHA-256 (RFC 2104, FIPS 180-4). That of a request covers the number of the device's
//! start and a counter that only rises, so a recorded request is never valid again. That of a hello covers the session,
//! which the host has chosen at random: it shows that the device has the key, and which start this is.
//!
//! Answers other than the hello have no tag, and nothing is encrypted: whoever is on the line can read the weights, and
//! change what the host is told.
//!
//! ```
//! use dense_protocol::authentication::Key;
//! use dense_protocol::messages::{Command, MAC, Request};
//!
//! let key = Key::from_hex("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f").unwrap();
//! let request = Request { sequence: 7, session: 1, command: Command::Save, mac: &[] };
//! let mut mac = [0; MAC];
//! let request = key.authenticate(request, 5, 1, &mut mac);
//! assert_eq!(request.mac.len(), MAC);
//! ```

use crate::messages::{Authentication, MAC, Request, TAG, VERSION};
use core::fmt;
use hmac::{Hmac, KeyInit, Mac as _};
use postcard::ser_flavors::Flavor;
use sha2::Sha256;

/// Bytes of a key.
pub const KEY: usize = 32;

/// A secret that a device and its host share.
#[derive(Clone, PartialEq, Eq)]
pub struct Key([u8; KEY]);

impl Key {
    /// A key of random bytes.
    #[must_use]
    pub const fn new(bytes: [u8; KEY]) -> Self {
        Self(bytes)
    }

    /// A key of 64 hexadecimal digits; `None` for anything else.
    #[must_use]
    pub const fn from_hex(text: &str) -> Option<Self> {
        let digits = text.as_bytes();
        if digits.len() != 2 * KEY {
            return None;
        }
        let (mut key, mut index) = ([0; KEY], 0);
        while index < digits.len() {
            let Some(digit) = (digits[index] as char).to_digit(16) else { return None };
            key[index / 2] = key[index / 2] << 4 | digit as u8;
            index += 1;
        }
        Some(Self(key))
    }

    /// `request` with the code for start `boot` of the device, and this counter. The code is written into `mac`.
    #[must_use]
    pub fn authenticate<'a>(
        &self,
        request: Request<'a>,
        boot: u32,
        counter: u32,
        mac: &'a mut [u8; MAC],
    ) -> Request<'a> {
        // The message up to the tag: an array has no length in front of it.
        let covered = (request.sequence, request.session, request.command, MAC as u8, counter.to_le_bytes());
        let start = Tagger(self.hmac(Kind::Request, &[&boot.to_le_bytes()]));
        // A hash takes any number of bytes, so there is always a tag.
        let tag = postcard::serialize_with_flavor(&covered, start).unwrap_or_default();
        let bytes = counter.to_le_bytes().into_iter().chain(tag);
        mac.iter_mut().zip(bytes).for_each(|(place, byte)| *place = byte);
        Request { mac, ..request }
    }

    /// The counter of a request, if its code is right for start `boot`; `message` is its message. The time that this takes
    /// does not depend on how many bytes of the tag are right.
    #[must_use]
    pub fn verified_counter(&self, boot: u32, request: &Request<'_>, message: &[u8]) -> Option<u32> {
        let mac: &[u8; MAC] = request.mac.try_into().ok()?;
        let (counter, tag) = mac.split_first_chunk()?;
        let (covered, _) = message.split_last_chunk::<TAG>()?;
        let hmac = self.hmac(Kind::Request, &[&boot.to_le_bytes(), covered]);
        hmac.verify_truncated_left(tag).is_ok().then_some(u32::from_le_bytes(*counter))
    }

    /// The tag of a hello.
    #[must_use]
    pub fn tag_of_hello(&self, session: u32, boot: u32, counter: u32) -> [u8; TAG] {
        tag(self.hmac_of_hello(session, boot, counter))
    }

    /// Whether a hello has its tag. The time that this takes does not depend on how many bytes of it are right.
    #[must_use]
    pub fn is_tag_of_hello(&self, session: u32, found: &Authentication) -> bool {
        self.hmac_of_hello(session, found.boot, found.counter).verify_truncated_left(&found.tag).is_ok()
    }

    fn hmac_of_hello(&self, session: u32, boot: u32, counter: u32) -> Hmac<Sha256> {
        self.hmac(Kind::Hello, &[&session.to_le_bytes(), &boot.to_le_bytes(), &counter.to_le_bytes()])
    }

    /// Of the version of the protocol, what the message is, and its parts.
    fn hmac(&self, kind: Kind, parts: &[&[u8]]) -> Hmac<Sha256> {
        // `KeyInit::new` takes exactly the bytes of a block; a shorter key ends in zeros (RFC 2104).
        let mut block = hmac::digest::Key::<Hmac<Sha256>>::default();
        block.iter_mut().zip(&self.0).for_each(|(byte, &own)| *byte = own);
        let mut hmac = Hmac::<Sha256>::new(&block);
        hmac.update(&[VERSION, kind as u8]);
        parts.iter().for_each(|part| hmac.update(part));
        hmac
    }
}

/// Its bytes stay secret.
impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(..)")
    }
}

/// The kind of message that a tag authenticates. The same bytes as one of the other kind have another tag.
#[derive(Clone, Copy)]
enum Kind {
    Request = 0,
    Hello = 1,
}

fn tag(hmac: Hmac<Sha256>) -> [u8; TAG] {
    let mut tag = [0; TAG];
    tag.iter_mut().zip(hmac.finalize().into_bytes()).for_each(|(byte, found)| *byte = found);
    tag
}

/// Computes the tag of what postcard serialises into it.
struct Tagger(Hmac<Sha256>);

impl Flavor for Tagger {
    type Output = [u8; TAG];

    fn try_push(&mut self, byte: u8) -> postcard::Result<()> {
        self.try_extend(&[byte])
    }

    fn try_extend(&mut self, bytes: &[u8]) -> postcard::Result<()> {
        self.0.update(bytes);
        Ok(())
    }

    fn finalize(self) -> postcard::Result<[u8; TAG]> {
        Ok(tag(self.0))
    }
}
