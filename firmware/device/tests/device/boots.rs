//! Numbers of starts: each is larger than all before, whatever happens to the power.

use crate::common::Random;
use crate::common::flash::{Flash, Torn};
use dense_device::boots::next_boot;
use dense_protocol::messages::FlashFault;
use embedded_storage::nor_flash::NorFlash;

/// Bytes of a sector: room for four entries.
const SECTOR: usize = 64;

fn flash<const WORD: usize>() -> Flash<WORD, SECTOR> {
    let mut flash = Flash::new(3);
    flash.refuse_second_writes();
    flash
}

/// The second and the third sector.
fn next<const WORD: usize>(flash: &mut Flash<WORD, SECTOR>) -> Result<u32, FlashFault> {
    next_boot(flash, SECTOR as u32..3 * SECTOR as u32)
}

#[test]
fn they_are_counted_from_one() {
    let mut flash = flash::<4>();
    for boot in 1..100 {
        assert_eq!(next(&mut flash), Ok(boot));
        assert!(flash.bytes()[..SECTOR].iter().all(|&byte| byte == 0xff), "what is not theirs stays");
    }
}

/// The power fails in each operation of each start, and no number is used twice.
fn cut_everywhere<const WORD: usize>() {
    for torn in Torn::ALL {
        // So many operations go well between two cuts.
        for distance in 0..12 {
            let mut flash = flash::<WORD>();
            let mut random = Random(distance);
            let mut last = 0;
            for _ in 0..200 {
                flash.cut_power(random.below(distance + 1), torn, random.clone());
                let cut = next(&mut flash);
                flash.power_up();
                let boot = next(&mut flash).expect("the power is on");
                for boot in cut.into_iter().chain([boot]) {
                    assert!(boot > last, "{torn:?}, {distance}: {boot} after {last}");
                    last = boot;
                }
            }
        }
    }
}

#[test]
fn a_power_cut_gives_no_number_twice() {
    cut_everywhere::<1>();
    cut_everywhere::<4>();
    cut_everywhere::<16>();
}

#[test]
fn any_content_is_survived() {
    let mut random = Random(4);
    for _ in 0..10_000 {
        let mut flash = flash::<4>();
        let bytes = flash.bytes_mut();
        bytes.iter_mut().for_each(|byte| *byte = [0xff, 0, random.next() as u8][random.below(3) as usize]);
        let first = next(&mut flash).expect("the flash works");
        assert_eq!(next(&mut flash), Ok(first + 1));
    }
}

#[test]
fn faults_of_the_flash_are_told() {
    let mut unreadable = flash::<4>();
    unreadable.fail_reads_after(3);
    assert_eq!(next(&mut unreadable), Err(FlashFault::Read));

    let mut unwritable = flash::<4>();
    unwritable.bytes_mut().fill(0xff);
    assert_eq!(
        next(&mut unwritable),
        Ok(5),
        "four places refuse to be written and are passed over; the next sector is erased"
    );

    assert_eq!(next_boot(&mut flash::<4>(), 0..0), Err(FlashFault::None));

    let mut last = flash::<4>();
    let end = [u32::MAX, 0, u32::MAX, 0].map(u32::to_le_bytes).concat();
    last.write(SECTOR as u32, &end).expect("the flash works");
    assert_eq!(next(&mut last), Err(FlashFault::Verify), "the numbers are used up");
}

#[test]
#[should_panic(expected = "two sectors")]
fn a_region_of_another_size_is_refused() {
    let _ = next_boot(&mut flash::<4>(), 0..SECTOR as u32);
}
