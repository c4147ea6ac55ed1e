//! Shared code of the golden tests: vectors, tolerances, comparison, and a float64 reference.

pub mod comparison;
pub mod reference;
pub mod tolerances;
pub mod vectors;

use dense_core::kernels::Element;
use dense_core::optimizers::Optimizer;
use dense_core::{Batch, Dense, Gradients, Kernel};

/// Gradients of the mean loss with respect to the parameters of a layer, by one kernel.
///
/// # Errors
/// Those of dense-core.
pub fn gradients<T: Element, const IN: usize, const OUT: usize>(
    kernel: Kernel,
    batch: Batch<'_, T, IN>,
    deltas: &[[f32; OUT]],
) -> Result<Dense<IN, OUT>> {
    let (mut layer, mut gradients) = (Dense::ZERO, Dense::ZERO);
    Gradients.update(kernel, &mut layer, batch, deltas, &mut gradients)?;
    Ok(gradients)
}

/// The result of a test: any error fails it, with its message.
pub type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// The README's example has to compile.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
pub struct Readme;
