//! Zero-initialised memory, in place: the one file outside [`kernels`](crate::kernels) with `unsafe`.

#![allow(unsafe_code)]

use core::mem::MaybeUninit;

use crate::activations::Activation;
use crate::networks::{Choice, HiddenState, HiddenWorkspace, Layers, Network};
use crate::optimizers::Optimizer;
use crate::{AdamState, Dense, Hidden, Output, Trainer, Workspace, losses};

/// A type with a value of all zero bytes: weights, activations, deltas, moments, targets.
///
/// Initialise a large value in place: in a debug build, a move passes through the stack.
///
/// ```
/// # use std::mem::MaybeUninit;
/// use dense_core::{Dense, Memory};
///
/// let mut place = Box::<Dense<784, 512>>::new_uninit();
/// let layer = Dense::zero_in(&mut place);
/// assert!(layer.weights().all(|weight| weight == 0.0));
/// ```
///
/// An optimizer with a [`State`](crate::optimizers::State) of its own builds it from types that have this trait, such
/// as [`Dense`], arrays and pairs.
///
/// # Safety
/// All bytes zero are a valid value, and it equals [`ZERO`](Self::ZERO).
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not known to be valid where all bytes are zero",
    note = "the numbers `u8`, `u16`, `u32` and `f32`, arrays, pairs, layers and networks are `Memory`"
)]
pub unsafe trait Memory: Sized {
    /// All numbers zero.
    const ZERO: Self;

    /// Initialises `place` with zeros, without a copy on the stack.
    fn zero_in(place: &mut MaybeUninit<Self>) -> &mut Self {
        // SAFETY: the pointer is that of an exclusive reference, so it may be written to; all bytes zero are a valid
        // value, as the trait demands of whoever implements it.
        unsafe {
            place.as_mut_ptr().write_bytes(0, 1);
            place.assume_init_mut()
        }
    }
}

/// Implements [`Memory`] for numbers whose zero has all bytes zero.
macro_rules! numbers {
    ($($number:ty = $zero:literal),+) => {$(
        // SAFETY: every pattern of bytes is a valid number, and that of zeros is (+)0.
        unsafe impl Memory for $number {
            const ZERO: Self = $zero;
        }
    )+};
}

numbers!(u8 = 0, u16 = 0, u32 = 0, f32 = 0.0);

// SAFETY: it has no bytes.
unsafe impl Memory for () {
    const ZERO: Self = ();
}

// SAFETY: an array is its elements, one after the other.
unsafe impl<T: Memory, const LENGTH: usize> Memory for [T; LENGTH] {
    const ZERO: Self = [const { T::ZERO }; LENGTH];
}

// SAFETY: a pair is its fields and padding, which may be any bytes.
unsafe impl<A: Memory, B: Memory> Memory for (A, B) {
    const ZERO: Self = (A::ZERO, B::ZERO);
}

// SAFETY: it is two arrays of f32, and padding.
unsafe impl<const IN: usize, const OUT: usize> Memory for Dense<IN, OUT> {
    const ZERO: Self = Self::ZERO;
}

// SAFETY: it is two layers.
unsafe impl<const IN: usize, const OUT: usize> Memory for AdamState<IN, OUT> {
    const ZERO: Self = Self::ZERO;
}

// SAFETY: it is a layer, and a field without bytes.
unsafe impl<const IN: usize, const OUT: usize, L: losses::Loss<OUT>> Memory for Output<IN, OUT, L> {
    const ZERO: Self = Self::ZERO;
}

// SAFETY: it is a layer, the layers after it, and a field without bytes.
unsafe impl<const IN: usize, const WIDTH: usize, A: Activation, Next: Network<WIDTH>> Memory
    for Hidden<IN, WIDTH, A, Next>
{
    const ZERO: Self = Self::ZERO;
}

// SAFETY: it is two arrays of f32 and what the layers after it work in.
unsafe impl<Next: Memory, const WIDTH: usize, const BATCH: usize> Memory for HiddenWorkspace<Next, WIDTH, BATCH> {
    const ZERO: Self = Self { outputs: Memory::ZERO, deltas: Memory::ZERO, next: Next::ZERO };
}

// SAFETY: it is its two fields.
unsafe impl<Here: Memory, Next: Memory> Memory for HiddenState<Here, Next> {
    const ZERO: Self = Self { layer: Here::ZERO, next: Next::ZERO };
}

impl<N: Layers, const BATCH: usize> Workspace<N, BATCH> {
    /// Initialises `place` without a copy on the stack: in a `static`, a box or an element of a slice.
    pub fn new_in(place: &mut MaybeUninit<Self>) -> &mut Self {
        let workspace = place.as_mut_ptr();
        // SAFETY: the pointer is that of an exclusive reference. Both fields are initialised: `layers` may be all zero
        // bytes, as `Memory` says.
        unsafe {
            (&raw mut (*workspace).layers).write_bytes(0, 1);
            (&raw mut (*workspace).kernel).write(Choice::BEST);
            place.assume_init_mut()
        }
    }
}

impl<N: Layers, O: Optimizer, const BATCH: usize> Trainer<N, O, BATCH> {
    /// Initialises `place` without a copy on the stack: in a `static`, a box or an element of a slice.
    ///
    /// ```
    /// # use dense_core::{Adam, Hidden, Mse, Output, Trainer, activations::Relu};
    /// type Network = Hidden<64, 64, Relu, Output<64, 1, Mse>>;
    /// let mut place = Box::new_uninit();
    /// let trainer = Trainer::<Network, Adam, 1000>::new_in(&mut place, Adam::new(0.001)?);
    /// # assert_eq!(trainer.optimizer(), &Adam::new(0.001)?);
    /// # Ok::<(), dense_core::Error>(())
    /// ```
    pub fn new_in(place: &mut MaybeUninit<Self>, optimizer: O) -> &mut Self {
        let trainer = place.as_mut_ptr();
        // SAFETY: the pointer is that of an exclusive reference. All five fields are initialised: `state` and `targets`
        // may be all zero bytes, as `Memory` says, and a `MaybeUninit` may hold anything.
        unsafe {
            Workspace::<N, BATCH>::new_in(&mut *(&raw mut (*trainer).workspace).cast());
            (&raw mut (*trainer).state).write_bytes(0, 1);
            (&raw mut (*trainer).targets).write_bytes(0, 1);
            (&raw mut (*trainer).first_trained).write(0);
            (&raw mut (*trainer).optimizer).write(optimizer);
            place.assume_init_mut()
        }
    }
}
