//! Inputs and targets for the network, the same on every machine.

use crate::{ELEMENT, INPUTS, OUTPUTS, PIXEL_TABLE, Served};
use dense_core::Random;
use dense_device::Model;
use dense_device::model::Input;
use dense_protocol::messages::{Element, Floats, Target, Task};

/// Bytes of an input in a message.
pub const INPUT_BYTES: usize = INPUTS * ELEMENT.bytes();
/// Pixels of an image of Fashion-MNIST.
const PIXELS: usize = 784;

/// The first images of Fashion-MNIST's test set.
static IMAGES: &[u8] = include_bytes!("../../vectors/images");
static LABELS: &[u8] = include_bytes!("../../vectors/labels");

/// Sample `number` as a message has it: an image of Fashion-MNIST where it fits, else pixels of which half are 0, or
/// features from −2 to 2.
#[must_use]
pub fn bytes(number: usize) -> [u8; INPUT_BYTES] {
    let mut bytes = [0; INPUT_BYTES];
    let mut random = Random::new(2026, number as u64);
    match ELEMENT {
        Element::U8 if INPUTS == PIXELS && number < LABELS.len() => {
            let image = IMAGES.chunks_exact(PIXELS).nth(number).unwrap_or_default();
            bytes.iter_mut().zip(image).for_each(|(byte, pixel)| *byte = *pixel);
        }
        Element::U8 => {
            bytes.fill_with(|| if random.below(2) == 0 { 0 } else { random.next_u32() as u8 });
        }
        Element::F32 => {
            for feature in bytes.as_chunks_mut().0 {
                *feature = (4.0 * random.uniform() - 2.0).to_le_bytes();
            }
        }
    }
    bytes
}

/// Sets the input of `model` to sample `number`.
pub fn set_input(model: &mut Served<'_>, number: usize) {
    // Every number is finite.
    let _ = Input::read(model.input_mut(), &bytes(number), PIXEL_TABLE);
}

/// The target of sample `number`: the class of the image of Fashion-MNIST where there are ten, else a class, or numbers
/// that are written to `numbers`.
pub fn target(number: usize, numbers: &mut [[u8; 4]; OUTPUTS]) -> Target<'_> {
    match <Served<'_> as Model>::TASK {
        Task::Binary => Target::Class((number % 2) as u8),
        Task::Classes if OUTPUTS == 10 => Target::Class(LABELS.get(number).copied().unwrap_or_default()),
        Task::Classes => Target::Class((number % OUTPUTS) as u8),
        Task::Values => {
            for (place, output) in numbers.iter_mut().zip(0_u16..) {
                *place = (f32::from(output % 7) / 4.0 - (number % 3) as f32).to_le_bytes();
            }
            Target::Values(Floats::from_bytes(numbers))
        }
    }
}
