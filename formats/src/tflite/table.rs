//! Reads tables of a flatbuffer, every offset checked: `flatbuffers` itself does so only for a schema in generated code.

use crate::MAX_WIDTH;

/// The most tables of a vector that are read.
const MAX_TABLES: usize = 1 << 16;
/// The most bytes of a name that are read.
const MAX_TEXT: usize = 1000;

/// A table, or its absence where an offset leads out of the file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Table<'a> {
    bytes: &'a [u8],
    position: usize,
}

impl<'a> Table<'a> {
    /// The table that the file begins with.
    pub(super) fn root(bytes: &'a [u8]) -> Option<Self> {
        Some(Self { bytes, position: u32_at(bytes, 0)? as usize })
    }

    /// Where the field with this number is; none for one that has its default.
    fn field(&self, number: usize) -> Option<usize> {
        let offset = u32_at(self.bytes, self.position)?.cast_signed();
        let vtable = i64::try_from(self.position).ok()? - i64::from(offset);
        let vtable = usize::try_from(vtable).ok()?;
        let slot = 4 + 2 * number;
        let length = u16_at(self.bytes, vtable)?;
        if slot + 2 > usize::from(length) {
            return None;
        }
        let place = u16_at(self.bytes, vtable.checked_add(slot)?)?;
        (place != 0).then(|| self.position.checked_add(usize::from(place)))?
    }

    /// Where an offset in a field leads.
    fn target(&self, number: usize) -> Option<usize> {
        let place = self.field(number)?;
        place.checked_add(u32_at(self.bytes, place)? as usize)
    }

    pub(super) fn byte(&self, number: usize) -> u8 {
        self.field(number).and_then(|place| self.bytes.get(place)).copied().unwrap_or_default()
    }

    pub(super) fn u32(&self, number: usize) -> u32 {
        self.field(number).and_then(|place| u32_at(self.bytes, place)).unwrap_or_default()
    }

    pub(super) fn f32(&self, number: usize) -> f32 {
        f32::from_bits(self.u32(number))
    }

    pub(super) fn table(&self, number: usize) -> Option<Self> {
        Some(Self { bytes: self.bytes, position: self.target(number)? })
    }

    /// A vector of numbers of `SIZE` bytes; empty where there is none, or more than any operator or dimension needs.
    pub(super) fn numbers<T, const SIZE: usize>(&self, number: usize, from: fn([u8; SIZE]) -> T) -> Vec<T> {
        let numbers = self.vector(number, SIZE).filter(|numbers| numbers.len() <= SIZE * MAX_WIDTH);
        numbers.unwrap_or_default().as_chunks().0.iter().map(|bytes| from(*bytes)).collect()
    }

    /// A vector of bytes, or a text; empty where there is none.
    pub(super) fn bytes(&self, number: usize) -> &'a [u8] {
        self.vector(number, 1).unwrap_or_default()
    }

    pub(super) fn text(&self, number: usize) -> String {
        let bytes = self.bytes(number);
        String::from_utf8_lossy(&bytes[..bytes.len().min(MAX_TEXT)]).into_owned()
    }

    /// A vector of tables; empty where there is none, or more than any model needs.
    pub(super) fn tables(&self, number: usize) -> Vec<Self> {
        let Some(start) = self.target(number).and_then(|start| start.checked_add(4)) else { return Vec::new() };
        let offsets = self.vector(number, 4).filter(|offsets| offsets.len() <= 4 * MAX_TABLES);
        let offsets = offsets.unwrap_or_default().as_chunks().0;
        let table = |(index, offset): (usize, &[u8; 4])| Self {
            bytes: self.bytes,
            position: (start + 4 * index).saturating_add(u32::from_le_bytes(*offset) as usize),
        };
        offsets.iter().enumerate().map(table).collect()
    }

    fn vector(&self, number: usize, size: usize) -> Option<&'a [u8]> {
        let start = self.target(number)?;
        let length = (u32_at(self.bytes, start)? as usize).checked_mul(size)?;
        self.bytes.get(start.checked_add(4)?..)?.get(..length)
    }
}

fn u32_at(bytes: &[u8], place: usize) -> Option<u32> {
    Some(u32::from_le_bytes(*bytes.get(place..)?.first_chunk()?))
}

fn u16_at(bytes: &[u8], place: usize) -> Option<u16> {
    Some(u16::from_le_bytes(*bytes.get(place..)?.first_chunk()?))
}
