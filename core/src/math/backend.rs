//! The implementations of `exp`: polynomial or micromath.

/// The implementation of `exp`, and with it of softmax, sigmoid and tanh.
///
/// The two give different bits. So a file of weights carries the [`name`](Self::name) of the backend that trained them,
/// a record in flash its number, and the loader compares it with [`BACKEND`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Backend {
    /// The polynomials of this module, exact to about a unit in the last place.
    Polynomial = 0,
    /// micromath's `exp`, with feature `micromath`: within 0.24 % of the exact value, sigmoid within 0.0006, tanh
    /// within 0.0008 and softmax within 0.0006. Softmax keeps the order of the logits, so trained weights find the same
    /// class. Trained with it, example `binary` has the same counts of its 169 test tumours, 10 of them wrong, and
    /// softmax regression on Fashion-MNIST, with weights that differ, the same test accuracy to four digits for seeds
    /// 0, 1 and 2 (`cargo run -p host-trainer --features dense-core/micromath -- --seed 1`).
    Micromath = 1,
}

/// The backend that this crate was built with.
pub const BACKEND: Backend = if cfg!(feature = "micromath") { Backend::Micromath } else { Backend::Polynomial };

impl Backend {
    /// Its name in files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Polynomial => "polynomial",
            Self::Micromath => "micromath",
        }
    }

    /// The backend of that name.
    #[must_use]
    pub fn by_name(name: &str) -> Option<Self> {
        [Self::Polynomial, Self::Micromath].into_iter().find(|backend| backend.name() == name)
    }
}
