//! `show`: draws images of the data set in the terminal, and as a PNG.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::cli::{in_workspace, whole_number};
use crate::dataset::{Dataset, Split};
use crate::files::{Outputs, check_targets};
use crate::idx::{CLASSES, SIDE};
use crate::pictures::Pictures;
use crate::run::{RunError, tell_written};
use crate::terminal::{ColourChoice, Palette, Voice, columns, print};

/// A larger grid is hardly looked at.
const MAX_COUNT: usize = 1_000;

/// Options of `show`.
#[derive(Args, Debug)]
pub struct ShowArgs {
    /// Part of the data set
    #[arg(long, value_enum, default_value_t = SplitName::Train)]
    pub split: SplitName,

    /// Number of the first image, which of all is 0
    #[arg(long, value_name = "N", default_value_t = 0, allow_negative_numbers = true)]
    pub from: usize,

    /// How many images
    #[arg(long, value_name = "N", default_value_t = 9, allow_negative_numbers = true)]
    #[arg(value_parser = whole_number(MAX_COUNT))]
    pub count: usize,

    /// Only images of this class: its name or number
    #[arg(long, value_name = "CLASS")]
    pub label: Option<String>,

    /// PNG to write them to as well, a single image in its own size of 28 x 28 pixels
    #[arg(long, value_name = "FILE")]
    pub png: Option<PathBuf>,

    /// When to draw in colours
    #[arg(long, value_enum, value_name = "WHEN", default_value_t = ColourChoice::Auto)]
    pub colour: ColourChoice,

    /// Folder with the four files of Fashion-MNIST [default: data/fashion-mnist]
    #[arg(long, value_name = "DIR", default_value_os_t = in_workspace("data/fashion-mnist"))]
    #[arg(hide_default_value = true)]
    pub data: PathBuf,
}

/// One of the two parts of a data set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SplitName {
    /// The images to learn from
    Train,
    /// The images to test with
    Test,
}

impl SplitName {
    /// What the images are for, in words.
    const fn adjective(self) -> &'static str {
        match self {
            Self::Train => "training",
            Self::Test => "test",
        }
    }
}

/// Why there is nothing to show.
#[derive(Debug, thiserror::Error)]
pub enum ShowError {
    /// The first image is none of the data set's.
    #[error("--from {from}: the data set has {there} {split} images, 0 to {}", there - 1)]
    From {
        /// The number asked for.
        from: usize,
        /// How many images there are.
        there: usize,
        /// In which part of the data set.
        split: &'static str,
    },
    /// There is no such class.
    #[error("--label {found}: no such class; there are {}", describe(names))]
    Label {
        /// The class asked for.
        found: String,
        /// The classes there are.
        names: Box<[String; CLASSES]>,
    },
    /// No image of that class follows.
    #[error("no {split} image from {from} on is of class {name}")]
    NoneOf {
        /// The class asked for.
        name: String,
        /// The first image looked at.
        from: usize,
        /// In which part of the data set.
        split: &'static str,
    },
}

fn describe(names: &[String; CLASSES]) -> String {
    let names = names.iter().enumerate().map(|(class, name)| format!("{class} {name}"));
    names.collect::<Vec<_>>().join(", ")
}

/// Draws the images that were asked for.
///
/// # Errors
///
/// [`RunError`] where the data cannot be used, there are no such images, or the PNG cannot be written.
pub fn show(arguments: &ShowArgs) -> Result<(), RunError> {
    let dataset = Dataset::load(&arguments.data)?;
    let split = match arguments.split {
        SplitName::Train => &dataset.train,
        SplitName::Test => &dataset.test,
    };
    let indices = choose(arguments, split, &dataset.class_names)?;
    let images: Vec<_> = indices.iter().map(|&index| split.images[index]).collect();
    let name = |index: usize| &dataset.class_names[usize::from(split.labels[index])];
    let captions: Vec<_> = indices.iter().map(|&index| format!("{index} {}", name(index))).collect();
    let pictures = Pictures { height: SIDE, width: SIDE, pixels: images.as_flattened() };
    let mut outputs = Outputs::new();
    if let Some(path) = &arguments.png {
        check_targets(&[path])?;
        outputs.stage(path, &pictures.png()?)?;
    }
    let palette = Palette::of_standard_output(arguments.colour);
    print(&pictures.text(&captions, pictures.across(columns()), palette));
    tell_written(Voice::Lines, outputs.commit()?);
    Ok(())
}

/// The numbers of the images to draw: one at least.
fn choose(arguments: &ShowArgs, split: &Split, names: &[String; CLASSES]) -> Result<Vec<usize>, ShowError> {
    let from = arguments.from;
    if from >= split.len() {
        return Err(ShowError::From { from, there: split.len(), split: arguments.split.adjective() });
    }
    let class = arguments.label.as_deref().map(|label| find_class(label, names)).transpose()?;
    let wanted = |&index: &usize| class.is_none_or(|class| usize::from(split.labels[index]) == class);
    let indices: Vec<usize> = (from..split.len()).filter(wanted).take(arguments.count).collect();
    match class {
        Some(class) if indices.is_empty() => {
            Err(ShowError::NoneOf { name: names[class].clone(), from, split: arguments.split.adjective() })
        }
        _ => Ok(indices),
    }
}

/// The class of this name, in whatever case, or else of this number.
fn find_class(label: &str, names: &[String; CLASSES]) -> Result<usize, ShowError> {
    let named = names.iter().position(|name| name.to_lowercase() == label.to_lowercase());
    let numbered = || label.parse().ok().filter(|&class| class < CLASSES);
    named.or_else(numbered).ok_or_else(|| ShowError::Label { found: label.to_owned(), names: Box::new(names.clone()) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_found_by_name_before_number() {
        let mut names: [String; CLASSES] = std::array::from_fn(|class| format!("Class {class}"));
        names[3] = "7".into();
        for (label, wanted) in [("class 2", Some(2)), ("Class 9", Some(9)), ("7", Some(3)), ("8", Some(8))] {
            assert_eq!(find_class(label, &names).ok(), wanted, "{label}");
        }
        for label in ["", "10", "-1", "Class"] {
            let message = find_class(label, &names).unwrap_err().to_string();
            assert!(
                message.starts_with(&format!("--label {label}: no such class; there are 0 Class 0, 1 ")),
                "{message}"
            );
        }
    }
}
