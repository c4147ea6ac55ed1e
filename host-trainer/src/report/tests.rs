use dense_core::{Kernel, PixelTable};

use super::*;
use crate::fit::Loss;
use crate::history::{Epoch, Metrics};
use crate::model::ModelName;

const SAMPLES: usize = 40;

/// What a report is made of.
struct Run {
    history: History,
    weights: Weights,
    class_names: [String; CLASSES],
    images: Vec<[u8; PIXELS]>,
    labels: Vec<u8>,
    classes: Vec<u8>,
    probabilities: Vec<[f32; CLASSES]>,
}

impl Run {
    /// Forty images, the first three of which are mistakes, ever surer ones.
    fn new(model: ModelName, epochs: usize) -> Self {
        let mut network = model.network();
        network.initialise(1);
        let labels: Vec<u8> = (0..SAMPLES).map(|sample| (sample % CLASSES) as u8).collect();
        let classes: Vec<u8> = (0..).zip(&labels).map(|(sample, &label)| if sample < 3 { 9 } else { label }).collect();
        let probabilities = (0..).zip(&classes).map(|(sample, &class)| {
            let mut probabilities = [0.0; CLASSES];
            probabilities[usize::from(class)] = 0.9 + 0.01 * sample.min(5) as f32;
            probabilities
        });
        let metrics = |loss, accuracy| Metrics { loss, accuracy };
        let epoch = |epoch: usize| {
            let share = epoch as f64 / epochs as f64;
            let [train, validation, test] = [0.5, 0.6, 0.7].map(|loss| metrics(loss - 0.3 * share, 0.5 + 0.4 * share));
            Epoch { metrics: train, validation: Some(validation), test: Some(test), seconds: 0.03 }
        };
        let history = History {
            epochs: (1..=epochs).map(epoch).collect(),
            test: metrics(0.4, 37.0 / 40.0),
            int8_test_accuracy: 36.0 / 40.0,
            fit_seconds: 0.3,
            model: model.name().into(),
            preset: "best".into(),
            pixel_exponent: 0.3,
            smallest_deviation: Some(0.1),
            loss: Loss::GeneralizedCrossEntropy,
            validation_samples: 6_000,
            early_stopping: Some(3),
            best_epoch: Some(epochs),
            optimizer: "adam".into(),
            learning_rate: 0.001,
            schedule: "constant".into(),
            batch_size: 32,
            samples: 60_000,
            seed: 0,
            threads: 1,
            kernel: Kernel::PORTABLE.name().into(),
        };
        Self {
            history,
            weights: Weights { model, pixel_table: PixelTable::IDENTITY, layers: network.layers() },
            class_names: std::array::from_fn(|class| format!("<class & \"{class}\">")),
            images: (0..SAMPLES).map(|sample| [6 * sample as u8; PIXELS]).collect(),
            probabilities: probabilities.collect(),
            labels,
            classes,
        }
    }

    fn report(&self) -> Report<'_> {
        Report {
            data_set: "<script>clothes</script>",
            history: &self.history,
            weights: &self.weights,
            class_names: &self.class_names,
            images: &self.images,
            labels: &self.labels,
            classes: &self.classes,
            probabilities: &self.probabilities,
            int8_bytes: 7_920,
            model_files: &[("model.safetensors", 32_048)],
        }
    }

    fn page(&self) -> String {
        String::from_utf8(self.report().files().unwrap()[0].clone()).unwrap()
    }
}

#[test]
fn the_page_has_every_figure_and_needs_nothing_else() {
    for model in [ModelName::Linear, ModelName::Mlp32] {
        let page = Run::new(model, 10).page();
        for (text, count) in [
            ("<svg ", 2),
            ("<path class=\"line ", 6),
            ("<title>epoch ", 20),
            ("<table class=\"matrix\">", 1),
            ("<table class=\"scores\">", 1),
            ("<table class=\"numbers\">", 1),
            ("src=\"data:image/png;base64,", 10 + 3),
            (" alt=\"", 10 + 3),
            ("<h1>", 1),
            ("<strong>92.50\u{a0}%</strong>", 1),
            ("model.safetensors", 1),
        ] {
            assert_eq!(page.matches(text).count(), count, "{text} in the page of {}", model.name());
        }
        assert!(page.len() < 400_000, "{} bytes", page.len());
        // What is left without the letters that images are written in.
        let parts = page.split("base64,").map(|part| part.split_once('"').map_or(part, |(_, rest)| rest));
        let page: String = parts.collect();
        for text in ["http", "<script", "<link", "url(", "@import", "NaN"] {
            assert!(!page.contains(text), "{text} in the page of {}", model.name());
        }
    }
}

/// Names come from a file of the user's.
#[test]
fn names_are_text_and_nothing_else() {
    let page = Run::new(ModelName::Linear, 3).page();
    assert!(page.contains("&lt;class &amp; &quot;9&quot;&gt;") && page.contains("&lt;script&gt;clothes"));
    assert!(!page.contains("<class"));
}

#[test]
fn the_matrix_holds_every_image() {
    let run = Run::new(ModelName::Linear, 1);
    let confusion = run.report().confusion();
    assert_eq!((confusion.total(), confusion.accuracy()), (SAMPLES as u32, run.history.test.accuracy));
    let page = run.page();
    let cell = "taken for &lt;class &amp; &quot;9&quot;&gt;: 1 of 4, 25.0\u{a0}%\">1</td>";
    assert_eq!(page.matches(cell).count(), 3, "{page}");
}

#[test]
fn mistakes_are_shown_the_surest_first() {
    let mut run = Run::new(ModelName::Linear, 1);
    let found: Vec<_> = mistakes::mistakes(&run.report()).iter().map(|mistake| mistake.sample).collect();
    assert_eq!(found, [2, 1, 0]);
    run.classes.iter_mut().for_each(|class| *class = (*class + 1) % 10);
    assert_eq!(mistakes::mistakes(&run.report()).len(), mistakes::SHOWN);
    run.classes.clone_from(&run.labels);
    assert!(mistakes::mistakes(&run.report()).is_empty() && run.page().contains("<p>There are none.</p>"));
}

#[test]
fn a_test_at_the_end_alone_is_a_dot() {
    let mut run = Run::new(ModelName::Linear, 4);
    for epoch in &mut run.history.epochs {
        (epoch.test, epoch.validation) = (None, None);
    }
    run.history.validation_samples = 0;
    let page = run.page();
    assert_eq!(page.matches("<path class=\"line ").count(), 2);
    assert_eq!(page.matches("<circle class=\"orange\"").count(), 2);
    assert!(!page.contains("validation"), "{page}");
}

#[test]
fn many_epochs_are_thinned_out_and_one_is_enough() {
    for (epochs, shown) in [(1, 1), (200, 200), (201, 101), (100_000, 200)] {
        let page = Run::new(ModelName::Linear, epochs).page();
        assert_eq!(page.matches("<title>epoch ").count(), 2 * shown, "{epochs} epochs");
        assert!(page.contains(&format!("<title>epoch {epochs}\n")), "the last one is always there");
        assert!(page.len() < 400_000, "{} bytes", page.len());
    }
}

#[test]
fn every_picture_can_be_read_and_is_the_same_again() {
    let run = Run::new(ModelName::Mlp128x64, 10);
    let files = run.report().files().unwrap();
    assert!(files == run.report().files().unwrap());
    for ((name, bytes), size) in
        FILES.iter().zip(&files).skip(1).zip([(1896, 640), (1224, 1232), (1688, 872), (1928, 400)])
    {
        let image = ::image::load_from_memory(bytes).unwrap();
        assert_eq!((image.width(), image.height()), size, "{name}");
    }
}
