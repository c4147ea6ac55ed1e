//! Which samples are for testing, and the order of those for training.

use dense_core::Random;

use super::windows::runs;
use super::{DataError, Samples, Targets};
use formats::DataOptions;

/// The share of a table to test with, unless options say otherwise.
pub const TEST_SPLIT: f64 = 0.2;
/// The stream of random numbers that says which samples are for the test, and that orders them.
pub(super) const STREAM: u64 = 3;

/// For each row, whether it is for the test: of the groups that options name; of a share of the groups where there are
/// groups; of the last share of each run of a time series; of a share of every class; or of a share of all.
pub(super) fn test_rows(samples: &Samples, groups: &[String], options: &DataOptions) -> Result<Vec<bool>, DataError> {
    let mut random = Random::new(options.seed, STREAM);
    let share = options.test_split.unwrap_or(TEST_SPLIT);
    let mut for_test = vec![false; samples.len()];
    if !groups.is_empty() {
        let test = test_groups(groups, options, share, &mut random)?;
        for (row, &group) in samples.groups.iter().enumerate() {
            for_test[row] = test.contains(&(group as usize));
        }
    } else if options.window.is_some() {
        for run in runs(samples.len(), |row| label(samples, row)) {
            let last = held_back(run.len(), share);
            for_test[run.end - last..run.end].fill(true);
        }
    } else {
        for mut class in rows_of_classes(&samples.targets) {
            random.shuffle(&mut class);
            for &row in &class[..held_back(class.len(), share)] {
                for_test[row] = true;
            }
        }
    }
    if !for_test.contains(&true) || !for_test.contains(&false) {
        return Err(DataError::Conflict("too few samples to hold some back for the test".into()));
    }
    Ok(for_test)
}

/// How many of `count` are for the test: one at least, but never all.
pub(super) fn held_back(count: usize, share: f64) -> usize {
    ((count as f64 * share).round() as usize).clamp(1, count.max(2) - 1).min(count.saturating_sub(1))
}

/// The groups that are for the test.
fn test_groups(
    groups: &[String],
    options: &DataOptions,
    share: f64,
    random: &mut Random,
) -> Result<Vec<usize>, DataError> {
    let refuse = |fault: String| Err(DataError::Conflict(fault));
    if groups.len() < 2 {
        return refuse(format!("--group: there is one group alone, `{}`; none is left for the test", groups[0]));
    }
    if options.test_groups.is_empty() {
        let mut order: Vec<usize> = (0..groups.len()).collect();
        random.shuffle(&mut order);
        order.truncate(held_back(groups.len(), share));
        return Ok(order);
    }
    let mut test = Vec::new();
    for name in &options.test_groups {
        match groups.iter().position(|group| group == name) {
            Some(group) => test.push(group),
            None => return refuse(format!("--test-groups: no group `{name}`; there are {}", groups.join(", "))),
        }
    }
    if (0..groups.len()).all(|group| test.contains(&group)) {
        return refuse("--test-groups: none is left to train with".into());
    }
    Ok(test)
}

/// The class of a sample, where it has one.
pub(super) fn label(samples: &Samples, row: usize) -> Option<u8> {
    match &samples.targets {
        Targets::Labels(labels) => Some(labels[row]),
        Targets::Numbers { .. } => None,
    }
}

/// The rows of each class that there is; where targets are numbers, all rows.
pub(crate) fn rows_of_classes(targets: &Targets) -> Vec<Vec<usize>> {
    let Targets::Labels(labels) = targets else { return vec![(0..targets.len()).collect()] };
    let mut classes = vec![Vec::new(); usize::from(u8::MAX) + 1];
    for (row, &label) in labels.iter().enumerate() {
        classes[usize::from(label)].push(row);
    }
    classes.retain(|class| !class.is_empty());
    classes
}

/// Puts training samples, whose rows `row` says, into an order in which the last ones, which a validation split takes, say
/// something about new data: shuffled, group by group where there are groups.
pub(super) fn order<T>(samples: &mut [T], groups: &[u32], seed: u64, row: impl Fn(&T) -> usize) {
    let mut random = Random::new(seed, STREAM + 1);
    random.shuffle(samples);
    if let Some(&most) = groups.iter().max() {
        let mut rank: Vec<u32> = (0..=most).collect();
        random.shuffle(&mut rank);
        samples.sort_by_key(|sample| rank[groups[row(sample)] as usize]);
    }
}
