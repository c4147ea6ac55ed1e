//! Every kernel's derivatives against central differences of the loss in float64.

use dense_core::kernels::Element;
use dense_core::losses::Loss as _;
use dense_core::{Batch, Dense, Kernel, Random, SparseCategoricalCrossEntropy};
use golden::Result;
use golden::reference::{Layer, Loss};
use golden::tolerances::{DIFFERENCE_GRADIENTS, DIFFERENCE_INPUT_DELTAS, Tolerance};

/// Half the distance between the two points of a difference.
const DISTANCE: f64 = 1e-5;
/// Of a large layer only every 37th parameter and input is checked; that covers every position in a vector.
const LARGE: usize = 1000;
const STRIDE: usize = 37;

/// A layer and a batch of samples, drawn from a seed, and the slopes of the loss around them.
struct Scene<T, const IN: usize, const OUT: usize> {
    loss: Loss,
    dense: Dense<IN, OUT>,
    samples: Vec<[T; IN]>,
    labels: Vec<u8>,
    /// Only each `stride`-th parameter and input is checked.
    stride: usize,
    /// Derivatives of the mean loss with respect to the parameters.
    parameter_slopes: Vec<f64>,
    /// Derivatives of the summed loss with respect to the inputs.
    input_slopes: Vec<f64>,
}

impl<T: Element, const IN: usize, const OUT: usize> Scene<T, IN, OUT> {
    fn new(loss: Loss, batch_size: usize, draw: Draw<T>) -> Self {
        let mut random = Random::new(7, (IN * 100 + OUT) as u64);
        let mut dense = Dense::<IN, OUT>::ZERO;
        dense.glorot_uniform(&mut random);
        dense.bias_mut().fill_with(|| random.uniform() - 0.5);
        let mut samples = vec![[(draw.sample)(&mut random); IN]; batch_size];
        samples.as_flattened_mut().fill_with(|| (draw.sample)(&mut random));
        let labels = (0..batch_size).map(|_| random.below(OUT as u32) as u8).collect();
        let mut scene = Self {
            loss,
            dense,
            samples,
            labels,
            stride: if Dense::<IN, OUT>::PARAMETERS < LARGE { 1 } else { STRIDE },
            parameter_slopes: Vec::new(),
            input_slopes: Vec::new(),
        };
        scene.measure_slopes(draw.value);
        scene
    }

    fn measure_slopes(&mut self, value: fn(T) -> f64) {
        let mut layer = Layer::new(&self.dense);
        let mut samples: Vec<Vec<f64>> = self.samples.iter().map(|sample| sample.map(value).to_vec()).collect();
        let batch_size = samples.len() as f64;
        for index in (0..layer.parameters.len()).step_by(self.stride) {
            let middle = layer.parameters[index];
            let slope = slope(middle, |moved| {
                layer.parameters[index] = moved;
                layer.loss(self.loss, &samples, &self.labels)
            });
            layer.parameters[index] = middle;
            self.parameter_slopes.push(slope / batch_size);
        }
        for index in (0..samples.len() * IN).step_by(self.stride) {
            let (row, column) = (index / IN, index % IN);
            let middle = samples[row][column];
            let slope = slope(middle, |moved| {
                samples[row][column] = moved;
                self.loss.of(&layer.forward(&samples[row]), self.labels[row])
            });
            samples[row][column] = middle;
            self.input_slopes.push(slope);
        }
    }

    /// Gradients of the mean loss, and input deltas of the summed loss.
    fn derivatives(&self, kernel: Kernel) -> Result<(Dense<IN, OUT>, Vec<[f32; IN]>)> {
        let batch = Batch::new(&self.samples)?;
        let mut deltas = vec![[0.0; OUT]; self.samples.len()];
        self.dense.forward_with(kernel, batch, &mut deltas)?;
        match self.loss {
            Loss::SquaredError => {
                for (delta, &label) in deltas.iter_mut().zip(&self.labels) {
                    delta[usize::from(label)] -= 1.0;
                }
            }
            Loss::CrossEntropy => {
                SparseCategoricalCrossEntropy::loss_with(kernel, &mut deltas, &self.labels)?;
            }
        }
        let gradients = golden::gradients(kernel, batch, &deltas)?;
        let mut input_deltas = vec![[0.0; IN]; self.samples.len()];
        self.dense.backward_with(kernel, &deltas, &mut input_deltas)?;
        Ok((gradients, input_deltas))
    }

    fn check_gradients(&self, case: &str, gradients: &Dense<IN, OUT>) -> Result<()> {
        let moved = Layer::new(gradients).parameters.into_iter().step_by(self.stride);
        let found: Vec<f64> = moved.collect();
        check(&DIFFERENCE_GRADIENTS, case, &found, &self.parameter_slopes)
    }

    fn check_input_deltas(&self, case: &str, input_deltas: &[[f32; IN]]) -> Result<()> {
        let moved = input_deltas.as_flattened().iter().step_by(self.stride);
        let found: Vec<f64> = moved.copied().map(f64::from).collect();
        check(&DIFFERENCE_INPUT_DELTAS, case, &found, &self.input_slopes)
    }
}

/// Draws the elements of the samples, and converts them to real values.
struct Draw<T> {
    sample: fn(&mut Random) -> T,
    value: fn(T) -> f64,
}

const PIXELS: Draw<u8> = Draw { sample: |random| random.below(256) as u8, value: |pixel| f64::from(pixel) / 255.0 };
const FLOATS: Draw<f32> = Draw { sample: |random| 2.0 * random.uniform() - 1.0, value: f64::from };

fn slope(middle: f64, mut loss: impl FnMut(f64) -> f64) -> f64 {
    (loss(middle + DISTANCE) - loss(middle - DISTANCE)) / (2.0 * DISTANCE)
}

/// Compares fractions of the largest slope, since a small one may be a difference of large terms.
fn check(tolerance: &Tolerance, case: &str, found: &[f64], slopes: &[f64]) -> Result<()> {
    let largest = slopes.iter().fold(0.0, |largest: f64, slope| largest.max(slope.abs()));
    let parts = |values: &[f64]| -> Vec<f64> { values.iter().map(|v| v / largest).collect() };
    tolerance.check(case, &parts(found), &parts(slopes))
}

fn check_kernels<T: Element, const IN: usize, const OUT: usize>(
    loss: Loss,
    batch_size: usize,
    draw: Draw<T>,
) -> Result<()> {
    let scene = Scene::<T, IN, OUT>::new(loss, batch_size, draw);
    let element = std::any::type_name::<T>();
    for kernel in Kernel::available() {
        let name = kernel.name();
        let case = format!("{name}, {loss:?}, {batch_size} samples of {IN} {element} to {OUT}");
        let (gradients, input_deltas) = scene.derivatives(kernel)?;
        scene.check_gradients(&case, &gradients)?;
        scene.check_input_deltas(&case, &input_deltas)?;
    }
    Ok(())
}

fn check_shape<const IN: usize, const OUT: usize>() -> Result<()> {
    for batch_size in [1, 7, 32] {
        for loss in [Loss::SquaredError, Loss::CrossEntropy] {
            // The cross-entropy of a single class is always zero.
            if loss == Loss::CrossEntropy && OUT == 1 {
                continue;
            }
            check_kernels::<u8, IN, OUT>(loss, batch_size, PIXELS)?;
            check_kernels::<f32, IN, OUT>(loss, batch_size, FLOATS)?;
        }
    }
    Ok(())
}

/// One test for each shape, so that they run in parallel.
macro_rules! shapes {
    ($($name:ident: $inputs:literal, $outputs:literal;)*) => {
        $(
            #[test]
            fn $name() -> Result<()> {
                check_shape::<$inputs, $outputs>()
            }
        )*
    };
}

shapes! {
    one_to_one: 1, 1;
    one_to_three: 1, 3;
    fifteen_to_two: 15, 2;
    sixteen_to_seventeen: 16, 17;
    seventeen_to_ten: 17, 10;
    thirty_three_to_one: 33, 1;
    thirty_three_to_three: 33, 3;
    image_to_two: 784, 2;
    image_to_ten: 784, 10;
    image_to_seventeen: 784, 17;
}

#[test]
fn a_wrong_derivative_is_caught() -> Result<()> {
    type Mutation = fn(&mut Dense<17, 3>);
    let scene = Scene::<f32, 17, 3>::new(Loss::CrossEntropy, 7, FLOATS);
    let (gradients, input_deltas) = scene.derivatives(Kernel::best())?;
    scene.check_gradients("right", &gradients)?;
    scene.check_input_deltas("right", &input_deltas)?;

    let mutations: [(&str, Mutation); 4] = [
        ("one weight off by 1e-5", |gradients| gradients.set_weight(1, 16, gradients.weight(1, 16) + 1e-5)),
        ("one bias off by 1e-5", |gradients| gradients.bias_mut()[2] += 1e-5),
        ("two outputs exchanged", |gradients| {
            let weights: Vec<f32> = gradients.weights().collect();
            let rows = weights.chunks(17).rev().flatten();
            gradients.set_weights(rows.copied());
        }),
        ("not divided by the batch size", |gradients| {
            let weights: Vec<f32> = gradients.weights().collect();
            gradients.set_weights(weights.iter().map(|gradient| gradient * 7.0));
        }),
    ];
    for (case, mutate) in mutations {
        let mut wrong = gradients.clone();
        mutate(&mut wrong);
        assert!(scene.check_gradients(case, &wrong).is_err(), "{case}");
    }
    let mut wrong = input_deltas;
    wrong[6][16] += 1e-5;
    assert!(scene.check_input_deltas("one input off by 1e-5", &wrong).is_err());
    Ok(())
}
