//! A person that the network was not trained with.

use std::ops::Range;

use formats::{DataOptions, Output, Provenance};

use super::AdaptArgs;
use super::story::{Change, Lessons, TestSet, Tested};
use crate::commands::on_device::Host;
use crate::data::{self, Recording, Recordings};
use crate::failure::Failure;
use crate::options::{locate, refuse_given};

/// The share of each recording of the person, at its beginning, that is taught. The rest is tested with.
const TAUGHT: f64 = 0.3;
/// The learning rate of the first lesson, unless an option says otherwise: that of the training.
pub const LEARNING_RATE: f32 = 0.01;

/// Some samples of a recording.
pub type Part<'a> = (&'a Recording, Range<usize>);

/// The data of a person that the network was not trained with, to teach and to test with, and that of all others.
#[derive(Clone, Debug)]
pub struct Parts<'a> {
    /// The beginning of each recording of the person.
    pub taught: Vec<Part<'a>>,
    /// The rest of each.
    pub later: Vec<Part<'a>>,
    /// The recordings of all others.
    pub others: Vec<Part<'a>>,
}

/// The parts of `recordings` for the person of this name.
pub fn parts<'a>(recordings: &'a Recordings, name: &str) -> Parts<'a> {
    let (mut taught, mut later, mut others) = (Vec::new(), Vec::new(), Vec::new());
    for recording in &recordings.recordings {
        let length = recordings.len(recording);
        let border = (length as f64 * TAUGHT) as usize;
        if recordings.groups.get(recording.group as usize).is_some_and(|group| group == name) {
            taught.push((recording, 0..border));
            later.push((recording, border..length));
        } else {
            others.push((recording, 0..length));
        }
    }
    Parts { taught, later, others }
}

/// The person that the network was not trained with.
pub(super) fn change(arguments: &AdaptArgs, host: &Host) -> Result<Change, Failure> {
    let given = [("--amount", arguments.amount.is_some()), ("--teach", arguments.teach.is_some())];
    refuse_given(&given, "not with --world person")?;
    let Provenance::Trained { data, .. } = &host.model.provenance else {
        return Err(Failure::new("an imported model does not say which persons it was trained with"));
    };
    if !matches!(host.model.output, Output::Classes { .. }) {
        return Err(Failure::new("the network is no classifier"));
    }
    let name = left_out(data, arguments.leave_out.as_deref())?;
    let path = arguments.host.data.as_ref().unwrap_or(&data.path);
    let recordings = data::load_recordings(&DataOptions { path: locate(path), ..(**data).clone() })?;
    let stride = recordings.window.stride;
    let values = |parts: &[Part<'_>]| -> Vec<Vec<f32>> {
        parts.iter().map(|(recording, samples)| recordings.samples(recording, samples.clone()).to_vec()).collect()
    };
    let set = |name: String, parts: &[Part<'_>]| {
        let samples = recordings.windows(parts.iter().cloned(), stride);
        // Recordings at even distances, so that there are about as many windows as asked for.
        let distance = samples.len().div_ceil(arguments.evaluate.max(1)).max(1);
        let tested: Vec<_> = parts.iter().step_by(distance).cloned().collect();
        let windows = recordings.windows(tested.iter().cloned(), stride);
        TestSet { name, samples, tested: Tested::Recordings { values: values(&tested), windows } }
    };

    let Parts { taught, later, others } = parts(&recordings, &name);
    let lessons = recordings.windows(taught.iter().cloned(), stride);
    if lessons.is_empty() || later.is_empty() || others.is_empty() {
        return Err(Failure::new(format!("there are no recordings of {name}, or too short ones")));
    }
    Ok(Change {
        what: format!("the wearer: {name}, whom the network has not been trained with"),
        lesson: "window",
        sets: [set("others".into(), &others), set(format!("person {name}"), &later)],
        lessons: Lessons { samples: lessons, recordings: Some(values(&taught)) },
        learning_rate: arguments.learning_rate.unwrap_or(LEARNING_RATE),
    })
}

/// The group that the network was not trained with.
fn left_out(data: &DataOptions, wanted: Option<&str>) -> Result<String, Failure> {
    match (&*data.test_groups, wanted) {
        ([only], None) => Ok(only.clone()),
        (groups, Some(wanted)) if groups.iter().any(|group| group == wanted) => Ok(wanted.to_owned()),
        (groups, wanted) => {
            let wanted = wanted.unwrap_or("GROUP");
            let groups = if groups.is_empty() { "none".to_owned() } else { groups.join(", ") };
            Err(Failure::new(format!(
                "--leave-out {wanted}: the groups that the model was not trained with are {groups}; train one with \
                 --test-groups {wanted}"
            )))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_network_must_not_have_seen_the_person() {
        let data = |groups: &[&str]| DataOptions {
            test_groups: groups.iter().map(|&group| group.to_owned()).collect(),
            ..DataOptions::default()
        };
        for (groups, wanted, found) in [
            (&["3"][..], None, Some("3")),
            (&["3"], Some("3"), Some("3")),
            (&["3", "5"], Some("5"), Some("5")),
            (&["3", "5"], None, None),
            (&["3"], Some("4"), None),
            (&[], Some("4"), None),
        ] {
            assert_eq!(left_out(&data(groups), wanted).ok().as_deref(), found, "{groups:?} {wanted:?}");
        }
        let error = left_out(&data(&["3"]), Some("4")).unwrap_err().to_string();
        let wanted =
            "--leave-out 4: the groups that the model was not trained with are 3; train one with --test-groups 4";
        assert_eq!(error, wanted);
    }
}
