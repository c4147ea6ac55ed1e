//! The networks that can be trained, each under its name, and what all of them can do.

use clap::ValueEnum;
use dense_core::activations::{Activation, Relu};
use dense_core::losses::Loss as OutputHead;
use dense_core::plans::Whole;
use dense_core::{
    Adam, Dense, Error, GeneralizedCrossEntropy, Hidden, Kernel, Network, Output, Random, Sgd,
    SparseCategoricalCrossEntropy,
};

use crate::dataset::Split;
use crate::evaluate::{Prediction, classes, evaluate, logits, predict};
use crate::fit::{self, Data, Fit, FitError, KeepsMoments, Loss, Settings, State, Watch};
use crate::history::Metrics;
use crate::idx::{CLASSES, PIXELS};

/// Softmax regression.
pub type Linear = Output<PIXELS, CLASSES, SparseCategoricalCrossEntropy>;
/// Softmax regression as it is trained by generalised cross-entropy.
type RobustLinear = Output<PIXELS, CLASSES, GeneralizedCrossEntropy>;
/// One hidden layer of 32 units.
pub type Mlp32 = Hidden<PIXELS, 32, Relu, Output<32, CLASSES, SparseCategoricalCrossEntropy>>;
/// Two hidden layers, of 128 and 64 units.
pub type Mlp128x64 =
    Hidden<PIXELS, 128, Relu, Hidden<128, 64, Relu, Output<64, CLASSES, SparseCategoricalCrossEntropy>>>;

/// Which network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ModelName {
    /// 784-10: softmax regression, the model of the firmware
    Linear,
    /// 784-32-10: one hidden layer with ReLU
    Mlp32,
    /// 784-128-64-10: two hidden layers with ReLU
    #[value(name = "mlp128-64")]
    Mlp128x64,
}

impl ModelName {
    /// The name as `--model` takes it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Linear => "linear",
            Self::Mlp32 => "mlp32",
            Self::Mlp128x64 => "mlp128-64",
        }
    }

    /// The network itself, all parameters +0.0.
    #[must_use]
    pub fn network(self) -> Box<dyn Model> {
        match self {
            Self::Linear => Box::new(Linear::ZERO),
            Self::Mlp32 => Box::new(Mlp32::ZERO),
            Self::Mlp128x64 => Box::new(Mlp128x64::ZERO),
        }
    }
}

/// A network for images of ten classes.
pub trait Model: Layers {
    /// Draws the weights of each layer from the stream of initial weights, and zeroes the biases.
    fn initialise(&mut self, seed: u64);

    /// Trains on the samples and returns how that went: for each epoch the means of the loss and the accuracy of each
    /// batch before its step, as Keras reports them. It goes on from a state where there is one, of the same network and
    /// made by the same settings from the same samples.
    ///
    /// The weights come out the same, to the last bit, for any kernel, any number of threads and any interruptions.
    ///
    /// # Errors
    ///
    /// [`FitError::Diverged`] as soon as a logit is not finite; [`FitError::Core`] for wrong settings or samples, and
    /// [`FitError::NoValidation`] where those are missing.
    fn fit(
        &mut self,
        data: &Data<'_>,
        settings: &Settings,
        from: Option<&State>,
        watch: &mut Watch<'_>,
    ) -> Result<Fit, FitError>;

    /// The mean loss and the accuracy over all samples.
    ///
    /// # Errors
    ///
    /// Those of [`evaluate`].
    fn evaluate(&self, split: &Split, kernel: Kernel) -> Result<Metrics, Error>;

    /// The logits of each sample.
    ///
    /// # Errors
    ///
    /// Those of [`logits`].
    fn logits(&self, split: &Split, kernel: Kernel) -> Result<Vec<[f32; CLASSES]>, Error>;

    /// The class that each sample is taken for.
    ///
    /// # Errors
    ///
    /// Those of [`logits`].
    fn classes(&self, split: &Split, kernel: Kernel) -> Result<Vec<u8>, Error> {
        Ok(classes(&self.logits(split, kernel)?))
    }

    /// What the network makes of one image.
    ///
    /// # Errors
    ///
    /// Those of [`predict`].
    fn predict(&self, image: &[u8; PIXELS], kernel: Kernel) -> Result<Prediction, Error>;
}

/// A model of its own because its units can be shared among threads: see [`fit::units`].
impl Model for Linear {
    fn initialise(&mut self, seed: u64) {
        self.glorot_uniform(&mut Random::new(seed, Random::INITIAL_WEIGHTS));
    }

    fn fit(
        &mut self,
        data: &Data<'_>,
        settings: &Settings,
        from: Option<&State>,
        watch: &mut Watch<'_>,
    ) -> Result<Fit, FitError> {
        match settings.loss {
            Loss::CrossEntropy if settings.is_shared() => fit::units::fit(self, data, settings, from, watch),
            Loss::CrossEntropy => fit::network::fit(self, data, settings, from, watch),
            Loss::GeneralizedCrossEntropy => {
                let mut robust = Box::new(RobustLinear::ZERO);
                robust.layer.copy_from(&self.layer);
                let fit = fit::network::fit(&mut *robust, data, settings, from, watch)?;
                self.layer.copy_from(&robust.layer);
                Ok(fit)
            }
        }
    }

    fn evaluate(&self, split: &Split, kernel: Kernel) -> Result<Metrics, Error> {
        evaluate(self, split, kernel)
    }

    fn logits(&self, split: &Split, kernel: Kernel) -> Result<Vec<[f32; CLASSES]>, Error> {
        logits(self, split, kernel)
    }

    fn predict(&self, image: &[u8; PIXELS], kernel: Kernel) -> Result<Prediction, Error> {
        predict(self, image, kernel)
    }
}

/// What is minimised is measured too.
impl Model for RobustLinear {
    fn initialise(&mut self, seed: u64) {
        self.glorot_uniform(&mut Random::new(seed, Random::INITIAL_WEIGHTS));
    }

    fn fit(
        &mut self,
        data: &Data<'_>,
        settings: &Settings,
        from: Option<&State>,
        watch: &mut Watch<'_>,
    ) -> Result<Fit, FitError> {
        fit::network::fit(self, data, settings, from, watch)
    }

    fn evaluate(&self, split: &Split, kernel: Kernel) -> Result<Metrics, Error> {
        evaluate(self, split, kernel)
    }

    fn logits(&self, split: &Split, kernel: Kernel) -> Result<Vec<[f32; CLASSES]>, Error> {
        logits(self, split, kernel)
    }

    fn predict(&self, image: &[u8; PIXELS], kernel: Kernel) -> Result<Prediction, Error> {
        predict(self, image, kernel)
    }
}

impl<const WIDTH: usize, Next> Model for Hidden<PIXELS, WIDTH, Relu, Next>
where
    Next: Network<WIDTH, Target = u8, Output = [f32; CLASSES]> + Layers + Send,
    Next::State<Whole, Sgd>: KeepsMoments,
    Next::State<Whole, Adam>: KeepsMoments,
{
    fn initialise(&mut self, seed: u64) {
        self.glorot_uniform(&mut Random::new(seed, Random::INITIAL_WEIGHTS));
    }

    fn fit(
        &mut self,
        data: &Data<'_>,
        settings: &Settings,
        from: Option<&State>,
        watch: &mut Watch<'_>,
    ) -> Result<Fit, FitError> {
        fit::network::fit(self, data, settings, from, watch)
    }

    fn evaluate(&self, split: &Split, kernel: Kernel) -> Result<Metrics, Error> {
        evaluate(self, split, kernel)
    }

    fn logits(&self, split: &Split, kernel: Kernel) -> Result<Vec<[f32; CLASSES]>, Error> {
        logits(self, split, kernel)
    }

    fn predict(&self, image: &[u8; PIXELS], kernel: Kernel) -> Result<Prediction, Error> {
        predict(self, image, kernel)
    }
}

/// The numbers of one dense layer, of whatever shape.
#[derive(Clone, Debug, PartialEq)]
pub struct Layer {
    /// How many numbers go into it.
    pub inputs: usize,
    /// What is made of its sums, by Keras's name.
    pub activation: &'static str,
    /// Output after output, its weight of each input.
    pub weights: Vec<f32>,
    /// One for each output.
    pub bias: Vec<f32>,
}

impl Layer {
    fn of<const IN: usize, const OUT: usize>(layer: &Dense<IN, OUT>, activation: &'static str) -> Self {
        Self { inputs: IN, activation, weights: layer.weights().collect(), bias: layer.bias().to_vec() }
    }

    fn copy_to<const IN: usize, const OUT: usize>(&self, layer: &mut Dense<IN, OUT>) {
        layer.set_weights(self.weights.iter().copied());
        for (place, &bias) in layer.bias_mut().iter_mut().zip(&self.bias) {
            *place = bias;
        }
    }

    /// How many numbers come out of it.
    #[must_use]
    pub fn outputs(&self) -> usize {
        self.bias.len()
    }

    /// How many numbers it learns.
    #[must_use]
    pub fn parameters(&self) -> usize {
        self.weights.len() + self.bias.len()
    }
}

/// A network as a list of layers, the first one first, for the files that it is kept in.
pub trait Layers {
    /// A copy of the numbers of all layers.
    fn layers(&self) -> Vec<Layer>;

    /// Takes over the numbers of `layers`, which are of the shapes that [`layers`](Self::layers) returns.
    fn set_layers(&mut self, layers: &[Layer]);
}

impl<const IN: usize, const OUT: usize, K: OutputHead<OUT>> Layers for Output<IN, OUT, K> {
    fn layers(&self) -> Vec<Layer> {
        vec![Layer::of(&self.layer, "softmax")]
    }

    fn set_layers(&mut self, layers: &[Layer]) {
        if let [layer] = layers {
            layer.copy_to(&mut self.layer);
        }
    }
}

impl<const IN: usize, const WIDTH: usize, Next: Layers> Layers for Hidden<IN, WIDTH, Relu, Next> {
    fn layers(&self) -> Vec<Layer> {
        let mut layers = vec![Layer::of(&self.layer, Relu::NAME)];
        layers.extend(self.next.layers());
        layers
    }

    fn set_layers(&mut self, layers: &[Layer]) {
        if let [layer, next @ ..] = layers {
            layer.copy_to(&mut self.layer);
            self.next.set_layers(next);
        }
    }
}
