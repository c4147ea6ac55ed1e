//! The clocks: from the crystal where it starts and has the frequency that it should, else 16 MHz from the oscillator inside
//! the chip.

use crate::boards::number;
use cortex_m::peripheral::SCB;
use dense_protocol::messages::ClockSource;
use hal::pac::{PWR, RCC, TIM11};
use hal::prelude::*;
use hal::rcc::{Config, Rcc};
use stm32f4xx_hal as hal;

/// The crystal's frequency, from the machine's cargo configuration.
const CRYSTAL_HZ: u32 = number(env!("CRYSTAL_HZ"));
/// Reference frequency at the timer's input: the crystal's, divided by `DIVISOR`.
const REFERENCE_HZ: u32 = 1_000_000;
/// The crystal's frequency in that.
const DIVISOR: u8 = (CRYSTAL_HZ / REFERENCE_HZ) as u8;
/// How often to look before giving up: at least 100 ms at 16 MHz; a crystal takes 2 ms.
const PATIENCE: u32 = 400_000;
/// Periods of the reference that are timed, and how long they take in those of 16 MHz.
const PERIODS: u16 = 8;
const EXPECTED: u16 = PERIODS * 16;
/// The oscillator inside the chip is that far off, from -8 to 4.5 % over all temperatures, and a period of its own.
const TOLERANCE: u16 = EXPECTED / 10;

const _: () = assert!(
    CRYSTAL_HZ.is_multiple_of(REFERENCE_HZ) && CRYSTAL_HZ >= 4_000_000 && CRYSTAL_HZ <= 26_000_000,
    "CRYSTAL_HZ is not a multiple of 1 MHz from 4 to 26 MHz"
);

/// Starts the clocks; the processor's has so many MHz where the crystal works.
///
/// # Errors
/// Which clock did not start.
pub(in crate::boards) fn start(
    rcc: RCC,
    power: PWR,
    timer: TIM11,
    megahertz: u32,
) -> Result<(Rcc, ClockSource), &'static str> {
    leave_loop(&rcc)?;
    if !crystal_works(&rcc, &power, &timer, megahertz) {
        return Ok((rcc.freeze(Config::hsi()), ClockSource::Internal));
    }
    // It finds the crystal and the loop started, and so does not wait for them.
    let rcc = rcc.freeze(Config::hse(CRYSTAL_HZ.Hz()).sysclk(megahertz.MHz()));
    if wait(|| rcc.cfgr().read().sws().is_pll()) {
        Ok((rcc, ClockSource::Crystal))
    } else {
        Err("the clock does not change to the crystal's")
    }
}

/// Makes the clock the oscillator inside the chip, as after a reset: what jumped here may have left the loop running, which
/// can only be set up anew when it is off.
fn leave_loop(rcc: &RCC) -> Result<(), &'static str> {
    rcc.cr().modify(|_, w| w.hsion().set_bit());
    if !rcc.cfgr().read().sws().is_hsi() {
        rcc.cfgr().modify(|_, w| w.sw().hsi());
        // It changes as soon as that is ready.
        if !wait(|| rcc.cfgr().read().sws().is_hsi()) {
            return Err("the oscillator inside the chip does not start");
        }
        // Not before: the buses of the peripherals could not bear the loop's frequency.
        rcc.cfgr().reset();
    }
    if stop_loop(rcc) { Ok(()) } else { Err("the clock's loop does not stop") }
}

/// Stops the phase-locked loop, and says whether it did.
fn stop_loop(rcc: &RCC) -> bool {
    rcc.cr().modify(|_, w| w.pllon().clear_bit());
    wait(|| rcc.cr().read().pllrdy().bit_is_clear())
}

/// Whether the crystal starts, with its frequency, and the loop locks on it. Where they do they run, and the chip watches
/// the crystal; else both are off.
///
/// [`RccExt::freeze`](hal::rcc::RccExt::freeze) would wait for ever for either.
fn crystal_works(rcc: &RCC, power: &PWR, timer: &TIM11, megahertz: u32) -> bool {
    rcc.cr().modify(|_, w| w.hseon().set_bit());
    if wait(|| rcc.cr().read().hserdy().bit_is_set())
        && is_as_configured(rcc, timer)
        && loop_locks(rcc, power, megahertz)
    {
        rcc.cr().modify(|_, w| w.csson().set_bit());
        return true;
    }
    stop_loop(rcc);
    rcc.cr().modify(|_, w| w.hseon().clear_bit());
    false
}

/// Starts the loop and says whether it locks. Its divisors are those that the HAL would take, which may thus write them again.
fn loop_locks(rcc: &RCC, power: &PWR, megahertz: u32) -> bool {
    raise_voltage(rcc, power);
    let divisor = (432 / megahertz) & !1;
    let output_hz = megahertz * divisor * 1_000_000;
    // The largest input up to 2 MHz that the output is a multiple of.
    let mut input_divisor = CRYSTAL_HZ.div_ceil(2_000_000);
    while !output_hz.is_multiple_of(CRYSTAL_HZ / input_divisor) {
        input_divisor += 1;
    }
    // SAFETY: the input is from 1 to 2 MHz and the output from 100 to 432, and nothing runs from it.
    #[allow(unsafe_code)]
    rcc.pllcfgr().write(|w| unsafe {
        w.pllsrc().hse();
        w.pllm().bits(input_divisor as u8);
        w.plln().bits((output_hz / (CRYSTAL_HZ / input_divisor)) as u16);
        w.pllp().bits((divisor / 2 - 1) as u8);
        // At most 48 MHz, for USB.
        w.pllq().bits(output_hz.div_ceil(48_000_000) as u8)
    });
    rcc.cr().modify(|_, w| w.pllon().set_bit());
    wait(|| rcc.cr().read().pllrdy().bit_is_set() && voltage_is_raised(power))
}

/// Gives the core the voltage that 100 MHz need, from when the loop runs. After a reset an STM32F411 has that for 84 MHz.
///
/// Source: ST, RM0383, *PWR power control register*.
#[cfg(board = "stm32f411")]
fn raise_voltage(rcc: &RCC, power: &PWR) {
    rcc.apb1enr().modify(|_, w| w.pwren().set_bit());
    // The block needs a moment until it can be written to.
    let _ = rcc.apb1enr().read();
    // SAFETY: it is the number of the highest voltage.
    #[allow(unsafe_code)]
    power.cr().modify(|_, w| unsafe { w.vos().bits(3) });
}

/// Whether the core has that voltage.
#[cfg(board = "stm32f411")]
fn voltage_is_raised(power: &PWR) -> bool {
    power.csr().read().vosrdy().bit_is_set()
}

/// An STM32F405 has the highest voltage after a reset.
#[cfg(board = "stm32f405")]
fn raise_voltage(_: &RCC, _: &PWR) {}

#[cfg(board = "stm32f405")]
fn voltage_is_raised(_: &PWR) -> bool {
    true
}

/// The crystal stopped, and the chip runs from its own oscillator, at another frequency than the line was set up for. A start
/// anew tries the crystal again, and does without where it does not start.
// SAFETY: it is the handler that the vector table asks for, of the type that it expects.
#[allow(unsafe_code)]
#[unsafe(export_name = "NonMaskableInt")]
extern "C" fn crystal_stopped() {
    SCB::sys_reset();
}

/// Whether the crystal has its frequency, by the timer that can see it, in periods of the oscillator inside the chip.
///
/// Source: ST, RM0090 and RM0383, *Internal/external clock measurement using TIM5 and TIM11*.
fn is_as_configured(rcc: &RCC, timer: &TIM11) -> bool {
    // SAFETY: the divisor is from 4 to 26, and 2 is the crystal's number among the timer's inputs.
    #[allow(unsafe_code)]
    unsafe {
        rcc.cfgr().modify(|_, w| w.rtcpre().bits(DIVISOR));
        rcc.apb2enr().modify(|_, w| w.tim11en().set_bit());
        // The timer needs a moment until it can be written to.
        let _ = rcc.apb2enr().read();
        timer.or().write(|w| w.rmp().bits(2));
        // Captures channel 1 at every eighth edge.
        timer.ccmr1_input().write(|w| w.cc1s().bits(1).ic1psc().bits(3));
    }
    timer.ccer().write(|w| w.cc1e().set_bit());
    timer.cr1().write(|w| w.cen().set_bit());
    let capture = || {
        // Reading what was captured also clears that something was.
        wait(|| timer.sr().read().cc1if().bit_is_set()).then(|| timer.ccr1().read().bits() as u16)
    };
    let measured = capture().zip(capture()).map(|(first, second)| second.wrapping_sub(first));
    rcc.apb2rstr().modify(|_, w| w.tim11rst().set_bit());
    rcc.apb2rstr().modify(|_, w| w.tim11rst().clear_bit());
    rcc.apb2enr().modify(|_, w| w.tim11en().clear_bit());
    measured.is_some_and(|measured| measured.abs_diff(EXPECTED) <= TOLERANCE)
}

/// Waits until `ready`, but not for ever.
fn wait(ready: impl Fn() -> bool) -> bool {
    (0..PATIENCE).any(|_| ready())
}
