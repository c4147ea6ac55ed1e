//! The command `adapt`: the world changes, the device fails, learns, recovers, and keeps that without power.

pub mod person;
mod pictures;
mod story;

use std::io::{self, IsTerminal};
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::factory::FactoryArgs;
use super::on_device::{HostArgs, LinkArgs, MAX_SAMPLES};
use super::shared::tell_written;
use crate::data::DefaultTest;
use crate::device::shift::Shift;
use crate::failure::Failure;
use crate::options::{in_workspace, learning_rate, whole_number};
use crate::outputs::Outputs;
use crate::terminal::Verbosity;

pub use pictures::{TEST_NOISE, lessons};
pub use story::{decayed, practice_seed};

pub(crate) const EXAMPLES: &str = "\
Examples:
  host-trainer adapt --port /dev/ttyACM0
      Teach a device rotated pictures, and have it turned off and on
  host-trainer adapt --port tcp:127.0.0.1:4405 --world noisy --restart-command ./restart
      The same with a simulated device and noise, by a program that restarts it
  host-trainer adapt --port tcp:127.0.0.1:4405 --world person --leave-out 3 --weights out/watch/model.safetensors
      Teach a smartwatch the person that it was not trained with";

/// The change that the device adapts to: a covariate shift of pictures, or a new person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum World {
    /// Inverted greys; the amount is how far, from 0 to 1
    Inverted,
    /// Pictures rotated clockwise; the amount is in degrees
    Rotated,
    /// Pictures moved to the right and down; the amount is in pixels
    Translated,
    /// Gaussian noise; the amount is the standard deviation in greys
    Noisy,
    /// A person that the network was not trained with, whose movements reach the device as a time series
    Person,
}

impl World {
    /// The shift of pictures.
    const fn shift(self) -> Option<Shift> {
        match self {
            Self::Inverted => Some(Shift::Inverted),
            Self::Rotated => Some(Shift::Rotated),
            Self::Translated => Some(Shift::Translated),
            Self::Noisy => Some(Shift::Noisy),
            Self::Person => None,
        }
    }
}

/// Options of `adapt`.
#[derive(Args, Debug)]
pub struct AdaptArgs {
    #[command(flatten)]
    link: LinkArgs,

    /// Change that the device adapts to
    #[arg(long, value_enum, default_value_t = World::Rotated)]
    world: World,

    /// How much pictures change [default: inverted 1, rotated 30, translated 3, noisy 96]
    #[arg(long, value_name = "X", allow_negative_numbers = true)]
    amount: Option<f64>,

    /// Group of the test samples, which the network was trained without, for --world person [default: the only one]
    #[arg(long, value_name = "GROUP")]
    leave_out: Option<String>,

    /// Changed training images to learn from [default: 500]; of a person it is the first 30 % of each recording
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = whole_number(MAX_SAMPLES))]
    teach: Option<usize>,

    /// Learning rate of the first lesson; from there it falls evenly towards 0 [default: 0.1 for pictures without a
    /// hidden layer, 0.03 with one, 0.01 for a person]
    #[arg(long, value_name = "X", allow_negative_numbers = true, value_parser = learning_rate)]
    learning_rate: Option<f32>,

    /// Steps of practice after each lesson, on a device with samples to practise on
    #[arg(long, value_name = "N", default_value_t = 32, allow_negative_numbers = true)]
    practise: u16,

    /// Learning rate of practice after the first lesson; from there it falls evenly towards 0
    #[arg(long, value_name = "X", default_value_t = 0.01, allow_negative_numbers = true, value_parser = learning_rate)]
    practice_rate: f32,

    /// Test samples for each accuracy that is measured on the device; of persons, about as many
    #[arg(long, value_name = "N", default_value_t = 200, allow_negative_numbers = true)]
    #[arg(value_parser = whole_number(MAX_SAMPLES))]
    evaluate: usize,

    /// Seed of the choice of images, of the noise and of the practice
    #[arg(long, value_name = "N", default_value_t = 0, allow_negative_numbers = true)]
    seed: u64,

    /// Program that turns the device off and on, run by the shell; without it you are asked to
    #[arg(long, value_name = "COMMAND")]
    restart_command: Option<String>,

    /// Picture to write: the accuracies after each lesson [default: out/adapt.png]
    #[arg(long, value_name = "FILE", default_value_os_t = in_workspace("out/adapt.png"), hide_default_value = true)]
    output: PathBuf,

    /// Replace a file that this program has not written
    #[arg(long)]
    force: bool,

    /// Print events for other programs to read: a JSON object on each line, and nothing else
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    factory: FactoryArgs,
    #[command(flatten)]
    host: HostArgs,
}

/// Shows how a device adapts to a world that has changed.
///
/// # Errors
/// The model, the data or the kernel cannot be used; the device does not answer, does not have the model's weights at the
/// start, or computes other bits than the host at any time; the power cycle fails; or the picture cannot be written.
pub fn adapt(arguments: &AdaptArgs) -> Result<(), Failure> {
    if arguments.restart_command.is_none() && !io::stdin().is_terminal() {
        return Err(story::nobody());
    }
    let mut outputs = Outputs::new(arguments.force);
    outputs.check(&[&arguments.output], &[&arguments.host.weights])?;
    // It learns from the training samples, which therefore cannot be for the test.
    let (host, dataset) = arguments.host.load(DefaultTest::Share)?;
    let change = match arguments.world.shift() {
        Some(shift) => pictures::change(arguments, &host, &dataset, shift)?,
        None => person::change(arguments, &host)?,
    };
    let picture = story::tell(arguments, &host, &dataset.train, &change)?;
    outputs.stage(&arguments.output, &picture)?;
    tell_written(Verbosity::new(1, arguments.json), outputs.commit()?);
    Ok(())
}
