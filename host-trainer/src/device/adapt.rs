//! The story end to end: the world changes, the device fails, is taught, recovers, and keeps it without power.

use std::io::{self, Write};
use std::process::Command;
use std::time::Duration;

use dense_core::Random;

use super::answers::Saved;
use super::args::{AdaptArgs, LinkArgs};
use super::client::Device;
use super::commands::{clock, measure, prepare, time};
use super::error::DeviceError;
use super::mirror::Mirror;
use super::world::World;
use crate::bar::bar;
use crate::dataset::{Dataset, Split};
use crate::fit::FitError;
use crate::run::RunError;

/// How long a device may take from its power cycle to its first answer.
const RESTART_WAIT: Duration = Duration::from_secs(30);

/// The streams of random numbers: for the choice of images, and for the noise on those to teach and those to test.
const CHOICE: u64 = 16;
const TAUGHT_NOISE: u64 = 17;
const TEST_NOISE: u64 = 18;

/// Shows how a device adapts to a shifted world.
///
/// # Errors
///
/// [`RunError`] where data, weights or kernel cannot be used, the device does not answer or does not have those
/// weights at the start, its numbers are not those of the host at any time, or the power cycle fails.
pub fn adapt(arguments: &AdaptArgs) -> Result<(), RunError> {
    let (mut mirror, dataset) = prepare(&arguments.host)?;
    let amount = checked_amount(arguments.world, arguments.amount())?;
    let lessons = lessons(&dataset.train, arguments.teach, arguments.world, amount, arguments.seed)?;
    let shifted = arguments.world.shift(&dataset.test, amount, &mut Random::new(arguments.seed, TEST_NOISE));
    let table = Table { dataset: &dataset, shifted: &shifted, images: arguments.evaluate };

    let mut device = Device::open(&arguments.link.port, arguments.link.patience())?;
    let info = device.info()?;
    let (found, wanted) = (info.weights_checksum, mirror.weights_checksum());
    if found != wanted {
        let weights = arguments.host.weights.clone();
        return Err(DeviceError::OtherWeights { weights, device: found, host: wanted }.into());
    }
    println!("{} at {}: kernel {}, {}", info.board, device.port(), info.kernel, clock(&info));
    println!("the world: {} by {amount}", arguments.world.name());
    table.print_head(arguments.world);
    table.print_row("before", &mut device, &mirror)?;

    let cycles = teach(&mut device, &mut mirror, &lessons, arguments.learning_rate)?;
    println!("{} images taught, the learning rate falling from {} to 0", lessons.len(), arguments.learning_rate);
    println!("{}", time("a step", cycles, &info));
    table.print_row("after", &mut device, &mirror)?;

    let Saved { save, slot } = device.save()?;
    println!("saved as number {save} in slot {slot}");
    drop(device);
    let mut device = power_cycle(&arguments.link, arguments.restart_command.as_deref())?;
    let learned = device.counters()?.learned;
    if learned > 0 {
        return Err(DeviceError::NotRestarted { port: device.port().to_owned(), learned }.into());
    }
    let info = device.info()?;
    differs("the weights after the power cycle", info.weights_checksum, mirror.weights_checksum(), |sum| {
        format!("checksum {sum:08x}")
    })?;
    differs("what was loaded after the power cycle", info.loaded, Some(save), |save| match save {
        Some(save) => format!("save number {save}"),
        None => "nothing".into(),
    })?;
    table.print_row("after power cycle", &mut device, &mirror)?;
    println!("kept: checksum {:08x} before and after; `device reset` forgets it", info.weights_checksum);
    Ok(())
}

/// The images to teach: `count` of `train`, chosen by `seed`, as `world` shows them.
///
/// # Errors
///
/// [`DeviceError::Samples`] where there are not as many.
pub fn lessons(train: &Split, count: usize, world: World, amount: f64, seed: u64) -> Result<Split, DeviceError> {
    if count > train.len() {
        let (asked, there) = (count.to_string(), train.len());
        return Err(DeviceError::Samples { option: "--teach", asked, there, split: "training" });
    }
    let mut order: Vec<usize> = (0..train.len()).collect();
    Random::new(seed, CHOICE).shuffle(&mut order);
    order.truncate(count);
    let chosen = Split {
        images: order.iter().map(|&index| train.images[index]).collect(),
        labels: order.iter().map(|&index| train.labels[index]).collect(),
    };
    Ok(world.shift(&chosen, amount, &mut Random::new(seed, TAUGHT_NOISE)))
}

/// The learning rate of lesson `index` of `count`: from `initial` in even steps towards 0. Single images pull the
/// weights to and fro; as the steps get shorter, the weights come to rest in between.
#[must_use]
pub fn learning_rate(initial: f32, index: usize, count: usize) -> f32 {
    initial * ((count - index) as f32 / count as f32)
}

/// Teaches device and mirror all lessons, and returns the mean clock cycles of a step.
fn teach(device: &mut Device, mirror: &mut Mirror, lessons: &Split, initial: f32) -> Result<f64, DeviceError> {
    let bar = bar("teach", lessons.len());
    let mut cycles = 0.0;
    for (index, (image, &label)) in lessons.images.iter().zip(&lessons.labels).enumerate() {
        let learning_rate = learning_rate(initial, index, lessons.len());
        let learned = device.learn(image, label, learning_rate)?;
        mirror.check_learned(&format!("lesson {index}"), image, label, learning_rate, &learned)?;
        cycles += f64::from(learned.cycles);
        bar.set_message(format!("loss {:.4}", learned.loss_before));
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(cycles / lessons.len() as f64)
}

/// Has the device turned off and on, and waits for its first answer.
fn power_cycle(link: &LinkArgs, command: Option<&str>) -> Result<Device, DeviceError> {
    match command {
        Some(command) => run(command)?,
        None => ask_for_power_cycle()?,
    }
    Device::open_within(&link.port, link.patience(), RESTART_WAIT)
}

fn run(command: &str) -> Result<(), DeviceError> {
    let (shell, option) = if cfg!(windows) { ("cmd", "/C") } else { ("sh", "-c") };
    let status = Command::new(shell).arg(option).arg(command).status();
    match status.map_err(|error| DeviceError::RestartCommand { command: command.into(), error })? {
        status if status.success() => Ok(()),
        status => Err(DeviceError::RestartFailed { command: command.into(), status }),
    }
}

fn ask_for_power_cycle() -> Result<(), DeviceError> {
    print!("Turn the device off and on again, then press Enter. ");
    // Where nobody sees the question, nobody answers it either.
    let _ = io::stdout().flush();
    match io::stdin().read_line(&mut String::new()) {
        Ok(0) | Err(_) => Err(DeviceError::NobodyThere),
        Ok(_) => Ok(()),
    }
}

/// Accuracies in both worlds: on the device over the wire, and for all test images on the host with the same weights.
struct Table<'a> {
    dataset: &'a Dataset,
    shifted: &'a Split,
    /// How many images go over the wire.
    images: usize,
}

impl Table<'_> {
    fn print_head(&self, world: World) {
        let (device, host) = (self.images.min(self.shifted.len()), self.shifted.len());
        println!("accuracy on the device, {device} test images each (and of the same weights on the host, {host})");
        println!("{:<18} {:>16}  {:>16}", "", "original", world.name());
    }

    fn print_row(&self, name: &str, device: &mut Device, mirror: &Mirror) -> Result<(), RunError> {
        let mut line = format!("{name:<18}");
        for split in [&self.dataset.test, self.shifted] {
            let mut sent = split.clone();
            sent.truncate(self.images);
            let measured = measure(device, Some(mirror), &sent, name)?.confusion.accuracy();
            let all = mirror.accuracy(split).map_err(FitError::Core)?;
            line += &format!(" {measured:>7.4} ({all:.4}) ");
        }
        println!("{}", line.trim_end());
        Ok(())
    }
}

fn checked_amount(world: World, found: f64) -> Result<f64, DeviceError> {
    let (least, most) = world.amounts();
    if (least..=most).contains(&found) {
        return Ok(found);
    }
    Err(DeviceError::Amount { world: world.name(), found, least, most })
}

fn differs<T: PartialEq>(what: &str, device: T, host: T, show: impl Fn(T) -> String) -> Result<(), DeviceError> {
    if device == host {
        return Ok(());
    }
    Err(DeviceError::Differs { what: what.into(), device: show(device), host: show(host) })
}

#[cfg(test)]
mod tests;
