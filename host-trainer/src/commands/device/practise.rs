//! `device practise`.

use clap::Args;
use serde_json::json;

use formats::four_digits;

use super::super::factory::FactoryArgs;
use super::super::on_device::{HostArgs, LinkArgs, Practice, practise as practise_on};
use super::Printer;
use super::learn::StepArgs;
use crate::data::DefaultTest;
use crate::failure::Failure;
use crate::options::whole_number;
use crate::terminal::bar::bar;

/// Steps of a request.
const PIECE: usize = 32;
/// Most steps.
const MAX_STEPS: usize = 1 << 20;

/// Options of `device practise`.
#[derive(Args, Debug)]
pub(super) struct PractiseArgs {
    /// Steps to take, each on a sample that is drawn from lessons and factory samples
    #[arg(value_name = "N", allow_negative_numbers = true, value_parser = whole_number(MAX_STEPS))]
    steps: usize,

    /// Seed of the draw
    #[arg(long, value_name = "N", default_value_t = 0, allow_negative_numbers = true)]
    seed: u32,

    #[command(flatten)]
    step: StepArgs,
    #[command(flatten)]
    factory: FactoryArgs,
    #[command(flatten)]
    host: HostArgs,
}

/// Has the device practise, and compares it with the host, where that knows the device's weights and lessons.
pub(super) fn practise(arguments: &PractiseArgs, link: &LinkArgs, printer: Printer) -> Result<(), Failure> {
    let (host, dataset) = arguments.host.load(DefaultTest::All)?;
    let (mut device, reference) = host.connect(link, Some(&dataset.train))?;
    let same = host.check_weights(&mut device, &reference).map_err(Failure::from);
    let same = same.and_then(|()| host.add_memory(&device, reference, &dataset.train, arguments.factory));
    let (mut reference, differs) = match same {
        Ok(reference) => (Some(reference), None),
        Err(error) => (None, Some(error)),
    };
    let bar = bar("practise", arguments.steps);
    let (mut loss, mut lessons, mut cycles) = (0.0, 0, 0.0);
    for (index, first) in (0..arguments.steps).step_by(PIECE).enumerate() {
        let steps = PIECE.min(arguments.steps - first) as u16;
        let seed = arguments.seed.wrapping_add(index as u32);
        let practice = Practice { steps, seed, step: arguments.step.step() };
        let what = format!("steps {first} to {}", first + usize::from(steps) - 1);
        let practised = practise_on(&mut device, reference.as_mut(), &what, practice)?;
        loss += f64::from(practised.loss) * f64::from(practised.steps);
        lessons += usize::from(practised.lessons);
        cycles += f64::from(practised.cycles);
        bar.inc(steps.into());
    }
    bar.finish_and_clear();
    let (steps, checksum) = (arguments.steps, device.checksum()?);
    if let Some(reference) = &reference {
        reference.check_weights("weights after the last step", checksum)?;
    }
    let [loss, cycles] = [loss, cycles].map(|sum| sum / steps.max(1) as f64);
    printer.say(format_args!(
        "practised {steps} steps, {lessons} of them on lessons: mean loss before a step {}",
        four_digits(loss)
    ));
    printer.say(device.info().time("a step", cycles));
    printer.line_quality(&device);
    printer.event(
        "practice",
        json!({
            "steps": steps,
            "lessons": lessons,
            "loss": loss,
            "cycles": cycles,
            "checksum": checksum,
            "same_bits": differs.is_none(),
        }),
    );
    printer.after_steps(differs.as_ref().map(|error| error as _), checksum);
    Ok(())
}
