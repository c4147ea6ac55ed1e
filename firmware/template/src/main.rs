//! A board of your own: answers on the serial line of an STM32F405, PB6 (transmit) and PB7 (receive), and learns.

#![no_std]
#![no_main]

mod flash;
#[allow(dead_code, reason = "not all of what host-trainer writes is needed")]
mod weights;

use cortex_m::{peripheral::DWT, peripheral::SCB, singleton};
use dense_core::{Layers, Sgd};
use dense_device::{Blocking, Device, Learner, LearnerMemory, Machine, Session, session};
use dense_protocol::{checksum, messages::ClockSource};
use flash::Sectors;
use stm32f4xx_hal::{pac, pac::USART1, prelude::*, rcc::Config, serial::Serial};

type Network = weights::Model;
const INPUTS: usize = Network::INPUTS;
const OUTPUTS: usize = Network::OUTPUTS;
/// A number of an input: `u8` for a pixel, `f32` for a feature.
type Number = u8;
type Memory = LearnerMemory<Network, Number, INPUTS, OUTPUTS, Sgd>;
type Served = Learner<'static, Network, Number, INPUTS, OUTPUTS, Sgd>;
const REQUEST: usize = session::request_bytes(INPUTS * size_of::<Number>(), OUTPUTS);
const ANSWER: usize = session::answer_bytes(OUTPUTS);

#[cortex_m_rt::entry]
fn main() -> ! {
    let mut core = cortex_m::Peripherals::take().unwrap();
    let chip = pac::Peripherals::take().unwrap();
    core.DCB.enable_trace();
    core.DWT.enable_cycle_counter();
    // The oscillator inside the chip, of 16 MHz, which every board has.
    let mut rcc = chip.RCC.freeze(Config::hsi());
    let port = chip.GPIOB.split(&mut rcc);
    let pins = (port.pb6, port.pb7.internal_pull_up(true));
    let serial: Serial<USART1> = chip.USART1.serial(pins, 115_200.bps(), &mut rcc).unwrap();
    let mut line = Blocking::new(serial);
    let model = Learner::new(singleton!(: Memory = Memory::NEW).unwrap(), &weights::MODEL, Sgd::DEFAULT)
        .with_pixel_table(weights::PIXEL_TABLE.unless_identity());
    let machine = Machine {
        board: "my board",
        clock_hz: rcc.clocks.hclk().raw(),
        clock_source: ClockSource::Internal,
        static_bytes: (cortex_m_rt::heap_start().addr() - 0x2000_2000) as u32,
        cycles: DWT::cycle_count,
        feed_watchdog: || (),
    };
    let device = Device::new(model, Sectors(chip.FLASH), Sectors::REGION, machine).unwrap();
    let session = singleton!(: Option<Session<'static, Served, Sectors, REQUEST, ANSWER>> = None).unwrap();
    let session = session.insert(Session::new(device.with_names(checksum::of_names(weights::CLASS_NAMES))));
    loop {
        dense_device::serve(session, &mut line, || ());
    }
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    SCB::sys_reset()
}
