//! Tests of arrays as networks.

use clap::ValueEnum;

use super::super::tests::weights;
use super::*;
use crate::model::ModelName;

/// The arrays of a network under numbers, the last one first.
pub(in crate::model_files) fn arrays_of(weights: &Weights, order: KernelOrder) -> Vec<Array> {
    let mut arrays = Vec::new();
    for layer in &weights.layers {
        let (inputs, outputs) = (layer.inputs, layer.outputs());
        let mut kernel = Vec::new();
        match order {
            KernelOrder::OutputsFirst => kernel.extend_from_slice(&layer.weights),
            KernelOrder::InputsFirst => {
                for input in 0..inputs {
                    kernel.extend((0..outputs).map(|output| layer.weights[output * inputs + input]));
                }
            }
        }
        for (shape, values) in [(order.shape(inputs, outputs).to_vec(), &kernel), (vec![outputs], &layer.bias)] {
            let values = Ok(values.iter().copied().map(f64::from).collect());
            arrays.insert(0, Array { name: format!("arr_{}", arrays.len()), shape, values });
        }
    }
    arrays
}

/// The weights of the tests, with what is too small to matter as +0.0.
fn flushed(model: ModelName) -> Weights {
    let mut weights = weights(model);
    for layer in &mut weights.layers {
        let numbers = layer.weights.iter_mut().chain(&mut layer.bias);
        numbers.for_each(|number| *number = flush_below(*number, SMALLEST_WEIGHT));
    }
    weights
}

#[test]
fn shapes_tell_the_model_and_the_order() {
    for &model in ModelName::value_variants() {
        for order in [KernelOrder::InputsFirst, KernelOrder::OutputsFirst] {
            let (found, found_order) = from_arrays(&arrays_of(&weights(model), order)).unwrap();
            assert!(found == flushed(model) && found_order == order, "{model:?}, {order:?}");
        }
    }
}

#[test]
fn what_is_no_network_is_listed() {
    let array = |name: &str, shape: &[usize]| Array {
        name: name.into(),
        shape: shape.to_vec(),
        values: Ok(vec![0.0; shape.iter().product()]),
    };
    let linear = || vec![array("kernel", &[784, 10]), array("bias", &[10])];
    let with = |extra: Array| [linear(), vec![extra]].concat();
    for (arrays, found) in [
        (vec![], "no arrays"),
        (vec![array("kernel", &[784, 10])], "kernel [784, 10]"),
        (with(array("gamma\u{1b}", &[784])), "kernel [784, 10], bias [10], gamma\\u{1b} [784]"),
        (with(array("momentum", &[784, 10])), "kernel [784, 10], bias [10], momentum [784, 10]"),
        (vec![array("a", &[784, 16]), array("b", &[16])], "a [784, 16], b [16]"),
        // One kernel one way round, one the other.
        (
            vec![array("a", &[784, 32]), array("b", &[32]), array("c", &[10, 32]), array("d", &[10])],
            "a [784, 32], b [32], c [10, 32], d [10]",
        ),
    ] {
        let text = from_arrays(&arrays).unwrap_err().to_string();
        let wanted = "either way round: linear: [784, 10] [10]; mlp32: [784, 32] [32] [32, 10] [10]; \
                      mlp128-64: [784, 128] [128] [128, 64] [64] [64, 10] [10]";
        assert!(text.starts_with(&format!("holds {found}; wanted a kernel")) && text.ends_with(wanted), "{text}");
    }
    let many = vec![array("x", &[1]); 15];
    assert!(from_arrays(&many).unwrap_err().to_string().contains("x [1] and 3 more; wanted"));
}

#[test]
fn numbers_that_no_network_can_have_are_named() {
    for (value, wanted) in [
        (Ok(f64::NAN), "value 7 is NaN"),
        (Ok(f64::NEG_INFINITY), "value 7 is -inf"),
        (Ok(-1e300), "value 7 is -1e300, too large for an f32"),
        (Err("type i32, wanted f32".to_owned()), "type i32, wanted f32"),
    ] {
        let mut arrays = arrays_of(&weights(ModelName::Linear), KernelOrder::InputsFirst);
        match (value, &mut arrays[1].values) {
            (Ok(value), Ok(values)) => values[7] = value,
            (fault, values) => *values = fault.map(|_| Vec::new()),
        }
        assert_eq!(from_arrays(&arrays).unwrap_err().to_string(), format!("tensor `arr_0`: {wanted}"));
    }
}

#[test]
fn floats_of_every_kind_are_decoded() {
    for (float, little, wanted) in [
        (Float::F16, &[0x00, 0x3c][..], 1.0),
        (Float::F16, &[0xff, 0xfb], -65504.0),
        (Float::F16, &[0x01, 0x00], 2.0_f64.powi(-24)),
        (Float::F16, &[0x00, 0xfc], f64::NEG_INFINITY),
        (Float::Bf16, &[0x80, 0xbf], -1.0),
        (Float::F32, &[0x00, 0x00, 0x40, 0x40], 3.0),
        (Float::F64, &[0, 0, 0, 0, 0, 0, 0x04, 0xc0], -2.5),
    ] {
        let big: Vec<u8> = little.iter().rev().copied().collect();
        assert_eq!(float.decode(little, false), [wanted], "{float:?}");
        assert_eq!(float.decode(&big, true), [wanted], "{float:?}");
    }
    assert!(Float::F16.decode(&[0x01, 0x7c], false)[0].is_nan());
}
