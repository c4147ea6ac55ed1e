//! Starts the board and does with its flash what the host's file `commands` says, so that a model of the chip can be held against
//! the drivers. `firmware/drivers/run` has the models and what is expected.
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

#![cfg_attr(target_os = "none", no_std, no_main)]

#[cfg(target_os = "none")]
mod on_device {
    use core::fmt::{self, Debug, Formatter};
    use embedded_storage::nor_flash::{NorFlash, ReadNorFlash};
    use firmware::boards::{self, Board, Selected};
    use firmware::runtime::semihosting::{self, File, HostError, Mode};
    use firmware::runtime::{asm, entry};

    /// Bytes that are written or read at once.
    const BUFFER: usize = 256;

    #[entry]
    fn main() -> ! {
        let mut board = boards::start();
        semihosting::print(format_args!("{} at {} Hz, {:?}", Selected::NAME, board.clock_hz, board.clock_source));
        match follow(&mut board.flash) {
            Ok(()) => semihosting::exit(true),
            Err(HostError) => panic!("the host has no commands, or half a command"),
        }
        loop {
            asm::wfi();
        }
    }

    fn follow(flash: &mut <Selected as Board>::Flash) -> Result<(), HostError> {
        let mut commands = Commands { file: File::open(c"commands", Mode::Existing)?, position: 0 };
        let length = commands.file.size()?;
        let mut buffer = [0; BUFFER];
        while (commands.position as usize) < length {
            match commands.byte()? {
                b'e' => say("erase", flash.erase(commands.number()?, commands.number()?)),
                b'w' => {
                    let (offset, bytes) = (commands.number()?, commands.length_in(&mut buffer)?);
                    commands.read(bytes)?;
                    say("write", flash.write(offset, bytes));
                }
                b'r' => {
                    let (offset, bytes) = (commands.number()?, commands.length_in(&mut buffer)?);
                    let read = flash.read(offset, bytes);
                    say("read", read.map(|()| Hexadecimal(bytes)));
                }
                b's' => {
                    let address = core::ptr::with_exposed_provenance_mut::<u32>(commands.number()? as usize);
                    // SAFETY: whoever asks for it knows what is at the address.
                    #[allow(unsafe_code)]
                    unsafe {
                        address.write_volatile(commands.number()?);
                    }
                    semihosting::print(format_args!("stored"));
                }
                b'j' => jump(commands.number()?),
                other => panic!("no command is {other:#04x}"),
            }
        }
        Ok(())
    }

    /// The file, as far as it was read.
    struct Commands {
        file: File,
        position: u32,
    }

    impl Commands {
        fn read(&mut self, bytes: &mut [u8]) -> Result<(), HostError> {
            self.file.read(self.position, bytes)?;
            self.position += bytes.len() as u32;
            Ok(())
        }

        fn byte(&mut self) -> Result<u8, HostError> {
            let mut byte = [0];
            self.read(&mut byte)?;
            Ok(byte[0])
        }

        fn number(&mut self) -> Result<u32, HostError> {
            let mut bytes = [0; 4];
            self.read(&mut bytes)?;
            Ok(u32::from_le_bytes(bytes))
        }

        /// As much of the buffer as the next number says.
        fn length_in<'a>(&mut self, buffer: &'a mut [u8; BUFFER]) -> Result<&'a mut [u8], HostError> {
            let length = self.number()? as usize;
            Ok(buffer.get_mut(..length).unwrap_or_else(|| panic!("{length} bytes are more than {BUFFER}")))
        }
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
