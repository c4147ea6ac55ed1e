//! Training steps of a 96-24-5 perceptron by other rules than a sample of SGD, a hundred times each, in functions that a
//! trace can follow, as those of `bench`, beside whose models there is no RAM for these states:
//!
//! - `bench_momentum`, `bench_adam`: a step from one sample;
//! - `bench_batch`: a step of SGD from eight.

#![cfg_attr(target_os = "none", no_std, no_main)]

#[cfg(target_os = "none")]
mod on_device {
    use core::mem::MaybeUninit;
    use core::{array, hint};
    use dense_core::activations::Relu;
    use dense_core::optimizers::Optimizer;
    use dense_core::{
        Adam, Error, Hidden, Layers, Momentum, Output, Random, Sgd, SparseCategoricalCrossEntropy, Trainer,
    };
    use firmware::runtime::{self, entry, ram, semihosting, singleton};

    const INPUTS: usize = 96;
    const OUTPUTS: usize = 5;
    const SAMPLES: usize = 8;
    const CALLS: u8 = 100;
    type Mlp = Hidden<INPUTS, 24, Relu, Output<24, OUTPUTS, SparseCategoricalCrossEntropy>>;

    struct Models {
        mlp: Mlp,
        momentum: MaybeUninit<Trainer<Mlp, Momentum, 1>>,
        adam: MaybeUninit<Trainer<Mlp, Adam, 1>>,
        batch: MaybeUninit<Trainer<Mlp, Sgd, SAMPLES>>,
        samples: [[f32; INPUTS]; SAMPLES],
    }

    const ZERO: Models = Models {
        mlp: Mlp::ZERO,
        momentum: MaybeUninit::zeroed(),
        adam: MaybeUninit::zeroed(),
        batch: MaybeUninit::zeroed(),
        samples: [[0.0; INPUTS]; SAMPLES],
    };
    /// One where it fits, else none.
    const MODELS: usize = ram::has_room_for(size_of::<Models>()) as usize;

    #[entry]
    fn main() -> ! {
        runtime::start();
        let Some(models) = singleton!(: [Models; MODELS] = [ZERO; MODELS]) else { panic!("the models are taken") };
        let result = models.first_mut().map_or(Ok(()), run);
        if let Err(error) = &result {
            semihosting::print(format_args!("{error}"));
        }
        semihosting::exit(result.is_ok());
        loop {
            hint::spin_loop();
        }
    }

    /// Draws weights and features from a fixed seed.
    fn run(models: &mut Models) -> Result<(), Error> {
        let Models { mlp, momentum, adam, batch, samples } = models;
        let momentum = Trainer::new_in(momentum, Momentum::new(Sgd::DEFAULT_LEARNING_RATE, 0.9)?);
        let adam = Trainer::new_in(adam, Adam::new(Adam::DEFAULT_LEARNING_RATE)?);
        let batch = Trainer::new_in(batch, Sgd::new(Sgd::DEFAULT_LEARNING_RATE)?);
        let mut random = Random::new(2026, 11);
        mlp.glorot_uniform(&mut random);
        for call in 0..CALLS {
            samples.as_flattened_mut().iter_mut().for_each(|feature| *feature = 2.0 * random.uniform() - 1.0);
            let labels: [u8; SAMPLES] = array::from_fn(|sample| (call + sample as u8) % OUTPUTS as u8);
            let (first, label) = (&samples[0], labels[0]);
            hint::black_box(bench_momentum(mlp, momentum, first, label)?);
            hint::black_box(bench_adam(mlp, adam, first, label)?);
            hint::black_box(bench_batch(mlp, batch, samples, &labels)?);
        }
        Ok(())
    }

    /// One training step of all layers. Returns the loss.
    fn learn<O: Optimizer, const BATCH: usize>(
        mlp: &mut Mlp,
        trainer: &mut Trainer<Mlp, O, BATCH>,
        samples: &[[f32; INPUTS]],
        labels: &[u8],
    ) -> Result<f32, Error> {
        Ok(trainer.step(mlp, samples, labels)?.loss())
    }

    #[allow(unsafe_code)]
    // SAFETY: nothing else has this name, and so below.
    #[unsafe(no_mangle)]
    #[inline(never)]
    fn bench_momentum(
        mlp: &mut Mlp,
        trainer: &mut Trainer<Mlp, Momentum, 1>,
        features: &[f32; INPUTS],
        label: u8,
    ) -> Result<f32, Error> {
        learn(mlp, trainer, array::from_ref(features), &[label])
    }

    #[allow(unsafe_code)]
    // SAFETY: as above.
    #[unsafe(no_mangle)]
    #[inline(never)]
    fn bench_adam(
        mlp: &mut Mlp,
        trainer: &mut Trainer<Mlp, Adam, 1>,
        features: &[f32; INPUTS],
        label: u8,
    ) -> Result<f32, Error> {
        learn(mlp, trainer, array::from_ref(features), &[label])
    }

    #[allow(unsafe_code)]
    // SAFETY: as above.
    #[unsafe(no_mangle)]
    #[inline(never)]
    fn bench_batch(
        mlp: &mut Mlp,
        trainer: &mut Trainer<Mlp, Sgd, SAMPLES>,
        samples: &[[f32; INPUTS]; SAMPLES],
        labels: &[u8; SAMPLES],
    ) -> Result<f32, Error> {
        learn(mlp, trainer, samples, labels)
    }
}

#[cfg(not(target_os = "none"))]
fn main() {
    eprintln!("rules runs on a microcontroller: firmware/qemu netduinoplus2 rules");
}
