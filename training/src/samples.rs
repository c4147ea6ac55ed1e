//! Samples: inputs and targets of equal number.

use dense_core::PixelTable;
use flate2::Crc;

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
    /// The first `count` samples, or all if there are no more than that.
    pub fn first(&self, count: usize) -> Self {
        self.select(&(0..count.min(self.len())).collect::<Vec<_>>())
    }

    fn select(&self, indices: &[usize]) -> Self {
        match self {
            Self::Bytes { width, values } => {
                Self::Bytes { width: *width, values: select_rows(values, *width, indices) }
            }
            Self::Numbers { width, values } => {
                Self::Numbers { width: *width, values: select_rows(values, *width, indices) }
            }
        }
    }

    /// Replaces each byte by that of the table; numbers stay as they are.
    pub fn look_up(&mut self, table: &PixelTable) {
        if let Self::Bytes { values, .. } = self {
            table.apply(values);
        }
    }

    /// The inputs as the first layer sees them: through the table of pixels, if there is one.
    #[must_use]
    pub fn through(mut self, table: Option<&PixelTable>) -> Self {
        if let Some(table) = table {
            self.look_up(table);
        }
        self
    }

    /// Numbers of a sample.
    pub const fn width(&self) -> usize {
        match self {
            Self::Bytes { width, .. } | Self::Numbers { width, .. } => *width,
        }
    }

    /// Number of samples.
    pub fn len(&self) -> usize {
        match self {
            Self::Bytes { width, values } => values.len() / width,
            Self::Numbers { width, values } => values.len() / width,
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Targets {
    /// Number of samples.
    pub fn len(&self) -> usize {
        match self {
            Self::Labels(labels) => labels.len(),
            Self::Numbers { width, values } => values.len() / width,
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Samples {
    /// The CRC-32 of all inputs and then all targets.
    pub fn checksum(&self) -> u32 {
        self.checksum_of_first(self.len())
    }

    /// The same of the first `count` samples, or all if there are no more than that.
    pub fn checksum_of_first(&self, count: usize) -> u32 {
        let count = count.min(self.len());
        let mut checksum = Crc::new();
        let update = |checksum: &mut Crc, values: &[f32]| {
            values.iter().for_each(|value| checksum.update(&value.to_le_bytes()));
        };
        match &self.inputs {
            Inputs::Bytes { width, values } => checksum.update(&values[..count * width]),
            Inputs::Numbers { width, values } => update(&mut checksum, &values[..count * width]),
        }
        match &self.targets {
            Targets::Labels(labels) => checksum.update(&labels[..count]),
            Targets::Numbers { width, values } => update(&mut checksum, &values[..count * width]),
        }
        checksum.sum()
    }

    /// Number of samples.
    pub fn len(&self) -> usize {
        self.inputs.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.inputs.is_empty()
    }

    /// Bytes of memory of all of them.
    pub fn bytes(&self) -> usize {
        let inputs = match &self.inputs {
            Inputs::Bytes { values, .. } => size_of_val(&values[..]),
            Inputs::Numbers { values, .. } => size_of_val(&values[..]),
        };
        let targets = match &self.targets {
            Targets::Labels(labels) => size_of_val(&labels[..]),
            Targets::Numbers { values, .. } => size_of_val(&values[..]),
        };
        inputs + targets + size_of_val(&self.groups[..])
    }

    /// The samples of these indices, in their order.
    ///
    /// # Panics
    /// Where there is no such sample.
    pub fn select(&self, indices: &[usize]) -> Self {
        Self {
            inputs: self.inputs.select(indices),
            targets: match &self.targets {
                Targets::Labels(labels) => Targets::Labels(select_rows(labels, 1, indices)),
                Targets::Numbers { width, values } => {
                    Targets::Numbers { width: *width, values: select_rows(values, *width, indices) }
                }
            },
            groups: if self.groups.is_empty() { Vec::new() } else { select_rows(&self.groups, 1, indices) },
        }
    }

    /// Keeps the first `count` samples, and returns the others.
    ///
    /// # Panics
    /// Where there are not as many.
    #[must_use]
    pub fn split_off(&mut self, count: usize) -> Self {
        Self {
            inputs: match &mut self.inputs {
                Inputs::Bytes { width, values } => {
                    Inputs::Bytes { width: *width, values: split_off(values, count * *width) }
                }
                Inputs::Numbers { width, values } => {
                    Inputs::Numbers { width: *width, values: split_off(values, count * *width) }
                }
            },
            targets: match &mut self.targets {
                Targets::Labels(labels) => Targets::Labels(split_off(labels, count)),
                Targets::Numbers { width, values } => {
                    Targets::Numbers { width: *width, values: split_off(values, count * *width) }
                }
            },
            groups: if self.groups.is_empty() { Vec::new() } else { split_off(&mut self.groups, count) },
        }
    }

    /// Keeps the first `limit` samples, or all if there are no more than that.
    pub fn truncate(&mut self, limit: usize) {
        if limit < self.len() {
            let _ = self.split_off(limit);
        }
    }

    /// How many samples each of `classes` classes has; nothing where targets are numbers.
    pub fn label_counts(&self, classes: usize) -> Vec<usize> {
        let mut counts = vec![0; classes];
        if let Targets::Labels(labels) = &self.targets {
            for &label in labels {
                counts[usize::from(label)] += 1;
            }
        }
        counts
    }
}

/// Keeps the first `count` values in as much memory as they need, and returns the others.
fn split_off<T>(values: &mut Vec<T>, count: usize) -> Vec<T> {
    let others = values.split_off(count);
    values.shrink_to_fit();
    others
}

fn select_rows<T: Copy>(values: &[T], width: usize, indices: &[usize]) -> Vec<T> {
    let mut rows = Vec::with_capacity(indices.len() * width);
    indices.iter().for_each(|index| rows.extend_from_slice(&values[index * width..][..width]));
    rows
}
