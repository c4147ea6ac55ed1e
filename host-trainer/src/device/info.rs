//! What a device tells of itself, and how it is shown.

use dense_protocol::messages::{ClockSource, Info};

use crate::terminal::summary::thousands;

/// [`Info`], with texts that are safe to print.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceInfo {
    /// Version of the protocol.
    pub version: u8,
    /// Inputs of the model.
    pub inputs: usize,
    /// Outputs of the model.
    pub outputs: usize,
    /// Number of weights and biases.
    pub parameters: usize,
    /// Checksum of the weights in RAM and of the pixel table.
    pub weights_checksum: u32,
    /// Number of the save that they started from; `None` for those compiled into the firmware.
    pub loaded: Option<u32>,
    /// Clock frequency in Hz.
    pub clock_hz: u32,
    /// Source of the clock.
    pub clock_source: ClockSource,
    /// Name of the compute kernel.
    pub kernel: String,
    /// Name of the board.
    pub board: String,
    /// RAM of the model in bytes.
    pub model_bytes: usize,
    /// RAM of all statics in bytes.
    pub static_bytes: usize,
    /// Flash of each slot in bytes.
    pub slot_bytes: usize,
}

impl From<&Info<'_>> for DeviceInfo {
    fn from(info: &Info<'_>) -> Self {
        // A terminal would obey the escape sequences in them.
        let [kernel, board] = [info.kernel, info.board].map(|text| text.escape_debug().to_string());
        Self {
            version: info.version,
            inputs: info.inputs.into(),
            outputs: info.outputs.into(),
            parameters: info.parameters as usize,
            weights_checksum: info.weights_checksum,
            loaded: info.loaded,
            clock_hz: info.clock_hz,
            clock_source: info.clock_source,
            kernel,
            board,
            model_bytes: info.model_bytes as usize,
            static_bytes: info.static_bytes as usize,
            slot_bytes: info.slot_bytes as usize,
        }
    }
}

impl DeviceInfo {
    /// The clock, as in `168 MHz from the crystal`.
    #[must_use]
    pub fn clock(&self) -> String {
        let source = match self.clock_source {
            ClockSource::Crystal => "from the crystal",
            ClockSource::Internal => "from the chip's own oscillator",
            ClockSource::Host => "of a simulation on a host",
        };
        format!("{} MHz {source}", f64::from(self.clock_hz) / 1e6)
    }

    /// The shape of the network, as in `784 inputs, 10 outputs, 7,850 parameters`.
    #[must_use]
    pub fn shape(&self) -> String {
        format!("{} inputs, {} outputs, {} parameters", self.inputs, self.outputs, thousands(self.parameters))
    }

    /// Clock cycles of `what`, as in `22,926 clock cycles an image, 0.136 ms at 168 MHz from the crystal`.
    #[must_use]
    pub fn time(&self, what: &str, cycles: f64) -> String {
        if cycles == 0.0 {
            return format!("no cycle counter here, so no time for {what}: simulators have none");
        }
        let milliseconds = 1000.0 * cycles / f64::from(self.clock_hz.max(1));
        format!("{} clock cycles {what}, {milliseconds:.3} ms at {}", thousands(cycles.round() as usize), self.clock())
    }
}
