//! The device's description of itself, and its presentation.

use dense_protocol::messages::{Authentication, ClockSource, Element, Form, Hello, Origin, SampleMemory, Task, Window};
use serde_json::{Value, json};

use crate::terminal::summary::{hyphenated, thousands};

/// A [`Hello`], with texts that are safe to print. Without one, it has no name, no layer and no parameter.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DeviceInfo {
    /// Version of the protocol.
    pub version: u8,
    /// Name of the board.
    pub board: String,
    /// Name of the compute kernel.
    pub kernel: String,
    /// Inputs of the network, then the units of each layer.
    pub widths: Vec<usize>,
    /// The type of an input: u8 or f32.
    pub element: Element,
    /// The kind of the outputs: classes, two classes, or real values.
    pub task: Task,
    /// The number format of the weights: f32 or int8.
    pub form: Form,
    /// Number of parameters that can learn.
    pub parameters: usize,
    /// The window of a time series that its inputs are, if they are one.
    pub window: Option<Window>,
    /// Checksum of the names of inputs and outputs.
    pub names_checksum: u32,
    /// Checksum of the network compiled into the firmware.
    pub factory_checksum: u32,
    /// Where the weights in RAM came from.
    pub origin: Origin,
    /// Whether the newest save is of other weights than those compiled into the firmware.
    pub foreign_save: bool,
    /// Clock frequency in Hz.
    pub clock_hz: u32,
    /// Source of the clock.
    pub clock_source: ClockSource,
    /// RAM of the model in bytes.
    pub model_bytes: usize,
    /// RAM of all statics in bytes.
    pub static_bytes: usize,
    /// Flash of each slot in bytes.
    pub slot_bytes: usize,
    /// The memory of samples, if there is one.
    pub memory: Option<SampleMemory>,
    /// Momentum of gradient descent, 0 for none.
    pub momentum: f32,
    /// The number of its start, where it has a key.
    pub boot: Option<u32>,
}

impl From<&Hello<'_>> for DeviceInfo {
    fn from(hello: &Hello<'_>) -> Self {
        // A terminal would obey the escape sequences in them.
        let [kernel, board] = [hello.kernel, hello.board].map(|text| text.escape_debug().to_string());
        Self {
            version: hello.version,
            board,
            kernel,
            widths: hello.network.shape().map(usize::from).collect(),
            element: hello.network.element,
            task: hello.network.task,
            form: hello.network.form,
            parameters: hello.network.parameters as usize,
            window: hello.network.window,
            names_checksum: hello.network.names_checksum,
            factory_checksum: hello.factory_checksum,
            origin: hello.origin,
            foreign_save: hello.foreign_save,
            clock_hz: hello.clock_hz,
            clock_source: hello.clock_source,
            model_bytes: hello.model_bytes as usize,
            static_bytes: hello.static_bytes as usize,
            slot_bytes: hello.slot_bytes as usize,
            memory: hello.memory,
            momentum: hello.momentum,
            boot: Authentication::from_bytes(hello.authentication).map(|found| found.boot),
        }
    }
}

impl DeviceInfo {
    /// Number of inputs.
    pub fn inputs(&self) -> usize {
        self.widths.first().copied().unwrap_or_default()
    }

    /// Number of outputs.
    pub fn outputs(&self) -> usize {
        self.widths.last().copied().unwrap_or_default()
    }

    /// The clock, as in `168 MHz from the crystal`.
    pub fn clock(&self) -> String {
        let source = match self.clock_source {
            ClockSource::Crystal => "from the crystal",
            ClockSource::Internal => "from the chip's own oscillator",
            ClockSource::Host => "of a simulation on a host",
        };
        format!("{} MHz {source}", f64::from(self.clock_hz) / 1e6)
    }

    /// The network, as in `784-32-10, u8 inputs, f32 weights, 25,450 parameters that learn`.
    pub fn shape(&self) -> String {
        format!(
            "{}, {} inputs, {} weights, {} parameters that learn",
            hyphenated(&self.widths),
            element_name(self.element),
            form_name(self.form),
            thousands(self.parameters)
        )
    }

    /// Where the weights came from, as in `from save number 3`.
    pub fn origin(&self) -> String {
        match self.origin {
            Origin::Factory => "from the firmware".into(),
            Origin::Unreadable => "from the firmware, since the flash could not be read".into(),
            Origin::Save(save) => format!("from save number {save}"),
            Origin::Host => "from a host".into(),
        }
    }

    /// Clock cycles of `what`, as in `22,926 clock cycles an image, 0.136 ms at 168 MHz from the crystal`.
    pub fn time(&self, what: &str, cycles: f64) -> String {
        if cycles == 0.0 {
            return format!("no cycle counter here, so no time for {what}: simulators have none");
        }
        let milliseconds = 1000.0 * cycles / f64::from(self.clock_hz.max(1));
        format!("{} clock cycles {what}, {milliseconds:.3} ms at {}", thousands(cycles.round() as usize), self.clock())
    }

    /// All of it, for programs.
    pub fn to_json(&self) -> Value {
        let (origin, save) = match self.origin {
            Origin::Factory => ("factory", None),
            Origin::Unreadable => ("unreadable", None),
            Origin::Save(save) => ("save", Some(save)),
            Origin::Host => ("host", None),
        };
        let window = self.window.map(|Window { channels, length, stride, downsample }| {
            json!({ "channels": channels, "length": length, "stride": stride, "downsample": downsample })
        });
        let memory = self.memory.map(|memory| {
            json!({
                "capacity": memory.capacity,
                "lessons": memory.lessons.ok(),
                "fault": memory.lessons.err().map(|fault| fault.to_string()),
                "factory_samples": memory.factory_samples,
                "factory_checksum": memory.factory_checksum,
            })
        });
        json!({
            "protocol": self.version,
            "board": self.board,
            "kernel": self.kernel,
            "widths": self.widths,
            "element": element_name(self.element),
            "task": match self.task {
                Task::Classes => "multiclass",
                Task::Binary => "binary",
                Task::Values => "regression",
            },
            "form": form_name(self.form),
            "parameters": self.parameters,
            "window": window,
            "names_checksum": self.names_checksum,
            "factory_checksum": self.factory_checksum,
            "origin": origin,
            "save": save,
            "foreign_save": self.foreign_save,
            "clock_hz": self.clock_hz,
            "model_bytes": self.model_bytes,
            "static_bytes": self.static_bytes,
            "slot_bytes": self.slot_bytes,
            "memory": memory,
            "momentum": self.momentum,
            "boot": self.boot,
        })
    }
}

const fn element_name(element: Element) -> &'static str {
    match element {
        Element::U8 => "u8",
        Element::F32 => "f32",
    }
}

const fn form_name(form: Form) -> &'static str {
    match form {
        Form::F32 => "f32",
        Form::Int8 => "int8",
    }
}
