//! NEON: four vectors are the 16 partial sums of a dot product.

mod dot;
mod gradient;
mod softmax;

use core::arch::aarch64::*;

pub(in crate::kernels) use dot::{forward, input_gradient};
pub(in crate::kernels) use gradient::{
    weight_gradient, weight_gradient_adam, weight_gradient_momentum, weight_gradient_sgd,
};
pub(in crate::kernels) use softmax::{softmax, softmax_cross_entropy};

use crate::math::NAN;

crate::kernels::elementwise::loops::compile_loops!("neon");

const LANES: usize = 4;
/// Vectors that are loaded and stored together: a dot product's partial sums.
const VECTORS: usize = 4;
/// Numbers in them.
const CHUNK: usize = VECTORS * LANES;
/// Units whose sums are kept in registers at a time: with four vectors each, 20 of the 32.
const UNITS: usize = 5;
/// Rows whose sums [`input_gradient`] keeps in registers at a time: with four vectors each, 16 of the 32.
const ROWS_BACK: usize = 4;

/// 16 neighbouring numbers.
type Chunk = [float32x4_t; VECTORS];

/// Numbers that can be loaded as 16 lanes of f32.
pub trait Load: Copy + Default {
    /// # Safety
    /// 16 numbers can be read at `from`, and the machine has NEON.
    unsafe fn load(from: *const Self) -> Chunk;
}

impl Load for u8 {
    #[inline]
    #[target_feature(enable = "neon")]
    unsafe fn load(from: *const Self) -> Chunk {
        // SAFETY: the caller's.
        let bytes = unsafe { vld1q_u8(from) };
        let (low, high) = (vmovl_u8(vget_low_u8(bytes)), vmovl_high_u8(bytes));
        [
            vcvtq_f32_u32(vmovl_u16(vget_low_u16(low))),
            vcvtq_f32_u32(vmovl_high_u16(low)),
            vcvtq_f32_u32(vmovl_u16(vget_low_u16(high))),
            vcvtq_f32_u32(vmovl_high_u16(high)),
        ]
    }
}

impl Load for f32 {
    #[inline]
    #[target_feature(enable = "neon")]
    unsafe fn load(from: *const Self) -> Chunk {
        // SAFETY: the caller's.
        unsafe {
            [
                vld1q_f32(from),
                vld1q_f32(from.add(LANES)),
                vld1q_f32(from.add(2 * LANES)),
                vld1q_f32(from.add(3 * LANES)),
            ]
        }
    }
}

/// Loads the first `count` lanes, 16 at most; the others are `padding` and their memory is not touched.
///
/// # Safety
/// `count` numbers can be read at `from`.
#[inline]
#[target_feature(enable = "neon")]
unsafe fn load_padded<T: Load>(count: usize, from: *const T, padding: T) -> Chunk {
    // SAFETY: the caller's; `numbers` has room for 16.
    unsafe {
        if count >= CHUNK {
            return T::load(from);
        }
        let mut numbers = [padding; CHUNK];
        from.copy_to_nonoverlapping(numbers.as_mut_ptr(), count);
        T::load(numbers.as_ptr())
    }
}

/// Stores the first `count` lanes, 16 at most.
///
/// # Safety
/// `count` numbers can be written at `to`.
#[inline]
#[target_feature(enable = "neon")]
unsafe fn store(count: usize, to: *mut f32, values: Chunk) {
    // SAFETY: the caller's; `numbers` has room for 16.
    unsafe {
        if count >= CHUNK {
            return store_all(to, values);
        }
        let mut numbers = [0.0; CHUNK];
        store_all(numbers.as_mut_ptr(), values);
        to.copy_from_nonoverlapping(numbers.as_ptr(), count);
    }
}

/// # Safety
/// 16 numbers can be written at `to`.
#[inline]
#[target_feature(enable = "neon")]
unsafe fn store_all(to: *mut f32, values: Chunk) {
    for (vector, &values) in values.iter().enumerate() {
        // SAFETY: the caller's.
        unsafe { vst1q_f32(to.add(vector * LANES), values) };
    }
}

/// `a` · `b` + `sums`.
#[inline]
#[target_feature(enable = "neon")]
fn multiply_add(sums: Chunk, a: Chunk, b: Chunk) -> Chunk {
    [
        vfmaq_f32(sums[0], a[0], b[0]),
        vfmaq_f32(sums[1], a[1], b[1]),
        vfmaq_f32(sums[2], a[2], b[2]),
        vfmaq_f32(sums[3], a[3], b[3]),
    ]
}

/// The lanes, or +0.0 where the magnitude is below the limit.
#[inline]
#[target_feature(enable = "neon")]
fn flush_below(values: float32x4_t, limit: f32) -> float32x4_t {
    let below = vcaltq_f32(values, vdupq_n_f32(limit));
    vreinterpretq_f32_u32(vbicq_u32(vreinterpretq_u32_f32(values), below))
}

/// As [`math::canonical`](crate::math::canonical).
#[inline]
#[target_feature(enable = "neon")]
fn canonical(values: float32x4_t) -> float32x4_t {
    vbslq_f32(vceqq_f32(values, values), values, vdupq_n_f32(NAN))
}

#[inline]
#[target_feature(enable = "neon")]
fn lanes(vector: float32x4_t) -> [f32; LANES] {
    let mut lanes = [0.0; LANES];
    // SAFETY: `lanes` has room for 4.
    unsafe { vst1q_f32(lanes.as_mut_ptr(), vector) };
    lanes
}
