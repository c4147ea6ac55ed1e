//! Folds the affine steps of a chain into its dense layers.

use crate::chain::Step;
use crate::{Activation, Error, Layer};

/// The activation after the last dense layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Head {
    Linear,
    Sigmoid,
    Softmax,
}

/// The dense layers of a chain whose inputs are `factor` · x + `offset`, and the activation of the last one.
pub(super) fn layers(steps: &[Step], factor: f64, offset: f64) -> Result<(Vec<Layer>, Head), Error> {
    let mut layers: Vec<Layer> = Vec::new();
    let mut head = Head::Linear;
    // An affine step that waits for the next dense layer.
    let mut pending = Affine { name: "input".into(), scale: vec![factor], offset: vec![offset] };
    // Whether the last step was a dense layer.
    let mut open = false;
    for step in steps {
        match step {
            Step::Affine { name, scale, offset } => {
                let affine = Affine { name: name.clone(), scale: scale.clone(), offset: offset.clone() };
                match layers.last_mut().filter(|_| open) {
                    Some(layer) => affine.fold_behind(layer)?,
                    None => pending = affine.after(&pending)?,
                }
            }
            Step::Dense { name, inputs, weights, bias } => {
                match (head, layers.last_mut()) {
                    (Head::Softmax, _) => return Err(Error::layer("Softmax", "", "stands before a dense layer")),
                    (Head::Sigmoid, Some(last)) => last.activation = Activation::Sigmoid,
                    _ => {}
                }
                head = Head::Linear;
                let expected = layers.last().map_or(*inputs, Layer::units);
                if *inputs != expected || bias.is_empty() || weights.len() != inputs * bias.len() {
                    return Err(Error::layer("Dense", name, format!("takes {inputs} inputs, not {expected}")));
                }
                let mut layer = Layer {
                    inputs: *inputs,
                    weights: weights.clone(),
                    bias: bias.clone(),
                    activation: Activation::Linear,
                };
                pending.fold_before(&mut layer)?;
                pending = Affine::identity();
                layers.push(layer);
                open = true;
            }
            Step::Softmax | Step::Activation(_) => {
                let Some(layer) = layers.last_mut() else {
                    return Err(Error::layer("activation", "", "stands before the first dense layer"));
                };
                if !pending.is_identity() || head != Head::Linear || layer.activation != Activation::Linear {
                    return Err(Error::layer("activation", "", "does not follow a dense layer directly"));
                }
                match step {
                    Step::Softmax => head = Head::Softmax,
                    Step::Activation(Activation::Sigmoid) => head = Head::Sigmoid,
                    Step::Activation(activation) => layer.activation = *activation,
                    _ => {}
                }
                open = open && *step == Step::Activation(Activation::Linear);
            }
        }
    }
    let Some(last) = layers.last() else { return Err(Error::Model("it has no dense layer".into())) };
    if !pending.is_identity() {
        return Err(Error::layer("affine step", &pending.name, "stands behind the last activation"));
    }
    if last.activation != Activation::Linear {
        let fault = format!("{} at the output: wanted softmax, sigmoid or linear", last.activation.name());
        return Err(Error::layer("activation", "", fault));
    }
    Ok((layers, head))
}

/// y = scale · x + offset, elementwise.
#[derive(Clone, Debug)]
struct Affine {
    name: String,
    scale: Vec<f64>,
    offset: Vec<f64>,
}

impl Affine {
    fn identity() -> Self {
        Self { name: String::new(), scale: vec![1.0], offset: vec![0.0] }
    }

    /// Whether it changes no f32: a scale of 255 · (1 / 255) need not be exactly 1.
    fn is_identity(&self) -> bool {
        self.scale.iter().all(|&scale| scale as f32 == 1.0) && self.offset.iter().all(|&offset| offset == 0.0)
    }

    /// This step after another.
    fn after(&self, first: &Self) -> Result<Self, Error> {
        let lengths = [self, first].map(|affine| affine.scale.len().max(affine.offset.len()));
        let length = lengths[0].max(lengths[1]);
        let parts = [&self.scale, &self.offset, &first.scale, &first.offset];
        if parts.iter().any(|part| part.is_empty() || !length.is_multiple_of(part.len())) {
            return Err(Error::layer("affine step", &self.name, "does not fit the one before it"));
        }
        let at = |values: &[f64], index: usize| values[index % values.len()];
        let both = |index| {
            let scale = at(&self.scale, index);
            (scale * at(&first.scale, index), scale * at(&first.offset, index) + at(&self.offset, index))
        };
        let (scale, offset) = (0..length).map(both).unzip();
        Ok(Self { name: self.name.clone(), scale, offset })
    }

    /// Checks that it fits `width` numbers.
    fn check(&self, width: usize) -> Result<(), Error> {
        let fits = |values: &[f64]| !values.is_empty() && width.is_multiple_of(values.len());
        if fits(&self.scale) && fits(&self.offset) {
            return Ok(());
        }
        let fault = format!("has {} numbers for {width}", self.scale.len().max(self.offset.len()));
        Err(Error::layer("affine step", &self.name, fault))
    }

    /// W · (scale · x + offset) + b = (W · scale) · x + (W · offset + b).
    fn fold_before(&self, layer: &mut Layer) -> Result<(), Error> {
        self.check(layer.inputs)?;
        if self.is_identity() {
            return Ok(());
        }
        for (row, bias) in layer.weights.chunks_mut(layer.inputs).zip(&mut layer.bias) {
            let mut sum = f64::from(*bias);
            for (weight, (scale, offset)) in row.iter_mut().zip(self.numbers()) {
                sum += f64::from(*weight) * offset;
                *weight = (f64::from(*weight) * scale) as f32;
            }
            *bias = sum as f32;
        }
        self.check_finite(layer)
    }

    /// scale · (W · x + b) + offset.
    fn fold_behind(&self, layer: &mut Layer) -> Result<(), Error> {
        self.check(layer.units())?;
        let rows = layer.weights.chunks_mut(layer.inputs).zip(&mut layer.bias);
        for ((row, bias), (scale, offset)) in rows.zip(self.numbers()) {
            row.iter_mut().for_each(|weight| *weight = (f64::from(*weight) * scale) as f32);
            *bias = (f64::from(*bias) * scale + offset) as f32;
        }
        self.check_finite(layer)
    }

    fn numbers(&self) -> impl Iterator<Item = (f64, f64)> {
        self.scale.iter().copied().cycle().zip(self.offset.iter().copied().cycle())
    }

    fn check_finite(&self, layer: &Layer) -> Result<(), Error> {
        if layer.weights.iter().chain(&layer.bias).all(|number| number.is_finite()) {
            return Ok(());
        }
        Err(Error::layer("affine step", &self.name, "too large to be part of a dense layer"))
    }
}
