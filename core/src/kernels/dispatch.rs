//! The table of kernels, and the safe functions that check all lengths and call one of them.
//!
//! The kernels rely on these checks: none reads or writes beyond a slice whose length has been checked here.

#[cfg(target_arch = "x86_64")]
use core::sync::atomic::{AtomicU8, Ordering};

#[cfg(all(fpv4, not(helium)))]
use super::cortex_m::fpv4;
#[cfg(helium)]
use super::cortex_m::helium;
#[cfg(target_arch = "x86_64")]
use super::cpu_features;
use super::operands::{Affine, WeightGradient};
use super::updates::Update;
#[cfg(target_arch = "aarch64")]
use super::vector::neon;
#[cfg(all(vector, target_arch = "wasm32"))]
use super::vector::simd128;
#[cfg(target_arch = "x86_64")]
use super::vector::{avx2, avx512};
use super::{Element, Rows, Score, portable};
use crate::{Error, error};

mod int8;
mod kernel_error;

pub use int8::forward_int8;
pub(crate) use int8::requantize;
pub use kernel_error::KernelError;

/// A compute kernel that this machine can run. Holding one proves that its instructions were detected.
///
/// All kernels return the same bits. Functions without a kernel argument take [`best`](Self::best).
///
/// ```
/// use dense_core::{Kernel, Layers, Mse, Output, Random, Workspace};
///
/// let mut network = Output::<3, 1, Mse>::ZERO;
/// network.glorot_uniform(&mut Random::new(1, Random::INITIAL_WEIGHTS));
/// let mut workspace = Workspace::<_, 1>::ZERO;
/// let expected = workspace.predict(&network, &[[0.5_f32, -1.0, 2.0]])?.to_vec();
/// for kernel in Kernel::available() {
///     workspace.set_kernel(kernel);
///     assert_eq!(workspace.predict(&network, &[[0.5_f32, -1.0, 2.0]])?, expected, "{}", kernel.name());
/// }
/// # Ok::<(), dense_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kernel(Version);

/// Defines from the table of kernels: the enum, its names, the detection, and `dispatch!`, which calls a function of
/// the module of a kernel.
macro_rules! kernels {
    ($dollar:tt $($version:ident $name:literal: $module:ident, if $cfg:meta, $available:expr;)+) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        enum Version { $(#[cfg($cfg)] $version,)+ }

        /// The names of all kernels, of this architecture and others.
        const NAMES: [&str; [$($name),+].len()] = [$($name),+];

        impl Version {
            /// The versions for this architecture, the slowest first.
            const ALL: &[Self] = &[$(#[cfg($cfg)] Self::$version,)+];

            fn is_available(self) -> bool {
                match self { $(#[cfg($cfg)] Self::$version => $available,)+ }
            }

            const fn name(self) -> &'static str {
                match self { $(#[cfg($cfg)] Self::$version => $name,)+ }
            }
        }

        macro_rules! dispatch {
            ($dollar kernel:ident, $dollar function:ident($dollar($dollar argument:expr),*)) => {
                match $dollar kernel.0 {$(
                    #[cfg($cfg)]
                    #[allow(unused_unsafe, reason = "some need no instructions of their own")]
                    // SAFETY: this `Kernel` was only made because the machine has the instructions.
                    Version::$version => unsafe { $module::$dollar function($dollar($dollar argument),*) },
                )+}
            };
        }
    };
}

// `dsp` has instructions for integers alone.
kernels! { $
    Portable "portable": portable, if all(), true;
    Avx2 "avx2": avx2, if target_arch = "x86_64", cpu_features::has_avx2();
    Avx512 "avx512": avx512, if target_arch = "x86_64", cpu_features::has_avx512();
    Neon "neon": neon, if target_arch = "aarch64", cfg!(target_feature = "neon");
    Simd128 "simd128": simd128, if all(vector, target_arch = "wasm32", not(target_feature = "relaxed-simd")), true;
    RelaxedSimd "relaxed_simd": simd128, if all(vector, target_arch = "wasm32", target_feature = "relaxed-simd"),
        simd128::is_fused();
    Dsp "dsp": portable, if all(dsp, not(fpv4)), true;
    Fpv4 "fpv4": fpv4, if all(fpv4, not(helium)), true;
    Helium "helium": helium, if helium, true;
}

// After the table, which defines `dispatch!`.
#[allow(unsafe_code)]
mod compiled;

pub(super) use compiled::{RuleKernels, SampleKernels};

impl Kernel {
    /// Plain Rust: the specification, on any machine.
    pub const PORTABLE: Self = Self(Version::Portable);

    /// The names of all kernels, of this architecture and others.
    pub const NAMES: [&str; NAMES.len()] = NAMES;

    /// The fastest kernel of this machine.
    #[must_use]
    #[inline]
    pub fn best() -> Self {
        #[cfg(target_arch = "x86_64")]
        {
            /// The index in the table plus one, once detected; 0 before.
            static BEST: AtomicU8 = AtomicU8::new(0);
            let known = usize::from(BEST.load(Ordering::Relaxed));
            if let Some(&version) = Version::ALL.get(known.wrapping_sub(1)) {
                return Self(version);
            }
            let best = Version::ALL.iter().rposition(|version| version.is_available()).unwrap_or(0);
            BEST.store(best as u8 + 1, Ordering::Relaxed);
        }
        Self::available().last().unwrap_or(Self::PORTABLE)
    }

    /// All kernels of this machine, the slowest first.
    pub fn available() -> impl Iterator<Item = Self> {
        Version::ALL.iter().filter(|version| version.is_available()).map(|&version| Self(version))
    }

    /// The kernel of that name.
    ///
    /// # Errors
    /// [`KernelError::Unknown`] for any other name, [`KernelError::Missing`] where this machine lacks the instructions.
    pub fn by_name(name: &str) -> Result<Self, KernelError> {
        let Some(&name) = NAMES.iter().find(|&&known| known == name) else {
            return Err(KernelError::Unknown);
        };
        Self::available().find(|kernel| kernel.name() == name).ok_or(KernelError::Missing(name))
    }

    /// The name that [`by_name`](Self::by_name) takes, such as `avx2`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.0.name()
    }
}

/// Forward pass of a dense layer, Y = (X·Wᵀ) · `scale` + b.
///
/// `rows`: X, `[batch][inputs]`; `weights`: W, `[outputs][inputs]` in the order of
/// [`weight_index`](super::weight_index); `bias`: `[outputs]`; `outputs`: Y, `[batch][outputs]`.
///
/// # Errors
/// [`Error::Length`] where the lengths do not fit together.
#[allow(unsafe_code)]
pub fn forward<T: Element>(
    kernel: Kernel,
    rows: Rows<'_, T>,
    weights: &[f32],
    bias: &[f32],
    scale: f32,
    outputs: &mut [f32],
) -> Result<(), Error> {
    check_not_zero("row width", rows.width())?;
    check_not_zero("units", bias.len())?;
    check("weights", weights.len(), product(bias.len(), rows.width()))?;
    check("logits", outputs.len(), product(rows.len(), bias.len()))?;
    // SAFETY: checked.
    unsafe { T::forward(kernel, rows, Affine { width: rows.width(), weights, bias, scale }, outputs) };
    Ok(())
}

/// Gradient with respect to the inputs of a dense layer, dX = dY·W, summed in the order of the outputs; magnitudes
/// below [`SMALLEST_SIGNAL`](crate::math::SMALLEST_SIGNAL) become +0.0.
///
/// `deltas`: dY, `[batch][units]`; `weights`: W, `[units][inputs]` in the order of
/// [`weight_index`](super::weight_index), where `units` is the number of outputs; `outputs`: dX, `[batch][inputs]`.
///
/// # Errors
/// [`Error::Length`] where the lengths do not fit together.
#[allow(unsafe_code)]
pub fn input_gradient(
    kernel: Kernel,
    deltas: &[f32],
    weights: &[f32],
    units: usize,
    outputs: &mut [f32],
) -> Result<(), Error> {
    check_not_zero("units", units)?;
    let (rows, columns) = (deltas.len() / units, weights.len() / units);
    check_not_zero("weights", columns)?;
    check("deltas", deltas.len(), product(rows, units))?;
    check("weights", weights.len(), product(columns, units))?;
    check("input deltas", outputs.len(), product(rows, columns))?;
    dispatch!(kernel, input_gradient(deltas, weights, units, outputs));
    Ok(())
}

/// Gradient with respect to the weights of a dense layer, dW = (dYᵀ·X) · `scale`, summed in the order of the batch,
/// fused with the step of `update`.
///
/// `rows`: X, `[batch][inputs]`; `deltas`: dY, `[batch][outputs]`; `parameters`: the weights and the arrays of the
/// optimizer's state, each `[outputs][inputs]` in the order of [`weight_index`](super::weight_index).
///
/// # Errors
/// [`Error::Length`] where the lengths do not fit together; nothing has changed then.
#[allow(unsafe_code)]
pub fn weight_gradient_update<T: Element, U: Update<N>, const N: usize>(
    kernel: Kernel,
    rows: Rows<'_, T>,
    deltas: &[f32],
    scale: f32,
    update: &U,
    parameters: [&mut [f32]; N],
) -> Result<(), Error> {
    check_not_zero("rows", rows.len())?;
    check_not_zero("row width", rows.width())?;
    let units = deltas.len() / rows.len();
    check_not_zero("units", units)?;
    check("deltas", deltas.len(), product(rows.len(), units))?;
    for array in &parameters {
        check("parameters", array.len(), product(rows.width(), units))?;
    }
    // SAFETY: checked.
    unsafe { T::weight_gradient_update(kernel, WeightGradient { rows, deltas, units, scale }, update, parameters) };
    Ok(())
}

/// Softmax of each row, in place. `values`: `[batch][classes]`.
///
/// # Errors
/// [`Error::Length`] where the length of `values` is no multiple of `classes`.
#[allow(unsafe_code)]
pub fn softmax(kernel: Kernel, values: &mut [f32], classes: usize) -> Result<(), Error> {
    check_not_zero("classes", classes)?;
    check("logits", values.len(), product(values.len() / classes, classes))?;
    // micromath's exp is in `portable` only.
    let kernel = if cfg!(feature = "micromath") { Kernel::PORTABLE } else { kernel };
    dispatch!(kernel, softmax(values, classes));
    Ok(())
}

/// Softmax of each row of `classes` numbers and its cross-entropy with the row's label, in place: `values` become the
/// derivatives of each row's loss.
///
/// # Errors
/// [`Error::Length`] where `values` is not label × class, [`Error::LabelOutOfRange`]; `values` are then as they were.
#[allow(unsafe_code)]
pub fn softmax_cross_entropy(
    kernel: Kernel,
    values: &mut [f32],
    classes: usize,
    labels: &[u8],
) -> Result<Score, Error> {
    error::check_labels(values.len(), classes, labels, classes)?;
    let kernel = if cfg!(feature = "micromath") { Kernel::PORTABLE } else { kernel };
    Ok(dispatch!(kernel, softmax_cross_entropy(values, classes, labels)))
}

/// [`elementwise::map`](super::elementwise::map).
#[inline]
#[allow(unsafe_code)]
pub(super) fn map(kernel: Kernel, values: &mut [f32], function: impl Fn(f32) -> f32) {
    dispatch!(kernel, map(values, function));
}

/// [`elementwise::zip`](super::elementwise::zip), which checks the lengths.
#[inline]
#[allow(unsafe_code)]
pub(super) fn zip(kernel: Kernel, others: &[f32], values: &mut [f32], function: impl Fn(f32, f32) -> f32) {
    dispatch!(kernel, zip(others, values, function));
}

/// `rows` · `length`, saturating: no slice has the length `usize::MAX`.
fn product(rows: usize, length: usize) -> usize {
    rows.saturating_mul(length)
}

pub(super) fn check(what: &'static str, found: usize, expected: usize) -> Result<(), Error> {
    if found == expected { Ok(()) } else { Err(Error::Length { what, found, expected }) }
}

fn check_not_zero(what: &'static str, found: usize) -> Result<(), Error> {
    if found == 0 { Err(Error::Length { what, found, expected: 1 }) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::updates::StoreGradient;

    #[test]
    fn lengths_beyond_any_number_fit_no_slice() {
        assert_eq!(product(3, 4), 12);
        let row = [1.0_f32];
        for kernel in Kernel::available() {
            // 2 · (usize::MAX / 2 + 1) wraps to 0, the length of an empty slice.
            let rows = Rows::repeated(&row, usize::MAX / 2 + 1);
            assert!(forward(kernel, rows, &[1.0; 2], &[0.0; 2], 1.0, &mut []).is_err());
            assert!(weight_gradient_update(kernel, rows, &[], 1.0, &StoreGradient, [&mut []]).is_err());
            assert!(softmax_cross_entropy(kernel, &mut [], usize::MAX / 2 + 1, &[0; 2]).is_err());
            assert_eq!(softmax(kernel, &mut [], usize::MAX), Ok(()));
            assert_eq!(softmax_cross_entropy(kernel, &mut [], usize::MAX, &[]), Ok(Score::default()));
        }
    }
}
