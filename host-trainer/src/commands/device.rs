//! The command `device`: requests to a device that runs the firmware.

use std::ops::Range;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use dense_protocol::messages::Saved;

use super::on_device::{HostArgs, Lesson, LinkArgs, pictures, say, teach, test};
use super::shared::shown;
use crate::data::Samples;
use crate::data::picture::{self, Preparation};
use crate::device::{Device, DeviceError};
use crate::failure::Failure;
use crate::options::{learning_rate, whole_number};
use crate::terminal::summary::thousands;
use crate::terminal::table::{pad, shorten};
use crate::terminal::{columns, gauge, print};

/// Most test images of a test.
const MAX_IMAGES: usize = 1 << 20;

/// Options of `device`.
#[derive(Args, Debug)]
pub struct DeviceArgs {
    /// Where the device is.
    #[command(flatten)]
    link: LinkArgs,

    /// The request.
    #[command(subcommand)]
    action: Action,
}

/// What a device can be asked.
#[derive(Debug, Subcommand)]
enum Action {
    /// Describe device and model, and show the counters
    Info,
    /// Classify one image
    Classify(ClassifyArgs),
    /// Classify test images and compare every bit with the host
    Evaluate(EvaluateArgs),
    /// Learn from test images
    Learn(LearnArgs),
    /// Save the weights in flash
    Save,
    /// Load the weights saved last
    Load,
    /// Restore the firmware's weights and erase the saved ones
    Reset,
}

/// Options of `device classify`.
#[derive(Args, Debug)]
struct ClassifyArgs {
    /// A PNG or JPEG of any size, or raw pixels
    #[arg(value_name = "IMAGE", required_unless_present = "test", conflicts_with = "test")]
    image: Option<PathBuf>,

    /// Number of a test image, the first being 0
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    test: Option<usize>,

    /// How the picture is prepared.
    #[command(flatten)]
    preparation: Preparation,

    /// What the host has.
    #[command(flatten)]
    host: HostArgs,
}

/// Options of `device evaluate`.
#[derive(Args, Debug)]
struct EvaluateArgs {
    /// Use the first N test images only
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = whole_number(MAX_IMAGES))]
    limit: Option<usize>,

    /// Test images that the device has learned since it had the model's weights
    #[arg(long, value_name = "A..B", value_parser = range)]
    learned: Option<Range<usize>>,

    /// Learning rate with which it did
    #[arg(long, value_name = "X", default_value_t = 0.01, requires = "learned", allow_negative_numbers = true)]
    #[arg(value_parser = learning_rate)]
    learning_rate: f32,

    /// What the host computes with.
    #[command(flatten)]
    host: HostArgs,
}

/// Options of `device learn`.
#[derive(Args, Debug)]
struct LearnArgs {
    /// Test images to learn, in their order: from A up to and without B
    #[arg(long, value_name = "A..B", value_parser = range)]
    test: Range<usize>,

    /// Learning rate
    #[arg(long, value_name = "X", default_value_t = 0.01, allow_negative_numbers = true)]
    #[arg(value_parser = learning_rate)]
    learning_rate: f32,

    /// What the host computes with.
    #[command(flatten)]
    host: HostArgs,
}

/// Parses `A..B`, with at least one number in it.
fn range(text: &str) -> Result<Range<usize>, String> {
    let parsed = text.split_once("..").and_then(|(start, end)| Some(start.parse().ok()?..end.parse().ok()?));
    parsed.filter(|range| !range.is_empty()).ok_or_else(|| "must be A..B with A less than B, as in 0..50".into())
}

/// Sends requests to a device.
///
/// # Errors
///
/// The model, the data or the kernel cannot be used; the device does not answer, refuses, or computes other bits than the
/// host.
pub fn device(arguments: &DeviceArgs) -> Result<(), Failure> {
    let link = &arguments.link;
    match &arguments.action {
        Action::Info => info(&mut link.open()?)?,
        Action::Classify(arguments) => classify(arguments, link)?,
        Action::Evaluate(arguments) => evaluate(arguments, link)?,
        Action::Learn(arguments) => learn(arguments, link)?,
        Action::Save => {
            let Saved { save, slot } = link.open()?.save()?;
            say(format_args!("saved as number {save} in slot {slot}"));
        }
        Action::Load => say(format_args!("loaded save number {}", link.open()?.load()?)),
        Action::Reset => {
            let mut device = link.open()?;
            device.reset()?;
            say(format_args!("back to the firmware's weights, checksum {:08x}", device.info()?.weights_checksum));
        }
    }
    Ok(())
}

fn info(device: &mut Device) -> Result<(), DeviceError> {
    let info = device.info()?;
    let counters = device.counters()?;
    let origin = info.loaded.map_or("from the firmware".into(), |save| format!("from save number {save}"));
    let [ram, model, slot] = [info.static_bytes, info.model_bytes, info.slot_bytes].map(thousands);
    say(format_args!("board            {}", info.board));
    say(format_args!("clock            {}", info.clock()));
    say(format_args!("kernel           {}", info.kernel));
    say(format_args!("model            {}", info.shape()));
    say(format_args!("weights          checksum {:08x}, {origin}", info.weights_checksum));
    say(format_args!(
        "memory           {ram} bytes of RAM, {model} of them the weights; {slot} bytes of flash in each of two slots"
    ));
    say(format_args!("protocol         version {}", info.version));
    say(format_args!("since the start  {} images classified, {} learned", counters.classified, counters.learned));
    say(format_args!(
        "                 {} refused, {} rolled back, {} broken frames, {} repeated requests",
        counters.refused, counters.rolled_back, counters.broken_frames, counters.repeated
    ));
    Ok(())
}

fn classify(arguments: &ClassifyArgs, link: &LinkArgs) -> Result<(), Failure> {
    let (host, image, label) = match (&arguments.image, arguments.test) {
        (Some(path), _) => {
            let host = arguments.host.model()?;
            let about = |error| Failure::about(path.display(), error);
            let bytes = picture::read(path).map_err(about)?;
            let prepared = picture::prepare(&bytes, &arguments.preparation, host.size()).map_err(about)?;
            say(format_args!("{}: {prepared}", shown(path)));
            (host, prepared.image, None)
        }
        (None, index) => {
            let (host, dataset) = arguments.host.load()?;
            let index = index.unwrap_or(0);
            let range = index..index.saturating_add(1);
            let Lesson { image, label, .. } = lessons("--test", &dataset.test, &range, 0.0)?.remove(0);
            (host, image.to_vec(), Some(usize::from(label)))
        }
    };
    let (mut device, info) = host.connect(link)?;
    let classified = device.classify(&image)?;
    let (names, class) = (host.model.output.names(), usize::from(classified.class));
    match label {
        Some(label) if label == class => say(format_args!("{class} {}: right", names[class])),
        Some(label) => say(format_args!("{class} {}: wrong, it is {label} {}", names[class], names[label])),
        None => say(format_args!("{class} {}", names[class])),
    }
    for (name, (probability, logit)) in names.iter().zip(classified.probabilities.iter().zip(&classified.logits)) {
        let line = format!(
            "  {} {probability:.4}  logit {logit:>9.4}  {}",
            pad(&shorten(name, 13), 13),
            gauge(*probability, 40)
        );
        say(line.trim_end());
    }
    say(info.time("an image", f64::from(classified.cycles)));
    Ok(())
}

fn evaluate(arguments: &EvaluateArgs, link: &LinkArgs) -> Result<(), Failure> {
    let (mut host, dataset) = arguments.host.load()?;
    if let Some(range) = &arguments.learned {
        for lesson in lessons("--learned", &dataset.test, range, arguments.learning_rate)? {
            let name = format!("image {}", lesson.index);
            host.reference.learn(&name, lesson.image, lesson.label, lesson.learning_rate)?;
        }
    }
    let (mut device, info) = host.connect(link)?;
    let same = host.check_weights(&info);
    let names = host.model.output.names();
    let reference = same.is_ok().then_some(&host.reference);
    let (confusion, cycles) =
        test(&mut device, reference, &dataset.test, arguments.limit.unwrap_or(usize::MAX), names.len())?;
    print(&confusion.table(names, columns()));
    say(format_args!("accuracy {:.4} on {} test images", confusion.accuracy(), confusion.total()));
    say(info.time("an image", cycles));
    say(line_quality(&device));
    match same {
        Ok(()) => say("every logit and probability is the host's, bit for bit"),
        Err(error) => say(format_args!("not compared with the host: {error}")),
    }
    Ok(())
}

fn learn(arguments: &LearnArgs, link: &LinkArgs) -> Result<(), Failure> {
    let (mut host, dataset) = arguments.host.load()?;
    let lessons = lessons("--test", &dataset.test, &arguments.test, arguments.learning_rate)?;
    let (mut device, info) = host.connect(link)?;
    let same = host.check_weights(&info);
    let reference = same.is_ok().then_some(&mut host.reference);
    let [before, after, cycles] = teach(&mut device, reference, &lessons)?;
    let count = lessons.len();
    say(format_args!("learned {count} images: mean loss of an image {before:.4} before its step, {after:.4} after"));
    say(info.time("a step", cycles));
    say(line_quality(&device));
    let checksum = device.info()?.weights_checksum;
    match same {
        Ok(()) => {
            say(format_args!("after every step the weights are the host's, bit for bit: checksum {checksum:08x}"));
        }
        Err(error) => say(format_args!("checksum {checksum:08x}; not compared with the host: {error}")),
    }
    say("not saved yet: `save` keeps it");
    Ok(())
}

/// The pictures of a range of samples, which `option` says.
fn lessons<'a>(
    option: &str,
    samples: &'a Samples,
    range: &Range<usize>,
    learning_rate: f32,
) -> Result<Vec<Lesson<'a>>, Failure> {
    if range.end > samples.len() {
        let asked = if range.len() == 1 { range.start.to_string() } else { format!("{}..{}", range.start, range.end) };
        return Err(Failure::new(format!("{option} {asked}: the data set has {} test images", samples.len())));
    }
    let pictures = pictures(samples).enumerate().skip(range.start).take(range.len());
    Ok(pictures.map(|(index, (image, label))| Lesson { index, image, label, learning_rate }).collect())
}

fn line_quality(device: &Device) -> String {
    match (device.repeats(), device.broken_frames()) {
        (0, 0) => "the line lost nothing".into(),
        (repeats, broken) => format!("the line: {repeats} requests repeated, {broken} broken frames received"),
    }
}
