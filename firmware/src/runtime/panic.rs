//! What becomes of a panic: it is said to the probe and to the host, and then is a fault.

use super::{asm, semihosting};
use crate::log;
use core::panic::PanicInfo;

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    log::print(format_args!("{info}"));
    semihosting::exit(false);
    fault()
}

/// Does what no processor knows.
fn fault() -> ! {
    #[cfg(target_arch = "arm")]
    asm::udf();
    #[cfg(target_arch = "riscv32")]
    loop {
        asm::wfi();
    }
}
