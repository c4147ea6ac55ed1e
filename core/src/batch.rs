//! A batch: some samples, in some order, borrowed from wherever they lie.

use crate::Error;
use crate::kernels::{Element, Rows};

/// Samples of `IN` numbers each, to go through a layer together.
///
/// `T` is `u8` for pixels, which count as value / 255, or `f32` for values as they are. A batch is only a view; the
/// samples stay where they are and as they are. Samples of f32 should be finite: from others come logits that a loss
/// refuses.
///
/// To flatten pictures is to look at them as rows (Keras's `Flatten`), without a copy:
///
/// ```
/// # use dense_core::Batch;
/// let pictures = [[[0_u8; 28]; 28]; 2];
/// let (rows, _) = pictures.as_flattened().as_flattened().as_chunks::<784>();
/// assert_eq!(Batch::new(rows)?.len(), 2);
/// # Ok::<(), dense_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Batch<'a, T, const IN: usize> {
    rows: Rows<'a, T>,
}

impl<'a, T: Element, const IN: usize> Batch<'a, T, IN> {
    /// All of `samples`, in their order.
    ///
    /// # Errors
    /// [`Error::EmptyBatch`] without samples.
    pub const fn new(samples: &'a [[T; IN]]) -> Result<Self, Error> {
        const { assert!(IN > 0, "a sample has at least one number") };
        if samples.is_empty() {
            return Err(Error::EmptyBatch);
        }
        Ok(Self { rows: Rows::contiguous(samples.as_flattened(), IN, samples.len()) })
    }

    /// The samples whose numbers are in `order`, in that order.
    ///
    /// # Errors
    /// [`Error::EmptyBatch`] without an order, [`Error::SampleOutOfRange`] where it names a sample that is not there.
    pub fn indexed(samples: &'a [[T; IN]], order: &'a [u32]) -> Result<Self, Error> {
        const { assert!(IN > 0, "a sample has at least one number") };
        if order.is_empty() {
            return Err(Error::EmptyBatch);
        }
        check_order(order, samples.len())?;
        Ok(Self { rows: Rows::indexed(samples.as_flattened(), IN, order) })
    }

    /// Says which samples come next, so that they can be on their way from memory while this batch is computed.
    /// Changes no result.
    ///
    /// # Errors
    /// [`Error::SampleOutOfRange`] where `order` names a sample that is not there.
    pub fn followed_by(self, order: &'a [u32]) -> Result<Self, Error> {
        check_order(order, self.rows.stored())?;
        Ok(Self { rows: self.rows.followed_by(order) })
    }

    /// How many samples, at least one.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "a batch is never empty")]
    pub const fn len(&self) -> usize {
        self.rows.len()
    }

    /// Refuses samples with a NaN or an infinity in them.
    pub(crate) fn check_finite(&self) -> Result<(), Error> {
        for sample in 0..self.len() {
            let row = self.rows.row(sample);
            if !T::all_finite(row) {
                let input = row.iter().position(|number| !number.is_finite()).unwrap_or(0);
                return Err(Error::NotFinite { what: "samples", index: sample * IN + input });
            }
        }
        Ok(())
    }

    pub(crate) const fn rows(&self) -> Rows<'a, T> {
        self.rows
    }
}

impl Batch<'_, u8, 0> {
    /// So many samples of which no number is looked at: what a bias learns from.
    pub(crate) const fn without_inputs(len: usize) -> Self {
        Self { rows: Rows::repeated(&[], len) }
    }
}

fn check_order(order: &[u32], samples: usize) -> Result<(), Error> {
    match order.iter().find(|&&index| index as usize >= samples) {
        Some(&index) => Err(Error::SampleOutOfRange { index, samples }),
        None => Ok(()),
    }
}
