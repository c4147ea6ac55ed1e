//! The report of a cross-validation: the test on each group, with a model that was trained on the others.

use std::collections::BTreeMap;

use formats::{Model, Recipe, four_digits};
use serde_json::json;

use super::page::{self, Page};
use super::text::percent;
use super::{classes, facts, matrix, noun, scores, widths};
use crate::confusion::Confusion;
use crate::data::Targets;
use crate::plot::figure::escape;
use crate::terminal::progress::ordered;
use crate::terminal::summary::thousands;
use crate::terminal::table::{Heading, table};

/// The inputs of the report: recipe, one of the models, and the results of each group.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CrossValidation<'a> {
    pub(crate) data_set: &'a str,
    pub(crate) recipe: &'a Recipe,
    /// One of the models, for its shape and its names. Nothing in them is trusted.
    pub(crate) model: &'a Model,
    /// The groups, at least one.
    pub(crate) groups: &'a [Group],
}

/// The samples of one group, and what a model that was trained on all other groups predicts for them.
#[derive(Clone, Debug)]
pub(crate) struct Group {
    pub(crate) name: String,
    /// Loss and metrics, by Keras's names; the same for each group.
    pub(crate) metrics: BTreeMap<String, f64>,
    pub(crate) targets: Targets,
    /// The predictions, `[samples][outputs]`: probabilities of a classifier, values of a regression.
    pub(crate) outputs: Vec<f32>,
}

/// Mean and sample standard deviation of a metric over groups.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Spread {
    mean: f64,
    deviation: f64,
}

impl Spread {
    fn of(values: &[f64]) -> Self {
        let count = values.len() as f64;
        let mean = values.iter().sum::<f64>() / count;
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        Self { mean, deviation: if count > 1.0 { (squares / (count - 1.0)).sqrt() } else { 0.0 } }
    }
}

impl CrossValidation<'_> {
    /// The names of the metrics, the loss first.
    fn metrics(&self) -> Vec<&str> {
        self.groups.first().map_or_else(Vec::new, |group| ordered(&group.metrics).map(|(name, _)| name).collect())
    }

    fn spread(&self, metric: &str) -> Spread {
        Spread::of(&self.groups.iter().map(|group| value(group, metric)).collect::<Vec<_>>())
    }

    /// The mean of each metric over the groups.
    pub(crate) fn means(&self) -> BTreeMap<&str, f64> {
        self.metrics().into_iter().map(|metric| (metric, self.spread(metric).mean)).collect()
    }

    /// The sample standard deviation of each metric over the groups.
    pub(crate) fn deviations(&self) -> BTreeMap<&str, f64> {
        self.metrics().into_iter().map(|metric| (metric, self.spread(metric).deviation)).collect()
    }

    fn samples(&self) -> usize {
        self.groups.iter().map(|group| group.targets.len()).sum()
    }

    /// A row for each group: name, number of samples, metrics; then mean and standard deviation.
    fn rows(&self) -> Vec<Vec<String>> {
        let row = |name: &str, samples: String, number: &dyn Fn(&str) -> f64| {
            let mut row = vec![name.to_owned(), samples];
            row.extend(self.metrics().into_iter().map(|metric| four_digits(number(metric))));
            row
        };
        let groups = self.groups.iter();
        let mut rows: Vec<_> = groups
            .map(|group| row(&group.name, thousands(group.targets.len()), &|metric| value(group, metric)))
            .collect();
        rows.push(row("mean", String::new(), &|metric| self.spread(metric).mean));
        rows.push(row("standard deviation", String::new(), &|metric| self.spread(metric).deviation));
        rows
    }

    /// The confusion matrix of a classifier over all groups.
    pub(crate) fn confusion(&self) -> Option<Confusion> {
        let mut confusion = Confusion::new(self.model.output.names().len());
        for group in self.groups {
            let Targets::Labels(labels) = &group.targets else { return None };
            for (&label, class) in labels.iter().zip(classes(&self.model.output, &group.outputs)) {
                confusion.add(label, class);
            }
        }
        Some(confusion)
    }

    /// The groups as text.
    pub(crate) fn table(&self) -> String {
        let mut headings = vec![Heading::Left("group", 13), Heading::Right("samples")];
        let (main, _) = self.main_metric();
        let heading = |name| if name == main { Heading::Main(name) } else { Heading::Right(name) };
        headings.extend(self.metrics().into_iter().map(heading));
        table(&headings, &self.rows())
    }

    /// The groups, mean and standard deviation of each metric, and the recipe, as JSON.
    pub(crate) fn to_json(self) -> Vec<u8> {
        let group = |group: &Group| json!({"group": group.name, "samples": group.targets.len(), "test": group.metrics});
        let value = json!({
            "data_set": self.data_set,
            "groups": self.groups.iter().map(group).collect::<Vec<_>>(),
            "mean": self.means(),
            "standard_deviation": self.deviations(),
            "recipe": self.recipe,
        });
        format!("{value:#}\n").into_bytes()
    }

    /// The metric that is judged by, and its mean and standard deviation as text.
    fn main_metric(&self) -> (&str, String) {
        let metrics = self.metrics();
        // After the loss.
        let main = metrics.get(1).or(metrics.first()).copied().unwrap_or_default();
        let Spread { mean, deviation } = self.spread(main);
        let number = match main {
            "accuracy" => format!("{} ± {}", percent(mean, 2), percent(deviation, 2)),
            _ => format!("{} ± {}", four_digits(mean), four_digits(deviation)),
        };
        (main, number)
    }

    /// The result, in a sentence.
    pub(crate) fn sentence(&self) -> String {
        let (metric, number) = self.main_metric();
        let groups = self.groups.len();
        format!("{metric} {number}, mean and standard deviation over {groups} groups, each left out once")
            .replace('\u{a0}', " ")
    }

    /// The page.
    pub(crate) fn html(&self) -> String {
        let (data_set, widths) = (self.data_set, widths(self.model));
        let metrics = self.metrics();
        let (main, strong) = self.main_metric();
        let (groups, noun) = (self.groups.len(), noun(&self.model.input));
        let lead = format!(
            "Mean and standard deviation over {groups} groups of {} {noun} in all, each tested with a model that was \
             trained on the others.",
            thousands(self.samples())
        );
        let header = page::header(&format!("{widths} on {data_set}"), &strong, main, &lead, &[]);
        let mut page = Page::new(format!("{strong} {main}: {widths} on {data_set}, cross-validated"), header);
        let headings: Vec<&str> = ["Group", "Samples"].into_iter().chain(metrics).collect();
        let rows: Vec<Vec<String>> =
            self.rows().iter().map(|row| row.iter().map(|cell| escape(cell)).collect()).collect();
        page.section("groups", "Groups", "", &page::table("scores", "Metrics of the groups", &headings, &rows));
        if let Some(confusion) = self.confusion() {
            let names = self.model.output.names();
            let matrix = page::scrolled(&matrix::figure(&confusion, names));
            page.section("confusion", "Confusion matrix over all groups", matrix::EXPLANATION, &matrix);
            page.section("scores", "Scores of each class", "", &scores::html(&confusion, names));
        }
        page.section("facts", "Recipe", "", &facts::list(&facts::recipe_rows(self.recipe)));
        page.html()
    }
}

fn value(group: &Group, metric: &str) -> f64 {
    group.metrics.get(metric).copied().unwrap_or(f64::NAN)
}
