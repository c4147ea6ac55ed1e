//! Execution of commands, on the network, its parameters in flash and the window.

mod inference;
mod learning;
mod parameters;

use crate::samples::{NoSamples, Samples};
use crate::store::{Store, StoreError};
use crate::{Model, Window, model::Input as _};
use core::ops::Range;
use dense_core::Kernel;
use dense_protocol::messages::{ClockSource, Command, Counters, Hello, Network, Origin, Refusal, Reply, VERSION};
use embedded_storage::nor_flash::NorFlash;
use heapless::Vec;

/// Parameters in one answer.
pub const PARAMETERS_READ: usize = 48;
/// Layers of a network, at most.
const LAYERS: usize = 16;

/// Description of the machine, and its cycle counter.
#[derive(Clone, Copy, Debug)]
pub struct Machine {
    /// Its name, of up to 64 bytes.
    pub board: &'static str,
    /// Clock cycles a second.
    pub clock_hz: u32,
    /// Source of the clock.
    pub clock_source: ClockSource,
    /// Bytes of RAM that are taken for good.
    pub static_bytes: u32,
    /// A counter of clock cycles, which wraps around; one that stays at 0 where there is none.
    pub cycles: fn() -> u32,
    /// Called after each step of practice, as for a watchdog; between requests the line is idle.
    pub feed_watchdog: fn(),
}

/// The application, without its line.
pub struct Device<'a, M, F, S = NoSamples> {
    model: M,
    flash: F,
    store: Store,
    samples: S,
    window: Option<Window<'a>>,
    machine: Machine,
    names_checksum: u32,
    /// Inputs and units of the layers, two bytes each.
    widths: Vec<u8, { 2 * (LAYERS + 1) }>,
    origin: Origin,
    /// The checksum of the parameters, as long as it is known.
    checksum: Option<u32>,
    /// While parameters are written, the index of the next one.
    written: Option<u32>,
    /// Parameters on their way to the host.
    read: [[u8; 4]; PARAMETERS_READ],
}

impl<'a, M: Model, F: NorFlash> Device<'a, M, F> {
    /// Starts with the newest saved parameters or, where there are none, with those of the firmware. `region` is the part
    /// of `flash` for two saves; an empty one is that of a board without.
    ///
    /// # Errors
    /// [`StoreError::Region`].
    pub fn new(model: M, flash: F, region: Range<u32>, machine: Machine) -> Result<Self, StoreError> {
        const { assert!(M::LAYERS <= LAYERS && M::OUTPUTS <= u16::MAX as usize && M::INPUTS <= u16::MAX as usize) };
        let store = Store::new(&flash, region, &model)?;
        let mut widths = Vec::new();
        let mut add = |width: usize| {
            // More layers than there is room for do not compile, but those of an int8 network are a run-time list.
            let _ = widths.extend_from_slice(&(width as u16).to_le_bytes());
        };
        add(M::INPUTS);
        model.visit_units(&mut add);
        let mut device = Self {
            model,
            flash,
            store,
            samples: NoSamples,
            window: None,
            machine,
            names_checksum: 0,
            widths,
            origin: Origin::Factory,
            checksum: None,
            written: None,
            read: [[0; 4]; PARAMETERS_READ],
        };
        device.go_back();
        Ok(device)
    }

    /// The same device with samples that it practises on.
    #[must_use]
    pub fn with_samples<S>(self, samples: S) -> Device<'a, M, F, S> {
        Device {
            model: self.model,
            flash: self.flash,
            store: self.store,
            samples,
            window: self.window,
            machine: self.machine,
            names_checksum: self.names_checksum,
            widths: self.widths,
            origin: self.origin,
            checksum: self.checksum,
            written: self.written,
            read: self.read,
        }
    }
}

impl<'a, M: Model, F: NorFlash, S: Samples> Device<'a, M, F, S> {
    /// The same device for windows of a time series, cut from what [`Command::Series`] brings.
    ///
    /// # Panics
    /// Where a window has another number of inputs than the network.
    #[must_use]
    pub fn with_window(self, window: Window<'a>) -> Self {
        assert!(window.inputs() == M::INPUTS, "the network's inputs are a window");
        Self { window: Some(window), ..self }
    }

    /// The same device, whose inputs and outputs have names with this
    /// [checksum](dense_protocol::checksum::of_names).
    #[must_use]
    pub fn with_names(self, names_checksum: u32) -> Self {
        Self { names_checksum, ..self }
    }

    /// The network.
    #[must_use]
    pub const fn model(&self) -> &M {
        &self.model
    }

    /// Where the parameters in RAM came from.
    #[must_use]
    pub const fn origin(&self) -> Origin {
        self.origin
    }

    /// The flash, given back.
    pub fn into_flash(self) -> F {
        self.flash
    }

    /// Does what `command` says, and counts.
    ///
    /// # Errors
    /// A [`Refusal`] that says what was wrong.
    #[inline(never)]
    pub fn execute(&mut self, command: Command<'_>, counters: &mut Counters) -> Result<Reply<'_>, Refusal> {
        match command {
            Command::Hello => Ok(Reply::Hello(self.hello())),
            Command::Infer { input } => self.answer_infer(input, counters),
            Command::Series { restart, samples } => self.series(restart, samples),
            Command::Learn { input, target, step, expected } => self.learn(input, target, step, expected, counters),
            Command::Practise { steps, seed, step } => {
                Ok(Reply::Practised(self.practise(steps, seed, step, counters)?))
            }
            Command::Checksum => {
                self.check_complete()?;
                Ok(Reply::Checksum(self.checksum()))
            }
            Command::Counters => Ok(Reply::Counters(*counters)),
            Command::Save => self.save(),
            Command::Load => self.load(),
            Command::Reset => self.reset(),
            Command::ReadParameters { first } => self.read_parameters(first),
            Command::WriteParameters { first, values } => self.write_parameters(first, values),
            Command::UseParameters { checksum } => self.use_parameters(checksum),
        }
    }

    /// Gives up what a host before had begun: a new session starts.
    pub(crate) fn start_session(&mut self) {
        if self.written.is_some() {
            self.go_back();
        }
        // A sensor goes on, whoever asks.
        if let Some(window) = &mut self.window
            && !window.is_measured()
        {
            window.restart();
        }
    }

    fn hello(&mut self) -> Hello<'_> {
        Hello {
            version: VERSION,
            board: self.machine.board,
            kernel: Kernel::best().name(),
            network: Network {
                widths: &self.widths,
                element: M::Number::ELEMENT,
                task: M::TASK,
                form: M::FORM,
                parameters: M::PARAMETERS as u32,
                window: self.window.as_ref().map(Window::shape),
                names_checksum: self.names_checksum,
            },
            factory_checksum: self.store.factory_checksum(),
            origin: self.origin,
            foreign_save: self.store.is_foreign(&mut self.flash).unwrap_or(false),
            clock_hz: self.machine.clock_hz,
            clock_source: self.machine.clock_source,
            model_bytes: self.model.bytes() as u32,
            static_bytes: self.machine.static_bytes,
            slot_bytes: self.store.slot_bytes(),
            memory: self.samples.description(),
            momentum: self.model.momentum(),
            authentication: &[],
        }
    }
}
