//! Targets of samples, in bytes.

/// Format of the targets in a set of samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TargetFormat {
    /// A class, in a byte.
    Class,
    /// As many numbers, as little-endian f32.
    Numbers(usize),
}

impl TargetFormat {
    /// The bytes of a target.
    #[must_use]
    pub const fn bytes(self) -> usize {
        match self {
            Self::Class => 1,
            Self::Numbers(count) => count * size_of::<f32>(),
        }
    }
}

/// A target: a class, or a number for each output.
pub trait Target {
    /// Its format: a class, or so many numbers.
    fn format(&self) -> TargetFormat;

    /// Its bytes.
    fn to_bytes(&self) -> impl Iterator<Item = u8>;

    /// Takes its bytes from the front of `bytes`; what is missing stays as it is.
    fn set(&mut self, bytes: &mut impl Iterator<Item = u8>);
}

impl Target for u8 {
    fn format(&self) -> TargetFormat {
        TargetFormat::Class
    }

    fn to_bytes(&self) -> impl Iterator<Item = u8> {
        core::iter::once(*self)
    }

    fn set(&mut self, bytes: &mut impl Iterator<Item = u8>) {
        if let Some(byte) = bytes.next() {
            *self = byte;
        }
    }
}

impl Target for [f32] {
    fn format(&self) -> TargetFormat {
        TargetFormat::Numbers(self.len())
    }

    fn to_bytes(&self) -> impl Iterator<Item = u8> {
        self.iter().flat_map(|number| number.to_le_bytes())
    }

    fn set(&mut self, bytes: &mut impl Iterator<Item = u8>) {
        for number in self {
            let mut own = number.to_le_bytes();
            own.iter_mut().zip(&mut *bytes).for_each(|(own, byte)| *own = byte);
            *number = f32::from_le_bytes(own);
        }
    }
}

impl<const OUT: usize> Target for [f32; OUT] {
    fn format(&self) -> TargetFormat {
        self.as_slice().format()
    }

    fn to_bytes(&self) -> impl Iterator<Item = u8> {
        self.as_slice().to_bytes()
    }

    fn set(&mut self, bytes: &mut impl Iterator<Item = u8>) {
        self.as_mut_slice().set(bytes);
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;
    use std::vec::Vec;

    #[test]
    fn bytes_make_the_same_target() {
        let bytes: Vec<u8> = 200_u8.to_bytes().collect();
        assert_eq!((bytes.len(), TargetFormat::Class.bytes()), (1, 1));
        let mut class = 0_u8;
        class.set(&mut bytes.into_iter());
        assert_eq!(class, 200);

        let numbers = [1.5, -0.0, f32::MIN_POSITIVE];
        let bytes: Vec<u8> = numbers.to_bytes().collect();
        assert_eq!(bytes.len(), numbers.format().bytes());
        let (mut read, mut bytes) = ([0.0; 3], bytes.into_iter().chain([9]));
        read.set(&mut bytes);
        assert_eq!(read.map(f32::to_bits), numbers.map(f32::to_bits));
        assert_eq!(bytes.next(), Some(9), "it took one byte too many");
    }
}
