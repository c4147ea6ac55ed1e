//! The moments that Adam keeps for the layers of a network, as lists of numbers.

/// Adam's first and second moment of each parameter of one layer: of the weights, output after output, then of the biases.
pub type Moments = Vec<[f32; 2]>;

/// The moments of layers of so many parameters each, from the values of an optimizer's
/// [state](dense_core::optimizers::State). Gradient descent keeps nothing, so its list has no entries.
pub(super) fn from_values(values: impl Iterator<Item = f32>, parameters: impl Iterator<Item = usize>) -> Vec<Moments> {
    let values: Vec<f32> = values.collect();
    if values.is_empty() {
        return Vec::new();
    }
    let mut rest = &values[..];
    let layer = |parameters| {
        let (first, others) = rest.split_at(parameters);
        let (second, others) = others.split_at(parameters);
        rest = others;
        first.iter().zip(second).map(|(&first, &second)| [first, second]).collect()
    };
    parameters.map(layer).collect()
}

/// The values of an optimizer's state with these moments.
pub(super) fn to_values(moments: &[Moments]) -> Vec<f32> {
    let layer =
        |moments: &Moments| [0, 1].map(|which| moments.iter().map(move |means| means[which]).collect::<Vec<_>>());
    moments.iter().flat_map(layer).flatten().collect()
}
