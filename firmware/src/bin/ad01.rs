//! Compares MLPerf Tiny's anomaly detection network, on the clip in `data/ad01`, with TensorFlow Lite's reference
//! kernels: every byte of the outputs of 196 inputs. `tests/ad01.rs` compares the other kernels.
//!
//! It is for that network alone; `data/ad01/README.md` says how it becomes `quantized.rs`:
//!
//!     WEIGHTS=$PWD/target/ad01/quantized.rs firmware/qemu netduinoplus2 ad01
//!
//! `bench_ad_int8` is one inference, from bytes to bytes, in a function that `tools/m4cycles` can follow.

#![cfg_attr(target_os = "none", no_std, no_main)]

#[cfg(ad01)]
mod clip {
    use core::fmt::Arguments;
    use core::hint;
    use dense_core::quant::QuantizedNetwork;
    use dense_core::{Error, Kernel};
    use dense_protocol::checksum::Checksum;
    use firmware::golden::{Comparison, Witness};
    use weights::generated::INPUT;
    use weights::{INPUTS, MODEL, OUTPUTS};

    /// Log-mel energies of a frame. An input is five frames in a row.
    const MELS: usize = 128;
    /// Whole frames, each value an f32, the lowest byte first.
    static CLIP: &[u8] = include_bytes!("../../../data/ad01/normal_id_01_00000000_hist_librosa.bin");
    /// CRC-32C of the int8 outputs of each input, and one more, of other inputs.
    static CHECKSUMS: &[u8] = include_bytes!("../../../data/ad01/outputs.crc32c");

    /// Returns whether all outputs were right, and there were any.
    pub(super) fn compare(mut print: impl FnMut(Arguments<'_>)) -> Result<bool, Error> {
        let (expected, _) = CHECKSUMS.split_last_chunk::<4>().unwrap_or((&[], &[0; 4]));
        let mut comparison = Comparison::new(Kernel::best().name(), expected, &mut print);
        let (frames, _) = CLIP.as_chunks::<{ MELS * 4 }>();
        for (number, window) in frames.windows(INPUTS / MELS).enumerate() {
            let (values, _) = window.as_flattened().as_chunks();
            let mut inputs = [0; INPUTS];
            for (input, value) in inputs.iter_mut().zip(values) {
                *input = INPUT.quantize(f32::from_le_bytes(*value));
            }
            let outputs = hint::black_box(bench_ad_int8(&inputs)?);
            let mut checksum = Checksum::default();
            // As int8, without the 128 that is added here.
            outputs.iter().for_each(|output| checksum.update(&[output ^ 128]));
            comparison.see(format_args!("checksum of the outputs of input {number}"), checksum.finish());
        }
        let [passed, failed, left] = comparison.counts();
        print(format_args!("{passed} passed, {} failed", failed + left));
        Ok(passed > 0 && failed + left == 0)
    }

    #[allow(unsafe_code)]
    // SAFETY: nothing else has this name.
    #[unsafe(no_mangle)]
    #[inline(never)]
    fn bench_ad_int8(inputs: &[u8; INPUTS]) -> Result<[u8; OUTPUTS], Error> {
        MODEL.infer(inputs)
    }
}

#[cfg(not(ad01))]
mod clip {
    use core::fmt::Arguments;
    use dense_core::Error;

    pub(super) fn compare(mut print: impl FnMut(Arguments<'_>)) -> Result<bool, Error> {
        print(format_args!("built with another network: WEIGHTS must be that of data/ad01"));
        Ok(false)
    }
}

#[cfg(target_os = "none")]
mod on_device {
    use core::hint;
    use firmware::log;
    use firmware::runtime::{self, entry, semihosting};

    #[entry]
    fn main() -> ! {
        runtime::start();
        let passed = super::clip::compare(log::print).unwrap_or_else(|error| {
            log::print(format_args!("{error}"));
            false
        });
        semihosting::exit(passed);
        // A probe could not fetch the log from a chip that sleeps.
        loop {
            hint::spin_loop();
        }
    }
}

#[cfg(not(target_os = "none"))]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let passed = clip::compare(|line| println!("{line}"))?;
    if passed { Ok(()) } else { Err("this machine computes something else".into()) }
}
