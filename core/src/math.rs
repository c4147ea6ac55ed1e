//! Scalar arithmetic of every kernel: fused multiply-add, `exp`, `ln`, activations, and the thresholds of flushing to
//! zero.
//!
//! # No subnormals
//!
//! Some processors are slow on subnormal numbers and some flush them, so the same bits everywhere need a rule that
//! keeps them out. A probability, delta, weight or moment is written as +0.0 when its magnitude is below a limit:
//!
//! | what | limit |
//! |---|---|
//! | probabilities, deltas, activations | [`SMALLEST_SIGNAL`] 2⁻³⁰ |
//! | weights and biases | [`SMALLEST_WEIGHT`] 2⁻⁵⁰ |
//! | Adam's first moments, velocities, gradients in RMSprop | [`SMALLEST_FIRST_MOMENT`] 2⁻⁴⁰ |
//! | Adam's second moments, RMSprop's mean squares | [`SMALLEST_SECOND_MOMENT`] 2⁻⁸⁰ |
//!
//! Pixels are integers. Samples of f32, and biases set by the user, are not flushed: the rule holds for them if they
//! obey the limits of signals and weights.
//!
//! A float of magnitude at least 2ᵏ is a multiple of 2ᵏ⁻²³. The product of a signal and a weight is therefore a
//! multiple of 2⁻³⁰⁻²³⁻⁵⁰⁻²³ = 2⁻¹²⁶, the smallest normal number, and so is every sum of such products: it is normal or
//! zero. Sums of delta × input are multiples of 2⁻¹⁰⁶, so a gradient, even of 2¹⁶ samples, is normal or zero as well.
//! Any other subnormal intermediate is flushed right after, or added to a number so much larger that it changes no bit.
//!
//! # No overflow in squares
//!
//! Adam and RMSprop square the gradient g = sum · scale and subtract running means from it. They clamp it to
//! ±[`LARGEST_GRADIENT`] 2⁶³ before, ±∞ of a sum that overflowed too, so that g² = 2¹²⁶ and g − m are finite; NaN stays
//! NaN.
//!
//! # One NaN
//!
//! From finite numbers a NaN can only come out where a sum overflowed. Processors disagree about its bits; here they
//! are those of [`NAN`].

mod backend;
#[cfg(target_arch = "wasm32")]
mod round_to_odd;

pub use backend::{BACKEND, Backend};

/// Below this magnitude a probability, delta or activation becomes +0.0.
pub const SMALLEST_SIGNAL: f32 = 1.0 / (1_u64 << 30) as f32;
/// Below this magnitude an updated weight or bias becomes +0.0.
pub const SMALLEST_WEIGHT: f32 = 1.0 / (1_u64 << 50) as f32;
/// Below this magnitude one of Adam's first moments, a velocity, or a gradient in RMSprop becomes +0.0.
pub const SMALLEST_FIRST_MOMENT: f32 = 1.0 / (1_u64 << 40) as f32;
/// Below this one of Adam's second moments, or a mean square of RMSprop, becomes +0.0.
pub const SMALLEST_SECOND_MOMENT: f32 = SMALLEST_FIRST_MOMENT * SMALLEST_FIRST_MOMENT;
/// Adam and RMSprop clamp gradients to this magnitude, 2⁶³, so that their squares are finite.
pub const LARGEST_GRADIENT: f32 = (1_u64 << 63) as f32;
/// The NaN that every kernel returns: the one that x86 makes by itself.
pub const NAN: f32 = f32::from_bits(0xffc0_0000);

/// `value`, or [`NAN`] for any other NaN.
#[inline(always)]
#[must_use]
pub fn canonical(value: f32) -> f32 {
    if value.is_nan() { NAN } else { value }
}

/// `value`, or +0.0 where its magnitude is below `limit`. NaN stays NaN.
#[inline(always)]
#[must_use]
pub const fn flush_below(value: f32, limit: f32) -> f32 {
    if value.abs() < limit { 0.0 } else { value }
}

/// `a * b + c`, rounded once.
#[inline(always)]
#[must_use]
pub fn fused_multiply_add(a: f32, b: f32, c: f32) -> f32 {
    // The standard library's is rounded twice where the result is subnormal.
    #[cfg(target_arch = "wasm32")]
    return round_to_odd::fused_multiply_add(a, b, c);
    #[cfg(all(feature = "std", not(target_arch = "wasm32")))]
    return a.mul_add(b, c);
    #[cfg(fpv4)]
    return crate::kernels::fused_multiply_add(a, b, c);
    #[cfg(not(any(fpv4, feature = "std", target_arch = "wasm32")))]
    libm::fmaf(a, b, c)
}

/// √`value`, correctly rounded.
#[inline]
#[must_use]
pub fn sqrt(value: f32) -> f32 {
    #[cfg(feature = "std")]
    return value.sqrt();
    #[cfg(fpv4)]
    return crate::kernels::sqrt(value);
    #[cfg(not(any(fpv4, feature = "std")))]
    libm::sqrtf(value)
}

/// The index of the largest value; of equal ones, the first. 0 for an empty slice.
///
/// ```
/// # use dense_core::argmax;
/// assert_eq!(argmax(&[0.1, 0.7, 0.2, 0.7]), 1);
/// ```
#[must_use]
pub fn argmax(values: &[f32]) -> usize {
    let mut largest = (0, f32::NEG_INFINITY);
    for (index, &value) in values.iter().enumerate() {
        if value > largest.1 {
            largest = (index, value);
        }
    }
    largest.0
}

/// Arguments below this have an exponential of less than 2⁻³¹; they are raised to it before the reduction.
pub(crate) const EXP_LOWEST: f32 = -21.6;
pub(crate) const LOG2_E: f32 = core::f32::consts::LOG2_E;
/// Adding and subtracting 1.5 · 2²³ rounds to the nearest integer, ties to even, and leaves it in the low bits.
pub(crate) const ROUND: f32 = 12_582_912.0;
/// The leading bits of ln 2: its product with an exponent is exact.
pub(crate) const LN_2_HIGH: f32 = 0.693_359_4;
pub(crate) const LN_2_LOW: f32 = -2.121_944_4e-4;
/// (eʳ − 1 − r) / r² for |r| ≤ ln 2 / 2, minimax, error of eʳ 3.2e-9; rising powers.
pub(crate) const EXP_POLYNOMIAL: [f32; 5] = [0.5, 0.166_665_18, 0.041_666_206, 0.008_368_953, 0.001_395_060_3];
/// (ln(1 + f) − f + f²/2) / f³ for √½ ≤ 1 + f ≤ √2, minimax, relative error of ln(1 + f) 5.9e-9; rising powers.
pub(crate) const LN_POLYNOMIAL: [f32; 8] =
    [0.333_333_16, -0.250_008_1, 0.200_022_86, -0.166_245_54, 0.141_811_92, -0.131_287_54, 0.128_816_44, -0.078_596_06];
/// The bits of √½: subtracting them moves the exponent's step to √½, so that the mantissa lies around 1.
pub(crate) const SQRT_HALF_BITS: u32 = 0x3f35_04f3;

/// e to the power of `x` for `x` ≤ 0, within 1.05 units in the last place; +0.0 where that is less than
/// [`SMALLEST_SIGNAL`]. −∞ gives +0.0.
///
/// x = n · ln 2 + r with |r| ≤ ln 2 / 2, so that eˣ = 2ⁿ · eʳ, and eʳ is a polynomial.
#[inline(always)]
#[must_use]
pub fn exp_nonpositive(x: f32) -> f32 {
    #[cfg(feature = "micromath")]
    return flush_below(micromath::F32(if x > EXP_LOWEST { x } else { EXP_LOWEST }).exp().0, SMALLEST_SIGNAL);
    #[cfg(all(fpv4, not(feature = "micromath")))]
    return crate::kernels::exp_nonpositive(x);
    #[cfg(not(any(fpv4, feature = "micromath")))]
    {
        let (p, rounded) = exp_reduced(if x > EXP_LOWEST { x } else { EXP_LOWEST });
        // |n| ≤ 32 here, so adding n to the exponent field multiplies by 2ⁿ exactly.
        let scaled = f32::from_bits((p + 1.0).to_bits().wrapping_add(rounded.to_bits() << 23));
        flush_below(scaled, SMALLEST_SIGNAL)
    }
}

/// eʳ − 1, and n + [`ROUND`], which has n in its low bits, for x = n · ln 2 + r from [`EXP_LOWEST`] to 0.
#[inline(always)]
fn exp_reduced(x: f32) -> (f32, f32) {
    let rounded = fused_multiply_add(x, LOG2_E, ROUND);
    let n = rounded - ROUND;
    let r = fused_multiply_add(n, -LN_2_HIGH, x);
    let r = fused_multiply_add(n, -LN_2_LOW, r);
    let [c0, c1, c2, c3, c4] = EXP_POLYNOMIAL;
    let p = fused_multiply_add(c4, r, c3);
    let p = fused_multiply_add(p, r, c2);
    let p = fused_multiply_add(p, r, c1);
    let p = fused_multiply_add(p, r, c0);
    (fused_multiply_add(p, r * r, r), rounded)
}

/// Below this magnitude [`tanh`] is a polynomial; above, 1 − 2 / (e²ˣ + 1) loses nothing.
const TANH_SEAM: f32 = 0.625;
/// (tanh x − x) / x³ in rising powers of x², for |x| < [`TANH_SEAM`]: `tanhf` of the Cephes library (S. L. Moshier).
const TANH_POLYNOMIAL: [f32; 5] = [-0.333_332_8, 0.133_314_42, -0.053_739_715, 0.020_639_088, -0.005_704_988_7];

/// The logistic function 1 / (1 + e⁻ˣ), within 2.5 units in the last place; +0.0 where it is less than
/// [`SMALLEST_SIGNAL`]. [`NAN`] for NaN.
///
/// For negative x it is eˣ / (1 + eˣ), so that no exponential is ever large.
#[inline(always)]
#[must_use]
pub fn sigmoid(x: f32) -> f32 {
    let power = exp_nonpositive(-x.abs());
    let dividend = if x < 0.0 { power } else { 1.0 };
    let value = flush_below(dividend / (1.0 + power), SMALLEST_SIGNAL);
    if x.is_nan() { NAN } else { value }
}

/// The hyperbolic tangent, within 1.5 units in the last place; +0.0 where its magnitude is less than
/// [`SMALLEST_SIGNAL`]. [`NAN`] for NaN.
#[inline(always)]
#[must_use]
pub fn tanh(x: f32) -> f32 {
    let magnitude = x.abs();
    let power = exp_nonpositive(-2.0 * magnitude);
    let far = fused_multiply_add(-2.0 / (1.0 + power), power, 1.0);
    let square = x * x;
    let [c0, c1, c2, c3, c4] = TANH_POLYNOMIAL;
    let p = fused_multiply_add(c4, square, c3);
    let p = fused_multiply_add(p, square, c2);
    let p = fused_multiply_add(p, square, c1);
    let p = fused_multiply_add(p, square, c0);
    let near = fused_multiply_add(p * square, magnitude, magnitude);
    let value = if magnitude < TANH_SEAM { near } else { far };
    let value = flush_below(value.copysign(x), SMALLEST_SIGNAL);
    if x.is_nan() { NAN } else { value }
}

/// eˣ − 1 for `x` ≤ 0, within 1.0 units in the last place, for small x too; +0.0 where its magnitude is less than
/// [`SMALLEST_SIGNAL`]. −∞ gives −1.
///
/// The reduction of [`exp_nonpositive`]: with p = eʳ − 1 it is 2ⁿ · p + (2ⁿ − 1). The polynomial with every
/// [`BACKEND`].
#[inline(always)]
#[must_use]
pub fn expm1_nonpositive(x: f32) -> f32 {
    let x = if x > EXP_LOWEST { x } else { EXP_LOWEST };
    let x = flush_below(x, SMALLEST_SIGNAL);
    let (p, rounded) = exp_reduced(x);
    let power = f32::from_bits(1.0_f32.to_bits().wrapping_add(rounded.to_bits() << 23));
    flush_below(fused_multiply_add(p, power, power - 1.0), SMALLEST_SIGNAL)
}

/// Beyond this magnitude [`normal`] is constant: its density is below [`SMALLEST_SIGNAL`].
const NORMAL_LARGEST: f32 = 7.0;
/// Φ(−t) · e^(t²/2), for 0 ≤ t ≤ 6.5, is the quotient of two polynomials in rising powers of t: relative minimax, error
/// 9.5e-8. All coefficients are positive, so that nothing cancels. The form is that of W. J. Cody's erfc (Rational
/// Chebyshev approximations for the error function, 1969), the coefficients are our own.
const NORMAL_DIVIDEND: [f32; 4] = [0.5, 0.336_755_72, 0.105_589_48, 0.013_865_998];
const NORMAL_DIVISOR: [f32; 5] = [1.0, 1.471_393, 0.885_214_9, 0.264_161_53, 0.034_775_36];
/// 1 / √(2π), the density at 0.
const NORMAL_DENSITY: f32 = 0.398_942_3;

/// The standard normal distribution Φ(x) and density φ(x): within 7 and 3 units in the last place, as far as the
/// density over its maximum, e^(−x²/2), is no less than [`SMALLEST_SIGNAL`] (|x| < 6.4489). Beyond, the density and the
/// smaller tail of the distribution are +0.0. [`NAN`] twice for NaN.
///
/// Φ(x) = ½ erfc(−x / √2): a rational function times e^(−x²/2) for negative x, one minus that of −x for positive.
#[inline(always)]
#[must_use]
pub fn normal(x: f32) -> (f32, f32) {
    let t = if x.abs() < NORMAL_LARGEST { x.abs() } else { NORMAL_LARGEST };
    let t = flush_below(t, SMALLEST_SIGNAL);
    // t² in two parts, since an exponential is as far off as its argument.
    let square = t * t;
    let low = fused_multiply_add(t, t, -square);
    let power = exp_nonpositive(-0.5 * square);
    let power = fused_multiply_add(power, -0.5 * low, power);
    let [c0, c1, c2, c3] = NORMAL_DIVIDEND;
    let dividend = fused_multiply_add(c3, t, c2);
    let dividend = fused_multiply_add(dividend, t, c1);
    let dividend = fused_multiply_add(dividend, t, c0);
    let [c0, c1, c2, c3, c4] = NORMAL_DIVISOR;
    let divisor = fused_multiply_add(c4, t, c3);
    let divisor = fused_multiply_add(divisor, t, c2);
    let divisor = fused_multiply_add(divisor, t, c1);
    let divisor = fused_multiply_add(divisor, t, c0);
    let tail = dividend / divisor * power;
    let distribution = if x < 0.0 { tail } else { 1.0 - tail };
    let density = NORMAL_DENSITY * power;
    if x.is_nan() { (NAN, NAN) } else { (distribution, density) }
}

/// The natural logarithm of a normal positive number, within 0.86 units in the last place.
///
/// `value` = 2ᵉ · (1 + f) with √½ ≤ 1 + f < √2, so that ln = e · ln 2 + ln(1 + f).
#[inline]
#[must_use]
pub fn ln(value: f32) -> f32 {
    #[cfg(fpv4)]
    return crate::kernels::ln(value);
    #[cfg(not(fpv4))]
    {
        let (exponent, mantissa) = split_exponent(value);
        let f = mantissa - 1.0;
        let [c0, c1, c2, c3, c4, c5, c6, c7] = LN_POLYNOMIAL;
        let p = fused_multiply_add(c7, f, c6);
        let p = fused_multiply_add(p, f, c5);
        let p = fused_multiply_add(p, f, c4);
        let p = fused_multiply_add(p, f, c3);
        let p = fused_multiply_add(p, f, c2);
        let p = fused_multiply_add(p, f, c1);
        let p = fused_multiply_add(p, f, c0);
        let square = f * f;
        let p = p * f;
        let low = fused_multiply_add(exponent, LN_2_LOW, square * p);
        let low = fused_multiply_add(square, -0.5, low);
        fused_multiply_add(exponent, LN_2_HIGH, f + low)
    }
}

/// e and 1 + f where `value` = 2ᵉ · (1 + f) with √½ ≤ 1 + f < √2.
#[cfg(not(fpv4))]
#[inline(always)]
pub(crate) fn split_exponent(value: f32) -> (f32, f32) {
    let shifted = value.to_bits().wrapping_sub(SQRT_HALF_BITS);
    let mantissa = f32::from_bits((shifted & 0x007f_ffff).wrapping_add(SQRT_HALF_BITS));
    ((shifted.cast_signed() >> 23) as f32, mantissa)
}
