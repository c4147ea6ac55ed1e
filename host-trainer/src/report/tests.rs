use formats::{Activation, Layer, Loss, Optimizer, OptimizerName, PixelInput, Provenance, Schedule, Window};

use super::*;
use crate::data::Inputs;
use crate::learning::Metrics;

const SAMPLES: usize = 40;

pub(crate) fn recipe() -> Recipe {
    Recipe {
        preset: "recipe".into(),
        hidden: vec![],
        activation: Activation::Tanh,
        loss: Loss::SparseCategoricalCrossentropy,
        optimizer: Optimizer {
            name: OptimizerName::Sgd,
            learning_rate: 0.001,
            momentum: 0.9,
            nesterov: true,
            weight_decay: 0.01,
        },
        schedule: Schedule::Constant,
        batch_size: 32,
        epochs: 10,
        seed: 0,
        pixel_exponent: 0.3,
        shift: 0,
        smallest_deviation: Some(0.1),
        validation_split: Some(0.1),
        early_stopping: Some(3),
    }
}

/// The inputs of a report: recipe, model, record of the training, and test samples with their outputs.
pub(crate) struct Run {
    pub(crate) recipe: Recipe,
    pub(crate) model: Model,
    epochs: Vec<Epoch>,
    best_epoch: Option<usize>,
    test: BTreeMap<String, f64>,
    samples: Samples,
    pub(crate) outputs: Vec<f32>,
}

fn names(count: usize) -> Vec<String> {
    (0..count).map(|class| format!("<class & \"{class}\">")).collect()
}

pub(crate) fn pixels(height: usize, width: usize) -> Input {
    Input::Pixels(PixelInput { height, width, table: None, standardized: false })
}

fn features(count: usize) -> Input {
    Input::Features { names: names(count), window: None, standardized: true }
}

fn network(widths: &[usize]) -> Vec<Layer> {
    let layer = |pair: &[usize]| {
        let mut layer = Layer::zero(pair[0], pair[1], Activation::Linear);
        let weights = layer.weights.iter_mut().enumerate();
        weights.for_each(|(index, weight)| *weight = ((index * 37 % 101) as f32 - 50.0) / 50.0);
        layer
    };
    widths.windows(2).map(layer).collect()
}

impl Run {
    /// Forty samples, the first three of which are mistakes of a classifier, ever surer ones.
    pub(crate) fn new(input: Input, output: Output, loss: Loss, hidden: &[usize], epochs: usize) -> Self {
        let classes = output.names().len();
        let width = output.width();
        let widths = [&[input.width()], hidden, &[width]].concat();
        let label = |sample: usize| (sample % classes) as u8;
        let predicted = |sample: usize| if sample < 3 { label(sample + 1) } else { label(sample) };
        let sure = |sample: usize| 0.9 + 0.01 * sample.min(5) as f32;
        let outputs: Vec<f32> = match &output {
            Output::Classes { .. } => (0..SAMPLES)
                .flat_map(|sample| {
                    let of = move |class| if class == usize::from(predicted(sample)) { sure(sample) } else { 0.0 };
                    (0..width).map(of)
                })
                .collect(),
            Output::Binary { .. } => (0..SAMPLES)
                .map(|sample| if predicted(sample) == 1 { sure(sample) } else { 1.0 - sure(sample) })
                .collect(),
            Output::Values { .. } => (0..SAMPLES * width).map(|index| index as f32 + 0.5).collect(),
        };
        let targets = match &output {
            Output::Values { .. } => {
                Targets::Numbers { width, values: (0..SAMPLES * width).map(|index| index as f32).collect() }
            }
            _ => Targets::Labels((0..SAMPLES).map(label).collect()),
        };
        let inputs = match &input {
            Input::Pixels(_) => {
                let values = (0..SAMPLES).flat_map(|sample| vec![6 * sample as u8; input.width()]).collect();
                Inputs::Bytes { width: input.width(), values }
            }
            Input::Features { .. } => {
                let values = (0..SAMPLES * input.width()).map(|index| (index % 7) as f32).collect();
                Inputs::Numbers { width: input.width(), values }
            }
        };
        let epoch = |epoch: usize| {
            let share = epoch as f64 / epochs as f64;
            let [train, validation, test] =
                [0.5, 0.6, 0.7].map(|loss| Metrics { loss: loss - 0.3 * share, metric: 0.5 + 0.4 * share });
            Epoch { train, validation: Some(validation), test: Some(test), seconds: 0.03 }
        };
        let test = match loss.task() {
            Task::Multiclass => &[("loss", 0.4), ("accuracy", 0.925)][..],
            Task::Binary => &[("loss", 0.4), ("accuracy", 0.925), ("auc", 0.98)],
            Task::Regression => &[("loss", 0.25), ("mse", 0.25), ("mae", 0.5), ("r2", 0.998)],
        };
        let recipe = Recipe { hidden: hidden.to_vec(), loss, ..recipe() };
        let model = Model {
            layers: network(&widths),
            loss,
            input,
            output,
            quantized: None,
            test: BTreeMap::new(),
            provenance: Provenance::Imported { file: String::new(), format: String::new() },
        };
        Self {
            recipe,
            model,
            epochs: (1..=epochs).map(epoch).collect(),
            best_epoch: Some(epochs.min(7)),
            test: test.iter().map(|&(name, value)| (name.to_owned(), value)).collect(),
            samples: Samples { inputs, targets, groups: vec![] },
            outputs,
        }
    }

    fn multiclass(classes: usize, hidden: &[usize], epochs: usize) -> Self {
        let output = Output::Classes { names: names(classes) };
        Self::new(pixels(28, 28), output, Loss::SparseCategoricalCrossentropy, hidden, epochs)
    }

    /// One of each kind.
    fn all() -> Vec<Self> {
        let two = names(2).try_into().unwrap();
        let window = Window { channels: vec!["x".into(), "y".into()], length: 6, stride: 3, downsample: 2 };
        let series = Input::Features { names: names(6), window: Some(window), standardized: true };
        vec![
            Self::multiclass(10, &[], 10),
            Self::multiclass(3, &[32], 10),
            Self::new(
                pixels(5, 9),
                Output::Binary { names: names(2).try_into().unwrap() },
                Loss::BinaryCrossentropy,
                &[],
                2,
            ),
            Self::new(features(30), Output::Binary { names: two }, Loss::BinaryCrossentropy, &[8], 10),
            Self::new(series, Output::Classes { names: names(7) }, Loss::GeneralizedCrossentropy, &[32], 3),
            Self::new(features(8), Output::Values { names: names(1) }, Loss::MeanSquaredError, &[], 1),
            Self::new(pixels(4, 4), Output::Values { names: names(50) }, Loss::Huber, &[4], 10),
        ]
    }

    fn report(&self) -> Report<'_> {
        Report {
            data_set: "<script>clothes</script>",
            recipe: &self.recipe,
            model: &self.model,
            epochs: &self.epochs,
            best_epoch: self.best_epoch,
            training_samples: 60_000,
            validation_samples: 6_000,
            test: &self.test,
            samples: &self.samples,
            outputs: &self.outputs,
            int8: Some(Int8 { metrics: &self.test, bytes: 7_920, comparison: None }),
            model_files: &[("model.safetensors", 32_048)],
            threads: 1,
            kernel: "portable",
        }
    }

    fn page(&self) -> String {
        String::from_utf8(self.report().files().unwrap()[0].clone()).unwrap()
    }
}

/// The page without the letters that images are written in.
fn without_images(page: &str) -> String {
    page.split("base64,").map(|part| part.split_once('"').map_or(part, |(_, rest)| rest)).collect()
}

#[test]
fn every_kind_of_model_has_its_figures_and_needs_nothing_else() {
    for run in Run::all() {
        let model = &run.model;
        let kind = format!("{} of {:?}", widths(model), model.loss);
        let files = run.report().files().unwrap();
        let names = file_names(&model.input, model.loss.task());
        assert_eq!(files.len(), names.len(), "{kind}");
        assert!(files == run.report().files().unwrap(), "{kind}: the same again");
        for (name, bytes) in names.iter().zip(&files).skip(1) {
            let picture = image::load_from_memory(bytes).unwrap();
            assert!(picture.width() > 100 && picture.height() > 100, "{name} of {kind}");
        }
        let page = run.page();
        let is = |condition: bool| usize::from(condition);
        let task = model.loss.task();
        let is_pixels = matches!(model.input, Input::Pixels(_));
        for (section, count) in [
            ("curves", 1),
            ("confusion", is(task != Task::Regression)),
            ("scores", is(task != Task::Regression)),
            ("roc", is(task == Task::Binary)),
            ("predictions", is(task == Task::Regression)),
            ("weights", is(is_pixels)),
            ("mistakes", is(is_pixels && task != Task::Regression)),
            ("int8", 1),
            ("device", 1),
            ("facts", 1),
        ] {
            assert_eq!(page.matches(&format!("<section id=\"{section}\"")).count(), count, "{section} in {kind}");
        }
        for text in ["<h1>", "model.safetensors", "Nesterov", "best epoch: ", "&lt;script&gt;clothes"] {
            assert!(page.contains(text), "{text} in {kind}");
        }
        assert!(page.len() < 400_000, "{} bytes", page.len());
        let page = without_images(&page);
        // Names come from a file of the user's.
        for text in ["http", "<script", "<link", "url(", "@import", "NaN", "inf ", "<class"] {
            assert!(!page.contains(text), "{text} in {kind}");
        }
        for element in ["section", "figure", "svg", "table", "tr", "dl", "div", "ul", "li", "text", "p"] {
            let [open, close] = [format!("<{element}"), format!("</{element}>")];
            let opened = page.split(&open).skip(1).filter(|rest| rest.starts_with([' ', '>'])).count();
            assert_eq!(opened, page.matches(&close).count(), "{element} in {kind}");
        }
    }
}

#[test]
fn the_matrix_holds_every_sample_of_any_number_of_classes() {
    for classes in [2, 10, 40, 41, 256] {
        let run = Run::multiclass(classes, &[], 1);
        let Targets::Labels(labels) = &run.samples.targets else { panic!("no labels") };
        let confusion = run.report().confusion(labels);
        assert_eq!((confusion.total(), confusion.accuracy()), (SAMPLES as u32, 37.0 / 40.0));
        let svg = matrix::figure(&confusion, run.report().names()).svg();
        let cells = (0..classes * classes).filter(|cell| confusion.count(cell / classes, cell % classes) > 0).count();
        assert_eq!(svg.matches("<rect").count(), cells, "{classes} classes");
        let numbers = svg.matches(">0</text>").count();
        assert_eq!(numbers, if classes <= 40 { classes * classes - cells } else { 0 }, "{classes} classes");
        let titles = svg.matches("predicted as").count();
        assert_eq!(titles, if classes <= 64 { cells } else { 0 }, "{classes} classes");
    }
    let page = Run::multiclass(10, &[], 1).page();
    let cell = "&lt;class &amp; &quot;0&quot;&gt; predicted as &lt;class &amp; &quot;1&quot;&gt;: 1 of 4, 25.0\u{a0}%";
    assert_eq!(page.matches(cell).count(), 1);
    let mean = page.split("<tr><th scope=\"row\">Mean</th>").nth(1).unwrap().split("</tr>").next().unwrap();
    assert!(mean.ends_with("<td></td>"), "the mean of the numbers of samples: {mean}");
}

#[test]
fn mistakes_are_shown_the_surest_first() {
    let found = |run: &Run| {
        let Targets::Labels(labels) = &run.samples.targets else { panic!("no labels") };
        let mistakes = mistakes::mistakes(&run.report(), labels);
        mistakes.iter().map(|mistake| (mistake.sample, mistake.probability)).collect::<Vec<_>>()
    };
    let mut run = Run::multiclass(10, &[], 1);
    let near = |found: Vec<(usize, f32)>| {
        let wanted = [(2, 0.92), (1, 0.91), (0, 0.9)];
        found.len() == 3
            && found.iter().zip(wanted).all(|(one, other)| one.0 == other.0 && (one.1 - other.1).abs() < 1e-6)
    };
    assert!(near(found(&run)));
    run.outputs.rotate_right(1);
    assert_eq!(found(&run).len(), mistakes::SHOWN);
    assert!(near(found(&Run::all()[2])), "of two classes");
    let Targets::Labels(labels) = &mut run.samples.targets else { panic!("no labels") };
    *labels = classes(&run.model.output, &run.outputs);
    assert!(found(&run).is_empty() && run.page().contains("<p>There are none.</p>"));
}

#[test]
fn a_test_at_the_end_alone_is_a_dot_at_the_best_epoch() {
    let mut run = Run::multiclass(10, &[], 10);
    for epoch in &mut run.epochs {
        (epoch.test, epoch.validation) = (None, None);
    }
    let page = run.page();
    let lines = |hue| page.matches(&format!("<path class=\"line {hue}\" stroke-width=\"2\"")).count();
    let dots = |hue| page.matches(&format!("<circle class=\"{hue}\"")).count();
    assert_eq!((lines("blue"), lines("orange"), dots("blue"), dots("orange"), dots("green")), (2, 0, 2, 2, 0));
    assert!(page.contains("<th scope=\"row\">7 (best)</th><td>0.2900</td><td>0.4000</td>"), "{page}");
    assert!(page.contains("best epoch: 7</text>"));
}

#[test]
fn many_epochs_are_thinned_out_and_one_is_enough() {
    for (epochs, shown) in [(1, 1), (200, 200), (201, 102), (100_000, 201)] {
        let page = Run::multiclass(10, &[], epochs).page();
        assert_eq!(page.matches("<title>epoch ").count(), 2 * shown, "{epochs} epochs");
        assert!(page.contains(&format!("<title>epoch {epochs}\n")), "the last one is always there");
        assert!(page.len() < 400_000, "{} bytes", page.len());
    }
}

#[test]
fn cross_validation_shows_each_group_and_the_spread() {
    let run = Run::multiclass(3, &[], 1);
    let group = |name: &str, accuracy: f64| Group {
        name: name.into(),
        metrics: [("accuracy", accuracy), ("loss", 0.5)].map(|(name, value)| (name.to_owned(), value)).into(),
        targets: run.samples.targets.clone(),
        outputs: run.outputs.clone(),
    };
    let groups = [group("<Ada>", 0.7), group("민준", 0.8), group("Bo", 0.9)];
    let validation = CrossValidation { data_set: "watch", recipe: &run.recipe, model: &run.model, groups: &groups };
    let wanted = "\
group               samples    loss  accuracy
<Ada>                    40  0.5000    0.7000
민준                     40  0.5000    0.8000
Bo                       40  0.5000    0.9000
mean                         0.5000    0.8000
standard deviation           0.0000    0.1000
";
    assert_eq!(validation.table(), wanted);
    assert_eq!(validation.confusion().unwrap().total(), 120);
    let page = validation.html();
    for text in
        ["80.00\u{a0}% ± 10.00\u{a0}%", "&lt;Ada&gt;", "<section id=\"confusion\"", "Nesterov", "of 120 images in all"]
    {
        assert!(page.contains(text), "{text} in {page}");
    }
    assert!(!page.contains("<Ada>"));
    let mut values = Run::new(features(8), Output::Values { names: names(1) }, Loss::MeanSquaredError, &[], 1);
    values.recipe.loss = Loss::MeanSquaredError;
    let groups = [Group {
        name: "one".into(),
        metrics: values.test.clone(),
        targets: values.samples.targets.clone(),
        outputs: values.outputs.clone(),
    }];
    let validation =
        CrossValidation { data_set: "watch", recipe: &values.recipe, model: &values.model, groups: &groups };
    assert!(validation.confusion().is_none() && validation.html().contains("<strong>0.5000 ± 0.0000</strong> mae"));
}
