//! The network as a device serves it: f32 weights that learn in RAM, or int8 weights in flash.

pub use chosen::{Memory, Served, new};

#[cfg(not(int8))]
mod chosen {
    use crate::{INPUTS, MODEL, Network, Number, OUTPUTS, PIXEL_TABLE};
    use dense_core::Sgd;
    use dense_device::{Learner, LearnerMemory};

    /// RAM of the network.
    pub type Memory = LearnerMemory<Network, Number, INPUTS, OUTPUTS, Sgd>;
    /// The network.
    pub type Served<'a> = Learner<'a, Network, Number, INPUTS, OUTPUTS, Sgd>;

    /// The network with the weights of the firmware.
    #[must_use]
    pub fn new(memory: &mut Memory) -> Served<'_> {
        Learner::new(memory, &MODEL, Sgd::DEFAULT).with_pixel_table(PIXEL_TABLE)
    }
}

#[cfg(int8)]
mod chosen {
    use crate::{INPUTS, MODEL, Network, Number, OUTPUTS, OUTPUTS_QUANTIZATION, PIXEL_TABLE, generated};
    use dense_device::{Quantized, QuantizedMemory};

    /// RAM of the network.
    pub type Memory = QuantizedMemory<Number, INPUTS, OUTPUTS>;
    /// The network.
    pub type Served<'a> = Quantized<'a, Network, generated::Loss, Number, INPUTS, OUTPUTS>;

    /// The network with the weights of the firmware.
    #[must_use]
    pub fn new(memory: &mut Memory) -> Served<'_> {
        let model = Quantized::new(memory, &MODEL, &generated::UNITS, OUTPUTS_QUANTIZATION);
        #[cfg(not(pixels))]
        let model = model.with_features(dense_device::quantized::Features {
            #[cfg(standardized)]
            standardization: Some((&generated::INPUT_MEAN, &generated::INPUT_SCALE)),
            #[cfg(not(standardized))]
            standardization: None,
            quantization: generated::INPUT,
        });
        model.with_pixel_table(PIXEL_TABLE)
    }
}
