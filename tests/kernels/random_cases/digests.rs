//! Digests of the results of `portable`: the specification has the same bits on every machine.

use dense_core::{Kernel, Random};

use super::case::{VALUES, WIDEST};
use super::{Case, functions};
use crate::cases::Values;

/// FNV-1a of the bits of what `portable` computes for a few cases of finite values: the same on every machine, whatever
/// its pointer width, byte order and floating-point unit. A new function needs a new line.
#[test]
fn portable_has_the_same_bits_on_every_machine() {
    let case = Case::draw(&mut Random::new(2029, 1), WIDEST);
    let cases = VALUES.into_iter().filter(|values| !matches!(values, Values::NotFinite)).enumerate();
    let cases = cases.map(|(number, values)| Case { width: 5 * number + 3, units: 3, batch: 2, values, ..case });
    let cases: Vec<Case> = cases.collect();
    let found: Vec<(String, u64)> = functions()
        .into_iter()
        .map(|(name, function)| {
            let outputs = cases.iter().flat_map(|&case| function(Kernel::PORTABLE, case));
            let bytes = outputs.flat_map(|output| output.to_bits().to_le_bytes());
            let digest = bytes.fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
                (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
            });
            (name, digest)
        })
        .collect();
    let found: Vec<(&str, u64)> = found.iter().map(|(name, digest)| (name.as_str(), *digest)).collect();
    assert_eq!(found, DIGESTS, "{found:#018x?}");
}

const DIGESTS: [(&str, u64); 35] = [
    ("forward, u8", 0x64a5_7b04_d27d_9b55),
    ("forward, f32", 0x8f03_1fb0_4d22_39e5),
    ("input_gradient", 0x6c4a_c5e0_1ef7_d956),
    ("weight_gradient, u8", 0xe69a_4131_9059_0111),
    ("weight_gradient, f32", 0x454d_e017_b3a7_dfbb),
    ("SGD, u8", 0x51f3_4563_a4f1_3129),
    ("SGD, f32", 0xe7eb_ca46_9f3b_8e0c),
    ("momentum, u8", 0xa6b2_7df6_a64f_5fe0),
    ("momentum, f32", 0x1255_1445_92c5_6c40),
    ("Nesterov, u8", 0xbfbe_38ee_aa3a_1f89),
    ("Nesterov, f32", 0xc8a3_6334_4db7_c55a),
    ("RMSprop, u8", 0x9ae7_5d7c_4c91_629a),
    ("RMSprop, f32", 0x9f48_a052_62ae_3bcb),
    ("Adam, u8", 0x4491_a0e7_0966_a321),
    ("Adam, f32", 0xa523_705d_e04d_0db4),
    ("softmax, few classes", 0x1974_ecd7_6fde_c3fa),
    ("softmax, many classes", 0x9d5e_578a_71f2_e13d),
    ("cross-entropy, few classes", 0x9ee9_ee50_9f63_7460),
    ("cross-entropy, many classes", 0x5d8b_663c_47f0_1b71),
    ("int8", 0x6e2d_94a2_f7c8_44c1),
    ("linear", 0xd436_9481_0499_f496),
    ("relu", 0xf342_3c61_f920_cc96),
    ("leaky_relu", 0x4f44_2784_b0c8_3c5f),
    ("elu", 0x3716_d1dc_fa14_6022),
    ("gelu", 0x181e_d685_ba58_7659),
    ("sigmoid", 0xbc2a_75de_a2ee_6e17),
    ("tanh", 0x49b3_eaea_a88c_fdee),
    ("decay", 0xa904_05d5_3484_1f60),
    ("derivative of linear", 0xb826_4732_bd8b_dd64),
    ("derivative of relu", 0xd1c2_0465_075a_838f),
    ("derivative of leaky_relu", 0xe1fd_9df0_e2d0_f90a),
    ("derivative of elu", 0x2aad_42ae_27f5_1e66),
    ("derivative of gelu", 0x7539_51c8_abbb_e7fd),
    ("derivative of sigmoid", 0xd3b2_54ef_1e62_29de),
    ("derivative of tanh", 0x0e32_8e3d_0845_cc13),
];
