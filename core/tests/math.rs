//! The scalar arithmetic against float64: documented error bounds, and edge cases.
#![cfg(not(feature = "micromath"))]

use dense_core::activations::{Activation, Gelu};
use dense_core::math::{
    NAN, SMALLEST_FIRST_MOMENT, SMALLEST_SECOND_MOMENT, SMALLEST_SIGNAL, SMALLEST_WEIGHT, canonical, exp_nonpositive,
    expm1_nonpositive, flush_below, ln, normal, sigmoid, tanh,
};

/// Errors in units in the last place, as documented.
const EXP_BOUND: f64 = 1.05;
const EXPM1_BOUND: f64 = 1.0;
const LN_BOUND: f64 = 0.86;
const SIGMOID_BOUND: f64 = 2.5;
const TANH_BOUND: f64 = 1.5;
const DISTRIBUTION_BOUND: f64 = 7.0;
const DENSITY_BOUND: f64 = 3.0;
const GELU_BOUND: f64 = 7.5;

/// The least argument whose exponential is not below 2⁻³⁰: −30 · ln 2, rounded towards zero.
const EXP_LEAST: f32 = -20.794_415;

/// The largest magnitude for which e^(−x²/2) is not below 2⁻³⁰.
const NORMAL_MOST: f32 = 6.448_9;
/// The least argument whose GELU is not below 2⁻³⁰ in magnitude.
const GELU_LEAST: f32 = -6.3;

/// The floats from `from` to `to`, both of the same sign and in order of growing magnitude, or each `stride`th of them.
fn floats(from: f32, to: f32, stride: usize) -> impl Iterator<Item = f32> {
    (from.to_bits()..=to.to_bits()).step_by(stride).map(f32::from_bits)
}

/// The error of `found`, in units in the last place of a float of the size of `exact`.
fn error(found: f32, exact: f64) -> f64 {
    if exact == 0.0 {
        return if found == 0.0 { 0.0 } else { f64::INFINITY };
    }
    let exponent = exact.abs().to_bits() >> 52;
    (f64::from(found) - exact).abs() / f64::from_bits((exponent - 23) << 52)
}

/// Compares `function` with `exact` for each argument, given in order of growing magnitude: the error is within
/// `bound`, and the results never turn back in their direction, rising or falling, where there is one. Returns the
/// largest error.
fn check(
    function: fn(f32) -> f32,
    exact: fn(f64) -> f64,
    bound: f64,
    rising: Option<bool>,
    arguments: impl IntoIterator<Item = f32>,
) -> f64 {
    let (mut largest, mut before) = (0.0_f64, None);
    for x in arguments {
        let value = function(x);
        let error = error(value, exact(x.into()));
        assert!(error <= bound, "{x:e} gives {value:e}: {error} units in the last place off, more than {bound}");
        largest = largest.max(error);
        assert!(
            before.zip(rising).is_none_or(|(before, rising)| if rising { before <= value } else { before >= value }),
            "the results turn back at {x:e}: {value:e} after {before:?}"
        );
        before = Some(value);
    }
    largest
}

fn check_exp(stride: usize) {
    let largest = check(exp_nonpositive, f64::exp, EXP_BOUND, Some(false), floats(-0.0, EXP_LEAST, stride));
    println!("exp: {largest:.4} units in the last place");
}

fn check_ln(stride: usize) {
    let largest = check(ln, f64::ln, LN_BOUND, Some(true), floats(f32::MIN_POSITIVE, f32::MAX, stride));
    println!("ln: {largest:.4} units in the last place");
}

fn check_expm1(stride: usize) {
    let least = -SMALLEST_SIGNAL * 1.001;
    let largest = check(expm1_nonpositive, f64::exp_m1, EXPM1_BOUND, None, floats(least, -90.0, stride));
    println!("exp − 1: {largest:.4} units in the last place");
}

/// On both sides; the distribution, the density and what GELU makes of them.
fn check_normal(stride: usize) {
    let distribution = |x: f64| 0.5 * libm::erfc(-x * core::f64::consts::FRAC_1_SQRT_2);
    let density = |x: f64| (-0.5 * x * x).exp() / core::f64::consts::TAU.sqrt();
    let mut largest = [0.0_f64; 3];
    for sign in [0.0_f32, -0.0] {
        let most = NORMAL_MOST.copysign(sign);
        let end = if sign.is_sign_negative() { GELU_LEAST } else { f32::MAX };
        let least = (2.001 * SMALLEST_SIGNAL).copysign(sign);
        let errors = [
            check(|x| normal(x).0, distribution, DISTRIBUTION_BOUND, None, floats(sign, most, stride)),
            check(|x| normal(x).1, density, DENSITY_BOUND, None, floats(sign, most, stride)),
            check(Gelu::value, Gelu::exact, GELU_BOUND, None, floats(least, end, stride)),
        ];
        largest = std::array::from_fn(|index| largest[index].max(errors[index]));
    }
    println!("normal distribution, density, GELU: {largest:.4?} units in the last place");
}

/// On both sides, as far as the results are not below the smallest signal.
fn check_sigmoid(stride: usize) {
    let exact = |x: f64| 1.0 / (1.0 + (-x).exp());
    let above = check(sigmoid, exact, SIGMOID_BOUND, None, floats(0.0, f32::MAX, stride));
    let below = check(sigmoid, exact, SIGMOID_BOUND, None, floats(-0.0, EXP_LEAST, stride));
    println!("sigmoid: {:.4} units in the last place", above.max(below));
}

fn check_tanh(stride: usize) {
    let above = check(tanh, f64::tanh, TANH_BOUND, None, floats(SMALLEST_SIGNAL, f32::MAX, stride));
    for x in floats(0.0, f32::MAX, stride * 100) {
        assert!(tanh(-x) == -tanh(x), "{x:e}");
    }
    println!("tanh: {above:.4} units in the last place");
}

#[test]
fn sigmoid_is_as_close_as_documented() {
    check_sigmoid(997);
}

#[test]
fn tanh_is_as_close_as_documented() {
    check_tanh(997);
}

#[test]
fn expm1_is_as_close_as_documented() {
    check_expm1(997);
}

#[test]
fn the_normal_distribution_is_as_close_as_documented() {
    check_normal(997);
}

#[test]
fn expm1_and_the_normal_distribution_end_where_they_should() {
    for (x, expected) in [
        (0.0, 0.0),
        (-0.0, 0.0),
        (-f32::from_bits(1), 0.0),
        (-SMALLEST_SIGNAL.next_down(), 0.0),
        (-18.0, -1.0),
        (f32::MIN, -1.0),
        (f32::NEG_INFINITY, -1.0),
    ] {
        let found = expm1_nonpositive(x);
        assert_eq!(found.to_bits(), f32::to_bits(expected), "{x:e} gives {found:e}");
    }
    let most = normal(0.0).1;
    for (x, expected) in [
        (0.0, (0.5, most)),
        (-0.0, (0.5, most)),
        (f32::from_bits(1), (0.5, most)),
        (-1e-30, (0.5, most)),
        (6.5, (1.0, 0.0)),
        (f32::MAX, (1.0, 0.0)),
        (f32::INFINITY, (1.0, 0.0)),
        (-6.5, (0.0, 0.0)),
        (f32::MIN, (0.0, 0.0)),
        (f32::NEG_INFINITY, (0.0, 0.0)),
    ] {
        assert_eq!(normal(x), expected, "{x:e}");
    }
    let (distribution, density) = normal(-f32::NAN);
    assert_eq!([distribution, density].map(f32::to_bits), [NAN.to_bits(); 2]);
}

/// Below −6.449 the slope of GELU is zero, and was less than three of the smallest signals.
#[test]
fn the_slope_of_gelu_ends_close_to_zero() {
    let slope = |z: f64| (Gelu::exact(z + 1e-6) - Gelu::exact(z - 1e-6)) / 2e-6;
    assert!(slope((-NORMAL_MOST).into()).abs() < 3.0 * f64::from(SMALLEST_SIGNAL));
    for z in [-6.5, -1e10, f32::NEG_INFINITY] {
        assert_eq!(Gelu::gradient(z, 1.0).to_bits(), 0, "{z:e}");
        assert_eq!(Gelu::value(z).to_bits(), 0, "{z:e}");
    }
    for z in [6.5, 1e10, f32::INFINITY] {
        assert_eq!((Gelu::value(z), Gelu::gradient(z, 1.0)), (z, 1.0));
    }
}

#[test]
fn sigmoid_and_tanh_end_where_they_should() {
    for (x, expected) in [
        (0.0, 0.5),
        (-0.0, 0.5),
        (17.4, 1.0),
        (f32::MAX, 1.0),
        (EXP_LEAST.next_down(), 0.0),
        (f32::MIN, 0.0),
        (-200.0, 0.0),
    ] {
        assert_eq!(sigmoid(x).to_bits(), f32::to_bits(expected), "{x:e} gives {:e}", sigmoid(x));
    }
    for function in [sigmoid, tanh] {
        assert_eq!(function(-f32::NAN).to_bits(), NAN.to_bits());
    }
    let least = 1.0001 * SMALLEST_SIGNAL;
    for (x, expected) in [
        (0.0, 0.0),
        (-0.0, 0.0),
        (SMALLEST_SIGNAL.next_down(), 0.0),
        (-f32::from_bits(1), 0.0),
        (least, least),
        (-least, -least),
        (10.0, 1.0),
        (f32::MIN, -1.0),
    ] {
        assert_eq!(tanh(x).to_bits(), f32::to_bits(expected), "{x:e} gives {:e}", tanh(x));
    }
}

#[test]
fn exp_is_as_close_as_documented() {
    check_exp(997);
}

#[test]
fn ln_is_as_close_as_documented() {
    check_ln(997);
}

/// Takes some minutes: `cargo test --workspace --test math -- --ignored --nocapture`.
#[test]
#[ignore = "goes through all 3.2 billion arguments"]
fn exp_and_ln_are_as_close_as_documented_everywhere() {
    check_exp(1);
    check_ln(1);
}

#[test]
#[ignore = "goes through all 4.2 billion arguments"]
fn sigmoid_and_tanh_are_as_close_as_documented_everywhere() {
    check_sigmoid(1);
    check_tanh(1);
}

#[test]
#[ignore = "goes through 4 billion arguments"]
fn expm1_and_the_normal_distribution_are_as_close_as_documented_everywhere() {
    check_expm1(1);
    check_normal(1);
}

#[test]
fn exp_is_exact_at_its_ends() {
    for (x, expected) in [
        (0.0, 1.0),
        (-0.0, 1.0),
        (-f32::MIN_POSITIVE, 1.0),
        (-f32::from_bits(1), 1.0),
        (-f32::EPSILON / 4.0, 1.0),
        (-f32::EPSILON, 1.0 - f32::EPSILON),
        (EXP_LEAST.next_down(), 0.0),
        (-21.6, 0.0),
        (-88.0, 0.0),
        (-1e10, 0.0),
        (f32::MIN, 0.0),
        (f32::NEG_INFINITY, 0.0),
    ] {
        let found = exp_nonpositive(x);
        assert_eq!(found.to_bits(), expected.to_bits(), "{x:e} gives {found:e}, not {expected:e}");
    }
    let least = exp_nonpositive(EXP_LEAST);
    assert!((SMALLEST_SIGNAL..1.000_01 * SMALLEST_SIGNAL).contains(&least), "{least:e}");
    assert!(f64::from(EXP_LEAST).exp() > SMALLEST_SIGNAL.into());
    assert!(f64::from(EXP_LEAST.next_down()).exp() < SMALLEST_SIGNAL.into());
}

/// At the boundaries of the argument reduction, the results are continuous and monotonic.
#[test]
fn exp_and_ln_go_on_evenly_at_the_seams() {
    let neighbours = |x: f32| [x.next_down().next_down(), x.next_down(), x, x.next_up(), x.next_up().next_up()];
    for n in 0..30 {
        // The reduction rounds x / ln 2 to an integer, so its seams lie halfway between two.
        let seam = -(f64::from(n) + 0.5) * core::f64::consts::LN_2;
        let mut arguments = neighbours(seam as f32);
        arguments.reverse();
        check(exp_nonpositive, f64::exp, EXP_BOUND, Some(false), arguments);
    }
    for exponent in -125..=127 {
        let power = 2.0_f32.powi(exponent);
        for seam in [power, power * core::f32::consts::FRAC_1_SQRT_2] {
            check(ln, f64::ln, LN_BOUND, Some(true), neighbours(seam));
        }
    }
}

#[test]
fn ln_of_one_is_zero() {
    assert_eq!(ln(1.0).to_bits(), 0.0_f32.to_bits());
}

#[test]
fn small_becomes_positive_zero() {
    for limit in [SMALLEST_SIGNAL, SMALLEST_WEIGHT, SMALLEST_FIRST_MOMENT, SMALLEST_SECOND_MOMENT] {
        let below = limit.next_down();
        for (value, expected) in [
            (limit, limit),
            (-limit, -limit),
            (below, 0.0),
            (-below, 0.0),
            (f32::from_bits(1), 0.0),
            (-0.0, 0.0),
            (f32::MAX, f32::MAX),
            (f32::NEG_INFINITY, f32::NEG_INFINITY),
        ] {
            let found = flush_below(value, limit);
            assert_eq!(found.to_bits(), expected.to_bits(), "{value:e} below {limit:e} gives {found:e}");
        }
        assert!(flush_below(f32::NAN, limit).is_nan());
    }
}

#[test]
fn limits_are_the_documented_powers_of_two() {
    for (limit, exponent) in
        [(SMALLEST_SIGNAL, -30), (SMALLEST_WEIGHT, -50), (SMALLEST_FIRST_MOMENT, -40), (SMALLEST_SECOND_MOMENT, -80)]
    {
        assert_eq!(limit, 2.0_f32.powi(exponent));
    }
}

#[test]
fn there_is_one_nan() {
    assert_eq!(NAN.to_bits(), 0xffc0_0000);
    for bits in [0x7fc0_0000, 0xffc0_0000, 0x7f80_0001, 0xffff_ffff] {
        assert_eq!(canonical(f32::from_bits(bits)).to_bits(), NAN.to_bits(), "{bits:#010x}");
    }
    for value in [0.0, -0.0, 1.5, f32::from_bits(1), f32::MAX, f32::INFINITY, f32::NEG_INFINITY] {
        assert_eq!(canonical(value).to_bits(), value.to_bits(), "{value:e}");
    }
}
