//! A person that the network was not trained with.

use formats::{DataOptions, Output, Provenance};

use super::AdaptArgs;
use super::story::{Change, Lessons, TestSet, Tested};
use crate::commands::on_device::Host;
use crate::data::{self, Recording};
use crate::failure::Failure;
use crate::options::locate;

/// The share of each recording of the person, at its beginning, that is taught. The rest is tested with.
const TAUGHT: f64 = 0.3;
const LEARNING_RATE: f32 = 0.01;

/// The person that the network was not trained with.
pub(super) fn change(arguments: &AdaptArgs, host: &Host) -> Result<Change, Failure> {
    for (option, is_given) in [("--amount", arguments.amount.is_some()), ("--teach", arguments.teach.is_some())] {
        if is_given {
            return Err(Failure::about(option, "not with --world person"));
        }
    }
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
    let parts = |is_person: bool, from: f64, to: f64| -> Vec<(&Recording, std::ops::Range<usize>)> {
        let own = recordings.recordings.iter().filter(|recording| {
            let group = recordings.groups.get(recording.group as usize);
            group.is_some_and(|group| *group == name) == is_person
        });
        let part = |recording| {
            let place = |share: f64| (recordings.len(recording) as f64 * share) as usize;
            (recording, place(from)..place(to))
        };
        own.map(part).collect()
    };
    let values = |parts: &[(&Recording, std::ops::Range<usize>)]| -> Vec<Vec<f32>> {
        parts.iter().map(|(recording, samples)| recordings.samples(recording, samples.clone()).to_vec()).collect()
    };
    let set = |name: String, parts: &[(&Recording, std::ops::Range<usize>)]| {
        let samples = recordings.windows(parts.iter().cloned(), stride);
        // Recordings at even distances, so that there are about as many windows as asked for.
        let distance = samples.len().div_ceil(arguments.evaluate.max(1)).max(1);
        let tested: Vec<_> = parts.iter().step_by(distance).cloned().collect();
        let windows = recordings.windows(tested.iter().cloned(), stride);
        TestSet { name, samples, tested: Tested::Recordings { values: values(&tested), windows } }
    };

    let (taught, later, others) = (parts(true, 0.0, TAUGHT), parts(true, TAUGHT, 1.0), parts(false, 0.0, 1.0));
    let lessons = recordings.windows(taught.iter().cloned(), stride);
    if lessons.is_empty() || later.is_empty() || others.is_empty() {
        return Err(Failure::new(format!("there are no recordings of {name}, or too short ones")));
    }
    Ok(Change {
        what: format!("the wearer: {name}, whom the network has not been trained with"),
        lesson: "window",
        sets: [set("others".into(), &others), set(format!("person {name}"), &later)],
        lessons: Lessons::Recordings { values: values(&taught), windows: lessons },
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
