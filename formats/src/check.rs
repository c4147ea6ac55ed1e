//! Validation of models.

use dense_core::math::{SMALLEST_WEIGHT, flush_below};

use crate::{Activation, Error, Input, Model, QuantizedLayer};

/// The largest number of layers.
pub const MAX_LAYERS: usize = 64;
/// The largest number of inputs or units of a layer.
pub const MAX_WIDTH: usize = 65_536;
/// The largest number of weights and biases of all layers: 4 MiB of them in int8, more than any known board has.
pub const MAX_PARAMETERS: usize = 1 << 22;

impl Model {
    /// Checks that layers, input, output, loss and the int8 form fit together, that all numbers are finite, and that none
    /// is beyond the limits of this program.
    ///
    /// # Errors
    /// [`Error::Model`], which says what does not fit.
    pub fn check(&self) -> Result<(), Error> {
        self.check_layers()?;
        self.check_input()?;
        self.check_output()?;
        if let Some(layers) = &self.quantized {
            self.check_quantized(layers)?;
        }
        match self.test.iter().find(|(_, value)| !value.is_finite()) {
            Some((name, value)) => fault(format!("the test's {} is {value}", name.escape_debug())),
            None => Ok(()),
        }
    }

    fn check_layers(&self) -> Result<(), Error> {
        if self.layers.is_empty() || self.layers.len() > MAX_LAYERS {
            return fault(format!("{} layers, must be 1 to {MAX_LAYERS}", self.layers.len()));
        }
        let mut parameters = 0;
        let mut width = self.input.width();
        for (index, layer) in self.layers.iter().enumerate() {
            let (inputs, units) = (layer.inputs, layer.units());
            for (what, width) in [("inputs", inputs), ("units", units)] {
                if width == 0 || width > MAX_WIDTH {
                    return fault(format!("layer {index} has {width} {what}, must be 1 to {MAX_WIDTH}"));
                }
            }
            if inputs != width {
                let before = if index == 0 { "the input has".into() } else { format!("layer {} has", index - 1) };
                return fault(format!("layer {index} takes {inputs} inputs, and {before} {width}"));
            }
            if layer.weights.len() != inputs * units {
                return fault(format!("layer {index} has {} weights for {units} x {inputs}", layer.weights.len()));
            }
            if let Some(place) = layer.weights.iter().chain(&layer.bias).position(|number| !number.is_finite()) {
                return fault(format!("parameter {place} of layer {index} is not finite"));
            }
            parameters += layer.parameters();
            width = units;
        }
        if parameters > MAX_PARAMETERS {
            return fault(format!("{parameters} weights and biases, at most {MAX_PARAMETERS}"));
        }
        match self.layers.last() {
            Some(last) if last.activation != Activation::Linear => {
                fault(format!("the last layer has activation {}, wanted linear", last.activation.name()))
            }
            _ => Ok(()),
        }
    }

    fn check_input(&self) -> Result<(), Error> {
        if let Input::Features { names, window, .. } = &self.input {
            let channels = window.as_ref().map_or(&[][..], |window| &window.channels);
            check_names("feature", names)?;
            check_names("channel", channels)?;
        }
        match &self.input {
            Input::Features { names, window: Some(window), .. } => {
                if window.downsample == 0 || window.stride == 0 || !window.length.is_multiple_of(window.downsample) {
                    let (length, downsample) = (window.length, window.downsample);
                    return fault(format!("a window of {length} samples, stride {}, by {downsample}", window.stride));
                }
                let wanted = window.rows().checked_mul(window.channels.len());
                if wanted != Some(names.len()) {
                    let (rows, channels) = (window.rows(), window.channels.len());
                    return fault(format!("{} features for {rows} rows of {channels} channels", names.len()));
                }
                Ok(())
            }
            Input::Features { .. } => Ok(()),
            Input::Pixels(pixels) => match pixels.height.checked_mul(pixels.width) {
                Some(1..=MAX_WIDTH) => Ok(()),
                _ => fault(format!("{} x {} pixels, at most {MAX_WIDTH}", pixels.height, pixels.width)),
            },
        }
    }

    fn check_output(&self) -> Result<(), Error> {
        let (outputs, wanted) = (self.layers.last().map_or(0, crate::Layer::units), self.output.width());
        let task = self.output.task();
        if task != self.loss.task() {
            return fault(format!(
                "the outputs are of a {} task, and the loss {} is not",
                task.name(),
                self.loss.name()
            ));
        }
        if outputs != wanted {
            return fault(format!("the last layer has {outputs} outputs, and there are names of {wanted}"));
        }
        Ok(())
    }

    fn check_quantized(&self, layers: &[QuantizedLayer]) -> Result<(), Error> {
        if layers.len() != self.layers.len() {
            return fault(format!("{} layers in int8, and {} in f32", layers.len(), self.layers.len()));
        }
        for (index, (layer, float)) in layers.iter().zip(&self.layers).enumerate() {
            let (inputs, units) = (float.inputs, float.units());
            if layer.inputs != inputs || layer.bias.len() != units || layer.weights.len() != inputs * units {
                return fault(format!("layer {index} in int8 has another shape than {units} x {inputs}"));
            }
            if layer.weight_scales.len() != 1 && layer.weight_scales.len() != units {
                return fault(format!(
                    "layer {index} in int8 has {} scales for {units} units",
                    layer.weight_scales.len()
                ));
            }
            let scales = layer.weight_scales.iter().chain([&layer.input.scale, &layer.output.scale]);
            if let Some(scale) = scales.copied().find(|scale| !scale.is_normal() || *scale <= 0.0) {
                return fault(format!("layer {index} in int8 has a scale of {scale:e}"));
            }
            for point in [layer.input.zero_point, layer.output.zero_point] {
                if i8::try_from(point).is_err() {
                    return fault(format!("layer {index} in int8 has a zero point of {point}, must be -128 to 127"));
                }
            }
            if !matches!(layer.activation, Activation::Linear | Activation::Relu) {
                return fault(format!("layer {index} in int8 has activation {}", layer.activation.name()));
            }
        }
        Ok(())
    }

    /// With +0.0 for every weight and bias that is too small, as in [`dense_core`]'s layers.
    #[must_use]
    pub(crate) fn flushed(mut self) -> Self {
        for number in self.layers.iter_mut().flat_map(|layer| layer.weights.iter_mut().chain(&mut layer.bias)) {
            *number = flush_below(*number, SMALLEST_WEIGHT);
        }
        self
    }
}

fn fault<T>(text: String) -> Result<T, Error> {
    Err(Error::Model(text))
}
/// Refuses equal names, by which columns could not be told apart.
fn check_names(what: &str, names: &[String]) -> Result<(), Error> {
    let mut sorted: Vec<&String> = names.iter().collect();
    sorted.sort_unstable();
    match sorted.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => fault(format!("two {what}s with the name `{}`", pair[0].escape_debug())),
        None => Ok(()),
    }
}
