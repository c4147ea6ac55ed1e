//! A network of int8 weights in flash, of which a scale and an offset above each logit can learn.

use crate::model::{self, FromMessage, Input, Model};
use core::{array, marker::PhantomData};
use dense_core::losses::Loss;
use dense_core::math::fused_multiply_add;
use dense_core::quant::{ONE_LOGIT, Quantization, QuantizedNetwork};
use dense_core::{Error, PixelTable};
use dense_protocol::messages::{Form, Refusal, Step, Target, Task};

/// RAM of a [`Quantized`] network: scales and offsets, the input, the outputs.
#[derive(Debug)]
pub struct QuantizedMemory<T, const IN: usize, const OUT: usize> {
    scales: [f32; OUT],
    offsets: [f32; OUT],
    input: [T; IN],
    outputs: [[[u8; 4]; OUT]; 2],
}

impl<const IN: usize, const OUT: usize> QuantizedMemory<u8, IN, OUT> {
    /// For pixels.
    pub const NEW: Self = Self { scales: [0.0; OUT], offsets: [0.0; OUT], input: [0; IN], outputs: [[[0; 4]; OUT]; 2] };
}

impl<const IN: usize, const OUT: usize> QuantizedMemory<f32, IN, OUT> {
    /// For features.
    pub const NEW: Self =
        Self { scales: [0.0; OUT], offsets: [0.0; OUT], input: [0.0; IN], outputs: [[[0; 4]; OUT]; 2] };
}

/// How features become bytes: (feature − mean) · scale, quantised.
#[derive(Clone, Copy, Debug)]
pub struct Features<const IN: usize> {
    /// Mean and 1 / standard deviation of each feature; none where features are quantised as they are.
    pub standardization: Option<(&'static [f32; IN], &'static [f32; IN])>,
    /// The quantisation.
    pub quantization: Quantization,
}

/// A network of int8 weights in flash. Logit j is scale j · (logit j of the weights) + offset j, with one fused
/// multiply-add; the scales begin as 1 and the offsets as 0, and gradient descent changes them alone.
///
/// It has `IN` inputs of type `T`, `OUT` outputs, and loss `L`.
pub struct Quantized<'a, N: 'static, L, T, const IN: usize, const OUT: usize> {
    network: &'static N,
    memory: &'a mut QuantizedMemory<T, IN, OUT>,
    units: &'static [usize],
    features: Option<Features<IN>>,
    outputs: Quantization,
    table: Option<&'static PixelTable>,
    loss: PhantomData<L>,
}

impl<'a, N, L, T, const IN: usize, const OUT: usize> Quantized<'a, N, L, T, IN, OUT>
where
    N: QuantizedNetwork<IN, Output: Logits<OUT>> + 'static,
    L: Loss<OUT, Target: FromMessage>,
    T: Bytes,
{
    /// A network of pixels whose layers have these `units`. The outputs of a network whose last layer gives bytes have
    /// the quantisation `outputs`.
    #[must_use]
    pub fn new(
        memory: &'a mut QuantizedMemory<T, IN, OUT>,
        network: &'static N,
        units: &'static [usize],
        outputs: Quantization,
    ) -> Self {
        let mut model = Self { network, memory, units, features: None, outputs, table: None, loss: PhantomData };
        model.restore_factory();
        model
    }

    /// The same network behind a table of pixels, where there is one.
    #[must_use]
    pub fn with_pixel_table(self, table: Option<&'static PixelTable>) -> Self {
        Self { table, ..self }
    }

    /// The same network for features.
    #[must_use]
    pub fn with_features(self, features: Features<IN>) -> Self {
        Self { features: Some(features), ..self }
    }

    /// The logits of the weights, and those above the scales and offsets.
    fn forward(&self) -> Result<[[f32; OUT]; 2], Error> {
        let outputs = T::with_bytes(&self.memory.input, self.features, |bytes| self.network.infer(bytes))?;
        let below = outputs.logits(self.outputs);
        Ok([below, self.scaled(&below)])
    }

    fn scaled(&self, below: &[f32; OUT]) -> [f32; OUT] {
        let mut logits = [0.0; OUT];
        let parameters = self.memory.scales.iter().zip(&self.memory.offsets);
        for ((logit, below), (&scale, &offset)) in logits.iter_mut().zip(below).zip(parameters) {
            *logit = fused_multiply_add(scale, *below, offset);
        }
        logits
    }
}

impl<N, L, T, const IN: usize, const OUT: usize> Model for Quantized<'_, N, L, T, IN, OUT>
where
    N: QuantizedNetwork<IN, Output: Logits<OUT>> + 'static,
    L: Loss<OUT, Target: FromMessage>,
    T: Bytes,
{
    type Number = T;
    const INPUTS: usize = IN;
    const OUTPUTS: usize = OUT;
    // What learns is one layer.
    const LAYERS: usize = 1;
    const PARAMETERS: usize = 2 * OUT;
    const TASK: Task = model::task(OUT, L::Target::IS_CLASS);
    const FORM: Form = Form::Int8;

    fn pixel_table(&self) -> Option<&'static PixelTable> {
        self.table
    }

    fn visit_units(&self, visit: &mut dyn FnMut(usize)) {
        self.units.iter().for_each(|&units| visit(units));
    }

    fn input(&self) -> &[T] {
        &self.memory.input
    }

    fn input_mut(&mut self) -> &mut [T] {
        &mut self.memory.input
    }

    #[inline(never)]
    fn infer(&mut self) -> Result<(), Error> {
        let [_, mut logits] = self.forward()?;
        let [of_logits, of_outputs] = &mut self.memory.outputs;
        model::store_bytes(&logits, of_logits);
        L::output_activation(array::from_mut(&mut logits))?;
        model::store_bytes(&logits, of_outputs);
        Ok(())
    }

    fn logits(&self) -> &[[u8; 4]] {
        let [logits, _] = &self.memory.outputs;
        logits
    }

    fn outputs(&self) -> &[[u8; 4]] {
        let [_, outputs] = &self.memory.outputs;
        outputs
    }

    #[inline(never)]
    fn learn(&mut self, target: Target<'_>, step: Step) -> Result<[f32; 2], Refusal> {
        let target = L::Target::from_message(target, OUT)?;
        if step.first_trained > 0 {
            return Err(Refusal::FirstTrained { found: step.first_trained, most: 0 });
        }
        model::check_learning_rate(step.learning_rate)?;
        let targets = array::from_ref(&target);
        let [below, mut deltas] = self.forward().map_err(|_| Refusal::Overflow)?;
        let before = L::loss(array::from_mut(&mut deltas), targets).map_err(|_| Refusal::Overflow)?;
        let QuantizedMemory { scales, offsets, .. } = &mut *self.memory;
        for ((scale, offset), (delta, below)) in scales.iter_mut().zip(offsets).zip(deltas.iter().zip(&below)) {
            *scale = fused_multiply_add(-step.learning_rate, delta * below, *scale);
            *offset = fused_multiply_add(-step.learning_rate, *delta, *offset);
        }
        let mut logits = self.scaled(&below);
        let after = L::loss(array::from_mut(&mut logits), targets).map_err(|_| Refusal::Diverged)?;
        Ok([before.loss_sum, after.loss_sum])
    }

    fn parameters(&self) -> impl Iterator<Item = f32> {
        self.memory.scales.iter().chain(&self.memory.offsets).copied()
    }

    fn set_parameter(&mut self, index: usize, value: f32) {
        let QuantizedMemory { scales, offsets, .. } = &mut *self.memory;
        if let Some(place) = scales.iter_mut().chain(offsets).nth(index) {
            *place = value;
        }
    }

    fn restore_factory(&mut self) {
        self.memory.scales = [1.0; OUT];
        self.memory.offsets = [0.0; OUT];
    }

    fn factory_parameters(&self) -> impl Iterator<Item = f32> {
        [1.0; OUT].into_iter().chain([0.0; OUT])
    }

    fn momentum(&self) -> f32 {
        0.0
    }

    fn reset_optimizer(&mut self) {}

    fn bytes(&self) -> usize {
        size_of::<QuantizedMemory<T, IN, OUT>>()
    }
}

/// Outputs of a [`QuantizedNetwork`].
pub trait Logits<const OUT: usize> {
    /// They as logits; `quantization` is that of bytes.
    fn logits(self, quantization: Quantization) -> [f32; OUT];
}

impl<const OUT: usize> Logits<OUT> for [i32; OUT] {
    fn logits(self, _: Quantization) -> [f32; OUT] {
        // A power of two: the division is a multiplication.
        self.map(|logit| logit as f32 / ONE_LOGIT as f32)
    }
}

impl<const OUT: usize> Logits<OUT> for [u8; OUT] {
    fn logits(self, quantization: Quantization) -> [f32; OUT] {
        self.map(|byte| quantization.dequantize(byte))
    }
}

/// Inputs of a quantised network.
pub trait Bytes: Input {
    /// Calls `work` with the bytes of `inputs`.
    fn with_bytes<R, const IN: usize>(
        inputs: &[Self; IN],
        features: Option<Features<IN>>,
        work: impl FnOnce(&[u8; IN]) -> R,
    ) -> R;
}

impl Bytes for u8 {
    fn with_bytes<R, const IN: usize>(
        inputs: &[Self; IN],
        _: Option<Features<IN>>,
        work: impl FnOnce(&[u8; IN]) -> R,
    ) -> R {
        work(inputs)
    }
}

impl Bytes for f32 {
    fn with_bytes<R, const IN: usize>(
        inputs: &[Self; IN],
        features: Option<Features<IN>>,
        work: impl FnOnce(&[u8; IN]) -> R,
    ) -> R {
        let mut bytes = [0; IN];
        if let Some(Features { standardization, quantization }) = features {
            for (index, (byte, &input)) in bytes.iter_mut().zip(inputs).enumerate() {
                let scaled =
                    standardization.and_then(|(mean, scale)| Some((input - mean.get(index)?) * scale.get(index)?));
                *byte = quantization.quantize(scaled.unwrap_or(input));
            }
        }
        work(&bytes)
    }
}
