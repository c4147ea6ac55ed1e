//! The command `show`: draws images of a data set in the terminal, and as a PNG; or describes a model.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use formats::Input;

use super::describe::describe;
use super::shared::{load, tell_written};
use crate::data::{Dataset, Inputs, Samples, Targets};
use crate::events::Event;
use crate::failure::Failure;
use crate::options::{DataArgs, whole_number};
use crate::outputs::Outputs;
use crate::pictures::Pictures;
use crate::terminal::{ColourChoice, Palette, Verbosity, columns};

pub(crate) const EXAMPLES: &str = "\
Examples:
  host-trainer show --split test --label Bag --png bags.png
      Draw nine bags, in the terminal and as a PNG
  host-trainer show out/model.safetensors
      Layers, accuracy and origin of a model, and on which boards it fits: flash, RAM, time
  host-trainer show out/model.safetensors --json | jq '.boards[] | select(.f32.fits).board'
      Print the boards that it can learn on";

/// A larger grid is hardly looked at.
const MAX_COUNT: usize = 1_000;

/// Options of `show`.
#[derive(Args, Debug)]
pub struct ShowArgs {
    /// Model file to describe, and what it takes on a device; without one, images of a data set are drawn
    #[arg(value_name = "MODEL")]
    #[arg(conflicts_with_all = ["split", "from", "count", "label", "png", "force", "colour", "data"])]
    model: Option<PathBuf>,

    /// Part of the data set
    #[arg(long, value_enum, default_value_t = Part::Train)]
    split: Part,

    /// Number of the first image, which of all is 0
    #[arg(long, value_name = "N", default_value_t = 0, allow_negative_numbers = true)]
    from: usize,

    /// How many images
    #[arg(long, value_name = "N", default_value_t = 9, allow_negative_numbers = true)]
    #[arg(value_parser = whole_number(MAX_COUNT))]
    count: usize,

    /// Only images of this class: its name or number
    #[arg(long, value_name = "CLASS")]
    label: Option<String>,

    /// PNG to write them to as well, a single image in its own size
    #[arg(long, value_name = "FILE")]
    png: Option<PathBuf>,

    /// Replace a file that this program has not written
    #[arg(long, requires = "png")]
    force: bool,

    /// When to draw in colours
    #[arg(long, value_enum, value_name = "WHEN", default_value_t = ColourChoice::Auto)]
    colour: ColourChoice,

    /// Print events for other programs to read: a JSON object on each line, and nothing else
    #[arg(long, conflicts_with = "colour")]
    json: bool,

    #[command(flatten)]
    data: DataArgs,
}

/// One of the two parts of a data set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Part {
    /// The images to learn from
    Train,
    /// The images to test with
    Test,
}

impl Part {
    const fn adjective(self) -> &'static str {
        match self {
            Self::Train => "training",
            Self::Test => "test",
        }
    }
}

/// Draws the images that were asked for, or describes a model.
///
/// # Errors
/// The data cannot be used or are no images, there are no such images, or the PNG cannot be written.
pub(crate) fn show(arguments: &ShowArgs) -> Result<(), Failure> {
    let verbosity = Verbosity::new(2, arguments.json);
    if let Some(model) = &arguments.model {
        return describe(model, verbosity);
    }
    let Dataset { input, output, train, test, .. } = load(&arguments.data.options(0))?.dataset;
    let samples = match arguments.split {
        Part::Train => train,
        Part::Test => test,
    };
    let (Input::Pixels(size), Inputs::Bytes { width, values }) = (&input, &samples.inputs) else {
        return Err(Failure::new("show: the data are numbers, not images"));
    };
    let names = output.names();
    let indices = choose(arguments, &samples, names)?;
    let mut pixels = Vec::new();
    for &index in &indices {
        pixels.extend_from_slice(&values[index * width..][..*width]);
    }
    let pictures = Pictures { height: size.height, width: size.width, pixels: &pixels };
    let caption = |index: usize| match &samples.targets {
        Targets::Labels(labels) => format!("{index} {}", names[usize::from(labels[index])]),
        Targets::Numbers { .. } => index.to_string(),
    };
    let captions: Vec<_> = indices.iter().map(|&index| caption(index)).collect();
    let mut outputs = Outputs::new(arguments.force);
    if let Some(path) = &arguments.png {
        outputs.check(&[path], &[])?;
        outputs.stage(path, &pictures.png()?)?;
    }
    let palette = Palette::of_standard_output(arguments.colour);
    verbosity.text(|| pictures.text(&captions, pictures.across(columns()), palette));
    for &index in &indices {
        let class = match &samples.targets {
            Targets::Labels(labels) => Some(usize::from(labels[index])),
            Targets::Numbers { .. } => None,
        };
        verbosity.event(&Event::Image { index, class, name: class.map(|class| &*names[class]) });
    }
    tell_written(verbosity, outputs.commit()?);
    Ok(())
}

/// The numbers of the images to draw: one at least.
fn choose(arguments: &ShowArgs, samples: &Samples, names: &[String]) -> Result<Vec<usize>, Failure> {
    let (from, there, adjective) = (arguments.from, samples.len(), arguments.split.adjective());
    if from >= there {
        let last = there.saturating_sub(1);
        return Err(Failure::new(format!("--from {from}: the data set has {there} {adjective} images, 0 to {last}")));
    }
    let class = arguments.label.as_deref().map(|label| find_class(label, names)).transpose()?;
    let is_wanted = |&index: &usize| match (&samples.targets, class) {
        (Targets::Labels(labels), Some(class)) => usize::from(labels[index]) == class,
        _ => true,
    };
    let indices: Vec<usize> = (from..there).filter(is_wanted).take(arguments.count).collect();
    match class {
        Some(class) if indices.is_empty() => {
            let name = &names[class];
            Err(Failure::new(format!("no {adjective} image from {from} on is of class {name}")))
        }
        _ => Ok(indices),
    }
}

/// The class of this name, in whatever case, or else of this number.
fn find_class(label: &str, names: &[String]) -> Result<usize, Failure> {
    let named = names.iter().position(|name| name.to_lowercase() == label.to_lowercase());
    let numbered = || label.parse().ok().filter(|&class| class < names.len());
    named.or_else(numbered).ok_or_else(|| {
        let there: Vec<_> = names.iter().enumerate().map(|(class, name)| format!("{class} {name}")).collect();
        Failure::new(format!("--label {label}: no such class; there are {}", there.join(", ")))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_found_by_name_before_number() {
        let mut names: Vec<String> = (0..10).map(|class| format!("Class {class}")).collect();
        names[3] = "7".into();
        for (label, wanted) in [("class 2", Some(2)), ("Class 9", Some(9)), ("7", Some(3)), ("8", Some(8))] {
            assert_eq!(find_class(label, &names).ok(), wanted, "{label}");
        }
        for label in ["", "10", "-1", "Class"] {
            let message = find_class(label, &names).unwrap_err().to_string();
            let wanted = format!("--label {label}: no such class; there are 0 Class 0, 1 ");
            assert!(message.starts_with(&wanted), "{message}");
        }
    }
}
