//! Networks of every kind that a device serves: pixels and features, classes and numbers, f32 and int8.

use super::Random;
use super::conversation::leak;
use super::twins::{FloatTwin, QuantizedTwin, Twin};
use dense_core::activations::{Relu, Tanh};
use dense_core::optimizers::Optimizer;
use dense_core::quant::{Clamp, Quantization, QuantizedHidden, RequantizedDense};
use dense_core::{
    BinaryCrossEntropy, Hidden, Layers, Momentum, Mse, Network, Output, PixelTable, QuantizedDense, Sgd,
    SparseCategoricalCrossEntropy,
};
use dense_device::model::{FromMessage, Input};
use dense_device::quantized::Features;
use dense_device::{Learner, LearnerMemory, Model, Quantized, QuantizedMemory};
use dense_protocol::messages;

/// A kind of network.
pub trait Kind {
    const NAME: &str;
    type Model: Model;

    /// The network as a device serves it.
    fn model() -> Self::Model;

    /// The same by dense-core alone, on the portable kernel.
    fn twin() -> Box<dyn Twin>;

    /// Units of the layers.
    fn units() -> &'static [u16];

    /// The window that its inputs are, if they are one.
    fn window() -> Option<messages::Window> {
        None
    }
}

/// Calls a function for every kind.
macro_rules! for_every_kind {
    ($function:ident) => {
        $function::<$crate::common::networks::Committed>();
        for_every_small_kind!($function);
    };
}

/// Calls a function for every kind but the large one.
macro_rules! for_every_small_kind {
    ($function:ident) => {
        $function::<$crate::common::networks::Regression>();
        $function::<$crate::common::networks::Pixels>();
        $function::<$crate::common::networks::Series>();
        $function::<$crate::common::networks::Binary>();
        $function::<$crate::common::networks::Int8Pixels>();
        $function::<$crate::common::networks::Int8Features>();
    };
}

/// A network of f32 weights, behind a table of pixels where there is one.
fn learner<N, T, const IN: usize, const OUT: usize, O>(
    factory: &'static N,
    optimizer: O,
    table: Option<&'static PixelTable>,
    memory: LearnerMemory<N, T, IN, OUT, O>,
) -> Learner<'static, N, T, IN, OUT, O>
where
    N: Network<IN> + Layers<Output = [f32; OUT], Target: FromMessage> + 'static,
    T: Input + Default,
    O: Optimizer + 'static,
{
    Learner::new(leak(memory), factory, optimizer).with_pixel_table(table)
}

/// The factory parameters of a kind, the same every time.
fn random_network<N: Layers>(seed: u64) -> &'static N {
    let (mut random, network) = (Random(seed), leak(N::ZERO));
    for index in 0..N::PARAMETERS {
        network.set_parameter(index, random.feature());
    }
    network
}

/// The network that the firmware is built with: 784 pixels, ten classes.
pub struct Committed;

impl Kind for Committed {
    const NAME: &str = "committed";
    type Model = weights::Served<'static>;

    fn model() -> Self::Model {
        weights::new(leak(weights::Memory::NEW))
    }

    fn twin() -> Box<dyn Twin> {
        Box::new(FloatTwin::<_, u8, { weights::INPUTS }, { weights::OUTPUTS }, _>::new(
            &weights::MODEL,
            Sgd::DEFAULT,
            weights::PIXEL_TABLE,
        ))
    }

    fn units() -> &'static [u16] {
        &[10]
    }
}

/// Two numbers of three features, without a hidden layer.
pub struct Regression;

pub type RegressionNetwork = Output<3, 2, Mse>;

impl Regression {
    /// With other factory weights.
    pub fn of_seed(seed: u64) -> <Self as Kind>::Model {
        learner(random_network(seed), Sgd::DEFAULT, None, LearnerMemory::<_, f32, 3, 2, _>::NEW)
    }
}

impl Kind for Regression {
    const NAME: &str = "regression";
    type Model = Learner<'static, RegressionNetwork, f32, 3, 2, Sgd>;

    fn model() -> Self::Model {
        Self::of_seed(1)
    }

    fn twin() -> Box<dyn Twin> {
        Box::new(FloatTwin::<_, f32, 3, 2, _>::new(random_network::<RegressionNetwork>(1), Sgd::DEFAULT, None))
    }

    fn units() -> &'static [u16] {
        &[2]
    }
}

/// Three classes of six pixels behind a table.
pub struct Pixels;

type PixelsNetwork = Hidden<6, 4, Relu, Output<4, 3, SparseCategoricalCrossEntropy>>;

fn table() -> Option<&'static PixelTable> {
    Some(leak(PixelTable::power(0.5)))
}

impl Kind for Pixels {
    const NAME: &str = "pixels";
    type Model = Learner<'static, PixelsNetwork, u8, 6, 3, Sgd>;

    fn model() -> Self::Model {
        learner(random_network(2), Sgd::DEFAULT, table(), LearnerMemory::<_, u8, 6, 3, _>::NEW)
    }

    fn twin() -> Box<dyn Twin> {
        Box::new(FloatTwin::<_, u8, 6, 3, _>::new(random_network::<PixelsNetwork>(2), Sgd::DEFAULT, table()))
    }

    fn units() -> &'static [u16] {
        &[4, 3]
    }
}

/// Three classes of windows of a time series.
pub struct Series;

type SeriesNetwork = Hidden<4, 5, Relu, Output<5, 3, SparseCategoricalCrossEntropy>>;

impl Kind for Series {
    const NAME: &str = "series";
    type Model = Learner<'static, SeriesNetwork, f32, 4, 3, Sgd>;

    fn model() -> Self::Model {
        learner(random_network(3), Sgd::DEFAULT, None, LearnerMemory::<_, f32, 4, 3, _>::NEW)
    }

    fn twin() -> Box<dyn Twin> {
        Box::new(FloatTwin::<_, f32, 4, 3, _>::new(random_network::<SeriesNetwork>(3), Sgd::DEFAULT, None))
    }

    fn units() -> &'static [u16] {
        &[5, 3]
    }

    fn window() -> Option<messages::Window> {
        Some(messages::Window { channels: 2, length: 6, stride: 4, downsample: 3 })
    }
}

/// Two classes by one output of five features, learned with momentum.
pub struct Binary;

type BinaryNetwork = Hidden<5, 3, Tanh, Hidden<3, 4, Relu, Output<4, 1, BinaryCrossEntropy>>>;

fn momentum() -> Momentum {
    Momentum::new(0.01, 0.9).expect("in range")
}

impl Kind for Binary {
    const NAME: &str = "binary";
    type Model = Learner<'static, BinaryNetwork, f32, 5, 1, Momentum>;

    fn model() -> Self::Model {
        learner(random_network(4), momentum(), None, LearnerMemory::<_, f32, 5, 1, _>::NEW)
    }

    fn twin() -> Box<dyn Twin> {
        Box::new(FloatTwin::<_, f32, 5, 1, _>::new(random_network::<BinaryNetwork>(4), momentum(), None))
    }

    fn units() -> &'static [u16] {
        &[3, 4, 1]
    }
}

/// Three classes of six pixels behind a table, by int8 weights.
pub struct Int8Pixels;

type Int8PixelsNetwork = QuantizedDense<6, 3>;

static INT8_PIXELS: Int8PixelsNetwork = QuantizedDense::new(
    [[1, -2, 3, -4, 5, 6], [-127, 127, 0, 64, -64, 9], [9, 8, 7, 6, 5, 4]],
    [10, -20, 300],
    [0.001_f32.to_bits(), 0.0005_f32.to_bits(), 0.003_f32.to_bits()],
);

impl Kind for Int8Pixels {
    const NAME: &str = "int8 pixels";
    type Model = Quantized<'static, Int8PixelsNetwork, SparseCategoricalCrossEntropy, u8, 6, 3>;

    fn model() -> Self::Model {
        let memory = leak(QuantizedMemory::<u8, 6, 3>::NEW);
        Quantized::new(memory, &INT8_PIXELS, &[3], Quantization::PIXELS).with_pixel_table(table())
    }

    fn twin() -> Box<dyn Twin> {
        Box::new(QuantizedTwin::<_, SparseCategoricalCrossEntropy, u8, 6, 3>::new(
            &INT8_PIXELS,
            Quantization::PIXELS,
            table(),
            None,
        ))
    }

    fn units() -> &'static [u16] {
        &[3]
    }
}

/// Two numbers of four standardised features, by int8 weights whose outputs are bytes.
pub struct Int8Features;

type Int8FeaturesNetwork = QuantizedHidden<4, 3, Relu, RequantizedDense<3, 2>>;

const BETWEEN: Quantization = Quantization::from_bits(0.03_f32.to_bits(), 0);
const OUTPUTS: Quantization = Quantization::from_bits(0.02_f32.to_bits(), 100);
const FEATURES: Features<4> = Features {
    standardization: Some((&[0.5, -0.25, 0.0, 1.0], &[2.0, 1.5, 0.75, 3.0])),
    quantization: Quantization::from_bits(0.04_f32.to_bits(), 128),
};

static INT8_FEATURES: Int8FeaturesNetwork = {
    let [a, b, c] = [0.0006_f32.to_bits(), 0.0005_f32.to_bits(), 0.0004_f32.to_bits()];
    let hidden = QuantizedDense::new(
        [[100, -20, 30, -40], [-50, 60, 70, -80], [90, 10, -127, 127]],
        [-5000, 1000, 0],
        [a, b, c],
    );
    let output = QuantizedDense::new([[90, -100, 110], [-120, 127, 3]], [500, -500], [b, c]);
    QuantizedHidden {
        layer: RequantizedDense::new(hidden, BETWEEN, Clamp::Relu),
        table: (),
        next: RequantizedDense::new(output, OUTPUTS, Clamp::None),
    }
};

impl Kind for Int8Features {
    const NAME: &str = "int8 features";
    type Model = Quantized<'static, Int8FeaturesNetwork, Mse, f32, 4, 2>;

    fn model() -> Self::Model {
        let memory = leak(QuantizedMemory::<f32, 4, 2>::NEW);
        Quantized::new(memory, &INT8_FEATURES, &[3, 2], OUTPUTS).with_features(FEATURES)
    }

    fn twin() -> Box<dyn Twin> {
        Box::new(QuantizedTwin::<_, Mse, f32, 4, 2>::new(&INT8_FEATURES, OUTPUTS, None, Some(FEATURES)))
    }

    fn units() -> &'static [u16] {
        &[3, 2]
    }
}
