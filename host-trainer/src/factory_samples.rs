//! The samples that a device comes with, to practise: of each class as many, spread over the class.

use dense_core::{Error, Kernel, argmax};
use dense_replay::{Bits, FactorySet, Quantization, SampleFormat, TargetFormat, Value, WrongLength};
use formats::{Activation, Input, Layer, Loss};
use training::{Network, evaluate};

use crate::data::{Inputs, Samples, Targets, rows_of_classes};
use crate::parallel::all_threads;

/// Most samples of a class that are looked at.
const MOST_CANDIDATES: usize = 10_000;
/// How often the centres of the clusters move.
const ROUNDS: usize = 10;

/// Why no samples can be chosen.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[allow(missing_docs, reason = "the messages say what the fields are")]
pub enum FactoryError {
    /// There is no room for a sample of each class.
    #[error("{found} bytes: {least} at least, for one sample of each class")]
    Room { found: usize, least: usize },
    /// The samples cannot be computed with.
    #[error("the samples cannot be compared: {0}")]
    Compare(#[from] Error),
    /// A sample is not like the others.
    #[error("{0}")]
    Length(#[from] WrongLength),
}

/// Chosen samples, as bytes.
#[derive(Clone, Debug, PartialEq)]
pub struct FactorySamples {
    inputs: usize,
    target: TargetFormat,
    bits: Bits,
    quantizations: Vec<Quantization>,
    cumulative_counts: Vec<u32>,
    bytes: Vec<u8>,
}

/// A chosen sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Choice {
    /// Its place among the candidates.
    place: usize,
    /// How many of them it stands for.
    count: usize,
}

impl FactorySamples {
    /// Chooses samples of a training set as the first layer sees it, with so many bits a value, in at most `room` bytes;
    /// none for a room of 0. The same samples give the same choice on every machine.
    ///
    /// The samples of a class are put into clusters (k-means), and of each cluster the one nearest to its centre is
    /// taken; it stands for the samples of the cluster. On held-back images of Fashion-MNIST, that kept a point more of the accuracy than a random choice, and of 50
    /// images four; samples as far from each other as can be (k-centres) are outliers, and kept eight points less.
    ///
    /// # Errors
    /// [`FactoryError`].
    pub fn choose(
        train: &Samples,
        input: &Input,
        bits: Bits,
        room: usize,
        kernel: Kernel,
    ) -> Result<Self, FactoryError> {
        let (inputs, quantizations) = (train.inputs.width(), quantizations(&train.inputs, input, bits));
        let target = match &train.targets {
            Targets::Labels(_) => TargetFormat::Class,
            Targets::Numbers { width, .. } => TargetFormat::Numbers(*width),
        };
        let (cumulative_counts, bytes) = (Vec::new(), Vec::new());
        let mut chosen = Self { inputs, target, bits, quantizations, cumulative_counts, bytes };
        if room == 0 {
            return Ok(chosen);
        }
        let classes = rows_of_classes(&train.targets);
        let sample_bytes = chosen.format().sample_bytes() + size_of::<u32>();
        let count = room / sample_bytes;
        if count < classes.len() {
            return Err(FactoryError::Room { found: room, least: classes.len() * sample_bytes });
        }
        for (class, rows) in classes.iter().enumerate() {
            let share = count / classes.len() + usize::from(class < count % classes.len());
            let candidates: Vec<usize> = evenly(rows.len(), MOST_CANDIDATES).map(|place| rows[place]).collect();
            let values = chosen.scaled(&train.inputs, &candidates);
            for Choice { place, count } in spread(&values, inputs, share, kernel)? {
                chosen.push(train, candidates[place], count * rows.len() / candidates.len())?;
            }
        }
        Ok(chosen)
    }

    /// The samples as a device has them.
    pub fn set(&self) -> FactorySet<'_> {
        FactorySet::new(self.format(), &self.cumulative_counts, &self.bytes)
    }

    /// A sample as the device keeps it: its bytes.
    ///
    /// # Errors
    /// [`WrongLength`] where it is not like the others.
    pub fn encode(&self, samples: &Samples, row: usize) -> Result<Vec<u8>, WrongLength> {
        let width = samples.inputs.width();
        let range = row * width..(row + 1) * width;
        match &samples.inputs {
            Inputs::Bytes { values, .. } => self.encoded(&values[range], &samples.targets, row),
            Inputs::Numbers { values, .. } => self.encoded(&values[range], &samples.targets, row),
        }
    }

    /// The sample that bytes stand for, of the kind of `like`.
    ///
    /// # Errors
    /// [`WrongLength`] where it is not like the others.
    pub fn decode(&self, bytes: &[u8], like: &Samples) -> Result<Samples, WrongLength> {
        let mut sample = like.select(&[0]);
        match (&mut sample.inputs, &mut sample.targets) {
            (Inputs::Bytes { values, .. }, targets) => self.decode_into(bytes, values, targets)?,
            (Inputs::Numbers { values, .. }, targets) => self.decode_into(bytes, values, targets)?,
        }
        Ok(sample)
    }

    fn decode_into<V: Value>(&self, bytes: &[u8], input: &mut [V], target: &mut Targets) -> Result<(), WrongLength> {
        let bytes = bytes.iter().copied();
        match target {
            Targets::Labels(labels) => self.format().decode(bytes, input, &mut labels[0]),
            Targets::Numbers { values, .. } => self.format().decode(bytes, input, values.as_mut_slice()),
        }
    }

    fn format(&self) -> SampleFormat<'_> {
        SampleFormat::new(self.inputs, self.target, self.bits, &self.quantizations)
    }

    /// Appends a sample that stands for `count`.
    fn push(&mut self, train: &Samples, row: usize, count: usize) -> Result<(), WrongLength> {
        let before = self.cumulative_counts.last().copied().unwrap_or(0);
        self.cumulative_counts.push(before + count as u32);
        let bytes = self.encode(train, row)?;
        self.bytes.extend(bytes);
        Ok(())
    }

    fn encoded<V: Value>(&self, input: &[V], targets: &Targets, row: usize) -> Result<Vec<u8>, WrongLength> {
        Ok(match targets {
            Targets::Labels(labels) => self.format().encode(input, &labels[row])?.collect(),
            Targets::Numbers { width, values } => {
                self.format().encode(input, &values[row * width..][..*width])?.collect()
            }
        })
    }

    /// The values of some samples, from 0 to 1, so that none counts for more because its unit is small.
    fn scaled(&self, inputs: &Inputs, rows: &[usize]) -> Vec<f32> {
        let levels = (1_u32 << self.bits.count()) as f32 - 1.0;
        let quantizations = self.quantizations.iter().cycle();
        let values =
            rows.iter().flat_map(|row| (row * self.inputs..(row + 1) * self.inputs).map(|at| value(inputs, at)));
        let scaled = values.zip(quantizations).map(
            |(value, &Quantization { minimum, step })| {
                if step > 0.0 { (value - minimum) / (step * levels) } else { 0.0 }
            },
        );
        scaled.collect()
    }
}

fn value(inputs: &Inputs, at: usize) -> f32 {
    match inputs {
        Inputs::Bytes { values, .. } => f32::from(values[at]),
        Inputs::Numbers { values, .. } => values[at],
    }
}

/// Quantisation of the inputs: one range for all pixels; one for each channel of a series, or for each feature.
fn quantizations(inputs: &Inputs, input: &Input, bits: Bits) -> Vec<Quantization> {
    let Inputs::Numbers { width, values } = inputs else { return vec![Quantization::new(0.0, 255.0, bits)] };
    let ranges = match input {
        Input::Features { window: Some(window), .. } => window.channels.len(),
        _ => *width,
    };
    let range = |first: usize| {
        let values = values.iter().skip(first).step_by(ranges);
        values.fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), &value| (low.min(value), high.max(value)))
    };
    (0..ranges).map(range).map(|(minimum, maximum)| Quantization::new(minimum, maximum, bits)).collect()
}

/// At most `count` of `all` places, at even distances.
fn evenly(all: usize, count: usize) -> impl Iterator<Item = usize> {
    let count = count.min(all);
    (0..count).map(move |index| index * all / count)
}

/// `count` of the rows, or all where there are fewer: of each cluster the row nearest to its centre.
fn spread(values: &[f32], width: usize, count: usize, kernel: Kernel) -> Result<Vec<Choice>, Error> {
    let row = |index: usize| &values[index * width..][..width];
    let rows = values.len() / width;
    if count >= rows {
        return Ok((0..rows).map(|place| Choice { place, count: 1 }).collect());
    }
    let mut centres: Vec<f32> = evenly(rows, count).flat_map(|index| row(index).iter().copied()).collect();
    for _ in 0..ROUNDS {
        let (nearest, _) = nearest(values, &centres, width, kernel)?;
        for (cluster, centre) in centres.chunks_exact_mut(width).enumerate() {
            let own = (0..rows).filter(|&index| nearest[index] == cluster);
            let (mut sums, mut members) = (vec![0.0_f64; width], 0_u32);
            for index in own {
                sums.iter_mut().zip(row(index)).for_each(|(sum, &value)| *sum += f64::from(value));
                members += 1;
            }
            if members > 0 {
                centre.iter_mut().zip(sums).for_each(|(value, sum)| *value = (sum / f64::from(members)) as f32);
            }
        }
    }
    let (nearest, scores) = nearest(values, &centres, width, kernel)?;
    // A smaller distance is a larger score less half of the row's own square.
    let closeness: Vec<f32> = (0..rows).map(|index| scores[index] - half_square(row(index))).collect();
    let mut chosen: Vec<Choice> = (0..count)
        .filter_map(|cluster| {
            let own = (0..rows).filter(|&index| nearest[index] == cluster);
            let count = own.clone().count();
            let place = own.max_by(|&one, &other| closeness[one].total_cmp(&closeness[other]))?;
            Some(Choice { place, count })
        })
        .collect();
    // Clusters may have lost all their rows.
    let missing = count - chosen.len();
    let others: Vec<usize> = (0..rows).filter(|place| chosen.iter().all(|choice| choice.place != *place)).collect();
    chosen.extend(evenly(others.len(), missing).map(|place| Choice { place: others[place], count: 1 }));
    chosen.sort_unstable();
    Ok(chosen)
}

/// For each row the nearest centre, and its score: x·c − |c|²/2, which is a layer with the centres as weights.
fn nearest(values: &[f32], centres: &[f32], width: usize, kernel: Kernel) -> Result<(Vec<usize>, Vec<f32>), Error> {
    let bias: Vec<f32> = centres.chunks_exact(width).map(|centre| -half_square(centre)).collect();
    let count = bias.len();
    let layer = Layer { inputs: width, weights: centres.to_vec(), bias, activation: Activation::Linear };
    let network = Network::new(vec![layer], Loss::MeanSquaredError)?;
    let inputs = Inputs::Numbers { width, values: values.to_vec() };
    let scores = evaluate::logits(&network, &inputs, kernel, all_threads())?;
    Ok(scores.chunks_exact(count).map(|scores| (argmax(scores), scores[argmax(scores)])).unzip())
}

fn half_square(values: &[f32]) -> f32 {
    (values.iter().map(|&value| f64::from(value).powi(2)).sum::<f64>() / 2.0) as f32
}

#[cfg(test)]
mod tests;
