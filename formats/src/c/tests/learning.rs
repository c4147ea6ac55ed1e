//! Steps of gradient descent in C, against those of dense-core.

use dense_core::kernels::Element;
use dense_core::{Mae, Mse, Network, Output, Sgd, Trainer};

use super::{FLAGS, run, samples};
use crate::fixtures::{self, int8};
use crate::rust::tests::generated;
use crate::{Input, Loss, Model, c};

/// Three steps on 7, 16 and 7 samples, and one that is refused; writes what they return and the parameters.
fn main(element: &str, target: &str, width: &str) -> String {
    format!(
        "
static model_network network;
static model_workspace workspace;
int main(void)
{{
    static {element} samples[30 * MODEL_INPUTS];
    static {target} targets[30 * {width}];
    int32_t found = fread(samples, sizeof samples, 1, stdin) == 1 && fread(targets, sizeof targets, 1, stdin) == 1;
    network = MODEL_TRAINED;
    found += model_learn(&network, &workspace, samples, targets, 7, 0.1f);
    found += model_learn(&network, &workspace, samples + 7 * MODEL_INPUTS, targets + 7 * {width}, 16, 0.05f);
    found += model_learn(&network, &workspace, samples + 23 * MODEL_INPUTS, targets + 23 * {width}, 7, 0.2f);
    found += model_learn(&network, &workspace, samples, targets, 0, 0.1f);
    found += model_learn(&network, &workspace, samples, targets, MODEL_BATCH + 1, 0.1f);
    fwrite(&found, sizeof found, 1, stdout);
    fwrite(&network, sizeof network, 1, stdout);
    return 0;
}}
"
    )
}

/// Compares the parameters after the steps with those of `network`, which is `model` as a type.
fn assert_steps<N, T, const IN: usize>(model: &Model, mut network: N, rows: Vec<Vec<T>>, targets: &[N::Target])
where
    N: Network<IN>,
    T: Element,
{
    let rows: Vec<[T; IN]> = rows.into_iter().map(|row| row.try_into().ok().unwrap()).collect();
    for (range, rate) in [(0..7, 0.1), (7..23, 0.05), (23..30, 0.2)] {
        let mut trainer = Trainer::<N, Sgd, 16>::new(Sgd::new(rate).unwrap());
        trainer.step(&mut network, &rows[range.clone()], &targets[range]).unwrap();
    }
    let mut wanted = vec![(-1_i32).cast_unsigned()];
    network.for_each_layer(|_, layer| {
        wanted.extend(layer.weights().chain(layer.bias.iter().copied()).map(f32::to_bits));
    });

    let pixels = matches!(model.input, Input::Pixels(_));
    let (target, width) = match model.loss {
        Loss::MeanSquaredError | Loss::MeanAbsoluteError | Loss::Huber => ("float", "MODEL_OUTPUTS"),
        _ => ("uint8_t", "1"),
    };
    let program = main(if pixels { "uint8_t" } else { "float" }, target, width);
    let mut input = samples(model);
    // A target is a byte or an array of floats.
    let size = size_of::<N::Target>();
    for index in 0..30 {
        if size == 1 {
            input.push((index % model.output.names().len()) as u8);
        } else {
            (0..size / 4).for_each(|output| input.extend(number(index, output).to_ne_bytes()));
        }
    }
    let header = c::to_c(model, "model", true).unwrap();
    for flags in FLAGS {
        let found = run(&[("model.h", &header)], &program, flags, &input);
        assert_eq!(found, wanted, "{} {flags:?}", model.description());
    }
}

/// The target of an output for a sample.
fn number(sample: usize, output: usize) -> f32 {
    (sample * 7 % 5) as f32 - output as f32
}

fn labels(classes: usize) -> Vec<u8> {
    (0..30).map(|index| (index % classes) as u8).collect()
}

fn numbers<const OUT: usize>() -> Vec<[f32; OUT]> {
    (0..30).map(|index| std::array::from_fn(|output| number(index, output))).collect()
}

#[test]
fn steps_have_the_same_bits() {
    let model = fixtures::softmax_regression();
    let layer = generated::softmax_regression::MODEL.clone();
    assert_steps(&model, layer, int8::bytes(20), &labels(3));

    let model = fixtures::pixel_mlp();
    let mut rows = int8::bytes(18);
    rows.iter_mut().for_each(|row| generated::pixels::PIXEL_TABLE.apply(row));
    assert_steps(&model, generated::pixels::MODEL.clone(), rows, &labels(3));

    let windows = fixtures::windows();
    assert_steps(&windows, generated::windows::MODEL.clone(), int8::numbers(20), &labels(3));
    assert_steps(&fixtures::binary(), generated::binary::MODEL.clone(), int8::numbers(2), &labels(2));
    let regression = fixtures::regression();
    assert_steps(&regression, generated::regression::MODEL.clone(), int8::numbers(3), &numbers::<2>());

    let mut linear = fixtures::linear_regression();
    let layer = &generated::linear_regression::MODEL.layer;
    assert_steps(&linear, Output::<2, 1, Mse>::new(layer.clone()), int8::numbers(2), &numbers::<1>());
    linear.loss = Loss::MeanAbsoluteError;
    assert_steps(&linear, Output::<2, 1, Mae>::new(layer.clone()), int8::numbers(2), &numbers::<1>());
}
