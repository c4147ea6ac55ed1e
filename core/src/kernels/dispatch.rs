//! Which version of the loops runs: the only place that knows what the processor has.
//!
//! Every function here checks the lengths, so that the versions behind it need not, and so that none of them can read
//! or write beyond a slice.

use core::fmt;

#[cfg(all(fpv4, not(helium)))]
use super::cortex_m::fpv4;
#[cfg(helium)]
use super::cortex_m::helium;
#[cfg(target_arch = "aarch64")]
use super::neon;
#[cfg(target_arch = "x86_64")]
use super::x86::{avx2, avx512};
use super::{AdamParameters, AdamStep, Element, MomentumStep, Rows, Score, portable};
use crate::Error;

/// A version of the loops that this machine can run. To have one is the proof of that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kernel(Version);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Version {
    Portable,
    #[cfg(all(dsp, not(fpv4)))]
    Dsp,
    #[cfg(all(fpv4, not(helium)))]
    Fpv4,
    #[cfg(helium)]
    Helium,
    #[cfg(target_arch = "aarch64")]
    Neon,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    #[cfg(target_arch = "x86_64")]
    Avx512,
}

/// Whether a feature is there: asked of the processor where `std` can, else of the compiler's target.
#[cfg(target_arch = "x86_64")]
macro_rules! has {
    ($($feature:tt),+) => {{
        #[cfg(feature = "std")]
        let has = $(std::is_x86_feature_detected!($feature))&&+;
        #[cfg(not(feature = "std"))]
        let has = $(cfg!(target_feature = $feature))&&+;
        has
    }};
}

// Below the macro that it uses.
mod int8;
pub use int8::forward_int8;

impl Version {
    /// The versions for this architecture, the slowest first.
    const ALL: &[Self] = &[
        Self::Portable,
        #[cfg(all(dsp, not(fpv4)))]
        Self::Dsp,
        #[cfg(all(fpv4, not(helium)))]
        Self::Fpv4,
        #[cfg(helium)]
        Self::Helium,
        #[cfg(target_arch = "aarch64")]
        Self::Neon,
        #[cfg(target_arch = "x86_64")]
        Self::Avx2,
        #[cfg(target_arch = "x86_64")]
        Self::Avx512,
    ];

    fn is_available(self) -> bool {
        match self {
            Self::Portable => true,
            #[cfg(all(dsp, not(fpv4)))]
            Self::Dsp => true,
            #[cfg(all(fpv4, not(helium)))]
            Self::Fpv4 => true,
            #[cfg(helium)]
            Self::Helium => true,
            #[cfg(target_arch = "aarch64")]
            Self::Neon => cfg!(target_feature = "neon"),
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => has!("avx2", "fma"),
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => has!("avx512f", "avx512bw", "avx512dq", "avx512vl", "avx2", "fma"),
        }
    }
}

impl Kernel {
    /// Plain Rust: the specification, on any machine.
    pub const PORTABLE: Self = Self(Version::Portable);

    /// Every name that [`by_name`](Self::by_name) knows, on this architecture or another.
    pub const NAMES: [&str; 7] = ["portable", "avx2", "avx512", "neon", "dsp", "fpv4", "helium"];

    /// The fastest that this machine has.
    #[must_use]
    pub fn best() -> Self {
        Self::available().last().unwrap_or(Self::PORTABLE)
    }

    /// All that this machine has, the slowest first.
    pub fn available() -> impl Iterator<Item = Self> {
        Version::ALL.iter().filter(|version| version.is_available()).map(|&version| Self(version))
    }

    /// The one of that name.
    ///
    /// # Errors
    /// [`KernelError`] where there is none of that name, or this machine lacks it.
    pub fn by_name(name: &str) -> Result<Self, KernelError> {
        let Some(&name) = Self::NAMES.iter().find(|&&known| known == name) else {
            return Err(KernelError::Unknown);
        };
        Self::available().find(|kernel| kernel.name() == name).ok_or(KernelError::Missing(name))
    }

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self.0 {
            Version::Portable => "portable",
            #[cfg(all(dsp, not(fpv4)))]
            Version::Dsp => "dsp",
            #[cfg(all(fpv4, not(helium)))]
            Version::Fpv4 => "fpv4",
            #[cfg(helium)]
            Version::Helium => "helium",
            #[cfg(target_arch = "aarch64")]
            Version::Neon => "neon",
            #[cfg(target_arch = "x86_64")]
            Version::Avx2 => "avx2",
            #[cfg(target_arch = "x86_64")]
            Version::Avx512 => "avx512",
        }
    }
}

/// Why there is no such kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KernelError {
    /// No kernel has that name.
    Unknown,
    /// This machine lacks the instructions of the kernel named.
    Missing(&'static str),
}

impl fmt::Display for KernelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown => {
                write!(f, "no kernel has that name; there are")?;
                for (position, name) in Kernel::NAMES.iter().enumerate() {
                    write!(f, "{} {name}", if position == 0 { "" } else { "," })?;
                }
                Ok(())
            }
            Self::Missing(name) => write!(f, "this machine lacks the instructions of kernel {name}"),
        }
    }
}

impl core::error::Error for KernelError {}

/// Calls one function of the version that a kernel stands for.
macro_rules! dispatch {
    ($kernel:ident, $function:ident($($argument:expr),*)) => {
        match $kernel.0 {
            Version::Portable => portable::$function($($argument),*),
            // This extension has only integers.
            #[cfg(all(dsp, not(fpv4)))]
            Version::Dsp => portable::$function($($argument),*),
            #[cfg(all(fpv4, not(helium)))]
            Version::Fpv4 => fpv4::$function($($argument),*),
            #[cfg(helium)]
            Version::Helium => helium::$function($($argument),*),
            // SAFETY: this `Kernel` was only made because the machine has the instructions.
            #[cfg(target_arch = "aarch64")]
            Version::Neon => unsafe { neon::$function($($argument),*) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Version::Avx2 => unsafe { avx2::$function($($argument),*) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Version::Avx512 => unsafe { avx512::$function($($argument),*) },
        }
    };
}

/// `outputs[row][unit]` = (rows\[row\] · weights\[unit\]) · `scale` + `bias[unit]`.
///
/// `weights` has a [`weight_index`](super::weight_index) for every unit and input; `outputs` is row × unit, flat.
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
    dispatch!(kernel, forward(rows, weights, bias, scale, outputs));
    Ok(())
}

/// `outputs[row][column]` = Σ over units, in their order, of `deltas[row][unit]` · `weights[unit][column]`; below
/// [`SMALLEST_SIGNAL`](crate::math::SMALLEST_SIGNAL), +0.0.
///
/// `weights` has a [`weight_index`](super::weight_index) for every unit and column; `deltas` is row × unit and `outputs` row ×
/// column, both flat.
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

/// `gradient[unit][column]` = (Σ over rows, in their order, of `deltas[row][unit]` · `rows[row][column]`) · `scale`.
///
/// `gradient` has a [`weight_index`](super::weight_index) for every unit and column; `deltas` is row × unit, flat.
///
/// # Errors
/// [`Error::Length`] where the lengths do not fit together.
#[allow(unsafe_code)]
pub fn weight_gradient<T: Element>(
    kernel: Kernel,
    rows: Rows<'_, T>,
    deltas: &[f32],
    scale: f32,
    gradient: &mut [f32],
) -> Result<(), Error> {
    let units = check_outer(&rows, deltas, gradient.len())?;
    dispatch!(kernel, weight_gradient(rows, deltas, units, scale, gradient));
    Ok(())
}

/// The sum of [`weight_gradient`], at once used: weight ← weight − (`learning_rate` · `scale`) · sum; below
/// [`SMALLEST_WEIGHT`](crate::math::SMALLEST_WEIGHT), +0.0.
///
/// No weight may be below that limit before, but +0.0, so that one that does not move stays as it is.
///
/// # Errors
/// [`Error::Length`] where the lengths do not fit together.
#[allow(unsafe_code)]
pub fn weight_gradient_sgd<T: Element>(
    kernel: Kernel,
    rows: Rows<'_, T>,
    deltas: &[f32],
    scale: f32,
    learning_rate: f32,
    weights: &mut [f32],
) -> Result<(), Error> {
    let units = check_outer(&rows, deltas, weights.len())?;
    dispatch!(kernel, weight_gradient_sgd(rows, deltas, units, learning_rate * scale, weights));
    Ok(())
}

/// The sum of [`weight_gradient`], at once used for a step with momentum on each parameter. With g = (learning rate ·
/// `scale`) · sum, below [`SMALLEST_WEIGHT`](crate::math::SMALLEST_WEIGHT) +0.0: v ← momentum · v − g, below
/// [`SMALLEST_FIRST_MOMENT`](crate::math::SMALLEST_FIRST_MOMENT) +0.0; weight ← weight + v, or, as Nesterov has it,
/// weight + (momentum · v − g), below [`SMALLEST_WEIGHT`](crate::math::SMALLEST_WEIGHT) +0.0.
///
/// # Errors
/// [`Error::Length`] where the lengths do not fit together.
#[allow(unsafe_code)]
pub fn weight_gradient_momentum<T: Element>(
    kernel: Kernel,
    rows: Rows<'_, T>,
    deltas: &[f32],
    scale: f32,
    step: &MomentumStep,
    weights: &mut [f32],
    velocities: &mut [f32],
) -> Result<(), Error> {
    let units = check_outer(&rows, deltas, weights.len())?;
    check("velocities", velocities.len(), weights.len())?;
    let rate = step.learning_rate * scale;
    dispatch!(kernel, weight_gradient_momentum(rows, deltas, units, rate, step, weights, velocities));
    Ok(())
}

/// The gradient of [`weight_gradient`], at once used for a step of Adam on each parameter.
///
/// # Errors
/// [`Error::Length`] where the lengths do not fit together.
#[allow(unsafe_code)]
pub fn weight_gradient_adam<T: Element>(
    kernel: Kernel,
    rows: Rows<'_, T>,
    deltas: &[f32],
    scale: f32,
    step: &AdamStep,
    parameters: AdamParameters<'_>,
) -> Result<(), Error> {
    let units = check_outer(&rows, deltas, parameters.values.len())?;
    check("first moments", parameters.first_moments.len(), parameters.values.len())?;
    check("second moments", parameters.second_moments.len(), parameters.values.len())?;
    dispatch!(kernel, weight_gradient_adam(rows, deltas, units, scale, step, parameters));
    Ok(())
}

/// Softmax of each row of `classes` numbers, in place.
///
/// # Errors
/// [`Error::Length`] where `values` is no whole number of rows.
#[allow(unsafe_code)]
pub fn softmax(kernel: Kernel, values: &mut [f32], classes: usize) -> Result<(), Error> {
    check_not_zero("classes", classes)?;
    check("logits", values.len(), product(values.len() / classes, classes))?;
    // One approximation, one version: the others have the polynomial inside.
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
    check_not_zero("classes", classes)?;
    check("logits", values.len(), product(labels.len(), classes))?;
    if let Some((sample, &label)) = labels.iter().enumerate().find(|&(_, &label)| usize::from(label) >= classes) {
        return Err(Error::LabelOutOfRange { sample, label, classes });
    }
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

/// The number of units, where `deltas` is row × unit and there is a parameter for every unit and input.
fn check_outer<T>(rows: &Rows<'_, T>, deltas: &[f32], parameters: usize) -> Result<usize, Error> {
    check_not_zero("rows", rows.len())?;
    check_not_zero("row width", rows.width())?;
    let units = deltas.len() / rows.len();
    check_not_zero("units", units)?;
    check("deltas", deltas.len(), product(rows.len(), units))?;
    check("parameters", parameters, product(rows.width(), units))?;
    Ok(units)
}

/// The length of a slice of so many rows of so much; where that is beyond any number, one that no slice has.
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

    #[test]
    fn lengths_beyond_any_number_fit_no_slice() {
        assert_eq!(product(3, 4), 12);
        let row = [1.0_f32];
        for kernel in Kernel::available() {
            // 2 · usize::MAX / 2 + 2 wraps to 0, the length of an empty slice.
            let rows = Rows::repeated(&row, usize::MAX / 2 + 1);
            assert!(forward(kernel, rows, &[1.0; 2], &[0.0; 2], 1.0, &mut []).is_err());
            assert!(weight_gradient(kernel, rows, &[], 1.0, &mut []).is_err());
            assert!(softmax_cross_entropy(kernel, &mut [], usize::MAX / 2 + 1, &[0; 2]).is_err());
            assert_eq!(softmax(kernel, &mut [], usize::MAX), Ok(()));
            assert_eq!(softmax_cross_entropy(kernel, &mut [], usize::MAX, &[]), Ok(Score::default()));
        }
    }
}
