//! Images of one size, and data sets of them.

use std::path::Path;

use formats::{Input, Output, PixelInput, Task};

use super::{DataError, Inputs, Samples, Targets};

/// Images of one size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Images {
    /// Rows of an image.
    pub height: usize,
    /// Columns of an image.
    pub width: usize,
    /// `[images][height][width]`, greys from 0 to 255.
    pub values: Vec<u8>,
}

impl Images {
    /// Number of images.
    pub(super) fn len(&self) -> usize {
        self.values.len() / (self.height * self.width)
    }
}

/// Input of images of this height and width.
pub(super) const fn pixels([height, width]: [usize; 2]) -> Input {
    Input::Pixels(PixelInput { height, width, table: None, standardized: false })
}

/// Output of classes with these names, or of two classes.
pub(super) fn classes(path: &Path, names: Vec<String>, task: Option<Task>) -> Result<Output, DataError> {
    let conflict =
        |task, found: String| Err(DataError::Conflict(format!("--task {task}: {} has {found}", path.display())));
    match (&names[..], task) {
        ([] | [_], _) => Err(DataError::file(path, "all samples are of one class")),
        (_, Some(Task::Regression)) => conflict("regression", "classes".into()),
        ([negative, positive], None | Some(Task::Binary)) => {
            Ok(Output::Binary { names: [negative.clone(), positive.clone()] })
        }
        (_, Some(Task::Binary)) => conflict("binary", format!("{} classes", names.len())),
        (_, None | Some(Task::Multiclass)) => Ok(Output::Classes { names }),
    }
}

/// Samples of images and as many labels.
pub(super) fn samples(images: Images, labels: Vec<u8>) -> Samples {
    Samples {
        inputs: Inputs::Bytes { width: images.height * images.width, values: images.values },
        targets: Targets::Labels(labels),
        groups: Vec::new(),
    }
}
