//! Inference and training steps, a hundred times each, in functions that a trace can follow:
//!
//! - `bench_f32_infer`, `bench_f32_learn`, `bench_int8_infer`: 784-10 softmax regression on the test images;
//! - `bench_f32_dense_infer`, `bench_f32_dense_learn`, `bench_int8_dense`: the same without a zero among the pixels;
//! - `bench_f32_table_infer`, `bench_f32_table_learn`, `bench_int8_table`: the same on images that go through a table;
//! - `bench_mlp_infer`, `bench_mlp_learn`: a 96-24-5 perceptron on f32 features, ReLU, softmax;
//! - `bench_watch_infer`, `bench_watch_learn`: a 150-32-7 perceptron of the same kind;
//! - `bench_device_infer`, `bench_device_learn`: whole requests of the network that the firmware is built with, from the
//!   message to the reply;
//! - `bench_authenticate`: the check of the message authentication code of such a request to learn, with the feature `key`.
//!
//! A training step is forward, loss, backward and the SGD update of all layers. What does not fit into RAM is left out.
//!
//!     tools/m4cycles ELF bench_f32_infer bench_mlp_learn --calls 100

#![cfg_attr(target_os = "none", no_std, no_main)]

#[cfg(target_os = "none")]
mod on_device {
    use core::{array, hint};
    use dense_core::activations::Relu;
    use dense_core::losses::Loss;
    use dense_core::optimizers::Optimizer;
    use dense_core::{
        Batch, Error, Hidden, Layers, Output, PixelTable, Random, Sgd, SparseCategoricalCrossEntropy, Trainer,
        Workspace,
    };
    use dense_protocol::messages::{Command, Counters, Input, Refusal, Reply, Step, Target};
    use firmware::application::{self, Served};
    use firmware::boards;
    use firmware::lesson::{self, INPUTS, MODEL, Model, OUTPUTS, QUANTIZED};
    use firmware::runtime::{self, entry, ram, semihosting, singleton};
    use weights::samples;

    /// A perceptron with one hidden layer, for f32 features.
    type Perceptron<const IN: usize, const WIDTH: usize, const OUT: usize> =
        Hidden<IN, WIDTH, Relu, Output<WIDTH, OUT, SparseCategoricalCrossEntropy>>;
    type Mlp = Perceptron<96, 24, 5>;
    type Watch = Perceptron<150, 32, 7>;

    /// Models in RAM, to be trained.
    struct Models {
        regression: Model,
        mlp: Mlp,
        watch: Watch,
    }

    /// One where it fits, else none.
    const MODELS: usize = ram::has_room_for(size_of::<Models>()) as usize;
    const ZERO: Models = Models { regression: Model::ZERO, mlp: Mlp::ZERO, watch: Watch::ZERO };
    const CALLS: u8 = lesson::COUNT as u8;
    /// A curve that brightens dark pixels, and leaves black ones black.
    static BRIGHTER: PixelTable = PixelTable::new({
        let mut values = [0; 256];
        let mut pixel = 0;
        while pixel < 256 {
            values[pixel] = (255 - (255 - pixel) * (255 - pixel) / 255) as u8;
            pixel += 1;
        }
        values
    });

    const _: () = firmware::application::check_stack();

    #[entry]
    fn main() -> ! {
        runtime::start();
        let Some(models) = singleton!(: [Models; MODELS] = [ZERO; MODELS]) else { panic!("the models are taken") };
        let result = run(models.first_mut());
        if let Err(error) = &result {
            semihosting::print(format_args!("{error}"));
        }
        semihosting::exit(result.is_ok());
        loop {
            hint::spin_loop();
        }
    }

    fn run(models: Option<&mut Models>) -> Result<(), Error> {
        // int8 first, because a trace of f32 takes long where there is no FPU.
        for image in lesson::images() {
            hint::black_box(bench_int8_infer(image)?);
        }
        for image in lesson::images() {
            hint::black_box(bench_int8_dense(&without_zeros(image))?);
        }
        for &(mut image) in lesson::images() {
            hint::black_box(bench_int8_table(&mut image)?);
        }
        for image in lesson::images() {
            hint::black_box(bench_f32_infer(MODEL, image)?);
        }
        for image in lesson::images() {
            hint::black_box(bench_f32_dense_infer(MODEL, &without_zeros(image))?);
        }
        for &(mut image) in lesson::images() {
            hint::black_box(bench_f32_table_infer(MODEL, &mut image)?);
        }
        let Some(Models { regression, mlp, watch }) = models else { return Ok(()) };
        let sgd = Sgd::new(Sgd::DEFAULT_LEARNING_RATE)?;
        regression.copy_from(MODEL);
        for (image, &label) in lesson::images().iter().zip(lesson::labels()) {
            hint::black_box(bench_f32_learn(regression, image, label, &sgd)?);
        }
        regression.copy_from(MODEL);
        for (image, &label) in lesson::images().iter().zip(lesson::labels()) {
            hint::black_box(bench_f32_dense_learn(regression, &without_zeros(image), label, &sgd)?);
        }
        regression.copy_from(MODEL);
        for (&(mut image), &label) in lesson::images().iter().zip(lesson::labels()) {
            hint::black_box(bench_f32_table_learn(regression, &mut image, label, &sgd)?);
        }
        run_perceptron(mlp, bench_mlp_infer, bench_mlp_learn, sgd)?;
        run_perceptron(watch, bench_watch_infer, bench_watch_learn, sgd)?;
        #[cfg(feature = "key")]
        authentication::run();
        // A static of its own, which a machine without room for the models has none for either.
        if const { MODELS > 0 } {
            run_device();
        }
        Ok(())
    }

    fn run_device() {
        let board = boards::start();
        let device = application::device(application::model(), board.flash, board.clock_hz, board.clock_source);
        let mut device = device.unwrap_or_else(|cause| panic!("{cause}"));
        let (mut counters, mut numbers) = (Counters::ZERO, [[0; 4]; weights::OUTPUTS]);
        for number in 0..CALLS.into() {
            let bytes = samples::bytes(number);
            let _ = hint::black_box(bench_device_infer(&mut device, &bytes, &mut counters));
            let target = samples::target(number, &mut numbers);
            let _ = hint::black_box(bench_device_learn(&mut device, &bytes, target, &mut counters));
        }
    }

    #[cfg(feature = "key")]
    mod authentication {
        use super::{CALLS, Input, Step, Target, hint, lesson};
        use dense_protocol::authentication::Key;
        use dense_protocol::frames::{self, Decoder};
        use dense_protocol::messages::{Command, MAC, Request};
        use heapless::Vec;

        /// Bytes of a frame, more than enough.
        const FRAME: usize = 1024;

        pub(super) fn run() {
            let (key, mut mac) = (Key::new([5; 32]), [0; MAC]);
            let step = Step { learning_rate: 0.01, first_trained: 0 };
            let Some(image) = lesson::images().first() else { return };
            let command =
                Command::Learn { input: Input::Values(image), target: Target::Class(3), step, expected: None };
            let request = Request { sequence: 1, session: 1, command, mac: &[] };
            let request = key.authenticate(request, 1, 1, &mut mac);
            let (mut frame, mut decoder) = (Vec::<u8, FRAME>::new(), Decoder::<FRAME>::new());
            let encoded = frames::encode(&request, &mut frame);
            let Some((end, start)) = frame.split_last() else { panic!("{encoded:?}") };
            start.iter().for_each(|&byte| drop(decoder.push(byte)));
            let Some(Ok(message)) = decoder.push(*end) else { panic!("no message") };
            for _ in 0..CALLS {
                assert!(hint::black_box(bench_authenticate(&key, &request, message)) == Some(1), "not authentic");
            }
        }

        #[inline(never)]
        fn bench_authenticate(key: &Key, request: &Request<'_>, message: &[u8]) -> Option<u32> {
            key.verified_counter(1, request, message)
        }
    }

    fn without_zeros(image: &[u8; INPUTS]) -> [u8; INPUTS] {
        image.map(|pixel| pixel.max(1))
    }

    type Infer<const IN: usize, const WIDTH: usize, const OUT: usize> = fn(
        &Perceptron<IN, WIDTH, OUT>,
        &mut Workspace<Perceptron<IN, WIDTH, OUT>, 1>,
        &[f32; IN],
    ) -> Result<[f32; OUT], Error>;
    type Learn<const IN: usize, const WIDTH: usize, const OUT: usize> = fn(
        &mut Perceptron<IN, WIDTH, OUT>,
        &mut Trainer<Perceptron<IN, WIDTH, OUT>, Sgd, 1>,
        &[f32; IN],
        u8,
    ) -> Result<f32, Error>;

    /// Draws weights and features from a fixed seed.
    fn run_perceptron<const IN: usize, const WIDTH: usize, const OUT: usize>(
        network: &mut Perceptron<IN, WIDTH, OUT>,
        infer: Infer<IN, WIDTH, OUT>,
        learn: Learn<IN, WIDTH, OUT>,
        sgd: Sgd,
    ) -> Result<(), Error> {
        let mut random = Random::new(2026, 11);
        network.glorot_uniform(&mut random);
        let (mut workspace, mut trainer) = (Workspace::ZERO, Trainer::new(sgd));
        for call in 0..CALLS {
            let features = array::from_fn(|_| 2.0 * random.uniform() - 1.0);
            hint::black_box(infer(network, &mut workspace, &features)?);
            hint::black_box(learn(network, &mut trainer, &features, call % OUT as u8)?);
        }
        Ok(())
    }

    /// The logits of an image.
    #[allow(unsafe_code)]
    // SAFETY: nothing else has this name, and so below.
    #[unsafe(no_mangle)]
    #[inline(never)]
    fn bench_f32_infer(model: &Model, image: &[u8; INPUTS]) -> Result<[f32; OUTPUTS], Error> {
        let mut logits = [[0.0; OUTPUTS]];
        model.forward(Batch::new(array::from_ref(image))?, &mut logits)?;
        let [logits] = logits;
        Ok(logits)
    }

    /// One step of gradient descent: forward, loss, backward and update. Returns the loss.
    #[allow(unsafe_code)]
    // SAFETY: as above.
    #[unsafe(no_mangle)]
    #[inline(never)]
    fn bench_f32_learn(model: &mut Model, image: &[u8; INPUTS], label: u8, sgd: &Sgd) -> Result<f32, Error> {
        let batch = Batch::new(array::from_ref(image))?;
        let mut logits = [[0.0; OUTPUTS]];
        model.forward(batch, &mut logits)?;
        let score = SparseCategoricalCrossEntropy::loss(&mut logits, &[label])?;
        sgd.step(model, batch, &logits, &mut ())?;
        Ok(score.loss())
    }

    /// The sums of an image in whole numbers, which are its logits in steps of each output.
    #[allow(unsafe_code)]
    // SAFETY: as above.
    #[unsafe(no_mangle)]
    #[inline(never)]
    fn bench_int8_infer(image: &[u8; INPUTS]) -> Result<[i32; OUTPUTS], Error> {
        let mut sums = [[0; OUTPUTS]];
        QUANTIZED.forward(Batch::new(array::from_ref(image))?, &mut sums)?;
        let [sums] = sums;
        Ok(sums)
    }

    #[allow(unsafe_code)]
    // SAFETY: as above.
    #[unsafe(no_mangle)]
    #[inline(never)]
    fn bench_f32_dense_infer(model: &Model, image: &[u8; INPUTS]) -> Result<[f32; OUTPUTS], Error> {
        bench_f32_infer(model, image)
    }

    #[allow(unsafe_code)]
    // SAFETY: as above.
    #[unsafe(no_mangle)]
    #[inline(never)]
    fn bench_f32_dense_learn(model: &mut Model, image: &[u8; INPUTS], label: u8, sgd: &Sgd) -> Result<f32, Error> {
        bench_f32_learn(model, image, label, sgd)
    }

    #[allow(unsafe_code)]
    // SAFETY: as above.
    #[unsafe(no_mangle)]
    #[inline(never)]
    fn bench_int8_dense(image: &[u8; INPUTS]) -> Result<[i32; OUTPUTS], Error> {
        bench_int8_infer(image)
    }

    #[allow(unsafe_code)]
    // SAFETY: as above.
    #[unsafe(no_mangle)]
    #[inline(never)]
    fn bench_f32_table_infer(model: &Model, image: &mut [u8; INPUTS]) -> Result<[f32; OUTPUTS], Error> {
        BRIGHTER.apply(image);
        bench_f32_infer(model, image)
    }

    #[allow(unsafe_code)]
    // SAFETY: as above.
    #[unsafe(no_mangle)]
    #[inline(never)]
    fn bench_f32_table_learn(model: &mut Model, image: &mut [u8; INPUTS], label: u8, sgd: &Sgd) -> Result<f32, Error> {
        BRIGHTER.apply(image);
        bench_f32_learn(model, image, label, sgd)
    }

    #[allow(unsafe_code)]
    // SAFETY: as above.
    #[unsafe(no_mangle)]
    #[inline(never)]
    fn bench_int8_table(image: &mut [u8; INPUTS]) -> Result<[i32; OUTPUTS], Error> {
        BRIGHTER.apply(image);
        bench_int8_infer(image)
    }

    /// The logits of a network with a hidden layer.
    fn infer<const IN: usize, const WIDTH: usize, const OUT: usize>(
        network: &Perceptron<IN, WIDTH, OUT>,
        workspace: &mut Workspace<Perceptron<IN, WIDTH, OUT>, 1>,
        features: &[f32; IN],
    ) -> Result<[f32; OUT], Error> {
        let logits = workspace.forward(network, Batch::new(array::from_ref(features))?)?;
        logits.first().copied().ok_or(Error::EmptyBatch)
    }

    /// One training step of all layers. Returns the loss.
    fn learn<const IN: usize, const WIDTH: usize, const OUT: usize>(
        network: &mut Perceptron<IN, WIDTH, OUT>,
        trainer: &mut Trainer<Perceptron<IN, WIDTH, OUT>, Sgd, 1>,
        features: &[f32; IN],
        label: u8,
    ) -> Result<f32, Error> {
        let score = trainer.step(network, array::from_ref(features), &[label])?;
        Ok(score.loss())
    }

    #[allow(unsafe_code)]
    // SAFETY: as above.
    #[unsafe(no_mangle)]
    #[inline(never)]
    fn bench_mlp_infer(
        network: &Mlp,
        workspace: &mut Workspace<Mlp, 1>,
        features: &[f32; 96],
    ) -> Result<[f32; 5], Error> {
        infer(network, workspace, features)
    }

    #[allow(unsafe_code)]
    // SAFETY: as above.
    #[unsafe(no_mangle)]
    #[inline(never)]
    fn bench_mlp_learn(
        network: &mut Mlp,
        trainer: &mut Trainer<Mlp, Sgd, 1>,
        features: &[f32; 96],
        label: u8,
    ) -> Result<f32, Error> {
        learn(network, trainer, features, label)
    }

    #[allow(unsafe_code)]
    // SAFETY: as above.
    #[unsafe(no_mangle)]
    #[inline(never)]
    fn bench_watch_infer(
        network: &Watch,
        workspace: &mut Workspace<Watch, 1>,
        features: &[f32; 150],
    ) -> Result<[f32; 7], Error> {
        infer(network, workspace, features)
    }

    #[allow(unsafe_code)]
    // SAFETY: as above.
    #[unsafe(no_mangle)]
    #[inline(never)]
    fn bench_watch_learn(
        network: &mut Watch,
        trainer: &mut Trainer<Watch, Sgd, 1>,
        features: &[f32; 150],
        label: u8,
    ) -> Result<f32, Error> {
        learn(network, trainer, features, label)
    }

    /// A request to infer.
    #[allow(unsafe_code)]
    // SAFETY: as above.
    #[unsafe(no_mangle)]
    #[inline(never)]
    fn bench_device_infer<'a>(
        device: &'a mut Served,
        bytes: &[u8],
        counters: &mut Counters,
    ) -> Result<Reply<'a>, Refusal> {
        device.execute(Command::Infer { input: Input::Values(bytes) }, counters)
    }

    /// A request to learn.
    #[allow(unsafe_code)]
    // SAFETY: as above.
    #[unsafe(no_mangle)]
    #[inline(never)]
    fn bench_device_learn<'a>(
        device: &'a mut Served,
        bytes: &[u8],
        target: Target<'_>,
        counters: &mut Counters,
    ) -> Result<Reply<'a>, Refusal> {
        let step = Step { learning_rate: 0.01, first_trained: 0 };
        device.execute(Command::Learn { input: Input::Values(bytes), target, step, expected: None }, counters)
    }
}

#[cfg(not(target_os = "none"))]
fn main() {
    eprintln!("bench runs on a microcontroller: cargo run --release --config machines/<machine>.toml --bin bench");
}
