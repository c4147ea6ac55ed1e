//! The scalar arithmetic against float64: the error bounds that its documentation states, and its edges.

use dense_core::math::{
    NAN, SMALLEST_FIRST_MOMENT, SMALLEST_SECOND_MOMENT, SMALLEST_SIGNAL, SMALLEST_WEIGHT, canonical, exp_nonpositive,
    flush_below, ln,
};

/// Largest errors in units in the last place, as documented.
const EXP_BOUND: f64 = 0.53;
const LN_BOUND: f64 = 0.60;

/// Below this, exp is less than [`SMALLEST_SIGNAL`]: −30 · ln 2, rounded towards 0.
const FLUSH_THRESHOLD: f32 = -20.794_415;

/// Every float from `nearest` to `farthest` from zero, or each `stride`th; both have the same sign.
fn floats(nearest: f32, farthest: f32, stride: usize) -> impl Iterator<Item = f32> {
    (nearest.to_bits()..=farthest.to_bits()).step_by(stride).map(f32::from_bits)
}

/// The error of `found` in units of the last place that a float of the size of `exact` has.
fn ulps(found: f32, exact: f64) -> f64 {
    if exact == 0.0 {
        return if found == 0.0 { 0.0 } else { f64::INFINITY };
    }
    let exponent = (exact.abs().to_bits() >> 52) as i32 - 1023;
    (f64::from(found) - exact).abs() / 2.0_f64.powi(exponent - 23)
}

/// The largest error of `function` over `arguments`, which must be within `bound`.
fn assert_within(bound: f64, function: fn(f32) -> f32, exact: fn(f64) -> f64, arguments: impl Iterator<Item = f32>) {
    let mut worst = (0.0, f32::NAN);
    for x in arguments {
        let error = ulps(function(x), exact(x.into()));
        if error > worst.0 || error.is_nan() {
            worst = (error, x);
        }
    }
    let (error, x) = worst;
    println!("largest error {error:.4} units in the last place, at {x:e} ({:#010x})", x.to_bits());
    assert!(error <= bound && error > 0.5, "{error} units in the last place at {x:e}, {bound} documented");
}

#[test]
fn exp_is_as_exact_as_documented() {
    assert_within(EXP_BOUND, exp_nonpositive, f64::exp, floats(-0.0, FLUSH_THRESHOLD, 997));
}

#[test]
fn ln_is_as_exact_as_documented() {
    assert_within(LN_BOUND, ln, f64::ln, floats(f32::MIN_POSITIVE, f32::MAX, 997));
}
