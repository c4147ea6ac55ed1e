//! Activation functions and their derivatives.
//!
//! | type | f(z) | f′ | Keras |
//! |---|---|---|---|
//! | [`Linear`] | z | 1 | `linear` |
//! | [`Relu`] | max(z, 0) | 1 for z > 0, else 0 | `relu` |
//! | [`LeakyRelu`] | z for z ≥ 0, else 0.3 · z | 1 or 0.3 | layer `LeakyReLU` |
//! | [`Elu`] | z for z > 0, else eᶻ − 1 | 1 or f + 1 | `elu` |
//! | [`Gelu`] | z · Φ(z) | Φ(z) + z · φ(z) | `gelu` |
//! | [`Sigmoid`] | 1 / (1 + e⁻ᶻ) | f · (1 − f) | `sigmoid` |
//! | [`Tanh`] | tanh z | 1 − f² | `tanh` |
//! | [`Softmax`] | exp zₖ / Σⱼ exp zⱼ, of a row | part of the [cross-entropies](crate::losses) | `softmax` |
//!
//! A new one is a type that implements [`Activation`].

mod elu;
mod gelu;
mod leaky_relu;
mod linear;
mod relu;
mod sigmoid;
mod softmax;
mod tanh;

pub use elu::Elu;
pub use gelu::Gelu;
pub use leaky_relu::LeakyRelu;
pub use linear::Linear;
pub use relu::Relu;
pub use sigmoid::Sigmoid;
pub use softmax::Softmax;
pub use tanh::Tanh;

use crate::Error;
use crate::kernels::{Kernel, elementwise};

/// An elementwise activation function y = f(z).
///
/// [`value`](Self::value) and [`gradient`](Self::gradient) return +0.0 or a magnitude of at least
/// [`SMALLEST_SIGNAL`](crate::math::SMALLEST_SIGNAL). Mark both `#[inline(always)]`, so that they become part of a
/// kernel's vectorised loop. Derive `Clone`, `Debug` and `PartialEq` for a type of
/// your own: a network has them where its activations and its loss do.
///
/// ```
/// use dense_core::activations::{Activation, Relu};
///
/// let mut values = [-1.0, 2.0];
/// Relu::forward(&mut values);
/// assert_eq!(values, [0.0, 2.0]);
///
/// let mut deltas = [0.5, 0.5];
/// Relu::backward(&values, &mut deltas)?;
/// assert_eq!(deltas, [0.0, 0.5]);
/// # Ok::<(), dense_core::Error>(())
/// ```
///
/// Softmax is none, since each of its outputs depends on the whole row. A hidden layer of it does not compile:
///
/// ```compile_fail,E0277
/// # use dense_core::{Hidden, Mse, Output, activations::Softmax};
/// type Network = Hidden<8, 4, Softmax, Output<4, 1, Mse>>;
/// static NETWORK: Network = Network::ZERO;
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no elementwise activation function",
    label = "not an activation of a hidden layer",
    note = "the types in `dense_core::activations` are, such as `Relu` and `Tanh`, but for `Softmax`, which is the output \
            activation of `SparseCategoricalCrossEntropy` and `CategoricalCrossEntropy`"
)]
pub trait Activation {
    /// The name in Keras.
    const NAME: &str;

    /// Whether [`gradient`](Self::gradient) and [`backward`](Self::backward) take the input z in place of the output y,
    /// because f′ is no function of y.
    const DERIVATIVE_FROM_INPUT: bool = false;

    /// f(z).
    fn value(z: f32) -> f32;

    /// ∂L/∂z = f′(z) · ∂L/∂y, where `y` is f(z), or z with [`DERIVATIVE_FROM_INPUT`](Self::DERIVATIVE_FROM_INPUT), and
    /// `delta` is ∂L/∂y.
    fn gradient(y: f32, delta: f32) -> f32;

    /// f in float64, for [`gradient_check`](crate::gradient_check).
    fn exact(z: f64) -> f64;

    /// Forward pass, in place: each z becomes f(z).
    fn forward(values: &mut [f32]) {
        Self::forward_with(Kernel::best(), values);
    }

    /// [`forward`](Self::forward) by a given kernel.
    fn forward_with(kernel: Kernel, values: &mut [f32]) {
        elementwise::map(kernel, values, Self::value);
    }

    /// Backward pass, in place: each ∂L/∂y becomes ∂L/∂z. `outputs` are those of [`forward`](Self::forward), or its
    /// inputs with [`DERIVATIVE_FROM_INPUT`](Self::DERIVATIVE_FROM_INPUT).
    ///
    /// # Errors
    /// [`Error::Length`] where there are not as many outputs as deltas.
    fn backward(outputs: &[f32], deltas: &mut [f32]) -> Result<(), Error> {
        Self::backward_with(Kernel::best(), outputs, deltas)
    }

    /// [`backward`](Self::backward) by a given kernel.
    ///
    /// # Errors
    /// As there.
    fn backward_with(kernel: Kernel, outputs: &[f32], deltas: &mut [f32]) -> Result<(), Error> {
        elementwise::zip(kernel, outputs, deltas, Self::gradient)
    }
}
