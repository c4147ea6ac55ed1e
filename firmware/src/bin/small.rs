//! Inference of two small perceptrons with int8 weights, a hundred times each, in functions that a trace can follow:
//! `bench_int8_2_8_2` and `bench_int8_10_200_10`, with ReLU, none of their inputs zero.
//!
//! A program of their own, as the compiler makes other code of a kernel that more networks use.

#![cfg_attr(target_os = "none", no_std, no_main)]

#[cfg(target_os = "none")]
mod on_device {
    use core::{array, hint};
    use dense_core::activations::Relu;
    use dense_core::quant::{Clamp, Quantization, QuantizedHidden, QuantizedNetwork, RequantizedDense};
    use dense_core::{Error, QuantizedDense, Random};
    use firmware::runtime::{self, entry, semihosting};

    type Small<const IN: usize, const WIDTH: usize, const OUT: usize> =
        QuantizedHidden<IN, WIDTH, Relu, QuantizedDense<WIDTH, OUT>>;
    static TWO_EIGHT_TWO: Small<2, 8, 2> = small();
    static TEN_200_TEN: Small<10, 200, 10> = small();

    /// Weights from -127 to 127 as if at random, and scales by which hidden sums become bytes of all sizes.
    const fn small<const IN: usize, const WIDTH: usize, const OUT: usize>() -> Small<IN, WIDTH, OUT> {
        let output = Quantization::from_bits(0.25_f32.to_bits(), 0);
        QuantizedHidden { layer: RequantizedDense::new(layer(), output, Clamp::Relu), table: (), next: layer() }
    }

    const fn layer<const IN: usize, const OUT: usize>() -> QuantizedDense<IN, OUT> {
        let (mut weights, mut scales, mut random) = ([[0; IN]; OUT], [0; OUT], 1_u32);
        let mut unit = 0;
        while unit < OUT {
            let mut input = 0;
            while input < IN {
                random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                weights[unit][input] = ((random >> 16) as i32 % 255 - 127) as i8;
                input += 1;
            }
            // Of each unit another, as in a network that was trained.
            scales[unit] = 0.001_f32.to_bits() + unit as u32;
            unit += 1;
        }
        QuantizedDense::new(weights, [0; OUT], scales)
    }

    #[entry]
    fn main() -> ! {
        runtime::start();
        semihosting::exit(run().is_ok());
        loop {
            hint::spin_loop();
        }
    }

    fn run() -> Result<(), Error> {
        let mut random = Random::new(2026, 11);
        for _ in 0..100 {
            hint::black_box(bench_int8_2_8_2(&array::from_fn(|_| 1 + random.below(255) as u8))?);
            hint::black_box(bench_int8_10_200_10(&array::from_fn(|_| 1 + random.below(255) as u8))?);
        }
        Ok(())
    }

    #[allow(unsafe_code)]
    // SAFETY: nothing else has this name, and so below.
    #[unsafe(no_mangle)]
    #[inline(never)]
    fn bench_int8_2_8_2(inputs: &[u8; 2]) -> Result<[i32; 2], Error> {
        TWO_EIGHT_TWO.infer(inputs)
    }

    #[allow(unsafe_code)]
    // SAFETY: as above.
    #[unsafe(no_mangle)]
    #[inline(never)]
    fn bench_int8_10_200_10(inputs: &[u8; 10]) -> Result<[i32; 10], Error> {
        TEN_200_TEN.infer(inputs)
    }
}

#[cfg(not(target_os = "none"))]
fn main() {
    eprintln!("small runs on a microcontroller: firmware/qemu netduinoplus2 small");
}
