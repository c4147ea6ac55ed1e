//! Update rules of the optimizers.
//!
//! Each rule is written twice: in plain Rust for one parameter, which is the specification, and for 16 at once. A new one
//! is a file here and one in [`optimizers`](crate::optimizers).

mod adam;
mod momentum;
mod rmsprop;
mod sgd;
mod store;

use super::vector::F32x16;

pub use adam::AdamUpdate;
pub use momentum::MomentumUpdate;
pub use rmsprop::RmspropUpdate;
pub use sgd::SgdUpdate;
pub use store::StoreGradient;

/// A rule for parameters of which `N` numbers are kept: the value and the optimizer's state.
pub trait Update<const N: usize> {
    /// The new numbers of a parameter. Its gradient is `sum` · `scale`.
    fn scalar(&self, sum: f32, scale: f32, parameter: [f32; N]) -> [f32; N];

    /// The same of 16 parameters, with the same bits.
    fn vector<V: F32x16>(&self, sum: V, scale: f32, parameters: [V; N]) -> [V; N];

    /// The same of neighbouring parameters, by their sums: assembly of a Cortex-M takes the place of
    /// [`scalar`](Self::scalar) for some rules.
    #[cfg(fpv4)]
    fn tile(&self, sums: &[f32], scale: f32, mut parameters: [&mut [f32]; N]) {
        for (index, &sum) in sums.iter().enumerate() {
            let parameter = parameters.each_ref().map(|array| array.get(index).copied().unwrap_or_default());
            let updated = self.scalar(sum, scale, parameter);
            for (array, updated) in parameters.iter_mut().zip(updated) {
                if let Some(place) = array.get_mut(index) {
                    *place = updated;
                }
            }
        }
    }

    /// learning rate · `scale`, of gradient descent, which has kernels of its own on a Cortex-M.
    #[cfg(fpv4)]
    fn descent_rate(&self, scale: f32) -> Option<f32> {
        let _ = scale;
        None
    }
}
