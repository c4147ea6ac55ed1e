//! Each kind of work once for every test image, in functions that a trace can follow, from its pixels on. Learning is left
//! out where the weights do not fit into RAM.
//!
//!     tools/m4cycles ELF bench_f32_infer bench_f32_learn bench_int8_infer --calls 100

#![cfg_attr(target_os = "none", no_std, no_main)]

#[cfg(target_os = "none")]
mod on_device {
    use core::{array, hint};
    use dense_core::losses::{Loss, SparseCategoricalCrossEntropy};
    use dense_core::{Batch, Error, Kernel, Sgd};
    use firmware::Model;
    use firmware::pixels;
    use firmware::protocol::{INPUTS, OUTPUTS};
    use firmware::quantized;
    use firmware::runtime::{entry, ram, semihosting, singleton};
    use firmware::test_images;
    use firmware::weights::MODEL;

    /// One model where it fits, else none.
    const MODELS: usize = ram::has_room_for(size_of::<Model>()) as usize;

    #[entry]
    fn main() -> ! {
        semihosting::connect();
        let Some(models) = singleton!(: [Model; MODELS] = [const { Model::ZERO }; MODELS]) else {
            panic!("the model is taken")
        };
        let result = run(models.first_mut());
        if let Err(error) = &result {
            semihosting::print(format_args!("{error}"));
        }
        semihosting::exit(result.is_ok());
        loop {
            hint::spin_loop();
        }
    }

    fn run(mut model: Option<&mut Model>) -> Result<(), Error> {
        // First, because a trace of floats takes long where there is no FPU.
        for mut image in test_images::images().iter().copied() {
            hint::black_box(bench_int8_infer(&mut image)?);
        }
        if let Some(model) = model.as_deref_mut() {
            model.copy_from(&MODEL);
        }
        let sgd = Sgd::new(Sgd::DEFAULT_LEARNING_RATE)?;
        for (&original, &label) in test_images::images().iter().zip(test_images::labels()) {
            let mut image = original;
            hint::black_box(bench_f32_infer(&MODEL, &mut image)?);
            if let Some(model) = model.as_deref_mut() {
                image = original;
                hint::black_box(bench_f32_learn(model, &mut image, label, &sgd)?);
            }
        }
        Ok(())
    }

    /// The logits of an image.
    #[allow(unsafe_code)]
    // SAFETY: nothing else has this name.
    #[unsafe(no_mangle)]
    #[inline(never)]
    fn bench_f32_infer(model: &Model, image: &mut [u8; INPUTS]) -> Result<[f32; OUTPUTS], Error> {
        pixels::prepare(image);
        let mut logits = [[0.0; OUTPUTS]];
        model.forward(Kernel::best(), Batch::new(array::from_ref(image))?, &mut logits)?;
        let [logits] = logits;
        Ok(logits)
    }

    /// One step of gradient descent: forward, loss, backward and update. Returns the loss.
    #[allow(unsafe_code)]
    // SAFETY: as above.
    #[unsafe(no_mangle)]
    #[inline(never)]
    fn bench_f32_learn(model: &mut Model, image: &mut [u8; INPUTS], label: u8, sgd: &Sgd) -> Result<f32, Error> {
        pixels::prepare(image);
        let (kernel, batch) = (Kernel::best(), Batch::new(array::from_ref(image))?);
        let mut logits = [[0.0; OUTPUTS]];
        model.forward(kernel, batch, &mut logits)?;
        let score = SparseCategoricalCrossEntropy::loss(kernel, &mut logits, &[label])?;
        model.step_sgd(kernel, batch, &logits, sgd)?;
        Ok(score.loss)
    }

    /// The sums of an image in whole numbers, which are its logits in steps of each output.
    #[allow(unsafe_code)]
    // SAFETY: as above.
    #[unsafe(no_mangle)]
    #[inline(never)]
    fn bench_int8_infer(image: &mut [u8; INPUTS]) -> Result<[i32; OUTPUTS], Error> {
        pixels::prepare(image);
        let mut sums = [[0; OUTPUTS]];
        quantized::MODEL.forward(Kernel::best(), Batch::new(array::from_ref(image))?, &mut sums)?;
        let [sums] = sums;
        Ok(sums)
    }
}

#[cfg(not(target_os = "none"))]
fn main() {
    eprintln!("bench runs on a microcontroller: cargo run --release --config machines/<machine>.toml --bin bench");
}
