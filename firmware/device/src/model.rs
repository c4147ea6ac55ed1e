//! The trait of networks that a device serves.

use dense_core::kernels::Element as Number;
use dense_core::{Error, PixelTable, Sgd};
use dense_protocol::checksum;
use dense_protocol::messages::{Element, Form, Refusal, Step, Target, Task};
use dense_replay::Value;

/// A network that a device serves.
pub trait Model {
    /// A number of an input.
    type Number: Input;
    /// Number of inputs.
    const INPUTS: usize;
    /// Number of outputs.
    const OUTPUTS: usize;
    /// Number of layers.
    const LAYERS: usize;
    /// Number of parameters that can learn.
    const PARAMETERS: usize;
    /// Task of the network: classes, binary, or values.
    const TASK: Task;
    /// Form of the weights: f32 or int8.
    const FORM: Form;

    /// The table that pixels go through first, if there is one.
    fn pixel_table(&self) -> Option<&'static PixelTable>;

    /// Calls `visit` with the units of each layer.
    fn visit_units(&self, visit: &mut dyn FnMut(usize));

    /// The input, as the first layer sees it.
    fn input(&self) -> &[Self::Number];

    /// The same, to be set.
    fn input_mut(&mut self) -> &mut [Self::Number];

    /// Inference: sets [`logits`](Self::logits) and [`outputs`](Self::outputs).
    ///
    /// # Errors
    /// [`Error::NotFinite`] where a number of the input, a sum of a hidden layer or a logit is NaN or infinite.
    fn infer(&mut self) -> Result<(), Error>;

    /// The logits of the last inference, f32 as four bytes each, lowest byte first.
    fn logits(&self) -> &[[u8; 4]];

    /// The outputs of the last inference, in the same form.
    fn outputs(&self) -> &[[u8; 4]];

    /// One step of gradient descent on the input. Returns the sample's loss before and after it.
    ///
    /// # Errors
    /// [`Refusal::Diverged`] where the loss after the step is not finite: the weights are of no use then. With any other
    /// [`Refusal`], nothing has changed.
    fn learn(&mut self, target: Target<'_>, step: Step) -> Result<[f32; 2], Refusal>;

    /// The parameters in RAM, layer after layer, in each the weights, output after output, and then the biases.
    fn parameters(&self) -> impl Iterator<Item = f32>;

    /// Sets the parameter at `index`, which must be finite.
    fn set_parameter(&mut self, index: usize, value: f32);

    /// Makes the parameters those that the firmware was built with.
    fn restore_factory(&mut self);

    /// The parameters that the firmware was built with.
    fn factory_parameters(&self) -> impl Iterator<Item = f32>;

    /// [Momentum](dense_core::optimizers::Optimizer::momentum) of its optimizer.
    fn momentum(&self) -> f32;

    /// Forgets the state of the optimizer, which belongs to the parameters as they were.
    fn reset_optimizer(&mut self);

    /// Bytes of RAM.
    fn bytes(&self) -> usize;

    /// [Checksum](checksum::of_parameters) of the network in RAM.
    fn checksum(&self) -> u32 {
        checksum::of_parameters(self.pixel_table().map(PixelTable::values), self.parameters())
    }

    /// The same of the network that the firmware was built with.
    fn factory_checksum(&self) -> u32 {
        checksum::of_parameters(self.pixel_table().map(PixelTable::values), self.factory_parameters())
    }
}

/// A number of an input: `u8` for a pixel, `f32` for a feature.
pub trait Input: Number + Value {
    /// How the protocol calls it.
    const ELEMENT: Element;

    /// Sets `inputs` from the bytes of a message, and sends pixels through `table`.
    ///
    /// # Errors
    /// [`Refusal::NotFinite`] for a feature that is NaN or infinite.
    fn read(inputs: &mut [Self], bytes: &[u8], table: Option<&PixelTable>) -> Result<(), Refusal>;

    /// A feature as such a number; none where inputs are pixels.
    fn from_feature(feature: f32) -> Option<Self>;
}

impl Input for u8 {
    const ELEMENT: Element = Element::U8;

    fn read(inputs: &mut [Self], bytes: &[u8], table: Option<&PixelTable>) -> Result<(), Refusal> {
        for (input, &byte) in inputs.iter_mut().zip(bytes) {
            *input = byte;
        }
        if let Some(table) = table {
            table.apply(inputs);
        }
        Ok(())
    }

    fn from_feature(_: f32) -> Option<Self> {
        None
    }
}

impl Input for f32 {
    const ELEMENT: Element = Element::F32;

    fn read(inputs: &mut [Self], bytes: &[u8], _: Option<&PixelTable>) -> Result<(), Refusal> {
        for (input, bytes) in inputs.iter_mut().zip(bytes.as_chunks().0) {
            *input = Self::from_le_bytes(*bytes);
        }
        if inputs.iter().all(|input| input.is_finite()) { Ok(()) } else { Err(Refusal::NotFinite) }
    }

    fn from_feature(feature: f32) -> Option<Self> {
        Some(feature)
    }
}

/// A target of a loss, from a message.
pub trait FromMessage: Sized {
    /// Whether it is the index of a class.
    const IS_CLASS: bool;

    /// The target of `outputs` outputs that a message says.
    ///
    /// # Errors
    /// [`Refusal::TargetKind`], [`Refusal::Label`], [`Refusal::WrongLength`] or [`Refusal::NotFinite`].
    fn from_message(target: Target<'_>, outputs: usize) -> Result<Self, Refusal>;
}

impl FromMessage for u8 {
    const IS_CLASS: bool = true;

    fn from_message(target: Target<'_>, outputs: usize) -> Result<Self, Refusal> {
        let Target::Class(class) = target else { return Err(Refusal::TargetKind) };
        // One output stands for two classes.
        let classes = if outputs == 1 { 2 } else { outputs };
        if usize::from(class) < classes {
            Ok(class)
        } else {
            Err(Refusal::Label { found: class, classes: classes.min(255) as u8 })
        }
    }
}

impl<const OUT: usize> FromMessage for [f32; OUT] {
    const IS_CLASS: bool = false;

    fn from_message(target: Target<'_>, _: usize) -> Result<Self, Refusal> {
        let Target::Values(values) = target else { return Err(Refusal::TargetKind) };
        if !values.is_whole() || values.len() != OUT {
            let (found, expected) = (values.bytes().len() as u32, size_of::<Self>() as u32);
            return Err(Refusal::WrongLength { found, expected });
        }
        let mut target = [0.0; OUT];
        for (place, value) in target.iter_mut().zip(values.values()) {
            *place = value;
        }
        if target.iter().all(|value| value.is_finite()) { Ok(target) } else { Err(Refusal::NotFinite) }
    }
}

/// The task of a network with `outputs` outputs whose targets are classes or numbers.
#[must_use]
pub const fn task(outputs: usize, is_class: bool) -> Task {
    match (outputs, is_class) {
        (1, true) => Task::Binary,
        (_, true) => Task::Classes,
        (_, false) => Task::Values,
    }
}

/// Refuses a learning rate that is out of range.
pub(crate) fn check_learning_rate(learning_rate: f32) -> Result<(), Refusal> {
    match Sgd::new(learning_rate) {
        Err(Error::Setting { found, least, most, .. }) => Err(Refusal::LearningRate { found, least, most }),
        _ => Ok(()),
    }
}

/// Stores numbers as they stand in a message.
pub(crate) fn store_bytes<const N: usize>(values: &[f32; N], bytes: &mut [[u8; 4]; N]) {
    for (bytes, value) in bytes.iter_mut().zip(values) {
        *bytes = value.to_le_bytes();
    }
}
