//! The trained model. Generated: edit the recipe, not this file.
//!
//! - made by: `host-trainer train`
//! - data set: fashion-mnist
//! - model: `Flatten(3, 6) -> Dense(7, relu) -> Dense(3, softmax)`
//! - backend: polynomial
//! - loss: generalized_crossentropy
//! - optimizer: adam
//! - learning rate: 0.001
//! - batch size: 32
//! - epochs: 10
//! - training samples: 60000
//! - seed: 0
//! - test accuracy: 0.8428
//! - test loss: 0.4521

use dense_core::activations::Relu;
use dense_core::{Dense, GeneralizedCrossEntropy, Hidden, Output, PixelTable};

/// What becomes of each pixel before the first layer.
#[rustfmt::skip]
pub static PIXEL_TABLE: PixelTable = PixelTable::new([
    0, 16, 23, 28, 32, 36, 39, 42, 45, 48, 50, 53, 55, 58, 60, 62,
    64, 66, 68, 70, 71, 73, 75, 77, 78, 80, 81, 83, 84, 86, 87, 89,
    90, 92, 93, 94, 96, 97, 98, 100, 101, 102, 103, 105, 106, 107, 108, 109,
    111, 112, 113, 114, 115, 116, 117, 118, 119, 121, 122, 123, 124, 125, 126, 127,
    128, 129, 130, 131, 132, 133, 134, 135, 135, 136, 137, 138, 139, 140, 141, 142,
    143, 144, 145, 145, 146, 147, 148, 149, 150, 151, 151, 152, 153, 154, 155, 156,
    156, 157, 158, 159, 160, 160, 161, 162, 163, 164, 164, 165, 166, 167, 167, 168,
    169, 170, 170, 171, 172, 173, 173, 174, 175, 176, 176, 177, 178, 179, 179, 180,
    181, 181, 182, 183, 183, 184, 185, 186, 186, 187, 188, 188, 189, 190, 190, 191,
    192, 192, 193, 194, 194, 195, 196, 196, 197, 198, 198, 199, 199, 200, 201, 201,
    202, 203, 203, 204, 204, 205, 206, 206, 207, 208, 208, 209, 209, 210, 211, 211,
    212, 212, 213, 214, 214, 215, 215, 216, 217, 217, 218, 218, 219, 220, 220, 221,
    221, 222, 222, 223, 224, 224, 225, 225, 226, 226, 227, 228, 228, 229, 229, 230,
    230, 231, 231, 232, 233, 233, 234, 234, 235, 235, 236, 236, 237, 237, 238, 238,
    239, 240, 240, 241, 241, 242, 242, 243, 243, 244, 244, 245, 245, 246, 246, 247,
    247, 248, 248, 249, 249, 250, 250, 251, 251, 252, 252, 253, 253, 254, 254, 255,
]);

/// Rows of a picture.
pub const HEIGHT: usize = 3;
/// Columns of a picture.
pub const WIDTH: usize = 6;

/// The classes, in order.
#[rustfmt::skip]
pub const CLASS_NAMES: [&str; 3] = [
    "circle",
    "square",
    "triangle",
];

/// The network's type.
#[rustfmt::skip]
pub type Model = Hidden<18, 7, Relu, Output<7, 3, GeneralizedCrossEntropy>>;

/// The bits of the weights, a row for each unit, and of the biases, layer after layer.
#[rustfmt::skip]
#[allow(long_running_const_eval)]
pub static MODEL: Model = Hidden::new(Dense::from_bits([
    [
        0x3ecd9db4, 0xbeffb7e8, 0xbee394e0, 0x3e36b364, 0x3e149c88, 0xbe4797dc, 0x3e7c4d10, 0x3e90adbe, 0xbe17d460, 0x3d837568, 0x3dc21e38, 0x3ee50082, 0xbe4fd118, 0x3ebd7d18, 0xbee97a9e, 0xbe25340c,
        0xbe868bd2, 0x3eefb2fc,
    ],
    [
        0xbd905300, 0x3e694f3c, 0x3e365164, 0x3ea07576, 0xbd2abb70, 0x3dedb8f0, 0x3e83d474, 0x3ef0adc8, 0x3eea1ca2, 0xbe06f95c, 0x3ea2f03e, 0x3eb8346a, 0xbe07bd88, 0xbe7da924, 0x3c16e5c0, 0x3e24ff7c,
        0xbe6904f8, 0xbda2a630,
    ],
    [
        0x3ebdc650, 0xbd96f368, 0x3e919d66, 0xbe909bae, 0x3e7e0158, 0x3e8ea2ca, 0xbdd6aeb8, 0xbde064c0, 0x3d56e730, 0x3ed041b8, 0x3cbbc9e0, 0xbe31466c, 0x3e1b34fc, 0xbe11fe44, 0xbe02ecbc, 0xbe39da74,
        0x3ecf0228, 0xbd3c4b30,
    ],
    [
        0xbe87316e, 0xbe24a5f4, 0xbe131c3c, 0x3ed64a66, 0x3ed6eaa4, 0x3ef88a60, 0xbe338e10, 0x3ef6d4a8, 0xbc925960, 0x3eb35522, 0x3ebd982e, 0x3c7e3f80, 0xbddbc908, 0x3ebe82a8, 0xbedfb19c, 0xbeef83dc,
        0x3e9a7fd8, 0xbe872e2c,
    ],
    [
        0x3ede8d60, 0xbdc0be70, 0x3e720194, 0x3ee277b4, 0x3efc9474, 0x3efbc3ba, 0x3e934cca, 0x3cbc2800, 0xbeff6d14, 0x3c1fa680, 0xbe85e464, 0x3e94459a, 0xbdba8c48, 0x3e29eb8c, 0xbe1db9c0, 0xbef36840,
        0xbe7b8cc0, 0x3e9592ca,
    ],
    [
        0x3de32410, 0x3e45581c, 0x3ecf6212, 0xbefe27c2, 0xbee4deb4, 0x3e0b1598, 0xbe45c4e8, 0xbd060390, 0xbeb4f83e, 0x3ef136d8, 0xbee2e6d6, 0x3e941bac, 0x3ee7f746, 0xbea0ea14, 0xbd92f5c0, 0x3e7053e4,
        0xbea03402, 0xbe47c308,
    ],
    [
        0x3e44deb4, 0xbdab23d8, 0xbe58494c, 0x3c2d5c80, 0x3dda36d8, 0xbee75afe, 0xbda1d520, 0xbdc8c848, 0x3e6724b8, 0x3d1bb780, 0xbe45d79c, 0x3e2e9ecc, 0xbe0de494, 0x3ee18634, 0x3e514eb4, 0xbee7d24e,
        0x3ebcf24c, 0x3e8d3450,
    ],
], [
        0xbd0bf8e0, 0xbe29d7b4, 0x3df12718, 0x3eb12acc, 0x3ef2792a, 0x3e15e128, 0xbe361da4,
]), Output::new(Dense::from_bits([
    // circle
    [
        0xbecc8afe, 0xbeb003dc, 0xbc1aa8c0, 0x3ed29326, 0xbe2734c4, 0x3ef2ee98, 0x3ebfdf5a,
    ],
    // square
    [
        0xbe82eaba, 0xbe19e6f8, 0xbb5bf900, 0x3d281080, 0xbe889a96, 0x3ec4454c, 0xbe47a31c,
    ],
    // triangle
    [
        0xbecb9b90, 0xbe47e388, 0xbe946ed0, 0xbd7a5ff0, 0xbd4521a0, 0xbe30a6e0, 0x3eae4b1e,
    ],
], [
        0x3ecb4ff8, 0x3e144fbc, 0xbcab0ca0,
])));
