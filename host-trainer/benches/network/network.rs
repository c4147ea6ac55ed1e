//! The network 784 → 128 → 64 → 10 with ReLU between its layers, and a step of training by Adam on shuffled images.

use dense_core::losses::{Loss, SparseCategoricalCrossEntropy};
use dense_core::math::SMALLEST_SIGNAL;
use dense_core::{Adam, AdamState, Batch, Dense, Error, Kernel, Random};
use host_trainer::dataset::Split;

use crate::BATCH_SIZE;

/// A layer with Adam's moments, what comes out of it, and the derivatives of the loss by that.
struct Layer<const IN: usize, const OUT: usize> {
    parameters: Dense<IN, OUT>,
    state: AdamState<IN, OUT>,
    outputs: [[f32; OUT]; BATCH_SIZE],
    deltas: [[f32; OUT]; BATCH_SIZE],
}

impl<const IN: usize, const OUT: usize> Layer<IN, OUT> {
    fn new(random: &mut Random) -> Box<Self> {
        let mut layer = Box::new(Self {
            parameters: Dense::ZERO,
            state: AdamState::ZERO,
            outputs: [[0.0; OUT]; BATCH_SIZE],
            deltas: [[0.0; OUT]; BATCH_SIZE],
        });
        layer.parameters.glorot_uniform(random);
        layer
    }

    /// ReLU of the outputs, in place.
    fn rectify(&mut self) {
        for output in self.outputs.as_flattened_mut() {
            *output = if *output < SMALLEST_SIGNAL { 0.0 } else { *output };
        }
    }

    /// Only what ReLU let through had a part in the loss.
    fn rectify_deltas(&mut self) {
        for (delta, &output) in self.deltas.as_flattened_mut().iter_mut().zip(self.outputs.as_flattened()) {
            *delta = if output > 0.0 { *delta } else { 0.0 };
        }
    }
}

/// The network, and where it is in the samples.
pub(crate) struct Network<'a> {
    first: Box<Layer<784, 128>>,
    second: Box<Layer<128, 64>>,
    third: Box<Layer<64, 10>>,
    adam: Adam,
    samples: &'a Split,
    order: Vec<u32>,
    position: usize,
}

impl<'a> Network<'a> {
    /// Floating-point operations of a step in multiply-adds: forward and gradient for every weight, and backward for
    /// those of the layers that have another before them.
    pub(crate) const OPERATIONS: usize = 2 * BATCH_SIZE * (2 * (784 * 128 + 128 * 64 + 64 * 10) + (128 * 64 + 64 * 10));

    pub(crate) fn new(samples: &'a Split) -> Result<Self, Error> {
        let mut random = Random::new(0, Random::INITIAL_WEIGHTS);
        let (first, second, third) = (Layer::new(&mut random), Layer::new(&mut random), Layer::new(&mut random));
        let mut order: Vec<u32> = (0..).take(samples.len()).collect();
        Random::new(0, Random::SHUFFLE).shuffle(&mut order);
        Ok(Self { first, second, third, adam: Adam::new(0.001)?, samples, order, position: 0 })
    }

    /// Learns from the next batch: forward, loss, backward, update.
    pub(crate) fn step(&mut self, kernel: Kernel) -> Result<(), Error> {
        let Self { first, second, third, adam, samples, order, position } = self;
        if *position + 2 * BATCH_SIZE > order.len() {
            *position = 0;
        }
        let (these, next) = order[*position..][..2 * BATCH_SIZE].split_at(BATCH_SIZE);
        *position += BATCH_SIZE;
        let labels: [u8; BATCH_SIZE] = std::array::from_fn(|sample| samples.labels[these[sample] as usize]);
        let images = Batch::indexed(&samples.images, these)?.followed_by(next)?;

        first.parameters.forward(kernel, images, &mut first.outputs)?;
        first.rectify();
        second.parameters.forward(kernel, Batch::new(&first.outputs)?, &mut second.outputs)?;
        second.rectify();
        third.parameters.forward(kernel, Batch::new(&second.outputs)?, &mut third.deltas)?;
        SparseCategoricalCrossEntropy::loss(kernel, &mut third.deltas, &labels)?;

        // A layer's deltas go backward through its weights before these change.
        third.parameters.backward(kernel, &third.deltas, &mut second.deltas)?;
        second.rectify_deltas();
        second.parameters.backward(kernel, &second.deltas, &mut first.deltas)?;
        first.rectify_deltas();
        let step = adam.next_step();
        let batch = Batch::new(&second.outputs)?;
        third.parameters.step_adam(kernel, batch, &third.deltas, &mut third.state, &step)?;
        let batch = Batch::new(&first.outputs)?;
        second.parameters.step_adam(kernel, batch, &second.deltas, &mut second.state, &step)?;
        first.parameters.step_adam(kernel, images, &first.deltas, &mut first.state, &step)
    }
}
