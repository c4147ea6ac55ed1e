//! A network of f32 weights in RAM, which all can learn.

use crate::model::{self, FromMessage, Input, Model};
use core::array;
use core::mem::MaybeUninit;
use dense_core::optimizers::Optimizer;
use dense_core::{Batch, Error, Kernel, Layers, Memory, Network, PixelTable, Trainer};
use dense_protocol::messages::{Form, Refusal, Step, Target, Task};

/// RAM of a [`Learner`]: weights, state of the optimizer, activations and deltas, the input and the outputs.
///
/// As a static it takes no flash.
#[derive(Debug)]
pub struct LearnerMemory<N: Layers, T, const IN: usize, const OUT: usize, O: Optimizer> {
    network: MaybeUninit<N>,
    trainer: MaybeUninit<Trainer<N, O, 1>>,
    input: MaybeUninit<[T; IN]>,
    outputs: [[[u8; 4]; OUT]; 2],
}

impl<N: Layers, T, const IN: usize, const OUT: usize, O: Optimizer> LearnerMemory<N, T, IN, OUT, O> {
    /// Nothing in it.
    pub const NEW: Self = Self {
        network: MaybeUninit::uninit(),
        trainer: MaybeUninit::uninit(),
        input: MaybeUninit::uninit(),
        outputs: [[[0; 4]; OUT]; 2],
    };
}

/// A network of f32 weights in RAM that learns by optimizer `O`, one sample at a time.
///
/// It has `IN` inputs of type `T` and `OUT` outputs.
pub struct Learner<'a, N: Layers + 'static, T, const IN: usize, const OUT: usize, O: Optimizer> {
    network: &'a mut N,
    trainer: &'a mut Trainer<N, O, 1>,
    input: &'a mut [T; IN],
    /// Logits and outputs.
    outputs: &'a mut [[[u8; 4]; OUT]; 2],
    factory: &'static N,
    table: Option<&'static PixelTable>,
}

impl<'a, N, T, const IN: usize, const OUT: usize, O> Learner<'a, N, T, IN, OUT, O>
where
    N: Network<IN> + Layers<Output = [f32; OUT], Target: FromMessage> + 'static,
    T: Input + Default,
    O: Optimizer,
{
    /// A network with the parameters of `factory`. The learning rate of `optimizer` is that of each step.
    #[must_use]
    pub fn new(memory: &'a mut LearnerMemory<N, T, IN, OUT, O>, factory: &'static N, optimizer: O) -> Self {
        let LearnerMemory { network, trainer, input, outputs } = memory;
        let network = N::zero_in(network);
        network.copy_from(factory);
        let trainer = Trainer::new_in(trainer, optimizer);
        Self { network, trainer, input: input.write([T::default(); IN]), outputs, factory, table: None }
    }

    /// The same network behind a table of pixels, where there is one.
    #[must_use]
    pub fn with_pixel_table(self, table: Option<&'static PixelTable>) -> Self {
        Self { table, ..self }
    }

    /// The network.
    #[must_use]
    pub const fn network(&self) -> &N {
        self.network
    }
}

impl<N, T, const IN: usize, const OUT: usize, O> Model for Learner<'_, N, T, IN, OUT, O>
where
    N: Network<IN> + Layers<Output = [f32; OUT], Target: FromMessage> + 'static,
    T: Input + Default,
    O: Optimizer,
{
    type Number = T;
    const INPUTS: usize = IN;
    const OUTPUTS: usize = OUT;
    const LAYERS: usize = N::LAYERS;
    const PARAMETERS: usize = N::PARAMETERS;
    const TASK: Task = model::task(OUT, N::Target::IS_CLASS);
    const FORM: Form = Form::F32;

    fn pixel_table(&self) -> Option<&'static PixelTable> {
        self.table
    }

    fn visit_units(&self, visit: &mut dyn FnMut(usize)) {
        self.network.visit_layers(0, &mut |_, layer| visit(layer.outputs));
    }

    fn input(&self) -> &[T] {
        self.input
    }

    fn input_mut(&mut self) -> &mut [T] {
        self.input
    }

    #[inline(never)]
    fn infer(&mut self) -> Result<(), Error> {
        let workspace = self.trainer.workspace();
        let rows = workspace.forward(&*self.network, Batch::new(array::from_ref(&*self.input))?)?;
        let logits = rows.first_mut().ok_or(Error::EmptyBatch)?;
        let [of_logits, of_outputs] = &mut *self.outputs;
        model::store_bytes(logits, of_logits);
        N::output_activation(Kernel::best(), array::from_mut(logits))?;
        model::store_bytes(logits, of_outputs);
        Ok(())
    }

    fn logits(&self) -> &[[u8; 4]] {
        let [logits, _] = &*self.outputs;
        logits
    }

    fn outputs(&self) -> &[[u8; 4]] {
        let [_, outputs] = &*self.outputs;
        outputs
    }

    #[inline(never)]
    fn learn(&mut self, target: Target<'_>, step: Step) -> Result<[f32; 2], Refusal> {
        let target = N::Target::from_message(target, OUT)?;
        self.trainer
            .freeze_before(step.first_trained.into())
            .map_err(|_| Refusal::FirstTrained { found: step.first_trained, most: (N::LAYERS - 1) as u8 })?;
        model::check_learning_rate(step.learning_rate)?;
        self.trainer.optimizer_mut().set_learning_rate(step.learning_rate).map_err(|_| Refusal::Overflow)?;
        let (input, target) = (array::from_ref(&*self.input), array::from_ref(&target));
        // The shapes fit and the input is finite, so what remains are sums, logits or deltas that are not.
        let before = self.trainer.step(self.network, input, target).map_err(|_| Refusal::Overflow)?;
        let after = self.trainer.evaluate(self.network, input, target).map_err(|_| Refusal::Diverged)?;
        Ok([before.loss_sum, after.loss_sum])
    }

    fn parameters(&self) -> impl Iterator<Item = f32> {
        self.network.parameters()
    }

    fn set_parameter(&mut self, index: usize, value: f32) {
        self.network.set_parameter(index, value);
    }

    fn restore_factory(&mut self) {
        self.network.copy_from(self.factory);
    }

    fn factory_parameters(&self) -> impl Iterator<Item = f32> {
        self.factory.parameters()
    }

    fn momentum(&self) -> f32 {
        self.trainer.optimizer().momentum()
    }

    fn reset_optimizer(&mut self) {
        *self.trainer.state_mut() = Memory::ZERO;
    }

    fn bytes(&self) -> usize {
        size_of::<LearnerMemory<N, T, IN, OUT, O>>()
    }
}
