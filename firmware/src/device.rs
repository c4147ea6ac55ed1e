//! What each command does: the weights in RAM, the store, and the counters.

use crate::store::{Operation, Store, StoreError};
use crate::{Model, parameters, pixels};
use core::array;
use dense_core::losses::{Loss as _, SparseCategoricalCrossEntropy};
use dense_core::optimizers::Optimizer;
use dense_core::{Batch, Error, Kernel, Sgd, activations, argmax};
use dense_protocol::messages::{
    Classified, ClockSource, Command, Counters, FlashFault, INPUTS, Info, Learned, OUTPUTS, Refusal, Reply, Saved,
    VERSION,
};
use embedded_storage::nor_flash::NorFlash;

/// The largest magnitude of a weight for which every sum of the forward pass stays finite, whatever the image.
pub const LARGEST_WEIGHT: f32 = 1e33;
const _: () = assert!(LARGEST_WEIGHT * 255.0 * (INPUTS + 1) as f32 * 1.01 < f32::MAX);

/// What the application needs to know of the machine.
#[derive(Clone, Copy, Debug)]
pub struct Machine {
    /// Its name.
    pub board: &'static str,
    /// Clock cycles a second.
    pub clock_hz: u32,
    /// What the clock follows.
    pub clock_source: ClockSource,
    /// Bytes of RAM that are taken for good.
    pub static_bytes: u32,
    /// A counter of clock cycles, which wraps around.
    pub cycles: fn() -> u32,
}

/// The application, without its line.
#[derive(Debug)]
pub struct Device<'a, F> {
    model: &'a mut Model,
    factory: &'a Model,
    store: Store<F, INPUTS, OUTPUTS>,
    machine: Machine,
    loaded: Option<u32>,
    pub(crate) counters: Counters,
}

impl<'a, F: NorFlash> Device<'a, F> {
    /// Starts with the newest saved weights or, where there are none, with those of the `factory`. What was in `model`
    /// is gone.
    pub fn new(model: &'a mut Model, factory: &'a Model, store: Store<F, INPUTS, OUTPUTS>, machine: Machine) -> Self {
        model.copy_from(factory);
        let mut device = Self { model, factory, store, machine, loaded: None, counters: Counters::default() };
        // Without a save, or with one that fails while it is loaded, the factory's weights are in place.
        let _ = device.load();
        device
    }

    /// The weights in RAM.
    #[must_use]
    pub const fn model(&self) -> &Model {
        self.model
    }

    /// The number of the save that the weights in RAM started from; none for those of the factory.
    #[must_use]
    pub const fn loaded(&self) -> Option<u32> {
        self.loaded
    }

    /// What it has done since the start.
    #[must_use]
    pub const fn counters(&self) -> Counters {
        self.counters
    }

    /// Does what `command` says. An image has to be [prepared](pixels::prepare).
    ///
    /// # Errors
    /// A [`Refusal`] that says what was wrong.
    pub fn execute(&mut self, command: Command<'_>) -> Result<Reply<'static>, Refusal> {
        match command {
            Command::Info => Ok(Reply::Info(self.info())),
            Command::Classify { image } => self.classify(image),
            Command::Learn { image, label, learning_rate } => self.learn(image, label, learning_rate),
            Command::Counters => Ok(Reply::Counters(self.counters)),
            Command::Save => self.save(),
            Command::Load => self.load(),
            Command::FactoryReset => self.reset(),
        }
    }

    fn info(&self) -> Info<'static> {
        Info {
            version: VERSION,
            inputs: INPUTS as u16,
            outputs: OUTPUTS as u16,
            parameters: Model::PARAMETERS as u32,
            weights_checksum: self.checksum(),
            loaded: self.loaded,
            clock_hz: self.machine.clock_hz,
            clock_source: self.machine.clock_source,
            kernel: Kernel::best().name(),
            board: self.machine.board,
            model_bytes: size_of::<Model>() as u32,
            static_bytes: self.machine.static_bytes,
            slot_bytes: self.store.slot_bytes(),
        }
    }

    #[inline(never)]
    fn classify(&mut self, image: &[u8]) -> Result<Reply<'static>, Refusal> {
        let image = check_image(image)?;
        let start = (self.machine.cycles)();
        let logits = self.forward(image).map_err(|error| self.refusal(error))?;
        let mut probabilities = [logits];
        activations::Softmax::forward(&mut probabilities).map_err(|error| self.refusal(error))?;
        let cycles = self.cycles_since(start);
        self.counters.classified = self.counters.classified.wrapping_add(1);
        Ok(Reply::Classified(Classified {
            class: argmax(&logits) as u8,
            logits,
            probabilities: probabilities[0],
            cycles,
        }))
    }

    #[inline(never)]
    fn learn(&mut self, image: &[u8], label: u8, learning_rate: f32) -> Result<Reply<'static>, Refusal> {
        let image = check_image(image)?;
        let sgd = Sgd::new(learning_rate).map_err(|error| self.refusal(error))?;
        self.check_step(learning_rate).inspect_err(|_| {
            self.counters.rolled_back = self.counters.rolled_back.wrapping_add(1);
        })?;
        let start = (self.machine.cycles)();
        let (loss_before, deltas) = self.loss(image, label).map_err(|error| self.refusal(error))?;
        Batch::new(array::from_ref(image))
            .and_then(|batch| sgd.step(self.model, batch, &[deltas], &mut ()))
            .map_err(|error| self.refusal(error))?;
        let cycles = self.cycles_since(start);
        let (loss_after, _) = self.loss(image, label).map_err(|error| self.refusal(error))?;
        self.counters.learned = self.counters.learned.wrapping_add(1);
        Ok(Reply::Learned(Learned { loss_before, loss_after, cycles, weights_checksum: self.checksum() }))
    }

    /// Refuses a step after which the weights, or the logits of some image, might not be finite. A delta and a pixel
    /// are at most 1, so no weight moves by more than the learning rate: the step need not be taken, and taken back,
    /// to know. What is left of the range above [`LARGEST_WEIGHT`] is much more than the rounding.
    fn check_step(&self, learning_rate: f32) -> Result<(), Refusal> {
        let found = parameters::largest(self.model) + learning_rate;
        if found <= LARGEST_WEIGHT { Ok(()) } else { Err(Refusal::WouldDiverge { found, most: LARGEST_WEIGHT }) }
    }

    fn save(&mut self) -> Result<Reply<'static>, Refusal> {
        let saved = self.store.save(self.model).map_err(|error| self.store_refusal(error))?;
        self.loaded = Some(saved.save);
        Ok(Reply::Saved(Saved { save: saved.save, slot: saved.slot }))
    }

    fn load(&mut self) -> Result<Reply<'static>, Refusal> {
        match self.store.load(self.model) {
            Ok(saved) => {
                self.loaded = Some(saved.save);
                Ok(Reply::Loaded { save: saved.save })
            }
            Err(StoreError::NothingSaved) => Err(Refusal::NothingSaved),
            Err(error) => {
                // Half of the weights may have changed.
                self.restore_factory();
                Err(self.store_refusal(error))
            }
        }
    }

    fn reset(&mut self) -> Result<Reply<'static>, Refusal> {
        self.store.erase().map_err(|error| self.store_refusal(error))?;
        self.restore_factory();
        Ok(Reply::Reset)
    }

    fn restore_factory(&mut self) {
        self.model.copy_from(self.factory);
        self.loaded = None;
    }

    fn checksum(&self) -> u32 {
        parameters::checksum(pixels::TABLE, self.model)
    }

    fn forward(&self, image: &[u8; INPUTS]) -> Result<[f32; OUTPUTS], Error> {
        let mut logits = [[0.0; OUTPUTS]];
        self.model.forward(Batch::new(array::from_ref(image))?, &mut logits)?;
        let [logits] = logits;
        Ok(logits)
    }

    /// The loss of an image, and its derivative by each logit.
    fn loss(&self, image: &[u8; INPUTS], label: u8) -> Result<(f32, [f32; OUTPUTS]), Error> {
        let mut rows = [self.forward(image)?];
        let score = SparseCategoricalCrossEntropy::loss(&mut rows, &[label])?;
        let [deltas] = rows;
        Ok((score.loss_sum, deltas))
    }

    fn cycles_since(&self, start: u32) -> u32 {
        (self.machine.cycles)().wrapping_sub(start)
    }

    /// What the host is told of an error of dense-core.
    fn refusal(&self, error: Error) -> Refusal {
        match error {
            Error::LabelOutOfRange { label, .. } => Refusal::Label { found: label, classes: OUTPUTS as u8 },
            Error::Setting { found, least, most, .. } => Refusal::LearningRate { found, least, most },
            // The shapes fit, so what remains are logits that are not finite.
            _ => Refusal::WouldDiverge { found: parameters::largest(self.model), most: LARGEST_WEIGHT },
        }
    }

    /// What the host is told of an error of the store.
    fn store_refusal(&self, error: StoreError) -> Refusal {
        match error {
            StoreError::NothingSaved => Refusal::NothingSaved,
            StoreError::NotFinite { .. } => {
                Refusal::WouldDiverge { found: parameters::largest(self.model), most: LARGEST_WEIGHT }
            }
            StoreError::Flash { operation: Operation::Erase, .. } => Refusal::Flash(FlashFault::Erase),
            StoreError::Flash { operation: Operation::Write, .. } => Refusal::Flash(FlashFault::Write),
            StoreError::Flash { operation: Operation::Read, .. } => Refusal::Flash(FlashFault::Read),
            StoreError::Verify | StoreError::Region { .. } => Refusal::Flash(FlashFault::Verify),
        }
    }
}

fn check_image(image: &[u8]) -> Result<&[u8; INPUTS], Refusal> {
    image.try_into().map_err(|_| Refusal::WrongLength { found: image.len() as u32, expected: INPUTS as u32 })
}
