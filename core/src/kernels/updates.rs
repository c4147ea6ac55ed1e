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
#[cfg(fpv4)]
use super::{Element, Rows, portable};

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

    /// [`weight_gradient_update`](super::weight_gradient_update) on an FPU of a Cortex-M, for rules that have assembly
    /// of their own there.
    #[cfg(fpv4)]
    fn weight_gradient<T: Element>(
        &self,
        rows: Rows<'_, T>,
        deltas: &[f32],
        units: usize,
        scale: f32,
        parameters: [&mut [f32]; N],
    ) where
        Self: Sized,
    {
        portable::weight_gradient_update(rows, deltas, units, scale, self, parameters);
    }
}
