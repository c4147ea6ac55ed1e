//! Messages of any content.

use serde::ser::{Serialize, SerializeTuple, Serializer};

/// A message of these bytes.
pub struct Raw<'a>(pub &'a [u8]);

impl Serialize for Raw<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut message = serializer.serialize_tuple(self.0.len())?;
        self.0.iter().try_for_each(|byte| message.serialize_element(byte))?;
        message.end()
    }
}
