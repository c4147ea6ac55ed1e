//! A view of the samples of a batch: contiguous, gathered by index, or repeated.

use crate::Error;

/// Rows of equal width of one slice, `[len][width]`: contiguous, gathered by index, or one row repeated.
///
/// Invariant: every row lies within the slice. The constructors check it, and the fields are private.
#[derive(Clone, Copy, Debug)]
pub struct Rows<'a, T> {
    values: &'a [T],
    width: usize,
    len: usize,
    /// Elements from one row to the next without an order: the width, or 0 for a repeated row.
    stride: usize,
    order: &'a [u32],
    next: &'a [u32],
}

impl<'a, T> Rows<'a, T> {
    /// The first `len` rows of `values`, or as many as there are.
    #[must_use]
    pub const fn contiguous(values: &'a [T], width: usize, len: usize) -> Self {
        let stored = stored(values, width);
        let len = if len < stored { len } else { stored };
        Self { values, width, len, stride: width, order: &[], next: &[] }
    }

    /// The rows with the indices in `order`.
    ///
    /// # Errors
    /// [`Error::SampleOutOfRange`] for an index beyond the last row.
    pub fn indexed(values: &'a [T], width: usize, order: &'a [u32]) -> Result<Self, Error> {
        check_order(order, stored(values, width))?;
        Ok(Self { values, width, len: order.len(), stride: width, order, next: &[] })
    }

    /// One row, repeated `len` times.
    #[must_use]
    pub const fn repeated(row: &'a [T], len: usize) -> Self {
        Self { values: row, width: row.len(), len, stride: 0, order: &[], next: &[] }
    }

    /// The same rows, with the indices of the next batch, whose rows are prefetched while the gradient is computed.
    ///
    /// # Errors
    /// [`Error::SampleOutOfRange`] for an index beyond the last row.
    pub fn followed_by(self, next: &'a [u32]) -> Result<Self, Error> {
        check_order(next, self.stored())?;
        Ok(Self { next, ..self })
    }

    /// The number of rows.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The width of a row.
    #[must_use]
    pub const fn width(&self) -> usize {
        self.width
    }

    /// The number of rows of the slice.
    #[must_use]
    pub const fn stored(&self) -> usize {
        stored(self.values, self.width)
    }

    /// Row `index`; empty where there is none.
    #[inline]
    #[must_use]
    pub fn row(&self, index: usize) -> &'a [T] {
        if index >= self.len {
            return &[];
        }
        let start = self.start(index);
        self.values.get(start..start + self.width).unwrap_or(&[])
    }

    /// A pointer to row `index`, without a check: to `width` elements where the index is below the length.
    #[cfg(vector)]
    #[inline]
    pub(super) fn row_pointer(&self, index: usize) -> *const T {
        self.values.as_ptr().wrapping_add(self.start(index))
    }

    #[inline]
    fn start(&self, index: usize) -> usize {
        match self.order.get(index) {
            Some(&stored) => stored as usize * self.width,
            None => index * self.stride,
        }
    }

    /// The row to prefetch while the outputs of row `index` are computed; that row itself where none follows, or where
    /// the next batch is known, which is prefetched while there is more to do: during the gradient.
    #[inline]
    #[must_use]
    pub fn upcoming(&self, index: usize) -> &'a [T] {
        let ahead = index.saturating_add(AHEAD);
        self.row(if self.next.is_empty() && ahead < self.len { ahead } else { index })
    }

    /// The address of a row of the next batch, to be prefetched; `None` where it is not known.
    #[cfg(vector)]
    #[inline]
    pub(super) fn next_row(&self, index: usize) -> Option<*const T> {
        self.next.get(index).map(|&stored| self.values.as_ptr().wrapping_add(stored as usize * self.width))
    }
}

fn check_order(order: &[u32], samples: usize) -> Result<(), Error> {
    match order.iter().find(|&&index| index as usize >= samples) {
        Some(&index) => Err(Error::SampleOutOfRange { index, samples }),
        None => Ok(()),
    }
}

/// The prefetch distance in rows, where no next batch is known.
const AHEAD: usize = 8;

/// The number of rows of `width`; of empty rows, one.
const fn stored<T>(values: &[T], width: usize) -> usize {
    match values.len().checked_div(width) {
        Some(rows) => rows,
        None => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_index_is_too_large_to_be_asked_for() -> Result<(), Error> {
        let rows = Rows::contiguous(&[1_u8; 4], 2, 2);
        for rows in [rows, rows.followed_by(&[1, 0])?, Rows::repeated(&[1, 1], usize::MAX)] {
            assert!(rows.row(usize::MAX).is_empty() && rows.upcoming(usize::MAX).is_empty());
        }
        Ok(())
    }
}
