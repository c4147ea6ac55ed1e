//! Borrowed batches of samples.

use crate::Error;
use crate::kernels::{Element, Rows};

/// A borrowed batch `[batch][IN]` of a data set: contiguous samples, or samples gathered by index.
///
/// `T` is `u8` for pixels, which are scaled by 1/255, or `f32`. A training step refuses samples that are not finite.
///
/// Images are flattened (Keras's `Flatten`) without a copy:
///
/// ```
/// # use dense_core::Batch;
/// let images = [[[0_u8; 28]; 28]; 2];
/// let (rows, _) = images.as_flattened().as_flattened().as_chunks::<784>();
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

    /// The samples with the indices in `order`, in that order.
    ///
    /// # Errors
    /// [`Error::EmptyBatch`] for an empty order, [`Error::SampleOutOfRange`] for an index beyond the last sample.
    pub fn indexed(samples: &'a [[T; IN]], order: &'a [u32]) -> Result<Self, Error> {
        const { assert!(IN > 0, "a sample has at least one number") };
        if order.is_empty() {
            return Err(Error::EmptyBatch);
        }
        Ok(Self { rows: Rows::indexed(samples.as_flattened(), IN, order)? })
    }

    /// The same batch, with the indices of the next one, whose samples are prefetched meanwhile. Changes no result.
    ///
    /// # Errors
    /// [`Error::SampleOutOfRange`] for an index beyond the last sample.
    pub fn followed_by(self, order: &'a [u32]) -> Result<Self, Error> {
        Ok(Self { rows: self.rows.followed_by(order)? })
    }

    /// The number of samples, at least one.
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

    /// The factor from a sum over the batch of delta · input to the gradient with respect to a weight.
    pub(crate) fn weight_scale(&self) -> f32 {
        T::SCALE / self.len() as f32
    }

    /// The input of the biases: 1 for each sample.
    pub(crate) const fn ones(&self) -> Rows<'static, u8> {
        Rows::repeated(&[1], self.len())
    }

    /// The factor from a sum over the batch of deltas to the gradient with respect to a bias.
    pub(crate) fn bias_scale(&self) -> f32 {
        1.0 / self.len() as f32
    }
}
