//! The options of `device` and `adapt`.

use std::ops::Range;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};

use super::client::Patience;
use super::transport::Address;
use super::world::World;
use crate::options::{KernelChoice, WEIGHTS, in_workspace, learning_rate, whole_number};
use crate::photo::Preparation;

/// The learning rate of the first lesson in a shifted world. A larger one learns a little more and forgets much more, as
/// the measurement beside the tests of `adapt` shows.
pub(super) const LEARNING_RATE: f32 = 0.1;
/// How often a question is asked.
const TRIES: u32 = 5;
/// The longest that anyone would wait for an answer.
const MAX_TIMEOUT: f64 = 3600.0;

/// Options of `device`.
#[derive(Args, Debug)]
pub struct DeviceArgs {
    /// Where the device is.
    #[command(flatten)]
    pub link: LinkArgs,
    /// What it should do.
    #[command(subcommand)]
    pub action: Action,
}

/// What a device can be asked to do.
#[derive(Debug, Subcommand)]
pub enum Action {
    /// Say who it is and what it has done
    Info,
    /// Say what is in one image
    Classify(ClassifyArgs),
    /// Classify test images and hold every bit against the host
    Evaluate(EvaluateArgs),
    /// Learn from test images
    Learn(LearnArgs),
    /// Keep the weights in flash
    Save,
    /// Go back to the weights saved last
    Load,
    /// Go back to the firmware's weights and forget the saved ones
    Reset,
}

/// Where a device is and how long to wait for it.
#[derive(Args, Debug)]
pub struct LinkArgs {
    /// Serial port, such as /dev/ttyACM0 or COM3, or tcp:HOST:PORT
    #[arg(long, value_name = "PORT")]
    pub port: Address,

    /// How long to wait for an answer before asking again
    #[arg(long, value_name = "SECONDS", default_value = "1", allow_negative_numbers = true)]
    #[arg(value_parser = timeout)]
    pub timeout: Duration,
}

impl LinkArgs {
    /// How long to wait for the device.
    #[must_use]
    pub const fn patience(&self) -> Patience {
        Patience { timeout: self.timeout, tries: TRIES }
    }
}

/// Options of `device classify`.
#[derive(Args, Debug)]
pub struct ClassifyArgs {
    /// A PNG or JPEG of whatever size, or 784 raw pixels
    #[arg(value_name = "IMAGE", required_unless_present = "test", conflicts_with = "test")]
    pub image: Option<PathBuf>,

    /// Number of an image of the test set, the first being 0
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub test: Option<usize>,

    /// How the picture is prepared.
    #[command(flatten)]
    pub preparation: Preparation,

    /// Folder with the four files of Fashion-MNIST [default: data/fashion-mnist]
    #[arg(long, value_name = "DIR", default_value_os_t = in_workspace("data/fashion-mnist"))]
    #[arg(hide_default_value = true)]
    pub data: PathBuf,
}

/// What the host computes with, to compare.
#[derive(Args, Debug)]
pub struct HostArgs {
    /// File with the weights that the device started from [default: firmware/src/weights.rs]
    #[arg(long, value_name = "FILE", default_value_os_t = in_workspace(WEIGHTS))]
    #[arg(hide_default_value = true)]
    pub weights: PathBuf,

    /// Folder with the four files of Fashion-MNIST [default: data/fashion-mnist]
    #[arg(long, value_name = "DIR", default_value_os_t = in_workspace("data/fashion-mnist"))]
    #[arg(hide_default_value = true)]
    pub data: PathBuf,

    /// Code that does the host's arithmetic: all give the same bits, auto is the fastest
    #[arg(long, value_enum, default_value_t = KernelChoice::Auto)]
    pub kernel: KernelChoice,
}

/// Options of `device evaluate`.
#[derive(Args, Debug)]
pub struct EvaluateArgs {
    /// Use the first N test images only
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    #[arg(value_parser = whole_number(60_000))]
    pub limit: Option<usize>,

    /// Test images that the device has learned since it had those weights
    #[arg(long, value_name = "A..B", value_parser = range)]
    pub learned: Option<Range<usize>>,

    /// Learning rate with which it did
    #[arg(long, value_name = "X", default_value_t = 0.01, requires = "learned", allow_negative_numbers = true)]
    #[arg(value_parser = learning_rate)]
    pub learning_rate: f32,

    /// What the host computes with.
    #[command(flatten)]
    pub host: HostArgs,
}

/// Options of `device learn`.
#[derive(Args, Debug)]
pub struct LearnArgs {
    /// Test images to learn, in their order: from A up to and without B
    #[arg(long, value_name = "A..B", value_parser = range)]
    pub test: Range<usize>,

    /// How far to go in each step
    #[arg(long, value_name = "X", default_value_t = 0.01, allow_negative_numbers = true)]
    #[arg(value_parser = learning_rate)]
    pub learning_rate: f32,

    /// What the host computes with.
    #[command(flatten)]
    pub host: HostArgs,
}

/// Options of `adapt`.
#[derive(Args, Debug)]
pub struct AdaptArgs {
    /// Where the device is.
    #[command(flatten)]
    pub link: LinkArgs,

    /// How the images change
    #[arg(long, value_enum, default_value_t = World::Rotated)]
    pub world: World,

    /// How much they change [default: inverted 1, rotated 30, translated 3, noisy 96]
    #[arg(long, value_name = "X", allow_negative_numbers = true)]
    pub amount: Option<f64>,

    /// Training images of the new world to teach
    #[arg(long, value_name = "N", default_value_t = 500, allow_negative_numbers = true)]
    #[arg(value_parser = whole_number(60_000))]
    pub teach: usize,

    /// Learning rate of the first image; from there it falls evenly towards 0
    #[arg(long, value_name = "X", default_value_t = LEARNING_RATE, allow_negative_numbers = true)]
    #[arg(value_parser = learning_rate)]
    pub learning_rate: f32,

    /// Test images for each accuracy that is measured on the device
    #[arg(long, value_name = "N", default_value_t = 200, allow_negative_numbers = true)]
    #[arg(value_parser = whole_number(60_000))]
    pub evaluate: usize,

    /// Seed of the choice of images and of the noise
    #[arg(long, value_name = "N", default_value_t = 0, allow_negative_numbers = true)]
    pub seed: u64,

    /// Program that turns the device off and on, run by the shell; without it you are asked to
    #[arg(long, value_name = "COMMAND")]
    pub restart_command: Option<String>,

    /// What the host computes with.
    #[command(flatten)]
    pub host: HostArgs,
}

impl AdaptArgs {
    /// The amount given, or else the world's own.
    #[must_use]
    pub fn amount(&self) -> f64 {
        self.amount.unwrap_or_else(|| self.world.default_amount())
    }
}

/// Parses `A..B`, with at least one number in it.
fn range(text: &str) -> Result<Range<usize>, String> {
    let parsed = text.split_once("..").and_then(|(start, end)| Some(start.parse().ok()?..end.parse().ok()?));
    parsed.filter(|range| !range.is_empty()).ok_or_else(|| "must be A..B with A less than B, as in 0..50".into())
}

fn timeout(text: &str) -> Result<Duration, String> {
    match text.parse::<f64>() {
        Ok(seconds) if (0.001..=MAX_TIMEOUT).contains(&seconds) => Ok(Duration::from_secs_f64(seconds)),
        _ => Err(format!("must be a number of seconds from 0.001 to {MAX_TIMEOUT}")),
    }
}

#[cfg(test)]
mod tests;
