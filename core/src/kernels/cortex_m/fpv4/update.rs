//! Updates by momentum, Adam and RMSprop, of parameters in the order of their sums of delta · input.
//!
//! Four at a time, then one at a time. No number is tested: its product with a [`probe`](super::exceptions::probe)
//! underflows where it has to be flushed, a NaN is compared, and a gradient that might have to be clamped is beyond the
//! range of an integer. Each sets an exception flag before anything is stored, and the group is then updated by
//! [`Update::scalar`]. A state that is −0.0 may stay so: no kernel writes one.

use super::exceptions::Exceptions;
use crate::kernels::updates::{Update, one_by_one};

/// Parameters that are updated together.
const GROUP: usize = 4;

/// Updates all parameters: by `until_exception`, which returns the number of those before the first group with an
/// exception, and that group by the rule's [`Update::scalar`].
#[inline(always)]
fn update<U: Update<N>, const N: usize>(
    sums: &[f32],
    scale: f32,
    rule: &U,
    mut parameters: [&mut [f32]; N],
    until_exception: impl Fn(&[f32], [&mut [f32]; N]) -> usize,
) {
    let mut rest = sums;
    while !rest.is_empty() {
        let first = sums.len() - rest.len();
        let others = parameters.each_mut().map(|array| array.get_mut(first..).unwrap_or_default());
        let _flags = Exceptions::clear();
        let done = until_exception(rest, others);
        let group = rest.get(done..).unwrap_or_default();
        let (group, after) = group.split_at(GROUP.min(group.len()));
        let others = parameters.each_mut().map(|array| array.get_mut(first + done..).unwrap_or_default());
        one_by_one(rule, group, scale, others);
        rest = after;
    }
}

/// The template of a kernel's loops, from those of a group of four and of one.
macro_rules! loops {
    ($four:expr, $one:expr) => {
        concat!(
            "cmp {sum}, {chunks_end}\n beq 3f\n",
            "2:\n",
            $four,
            "cmp {sum}, {chunks_end}\n bne 2b\n",
            "3:\n cmp {sum}, {end}\n beq 5f\n",
            "4:\n",
            $one,
            "cmp {sum}, {end}\n bne 4b\n",
            "5:\n",
        )
    };
}

/// Leaves the loops where an exception flag is set.
macro_rules! leave {
    () => {
        "vmrs {fpscr}, fpscr\n tst {fpscr}, #{exceptions}\n bne 5f\n"
    };
}

mod adam;
mod momentum;
mod rmsprop;

pub(in crate::kernels) use adam::adam;
pub(in crate::kernels) use momentum::momentum;
pub(in crate::kernels) use rmsprop::rmsprop;
