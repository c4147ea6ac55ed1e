//! The command `cross-validate`: leaves out one group of samples at a time, trains on all others and tests on it.

use std::path::PathBuf;

use clap::Args;
use dense_core::Kernel;
use formats::{DataOptions, Model};
use training::{Callbacks, End, Network, Settings, Silent, evaluate};

use super::ending::Ending;
use super::shared::{check_out, shown, tell_written};
use crate::data;
use crate::events::{Event, Start};
use crate::failure::Failure;
use crate::interrupt::Interrupts;
use crate::lock::Lock;
use crate::options::{CommonArgs, DataArgs, MAX_THREADS, RecipeArgs, in_workspace, locate, whole_number};
use crate::outputs::Outputs;
use crate::parallel;
use crate::prepared::{Prepared, parameters};
use crate::program::train_arguments;
use crate::report::{CrossValidation, Group};
use crate::terminal::{Verbosity, wrap};

pub(crate) const EXAMPLES: &str = "\
Examples:
  host-trainer cross-validate --data data/watch --hidden 32
      How well a smartwatch knows the exercises of a person that it has never seen
  host-trainer cross-validate --data plants.csv --target species --group site --hidden 16
      The same for a table with a column that says where each row was measured";

/// Options of `cross-validate`.
#[derive(Args, Debug)]
pub struct CrossValidateArgs {
    /// Trainings at the same time, each on a thread, and fewer where they would take more than 1 GB of memory
    /// [default: as many as the machine has cores]
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = whole_number(MAX_THREADS))]
    jobs: Option<usize>,

    /// Folder for cross-validation.json and cross-validation.html [default: out]
    #[arg(long, value_name = "DIR", default_value_os_t = in_workspace("out"), hide_default_value = true)]
    out: PathBuf,

    /// Replace files in DIR that this program has not written
    #[arg(long)]
    force: bool,

    /// Print events for other programs to read: a JSON object on each line, and nothing else
    #[arg(long, conflicts_with = "verbose")]
    json: bool,

    #[command(flatten)]
    recipe: RecipeArgs,
    #[command(flatten)]
    data: DataArgs,
    #[command(flatten)]
    common: CommonArgs,
}

/// Trains and tests once for each group, and writes the results.
///
/// # Errors
/// The data have no groups, a training diverged, or the outputs cannot be written.
pub(crate) fn cross_validate(arguments: &CrossValidateArgs) -> Result<(), Failure> {
    let verbosity = Verbosity::new(arguments.common.verbose, arguments.json);
    let kernel = arguments.common.kernel.kernel()?;
    let options = arguments.data.options(arguments.recipe.seed);
    check_out(&arguments.out, &options.path)?;
    if options.chooses_test() {
        return Err(Failure::new(
            "cross-validate tests on each group in turn: leave --test, --test-split and --test-groups away",
        ));
    }
    let located = DataOptions { path: locate(&options.path), ..options.clone() };
    let loaded = data::load_folds(&located)?;
    let (dataset, groups) = (&loaded.dataset, &loaded.groups);
    if groups.len() < 2 {
        return Err(Failure::new(format!(
            "{}: one group only; cross-validate needs at least two",
            shown(&options.path)
        )));
    }
    let [json, html] = ["cross-validation.json", "cross-validation.html"].map(|name| arguments.out.join(name));
    let _lock = Lock::acquire(&arguments.out)?;
    let mut outputs = Outputs::new(arguments.force);
    outputs.check(&[&json, &html], &[&located.path])?;
    let recipe = arguments.recipe.recipe(&dataset.input, dataset.task(), dataset.train.len()).map_err(Failure::new)?;
    let parameters = parameters(dataset.input.width(), &recipe, dataset.output.width());
    let jobs = parallel::jobs(arguments.jobs, groups.len(), loaded.fold_bytes(), parameters);
    verbosity.text(|| {
        let count = groups.len();
        wrap(&format!("{}: {count} groups, each left out once, on {jobs} threads\n", shown(&options.path)), 2)
    });
    verbosity.event(&Event::Start(Start::CrossValidate { data: shown(&options.path), groups, recipe: &recipe, jobs }));
    let interrupts = Interrupts::catch();
    let done = parallel::map(groups.len(), jobs, &|| interrupts.requested(), |index, stop| {
        let name = &groups[index];
        let mut prepared = Prepared::new(loaded.fold(index), &arguments.recipe, None)?;
        let tested = leave_out(name, &mut prepared, kernel, stop)?;
        if let Some((_, group)) = &tested {
            verbosity.event(&Event::Group { name, samples: group.targets.len(), metrics: &group.metrics });
        }
        // Of the models, the report shows the shape of one.
        Ok::<_, Failure>(tested.map(|(model, group)| ((index == 0).then_some(model), group)))
    })?;
    let (models, tested): (Vec<Option<Model>>, Vec<Group>) = done.into_iter().flatten().unzip();
    if tested.len() < groups.len() {
        let (found, all) = (tested.len(), groups.len());
        return Err(Failure::interrupted(format!("interrupted after {found} of {all} groups")));
    }
    let Some(Some(model)) = models.first() else { return Err(Failure::new("no group was left out")) };
    let results = CrossValidation { data_set: &dataset.name, recipe: &recipe, model, groups: &tested };
    verbosity.text(|| results.table());
    let (mean, standard_deviation) = (results.means(), results.deviations());
    verbosity.event(&Event::CrossValidation { groups: tested.len(), mean, standard_deviation });
    outputs.stage(&json, &results.to_json())?;
    outputs.stage(&html, results.html().as_bytes())?;
    tell_written(verbosity, outputs.commit()?);
    Ending {
        result: Some(results.sentence()),
        note: None,
        open: Some(shown(&html)),
        next: Some(train_arguments(std::env::args(), "cross-validate", &["--jobs"], "")),
    }
    .tell(verbosity);
    Ok(())
}

/// Trains without a group and tests on it. Returns nothing where it was told to stop.
fn leave_out(
    name: &str,
    prepared: &mut Prepared,
    kernel: Kernel,
    stop: &(dyn Fn() -> bool + Sync),
) -> Result<Option<(Model, Group)>, Failure> {
    let settings = Settings { recipe: prepared.recipe.clone(), threads: 1, kernel };
    let mut network = Network::initial(prepared.input.width(), prepared.output.width(), &prepared.recipe)?;
    let mut asked = || stop();
    let mut callbacks = Callbacks { progress: &mut Silent, stop: &mut asked, checkpoints: None };
    let fit = prepared.fit(&mut network, &settings, false, None, &mut callbacks).map_err(Failure::of_fit)?;
    if fit.end == End::Interrupted {
        return Ok(None);
    }
    let about = |error| Failure::about(format!("without the group {name}"), error);
    let outputs = evaluate::predict(&network, &prepared.test.inputs, kernel, 1).map_err(about)?;
    let metrics = evaluate::test(&network, &prepared.test, &outputs, kernel, 1).map_err(about)?;
    let targets = prepared.test.targets.clone();
    let group = Group { name: name.to_owned(), metrics: metrics.clone(), targets, outputs };
    Ok(Some((prepared.model(network, metrics, DataOptions::default(), None), group)))
}
