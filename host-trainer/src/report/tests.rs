//! Tests of the report.

mod fixtures;

use formats::Loss;

pub(crate) use self::fixtures::recipe;
use self::fixtures::{Run, SAMPLES, features, names};
use super::*;

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
    let names = file_names(&run.model.input, Task::Multiclass);
    assert_eq!(names.last(), Some(&"mistakes.png"));
    assert_eq!(run.report().files().unwrap().len(), names.len() - 1, "an empty picture");
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
