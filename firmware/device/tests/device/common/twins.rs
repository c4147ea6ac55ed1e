//! The same networks by dense-core alone, on the portable kernel: what a device must come to, bit for bit.

use dense_core::losses::Loss;
use dense_core::math::fused_multiply_add;
use dense_core::optimizers::{Optimizer, State};
use dense_core::quant::{Quantization, QuantizedNetwork};
use dense_core::{Batch, Kernel, Layers, Network, PixelTable, Trainer};
use dense_device::model::Input;
use dense_device::quantized::{Features, Logits};
use dense_protocol::checksum;
use dense_protocol::messages::{Step, Target};
use std::array;
use std::marker::PhantomData;

pub trait Twin {
    /// Logits and outputs for the bytes of an input.
    fn infer(&mut self, input: &[u8]) -> [Vec<f32>; 2];

    /// The losses before and after a step; none where the loss after it is not finite.
    fn learn(&mut self, input: &[u8], target: Target<'_>, step: Step) -> Option<[f32; 2]>;

    fn parameters(&self) -> Vec<f32>;

    /// Sets the parameters, and forgets the state of the optimizer.
    fn set_parameters(&mut self, values: &[f32]);

    fn table(&self) -> Option<&'static PixelTable>;

    fn checksum(&self) -> u32 {
        checksum::of_parameters(self.table().map(PixelTable::values), self.parameters())
    }

    fn bits(&self) -> Vec<u32> {
        bits_of(self.parameters())
    }
}

/// Compares numbers by their bits, for −0.0 and 0.0 are equal.
pub fn bits_of(values: impl IntoIterator<Item = f32>) -> Vec<u32> {
    values.into_iter().map(f32::to_bits).collect()
}

/// A number of an input, from the bytes of a message.
pub trait Number: Input {
    fn all<const IN: usize>(bytes: &[u8], table: Option<&PixelTable>) -> [Self; IN];

    /// The bytes that an int8 network takes.
    fn bytes<const IN: usize>(numbers: [Self; IN], features: Option<Features<IN>>) -> [u8; IN];
}

impl Number for u8 {
    fn all<const IN: usize>(bytes: &[u8], table: Option<&PixelTable>) -> [Self; IN] {
        let pixels: [u8; IN] = bytes.try_into().expect("as many bytes as inputs");
        pixels.map(|pixel| table.map_or(pixel, |table| table.values()[usize::from(pixel)]))
    }

    fn bytes<const IN: usize>(numbers: [Self; IN], _: Option<Features<IN>>) -> [u8; IN] {
        numbers
    }
}

impl Number for f32 {
    fn all<const IN: usize>(bytes: &[u8], _: Option<&PixelTable>) -> [Self; IN] {
        array::from_fn(|index| Self::from_le_bytes(bytes[4 * index..4 * index + 4].try_into().expect("four bytes")))
    }

    fn bytes<const IN: usize>(numbers: [Self; IN], features: Option<Features<IN>>) -> [u8; IN] {
        let Features { standardization, quantization } = features.expect("a network of features");
        array::from_fn(|index| {
            let scaled = standardization.map(|(mean, scale)| (numbers[index] - mean[index]) * scale[index]);
            quantization.quantize(scaled.unwrap_or(numbers[index]))
        })
    }
}

/// The target of a loss, from that of a message.
pub trait FromTarget {
    fn from_target(target: Target<'_>) -> Self;
}

impl FromTarget for u8 {
    fn from_target(target: Target<'_>) -> Self {
        let Target::Class(class) = target else { panic!("a class") };
        class
    }
}

impl<const OUT: usize> FromTarget for [f32; OUT] {
    fn from_target(target: Target<'_>) -> Self {
        let Target::Values(values) = target else { panic!("numbers") };
        values.values().collect::<Vec<_>>().try_into().expect("a number for each output")
    }
}

pub struct FloatTwin<N: Layers, T, const IN: usize, const OUT: usize, O: Optimizer> {
    network: N,
    trainer: Trainer<N, O, 1>,
    table: Option<&'static PixelTable>,
    number: PhantomData<T>,
}

impl<N: Layers + Clone, T, const IN: usize, const OUT: usize, O: Optimizer> FloatTwin<N, T, IN, OUT, O> {
    pub fn new(network: &N, optimizer: O, table: Option<&'static PixelTable>) -> Self {
        let trainer = Trainer::new(optimizer).with_kernel(Kernel::PORTABLE);
        Self { network: network.clone(), trainer, table, number: PhantomData }
    }
}

impl<N, T, const IN: usize, const OUT: usize, O> Twin for FloatTwin<N, T, IN, OUT, O>
where
    N: Network<IN> + Layers<Output = [f32; OUT], Target: FromTarget>,
    T: Number,
    O: Optimizer,
{
    fn infer(&mut self, input: &[u8]) -> [Vec<f32>; 2] {
        let input = [T::all(input, self.table)];
        let batch = Batch::new(&input).expect("one input");
        let rows = self.trainer.workspace().forward(&self.network, batch).expect("finite");
        let logits = rows.as_flattened().to_vec();
        N::output_activation(Kernel::PORTABLE, rows).expect("finite");
        [logits, rows.as_flattened().to_vec()]
    }

    fn learn(&mut self, input: &[u8], target: Target<'_>, step: Step) -> Option<[f32; 2]> {
        let (input, target) = ([T::all(input, self.table)], [N::Target::from_target(target)]);
        self.trainer.freeze_before(step.first_trained.into()).expect("a layer");
        self.trainer.optimizer_mut().set_learning_rate(step.learning_rate).expect("in range");
        let before = self.trainer.step(&mut self.network, &input, &target).expect("finite");
        let after = self.trainer.evaluate(&self.network, &input, &target).ok()?;
        Some([before.loss_sum, after.loss_sum])
    }

    fn parameters(&self) -> Vec<f32> {
        self.network.parameters().collect()
    }

    fn set_parameters(&mut self, values: &[f32]) {
        self.network.set_parameters(values).expect("finite");
        let zeros = vec![0.0; <N::State<O> as State>::LEN];
        self.trainer.state_mut().set_values(&zeros).expect("zeros");
    }

    fn table(&self) -> Option<&'static PixelTable> {
        self.table
    }
}

pub struct QuantizedTwin<N: 'static, L, T, const IN: usize, const OUT: usize> {
    network: &'static N,
    scales: [f32; OUT],
    offsets: [f32; OUT],
    outputs: Quantization,
    table: Option<&'static PixelTable>,
    features: Option<Features<IN>>,
    kinds: PhantomData<(L, T)>,
}

impl<N, L, T, const IN: usize, const OUT: usize> QuantizedTwin<N, L, T, IN, OUT>
where
    N: QuantizedNetwork<IN, Output: Logits<OUT>>,
    T: Number,
{
    pub fn new(
        network: &'static N,
        outputs: Quantization,
        table: Option<&'static PixelTable>,
        features: Option<Features<IN>>,
    ) -> Self {
        Self { network, scales: [1.0; OUT], offsets: [0.0; OUT], outputs, table, features, kinds: PhantomData }
    }

    /// The logits of the int8 weights.
    fn below(&self, input: &[u8]) -> [f32; OUT] {
        let bytes = T::bytes(T::all(input, self.table), self.features);
        self.network.infer_with(Kernel::PORTABLE, &bytes).expect("it has no errors").logits(self.outputs)
    }

    fn above(&self, below: [f32; OUT]) -> [f32; OUT] {
        array::from_fn(|output| fused_multiply_add(self.scales[output], below[output], self.offsets[output]))
    }
}

impl<N, L, T, const IN: usize, const OUT: usize> Twin for QuantizedTwin<N, L, T, IN, OUT>
where
    N: QuantizedNetwork<IN, Output: Logits<OUT>>,
    L: Loss<OUT, Target: FromTarget>,
    T: Number,
{
    fn infer(&mut self, input: &[u8]) -> [Vec<f32>; 2] {
        let logits = self.above(self.below(input));
        let mut rows = [logits];
        L::output_activation_with(Kernel::PORTABLE, &mut rows).expect("finite");
        [logits.to_vec(), rows.as_flattened().to_vec()]
    }

    fn learn(&mut self, input: &[u8], target: Target<'_>, step: Step) -> Option<[f32; 2]> {
        let below = self.below(input);
        let targets = [L::Target::from_target(target)];
        let mut rows = [self.above(below)];
        let before = L::loss_with(Kernel::PORTABLE, &mut rows, &targets).expect("finite");
        for (output, delta) in rows[0].into_iter().enumerate() {
            self.scales[output] = fused_multiply_add(-step.learning_rate, delta * below[output], self.scales[output]);
            self.offsets[output] = fused_multiply_add(-step.learning_rate, delta, self.offsets[output]);
        }
        let after = L::loss_with(Kernel::PORTABLE, &mut [self.above(below)], &targets).ok()?;
        Some([before.loss_sum, after.loss_sum])
    }

    fn parameters(&self) -> Vec<f32> {
        [self.scales, self.offsets].concat()
    }

    fn set_parameters(&mut self, values: &[f32]) {
        let (scales, offsets) = values.split_at(OUT);
        self.scales.copy_from_slice(scales);
        self.offsets.copy_from_slice(offsets);
    }

    fn table(&self) -> Option<&'static PixelTable> {
        self.table
    }
}
