//! Starts the board and does what the host's console says with its flash, so that a model of the chip can be held against the
//! drivers. `firmware/drivers/run` has the models and what is expected.
//!
//! A command is a letter and its numbers, of four bytes each, the lowest first; the answer to each is a line:
//!
//! | command | does |
//! |---|---|
//! | `e` from, to | erases |
//! | `w` offset, length, bytes | writes |
//! | `r` offset, length | reads up to 256 bytes |
//! | `s` address, number | stores a word past the driver |
//! | `j` address | jumps there |
//! | `q` | ends |

#![cfg_attr(target_os = "none", no_std, no_main)]

#[cfg(target_os = "none")]
mod on_device {
    use core::fmt::{self, Debug, Formatter};
    use embedded_storage::nor_flash::{NorFlash, ReadNorFlash};
    use firmware::boards::{self, Board, Selected};
    use firmware::runtime::{entry, semihosting};

    /// Bytes that are written or read at once.
    const BUFFER: usize = 256;

    #[entry]
    fn main() -> ! {
        let mut board = boards::start();
        semihosting::print(format_args!("{} at {} Hz, {:?}", Selected::NAME, board.clock_hz, board.clock_source));
        let mut buffer = [0; BUFFER];
        loop {
            match semihosting::read_byte() {
                b'e' => say("erase", board.flash.erase(number(), number())),
                b'w' => {
                    let (offset, bytes) = (number(), of_length(&mut buffer));
                    bytes.fill_with(semihosting::read_byte);
                    say("write", board.flash.write(offset, bytes));
                }
                b'r' => {
                    let (offset, bytes) = (number(), of_length(&mut buffer));
                    let read = board.flash.read(offset, bytes);
                    say("read", read.map(|()| Hexadecimal(bytes)));
                }
                b's' => {
                    let address = core::ptr::with_exposed_provenance_mut::<u32>(number() as usize);
                    // SAFETY: whoever asks for it knows what is at the address.
                    #[allow(unsafe_code)]
                    unsafe {
                        address.write_volatile(number());
                    }
                    semihosting::print(format_args!("stored"));
                }
                b'j' => jump(number()),
                b'q' => semihosting::exit(true),
                other => panic!("no command is {other:#04x}"),
            }
        }
    }

    fn number() -> u32 {
        u32::from_le_bytes([(); 4].map(|()| semihosting::read_byte()))
    }

    fn of_length(buffer: &mut [u8; BUFFER]) -> &mut [u8] {
        let length = number() as usize;
        buffer.get_mut(..length).unwrap_or_else(|| panic!("{length} bytes are more than {BUFFER}"))
    }

    fn say(what: &str, result: Result<impl Debug, impl Debug>) {
        semihosting::print(format_args!("{what}: {result:?}"));
    }

    /// Runs what is at an address, as a wrong pointer to a function does.
    fn jump(address: u32) {
        // SAFETY: whoever asks for it wants what comes of it.
        #[allow(unsafe_code)]
        let function = unsafe { core::mem::transmute::<usize, extern "C" fn()>(address as usize) };
        function();
    }

    struct Hexadecimal<'a>(&'a [u8]);

    impl Debug for Hexadecimal<'_> {
        fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
            self.0.iter().try_for_each(|byte| write!(formatter, "{byte:02x}"))
        }
    }
}

#[cfg(not(target_os = "none"))]
fn main() {
    eprintln!("drivers runs on a microcontroller, or a model of one: firmware/drivers/run");
}
