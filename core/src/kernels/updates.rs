//! Update rules of the optimizers.
//!
//! Each rule is written twice: for one parameter, which is the specification, and for a vector. A new one is a
//! file here, one in [`optimizers`](crate::optimizers), and a line in `dispatch/compiled.rs`.

mod adam;
mod momentum;
mod rmsprop;
mod sgd;
mod store;

use super::RuleKernels;
use super::vector::Vector;

pub use adam::AdamUpdate;
pub use momentum::MomentumUpdate;
pub use rmsprop::RmspropUpdate;
pub use sgd::SgdUpdate;
pub use store::StoreGradient;

/// An update rule over `N` arrays: the parameters, then the arrays of the optimizer's state. Sealed: the kernels are
/// compiled for the rules of this module.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no update rule over {N} arrays",
    note = "`SgdUpdate` and `StoreGradient` take one array, `MomentumUpdate` and `RmspropUpdate` two, `AdamUpdate` three: \
            the parameters, then the optimizer's state"
)]
pub trait Update<const N: usize>: RuleKernels<N> {
    /// One parameter and its state after the step. The gradient is `sum` · `scale`.
    fn scalar(&self, sum: f32, scale: f32, parameter: [f32; N]) -> [f32; N];

    /// The first part of [`scalar`](Self::scalar) for a vector of parameters: up to a square root that a division
    /// depends on. Returns the states and, in the place of the parameters, the argument `begun` of
    /// [`finish`](Self::finish).
    #[inline(always)]
    fn begin<V: Vector>(&self, sum: V, _scale: f32, mut parameters: [V; N]) -> [V; N] {
        parameters[0] = sum;
        parameters
    }

    /// The second part: the parameters. With the states, they have the bits of [`scalar`](Self::scalar).
    fn finish<V: Vector>(&self, begun: V, scale: f32, parameters: [V; N]) -> V;

    /// [`scalar`](Self::scalar) for consecutive parameters, in place. Some rules have it in assembly for a Cortex-M.
    #[cfg(fpv4)]
    fn tile(&self, sums: &[f32], scale: f32, parameters: [&mut [f32]; N]) {
        one_by_one(self, sums, scale, parameters);
    }

    /// The learning rate · `scale` of gradient descent, which has kernels of its own on a Cortex-M; `None` for other
    /// rules.
    #[cfg(fpv4)]
    fn descent_rate(&self, scale: f32) -> Option<f32> {
        let _ = scale;
        None
    }
}

/// [`Update::scalar`] for consecutive parameters, in place.
#[cfg(fpv4)]
pub(super) fn one_by_one<U: Update<N> + ?Sized, const N: usize>(
    rule: &U,
    sums: &[f32],
    scale: f32,
    mut parameters: [&mut [f32]; N],
) {
    for (index, &sum) in sums.iter().enumerate() {
        let parameter = parameters.each_ref().map(|array| array.get(index).copied().unwrap_or_default());
        let updated = rule.scalar(sum, scale, parameter);
        for (array, updated) in parameters.iter_mut().zip(updated) {
            if let Some(place) = array.get_mut(index) {
                *place = updated;
            }
        }
    }
}
