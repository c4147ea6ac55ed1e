//! Samples: inputs and targets of equal number.

/// Inputs with their targets, one target row for each input row.
#[derive(Clone, Debug, PartialEq)]
pub struct Samples {
    /// The inputs.
    pub inputs: Inputs,
    /// The targets.
    pub targets: Targets,
    /// The group of each sample, such as the person it was measured on, as an index into names that the loader keeps;
    /// empty where there are none.
    pub groups: Vec<u32>,
}

/// Input rows of equal width.
#[derive(Clone, Debug, PartialEq)]
pub enum Inputs {
    /// Bytes of pictures, `[samples][width]`, each worth 1/255.
    Bytes {
        /// Numbers of a sample.
        width: usize,
        /// All of them.
        values: Vec<u8>,
    },
    /// Numbers, `[samples][width]`.
    Numbers {
        /// Numbers of a sample.
        width: usize,
        /// All of them.
        values: Vec<f32>,
    },
}

/// Targets.
#[derive(Clone, Debug, PartialEq)]
pub enum Targets {
    /// The class of each sample; of two classes for one output, 0 or 1.
    Labels(Vec<u8>),
    /// Numbers, `[samples][width]`.
    Numbers {
        /// Numbers of a sample.
        width: usize,
        /// All of them.
        values: Vec<f32>,
    },
}

impl Inputs {
    /// Numbers of a sample.
    #[must_use]
    pub const fn width(&self) -> usize {
        match self {
            Self::Bytes { width, .. } | Self::Numbers { width, .. } => *width,
        }
    }

    /// Number of samples.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Bytes { width, values } => values.len() / width,
            Self::Numbers { width, values } => values.len() / width,
        }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Targets {
    /// Number of samples.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Labels(labels) => labels.len(),
            Self::Numbers { width, values } => values.len() / width,
        }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Samples {
    /// Number of samples.
    #[must_use]
    pub fn len(&self) -> usize {
        self.inputs.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.inputs.is_empty()
    }
}
