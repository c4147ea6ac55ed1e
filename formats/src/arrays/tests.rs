//! Tests of arrays of other programs.

use super::*;

#[test]
fn floats_of_every_kind_are_decoded() {
    let mut budget = Budget::default();
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
        assert_eq!(float.decode(&[1], little, false, &mut budget).unwrap(), [wanted], "{float:?}");
        assert_eq!(float.decode(&[1, 1], &big, true, &mut budget).unwrap(), [wanted], "{float:?}");
    }
    assert!(Float::F16.decode(&[1], &[0x01, 0x7c], false, &mut budget).unwrap()[0].is_nan());
    assert_eq!(Float::F32.decode(&[2], &[0; 7], false, &mut budget).unwrap_err(), "7 bytes of numbers, wanted 8");
    assert_eq!(
        Float::F32.decode(&[usize::MAX, 2], &[], false, &mut budget).unwrap_err(),
        "more numbers than any network has"
    );
}

#[test]
fn the_numbers_of_all_arrays_are_bounded() {
    let mut budget = Budget::default();
    budget.take(MAX_PARAMETERS - 1).unwrap();
    let error = Float::F16.decode(&[2], &[0; 4], false, &mut budget).unwrap_err();
    assert_eq!(error, "more than 4194304 numbers in all, which is the limit");
    assert_eq!(Float::F16.decode(&[1], &[0; 2], false, &mut budget).unwrap(), [0.0]);
}

#[test]
fn numbers_that_no_network_can_have_are_named() {
    let array = |values| Array { name: "kernel\n".into(), shape: vec![2], values };
    for (values, wanted) in [
        (Ok(vec![0.0, f64::NAN]), "value 1 is NaN"),
        (Ok(vec![f64::NEG_INFINITY, 0.0]), "value 0 is -inf"),
        (Ok(vec![-1e300, 0.0]), "value 0 is -1e300, too large for an f32"),
        (Err("type i32, wanted f32".to_owned()), "type i32, wanted f32"),
    ] {
        let text = array(values).numbers().unwrap_err().to_string();
        assert_eq!(text, format!("tensor `kernel\\n`: {wanted}"));
    }
    assert_eq!(array(Ok(vec![1.0, 1e-30])).numbers().unwrap(), [1.0, 0.0]);
}
