//! What `device` does for each of its actions.

use std::ops::Range;
use std::path::Path;

use firmware::protocol::ClockSource;

use super::answers::{DeviceInfo, Saved};
use super::args::{Action, ClassifyArgs, DeviceArgs, EvaluateArgs, HostArgs, LearnArgs};
use super::client::Device;
use super::error::DeviceError;
use super::mirror::Mirror;
use crate::bar::bar;
use crate::confusion::Confusion;
use crate::dataset::{Dataset, Split};
use crate::fit::FitError;
use crate::model_files;
use crate::photo;
use crate::run::RunError;
use crate::summary::thousands;
use crate::terminal::gauge;

/// Does what was asked of a device.
///
/// # Errors
///
/// [`RunError`] where data, weights or kernel cannot be used, the device does not answer or refuses, or its numbers
/// are not those of the host.
pub fn device(arguments: &DeviceArgs) -> Result<(), RunError> {
    let open = || Device::open(&arguments.link.port, arguments.link.patience());
    match &arguments.action {
        Action::Info => info(&mut open()?)?,
        Action::Classify(arguments) => classify(arguments, open)?,
        Action::Evaluate(arguments) => evaluate(arguments, open)?,
        Action::Learn(arguments) => learn(arguments, open)?,
        Action::Save => {
            let Saved { save, slot } = open()?.save()?;
            println!("saved as number {save} in slot {slot}");
        }
        Action::Load => {
            let save = open()?.load()?;
            println!("loaded save number {save}");
        }
        Action::Reset => {
            let mut device = open()?;
            device.reset()?;
            println!("back to the firmware's weights, checksum {:08x}", device.info()?.weights_checksum);
        }
    }
    Ok(())
}

fn info(device: &mut Device) -> Result<(), DeviceError> {
    let info = device.info()?;
    let counters = device.counters()?;
    println!("board            {}", info.board);
    println!("clock            {}", clock(&info));
    println!("kernel           {}", info.kernel);
    println!("model            Dense(784, 10), {} parameters", thousands(info.parameters as usize));
    println!("weights          checksum {:08x}, {}", info.weights_checksum, origin(&info));
    println!(
        "memory           {} bytes of RAM, {} of them the weights; {} bytes of flash in each of two slots",
        thousands(info.static_bytes as usize),
        thousands(info.model_bytes as usize),
        thousands(info.slot_bytes as usize)
    );
    println!("protocol         version {}", info.version);
    println!("since the start  {} images classified, {} learned", counters.classified, counters.learned);
    println!(
        "                 {} refused, {} rolled back, {} broken frames, {} repeated requests",
        counters.refused, counters.rolled_back, counters.broken_frames, counters.repeated
    );
    Ok(())
}

fn classify(arguments: &ClassifyArgs, open: impl Fn() -> Result<Device, DeviceError>) -> Result<(), RunError> {
    let dataset = Dataset::load(&arguments.data)?;
    let names = &dataset.class_names;
    let (image, label) = match (&arguments.image, arguments.test) {
        (Some(path), _) => {
            let prepared = photo::read(path).and_then(|bytes| photo::prepare(&bytes, &arguments.preparation));
            let prepared = prepared.map_err(|error| DeviceError::Image { path: path.clone(), error })?;
            println!("{}: {prepared}", path.display());
            (prepared.image, None)
        }
        (None, index) => {
            let index = index.unwrap_or(0);
            check_range("--test", &(index..index.saturating_add(1)), &dataset.test)?;
            (dataset.test.images[index], Some(usize::from(dataset.test.labels[index])))
        }
    };
    let mut device = open()?;
    let classified = device.classify(&image)?;
    let class = usize::from(classified.class);
    match label {
        Some(label) if label == class => println!("{class} {}: right", names[class]),
        Some(label) => println!("{class} {}: wrong, it is {label} {}", names[class], names[label]),
        None => println!("{class} {}", names[class]),
    }
    for (name, (probability, logit)) in names.iter().zip(classified.probabilities.iter().zip(&classified.logits)) {
        let line = format!("  {name:<13} {probability:.4}  logit {logit:>9.4}  {}", gauge(*probability, 40));
        println!("{}", line.trim_end());
    }
    println!("{}", time("an image", f64::from(classified.cycles), &device.info()?));
    Ok(())
}

fn evaluate(arguments: &EvaluateArgs, open: impl Fn() -> Result<Device, DeviceError>) -> Result<(), RunError> {
    let (mut mirror, mut dataset) = prepare(&arguments.host)?;
    if let Some(range) = &arguments.learned {
        check_range("--learned", range, &dataset.test)?;
        for index in range.clone() {
            let (image, label) = (&dataset.test.images[index], dataset.test.labels[index]);
            mirror.learn(image, label, arguments.learning_rate).map_err(FitError::Core)?;
        }
    }
    dataset.test.truncate(arguments.limit.unwrap_or(usize::MAX));
    let mut device = open()?;
    let info = device.info()?;
    let same = info.weights_checksum == mirror.weights_checksum();
    let measured = measure(&mut device, same.then_some(&mirror), &dataset.test, "classify")?;
    print!("{}", measured.confusion.table(&dataset.class_names, crate::terminal::columns()));
    println!("accuracy {:.4} on {} test images", measured.confusion.accuracy(), measured.confusion.total());
    println!("{}", time("an image", measured.cycles, &info));
    println!("{}", line_quality(&device));
    if same {
        println!("every logit and probability is the host's, bit for bit");
    } else {
        println!("{}", not_compared(&info, &mirror, &arguments.host.weights));
    }
    Ok(())
}

fn learn(arguments: &LearnArgs, open: impl Fn() -> Result<Device, DeviceError>) -> Result<(), RunError> {
    let (mut mirror, dataset) = prepare(&arguments.host)?;
    let (range, learning_rate) = (&arguments.test, arguments.learning_rate);
    check_range("--test", range, &dataset.test)?;
    let mut device = open()?;
    let info = device.info()?;
    let same = info.weights_checksum == mirror.weights_checksum();
    let bar = bar("learn", range.len());
    let (mut before, mut after, mut cycles) = (0.0, 0.0, 0.0);
    for index in range.clone() {
        let (image, label) = (&dataset.test.images[index], dataset.test.labels[index]);
        let learned = device.learn(image, label, learning_rate)?;
        if same {
            mirror.check_learned(&format!("image {index}"), image, label, learning_rate, &learned)?;
        }
        before += f64::from(learned.loss_before);
        after += f64::from(learned.loss_after);
        cycles += f64::from(learned.cycles);
        bar.set_message(format!("loss {:.4}", learned.loss_before));
        bar.inc(1);
    }
    bar.finish_and_clear();
    let count = range.len() as f64;
    println!(
        "learned {} images: mean loss of an image {:.4} before its step, {:.4} after",
        range.len(),
        before / count,
        after / count
    );
    println!("{}", time("a step", cycles / count, &info));
    println!("{}", line_quality(&device));
    let checksum = device.info()?.weights_checksum;
    if same {
        println!("after every step the weights are the host's, bit for bit: checksum {checksum:08x}");
    } else {
        println!("checksum {checksum:08x}; {}", not_compared(&info, &mirror, &arguments.host.weights));
    }
    println!("not saved yet: `save` keeps it");
    Ok(())
}

/// The host's side of a comparison.
pub(super) fn prepare(host: &HostArgs) -> Result<(Mirror, Dataset), RunError> {
    let kernel = host.kernel.kernel()?;
    let (network, pixel_table) = model_files::load_linear(&host.weights)?;
    Ok((Mirror::new(network, pixel_table, kernel), Dataset::load(&host.data)?))
}

/// What a test over the wire gave.
pub(super) struct Measured {
    pub(super) confusion: Confusion,
    /// Mean clock cycles of an image.
    pub(super) cycles: f64,
}

/// Has all samples classified, and holds every answer against `mirror`, if there is one.
pub(super) fn measure(
    device: &mut Device,
    mirror: Option<&Mirror>,
    split: &Split,
    title: &str,
) -> Result<Measured, DeviceError> {
    let bar = bar(title, split.len());
    let (mut confusion, mut cycles) = (Confusion::new(crate::idx::CLASSES), 0.0);
    for (index, (image, &label)) in split.images.iter().zip(&split.labels).enumerate() {
        let classified = device.classify(image)?;
        if let Some(mirror) = mirror {
            mirror.check_classified(&format!("image {index}"), image, &classified)?;
        }
        confusion.add(label, classified.class);
        cycles += f64::from(classified.cycles);
        bar.set_message(format!("accuracy {:.4}", confusion.accuracy()));
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(Measured { confusion, cycles: cycles / split.len().max(1) as f64 })
}

fn check_range(option: &'static str, range: &Range<usize>, split: &Split) -> Result<(), DeviceError> {
    if range.end <= split.len() {
        return Ok(());
    }
    let asked = if range.len() == 1 { range.start.to_string() } else { format!("{}..{}", range.start, range.end) };
    Err(DeviceError::Samples { option, asked, there: split.len(), split: "test" })
}

/// Clock cycles, and how long they take on the device.
pub(super) fn time(what: &str, cycles: f64, info: &DeviceInfo) -> String {
    if cycles == 0.0 {
        return format!("no cycle counter here, so no time for {what}: simulators have none");
    }
    let milliseconds = 1000.0 * cycles / f64::from(info.clock_hz.max(1));
    format!("{} clock cycles {what}, {milliseconds:.3} ms at {}", thousands(cycles.round() as usize), clock(info))
}

pub(super) fn clock(info: &DeviceInfo) -> String {
    let source = match info.clock_source {
        ClockSource::Crystal => "from the crystal",
        ClockSource::Internal => "from the chip's own oscillator",
        ClockSource::Host => "of a simulation on a host",
    };
    format!("{} MHz {source}", f64::from(info.clock_hz) / 1e6)
}

fn origin(info: &DeviceInfo) -> String {
    match info.loaded {
        Some(save) => format!("from save number {save}"),
        None => "from the firmware".into(),
    }
}

fn line_quality(device: &Device) -> String {
    match (device.repeats(), device.broken_frames()) {
        (0, 0) => "the line lost nothing".into(),
        (repeats, broken) => format!("the line: {repeats} requests repeated, {broken} broken frames received"),
    }
}

fn not_compared(info: &DeviceInfo, mirror: &Mirror, weights: &Path) -> String {
    format!(
        "not compared with the host: the device started with weights of checksum {:08x}, not {:08x} of {}",
        info.weights_checksum,
        mirror.weights_checksum(),
        weights.display()
    )
}
