//! What Adam keeps for the layers of a network, as lists of numbers.

use std::slice;

use dense_core::AdamState;
use dense_core::networks::HiddenState;

/// Adam's running means for one layer, in the order of [`AdamState::moments`].
pub type Moments = Vec<[f32; 2]>;

/// What an optimizer keeps for the layers of a network. Gradient descent keeps nothing, so its list has no entries.
pub trait KeepsMoments {
    /// Appends those of each layer, from the first on.
    fn list(&self, moments: &mut Vec<Moments>);

    /// Takes over those of each layer, in the same order, as far as there are any.
    fn take(&mut self, moments: &mut slice::Iter<'_, Moments>);
}

impl KeepsMoments for () {
    fn list(&self, _: &mut Vec<Moments>) {}

    fn take(&mut self, _: &mut slice::Iter<'_, Moments>) {}
}

impl<const IN: usize, const OUT: usize> KeepsMoments for AdamState<IN, OUT> {
    fn list(&self, moments: &mut Vec<Moments>) {
        moments.push(self.moments().collect());
    }

    fn take(&mut self, moments: &mut slice::Iter<'_, Moments>) {
        if let Some(moments) = moments.next() {
            self.set_moments(moments);
        }
    }
}

impl<Here: KeepsMoments, Next: KeepsMoments> KeepsMoments for HiddenState<Here, Next> {
    fn list(&self, moments: &mut Vec<Moments>) {
        self.layer.list(moments);
        self.next.list(moments);
    }

    fn take(&mut self, moments: &mut slice::Iter<'_, Moments>) {
        self.layer.take(moments);
        self.next.take(moments);
    }
}
