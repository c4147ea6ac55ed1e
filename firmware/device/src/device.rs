//! Execution of commands, on the network, its parameters in flash and the window.

use crate::samples::{NoSamples, Samples};
use crate::store::{Operation, Store, StoreError};
use crate::{Model, Window, model::Input as _};
use core::ops::Range;
use dense_core::Kernel;
use dense_protocol::messages::{
    ClockSource, Command, Counters, FlashFault, Floats, Hello, Inferred, Input, Learned, Network, Origin, Practised,
    Refusal, Reply, Saved, Step, Target, VERSION,
};
use dense_replay::{Sampler, Source};
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

    /// Sets the input of the network.
    #[inline(never)]
    fn set_input(&mut self, input: Input<'_>) -> Result<(), Refusal> {
        self.check_complete()?;
        match input {
            Input::Values(bytes) => {
                let expected = M::INPUTS * M::Number::ELEMENT.bytes();
                if bytes.len() != expected {
                    return Err(Refusal::WrongLength { found: bytes.len() as u32, expected: expected as u32 });
                }
                let table = self.model.pixel_table();
                M::Number::read(self.model.input_mut(), bytes, table)
            }
            Input::Window => {
                let window = self.window.as_ref().ok_or(Refusal::NoSeries)?;
                for (place, value) in self.model.input_mut().iter_mut().zip(window.inputs_of_window()?) {
                    *place = M::Number::from_feature(value).ok_or(Refusal::NoSeries)?;
                }
                Ok(())
            }
        }
    }

    /// Appends a sample of the device's own sensor to the window, and returns how many are missing to the next one.
    ///
    /// # Errors
    /// [`Refusal::NoSeries`], and those of [`Window::push_measured`].
    pub fn push_measured<const CHANNELS: usize>(&mut self, sample: [f32; CHANNELS]) -> Result<u16, Refusal> {
        self.window.as_mut().ok_or(Refusal::NoSeries)?.push_measured(sample)
    }

    /// The sensor has failed, or samples were lost: its series ends, and the host's samples are taken again.
    pub const fn end_measured(&mut self) {
        if let Some(window) = &mut self.window {
            window.end_measured();
        }
    }

    /// The outputs for an input, and counts.
    ///
    /// # Errors
    /// A [`Refusal`] that says what was wrong.
    pub fn infer(&mut self, input: Input<'_>, counters: &mut Counters) -> Result<Inferred<'_>, Refusal> {
        self.set_input(input)?;
        let start = (self.machine.cycles)();
        self.model.infer().map_err(|_| Refusal::Overflow)?;
        let cycles = (self.machine.cycles)().wrapping_sub(start);
        counters.inferred = counters.inferred.wrapping_add(1);
        let [logits, outputs] = [self.model.logits(), self.model.outputs()].map(Floats::from_bytes);
        Ok(Inferred { logits, outputs, cycles })
    }

    /// A function of its own, which the caller can end in: the stack of other commands is given back before it.
    #[inline(never)]
    fn answer_infer(&mut self, input: Input<'_>, counters: &mut Counters) -> Result<Reply<'_>, Refusal> {
        Ok(Reply::Inferred(self.infer(input, counters)?))
    }

    fn series(&mut self, restart: bool, samples: Floats<'_>) -> Result<Reply<'_>, Refusal> {
        let window = self.window.as_mut().ok_or(Refusal::NoSeries)?;
        Ok(Reply::Series { missing: window.push(restart, samples)? })
    }

    #[inline(never)]
    fn learn(
        &mut self,
        input: Input<'_>,
        target: Target<'_>,
        step: Step,
        expected: Option<u32>,
        counters: &mut Counters,
    ) -> Result<Reply<'_>, Refusal> {
        self.set_input(input)?;
        if let Some(expected) = expected {
            let found = self.checksum();
            if found != expected {
                return Err(Refusal::Checksum { found });
            }
        }
        let start = (self.machine.cycles)();
        let learned = self.model.learn(target, step);
        let cycles = (self.machine.cycles)().wrapping_sub(start);
        if learned == Err(Refusal::Diverged) {
            self.go_back();
        }
        let [loss_before, loss_after] = learned?;
        self.checksum = None;
        counters.learned = counters.learned.wrapping_add(1);
        let lessons = self.samples.keep(&mut self.flash, self.model.input(), target);
        Ok(Reply::Learned(Learned { loss_before, loss_after, cycles, lessons }))
    }

    /// Takes steps on samples of the memory, drawn by `seed`, and counts them.
    ///
    /// # Errors
    /// [`Refusal::NoMemory`] or [`Refusal::NoSamples`] where there is none, [`Refusal::Flash`] where not even the first
    /// can be read, and [`Refusal::Diverged`] where a step cannot be taken or what it gives is not finite: the weights are
    /// those saved last then, or those of the firmware. The first step may be refused as that of a
    /// [`Command::Learn`].
    #[inline(never)]
    pub fn practise(
        &mut self,
        steps: u16,
        seed: u32,
        step: Step,
        counters: &mut Counters,
    ) -> Result<Practised, Refusal> {
        self.check_complete()?;
        let mut sampler = Sampler::new(seed.into());
        let mut practised = Practised { steps: 0, lessons: 0, loss: 0.0, cycles: 0 };
        while practised.steps < steps {
            let is_first = practised.steps == 0;
            let drawn = self.samples.read_next(&mut self.flash, &mut sampler, self.model.input_mut());
            let (source, target) = match drawn {
                Ok(Some(drawn)) => drawn,
                Ok(None) => return Err(self.without_samples()),
                Err(fault) if is_first => return Err(Refusal::Flash(fault)),
                Err(_) => break,
            };
            let start = (self.machine.cycles)();
            let learned = self.model.learn(target, step);
            practised.cycles = practised.cycles.wrapping_add((self.machine.cycles)().wrapping_sub(start));
            match learned {
                Ok([before, _]) => practised.loss += before,
                Err(refusal) if is_first && refusal != Refusal::Diverged => return Err(refusal),
                Err(_) => {
                    self.go_back();
                    return Err(Refusal::Diverged);
                }
            }
            self.checksum = None;
            practised.steps += 1;
            (self.machine.feed_watchdog)();
            practised.lessons += u16::from(matches!(source, Source::Lesson(_)));
        }
        counters.practised = counters.practised.wrapping_add(practised.steps.into());
        practised.loss /= f32::from(practised.steps.max(1));
        Ok(practised)
    }

    fn without_samples(&self) -> Refusal {
        if self.samples.description().is_some() { Refusal::NoSamples } else { Refusal::NoMemory }
    }

    fn save(&mut self) -> Result<Reply<'_>, Refusal> {
        self.check_complete()?;
        let saved = self.store.save(&mut self.flash, &self.model).map_err(refusal)?;
        self.origin = Origin::Save(saved.save);
        Ok(Reply::Saved(Saved { save: saved.save, slot: saved.slot }))
    }

    fn load(&mut self) -> Result<Reply<'_>, Refusal> {
        match self.store.load(&mut self.flash, &mut self.model) {
            Ok(saved) => {
                self.set_origin(Origin::Save(saved.save));
                Ok(Reply::Loaded { save: saved.save })
            }
            Err(error) => {
                // The parameters are as they were, unless others were being written or some have changed.
                if self.written.is_some() || error == StoreError::Verify {
                    self.restore_factory(origin_without(error));
                }
                Err(refusal(error))
            }
        }
    }

    fn reset(&mut self) -> Result<Reply<'_>, Refusal> {
        self.samples.clear(&mut self.flash).map_err(Refusal::Flash)?;
        match self.store.erase(&mut self.flash) {
            Ok(()) | Err(StoreError::NoFlash) => {
                self.restore_factory(Origin::Factory);
                Ok(Reply::Reset)
            }
            Err(error) => Err(refusal(error)),
        }
    }

    fn read_parameters(&mut self, first: u32) -> Result<Reply<'_>, Refusal> {
        self.check_complete()?;
        let left = (M::PARAMETERS as u32).saturating_sub(first) as usize;
        let read = self.read.get_mut(..left.min(PARAMETERS_READ)).unwrap_or_default();
        for (place, value) in read.iter_mut().zip(self.model.parameters().skip(first as usize)) {
            *place = value.to_le_bytes();
        }
        Ok(Reply::Parameters(Floats::from_bytes(read)))
    }

    fn write_parameters(&mut self, first: u32, values: Floats<'_>) -> Result<Reply<'_>, Refusal> {
        // The first piece begins anew.
        let expected = if first == 0 { 0 } else { self.written.unwrap_or(0) };
        let left = M::PARAMETERS as u32 - expected;
        if first != expected || values.len() > left as usize || !values.is_whole() {
            return Err(Refusal::Parameters { found: first, expected });
        }
        if !values.values().all(f32::is_finite) {
            return Err(Refusal::NotFinite);
        }
        for (index, value) in (first as usize..).zip(values.values()) {
            self.model.set_parameter(index, value);
        }
        self.written = Some(expected + values.len() as u32);
        self.checksum = None;
        Ok(Reply::Written { missing: left - values.len() as u32 })
    }

    fn use_parameters(&mut self, checksum: u32) -> Result<Reply<'_>, Refusal> {
        let (written, count) = (self.written.unwrap_or(0), M::PARAMETERS as u32);
        if written != count {
            return Err(Refusal::Parameters { found: count, expected: written });
        }
        let found = self.model.checksum();
        if found != checksum {
            self.go_back();
            return Err(Refusal::Checksum { found });
        }
        self.set_origin(Origin::Host);
        self.checksum = Some(found);
        Ok(Reply::Used)
    }

    /// Refuses what needs parameters that are complete.
    const fn check_complete(&self) -> Result<(), Refusal> {
        if self.written.is_some() { Err(Refusal::Writing) } else { Ok(()) }
    }

    /// The parameters saved last or, where there are none, those of the firmware.
    fn go_back(&mut self) {
        match self.store.load(&mut self.flash, &mut self.model) {
            Ok(saved) => self.set_origin(Origin::Save(saved.save)),
            Err(error) => self.restore_factory(origin_without(error)),
        }
    }

    fn restore_factory(&mut self, origin: Origin) {
        self.model.restore_factory();
        self.set_origin(origin);
    }

    /// The parameters are other ones now, from there.
    fn set_origin(&mut self, origin: Origin) {
        self.model.reset_optimizer();
        (self.origin, self.checksum, self.written) = (origin, None, None);
    }

    /// The checksum of the parameters. It takes much longer than a step, so it is computed when it is asked for.
    fn checksum(&mut self) -> u32 {
        *self.checksum.get_or_insert_with(|| self.model.checksum())
    }
}

/// Where the parameters come from when the store has this error.
const fn origin_without(error: StoreError) -> Origin {
    match error {
        StoreError::NothingSaved | StoreError::NoFlash => Origin::Factory,
        _ => Origin::Unreadable,
    }
}

/// The [`Refusal`] of a [`StoreError`].
fn refusal(error: StoreError) -> Refusal {
    match error {
        StoreError::NothingSaved => Refusal::NothingSaved,
        StoreError::NoFlash => Refusal::Flash(FlashFault::None),
        StoreError::NotFinite { .. } => Refusal::Overflow,
        StoreError::Flash { operation: Operation::Erase, .. } => Refusal::Flash(FlashFault::Erase),
        StoreError::Flash { operation: Operation::Write, .. } => Refusal::Flash(FlashFault::Write),
        StoreError::Flash { operation: Operation::Read, .. } => Refusal::Flash(FlashFault::Read),
        StoreError::Verify | StoreError::Region { .. } => Refusal::Flash(FlashFault::Verify),
    }
}
