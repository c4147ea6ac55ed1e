//! Memory that the user owns and a network works in: static arrays that start as zeros.

use crate::Dense;

/// Numbers that are all +0.0 at first.
pub trait Memory {
    /// All of them +0.0.
    const ZERO: Self;
}

impl Memory for () {
    const ZERO: Self = ();
}

impl<const ROWS: usize, const WIDTH: usize> Memory for [[f32; WIDTH]; ROWS] {
    const ZERO: Self = [[0.0; WIDTH]; ROWS];
}

impl<const IN: usize, const OUT: usize> Memory for Dense<IN, OUT> {
    const ZERO: Self = Self::ZEROS;
}
