//! One test suite for every kernel: each function against `portable`, bit for bit. Layers and networks, computed by each
//! kernel, against Keras and against central differences.
//!
//! A kernel that this machine lacks is skipped, with a line that says so; `REQUIRE_KERNEL=avx512` (or another name, or
//! several with commas) makes that a failure.

mod cases;
mod elementwise;
mod forward;
mod fused;
mod gradients;
mod guarded;
mod int8;
mod learning;
mod lengths;
mod overflow;
mod random_cases;
mod softmax;
mod weight_gradient;
mod widths;

use dense_core::{Kernel, KernelError};

/// The kernel of that name, or nothing (and a line) where this machine lacks it and need not have it.
fn kernel(name: &str) -> Option<Kernel> {
    match Kernel::by_name(name) {
        Ok(kernel) => Some(kernel),
        Err(error @ KernelError::Missing(_)) => {
            let required = std::env::var("REQUIRE_KERNEL").unwrap_or_default();
            assert!(!required.split(',').any(|required| required == name), "{error}, and REQUIRE_KERNEL wants it");
            eprintln!("skipped: {error}");
            None
        }
        Err(error) => panic!("{name}: {error}"),
    }
}

/// Compares bits, and says where the first difference is.
fn compare_bits(expected: &[f32], found: &[f32]) -> Result<(), String> {
    if expected.len() != found.len() {
        return Err(format!("portable has {} numbers, this kernel {}", expected.len(), found.len()));
    }
    match expected.iter().zip(found).position(|(expected, found)| expected.to_bits() != found.to_bits()) {
        None => Ok(()),
        Some(place) => {
            let (expected, found) = (expected[place], found[place]);
            Err(format!(
                "number {place}: portable has {expected:e} ({:#010x}), this kernel {found:e} ({:#010x})",
                expected.to_bits(),
                found.to_bits()
            ))
        }
    }
}

fn assert_same_bits(expected: &[f32], found: &[f32], case: &str) {
    if let Err(difference) = compare_bits(expected, found) {
        panic!("{case}, {difference}");
    }
}

macro_rules! suite {
    ($($name:ident),+) => {$(
        mod $name {
            use super::{
                elementwise, forward, fused, int8, kernel, lengths, overflow, random_cases, softmax, weight_gradient, widths,
            };

            suite!(@tests $name:
                forward_u8 = forward::forward::<u8>,
                forward_f32 = forward::forward::<f32>,
                forward_keeps_negative_zeros = forward::forward_keeps_negative_zeros,
                fused_multiply_add = fused::hard_cases,
                fused_pixels_next_to_a_tie = fused::pixels_next_to_a_tie,
                input_gradient = forward::input_gradient,
                input_gradient_flushes_at_the_limit = forward::input_gradient_flushes_at_the_limit,
                weight_gradient_u8 = weight_gradient::weight_gradient::<u8>,
                weight_gradient_f32 = weight_gradient::weight_gradient::<f32>,
                weight_gradient_sgd_u8 = weight_gradient::weight_gradient_sgd::<u8>,
                weight_gradient_sgd_f32 = weight_gradient::weight_gradient_sgd::<f32>,
                weight_gradient_momentum_u8 = weight_gradient::weight_gradient_momentum::<u8>,
                weight_gradient_momentum_f32 = weight_gradient::weight_gradient_momentum::<f32>,
                weight_gradient_adam_u8 = weight_gradient::weight_gradient_adam::<u8>,
                weight_gradient_adam_f32 = weight_gradient::weight_gradient_adam::<f32>,
                updates_flush_at_the_limits = weight_gradient::updates_flush_at_the_limits,
                epsilon_counts = weight_gradient::epsilon_counts,
                velocities_decay_to_zero = weight_gradient::velocities_decay_to_zero,
                moments_decay_to_zero = weight_gradient::moments_decay_to_zero,
                softmax = softmax::softmax,
                exponentials_to_the_last_bit = softmax::exponentials_to_the_last_bit,
                logarithms_to_the_last_bit = softmax::logarithms_to_the_last_bit,
                elementwise_functions = elementwise::functions,
                elementwise_derivatives = elementwise::derivatives,
                forward_int8 = int8::forward,
                forward_int8_of_random_shapes = int8::random_shapes,
                forward_int8_refuses_wrong_lengths = int8::refuses_wrong_lengths,
                every_width_u8 = widths::every_width::<u8>,
                every_width_f32 = widths::every_width::<f32>,
                few_inputs_u8 = widths::few_inputs::<u8>,
                few_inputs_f32 = widths::few_inputs::<f32>,
                adaptive_updates_stay_finite = overflow::adaptive_updates_stay_finite,
                rates_overflow_alike = overflow::rates_overflow_alike,
                refuses_wrong_lengths = lengths::refuses_wrong_lengths,
                random_cases = random_cases::few
            );
            suite!(@long $name: many_random_cases = random_cases::many);
        }
    )+};
    (@tests $kernel:ident: $($test:ident = $check:path),+) => {$(
        #[test]
        fn $test() {
            if let Some(kernel) = kernel(stringify!($kernel)) {
                $check(kernel);
            }
        }
    )+};
    (@long $kernel:ident: $test:ident = $check:path) => {
        #[test]
        #[ignore = "takes minutes"]
        fn $test() {
            if let Some(kernel) = kernel(stringify!($kernel)) {
                $check(kernel);
            }
        }
    };
}

suite!(portable, avx2, avx512, neon, simd128, relaxed_simd);
